"""Transposed convolution layers against TensorFlow's, also with channels first."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from layer_twins import assert_twins, value_of

import graphflow as tf

SHAPES = {2: (2, 4, 5, 3), 3: (1, 3, 4, 3, 2)}
ARGUMENTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "strided": {"strides": 2},
    "same": {"strides": 2, "padding": "SAME", "activation": "relu"},
    "far": {"strides": 4, "use_bias": False},
}
NODES = ("Conv2DBackpropInput", "Conv3DBackpropInputV2")


@pytest.mark.parametrize("arguments", ARGUMENTS.values(), ids=list(ARGUMENTS))
@pytest.mark.parametrize("rank", SHAPES)
def test_it_is_tensorflows(oracle: ModuleType, rank: int, arguments: dict[str, Any]) -> None:
    def make(tf: Any, x: Any) -> Any:
        return getattr(tf.layers, f"conv{rank}d_transpose")(x, 4, (3, 2, 3)[:rank], **arguments)

    assert_twins(oracle, make, SHAPES[rank], more_nodes=NODES)
    assert_twins(oracle, make, SHAPES[rank], (None, *SHAPES[rank][1:]), NODES)


def test_unknown_sizes_scopes_and_losses(oracle: ModuleType) -> None:
    def make(tf: Any, x: Any) -> Any:
        regularizer = lambda v: tf.reduce_sum(tf.square(v))  # noqa: E731
        y = tf.layers.conv2d_transpose(x, 3, 2, 2, "same", kernel_regularizer=regularizer)
        y = tf.layers.conv2d_transpose(y, 3, 2, name="mine")
        y = tf.layers.conv2d_transpose(y, 3, 2, name="mine", reuse=True)
        return tf.layers.Conv2DTranspose(3, 1, bias_regularizer=regularizer)(y)

    assert_twins(oracle, make, SHAPES[2], (None, None, 5, 3), NODES)


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("rank", SHAPES)
def test_channels_first(rank: int, known: bool) -> None:
    make = getattr(tf.layers, f"conv{rank}d_transpose")
    to_first = [0, rank + 1, *range(1, rank + 1)]
    value = value_of(SHAPES[rank])
    size = SHAPES[rank] if known else (*(None,) * (rank + 1), SHAPES[rank][-1])
    x = tf.placeholder(tf.float32, size)
    given: dict[str, Any] = {"strides": 2, "name": "mine", "bias_initializer": "ones"}
    last = make(x, 4, 3, **given)
    x_first = tf.transpose(x, to_first)
    first = make(x_first, 4, 3, data_format="channels_first", reuse=True, **given)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        got, expected = session.run([first, tf.transpose(last, to_first)], {x: value})
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)
    assert first.shape.is_compatible_with(got.shape)
    assert first.shape.is_fully_defined() == known


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_compute_output_shape(padding: str, data_format: str) -> None:
    layer = tf.layers.Conv2DTranspose(4, 3, 2, padding, data_format)
    output = layer(tf.zeros(SHAPES[2]))
    assert layer.compute_output_shape(SHAPES[2]) == output.shape


def test_a_layer_from_its_configuration() -> None:
    layer = tf.layers.Conv3DTranspose(4, 2, 2, "same", activation="relu", name="mine")
    again = tf.layers.Conv3DTranspose.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="`strides` argument"):
        tf.layers.Conv2DTranspose(2, 2, strides=(1, 2, 3))
    with pytest.raises(ValueError, match="only supported for `Conv1D`"):
        tf.layers.Conv2DTranspose(2, 2, padding="causal")
    with pytest.raises(TypeError, match="got an unexpected .* 'dilation_rate'"):
        tf.layers.conv2d_transpose(tf.zeros(SHAPES[2]), 2, 2, dilation_rate=2)
    with pytest.raises(ValueError, match="expected ndim=5, found ndim=4"):
        tf.layers.conv3d_transpose(tf.zeros(SHAPES[2]), 2, 2)
