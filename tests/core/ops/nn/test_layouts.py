"""Channels second is channels last, transposed: values, and gradients to second order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import graphflow as tf

_RANDOM = np.random.default_rng(0)
_IMAGES = _RANDOM.permutation(2 * 6 * 5 * 4).reshape(2, 6, 5, 4) * 0.01  # no two alike
_VOLUMES = _RANDOM.permutation(2 * 4 * 3 * 5 * 2).reshape(2, 4, 3, 5, 2) * 0.01

Function = Callable[..., Any]


def _per_axis(layout: str, spatial: list[int]) -> list[int]:
    return [1, 1, *spatial] if layout[1] == "C" else [1, *spatial, 1]


def _conv2d(x: Any, w: Any, layout: str) -> Any:
    return tf.nn.conv2d(x, w, _per_axis(layout, [2, 1]), "SAME", data_format=layout)


def _dilated(x: Any, w: Any, layout: str) -> Any:
    return tf.nn.convolution(x, w, "VALID", dilation_rate=[2, 1], data_format=layout)


def _explicit(x: Any, w: Any, layout: str) -> Any:
    pads = [(0, 0), (1, 2), (2, 0), (0, 0)]
    pads = [pads[3], pads[0], *pads[1:3]] if layout[1] == "C" else pads
    return tf.nn.conv2d(x, w, 1, pads, data_format=layout)


def _depthwise(x: Any, w: Any, layout: str) -> Any:
    strides = _per_axis(layout, [2, 2])
    return tf.nn.depthwise_conv2d(x, w, strides, "SAME", data_format=layout)


def _separable(x: Any, w: Any, layout: str) -> Any:
    pointwise = np.ones([1, 1, 12, 2])
    ones = _per_axis(layout, [1, 1])
    return tf.nn.separable_conv2d(x, w, pointwise, ones, "SAME", data_format=layout)


def _conv3d(x: Any, w: Any, layout: str) -> Any:
    return tf.nn.conv3d(x, w, _per_axis(layout, [1, 2, 1]), "SAME", data_format=layout)


def _bias(x: Any, w: Any, layout: str) -> Any:
    return tf.nn.bias_add(tf.square(x), w, layout)


def _max_pool(x: Any, w: Any, layout: str) -> Any:
    return tf.nn.max_pool(x * w, [3, 2], 2, "SAME", data_format=layout)


def _avg_pool(x: Any, w: Any, layout: str) -> Any:
    return tf.nn.avg_pool(x * w, [3, 2], 2, "SAME", data_format=layout)


def _avg_pool3d(x: Any, w: Any, layout: str) -> Any:
    return tf.nn.avg_pool3d(x * w, [2, 3, 2], [1, 2, 2], "SAME", data_format=layout)


_CASES: list[tuple[Function, Any]] = [
    (_conv2d, (3, 2, 4, 3)),
    (_dilated, (3, 2, 4, 3)),
    (_explicit, (3, 2, 4, 3)),
    (_depthwise, (2, 3, 4, 2)),
    (_separable, (2, 3, 4, 3)),
    (_conv3d, (2, 3, 2, 2, 3)),
    (_bias, (4,)),
    (_max_pool, ()),
    (_avg_pool, ()),
    (_avg_pool3d, ()),
]


@pytest.mark.parametrize(("function", "shape"), _CASES, ids=[f.__name__[1:] for f, _ in _CASES])
def test_layouts_agree(function: Function, shape: Any) -> None:
    images = _VOLUMES if "3d" in function.__name__ else _IMAGES
    w = np.random.default_rng(1).normal(size=shape)
    axes = "DHW"[5 - images.ndim :]
    last = _derivatives(function, images, w, f"N{axes}C")
    second = _derivatives(function, np.moveaxis(images, -1, 1), w, f"NC{axes}")
    assert last.keys() == second.keys()
    for name, value in last.items():
        other = second[name] if name.endswith("w") else np.moveaxis(second[name], 1, -1)
        np.testing.assert_allclose(other, value, rtol=1e-9, atol=1e-9, err_msg=name)


def _derivatives(function: Function, x: np.ndarray, w: np.ndarray, layout: str) -> dict[str, Any]:
    """The output, its gradients, and the gradients of a function of these, by name."""
    with tf.Graph().as_default(), tf.Session() as session:
        inputs = {"x": tf.constant(x), "w": tf.constant(w)}
        y = function(inputs["x"], inputs["w"], layout)
        tensors = {"y": y}
        first = tf.gradients(tf.reduce_sum(tf.sin(y)), list(inputs.values()))
        tensors |= {f"d{name}": g for name, g in zip(inputs, first, strict=True)}
        again = tf.gradients(tf.reduce_sum(tf.square(first[0])), list(inputs.values()))
        tensors |= {f"d2{name}": g for name, g in zip(inputs, again, strict=True)}
        found: dict[str, Any] = session.run(tensors)
        assert y.shape.as_list() == list(found["y"].shape)
    return found
