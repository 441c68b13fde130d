"""Convolution layers against TensorFlow's: names, variables, values, losses, gradients."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from layer_twins import assert_twins, value_of

import graphflow as tf

SHAPES = {1: (2, 9, 3), 2: (2, 9, 8, 3), 3: (1, 6, 7, 6, 3)}
ARGUMENTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "strided": {"strides": 2, "padding": "SAME"},
    "relu": {"activation": "relu", "padding": "same"},
    "no_bias": {"use_bias": False},
}


@pytest.mark.parametrize("arguments", ARGUMENTS.values(), ids=list(ARGUMENTS))
@pytest.mark.parametrize("rank", SHAPES)
def test_convolution_is_tensorflows(
    oracle: ModuleType, rank: int, arguments: dict[str, Any]
) -> None:
    def make(tf: Any, x: Any) -> Any:
        y = getattr(tf.layers, f"conv{rank}d")(x, 4, (3, 2, 2)[:rank], **arguments)
        return tf.identity(y, "y")

    assert_twins(oracle, make, SHAPES[rank], (None, *SHAPES[rank][1:]))


@pytest.mark.parametrize("padding", ["valid", "causal"])
def test_dilated_sequences_are_tensorflows(oracle: ModuleType, padding: str) -> None:
    def make(tf: Any, x: Any) -> Any:
        y = tf.layers.Conv1D(4, 3, padding=padding, dilation_rate=2)(x)
        return tf.identity(y, "y")

    assert_twins(oracle, make, SHAPES[1])


def several(tf: Any, x: Any) -> Any:
    """Layers with names, without, and in scopes."""
    y = tf.layers.conv2d(x, 3, 1, activation=tf.nn.relu)
    y = tf.layers.conv2d(y, 3, 1, activation=tf.nn.relu)
    y = tf.layers.conv2d(y, 3, 1, name="mine")
    with tf.variable_scope("outer"):
        y = tf.layers.conv2d(y, 3, 1)
        return tf.layers.Conv2D(3, 1, name="mine", trainable=False)(y)


def shared(tf: Any, x: Any) -> Any:
    """One set of variables, used in the three ways there are."""
    y = tf.layers.conv2d(x, 3, 1, name="mine")
    y = tf.layers.conv2d(y, 3, 1, name="mine", reuse=True)
    with tf.variable_scope(tf.get_variable_scope(), reuse=tf.AUTO_REUSE):
        y = tf.layers.conv2d(y, 3, 1, name="mine")
    layer = tf.layers.Conv2D(3, 1)
    return layer(layer(y))


def regularized(tf: Any, x: Any) -> Any:
    """Losses of the kernel, the bias and the output, in their collection."""
    layer = tf.layers.Conv2D(
        3,
        2,
        kernel_regularizer=lambda v: tf.reduce_sum(tf.square(v)),
        bias_regularizer=lambda v: tf.reduce_sum(tf.abs(v)),
        activity_regularizer=lambda v: tf.reduce_sum(tf.square(v)) * 0.1,
    )
    assert len(tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)) == 0
    y = layer(x)
    assert len(layer.losses) == 3
    return y


def of_scope(tf: Any, x: Any) -> Any:
    """A regularizer that the variable scope gives."""
    with tf.variable_scope("s", regularizer=lambda v: tf.reduce_sum(tf.square(v))):
        return tf.layers.conv2d(x, 3, 2)


@pytest.mark.parametrize("make", [several, shared, regularized, of_scope])
def test_scopes_and_losses_are_tensorflows(oracle: ModuleType, make: Any) -> None:
    assert_twins(oracle, make, (2, 5, 4, 3), (None, None, None, 3))


@pytest.mark.parametrize("rank", SHAPES)
def test_channels_first(rank: int) -> None:
    make = getattr(tf.layers, f"conv{rank}d")
    to_first = [0, rank + 1, *range(1, rank + 1)]
    x = tf.constant(value_of(SHAPES[rank]))
    given: dict[str, Any] = {"name": "mine", "bias_initializer": "ones", "activation": "tanh"}
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


def test_dilated_images_are_those_of_nn() -> None:
    x = tf.constant(value_of(SHAPES[2]))
    layer = tf.layers.Conv2D(4, 3, dilation_rate=(2, 1), bias_initializer=tf.ones_initializer())
    y = layer(x)
    expected = tf.nn.convolution(x, layer.kernel, "VALID", dilation_rate=[2, 1]) + 1.0
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        np.testing.assert_allclose(*session.run([y, expected]), rtol=1e-5)


def test_the_initializers_and_types_are_used() -> None:
    layer = tf.layers.Conv2D(2, 1, kernel_initializer="ones", bias_initializer="ones")
    y = layer(tf.ones([1, 2, 2, 3], tf.float64))
    assert layer.kernel.dtype.base_dtype == tf.float64
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        np.testing.assert_array_equal(session.run(y), np.full((1, 2, 2, 2), 4.0))


def test_constraints_are_kept_by_training() -> None:
    layer = tf.layers.Conv1D(2, 1, kernel_constraint=tf.abs, bias_constraint=tf.nn.relu)
    loss = tf.reduce_sum(layer(tf.ones([1, 3, 2])))
    train = tf.train.GradientDescentOptimizer(10.0).minimize(loss)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train)
        kernel, bias = session.run([layer.kernel, layer.bias])
    assert kernel.min() > 0
    assert not bias.any()


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("rank", SHAPES)
def test_compute_output_shape(rank: int, data_format: str) -> None:
    for arguments in ({"strides": 2, "padding": "same"}, {"dilation_rate": 2}):
        layer = getattr(tf.layers, f"Conv{rank}D")(4, 2, data_format=data_format, **arguments)
        output = layer(tf.zeros(SHAPES[rank]))
        assert layer.compute_output_shape(SHAPES[rank]) == output.shape


def test_a_layer_from_its_configuration() -> None:
    layer = tf.layers.Conv2D(4, (3, 2), 2, "same", activation=tf.nn.relu, name="mine")
    again = tf.layers.Conv2D.from_config(layer.get_config())
    assert again.activation is tf.nn.relu
    assert again.get_config() == layer.get_config()


def test_the_old_names() -> None:
    assert tf.layers.Convolution2D is tf.layers.Conv2D


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"kernel_size": (1, 2, 3)}, "`kernel_size` argument"),
        ({"strides": None}, "`strides` argument"),
        ({"dilation_rate": (1,)}, "`dilation_rate` argument"),
        ({"padding": "causal"}, "only supported for `Conv1D`"),
        ({"data_format": "NHWC"}, "`data_format` argument"),
        ({"activation": "no such"}, "Unknown activation"),
        ({"kernel_initializer": "no such"}, "initializer identifier: no such"),
    ],
)
def test_wrong_arguments(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        tf.layers.Conv2D(**{"filters": 2, "kernel_size": 2, **arguments})


def test_wrong_inputs() -> None:
    with pytest.raises(ValueError, match="expected ndim=4, found ndim=3"):
        tf.layers.conv2d(tf.zeros([1, 4, 4]), 2, 2)
    x = tf.placeholder(tf.float32, [None, 4, 4, None])
    with pytest.raises(
        ValueError, match="channel dimension .* `None` on axis -1 .*'channels_last'"
    ):
        tf.layers.conv2d(x, 2, 2)
    layer = tf.layers.Conv2D(2, 2)
    layer(tf.zeros([1, 4, 4, 3]))
    with pytest.raises(ValueError, match="axis -1 of input shape to have value 3"):
        layer(tf.zeros([1, 4, 4, 2]))
    with pytest.raises(ValueError, match="strides > 1 not supported in conjunction"):
        tf.layers.conv2d(tf.zeros([1, 8, 8, 3]), 2, 2, strides=2, dilation_rate=2)


def test_variables_that_must_exist() -> None:
    with pytest.raises(ValueError, match="mine/kernel does not exist"):
        tf.layers.conv2d(tf.zeros([1, 4, 4, 3]), 2, 2, name="mine", reuse=True)
    tf.layers.conv2d(tf.zeros([1, 4, 4, 3]), 2, 2, name="mine")
    with pytest.raises(ValueError, match="mine/kernel already exists"):
        tf.layers.conv2d(tf.zeros([1, 4, 4, 3]), 2, 2, name="mine")
