"""Max pooling that keeps a byte per maximum, and its gradient from these bytes.

These ops stand only in Programs, where a pass puts them in place of a MaxPool and the MaxPoolGrad
that belongs to it: the gradient then needs neither the image nor the maxima, only the mask.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...base.tensor_shape import TensorShape
from ...graph.op_def import define_op
from ...graph.shape_context import ShapeContext
from . import windows
from .pooling import first_maxima, max_pool_reference, pool_axes, pool_shape, pool_taps

_ATTRS = [
    "ksize: list(int) >= 4",
    "strides: list(int) >= 4",
    "padding: {'SAME', 'VALID'}",
    "data_format: {'NHWC', 'NCHW'} = 'NHWC'",
    "T: {float, double}",
]


def max_pool_with_mask_shape(context: ShapeContext) -> list[TensorShape]:
    return [pool_shape(context)] * 2


max_pool_with_mask_op = define_op(
    "_MaxPoolWithMask",
    inputs=["input: T"],
    outputs=["output: T", "mask: uint8"],
    attrs=_ATTRS,
    shape=max_pool_with_mask_shape,
)
max_pool_grad_from_mask_op = define_op(
    "_MaxPoolGradFromMask",
    inputs=["mask: uint8", "grad: T"],
    outputs=["output: T"],
    attrs=["input_shape: list(int)", *_ATTRS],
    shape=lambda context: TensorShape(context.attrs["input_shape"]),
)


@max_pool_with_mask_op.define
def max_pool_with_mask_reference(node: Any, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The maxima as MaxPool gives them, and the tap of each: the first of equal ones, by rows."""
    data_format = node.attrs["data_format"]
    axes = pool_axes(node, x.shape)
    _, taps = first_maxima(windows.to_channels_last(x, data_format), axes)
    mask = windows.from_channels_last(taps, data_format).astype(np.uint8)
    return max_pool_reference(node, x), mask


@max_pool_grad_from_mask_op.define
def max_pool_grad_from_mask_reference(node: Any, mask: np.ndarray, dy: np.ndarray) -> np.ndarray:
    """Each window's gradient, added to the element that the mask names."""
    data_format, shape = node.attrs["data_format"], node.attrs["input_shape"]
    axes = pool_axes(node, shape)
    places = windows.to_channels_last(mask, data_format)
    gradient = windows.to_channels_last(dy, data_format)
    sizes = [a.size + a.pad_before + a.pad_after for a in axes]
    padded = np.zeros((places.shape[0], *sizes, places.shape[-1]), dy.dtype)
    for number, tap in enumerate(pool_taps(axes)):
        padded[windows.tap_region(axes, tap)] += np.where(places == number, gradient, 0)
    images = windows.pick_spatial(shape, data_format)
    inner = windows.inner_region((shape[0], *images, places.shape[-1]), axes)
    return windows.from_channels_last(padded[inner], data_format)
