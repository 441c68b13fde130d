"""tf.layers.flatten: shapes and values in both formats."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from made_by_layers import assert_same_numbers

import graphflow as tf


@pytest.mark.parametrize(
    ("shape", "flat"),
    [
        ([2, 3, 4], [2, 12]),
        ([None, 3, 4], [None, 12]),
        ([5, None, 4], [5, None]),
        ([None, None, 4], [None, None]),
        ([None], [None, 1]),
        ([0, 2, 2], [0, 4]),
    ],
)
def test_shapes(shape: list[int | None], flat: list[int | None]) -> None:
    x = tf.placeholder(tf.float32, shape)
    y = tf.layers.flatten(x)
    assert y.shape.as_list() == flat
    assert tf.layers.Flatten().compute_output_shape(shape).as_list() == flat
    sizes = [2 if size is None else size for size in shape]
    value = np.arange(np.prod(sizes), dtype=np.float32).reshape(sizes)
    with tf.Session() as session:
        expected = value.reshape(sizes[0], int(np.prod(sizes[1:])))
        np.testing.assert_array_equal(session.run(y, {x: value}), expected)


@pytest.mark.parametrize("data_format", [None, "channels_last", "channels_first"])
@pytest.mark.parametrize("rank", [2, 3, 4, 5])
def test_is_tensorflows(oracle: ModuleType, rank: int, data_format: str | None) -> None:
    def make(tf: Any) -> Any:
        x = tf.placeholder(tf.float32, [None, *range(2, rank + 1)], name="x")
        y = tf.layers.flatten(x, data_format=data_format)
        return [y, *tf.gradients(y, x)]

    x = np.random.RandomState(0).randn(2, *range(2, rank + 1)).astype(np.float32)
    assert_same_numbers(tf, oracle, make, [{"x": x}])


def test_an_empty_batch() -> None:
    x = tf.placeholder(tf.float32, [None, 2, 3])
    with tf.Session() as session:
        assert session.run(tf.layers.flatten(x), {x: np.zeros([0, 2, 3])}).shape == (0, 6)


def test_names_and_configuration() -> None:
    x = tf.placeholder(tf.float32, [None, 2, 3])
    assert tf.layers.flatten(x).op.name == "flatten/Reshape"
    assert tf.layers.flatten(x).op.name == "flatten_1/Reshape"
    layer = tf.layers.Flatten(data_format="channels_first")
    again = tf.layers.Flatten.from_config(layer.get_config())
    assert again.data_format == "channels_first"


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match=r'one of "channels_first", "channels_last".*NHWC'):
        tf.layers.Flatten("NHWC")
    with pytest.raises(ValueError, match="rank is undefined"):
        tf.layers.flatten(tf.placeholder(tf.float32))
    with pytest.raises(ValueError, match="min_ndim=1"):
        tf.layers.flatten(tf.constant(1.0))
