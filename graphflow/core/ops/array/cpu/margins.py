"""Ops that write values of which some come from nowhere, on the CPU: pads, fills, gradients of
slices, blocks of space moved into the batch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ....base import errors
from ...lowering import Buffer, Lowering, Operand, Table
from ..fill import fill_op, ones_like_op, zeros_like_op
from ..pad_tile import pad_op, pad_v2_op
from ..space_batch import (
    batch_to_space_nd_op,
    batch_to_space_op,
    space_to_batch_nd_op,
    space_to_batch_op,
)
from ..strided_slice import strided_slice_grad_op, strided_slice_reference
from .boxes import (
    BYTES_PER_NS,
    LARGE_ITEM,
    Dimension,
    contiguous_strides,
    copy_into_view,
    copy_nest,
    copy_view,
    require_fixed_size,
    stand_in,
)
from .views import known


@pad_op.cpu
def pad_cpu(node: Any, k: Lowering) -> None:
    require_fixed_size(k, k.inputs[0])
    _pad(k, k.inputs[0], k.outputs[0], known(k, 1), (0, 0))


@pad_v2_op.cpu
def pad_v2_cpu(node: Any, k: Lowering) -> None:
    x = k.inputs[0]
    require_fixed_size(k, x)
    value = known(k, 2)
    k.require(value.size == 1)
    pattern = np.full(16 // x.itemsize, value.reshape(()), value.dtype).view(np.int64)
    _pad(k, x, k.outputs[0], known(k, 1), (int(pattern[0]), int(pattern[1])))


def _pad(k: Lowering, x: Buffer, y: Buffer, paddings: np.ndarray, pattern: tuple[int, int]) -> None:
    k.require(paddings.shape == (len(x.shape), 2) and not (paddings < 0).any())
    padded = [n + int(margin.sum()) for n, margin in zip(x.shape, paddings, strict=True)]
    k.require(list(y.shape) == padded)
    sources = contiguous_strides(x.shape, x.itemsize)
    targets = contiguous_strides(y.shape, y.itemsize)
    nest = [
        Dimension(size, source, target, int(margin[0]), count)
        for size, source, target, margin, count in zip(
            y.shape, sources, targets, paddings, x.shape, strict=True
        )
    ]
    copy_nest(k, nest, x, y, pattern=pattern)


# --- fills ----------------------------------------------------------------------------------------


@fill_op.cpu
def fill_cpu(node: Any, k: Lowering) -> None:
    value, (y,) = k.inputs[1], k.outputs
    require_fixed_size(k, y)
    k.require(value.shape == () and value.dtype == y.dtype)
    fill(k, y, k.read(value, whole=True))


@zeros_like_op.cpu
def zeros_like_cpu(node: Any, k: Lowering) -> None:
    require_fixed_size(k, k.outputs[0])
    fill(k, k.outputs[0], Table(np.zeros(2, np.int64)))


@ones_like_op.cpu
def ones_like_cpu(node: Any, k: Lowering) -> None:
    (y,) = k.outputs
    require_fixed_size(k, y)
    fill(k, y, Table(np.ones(1, y.dtype.as_numpy_dtype)))


def fill(k: Lowering, y: Buffer, value: Operand | Table) -> None:
    """Writes one value to all elements."""
    chunks = y.nbytes // LARGE_ITEM
    lead = math.prod(y.shape[:1])
    if y.nbytes and y.nbytes % LARGE_ITEM == 0:
        items, chunk = chunks, LARGE_ITEM
    elif lead and y.nbytes // lead <= LARGE_ITEM:
        items, chunk = lead, y.nbytes // lead
    else:
        items, chunk = -(-y.nbytes // LARGE_ITEM), LARGE_ITEM
    target = k.write(y, whole=items * chunk != y.nbytes)
    args = [target, value, y.itemsize, chunk, y.nbytes]
    k.call("move.fill", items, args, cost=y.nbytes / BYTES_PER_NS)


@strided_slice_grad_op.cpu
def strided_slice_grad_cpu(node: Any, k: Lowering) -> None:
    dy, (dx,) = k.inputs[4], k.outputs
    require_fixed_size(k, dy)
    whole = stand_in(dx)
    try:
        part = strided_slice_reference(node, whole, *(known(k, i) for i in (1, 2, 3)))
    except errors.InvalidArgumentError:
        k.require(False, "the reference says what is wrong")
    part = np.asarray(part)
    k.require(part.shape == dy.shape)
    fill(k, dx, Table(np.zeros(2, np.int64)))
    copy_into_view(k, part, whole, dy, dx)


# --- blocks of space in the batch -----------------------------------------------------------------


@space_to_batch_op.cpu
def space_to_batch_cpu(node: Any, k: Lowering) -> None:
    _into_batch(k, [node.attrs["block_size"]] * 2, known(k, 1))


@space_to_batch_nd_op.cpu
def space_to_batch_nd_cpu(node: Any, k: Lowering) -> None:
    _into_batch(k, known(k, 1).reshape(-1).tolist(), known(k, 2))


@batch_to_space_op.cpu
def batch_to_space_cpu(node: Any, k: Lowering) -> None:
    _out_of_batch(k, [node.attrs["block_size"]] * 2, known(k, 1))


@batch_to_space_nd_op.cpu
def batch_to_space_nd_cpu(node: Any, k: Lowering) -> None:
    _out_of_batch(k, known(k, 1).reshape(-1).tolist(), known(k, 2))


def _into_batch(k: Lowering, block: Sequence[int], paddings: np.ndarray) -> None:
    x, (y,), m = k.inputs[0], k.outputs, len(block)
    require_fixed_size(k, x)
    _require_blocks(k, x, block, paddings)
    margins = np.zeros((len(x.shape), 2), np.int64)
    margins[1 : 1 + m] = paddings
    sizes = [n + int(margin.sum()) for n, margin in zip(x.shape, margins, strict=True)]
    k.require(all(n % b == 0 for n, b in zip(sizes[1:], block, strict=False)))
    k.require(math.prod(sizes) == y.size)
    if margins.any():
        padded = k.temporary_like(sizes, x.dtype, "padded")
        _pad(k, x, padded, margins, (0, 0))
        x = padded
    whole = stand_in(x)
    copy_view(
        k, whole.reshape(_split_sizes(sizes, block)).transpose(_batch_axes(sizes, m)), whole, x, y
    )


def _out_of_batch(k: Lowering, block: Sequence[int], crops: np.ndarray) -> None:
    x, (y,), m = k.inputs[0], k.outputs, len(block)
    require_fixed_size(k, x)
    _require_blocks(k, x, block, crops)
    count = math.prod(block)
    k.require(x.shape[0] % count == 0)
    spatial = [n * b for n, b in zip(x.shape[1:], block, strict=False)]
    sizes = [x.shape[0] // count, *spatial, *x.shape[1 + m :]]
    kept = [slice(None)]
    for n, (before, after) in zip(spatial, crops.tolist(), strict=True):
        k.require(before + after <= n)
        kept.append(slice(before, n - after))
    joined = k.temporary_like(sizes, x.dtype, "joined") if crops.any() else y
    image = stand_in(joined)
    target = image.reshape(_split_sizes(sizes, block)).transpose(_batch_axes(sizes, m))
    whole = stand_in(x).reshape(target.shape)
    # Seen from the image: its axes in order, the batch's scattered among them.
    order = np.argsort(_batch_axes(sizes, m))
    copy_view(k, whole.transpose(order), whole, x, joined)
    if crops.any():
        view = image[tuple(kept)]
        k.require(view.shape == y.shape)
        copy_view(k, view, image, joined, y)


def _require_blocks(k: Lowering, x: Buffer, block: Sequence[int], margins: np.ndarray) -> None:
    k.require(len(x.shape) >= 1 + len(block) and all(b >= 1 for b in block))
    k.require(margins.shape == (len(block), 2) and not (margins < 0).any())


def _split_sizes(sizes: Sequence[int], block: Sequence[int]) -> list[int]:
    """An image's sizes with each spatial one as blocks and places within: [n, h/b, b, ..., c]."""
    split = [sizes[0]]
    for n, b in zip(sizes[1:], block, strict=False):
        split += [n // b, b]
    return [*split, *sizes[1 + len(block) :]]


def _batch_axes(sizes: Sequence[int], m: int) -> list[int]:
    """The order of these axes in the batched array: places within, batch, blocks, the rest."""
    within = [2 + 2 * i for i in range(m)]
    between = [1 + 2 * i for i in range(m)]
    return [*within, 0, *between, *range(1 + 2 * m, len(sizes) + m)]
