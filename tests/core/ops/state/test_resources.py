"""Handles: the values behind them, reads of parts, and gradients to them."""

from __future__ import annotations

import numpy as np
import pytest

import graphflow as tf
from graphflow.core import ops
from graphflow.core.base import dtypes, errors

state = ops.state


def test_one_name_is_one_variable() -> None:
    first = state.var_handle_op(dtype=dtypes.float32, shape=[], shared_name="x")
    second = state.var_handle_op(dtype=dtypes.float32, shape=[], shared_name="x")
    by_reference = state.variable_v2_op(dtype=dtypes.float32, shape=[], shared_name="x")
    with tf.Session() as session:
        session.run(state.assign_variable_op(first, 3.0))
        assert session.run(state.read_variable_op(second, dtype=dtypes.float32)) == 3.0
        assert session.run(by_reference) == 3.0


def test_initialized_read_shape_destroy() -> None:
    handle = state.var_handle_op(dtype=dtypes.int32, shape=tf.Variable([1]).shape)
    initialized = state.var_is_initialized_op(handle)
    with tf.Session() as session:
        assert not session.run(initialized)
        session.run(state.assign_variable_op(handle, [5]))
        assert session.run(initialized)
        assert session.run(state.variable_shape_op(handle)).tolist() == [1]
        session.run(state.destroy_resource_op(handle))
        assert not session.run(initialized)
        with pytest.raises(errors.NotFoundError):
            session.run(state.destroy_resource_op(handle, ignore_lookup_error=False))


def test_a_handle_can_be_fetched_and_fed() -> None:
    handle = state.var_handle_op(dtype=dtypes.float32, shape=[], shared_name="x")
    other = state.var_handle_op(dtype=dtypes.float32, shape=[], shared_name="y")
    read = state.read_variable_op(other, dtype=dtypes.float32)
    with tf.Session() as session:
        session.run(state.assign_variable_op(handle, 2.0))
        assert session.run(read, {other: session.run(handle)}) == 2.0


def test_types_and_shapes_are_checked_when_the_graph_is_built() -> None:
    v = tf.Variable([1.0, 2.0], use_resource=True)
    with pytest.raises(ValueError, match="wrong dtype. Expected float32 got int32"):
        state.read_variable_op(v.handle, dtype=dtypes.int32)
    with pytest.raises(ValueError, match="incompatible"):
        v.assign([1.0, 2.0, 3.0])


def test_rows_and_parts_are_read_through_the_handle() -> None:
    values = np.arange(12, dtype=np.float32).reshape(3, 2, 2)
    v = tf.Variable(values, use_resource=True)
    rows = ops.array.gather(v, [[2, 0]])
    parts = ops.array.gather_nd(v, [[0, 1], [2, 0]])
    batched = state.resource_gather_op(
        v.handle, np.array([[1], [0], [1]]), dtype=dtypes.float32, batch_dims=1
    )
    assert (rows.op.type, rows.shape.as_list()) == ("ResourceGather", [1, 2, 2, 2])
    assert (parts.op.type, parts.shape.as_list()) == ("ResourceGatherNd", [2, 2])
    with tf.Session() as session:
        session.run(v.initializer)
        np.testing.assert_array_equal(session.run(rows), values[[[2, 0]]])
        np.testing.assert_array_equal(session.run(parts), values[[0, 2], [1, 0]])
        np.testing.assert_array_equal(
            session.run(batched), values[[[0], [1], [2]], [[1], [0], [1]]]
        )
        for read, message in [
            (ops.array.gather(v, [0, 3]), r"indices\[1\] = 3 is not in \[0, 3\)"),
            (ops.array.gather_nd(v, [[0, 5]]), r"indices\[0\] = \[0, 5\] does not index into"),
        ]:
            with pytest.raises(errors.InvalidArgumentError, match=message):
                session.run(read)


def test_gradients_reach_the_handle() -> None:
    v = tf.Variable(np.ones((3, 2), np.float32), use_resource=True)
    dense = tf.gradients(v.read_value(), v)[0]
    sparse = tf.gradients(ops.array.gather(v, [2, 2]), v)[0]
    parts = tf.gradients(ops.array.gather_nd(v, [[1, 0]]), v)[0]
    with tf.Session() as session:
        session.run(v.initializer)
        assert session.run(dense).tolist() == [[1.0, 1.0]] * 3
        assert session.run(sparse).indices.tolist() == [2, 2]
        assert session.run(parts).tolist() == [[0.0, 0.0], [1.0, 0.0], [0.0, 0.0]]
