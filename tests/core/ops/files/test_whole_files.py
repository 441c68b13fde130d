"""Files as strings, inside a run."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

import graphflow as tf


def test_write_and_read(tmp_path: Path) -> None:
    path = tmp_path / "made" / "file"
    write = tf.write_file(str(path), b"\x00contents")
    with tf.control_dependencies([write]):
        read = tf.read_file(str(path))
    with tf.Session() as session:
        assert session.run(read) == b"\x00contents"
        path.write_bytes(b"changed")
        assert session.run(tf.read_file(str(path))) == b"changed"
    assert [item.name for item in path.parent.iterdir()] == ["file"]


def test_a_file_is_read_in_each_run(tmp_path: Path) -> None:
    path = tmp_path / "file"
    read = tf.read_file(str(path))
    with tf.Session() as session:
        for text in (b"first", b"second"):
            path.write_bytes(text)
            assert session.run(read) == text


def test_no_file(tmp_path: Path) -> None:
    read = tf.read_file(str(tmp_path / "none"))
    with tf.Session() as session, pytest.raises(tf.errors.NotFoundError, match="none"):
        session.run(read)


def test_matching_files(tmp_path: Path, oracle: ModuleType) -> None:
    for name in ("b.txt", "a.txt", "c.bin"):
        (tmp_path / name).touch()
    patterns = [str(tmp_path / "*.txt"), str(tmp_path / "c*")]
    found = []
    for framework in (tf, oracle):
        with framework.Graph().as_default(), framework.Session() as session:
            files = framework.io.matching_files(patterns)
            assert files.shape.as_list() == [None]
            found.append(list(session.run(files)))
    assert found[0] == found[1]
    assert [Path(name.decode()).name for name in found[0]] == ["a.txt", "b.txt", "c.bin"]
