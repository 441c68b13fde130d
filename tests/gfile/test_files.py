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
