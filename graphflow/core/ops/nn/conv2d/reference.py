"""Convolution in NumPy: windows gathered into a matrix, then one product, in any number of axes.

Forward:        Y[n*o, c_out]   = windows(X)[n*o, k*c_in] @ W[k*c_in, c_out]
Filter grad:    dW[k*c_in, c_out] = windows(X)^T @ dY
Input grad:     dwindows = dY @ W^T, added back to the places that the windows came from
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from ....base import errors
from .. import windows
from ..windows import Axis


def make_axes(node: Any, input_shape: Sequence[int], kernel: Sequence[int]) -> list[Axis]:
    """The spatial axes of a convolution node for a concrete input shape.

    Raises:
      InvalidArgumentError: strides or dilations along other axes or below one, or negative
        padding.
    """
    data_format = node.attrs["data_format"]
    windows.check_rank("input", input_shape, len(data_format))
    for name in ("strides", "dilations"):
        steps = node.attrs[name]
        if steps[0] != 1 or steps[data_format.index("C")] != 1:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Current implementation does not yet support {name} in the batch and depth "
                f"dimensions, got {list(steps)}.",
            )
        if min(steps) < 1:
            raise errors.InvalidArgumentError(
                None, None, f"{name} should be larger than 0, got {list(steps)}."
            )
    if min(node.attrs.get("explicit_paddings", ()), default=0) < 0:
        raise errors.InvalidArgumentError(
            None,
            None,
            "All elements of explicit_paddings must be nonnegative, got "
            f"{list(node.attrs['explicit_paddings'])}",
        )
    sizes = windows.pick_spatial(input_shape, data_format)
    strides = windows.pick_spatial(node.attrs["strides"], data_format)
    dilations = windows.pick_spatial(node.attrs["dilations"], data_format)
    pads = windows.explicit_pads(node.attrs, data_format)
    return [
        windows.make_axis(size, k, stride, dilation, node.attrs["padding"], pad)
        for size, k, stride, dilation, pad in zip(
            sizes, kernel, strides, dilations, pads, strict=True
        )
    ]


def convolve(x: np.ndarray, filters: np.ndarray, axes: Sequence[Axis]) -> np.ndarray:
    """X [batch, in..., c_in] with filters [k..., c_in, c_out] gives [batch, out..., c_out]."""
    columns = _columns(x, axes)
    product = columns @ filters.reshape(columns.shape[1], filters.shape[-1])
    return product.reshape(x.shape[0], *(a.out for a in axes), filters.shape[-1])


def filter_gradient(x: np.ndarray, dy: np.ndarray, axes: Sequence[Axis]) -> np.ndarray:
    """The gradient of the filters, [k..., c_in, c_out]."""
    columns = _columns(x, axes)
    product = columns.T @ np.ascontiguousarray(dy).reshape(columns.shape[0], dy.shape[-1])
    return product.reshape(*(a.kernel for a in axes), x.shape[-1], dy.shape[-1])


def input_gradient(dy: np.ndarray, filters: np.ndarray, axes: Sequence[Axis]) -> np.ndarray:
    """The gradient of x, [batch, in..., c_in]."""
    batch, channels = dy.shape[0], filters.shape[-2]
    kernel = [a.kernel for a in axes]
    flat = np.ascontiguousarray(dy).reshape(-1, dy.shape[-1])
    padded_sizes = [a.size + a.pad_before + a.pad_after for a in axes]
    padded = np.zeros((batch, *padded_sizes, channels), dtype=dy.dtype)
    for tap in itertools.product(*(range(k) for k in kernel)):
        part = (flat @ filters[tap].T).reshape(batch, *(a.out for a in axes), channels)
        padded[windows.tap_region(axes, tap)] += part
    return padded[windows.inner_region((), axes)]


def _columns(x: np.ndarray, axes: Sequence[Axis]) -> np.ndarray:
    view = windows.window_view(windows.pad_spatial(x, axes), axes)
    rows = int(np.prod(view.shape[: 1 + len(axes)]))
    width = int(np.prod(view.shape[1 + len(axes) :]))
    return view.reshape(rows, width)
