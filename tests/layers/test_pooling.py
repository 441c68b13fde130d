"""Pooling layers against TensorFlow's, and against themselves in the other order of dimensions."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from layer_twins import assert_twins, value_of

import graphflow as tf

KINDS = ("max_pooling", "average_pooling")
SHAPES = {1: (2, 7, 3), 2: (2, 7, 6, 3), 3: (2, 5, 6, 4, 3)}


@pytest.mark.parametrize("padding", ["valid", "SAME"])
@pytest.mark.parametrize("rank", SHAPES)
@pytest.mark.parametrize("kind", KINDS)
def test_pooling_is_tensorflows(oracle: ModuleType, kind: str, rank: int, padding: str) -> None:
    def make(tf: Any, x: Any) -> Any:
        pool = getattr(tf.layers, f"{kind}{rank}d")
        return pool(x, (3, 2, 2)[:rank], 2, padding)

    assert_twins(oracle, make, SHAPES[rank], (None, *SHAPES[rank][1:]))


def test_unknown_sizes_and_names(oracle: ModuleType) -> None:
    def make(tf: Any, x: Any) -> Any:
        pooled = tf.layers.max_pooling2d(x, 2, 1, name="mine")
        pooled = tf.layers.max_pooling2d(pooled, 2, 1)
        return tf.layers.MaxPooling2D(2, 1)(pooled)

    assert_twins(oracle, make, (1, 6, 5, 2), (None, None, None, 2))


@pytest.mark.parametrize("rank", SHAPES)
@pytest.mark.parametrize("kind", KINDS)
def test_channels_first(kind: str, rank: int) -> None:
    pool = getattr(tf.layers, f"{kind}{rank}d")
    x = tf.constant(value_of(SHAPES[rank]))
    to_first = [0, rank + 1, *range(1, rank + 1)]
    last = pool(x, 2, 2)
    first = pool(tf.transpose(x, to_first), 2, 2, data_format="channels_first")
    with tf.Session() as session:
        got, expected = session.run([first, tf.transpose(last, to_first)])
    np.testing.assert_allclose(got, expected, rtol=1e-6)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("rank", SHAPES)
def test_compute_output_shape(rank: int, data_format: str) -> None:
    layer = getattr(tf.layers, f"MaxPooling{rank}D")(3, 2, "same", data_format)
    output = layer(tf.zeros(SHAPES[rank]))
    assert layer.compute_output_shape(SHAPES[rank]) == output.shape


def test_a_layer_from_its_configuration() -> None:
    layer = tf.layers.AveragePooling2D((3, 2), 2, "same", name="pool")
    again = tf.layers.AveragePooling2D.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"strides": None}, "`strides` must not be None"),
        ({"strides": (1, 2, 3)}, "`strides` argument"),
        ({"pool_size": None}, "`pool_size` argument"),
        ({"padding": "causal"}, "Causal padding"),
        ({"data_format": "NHWC"}, "`data_format` argument"),
    ],
)
def test_wrong_arguments(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        tf.layers.MaxPooling2D(**{"pool_size": 2, "strides": 2, **arguments})


def test_an_input_of_another_rank() -> None:
    with pytest.raises(ValueError, match="expected ndim=4, found ndim=3"):
        tf.layers.max_pooling2d(tf.zeros([1, 4, 4]), 2, 2)
