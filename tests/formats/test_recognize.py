"""Every kind of file is told from what stands in it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from types import ModuleType

import pytest
from files_of_each_kind import write_all

import graphflow as tf
from graphflow.core.base import errors
from graphflow.formats.recognize import recognize


def test_kinds(tmp_path: Path) -> None:
    for kind, path in write_all(tmp_path).items():
        assert recognize(path).kind == kind.removesuffix(" as text")
        if kind != "checkpoint":  # a checkpoint is several files, found by their names
            copy = shutil.copy(path, tmp_path / "name_that_tells_nothing")
            assert recognize(str(copy)).kind == kind.removesuffix(" as text")


def test_every_way_to_name_a_checkpoint(tmp_path: Path) -> None:
    write_all(tmp_path)
    prefix = str(tmp_path / "checkpoint" / "model")
    for path in (prefix, f"{prefix}.index", f"{prefix}.data-00000-of-00001", Path(prefix).parent):
        found = recognize(str(path))
        assert (found.kind, found.path) == ("checkpoint", prefix)
        assert found.content.get_variable_to_shape_map() == {"v": [2, 1]}
    assert recognize(str(tmp_path / "model")).kind == "SavedModel"


def test_a_checkpoint_of_the_first_format(tmp_path: Path, oracle: ModuleType) -> None:
    with oracle.Graph().as_default(), oracle.Session() as session:
        oracle.get_variable("v", initializer=[1.0, 2.0], use_resource=False)
        session.run(oracle.global_variables_initializer())
        saver = oracle.train.Saver(write_version=oracle.train.SaverDef.V1)
        path = saver.save(session, str(tmp_path / "model"), write_meta_graph=False)
    found = recognize(path)
    assert found.kind == "checkpoint"
    assert found.content.get_tensor("v").tolist() == [1.0, 2.0]


def test_what_is_none_of_them(tmp_path: Path) -> None:
    with pytest.raises(errors.NotFoundError, match="no such file or checkpoint"):
        recognize(str(tmp_path / "none"))
    with pytest.raises(errors.InvalidArgumentError, match="neither a SavedModel nor"):
        recognize(str(tmp_path))
    for content in (b"", b"words in a file", bytes(range(256)), b"\x0a" * 5000):
        (tmp_path / "file").write_bytes(content)
        with pytest.raises(errors.InvalidArgumentError, match=rf"file \({len(content)} bytes\)"):
            recognize(str(tmp_path / "file"))


def test_a_folder_of_files_that_were_moved(tmp_path: Path) -> None:
    """Without its state file, or with one that names another place."""
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    v = tf.Variable([1.0, 2.0], name="v")
    with tf.Session() as session:
        session.run(v.initializer)
        prefix = tf.train.Saver().save(session, str(old / "model"), write_meta_graph=False)
        (old / "checkpoint").unlink()
        shutil.copytree(old, new)
        assert recognize(str(new)).path == str(new / "model")
        assert tf.train.load_variable(str(new), "v").tolist() == [1.0, 2.0]
        session.run(v.assign([0.0, 0.0]))
        tf.train.Saver().restore(session, str(new))
        assert session.run(v).tolist() == [1.0, 2.0]
        assert tf.train.latest_checkpoint(str(new)) is None  # as in TF
        tf.train.Saver().save(session, str(new / "other"), write_meta_graph=False)
        (new / "checkpoint").unlink()
    assert os.path.dirname(prefix) == str(old)
    with pytest.raises(errors.InvalidArgumentError, match="several checkpoints is named"):
        recognize(str(new))
