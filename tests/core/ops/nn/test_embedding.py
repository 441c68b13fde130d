"""Embedding lookup: shards, norms, gradients, errors."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

import graphflow as tf

_TABLE = np.random.default_rng(0).normal(size=(10, 3)).astype(np.float32)


def _shards(strategy: str, count: int) -> list[np.ndarray]:
    """The table dealt out row by row, or in blocks of which the first are one longer."""
    if strategy == "mod":
        return [_TABLE[i::count] for i in range(count)]
    return np.array_split(_TABLE, count)


@pytest.mark.parametrize("strategy", ["mod", "div"])
@pytest.mark.parametrize("count", [1, 3, 4])
@pytest.mark.parametrize("ids", [3, [9, 0, 3, 3], [[1, 2], [5, 8]], np.zeros([0, 2], np.int64)])
def test_lookup(strategy: str, count: int, ids: Any) -> None:
    params = [tf.constant(shard) for shard in _shards(strategy, count)]
    rows = tf.nn.embedding_lookup(params, ids, strategy)
    with tf.Session() as session:
        np.testing.assert_array_equal(session.run(rows), _TABLE[ids])
    assert rows.shape.as_list() == [*np.shape(ids), 3]


@pytest.mark.parametrize("count", [1, 3])
def test_rows_are_scaled_down_to_a_norm(oracle: ModuleType, count: int) -> None:
    values = []
    for framework in tf, oracle:
        with framework.Graph().as_default(), framework.Session() as session:
            params = [framework.constant(shard) for shard in _shards("mod", count)]
            rows = framework.nn.embedding_lookup(params, [7, 1, 7], max_norm=1.0)
            values.append(session.run(rows))
    np.testing.assert_allclose(*values, rtol=1e-6)
    assert (np.linalg.norm(values[0], axis=1) < 1 + 1e-6).all()


def test_the_gradient_is_sparse_and_sums_equal_ids() -> None:
    table = tf.Variable(_TABLE)
    rows = tf.nn.embedding_lookup(table, [4, 1, 4])
    gradient = tf.gradients(
        rows, table, grad_ys=tf.constant(np.float32([[1] * 3, [2] * 3, [4] * 3]))
    )
    assert isinstance(gradient[0], tf.IndexedSlices)
    update = tf.train.GradientDescentOptimizer(1.0).apply_gradients([(gradient[0], table)])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(update)
        change = _TABLE - session.run(table)
    np.testing.assert_allclose(change[[4, 1]], [[5] * 3, [2] * 3], rtol=1e-5)
    assert not change[[0, 2, 3, 5, 6, 7, 8, 9]].any()


def test_a_partitioned_variable_is_its_shards() -> None:
    with tf.variable_scope("scope", partitioner=tf.fixed_size_partitioner(4)):
        table = tf.get_variable("table", initializer=tf.constant(_TABLE))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        rows = session.run(tf.nn.embedding_lookup(table, [0, 9, 5], "div"))
    np.testing.assert_array_equal(rows, _TABLE[[0, 9, 5]])


def test_errors() -> None:
    for params in None, []:
        with pytest.raises(ValueError, match="Need at least one param"):
            tf.nn.embedding_lookup(params, [0])
    with pytest.raises(ValueError, match="Unrecognized partition strategy: round"):
        tf.nn.embedding_lookup([_TABLE, _TABLE], [0], "round")
    with pytest.raises(TypeError, match="float32"):
        tf.nn.embedding_lookup(_TABLE, [0.5])
    rows = tf.nn.embedding_lookup(_TABLE, [0, 10])
    with tf.Session() as session:
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"\[1\] = 10 is not in \[0, 10\)"):
            session.run(rows)
