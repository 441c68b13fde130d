"""Scatter ops of both kinds against TensorFlow, and what bad indices and shapes get."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

import graphflow as tf
from graphflow.core import ops
from graphflow.core.base import dtypes, errors

KINDS = ["update", "add", "sub", "mul", "div", "min", "max"]


def scattered(
    tf: ModuleType, kind: str, initial: Any, indices: Any, updates: Any, use_resource: bool
) -> np.ndarray:
    with tf.Graph().as_default(), tf.Session() as session:
        v = tf.Variable(initial, use_resource=use_resource)
        changed = getattr(tf, f"scatter_{kind}")(v, indices, updates)
        session.run(v.initializer)
        result = session.run(changed)
        np.testing.assert_array_equal(session.run(v), result)
    return result


@pytest.mark.parametrize("use_resource", [False, True], ids=["ref", "resource"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64"])
@pytest.mark.parametrize("kind", KINDS)
def test_rows_as_in_tensorflow(
    oracle: ModuleType, kind: str, dtype: str, use_resource: bool
) -> None:
    initial = np.array([[7, -8], [9, 10], [-11, 12]]).astype(dtype)
    repeated = kind not in ("update",)
    indices = np.array([[2, 0, 2]] if repeated else [[2, 0, 1]])
    updates = np.array([[[2, 3], [-4, 5], [3, -2]]]).astype(dtype)
    for value in (updates, updates[0, 0, 0]):
        args = (kind, initial, indices, value, use_resource)
        ours, theirs = scattered(tf, *args), scattered(oracle, *args)
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)


@pytest.mark.parametrize("use_resource", [False, True], ids=["ref", "resource"])
@pytest.mark.parametrize("kind", ["nd_update", "nd_add", "nd_sub"])
def test_positions_as_in_tensorflow(oracle: ModuleType, kind: str, use_resource: bool) -> None:
    initial = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    cases = [
        ([[1], [0]], np.ones((2, 3, 4), np.float32)),
        ([[0, 1], [1, 2], [0, 0]], np.arange(12, dtype=np.float32).reshape(3, 4)),
        ([[[0, 1, 2]], [[1, 1, 1]]], np.array([[5.0], [6.0]], np.float32)),
    ]
    for indices, updates in cases:
        args = (kind, initial, indices, updates, use_resource)
        np.testing.assert_array_equal(scattered(tf, *args), scattered(oracle, *args))


def test_batches(oracle: ModuleType) -> None:
    def run(tf: ModuleType) -> np.ndarray:
        with tf.Graph().as_default(), tf.Session() as session:
            v = tf.Variable(np.zeros((2, 3), np.float32))
            changed = tf.batch_scatter_update(v, np.array([[0, 2], [1, 0]]), [[1.0, 2.0], [3, 4]])
            session.run(v.initializer)
            return session.run(changed)

    np.testing.assert_array_equal(run(tf), run(oracle))


@pytest.mark.parametrize(
    ("function", "indices", "updates", "message"),
    [
        (tf.scatter_add, [0, 3], [1.0, 1.0], r"indices\[1\] = 3 is not in \[0, 3\)"),
        (tf.scatter_add, -1, 1.0, r"indices = -1 is not in \[0, 3\)"),
        (tf.scatter_update, [[0], [-2]], [[1.0], [1.0]], r"indices\[1,0\] = -2 is not in \[0, 3\)"),
        (tf.scatter_add, [0, 1], [1.0], r"Must have updates.shape = indices.shape"),
        (tf.scatter_nd_add, [[0], [9]], [1.0, 1.0], r"indices\[1\] = \[9\] does not index into"),
        (tf.scatter_nd_add, [[0, 0]], [1.0], r"Must have updates.shape = indices.shape\[:batch"),
    ],
)
def test_what_does_not_fit_changes_nothing(
    function: Any, indices: Any, updates: Any, message: str
) -> None:
    v = tf.Variable([1.0, 2.0, 3.0])
    fed_indices = ops.array.placeholder(dtypes.int32)
    fed_updates = ops.array.placeholder(dtypes.float32)
    with tf.Session() as session:
        session.run(v.initializer)
        with pytest.raises(errors.InvalidArgumentError, match=message):
            session.run(
                function(v, fed_indices, fed_updates), {fed_indices: indices, fed_updates: updates}
            )
        assert session.run(v).tolist() == [1.0, 2.0, 3.0]


def test_shapes_known_not_to_fit() -> None:
    v = tf.Variable(np.zeros((3, 2), np.float32))
    with pytest.raises(ValueError, match="must be equal, but are"):
        tf.scatter_update(v, [0, 1], [[1.0, 2.0]])
    with pytest.raises(ValueError, match="The inner 1 dimensions of input.shape"):
        tf.scatter_nd_update(v, [[0]], [[1.0, 2.0, 3.0]])


def test_slices_can_be_assigned(oracle: ModuleType) -> None:
    def run(tf: ModuleType, use_resource: bool) -> list[Any]:
        with tf.Graph().as_default(), tf.Session() as session:
            v = tf.Variable(np.zeros((3, 4), np.float32), use_resource=use_resource)
            session.run(v.initializer)
            return [
                session.run(v[1].assign([1.0, 2.0, 3.0, 4.0])),
                session.run(v[:2, ::2].assign([[5.0, 6.0], [7.0, 8.0]])),
                session.run(v[-1:, 1:3].assign([[9.0, 9.0]])),
            ]

    for use_resource in (False, True):
        ours, theirs = run(tf, use_resource), run(oracle, use_resource)
        np.testing.assert_array_equal(ours, theirs)


def test_a_string_is_put_into_its_place() -> None:
    v = tf.Variable(["a", "b"], use_resource=False)
    with tf.Session() as session:
        session.run(v.initializer)
        assert [type(item) for item in session.run(tf.scatter_update(v, 0, "c"))] == [bytes] * 2
