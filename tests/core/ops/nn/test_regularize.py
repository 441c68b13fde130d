"""Dropout (its numbers, its statistics, its arguments), LRN and the norms."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

import graphflow as tf

_X = np.random.default_rng(0).normal(1, 1, size=(20, 30)).astype(np.float32)


# --- dropout ------------------------------------------------------------------------------------


def _dropped(tf: ModuleType, runs: int = 1, **options: Any) -> list[np.ndarray]:
    with tf.Graph().as_default(), tf.Session() as session:
        y = tf.nn.dropout(tf.constant(_X), **options)
        return [session.run(y) for _ in range(runs)]


@pytest.mark.parametrize("noise_shape", [None, [20, 1], [1, 30], [None, 1]])
@pytest.mark.parametrize("rate", [0.25, 0.5])
def test_numbers_of_a_seed(oracle: ModuleType, rate: float, noise_shape: Any) -> None:
    options = {"rate": rate, "noise_shape": noise_shape, "seed": 7}
    mine = _dropped(tf, 3, **options)
    for value, wanted in zip(mine, _dropped(oracle, 3, **options), strict=True):
        np.testing.assert_allclose(value, wanted, rtol=1e-6)
    assert (mine[0] != mine[1]).any()


def test_keep_prob_is_what_rate_leaves() -> None:
    np.testing.assert_array_equal(
        *_dropped(tf, keep_prob=0.75, seed=1), *_dropped(tf, rate=0.25, seed=1)
    )


@pytest.mark.parametrize("keep_prob", [0.1, 0.5, 0.9])
def test_statistics(keep_prob: float) -> None:
    with tf.Session() as session:
        y = session.run(tf.nn.dropout(tf.ones([400, 500]), keep_prob))
    np.testing.assert_allclose(np.unique(y), [0, 1 / keep_prob], rtol=1e-6)
    count = y.size
    # five standard deviations of a binomial number
    assert abs((y > 0).mean() - keep_prob) < 5 * np.sqrt(keep_prob * (1 - keep_prob) / count)


def test_a_fed_keep_prob() -> None:
    keep_prob = tf.placeholder(tf.float32)
    y = tf.nn.dropout(_X, keep_prob, seed=3)
    with tf.Session() as session:
        np.testing.assert_array_equal(session.run(y, {keep_prob: 1.0}), _X)
        half = session.run(y, {keep_prob: 0.5})
    kept = half != 0
    np.testing.assert_allclose(half[kept], 2 * _X[kept], rtol=1e-6)
    assert 0.4 < kept.mean() < 0.6


def test_whole_rows_of_a_noise_shape() -> None:
    (y,) = _dropped(tf, rate=0.5, noise_shape=[20, 1], seed=2)
    rows = (y != 0).any(axis=1)
    assert 0 < rows.sum() < 20
    assert (y[rows] != 0).all()


def test_the_gradient_passes_where_the_value_did() -> None:
    x = tf.constant(_X)
    y = tf.nn.dropout(x, rate=0.3, seed=5)
    with tf.Session() as session:
        value, gradient = session.run([y, tf.gradients(y, x)[0]])
    np.testing.assert_allclose(gradient, np.where(value != 0, 1 / 0.7, 0), rtol=1e-6)


def test_nothing_to_drop_adds_no_node() -> None:
    x = tf.constant(_X)
    assert tf.nn.dropout(x, rate=0) is x
    assert tf.nn.dropout(x, keep_prob=1.0) is x
    assert tf.nn.dropout(x, rate=tf.constant(0.0)) is x


def test_unknown_shapes() -> None:
    x = tf.placeholder(tf.float32)
    y = tf.nn.dropout(x, rate=0.5, noise_shape=tf.placeholder_with_default([20, 1], [None]))
    assert y.shape.ndims is None
    assert tf.nn.dropout(tf.placeholder(tf.float32, [None, 3]), 0.5).shape.as_list() == [None, 3]
    with tf.Session() as session:
        assert session.run(y, {x: _X}).shape == _X.shape


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, "must provide a rate"),
        ({"rate": 0.1, "keep_prob": 0.9}, "only one of|Cannot specify both"),
        ({"keep_prob": 0.0}, r"in the range \[0, 1\)"),
        ({"keep_prob": 1.1}, r"in the range \[0, 1\)"),
        ({"rate": -0.5}, r"in the range \[0, 1\)"),
        ({"keep_prob": [0.5, 0.5]}, "keep_prob must be a floating point number or Tensor"),
        ({"rate": np.float32([0.5, 0.5])}, "rank 0"),
        ({"x": [1, 2], "rate": 0.5}, "has to be a floating point tensor"),
    ],
)
def test_arguments_of_dropout(options: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        tf.nn.dropout(**{"x": _X, **options})


# --- local response normalisation ---------------------------------------------------------------


@pytest.mark.parametrize("radius", [0, 1, 3, 20])
@pytest.mark.parametrize(("bias", "alpha", "beta"), [(1, 1, 0.5), (2, 1e-4, 0.75), (0.5, 3, 1.5)])
def test_lrn(oracle: ModuleType, radius: int, bias: float, alpha: float, beta: float) -> None:
    x = np.random.default_rng(1).normal(size=(2, 3, 2, 7)).astype(np.float32)
    values = []
    for framework in tf, oracle:
        with framework.Graph().as_default(), framework.Session() as session:
            images = framework.constant(x)
            y = framework.nn.lrn(images, radius, bias, alpha, beta)
            weights = np.cos(np.arange(x.size, dtype=np.float32)).reshape(x.shape)
            values.append(session.run([y, framework.gradients(y * weights, images)[0]]))
    for mine, theirs in zip(*values, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-5)
    squares = np.square(x)
    for channel in range(7):
        near = squares[..., max(channel - radius, 0) : channel + radius + 1].sum(-1)
        expected = x[..., channel] / (bias + alpha * near) ** beta
        np.testing.assert_allclose(values[0][0][..., channel], expected, rtol=1e-4)


def test_lrn_takes_images() -> None:
    with pytest.raises(ValueError, match="rank 4 but is rank 2"):
        tf.nn.lrn(tf.ones([2, 3]))
    with pytest.raises(TypeError, match="float64 not in list of allowed values"):
        tf.nn.lrn(tf.ones([1, 2, 2, 3], tf.float64))


# --- norms --------------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [None, 0, 1, [0, 1]])
def test_l2_normalize(axis: Any) -> None:
    with tf.Session() as session:
        y = session.run(tf.nn.l2_normalize(_X, axis))
    norm = np.sqrt(
        np.square(_X).sum(tuple(axis) if isinstance(axis, list) else axis, keepdims=True)
    )
    np.testing.assert_allclose(y, _X / norm, rtol=1e-5)


def test_l2_normalize_of_zeros_is_zeros() -> None:
    x = tf.zeros([2, 3])
    y = tf.nn.l2_normalize(x, dim=1)
    with tf.Session() as session:
        value, gradient = session.run([y, tf.gradients(y, x)[0]])
    assert not value.any()
    np.testing.assert_allclose(gradient, 1e6, rtol=1e-5)  # 1 / sqrt(epsilon)


def test_zero_fraction() -> None:
    with tf.Session() as session:
        for dtype in np.float32, np.int64:
            value = np.array([[0, 1, 0, 2], [3, 0, 5, 6]], dtype)
            assert session.run(tf.nn.zero_fraction(value)) == 0.375


# --- bias ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("rank", [2, 3, 4, 5])
@pytest.mark.parametrize("data_format", ["N..C", "NC.."])
def test_bias_of_any_rank(rank: int, data_format: str) -> None:
    second = data_format == "NC.."
    shape = [2, 5, *[3] * (rank - 2)] if second else [2, *[3] * (rank - 2), 5]
    x = np.random.default_rng(0).normal(size=shape)
    bias = np.arange(5.0)
    column = bias.reshape(-1, *[1] * (rank - 2)) if second else bias
    with tf.Session() as session:
        values, offsets = tf.constant(x), tf.constant(bias)
        y = tf.nn.bias_add(values, offsets, data_format=data_format.replace("..", "HW"))
        slope, second_slope = tf.placeholder(tf.float64, shape), tf.placeholder(tf.float64, [5])
        first = tf.gradients(y, offsets, grad_ys=slope)[0]
        again = tf.gradients(first, slope, grad_ys=second_slope)[0]
        feeds = {slope: x, second_slope: bias}
        y, first, again = session.run([y, first, again], feeds)
    np.testing.assert_allclose(y, x + column)
    axes = tuple(axis for axis in range(rank) if axis != (1 if second else rank - 1))
    np.testing.assert_allclose(first, x.sum(axes))
    np.testing.assert_allclose(again, np.broadcast_to(column, shape))


@pytest.mark.parametrize(
    ("x", "bias", "data_format", "text"),
    [
        ([1.0, 2.0], [1.0, 2.0], None, "at least rank 2|rank at least 2"),
        ([[1.0, 2.0]], [[1.0, 2.0]], None, "rank 1 but is rank 2"),
        ([[1.0, 2.0]], [1.0, 2.0, 3.0], None, "2 and 3"),
        ([[1.0, 2.0]], [1.0, 2.0], "HWNC", "data_format must be of the form"),
    ],
)
def test_arguments_of_bias_add(x: Any, bias: Any, data_format: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        tf.nn.bias_add(x, bias, data_format)
