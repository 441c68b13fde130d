"""The maps that keep SparseTensors while their numbers go through a queue."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import graphflow as tf
from graphflow.core.ops.queues import (
    add_many_sparse_to_tensors_map_op,
    add_sparse_to_tensors_map_op,
    take_many_sparse_from_tensors_map_op,
)


def take(numbers: Any, dtype: Any = tf.float32) -> Any:
    return take_many_sparse_from_tensors_map_op(numbers, dtype=dtype, shared_name="m")


def test_one_by_one() -> None:
    number = add_sparse_to_tensors_map_op([[0], [2]], [1.0, 2.0], [3], shared_name="m")
    other = add_sparse_to_tensors_map_op(
        np.zeros((0, 1), np.int64), np.zeros(0, np.float32), [5], shared_name="m"
    )
    with tf.Session() as session:
        numbers = [session.run(each) for each in (number, other, number)]
        indices, values, shape = session.run(take(numbers))
        assert indices.tolist() == [[0, 0], [0, 2], [2, 0], [2, 2]]
        assert values.tolist() == [1.0, 2.0, 1.0, 2.0]
        assert shape.tolist() == [3, 5]
        with pytest.raises(tf.errors.InvalidArgumentError, match="Unable to find SparseTensor: 0"):
            session.run(take(numbers))  # each can be taken once


def test_by_rows() -> None:
    numbers = add_many_sparse_to_tensors_map_op(
        [[0, 1], [2, 0], [2, 3]], [1.0, 2.0, 3.0], [3, 4], shared_name="m"
    )
    with tf.Session() as session:
        first, second, third = session.run(numbers)
        indices, values, shape = session.run(take([third, second, first]))
        assert indices.tolist() == [[0, 0], [0, 3], [2, 1]]
        assert values.tolist() == [2.0, 3.0, 1.0]
        assert shape.tolist() == [3, 4]


def test_what_is_refused() -> None:
    vector = add_sparse_to_tensors_map_op([[0]], [1.0], [3], shared_name="m")
    matrix = add_sparse_to_tensors_map_op([[0, 0]], [1.0], [3, 3], shared_name="m")
    rows = tf.placeholder(tf.int64, [None, 2])
    bad_row = add_many_sparse_to_tensors_map_op(rows, [1.0], [2, 4])
    with tf.Session() as session:
        for fetch, message in (
            (take(session.run([vector, matrix])), "Inconsistent rank across SparseTensors"),
            (take(session.run([vector]), tf.int32), "dtype mismatch"),
            (take(np.zeros(0, np.int64)), "at least 1 serialized SparseTensor"),
            (bad_row, "unexpected row"),
        ):
            with pytest.raises(tf.errors.InvalidArgumentError, match=message):
                session.run(fetch, {rows: [[2, 0]]})
        with pytest.raises(tf.errors.InvalidArgumentError, match="Rank of input SparseTensor"):
            session.run(add_many_sparse_to_tensors_map_op([[0]], [1.0], [3]))
