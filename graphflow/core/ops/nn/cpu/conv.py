"""Conv2D and its two gradients on a CPU: which kernel calls, with which tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...lowering import Buffer, Lowering
from .. import windows
from ..conv2d import conv2d_backprop_filter_op, conv2d_backprop_input_op, conv2d_op
from ..conv2d.reference import make_axes
from ..windows import Axis
from .conv_tables import Tables, backward_phases, forward_phases, make_tables

_KINDS = {"float32": "f32", "float64": "f64"}
_GROUP = 32  # output channels of a group: the kernels' panels divide it on every machine
_MAX_WINDOW = 63  # rows or columns of a window, each a bit of a word
_FEW_CHANNELS = 12  # a tap with fewer is not worth a loop of its own: whole window rows are
_FLOPS, _BYTES = 150.0, 8.0  # per nanosecond and thread


@conv2d_op.cpu
def conv2d_cpu(node: Any, k: Lowering) -> None:
    (x, filters), (y,) = k.inputs, k.outputs
    axes = _geometry(node, k, x, filters.shape, y)
    with _ChannelsLast(node, k) as layout:
        _forward(k, layout.read(x), filters, layout.write(y), axes)


@conv2d_backprop_input_op.cpu
def conv2d_backprop_input_cpu(node: Any, k: Lowering) -> None:
    (_, filters, dy), (dx,) = k.inputs, k.outputs
    axes = _geometry(node, k, dx, filters.shape, dy)
    with _ChannelsLast(node, k) as layout:
        _input_gradient(k, layout.read(dy), filters, layout.write(dx), axes)


# @conv2d_backprop_filter_op.cpu
def conv2d_backprop_filter_cpu(node: Any, k: Lowering) -> None:
    (x, _, dy), (dw,) = k.inputs, k.outputs
    axes = _geometry(node, k, x, dw.shape, dy)
    with _ChannelsLast(node, k) as layout:
        _filter_gradient(k, layout.read(x), layout.read(dy), dw, axes)


def _geometry(node: Any, k: Lowering, x: Buffer, filters: Sequence[int], y: Buffer) -> list[Axis]:
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
    k.require(x.kind in _KINDS, "float32 and float64 only")
    k.require(len(x.shape) == 4 and len(filters) == 4 and len(y.shape) == 4)
    k.require(x.shape[channel] == filters[2], "grouped convolution")
    k.require(x.size > 0 and y.size > 0 and math.prod(filters) > 0)
    k.require(max(filters[:2]) <= _MAX_WINDOW, "a window too large")
    axes = make_axes(node, x.shape, filters[:2])
    expected = windows.pick_spatial(y.shape, data_format)
    k.require([a.out for a in axes] == expected and y.shape[channel] == filters[3])
    k.require(x.shape[0] == y.shape[0])
    return axes


class _ChannelsLast:
    """Shows a node's images to the kernels as NHWC: an NCHW one through a copy of it."""

    def __init__(self, node: Any, k: Lowering) -> None:
        self.k = k
        self.turned = not windows.channels_last(node.attrs["data_format"])
        self.waiting: list[tuple[Buffer, Buffer]] = []

    def __enter__(self) -> _ChannelsLast:
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        if kind is None:
            for source, to in self.waiting:
                n, height, width, channels = source.shape
                self._turn(source, to, n, height * width, channels)

    def read(self, images: Buffer) -> Buffer:
        """The images as NHWC, from now on."""
        if not self.turned:
            return images
        n, channels, height, width = images.shape
        copy = self.k.temporary_like((n, height, width, channels), images.dtype, "nhwc")
        self._turn(images, copy, n, channels, height * width)
        return copy

    def write(self, images: Buffer) -> Buffer:
        """Where NHWC images can be written, which are copied to the right place at the end."""
        if not self.turned:
            return images
        n, channels, height, width = images.shape
        copy = self.k.temporary_like((n, height, width, channels), images.dtype, "nhwc")
        self.waiting.append((copy, images))
        return copy

    def _turn(self, source: Buffer, to: Buffer, n: int, rows: int, columns: int) -> None:
        self.k.call(
            f"conv_layout.turn_{_KINDS[source.kind]}",
            items=n,
            args=[self.k.read(source), self.k.write(to), rows, columns],
            cost=2 * source.nbytes / _BYTES,
        )


# --- forward, and the gradient of the input ------------------------------------------------------


def _forward(k: Lowering, x: Buffer, filters: Buffer, y: Buffer, axes: Sequence[Axis]) -> None:
    channels = x.shape[3]
    if channels < _FEW_CHANNELS and axes[1].kernel > 1 and axes[1].dilation == 1:
        _forward_by_rows(k, x, filters, y, axes)
        return
    phases = [forward_phases(axis) for axis in axes]
    _convolve(k, x, filters, y, phases, axes, turned=False)


def _input_gradient(
    k: Lowering, dy: Buffer, filters: Buffer, dx: Buffer, axes: Sequence[Axis]
) -> None:
    phases = [backward_phases(axis) for axis in axes]
    _convolve(k, dy, filters, dx, phases, axes, turned=True)


def _convolve(
    k: Lowering,
    x: Buffer,
    filters: Buffer,
    y: Buffer,
    phases: Sequence[Any],
    axes: Sequence[Axis],
    turned: bool,
) -> None:
    """Convolves tap by tap; `turned`: the filter is [..., out channels, in channels]."""
    size, (n, height, width, outputs) = x.itemsize, y.shape
    channels = x.shape[3]
    by_groups = _large_filter(filters, n * height * width, outputs)
    blocks = 1 if by_groups else _blocks(n, height, width)
    taps = axes[0].kernel * axes[1].kernel
    tables = make_tables(
        phases[0], phases[1], blocks, height,
        (x.shape[2] * channels * size, channels * size), (width * outputs * size, outputs * size),
        (axes[1].kernel * channels, channels),
    )  # fmt: skip
    mode = (2 if turned else 1) if by_groups else 0
    packed = filters if by_groups else _pack(k, filters, taps, turned)
    workspace = _GROUP * taps * channels * size if by_groups else 0
    _call(k, x, packed, y, tables, taps * channels, channels, blocks, mode, workspace,
          (0, 0, 0, 0, 0, 0, 0))  # fmt: skip


def _forward_by_rows(
    k: Lowering, x: Buffer, filters: Buffer, y: Buffer, axes: Sequence[Axis]
) -> None:
    """Convolves few channels: rows of the window are the taps, of a copy with padding."""
    rows, columns = axes
    size, (n, height, width, _) = x.itemsize, y.shape
    channels = x.shape[3]
    blocks = _blocks(n, height, width)
    block_rows = height // blocks
    block_step = block_rows * rows.stride
    copied = (block_rows - 1) * rows.stride + (rows.kernel - 1) * rows.dilation + 1
    wide = ((columns.out - 1) * columns.stride + columns.kernel) * channels
    # the copy of a block starts at its first row, so that base of row y is (y % block_rows) * stride
    y_phase = forward_phases(rows._replace(size=1 << 40, pad_before=0))[0]
    y_phase = y_phase.starting_again(block_rows)
    x_phase = forward_phases(columns._replace(size=1 << 40, kernel=1, pad_before=0))[0]
    tables = make_tables(
        [y_phase], [x_phase], blocks, height, (wide * size, channels * size),
        (width * y.shape[3] * size, y.shape[3] * size), (columns.kernel * channels, 0),
    )  # fmt: skip
    depth = rows.kernel * columns.kernel * channels
    packed = _pack(k, filters, rows.kernel * columns.kernel, turned=False)
    copy = (block_step, rows.pad_before, copied, wide, columns.pad_before * channels, x.shape[1],
            x.shape[2] * channels)  # fmt: skip
    _call(k, x, packed, y, tables, depth, columns.kernel * channels, blocks, 0,
          copied * wide * size, copy)  # fmt: skip


def _call(
    k: Lowering,
    x: Buffer,
    packed: Buffer,
    y: Buffer,
    tables: Tables,
    depth: int,
    run: int,
    blocks: int,
    mode: int,
    workspace: int,
    copy: tuple[int, ...],
) -> None:
    """The kernel's call; `run`: contiguous elements of a tap; `copy`: how the image is padded."""
    n, outputs = x.shape[0], y.shape[3]
    items = n * blocks if mode == 0 else -(-outputs // _GROUP)
    k.call(
        f"conv.convolve_{_KINDS[x.kind]}",
        items=items,
        args=[
            k.read(x, whole=blocks > 1 or mode != 0),
            k.read(packed, whole=True),
            k.write(y, whole=mode != 0),
            k.table(np.zeros(run + 1, y.dtype.as_numpy_dtype)),
            outputs,
            depth,
            run,
            k.table(tables.segments),
            tables.segment_count,
            k.table(tables.pixels),
            tables.pixels.strides[0],
            k.table(tables.taps),
            x.nbytes // n,
            y.nbytes // n,
            blocks,
            mode,
            n,
            k.workspace(workspace + 64),
            *copy,
        ],
        cost=2.0 * y.size * depth / _FLOPS,
    )


def _large_filter(filters: Buffer, pixels: int, outputs: int) -> bool:
    """Whether the time goes into reading the filter: then each part of it is read just once."""
    return filters.nbytes > 1 << 20 and pixels <= 1024 and outputs >= 4 * _GROUP


def _blocks(n: int, height: int, width: int) -> int:
    """Into how many blocks of rows to divide images, so that there are about 16 items."""
    for blocks in range(min(height, max(16 // n, 1)), 1, -1):
        if height % blocks == 0 and height // blocks * width >= 56:
            return blocks
    return 1


def _pack(k: Lowering, filters: Buffer, taps: int, turned: bool) -> Buffer:
    """The filter in panels of output channels."""
    channels, outputs = filters.shape[2:]
    kind, cost = _KINDS[filters.kind], 3 * filters.nbytes / _BYTES
    wide = channels if turned else outputs
    depth = taps * (outputs if turned else channels)
    groups = -(-wide // _GROUP)
    packed = k.temporary(groups * _GROUP * depth * filters.itemsize, "packed filter")
    if turned:
        args = [k.read(filters, whole=True), k.write(packed, whole=True), taps, channels, outputs]
        k.call(f"conv.pack_turned_{kind}", items=taps * groups, args=args, cost=cost)
    else:
        args = [k.read(filters), k.write(packed, whole=True), depth, outputs]
        k.call(f"conv.pack_{kind}", items=depth, args=args, cost=cost)
    return packed
