"""What the lowerings of all convolutions share: checks, layouts, division of the work.

To the kernels a volume is an image, too: its rows are those of all depths, one depth after the
other, and so are the rows of its windows. `rows_and_columns` shows arrays in this way.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...array.cpu.boxes import Dimension, contiguous_strides, copy_nest, copy_view, stand_in
from ...lowering import Buffer, Lowering
from .. import windows
from ..conv2d.reference import make_axes
from ..windows import Axis

KINDS = {"float32": "f32", "float64": "f64"}
BYTES = 8.0  # that a thread reads and writes per nanosecond
_MAX_WINDOW = 63  # rows (of all depths) or columns of a window, each a bit of a word


def check_geometry(
    node: Any, k: Lowering, x: Buffer, filters: Sequence[int], y: Buffer
) -> list[Axis]:
    """The spatial axes, once it is clear that the kernels can do this convolution.

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
    rank = len(data_format)
    k.require(len(x.shape) == rank and len(filters) == rank and len(y.shape) == rank)
    *kernel, inputs, outputs = filters
    k.require(x.shape[channel] == inputs, "grouped convolution")
    k.require(x.size > 0 and y.size > 0 and math.prod(filters) > 0)
    k.require(max(math.prod(kernel[:-1]), kernel[-1]) <= _MAX_WINDOW, "a window too large")
    axes = make_axes(node, x.shape, kernel)
    expected = windows.pick_spatial(y.shape, data_format)
    k.require([a.out for a in axes] == expected and y.shape[channel] == outputs)
    k.require(x.shape[0] == y.shape[0])
    return axes


class ChannelsLast:
    """Shows a node's images to the kernels with the channels last: others through copies."""

    def __init__(self, node: Any, k: Lowering) -> None:
        self.k = k
        self.turned = not windows.channels_last(node.attrs["data_format"])
        self.waiting: list[tuple[Buffer, Buffer]] = []

    def __enter__(self) -> ChannelsLast:
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        if kind is None:
            for copy, images in self.waiting:
                last = len(images.shape) - 1
                turn(self.k, copy, images, (0, last, *range(1, last)))

    def read(self, images: Buffer) -> Buffer:
        """The images with the channels last, from now on."""
        if not self.turned:
            return images
        copy = self._copy(images)
        turn(self.k, images, copy, (0, *range(2, len(images.shape)), 1))
        return copy

    def write(self, images: Buffer) -> Buffer:
        """Where such images can be written, which are copied to the right place at the end."""
        if not self.turned:
            return images
        copy = self._copy(images)
        self.waiting.append((copy, images))
        return copy

    def _copy(self, images: Buffer) -> Buffer:
        n, channels, *sizes = images.shape
        return self.k.temporary_like((n, *sizes, channels), images.dtype, "channels last")


def turn(k: Lowering, source: Buffer, to: Buffer, axes: Sequence[int]) -> None:
    """Copies an array with its axes in another order."""
    whole = stand_in(source)
    copy_view(k, whole.transpose(axes), whole, source, to)


def rows_and_columns(array: Buffer) -> Buffer:
    """Images or volumes [n, ..., width, channels] as [n, rows, width, channels]."""
    n, *rows, width, channels = array.shape
    return replace(array, shape=(n, math.prod(rows), width, channels))


def window_rows(filters: Buffer) -> Buffer:
    """A filter [..., width, in, out] as [rows, width, in, out]."""
    return replace(filters, shape=(math.prod(filters.shape[:-3]), *filters.shape[-3:]))


def covered(axis: Axis) -> int:
    """From the first element that windows reach, padding or not, to the last."""
    return (axis.out - 1) * axis.stride + (axis.kernel - 1) * axis.dilation + 1


def pad_images(k: Lowering, x: Buffer, axes: Sequence[Axis]) -> tuple[Buffer, list[Axis]]:
    """A copy of images or volumes that has the padding in it, and its axes; all as rows."""
    n, channels = x.shape[0], x.shape[3]
    sizes = [covered(axis) for axis in axes]
    copy = k.temporary_like((n, *sizes, channels), x.dtype, "padded images")
    *sources, of_channel = contiguous_strides(
        (n, *(axis.size for axis in axes), channels), x.itemsize
    )
    targets = contiguous_strides(copy.shape, x.itemsize)
    nest = [Dimension(n, sources[0], targets[0])]
    for axis, size, source, target in zip(axes, sizes, sources[1:], targets[1:], strict=False):
        # less than all where strides leave the last elements out
        count = min(axis.size, size - axis.pad_before)
        nest.append(Dimension(size, source, target, axis.pad_before, count))
    copy_nest(k, [*nest, Dimension(channels, of_channel, of_channel)], x, copy)
    padded = [
        axis._replace(size=size, pad_before=0, pad_after=0)
        for axis, size in zip(axes, sizes, strict=True)
    ]
    return rows_and_columns(copy), padded


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


def row_tap_ranges(rows: Sequence[Axis]) -> np.ndarray:
    """For each row of a window: its first row of outputs that may not be padding, and the one after
    its last; of volumes the first row of the first such depth, and so on."""
    outer, *inner = rows
    ranges = tap_ranges(outer) * math.prod(axis.out for axis in inner)
    return np.repeat(ranges, math.prod(axis.kernel for axis in inner), axis=0)


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
