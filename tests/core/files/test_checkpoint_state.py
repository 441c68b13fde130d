"""The state file of a directory, against TensorFlow's functions of the same names."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from google.protobuf import text_format

from graphflow.core.base import errors
from graphflow.core.files.checkpoint import (
    checkpoint_exists,
    get_checkpoint_mtimes,
    meta_graph_filename,
    remove_checkpoint,
)
from graphflow.core.files.checkpoint_state import (
    generate_checkpoint_state_proto,
    get_checkpoint_state,
    latest_checkpoint,
    update_checkpoint_state,
)
from graphflow.core.files.checkpoint_v2 import CheckpointWriter


def checkpoint(prefix: Path) -> str:
    with CheckpointWriter(str(prefix)) as writer:
        writer.add("a", 1)
    return str(prefix)


PATHS = [
    {"save_dir": "/models", "model_checkpoint_path": "/models/m-1"},
    {"save_dir": "/models", "model_checkpoint_path": "m-1"},
    {"save_dir": "models", "model_checkpoint_path": "models/m-1"},
    {"save_dir": "./models/", "model_checkpoint_path": "./models/m-1"},
    {"save_dir": "models", "model_checkpoint_path": "/models/m-1"},
    {"save_dir": "models", "model_checkpoint_path": "m-1"},
    {
        "save_dir": "models",
        "model_checkpoint_path": "models/m-3",
        "all_model_checkpoint_paths": ["models/m-1", "/elsewhere/m-2", "models/m-3"],
        "all_model_checkpoint_timestamps": [1.5, 2.5, 1e9 + 0.125],
        "last_preserved_timestamp": 0.25,
    },
    {
        "save_dir": "/models",
        "model_checkpoint_path": "/models/grün-2",
        "all_model_checkpoint_paths": ["/models/m-1"],
    },
]


@pytest.mark.parametrize("arguments", PATHS)
def test_the_message_is_tensorflows(tf: ModuleType, arguments: dict[str, Any]) -> None:
    ours = generate_checkpoint_state_proto(**arguments)
    copies = {name: list(v) if type(v) is list else v for name, v in arguments.items()}
    theirs = tf.train.generate_checkpoint_state_proto(**copies)
    assert text_format.MessageToString(ours) == text_format.MessageToString(theirs)


def test_timestamps_that_do_not_match() -> None:
    with pytest.raises(ValueError, match="must match checkpoint paths"):
        generate_checkpoint_state_proto("/m", "/m/2", ["/m/1", "/m/2"], [1.0])


@pytest.mark.parametrize("relative_directory", [False, True])
@pytest.mark.parametrize("save_relative_paths", [False, True])
def test_tensorflow_reads_what_we_write(
    tmp_path: Path,
    tf: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    relative_directory: bool,
    save_relative_paths: bool,
) -> None:
    monkeypatch.chdir(tmp_path)
    directory = "models" if relative_directory else str(tmp_path / "models")
    first, second = (checkpoint(Path(directory) / f"m-{step}") for step in (1, 2))
    update_checkpoint_state(
        directory, second, [first, second], save_relative_paths=save_relative_paths
    )
    text = (tmp_path / "models/checkpoint").read_text()
    assert ('"m-2"' in text) == (save_relative_paths or relative_directory)
    ours, theirs = get_checkpoint_state(directory), tf.train.get_checkpoint_state(directory)
    assert ours is not None
    assert ours.model_checkpoint_path == theirs.model_checkpoint_path == second
    assert list(ours.all_model_checkpoint_paths) == [first, second]
    assert latest_checkpoint(directory) == tf.train.latest_checkpoint(directory) == second
    assert sorted(os.listdir(directory))[0] == "checkpoint"
    assert len(os.listdir(directory)) == 5


def test_we_read_what_tensorflow_writes(tmp_path: Path, tf: ModuleType) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        tf.get_variable("v", initializer=1.0)
        session.run(tf.global_variables_initializer())
        saver = tf.train.Saver(save_relative_paths=True)
        for step in (1, 2):
            prefix = saver.save(session, str(tmp_path / "m"), global_step=step)
    assert latest_checkpoint(str(tmp_path)) == prefix
    state = get_checkpoint_state(str(tmp_path))
    assert state is not None
    assert list(state.all_model_checkpoint_paths) == [str(tmp_path / f"m-{s}") for s in (1, 2)]


def test_another_name(tmp_path: Path) -> None:
    prefix = checkpoint(tmp_path / "m")
    update_checkpoint_state(str(tmp_path), prefix, latest_filename="best")
    assert latest_checkpoint(str(tmp_path), "best") == prefix
    assert latest_checkpoint(str(tmp_path)) is None
    assert get_checkpoint_state(str(tmp_path)) is None


def test_a_checkpoint_of_the_files_own_name(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="conflicts with path used for checkpoint state"):
        update_checkpoint_state(str(tmp_path), str(tmp_path / "checkpoint"))
    assert os.listdir(tmp_path) == []


def test_a_checkpoint_that_is_gone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    update_checkpoint_state(str(tmp_path), str(tmp_path / "m"))
    assert latest_checkpoint(str(tmp_path)) is None
    assert f"Couldn't match files for checkpoint {tmp_path / 'm'}" in caplog.text


@pytest.mark.parametrize(
    "data", [b"model_checkpoint_path: ", b"\xff\xfe", b"path: 'm'", b"\x0a\x02m1"]
)
def test_a_file_that_is_unreadable(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, data: bytes
) -> None:
    (tmp_path / "checkpoint").write_bytes(data)
    with caplog.at_level(logging.WARNING):
        assert get_checkpoint_state(str(tmp_path)) is None
    assert "Checkpoint ignored" in caplog.text


def test_a_directory_in_place_of_the_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "checkpoint").mkdir()
    assert get_checkpoint_state(str(tmp_path)) is None
    assert "Checkpoint ignored" in caplog.text
    with pytest.raises(errors.OpError):
        update_checkpoint_state(str(tmp_path), str(tmp_path / "m"))
    assert os.listdir(tmp_path) == ["checkpoint"]


def test_a_file_that_names_none(tmp_path: Path) -> None:
    (tmp_path / "checkpoint").write_text("")
    with pytest.raises(ValueError, match=f"Invalid checkpoint state loaded from {tmp_path}"):
        get_checkpoint_state(str(tmp_path))


def test_exists_times_and_removal(tmp_path: Path, tf: ModuleType) -> None:
    kept, prefix = checkpoint(tmp_path / "m-10"), checkpoint(tmp_path / "m-1")
    (tmp_path / "m-1.meta").write_bytes(b"")
    v1 = tmp_path / "old-00000-of-00001"
    v1.write_bytes(b"")
    pattern = str(tmp_path / "old-?????-of-00001")
    prefixes = [prefix, str(tmp_path / "m-2"), pattern]
    assert [checkpoint_exists(p) for p in prefixes] == [True, False, True]
    assert get_checkpoint_mtimes(prefixes) == pytest.approx(
        tf.train.get_checkpoint_mtimes(prefixes),
        abs=1.0,  # it knows whole seconds
    )
    remove_checkpoint(prefix)
    assert not checkpoint_exists(prefix)
    assert checkpoint_exists(kept)
    remove_checkpoint(prefix)
    remove_checkpoint(pattern, checkpoint_format_version=1)
    assert sorted(os.listdir(tmp_path)) == ["m-10.data-00000-of-00001", "m-10.index"]


@pytest.mark.parametrize(
    ("checkpoint_filename", "meta"),
    [
        ("/m/model.ckpt-3", "/m/model.ckpt-3.meta"),
        ("/m/model.ckpt-3-00001-of-00002", "/m/model.ckpt-3.meta"),
        ("/m/model.ckpt-3-?????-of-00002", "/m/model.ckpt-3.meta"),
    ],
)
def test_meta_graph_filename(checkpoint_filename: str, meta: str) -> None:
    assert meta_graph_filename(checkpoint_filename) == meta
