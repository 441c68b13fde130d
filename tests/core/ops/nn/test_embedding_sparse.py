"""Combined embeddings of sparse rows of ids."""

from __future__ import annotations

import numpy as np
import pytest

import graphflow as tf

_TABLE = np.arange(12, dtype=np.float32).reshape(6, 2)
_INDICES = [[0, 0], [0, 1], [1, 0], [2, 0], [2, 2]]
_IDS = [1, 3, 0, 3, 3]
_ROWS = [[0, 1], [2], [3, 4]]


def _combined(weights, combiner):
    result = []
    for row in _ROWS:
        w = weights[row]
        norm = {"sum": 1, "mean": w.sum(), "sqrtn": np.sqrt((w * w).sum())}[combiner]
        result.append(w @ _TABLE[np.array(_IDS)[row]] / norm)
    return np.array(result)


@pytest.mark.parametrize("combiner", ["sum", "mean", "sqrtn"])
@pytest.mark.parametrize("weights", [None, [1.0, 2.0, 0.5, 3.0, 1.5]])
@pytest.mark.parametrize("shards", [1, 2])
def test_rows_are_combined(combiner, weights, shards):
    with tf.Graph().as_default(), tf.Session() as session:
        ids = tf.SparseTensor(_INDICES, np.int64(_IDS), [3, 3])
        sparse = None if weights is None else tf.SparseTensor(_INDICES, np.float32(weights), [3, 3])
        params = [tf.constant(_TABLE[shard::shards]) for shard in range(shards)]
        rows = tf.nn.embedding_lookup_sparse(params, ids, sparse, combiner=combiner)
        expected = _combined(np.ones(5) if weights is None else np.array(weights), combiner)
        np.testing.assert_allclose(session.run(rows), expected, rtol=1e-6)


def test_wrong_arguments_are_refused():
    with tf.Graph().as_default():
        ids = tf.SparseTensor(_INDICES, np.int64(_IDS), [3, 3])
        with pytest.raises(ValueError, match="combiner must be one of"):
            tf.nn.embedding_lookup_sparse(_TABLE, ids, None, combiner="max")
        with pytest.raises(TypeError, match="sp_ids must be SparseTensor"):
            tf.nn.embedding_lookup_sparse(_TABLE, _IDS, None, combiner="sum")
        with pytest.raises(TypeError, match="sp_weights must be SparseTensor"):
            tf.nn.embedding_lookup_sparse(_TABLE, ids, _IDS, combiner="sum")


def test_short_floats_are_combined_as_float32():
    with tf.Graph().as_default(), tf.Session() as session:
        ids = tf.SparseTensor([[0, 0], [0, 1]], np.int64([1, 3]), [1, 3])
        rows = tf.nn.embedding_lookup_sparse(_TABLE.astype(np.float16), ids, None, combiner="sum")
        assert rows.dtype == tf.float32
        assert session.run(rows).tolist() == [[8, 10]]


# --- ids that may be invalid, rows that may be empty ----------------------------------------------

# Row 1 has nothing, row 2 only an invalid id, row 3 an id of weight 0.
_LOOSE = [[0, 0], [0, 1], [0, 2], [2, 0], [3, 0], [4, 1]]
_LOOSE_IDS = [1, -1, 3, -5, 2, 0]
_LOOSE_WEIGHTS = [2.0, 1.0, 0.5, 1.0, 0.0, 3.0]


def _safe(tf, combiner, weighted, default_id, strategy="div", rank=2):
    indices = _LOOSE if rank == 2 else [[i // 3, i % 3, j] for i, j in _LOOSE]
    shape = [5, 3] if rank == 2 else [2, 3, 3]
    with tf.Graph().as_default(), tf.Session() as session:
        ids = tf.SparseTensor(indices, np.int64(_LOOSE_IDS), shape)
        weights = tf.SparseTensor(indices, np.float32(_LOOSE_WEIGHTS), shape) if weighted else None
        table = [tf.constant(_TABLE[:3]), tf.constant(_TABLE[3:])]
        rows = tf.nn.safe_embedding_lookup_sparse(
            table, ids, weights, combiner, default_id, partition_strategy=strategy
        )
        return session.run(rows)


@pytest.mark.parametrize("combiner", ["sum", "mean", "sqrtn"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("default_id", [None, 4])
@pytest.mark.parametrize("rank", [2, 3])
def test_rows_with_gaps(oracle, combiner, weighted, default_id, rank):
    mine = _safe(tf, combiner, weighted, default_id, rank=rank)
    theirs = _safe(oracle, combiner, weighted, default_id, rank=rank)
    np.testing.assert_allclose(mine, theirs, rtol=1e-6)
    empty = mine.reshape(-1, 2)[1]
    assert empty.tolist() == ([0, 0] if default_id is None else _TABLE[4].tolist())


def test_embeddings_of_more_axes_and_their_gradient():
    with tf.Graph().as_default(), tf.Session() as session:
        table = tf.constant(np.arange(12, dtype=np.float32).reshape(3, 2, 2))
        ids = tf.SparseTensor([[1, 0], [1, 1]], np.int64([2, 0]), [2, 2])
        rows = tf.nn.safe_embedding_lookup_sparse(table, ids, combiner="sum")
        gradient = tf.gradients(rows, table)[0]
        assert rows.shape.as_list() == [2, 2, 2]
        values = session.run([rows, gradient])
    assert values[0].tolist() == [[[0, 0], [0, 0]], [[8, 10], [12, 14]]]
    slopes = np.zeros([3, 2, 2])
    np.add.at(slopes, values[1].indices, values[1].values)
    assert slopes.tolist() == [[[1, 1], [1, 1]], [[0, 0], [0, 0]], [[1, 1], [1, 1]]]


def test_a_table_is_needed():
    ids = tf.SparseTensor(_INDICES, np.int64(_IDS), [3, 3])
    weights = tf.SparseTensor(_INDICES, np.float64(np.ones(5)), [3, 3])
    for missing in None, []:
        with pytest.raises(ValueError, match="Missing embedding_weights"):
            tf.nn.safe_embedding_lookup_sparse(missing, ids)
    with pytest.raises(ValueError, match="float64"):
        tf.nn.safe_embedding_lookup_sparse(tf.constant(_TABLE), ids, weights)
