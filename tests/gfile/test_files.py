"""tf.gfile does what TensorFlow's does, errors included."""

from __future__ import annotations

import pytest

import graphflow


@pytest.fixture(params=["graphflow", "tensorflow"])
def tf(request, oracle):
    return graphflow if request.param == "graphflow" else oracle


def test_files(tf, tmp_path):
    path = str(tmp_path / "a" / "b.txt")
    assert not tf.gfile.Exists(path)
    tf.gfile.MakeDirs(str(tmp_path / "a"))
    tf.gfile.MakeDirs(str(tmp_path / "a"))
    with tf.gfile.GFile(path, "w") as f:
        f.write("one\ntwo ä\n")
    with tf.gfile.Open(path) as f:
        assert f.readline() == "one\n"
        assert f.read() == "two ä\n"
        f.seek(0)
        assert list(f) == ["one\n", "two ä\n"]
        assert f.size() == 11
    with tf.gfile.FastGFile(path, "rb") as f:
        assert f.read(3) == b"one"
    tf.gfile.Copy(path, path + "2")
    with pytest.raises(tf.errors.AlreadyExistsError):
        tf.gfile.Copy(path, path + "2")
    tf.gfile.Rename(path + "2", path + "3")
    assert [p[-6:] for p in tf.gfile.Glob(path + "*")] == ["/b.txt", "b.txt3"]
    assert sorted(tf.gfile.ListDirectory(str(tmp_path / "a"))) == ["b.txt", "b.txt3"]
    assert tf.gfile.Stat(path).length == 11
    assert tf.gfile.IsDirectory(str(tmp_path / "a"))
    tf.gfile.Remove(path)
    tf.gfile.DeleteRecursively(str(tmp_path / "a"))
    assert not tf.gfile.Exists(str(tmp_path / "a"))


def test_errors(tf, tmp_path):
    missing = str(tmp_path / "missing")
    for act in (tf.gfile.Remove, tf.gfile.Stat, tf.gfile.ListDirectory):
        with pytest.raises(tf.errors.NotFoundError):
            act(missing)
    with pytest.raises(tf.errors.NotFoundError):
        tf.gfile.GFile(missing).read()
    with pytest.raises(tf.errors.NotFoundError):
        tf.gfile.MkDir(missing + "/below")
    with pytest.raises(tf.errors.PermissionDeniedError):
        tf.gfile.GFile(missing, "w").read()


@pytest.mark.parametrize("mode", ["r+", "w+", "rb+"])
def test_reads_what_it_has_written(tf, tmp_path, mode):
    path = str(tmp_path / "f")
    wanted = b"one\n\xc3\xa4two" if "b" in mode else "one\nätwo"
    with tf.io.gfile.GFile(path, mode) as f:
        f.write("one\nätwo")
        f.flush()
        assert f.read(4) == wanted[:4]
        assert (f.tell(), f.size()) == (4, 9)
        with pytest.raises(tf.errors.InvalidArgumentError):
            f.seek(-1)
        with pytest.raises(tf.errors.InvalidArgumentError, match="Invalid whence argument: 3"):
            f.seek(0, 3)
        f.seek(-9, 2)
        assert f.read() == wanted
    assert f.read(99) == wanted  # opened again
    f.close()


def test_appends(tf, tmp_path):
    path = str(tmp_path / "f")
    for text in ("1", "2"):
        with tf.gfile.GFile(path, "a+") as f:
            f.write(text)
    assert f.read() == "12"
    f.close()


def test_unknown_mode(tf):
    with pytest.raises(tf.errors.InvalidArgumentError, match="mode is not 'r' or 'w'"):
        tf.gfile.GFile("f", "x")


def test_names_of_tensorflow_2(tf, tmp_path):
    path = str(tmp_path / "a" / "b.txt")
    tf.io.gfile.makedirs(str(tmp_path / "a"))
    with tf.io.gfile.GFile(path, "w") as f:
        f.write("text")
    assert tf.io.gfile.exists(path) and tf.io.gfile.isdir(str(tmp_path / "a"))
    assert tf.io.gfile.glob(path[:-3] + "*") == [path]
    assert tf.io.gfile.stat(path).length == 4
    tf.io.gfile.rmtree(str(tmp_path / "a"))
    assert tf.io.gfile.listdir(str(tmp_path)) == []
