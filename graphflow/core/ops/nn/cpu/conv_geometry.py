"""What the lowerings of all 2-D convolutions share: checks, layouts, division of the work."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...array.cpu.boxes import copy_view, stand_in
from ...lowering import Buffer, Lowering
from .. import windows
from ..conv2d.reference import make_axes
from ..windows import Axis

KINDS = {"float32": "f32", "float64": "f64"}
BYTES = 8.0  # that a thread reads and writes per nanosecond
_MAX_WINDOW = 63  # rows or columns of a window, each a bit of a word


def check_geometry(
    node: Any, k: Lowering, x: Buffer, filters: Sequence[int], y: Buffer
) -> list[Axis]:
    """The two axes, once it is clear that the kernels can do this convolution.

    Args:
      node: one of the three ops.
      k: its lowering.
      x: the convolution's input, or the gradient of it.
      filters: the shape of its filter.
      y: its output, or the gradient of it.
    """
    data_format = node.attrs["data_format"]
    channel = data_format.index("C")
    k.require(x.kind in KINDS, "float32 and float64 only")
    k.require(len(x.shape) == 4 and len(filters) == 4 and len(y.shape) == 4)
    k.require(x.shape[channel] == filters[2], "grouped convolution")
    k.require(x.size > 0 and y.size > 0 and math.prod(filters) > 0)
    k.require(max(filters[:2]) <= _MAX_WINDOW, "a window too large")
    axes = make_axes(node, x.shape, filters[:2])
    expected = windows.pick_spatial(y.shape, data_format)
    k.require([a.out for a in axes] == expected and y.shape[channel] == filters[3])
    k.require(x.shape[0] == y.shape[0])
    return axes


class ChannelsLast:
    """Shows a node's images to the kernels as NHWC: NCHW ones through copies."""

    def __init__(self, node: Any, k: Lowering) -> None:
        self.k = k
        self.turned = not windows.channels_last(node.attrs["data_format"])
        self.waiting: list[tuple[Buffer, Buffer]] = []

    def __enter__(self) -> ChannelsLast:
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        if kind is None:
            for copy, images in self.waiting:
                turn(self.k, copy, images, (0, 3, 1, 2))

    def read(self, images: Buffer) -> Buffer:
        """The images as NHWC, from now on."""
        if not self.turned:
            return images
        copy = self._copy(images)
        turn(self.k, images, copy, (0, 2, 3, 1))
        return copy

    def write(self, images: Buffer) -> Buffer:
        """Where NHWC images can be written, which are copied to the right place at the end."""
        if not self.turned:
            return images
        copy = self._copy(images)
        self.waiting.append((copy, images))
        return copy

    def _copy(self, images: Buffer) -> Buffer:
        n, channels, height, width = images.shape
        return self.k.temporary_like((n, height, width, channels), images.dtype, "nhwc")


def turn(k: Lowering, source: Buffer, to: Buffer, axes: Sequence[int]) -> None:
    """Copies an array with its axes in another order."""
    whole = stand_in(source)
    copy_view(k, whole.transpose(axes), whole, source, to)


def image_strides(images: Buffer) -> tuple[int, int]:
    """Bytes from row to row of NHWC images, and from pixel to pixel."""
    _, _, width, channels = images.shape
    return width * channels * images.itemsize, channels * images.itemsize


def row_blocks(n: int, height: int, width: int) -> int:
    """Into how many blocks of rows to divide images, so that there are about 16 items."""
    for blocks in range(min(height, max(16 // n, 1)), 1, -1):
        if height % blocks == 0 and height // blocks * width >= 56:
            return blocks
    return 1


def tap_ranges(axis: Axis) -> np.ndarray:
    """For each tap of an axis: its first output that is not padding, and the one after its last."""
    shift = np.arange(axis.kernel) * axis.dilation - axis.pad_before
    first = np.clip(-(shift // axis.stride), 0, axis.out)
    last = np.clip((axis.size - 1 - shift) // axis.stride + 1, 0, axis.out)
    return np.stack([first, last], axis=1).astype(np.int64)


def sum_parts(k: Lowering, parts: Buffer, dw: Buffer, count: int) -> None:
    """Adds the filter gradients of all blocks of images."""
    rows = math.prod(dw.shape[:3])
    k.call(
        f"conv_filter.sum_parts_{KINDS[dw.kind]}",
        items=rows,
        args=[k.read(parts, whole=True), k.write(dw), dw.nbytes, count, dw.size // rows],
        cost=(count + 1) * dw.nbytes / BYTES,
    )
