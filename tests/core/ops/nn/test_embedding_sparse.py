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
