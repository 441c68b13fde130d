"""Separable convolution layers against TensorFlow's, and in the other order of dimensions."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from layer_twins import assert_twins, value_of

import graphflow as tf

SHAPES = {1: (2, 9, 3), 2: (2, 9, 8, 3)}
ARGUMENTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "strided": {"strides": 2, "padding": "SAME", "activation": "relu"},
    "deeper": {"depth_multiplier": 2, "use_bias": False},
}


@pytest.mark.parametrize("arguments", ARGUMENTS.values(), ids=list(ARGUMENTS))
@pytest.mark.parametrize("rank", SHAPES)
def test_it_is_tensorflows(oracle: ModuleType, rank: int, arguments: dict[str, Any]) -> None:
    def make(tf: Any, x: Any) -> Any:
        return getattr(tf.layers, f"separable_conv{rank}d")(x, 4, (3, 2)[:rank], **arguments)

    assert_twins(oracle, make, SHAPES[rank], (None, *SHAPES[rank][1:]))


@pytest.mark.parametrize("padding", ["valid", "same", "causal"])
def test_dilated_sequences_are_tensorflows(oracle: ModuleType, padding: str) -> None:
    def make(tf: Any, x: Any) -> Any:
        layer = tf.layers.SeparableConv1D(4, 3, padding=padding, dilation_rate=2)
        return tf.identity(layer(x), "y")

    assert_twins(oracle, make, SHAPES[1])


def test_unknown_sizes_scopes_and_losses(oracle: ModuleType) -> None:
    def make(tf: Any, x: Any) -> Any:
        given = {
            f"{kernel}_regularizer": lambda v, weight=weight: tf.reduce_sum(tf.square(v)) * weight
            for kernel, weight in (("depthwise", 1.0), ("pointwise", 0.5), ("bias", 0.1))
        }
        y = tf.layers.separable_conv2d(x, 3, 2, **given)
        y = tf.layers.separable_conv2d(y, 3, 2, name="mine")
        y = tf.layers.separable_conv2d(y, 3, 2, name="mine", reuse=True)
        return tf.layers.SeparableConv2D(3, 1)(y)

    assert_twins(oracle, make, SHAPES[2], (None, None, None, 3))


@pytest.mark.parametrize("rank", SHAPES)
def test_channels_first(rank: int) -> None:
    make = getattr(tf.layers, f"separable_conv{rank}d")
    to_first = [0, rank + 1, *range(1, rank + 1)]
    x = tf.constant(value_of(SHAPES[rank]))
    given: dict[str, Any] = {"depth_multiplier": 2, "name": "mine", "bias_initializer": "ones"}
    last = make(x, 4, 2, **given)
    x_first = tf.transpose(x, to_first)
    first = make(x_first, 4, 2, data_format="channels_first", reuse=True, **given)
    variables = tf.trainable_variables()
    gradients = [tf.gradients(tf.square(y), variables) for y in (last, first)]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        got, expected, both = session.run([first, tf.transpose(last, to_first), gradients])
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)
    for ours, theirs in zip(*both, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


def test_constraints_are_kept_by_training() -> None:
    given = {f"{kernel}_constraint": tf.abs for kernel in ("depthwise", "pointwise", "bias")}
    layer = tf.layers.SeparableConv2D(2, 2, **given)
    loss = tf.reduce_sum(layer(tf.ones([1, 3, 3, 2])))
    train = tf.train.GradientDescentOptimizer(1.0).minimize(loss)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train)
        for value in session.run(layer.trainable_variables):
            assert value.min() >= 0


def test_a_layer_from_its_configuration() -> None:
    layer = tf.layers.SeparableConv1D(4, 2, 2, "same", depth_multiplier=2, name="mine")
    again = tf.layers.SeparableConv1D.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="`kernel_size` argument"):
        tf.layers.SeparableConv2D(2, (2, 2, 2))
    with pytest.raises(ValueError, match="only supported for `Conv1D`"):
        tf.layers.SeparableConv2D(2, 2, padding="causal")
    with pytest.raises(TypeError, match="got an unexpected .* 'kernel_initializer'"):
        tf.layers.separable_conv2d(tf.zeros(SHAPES[2]), 2, 2, kernel_initializer="ones")
    with pytest.raises(ValueError, match="channel dimension"):
        tf.layers.separable_conv1d(tf.placeholder(tf.float32, [1, 4, None]), 2, 2)
