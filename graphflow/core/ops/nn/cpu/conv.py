"""Conv2D, Conv3D and their gradients on a CPU: which kernel calls, with which tables.

Volumes are images to the kernels, with the rows of all depths; see `conv_geometry.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...array.cpu.boxes import contiguous_strides
from ...linalg.cpu.matmul import multiply_buffers
from ...lowering import Argument, Buffer, Lowering, sum_blocks
from ..conv2d import conv2d_backprop_filter_op, conv2d_backprop_input_op, conv2d_op
from ..conv3d import conv3d_backprop_filter_op, conv3d_backprop_input_op, conv3d_op
from ..windows import Axis
from . import winograd, winograd_volumes
from .conv_geometry import (
    BYTES,
    KINDS,
    ChannelsLast,
    check_geometry,
    covered,
    image_strides,
    pad_images,
    row_blocks,
    row_tap_ranges,
    rows_and_columns,
    sum_parts,
    tap_ranges,
    window_rows,
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
@conv3d_op.cpu
def conv_cpu(node: Any, k: Lowering) -> None:
    (x, filters), (y,) = k.inputs, k.outputs
    axes = check_geometry(node, k, x, filters.shape, y)
    with ChannelsLast(node, k) as layout:
        images, results = (rows_and_columns(b) for b in (layout.read(x), layout.write(y)))
        _forward(k, images, window_rows(filters), results, axes)


@conv2d_backprop_input_op.cpu
@conv3d_backprop_input_op.cpu
def conv_backprop_input_cpu(node: Any, k: Lowering) -> None:
    (_, filters, dy), (dx,) = k.inputs, k.outputs
    axes = check_geometry(node, k, dx, filters.shape, dy)
    with ChannelsLast(node, k) as layout:
        gradients, results = (rows_and_columns(b) for b in (layout.read(dy), layout.write(dx)))
        _input_gradient(k, gradients, window_rows(filters), results, axes)


@conv2d_backprop_filter_op.cpu
@conv3d_backprop_filter_op.cpu
def conv_backprop_filter_cpu(node: Any, k: Lowering) -> None:
    (x, _, dy), (dw,) = k.inputs, k.outputs
    axes = check_geometry(node, k, x, dw.shape, dy)
    with ChannelsLast(node, k) as layout:
        images, gradients = (rows_and_columns(layout.read(b)) for b in (x, dy))
        _filter_gradient(k, images, gradients, window_rows(dw), axes)


# --- forward, and the gradient of the input ------------------------------------------------------


def _forward(k: Lowering, x: Buffer, filters: Buffer, y: Buffer, axes: Sequence[Axis]) -> None:
    channels = x.shape[3]
    steady = k.is_steady(filters)
    if winograd.pays(filters.shape, x.kind, axes, x.shape[0], steady=steady):
        winograd.convolve(k, x, filters, y, axes, turned=False)
        return
    if winograd_volumes.pays(filters.shape, x.kind, axes, x.shape[0]):
        winograd_volumes.convolve(k, x, filters, y, axes, turned=False)
        return
    if channels < _FEW_CHANNELS and axes[-1].kernel > 1 and axes[-1].dilation == 1:
        _forward_by_rows(k, x, filters, y, axes)
        return
    _convolve(k, x, filters, y, axes, turned=False)


def _input_gradient(
    k: Lowering, dy: Buffer, filters: Buffer, dx: Buffer, axes: Sequence[Axis]
) -> None:
    if winograd.pays(filters.shape, dy.kind, axes, dy.shape[0]):
        winograd.convolve(k, dy, filters, dx, axes, turned=True)
        return
    if winograd_volumes.pays(filters.shape, dy.kind, axes, dy.shape[0]):
        winograd_volumes.convolve(k, dy, filters, dx, axes, turned=True)
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
    taps = filters.shape[0] * filters.shape[1]
    tap_rows = filters.shape[1] * channels, channels
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
    size, (n, height, width, _) = x.itemsize, y.shape
    window_height, columns, channels, _ = filters.shape
    blocks = row_blocks(n, height, width)
    run, pixel = columns * channels, channels * size
    packed = _pack(k, filters, window_height * columns, turned=False)
    copy: tuple[int, ...] = (0, 0, 0, 0, 0, 0, 0)
    copied_bytes = 0
    if len(axes) == 2:
        rows, across = axes
        block_step = height // blocks * rows.stride
        copied = covered(rows._replace(out=height // blocks))
        wide = covered(across) * pixel
        copied_bytes = copied * wide
        tables = row_tables(tuple(axes), blocks, (wide, pixel), image_strides(y), run)
        copy = (block_step, rows.pad_before, copied, wide, across.pad_before * pixel,
                x.shape[1], x.shape[2] * pixel)  # fmt: skip
    else:  # the padding of volumes is also between the rows of a block: all is copied at once
        x, (*outer, across) = pad_images(k, x, axes)
        starts = (*outer, across._replace(kernel=1))
        tables = convolution_tables(starts, blocks, image_strides(x), image_strides(y), (run, 0))
    _call(k, x, packed, y, tables, window_height * run, run, blocks, 0, copied_bytes, copy)


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
    if winograd_volumes.pays(dw.shape, x.kind, axes, x.shape[0], sums=True):
        winograd_volumes.filter_gradient(k, x, dy, dw, axes)
        return
    if _is_matrix_product(axes):
        a, b, c = (_as_matrix(images) for images in (x, dy, dw))
        multiply_buffers(k, a, b, c, transpose_a=True, transpose_b=False)
        return
    *rows, columns = axes
    n, height, _, _ = dy.shape
    size, kind = x.itemsize, KINDS[x.kind]
    window_height, _, channels, outputs = dw.shape
    padded = [covered(a) for a in axes]
    is_padded = _needs_copy(axes)
    image = padded if is_padded else [a.size for a in axes]
    packed_row = _GROUP * size if outputs % _GROUP or outputs * size > _LONG_ROW else 0
    x_strides = contiguous_strides([*image, channels], size)
    image_bytes = image[0] * x_strides[0]
    dy_pixel = packed_row or outputs * size
    dy_row = columns.out * dy_pixel
    window = window_height * columns.kernel * channels
    cost = 2.0 * dy.size * window / _FLOPS
    blocks = sum_blocks(n)
    by_images = n > 1 and 3 * blocks * dw.nbytes / BYTES < 0.1 * cost
    copy: tuple[int, ...] = (0, 0, 0, 0, 0)
    if is_padded and (len(axes) > 2 or not by_images):
        x, _ = pad_images(k, x, axes)
    elif is_padded:
        x_row, x_pixel = x_strides[:2]
        copy = (padded[0], x_row, columns.pad_before * x_pixel, rows[0].size,
                columns.size * x_pixel)  # fmt: skip
    copied_bytes = image_bytes if copy[0] else 0
    items = n if by_images else _row_items(window)
    parts = k.temporary(blocks * dw.nbytes, "parts of the filter gradient") if by_images else dw
    pixels, lists = _pixel_lists(axes, x_strides, (dy_row, dy_pixel))
    at_once = max(1, min(n, _PIXELS_AT_ONCE // (height * columns.out)))
    band = max(1, min(height, _PIXELS_AT_ONCE // columns.out))
    k.call(
        f"conv_filter.filter_gradient_{kind}",
        items=items,
        blocks=blocks if by_images else 0,
        args=[
            k.read(x, whole=not by_images),
            k.read(dy, whole=not by_images),
            k.write_blocks(parts) if by_images else k.write(dw),
            k.table(_element_offsets(axes, channels, x_strides)),
            k.table(row_tap_ranges(rows)),
            k.table(lists),
            k.table(pixels),
            columns.kernel,
            channels,
            image_bytes,
            height * dy_row,
            outputs,
            height,
            band,
            at_once,
            -(-n // blocks) if by_images else 0,
            window if by_images else window // items,
            n,
            k.workspace(copied_bytes + 64),
            k.workspace(at_once * band * columns.out * packed_row + 64),
            packed_row,
            x.nbytes // n,
            dy.nbytes // n,
            dw.nbytes,
            columns.out,
            rows[0].pad_before,
            *copy,
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
    return any(a.pad_before or covered(a) > a.size for a in axes)


def _row_items(window: int) -> int:
    """Into how many items to divide the rows of dW: whole tiles, as far as possible."""
    choices = [i for i in range(1, 65) if window % i == 0 and (i == 1 or window // i >= 64)]
    many = [i for i in choices if i >= 8] or choices[-1:]

    def filled(items: int) -> float:
        rows = window // items
        return rows / (-(-rows // _ROWS) * _ROWS)

    return max(many, key=lambda items: (int(20 * filled(items)), items))


def _places(counts: Sequence[int], strides: Sequence[int]) -> np.ndarray:
    """Where the elements of an array are, in bytes."""
    places = np.zeros(1, np.int64)
    for count, stride in zip(counts, strides, strict=True):
        places = (places[:, None] + np.arange(count) * stride).ravel()
    return places


def _element_offsets(axes: Sequence[Axis], channels: int, x_strides: Sequence[int]) -> np.ndarray:
    """Where in an image the elements of the first window are, in bytes."""
    *steps, element = x_strides
    steps = [a.dilation * step for a, step in zip(axes, steps, strict=True)]
    offsets = _places([*(a.kernel for a in axes), channels], [*steps, element])
    return np.concatenate([offsets, np.zeros(_PAD, np.int64)])


def _pixel_lists(
    axes: Sequence[Axis], x_strides: Sequence[int], dy_strides: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Lists of pixels, row by row: where they are in X and dY, in bytes.

    Returns:
      The lists one after the other, [pixels, 2]; and [first column of the window, last column, 2]:
      where the list for a tile of these columns starts, and how many pixels of a row it has. Those
      that lie in padding for all of the columns are not in it, where that saves much.
    """
    *rows, columns = axes
    *x_rows, x_pixel, _ = x_strides
    ranges = tap_ranges(columns)
    saves = (ranges[:, 1] - ranges[:, 0]).mean() < 0.96 * columns.out
    x_starts = _places(
        [a.out for a in rows], [a.stride * step for a, step in zip(rows, x_rows, strict=True)]
    )[:, None]
    dy_starts = np.arange(len(x_starts))[:, None] * dy_strides[0]
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
                in_x = x_starts + x * (columns.stride * x_pixel)
                in_dy = dy_starts + x * dy_strides[1]
                parts.append(np.stack([in_x.ravel(), in_dy.ravel()], axis=1))
                starts[left, right] = position
                position += in_x.size
            lists[first, last] = starts[left, right], right - left
    parts.append(np.zeros((1, 2), np.int64))
    return np.concatenate(parts), lists
