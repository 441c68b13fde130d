"""Conv2D and its two gradients on a CPU: which kernel calls, with which tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...linalg.cpu.matmul import multiply_buffers
from ...lowering import Argument, Buffer, Lowering, sum_blocks
from ..conv2d import conv2d_backprop_filter_op, conv2d_backprop_input_op, conv2d_op
from ..windows import Axis
from . import winograd
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
from .conv_tables import Tables, convolution_tables, row_tables

_GROUP = 32  # output channels of a group: the kernels' panels divide it on every machine
_FEW_CHANNELS = 12  # a tap with fewer is not worth a loop of its own: whole window rows are
_PIXELS_AT_ONCE = 512  # that a tile sums up: what it reads stays in the cache for the next tile
_LONG_ROW = 256  # bytes of a row of dY, of which a tile reads a part
_ROWS = 14  # of most tiles
_PAD = 16  # rows that a tile may read past the last
_FLOPS = 150.0  # per nanosecond and thread


@conv2d_op.cpu
def conv2d_cpu(node: Any, k: Lowering) -> None:
    (x, filters), (y,) = k.inputs, k.outputs
    axes = check_geometry(node, k, x, filters.shape, y)
    with ChannelsLast(node, k) as layout:
        _forward(k, layout.read(x), filters, layout.write(y), axes)


@conv2d_backprop_input_op.cpu
def conv2d_backprop_input_cpu(node: Any, k: Lowering) -> None:
    (_, filters, dy), (dx,) = k.inputs, k.outputs
    axes = check_geometry(node, k, dx, filters.shape, dy)
    with ChannelsLast(node, k) as layout:
        _input_gradient(k, layout.read(dy), filters, layout.write(dx), axes)


@conv2d_backprop_filter_op.cpu
def conv2d_backprop_filter_cpu(node: Any, k: Lowering) -> None:
    (x, _, dy), (dw,) = k.inputs, k.outputs
    axes = check_geometry(node, k, x, dw.shape, dy)
    with ChannelsLast(node, k) as layout:
        _filter_gradient(k, layout.read(x), layout.read(dy), dw, axes)


# --- forward, and the gradient of the input ------------------------------------------------------


def _forward(k: Lowering, x: Buffer, filters: Buffer, y: Buffer, axes: Sequence[Axis]) -> None:
    channels = x.shape[3]
    steady = k.is_steady(filters)
    if winograd.pays(filters.shape, x.kind, axes, x.shape[0], steady=steady):
        winograd.convolve(k, x, filters, y, axes, turned=False)
        return
    if channels < _FEW_CHANNELS and axes[1].kernel > 1 and axes[1].dilation == 1:
        _forward_by_rows(k, x, filters, y, axes)
        return
    _convolve(k, x, filters, y, axes, turned=False)


def _input_gradient(
    k: Lowering, dy: Buffer, filters: Buffer, dx: Buffer, axes: Sequence[Axis]
) -> None:
    if winograd.pays(filters.shape, dy.kind, axes, dy.shape[0]):
        winograd.convolve(k, dy, filters, dx, axes, turned=True)
        return
    _convolve(k, dy, filters, dx, axes, turned=True)


def _convolve(
    k: Lowering,
    x: Buffer,
    filters: Buffer,
    y: Buffer,
    axes: Sequence[Axis],
    turned: bool,
) -> None:
    """Convolves tap by tap; `turned`: transposed, with a filter [..., out, in channels]."""
    if _is_matrix_product(axes) and (y.shape[3] > x.shape[3] or y.size <= 1024 * y.shape[3]):
        # writing much, or packing much: there general products are faster
        a, b, c = (_as_matrix(buffer) for buffer in (x, filters, y))
        multiply_buffers(k, a, b, c, transpose_a=False, transpose_b=turned)
        return
    size, (n, height, width, outputs) = x.itemsize, y.shape
    channels = x.shape[3]
    by_groups = _large_filter(filters, n * height * width, outputs)
    blocks = 1 if by_groups else row_blocks(n, height, width)
    taps = axes[0].kernel * axes[1].kernel
    tap_rows = axes[1].kernel * channels, channels
    tables = convolution_tables(
        tuple(axes), blocks, image_strides(x), image_strides(y), tap_rows, backward=turned
    )
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
    blocks = row_blocks(n, height, width)
    block_rows = height // blocks
    block_step = block_rows * rows.stride
    copied = (block_rows - 1) * rows.stride + (rows.kernel - 1) * rows.dilation + 1
    wide = ((columns.out - 1) * columns.stride + columns.kernel) * channels
    run, pixel = columns.kernel * channels, channels * size
    tables = row_tables(tuple(axes), blocks, (wide * size, pixel), image_strides(y), run)
    packed = _pack(k, filters, rows.kernel * columns.kernel, turned=False)
    copy = (block_step, rows.pad_before, copied, wide * size, columns.pad_before * pixel,
            x.shape[1], x.shape[2] * pixel)  # fmt: skip
    _call(k, x, packed, y, tables, rows.kernel * run, run, blocks, 0,
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
        f"conv.convolve_{KINDS[x.kind]}",
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


def _pack(k: Lowering, filters: Buffer, taps: int, turned: bool) -> Buffer:
    """The filter in panels of output channels."""
    channels, outputs = filters.shape[2:]
    kind, cost = KINDS[filters.kind], 3 * filters.nbytes / BYTES
    wide = channels if turned else outputs
    depth = taps * (outputs if turned else channels)
    groups = -(-wide // _GROUP)
    packed = k.temporary(groups * _GROUP * depth * filters.itemsize, "packed filter")
    args: list[Argument]
    if turned:
        args = [k.read(filters, whole=True), k.write(packed, whole=True), taps, channels, outputs]
        k.call(f"conv.pack_turned_{kind}", items=taps * groups, args=args, cost=cost)
    else:
        args = [k.read(filters), k.write(packed, whole=True), depth, outputs]
        k.call(f"conv.pack_{kind}", items=depth, args=args, cost=cost)
    return packed


# --- the gradient of the filter ------------------------------------------------------------------


def _filter_gradient(k: Lowering, x: Buffer, dy: Buffer, dw: Buffer, axes: Sequence[Axis]) -> None:
    if winograd.pays(dw.shape, x.kind, axes, x.shape[0], sums=True):
        winograd.filter_gradient(k, x, dy, dw, axes)
        return
    if _is_matrix_product(axes):
        a, b, c = (_as_matrix(images) for images in (x, dy, dw))
        multiply_buffers(k, a, b, c, transpose_a=True, transpose_b=False)
        return
    rows, columns = axes
    n, size, kind = x.shape[0], x.itemsize, KINDS[x.kind]
    channels, outputs = dw.shape[2:]
    padded = [(a.out - 1) * a.stride + (a.kernel - 1) * a.dilation + 1 for a in axes]
    image = padded if _needs_copy(axes) else [a.size for a in axes]
    packed_row = _GROUP * size if outputs % _GROUP or outputs * size > _LONG_ROW else 0
    x_row, x_pixel = image[1] * channels * size, channels * size
    dy_pixel = packed_row or outputs * size
    dy_row = columns.out * dy_pixel
    copy = (padded[0], padded[1] * x_pixel, columns.pad_before * x_pixel, rows.size,
            columns.size * x_pixel)  # fmt: skip
    copied_bytes = padded[0] * x_row if _needs_copy(axes) else 0
    window = rows.kernel * columns.kernel * channels
    cost = 2.0 * dy.size * window / _FLOPS
    blocks = sum_blocks(n)
    by_images = n > 1 and 3 * blocks * dw.nbytes / BYTES < 0.1 * cost
    if copied_bytes and not by_images:
        x = _padded_copy(k, x, copied_bytes, copy, rows.pad_before)
    items = n if by_images else _row_items(window)
    parts = k.temporary(blocks * dw.nbytes, "parts of the filter gradient") if by_images else dw
    pixels, lists = _pixel_lists(axes, (x_row, x_pixel), (dy_row, dy_pixel))
    at_once = max(1, min(n, _PIXELS_AT_ONCE // (rows.out * columns.out)))
    band = max(1, min(rows.out, _PIXELS_AT_ONCE // columns.out))
    k.call(
        f"conv_filter.filter_gradient_{kind}",
        items=items,
        blocks=blocks if by_images else 0,
        args=[
            k.read(x, whole=not by_images),
            k.read(dy, whole=not by_images),
            k.write_blocks(parts) if by_images else k.write(dw),
            k.table(_element_offsets(dw.shape, axes, x_row, x_pixel, size)),
            k.table(tap_ranges(rows)),
            k.table(lists),
            k.table(pixels),
            columns.kernel,
            channels,
            image[0] * x_row,
            rows.out * dy_row,
            outputs,
            rows.out,
            band,
            at_once,
            -(-n // blocks) if by_images else 0,
            window if by_images else window // items,
            n,
            k.workspace(copied_bytes + 64 if by_images else 64),
            k.workspace(at_once * band * columns.out * packed_row + 64),
            packed_row,
            rows.size * columns.size * channels * size,
            rows.out * columns.out * outputs * size,
            dw.nbytes,
            columns.out,
            rows.pad_before,
            *(copy if copied_bytes else (0, 0, 0, 0, 0)),
        ],
        cost=cost,
    )
    if by_images:
        sum_parts(k, parts, dw, blocks)


def _is_matrix_product(axes: Sequence[Axis]) -> bool:
    """Whether a convolution mixes the channels of each pixel, and does nothing else."""
    return all(a.kernel == a.stride == 1 and a.pad_before == a.pad_after == 0 for a in axes)


def _as_matrix(images: Buffer) -> Buffer:
    """A row per pixel."""
    channels = images.shape[3]
    return replace(images, shape=(images.size // channels, channels))


def _needs_copy(axes: Sequence[Axis]) -> bool:
    """Whether windows reach out of the image."""
    return any(
        a.pad_before or (a.out - 1) * a.stride + (a.kernel - 1) * a.dilation + 1 > a.size
        for a in axes
    )


def _padded_copy(
    k: Lowering, x: Buffer, image_bytes: int, copy: tuple[int, ...], top: int
) -> Buffer:
    n = x.shape[0]
    copied = k.temporary(n * image_bytes, "padded images")
    args: list[Argument] = [k.read(x), k.write(copied), top, *copy]
    k.call(f"conv_layout.pad_{KINDS[x.kind]}", items=n, args=args, cost=2 * x.nbytes / BYTES)
    return Buffer(copied.storage, (n, image_bytes // x.itemsize), x.dtype)


def _row_items(window: int) -> int:
    """Into how many items to divide the rows of dW: whole tiles, as far as possible."""
    choices = [i for i in range(1, 65) if window % i == 0 and (i == 1 or window // i >= 64)]
    many = [i for i in choices if i >= 8] or choices[-1:]

    def filled(items: int) -> float:
        rows = window // items
        return rows / (-(-rows // _ROWS) * _ROWS)

    return max(many, key=lambda items: (int(20 * filled(items)), items))


def _element_offsets(
    shape: Sequence[int], axes: Sequence[Axis], x_row: int, x_pixel: int, size: int
) -> np.ndarray:
    """Where in an image the elements of the first window are, in bytes."""
    y, x, c = (np.arange(count, dtype=np.int64) for count in shape[:3])
    y, x = y * axes[0].dilation * x_row, x * axes[1].dilation * x_pixel
    offsets = (y[:, None, None] + x[:, None] + c * size).ravel()
    return np.concatenate([offsets, np.zeros(_PAD, np.int64)])


def _pixel_lists(
    axes: Sequence[Axis], x_strides: tuple[int, int], dy_strides: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Lists of pixels, row by row: where they are in X and dY, in bytes.

    Returns:
      The lists one after the other, [pixels, 2]; and [first column of the window, last column, 2]:
      where the list for a tile of these columns starts, and how many pixels of a row it has. Those
      that lie in padding for all of the columns are not in it, where that saves much.
    """
    rows, columns = axes
    ranges = tap_ranges(columns)
    saves = (ranges[:, 1] - ranges[:, 0]).mean() < 0.96 * columns.out
    y = np.arange(rows.out, dtype=np.int64)[:, None]
    parts, starts, position = [], {}, 0
    lists = np.zeros((columns.kernel, columns.kernel, 2), np.int64)
    for first in range(columns.kernel):
        for last in range(first, columns.kernel):
            known = saves and last <= first + 1
            left, right = (ranges[last, 0], ranges[first, 1]) if known else (0, columns.out)
            left = min(left, columns.out - 1)
            right = max(right, left + 1)
            if (left, right) not in starts:
                x = np.arange(left, right, dtype=np.int64)
                in_x = y * (rows.stride * x_strides[0]) + x * (columns.stride * x_strides[1])
                in_dy = y * dy_strides[0] + x * dy_strides[1]
                parts.append(np.stack([in_x.ravel(), in_dy.ravel()], axis=1))
                starts[left, right] = position
                position += in_x.size
            lists[first, last] = starts[left, right], right - left
    parts.append(np.zeros((1, 2), np.int64))
    return np.concatenate(parts), lists
