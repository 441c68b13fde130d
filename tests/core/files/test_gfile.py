"""tf.gfile: files and directories, with TensorFlow's errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphflow import errors, gfile


def test_reading_and_writing(tmp_path: Path) -> None:
    path = tmp_path / "f"
    with gfile.GFile(path, "w") as file:
        file.write("a\nbé\n")
        file.flush()
        assert file.size() == 6
    with gfile.Open(path) as file:
        assert file.readline() == "a\n"
        assert file.tell() == 2
        assert list(file) == ["bé\n"]
        file.seek(0)
        assert file.read(1) == "a"
        assert file.readlines() == ["\n", "bé\n"]
        with pytest.raises(errors.PermissionDeniedError, match="open for writing"):
            file.write("x")
        with pytest.raises(TypeError, match="offset argument required"):
            file.seek()
    assert gfile.FastGFile(path, "rb").read() == "a\nbé\n".encode()
    with gfile.GFile(path, "a") as file, pytest.raises(errors.PermissionDeniedError):
        file.read()
    with pytest.raises(errors.NotFoundError):
        gfile.GFile(tmp_path / "none").read()


def test_directories(tmp_path: Path) -> None:
    top = tmp_path / "top"
    gfile.MakeDirs(top / "a" / "b")
    gfile.MakeDirs(top / "a")
    with pytest.raises(errors.AlreadyExistsError):
        gfile.MkDir(top)
    (top / "a" / "f.txt").write_text("x")
    assert gfile.IsDirectory(top) and not gfile.IsDirectory(top / "a" / "f.txt")
    assert sorted(gfile.ListDirectory(top / "a")) == ["b", "f.txt"]
    assert gfile.Glob(str(top / "a" / "*.txt")) == [str(top / "a" / "f.txt")]
    assert [names for _, names, _ in gfile.Walk(top)] == [["a"], ["b"], []]
    with pytest.raises(errors.NotFoundError, match="Could not find directory"):
        gfile.ListDirectory(tmp_path / "none")
    gfile.DeleteRecursively(top)
    assert not gfile.Exists(top)


def test_copying_and_renaming(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"123")
    gfile.Copy(one, two)
    with pytest.raises(errors.AlreadyExistsError):
        gfile.Rename(one, two)
    gfile.Rename(one, two, overwrite=True)
    assert not gfile.Exists(one)
    assert gfile.Stat(two)[0] == 3
    gfile.Remove(two)
    with pytest.raises(errors.NotFoundError):
        gfile.Remove(two)
