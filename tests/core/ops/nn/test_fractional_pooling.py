"""Fractional pooling: what its cuts are, which runs share them, and errors."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

import graphflow as tf

_X = np.random.default_rng(0).normal(size=(2, 13, 17, 3)).astype(np.float32)
_FUNCTIONS = [tf.nn.fractional_max_pool, tf.nn.fractional_avg_pool]


@pytest.mark.parametrize("function", _FUNCTIONS)
@pytest.mark.parametrize("overlapping", [True, False])
@pytest.mark.parametrize("pseudo_random", [True, False])
def test_windows_between_the_cuts(function: Any, overlapping: bool, pseudo_random: bool) -> None:
    with tf.Session() as session:
        pooled = function(_X, [1, 1.3, 1.9, 1], pseudo_random, overlapping)
        y, rows, columns = session.run(pooled)
    assert y.shape == (2, 10, 8, 3)
    for cuts, size, count in (rows, 13, 10), (columns, 17, 8):
        assert cuts[0] == 0
        assert cuts[-1] == size
        assert set(np.diff(cuts).tolist()) <= {size // count, size // count + 1}
    reduce = np.max if function is tf.nn.fractional_max_pool else np.mean
    for i in range(10):
        for j in range(8):
            down = slice(rows[i], rows[i + 1] + overlapping)
            across = slice(columns[j], columns[j + 1] + overlapping)
            expected = reduce(_X[:, down, across], axis=(1, 2))
            np.testing.assert_allclose(y[:, i, j], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("function", _FUNCTIONS)
def test_which_runs_are_cut_alike(function: Any) -> None:
    ratio = [1, 1.3, 1.3, 1]
    with tf.Session() as session:
        for options, alike in [
            ({}, False),
            ({"deterministic": True}, True),
            ({"deterministic": True, "seed": 3}, True),
        ]:
            pooled = function(_X, ratio, **options)
            runs = [np.concatenate(session.run(pooled)[1:]).tolist() for _ in range(8)]
            assert (runs.count(runs[0]) == 8) == alike


def test_sizes_that_the_ratio_divides(oracle: ModuleType) -> None:
    values = []
    for framework in tf, oracle:
        with framework.Graph().as_default(), framework.Session() as session:
            x = framework.constant(np.arange(32, dtype=np.int64).reshape(1, 4, 8, 1) - 16)
            pooled = framework.nn.fractional_avg_pool(x, [1, 2, 4, 1])
            values.append(session.run(pooled[0]))
    np.testing.assert_array_equal(*values)


def test_errors() -> None:
    for function in _FUNCTIONS:
        with pytest.raises(ValueError, match="must specify 4 dimensions"):
            function(_X, [1, 1.5, 1.5, 1, 1])
        with pytest.raises(ValueError, match="rank 4 but is rank 3"):
            function(_X[0], [1, 1.5, 1.5, 1])
        with tf.Session() as session:
            for ratio, options, kind, text in [
                ([2, 1.5, 1.5, 1], {}, tf.errors.UnimplementedError, "batch nor channel"),
                ([1, 1.5, 1.5, 1], {"seed": 3}, tf.errors.InvalidArgumentError, "should be 0 if"),
                ([1, 20, 1.5, 1], {}, tf.errors.InvalidArgumentError, "nothing is left of 13"),
            ]:
                with pytest.raises(kind, match=text):
                    session.run(function(_X, ratio, **options))
