"""Depthwise convolution and its two gradients on a CPU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...lowering import Argument, Buffer, Lowering, sum_blocks
from ..depthwise import (
    depthwise_backprop_filter_op,
    depthwise_backprop_input_op,
    depthwise_op,
)
from ..windows import Axis
from .conv_geometry import (
    BYTES,
    KINDS,
    ChannelsLast,
    check_geometry,
    image_strides,
    row_blocks,
    sum_parts,
    tap_ranges,
)
from .conv_tables import convolution_tables

_LANES = 16  # of the widest vector
_FLOPS = 30.0  # per nanosecond and thread


@depthwise_op.cpu
def depthwise_cpu(node: Any, k: Lowering) -> None:
    (x, filters), (y,) = k.inputs, k.outputs
    axes = _check(node, k, x, filters.shape, y)
    with ChannelsLast(node, k) as layout:
        x = _repeat(k, layout.read(x), filters.shape[3])
        _convolve(k, x, filters, layout.write(y), axes)


@depthwise_backprop_input_op.cpu
def depthwise_backprop_input_cpu(node: Any, k: Lowering) -> None:
    (_, filters, dy), (dx,) = k.inputs, k.outputs
    axes = _check(node, k, dx, filters.shape, dy)
    count = filters.shape[3]
    with ChannelsLast(node, k) as layout:
        dy, dx = layout.read(dy), layout.write(dx)
        wide = dx
        if count > 1:
            shape = (*dx.shape[:3], dy.shape[3])
            wide = k.temporary_like(shape, dx.dtype, "gradient of repeated channels")
        _convolve(k, dy, filters, wide, axes, backward=True)
        if count > 1:
            _each_element(k, "sum_groups", wide, dx, dx.size, count)


@depthwise_backprop_filter_op.cpu
def depthwise_backprop_filter_cpu(node: Any, k: Lowering) -> None:
    (x, _, dy), (dw,) = k.inputs, k.outputs
    axes = _check(node, k, x, dw.shape, dy)
    with ChannelsLast(node, k) as layout:
        x = _repeat(k, layout.read(x), dw.shape[3])
        _filter_gradient(k, x, layout.read(dy), dw, axes)


def _check(node: Any, k: Lowering, x: Buffer, filters: Sequence[int], y: Buffer) -> list[Axis]:
    """As of a convolution with as many output channels as the filter's last two axes have."""
    k.require(len(filters) == 4)
    return check_geometry(node, k, x, (*filters[:3], filters[2] * filters[3]), y)


def _repeat(k: Lowering, x: Buffer, count: int) -> Buffer:
    """Images with every channel `count` times."""
    if count == 1:
        return x
    wide = k.temporary_like((*x.shape[:3], x.shape[3] * count), x.dtype, "repeated channels")
    _each_element(k, "repeat", x, wide, x.size, count)
    return wide


def _each_element(
    k: Lowering, kernel: str, source: Buffer, to: Buffer, size: int, count: int
) -> None:
    images = source.shape[0]
    args: list[Argument] = [k.read(source), k.write(to), size // images, count]
    cost = (source.nbytes + to.nbytes) / BYTES
    k.call(f"depthwise.{kernel}_{KINDS[source.kind]}", items=images, args=args, cost=cost)


def _convolve(
    k: Lowering,
    x: Buffer,
    filters: Buffer,
    y: Buffer,
    axes: Sequence[Axis],
    backward: bool = False,
) -> None:
    """Convolves channel by channel: a filter for each of X's channels."""
    n, height, width, channels = y.shape
    blocks = row_blocks(n, height, width)
    taps = axes[0].kernel * axes[1].kernel
    tap_rows = axes[1].kernel, 1
    tables = convolution_tables(
        tuple(axes), blocks, image_strides(x), image_strides(y), tap_rows, backward
    )
    k.call(
        f"depthwise.convolve_{KINDS[x.kind]}",
        items=n * blocks,
        args=[
            k.read(x, whole=blocks > 1, over_read=True),
            k.read(filters, whole=True, over_read=True),
            k.write(y),
            k.table(np.zeros(_LANES, y.dtype.as_numpy_dtype)),
            channels,
            k.table(tables.segments),
            tables.segment_count,
            k.table(tables.pixels),
            tables.pixels.strides[0],
            k.table(tables.taps),
            x.nbytes // n,
            y.nbytes // n,
            blocks,
        ],
        cost=2.0 * y.size * taps / _FLOPS,
    )


def _filter_gradient(k: Lowering, x: Buffer, dy: Buffer, dw: Buffer, axes: Sequence[Axis]) -> None:
    n, (rows, columns) = x.shape[0], axes
    blocks = sum_blocks(n)
    parts = k.temporary(blocks * dw.nbytes, "parts of the filter gradient") if blocks > 1 else dw
    ranges = [tap_ranges(axis) for axis in axes]
    k.call(
        f"depthwise.filter_gradient_{KINDS[x.kind]}",
        items=n,
        blocks=blocks,
        args=[
            k.read(x, over_read=True),
            k.read(dy, over_read=True),
            k.write_blocks(parts),
            x.shape[3],
            rows.kernel,
            columns.kernel,
            *(k.table(np.maximum(r, r[:, :1])) for r in ranges),
            x.nbytes // n,
            dy.nbytes // n,
            dw.nbytes,
            *(a.stride for a in axes),
            *(a.dilation for a in axes),
            *(a.pad_before for a in axes),
            columns.size,
            columns.out,
            -(-n // blocks),
        ],
        cost=2.0 * dy.size * rows.kernel * columns.kernel / _FLOPS,
    )
    if blocks > 1:
        sum_parts(k, parts, dw, blocks)
