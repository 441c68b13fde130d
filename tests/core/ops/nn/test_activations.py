"""Activations at zero, at infinity, at NaN and far out; their gradients there; types and shapes."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

import graphflow as tf

_NAMES = ["relu", "relu6", "leaky_relu", "elu", "selu", "softplus", "softsign", "swish"]
_SPECIAL = np.float32([-np.inf, -1e30, -100, -20, -6, -1e-7, 0, 1e-7, 3, 6, 20, 100, 1e30, np.inf])


def _value_and_gradients(tf: ModuleType, name: str, x: np.ndarray) -> list[np.ndarray]:
    with tf.Graph().as_default(), tf.Session() as session:
        features = tf.constant(x)
        y = getattr(tf.nn, name)(features)
        first = tf.gradients(y, features)[0]
        return session.run([y, first])


@pytest.mark.parametrize("name", _NAMES)
def test_far_out(oracle: ModuleType, name: str) -> None:
    if name == "swish":  # a product with infinity: NaN on both, with different signs of zero
        x = _SPECIAL[2:-2]
    elif name == "softsign":
        x = _SPECIAL[1:-1]
    else:
        x = _SPECIAL
    mine, theirs = _value_and_gradients(tf, name, x), _value_and_gradients(oracle, name, x)
    np.testing.assert_allclose(mine[0], theirs[0], rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(mine[1], theirs[1], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", ["relu", "relu6", "leaky_relu", "elu", "selu", "softplus"])
def test_nan_stays(name: str) -> None:
    value, _ = _value_and_gradients(tf, name, np.float32([np.nan, 1]))
    assert np.isnan(value[0])


@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3), (1, 1, 1, 1, 1)])
@pytest.mark.parametrize("name", _NAMES)
def test_shapes(name: str, shape: Any) -> None:
    value, gradient = _value_and_gradients(tf, name, np.ones(shape, np.float32))
    assert value.shape == gradient.shape == shape


@pytest.mark.parametrize("name", ["relu", "relu6"])
@pytest.mark.parametrize("dtype", ["int8", "int32", "int64", "uint8", "float16", "float64"])
def test_integers_are_rectified_too(name: str, dtype: str) -> None:
    x = np.array([0, 3, 9]).astype(dtype) if dtype[0] == "u" else np.array([-2, 3, 9], dtype)
    with tf.Session() as session:
        y = session.run(getattr(tf.nn, name)(x))
    assert y.dtype == x.dtype
    assert y.tolist() == np.clip(x, 0, 6 if name == "relu6" else 9).tolist()


@pytest.mark.parametrize("name", ["elu", "selu", "softplus", "softsign"])
def test_integers_have_no_smooth_activation(name: str) -> None:
    with pytest.raises(TypeError, match="int32 not in list of allowed values"):
        getattr(tf.nn, name)(tf.constant([1, 2]))


@pytest.mark.parametrize("axis", [-1, 0])
def test_crelu(axis: int) -> None:
    x = np.float32([[-1, 2], [3, -4]])
    with tf.Session() as session:
        y = session.run(tf.nn.crelu(x, axis=axis))
    np.testing.assert_array_equal(y, np.concatenate([np.maximum(x, 0), np.maximum(-x, 0)], axis))


def test_leaky_relu_of_integers_is_float(oracle: ModuleType) -> None:
    for framework in tf, oracle:
        with framework.Graph().as_default(), framework.Session() as session:
            y = framework.nn.leaky_relu(framework.constant([-10, 5]), alpha=0.1)
            assert y.dtype == framework.float32
            assert session.run(y).tolist() == [-1, 5]


def test_relu_layer() -> None:
    x, weights, biases = np.float32([[1, -2]]), np.float32([[1, -1], [1, 1]]), np.float32([3, -1])
    with tf.Session() as session:
        assert session.run(tf.nn.relu_layer(x, weights, biases)).tolist() == [[2, 0]]
