"""Saver: checkpoints that TensorFlow reads and writes too, and what a bad one does."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import graphflow

_VALUES = {
    "W": np.arange(4, dtype=np.float32).reshape(2, 2),
    "names": np.array([b"x", b"", b"yy"], dtype=object),
    "half": np.float16(2.5),
    "step": np.int64(7),
}


def _variables(tf: ModuleType, values: dict[str, Any], use_resource: bool = False) -> list[Any]:
    return [tf.Variable(v, name=n, use_resource=use_resource) for n, v in values.items()]


def _zeros() -> dict[str, Any]:
    blank = {name: np.zeros_like(value) for name, value in _VALUES.items()}
    return blank | {"names": np.array([b"", b"", b""], dtype=object)}


@pytest.mark.parametrize("sharded", [False, True], ids=["whole", "sharded"])
@pytest.mark.parametrize("use_resource", [False, True], ids=["reference", "resource"])
@pytest.mark.parametrize("ours_writes", [True, False], ids=["to_tensorflow", "from_tensorflow"])
def test_between_both(
    ours_writes: bool, use_resource: bool, sharded: bool, oracle: ModuleType, tmp_path: Path
) -> None:
    writer, reader = (graphflow, oracle) if ours_writes else (oracle, graphflow)
    with writer.Graph().as_default(), writer.Session() as session:
        _variables(writer, _VALUES, use_resource)
        part = writer.fixed_size_partitioner(3)
        writer.get_variable("P", initializer=writer.range(6), partitioner=part)
        session.run(writer.global_variables_initializer())
        saver = writer.train.Saver(sharded=sharded)
        path = saver.save(session, str(tmp_path / "model"), global_step=7)
    assert path == str(tmp_path / "model-7") == reader.train.latest_checkpoint(str(tmp_path))
    with reader.Graph().as_default(), reader.Session() as session:
        variables = _variables(reader, _zeros(), use_resource)
        part = reader.fixed_size_partitioner(2)
        parts = reader.get_variable("P", [6], reader.int32, partitioner=part)
        reader.train.Saver().restore(session, path)
        restored = session.run(variables)
        for value, expected in zip(restored, _VALUES.values(), strict=True):
            np.testing.assert_array_equal(value, expected)
        np.testing.assert_array_equal(session.run(parts.as_tensor()), np.arange(6))


@pytest.mark.parametrize("use_resource", [False, True], ids=["reference", "resource"])
def test_nodes_are_those_of_tensorflow(use_resource: bool, oracle: ModuleType) -> None:
    def nodes(tf: ModuleType) -> Any:
        with tf.Graph().as_default() as graph:
            _variables(tf, {"W": np.float32(1), "b": np.float32(2)}, use_resource)
            first = len(graph.get_operations())
            definition = tf.train.Saver().as_saver_def()
            made = graph.get_operations()[first:]
        rows = [
            (op.name, op.type, [t.name for t in op.inputs], op.device, op.colocation_groups())
            for op in made
        ]
        return rows, definition.SerializeToString()

    assert nodes(graphflow) == nodes(oracle)


def test_a_checkpoint_of_tensorflow_1() -> None:
    prefix = Path(__file__).parents[3] / "shared/data/tf1_checkpoint/dnn.ckpt-100"
    if not prefix.with_name("dnn.ckpt-100.index").exists():
        pytest.skip("the checkpoint is not here")
    tf = graphflow
    shapes = dict(tf.train.list_variables(str(prefix)))
    variables = {n: tf.Variable(tf.zeros(s), name=n) for n, s in shapes.items() if n[-1] == "1"}
    assert variables
    with tf.Session() as session:
        tf.train.Saver(variables).restore(session, str(prefix))
        for name, variable in variables.items():
            stored = tf.train.load_variable(str(prefix), name)
            np.testing.assert_array_equal(session.run(variable), stored)


def _save_one(tmp_path: Path) -> str:
    tf = graphflow
    with tf.Graph().as_default(), tf.Session() as session:
        tf.Variable([1.0, 2.0], name="a")
        tf.Variable([3.0, 4.0], name="b")
        session.run(tf.global_variables_initializer())
        return str(tf.train.Saver().save(session, str(tmp_path / "m")))


@pytest.mark.parametrize(
    ("b", "name", "error", "message"),
    [
        ([0.0, 0.0], "c", "NotFoundError", "Key c not found in checkpoint"),
        ([0.0, 0.0, 0.0], "b", "InvalidArgumentError", r"lhs shape= \[3\] rhs shape= \[2\]"),
        ([0, 0], "b", "InvalidArgumentError", "expected dtype int32 does not equal"),
    ],
    ids=["missing", "shape", "type"],
)
@pytest.mark.parametrize("use_resource", [False, True], ids=["reference", "resource"])
def test_a_mismatch_changes_nothing(
    b: Any, name: str, error: str, message: str, use_resource: bool, tmp_path: Path
) -> None:
    tf = graphflow
    path = _save_one(tmp_path)
    first = tf.Variable([9.0, 9.0], name="a", use_resource=use_resource)
    tf.Variable(b, name=name, use_resource=use_resource)
    saver = tf.train.Saver()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        with pytest.raises(getattr(tf.errors, error), match=message) as caught:
            saver.restore(session, path)
        assert "Restoring from checkpoint failed" in str(caught.value)
        np.testing.assert_array_equal(session.run(first), [9.0, 9.0])


def test_a_damaged_checkpoint_changes_nothing(tmp_path: Path) -> None:
    tf = graphflow
    path = _save_one(tmp_path)
    data = Path(path + ".data-00000-of-00001")
    content = bytearray(data.read_bytes())
    content[-1] ^= 1
    data.write_bytes(content)
    first, _ = tf.Variable([9.0, 9.0], name="a"), tf.Variable([9.0, 9.0], name="b")
    saver = tf.train.Saver()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        with pytest.raises(tf.errors.DataLossError):
            saver.restore(session, path)
        np.testing.assert_array_equal(session.run(first), [9.0, 9.0])
        with pytest.raises(ValueError, match="not a valid checkpoint"):
            saver.restore(session, str(tmp_path / "other"))
        with pytest.raises(ValueError, match="when it is None"):
            saver.restore(session, None)


def test_old_checkpoints_are_deleted(tmp_path: Path) -> None:
    tf = graphflow
    tf.Variable(1.0, name="a")
    saver = tf.train.Saver(max_to_keep=2, pad_step_number=True)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for step in range(4):
            saver.save(session, str(tmp_path / "m"), global_step=step)
    kept = [str(tmp_path / f"m-0000000{step}") for step in (2, 3)]
    assert saver.last_checkpoints == kept
    files = sorted(os.listdir(tmp_path))
    assert files == ["checkpoint"] + [
        f"m-0000000{step}.{suffix}"
        for step in (2, 3)
        for suffix in ("data-00000-of-00001", "index", "meta")
    ]
    state = tf.train.get_checkpoint_state(str(tmp_path))
    assert list(state.all_model_checkpoint_paths) == kept
    again = tf.train.Saver()
    again.recover_last_checkpoints([*kept, str(tmp_path / "gone")])
    assert again.last_checkpoints == kept


def test_a_meta_graph_that_tensorflow_imports(oracle: ModuleType, tmp_path: Path) -> None:
    tf = graphflow
    x = tf.placeholder(tf.float32, name="x")
    w = tf.Variable(3.0, name="w")
    tf.multiply(x, w, name="y")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        path = tf.train.Saver().save(session, str(tmp_path / "m"))
    with oracle.Graph().as_default(), oracle.Session() as session:
        oracle.train.import_meta_graph(path + ".meta").restore(session, path)
        assert [v.name for v in oracle.global_variables()] == ["w:0"]
        assert session.run("y:0", {"x:0": 2.0}) == 6.0


def test_every_way_to_name_a_checkpoint(tmp_path: Path) -> None:
    tf = graphflow
    v = tf.get_variable("v", initializer=1.0)
    saver = tf.train.Saver()
    with tf.Session() as session:
        session.run(v.initializer)
        prefix = saver.save(session, str(tmp_path / "model"), global_step=3)
        for path in (
            prefix,
            Path(prefix),
            f"{prefix}.index",
            f"{prefix}.meta",
            f"{prefix}.data-00000-of-00001",
            tmp_path,
        ):
            session.run(v.assign(0.0))
            saver.restore(session, path)
            assert session.run(v) == 1.0
            assert tf.train.list_variables(path) == [("v", [])]
            assert tf.train.load_variable(path, "v") == 1.0
        for path in (tmp_path / "none", f"{prefix}.indexes", tmp_path / "model-3.data-1"):
            with pytest.raises(ValueError, match="is not a valid checkpoint"):
                saver.restore(session, path)
        (tmp_path / "empty").mkdir()
        with pytest.raises(ValueError, match="is not a valid checkpoint"):
            saver.restore(session, tmp_path / "empty")


def test_arguments(tmp_path: Path) -> None:
    tf = graphflow
    with pytest.raises(ValueError, match="No variables to save"):
        tf.train.Saver()
    assert tf.train.Saver(allow_empty=True).save(tf.Session(), str(tmp_path / "e")) is None
    a = tf.Variable(1.0, name="a")
    for nothing in ([], {}):
        with pytest.raises(ValueError, match="No variables to save"):
            tf.train.Saver(nothing)
    with pytest.raises(ValueError, match="same name: a"):
        tf.train.Saver([a, a])
    with pytest.raises(ValueError, match="restored with two names"):
        tf.train.Saver({"one": a, "two": a})
    with pytest.raises(TypeError, match="Not a variable"):
        tf.train.Saver({"one": tf.constant(1.0)})
    with pytest.raises(TypeError, match="dict or a list"):
        tf.train.Saver(a)
    with pytest.raises(ValueError, match="build cannot be deferred"):
        tf.train.Saver([a], defer_build=True)
    deferred = tf.train.Saver(defer_build=True)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        with pytest.raises(RuntimeError, match="build"):
            deferred.save(session, str(tmp_path / "m"))
        deferred.build()
        with pytest.raises(TypeError, match="must be a Session"):
            deferred.save(None, str(tmp_path / "m"))
        with pytest.raises(ValueError, match="collides with"):
            deferred.save(session, str(tmp_path / "checkpoint"))
        with pytest.raises(ValueError, match="path components"):
            deferred.save(session, str(tmp_path / "m"), latest_filename="x/y")
        renamed = tf.train.Saver({"renamed": a})
        path = renamed.save(session, str(tmp_path / "r"), write_meta_graph=False)
        assert tf.train.list_variables(path) == [("renamed", [])]
        session.run(a.assign(5.0))
        renamed.restore(session, path)
        assert session.run(a) == 1.0
        uninitialized = tf.Variable(0.0, name="c")
        with pytest.raises(tf.errors.FailedPreconditionError, match="uninitialized value c"):
            tf.train.Saver([uninitialized]).save(session, str(tmp_path / "u"))


def test_an_object_based_checkpoint(oracle: ModuleType, tmp_path: Path) -> None:
    with oracle.Graph().as_default(), oracle.Session() as session:
        w = oracle.get_variable("net/w", initializer=[1.0, 2.0], use_resource=True)
        session.run(w.initializer)
        path = oracle.train.Checkpoint(weights=w).save(str(tmp_path / "c"), session=session)
    tf = graphflow
    w = tf.get_variable("net/w", initializer=[0.0, 0.0])
    saver = tf.train.Saver([w])
    with tf.Session() as session:
        for _ in range(2):  # the second time with the nodes that the first one made
            session.run(w.initializer)
            saver.restore(session, path)
            np.testing.assert_array_equal(session.run(w), [1.0, 2.0])
        other = tf.train.Saver([tf.Variable(0.0, name="other")])
        message = "Existing variables not in the checkpoint: other"
        with pytest.raises(tf.errors.NotFoundError, match=message):
            other.restore(session, path)


def test_a_prefix_may_be_the_name_of_a_directory(tmp_path: Path) -> None:
    tf = graphflow
    v = tf.Variable(1.0, name="v")
    saver, prefix = tf.train.Saver(), tmp_path / "model"
    prefix.mkdir()
    with tf.Session() as session:
        session.run(v.initializer)
        saver.save(session, str(prefix))
        session.run(v.assign(2.0))
        saver.restore(session, str(prefix))
        assert session.run(v) == 1.0
    assert dict(tf.train.list_variables(str(prefix))) == {"v": []}
