"""Fused batch normalisation on the CPU; see `kernels/batch_norm.py` for the passes.

The kernels are for channels that are last. Items are parts of images, so that the passes over x
follow the convolution that makes it, or lead to the one that takes it, image by image.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from ....base import dtypes
from ...lowering import MOST_BLOCKS, Buffer, Lowering, sum_blocks
from ...reduction.cpu.reduce import largest_divisor
from ..batch_norm import (
    fused_batch_norm_grad_op,
    fused_batch_norm_grad_v2_op,
    fused_batch_norm_grad_v3_op,
    fused_batch_norm_op,
    fused_batch_norm_v2_op,
    fused_batch_norm_v3_op,
)

_BYTES_PER_NS = 8.0
_ROWS = 64  # rows that an item should have


class _Rows(NamedTuple):
    """x as a matrix: its rows are divided into items, and these into blocks."""

    channels: int
    total: int
    items: int
    per_item: int
    blocks: int
    block_items: int


def _rows(node: Any, k: Lowering, x: Buffer, *vectors: Buffer) -> _Rows:
    k.require(node.attrs["data_format"].endswith("C"), "the channels are not the last axis")
    k.require(all(b.kind == "float32" for b in (x, *vectors)) and x.size > 0)
    images, *space, channels = x.shape
    pixels = math.prod(space)
    wanted = min(2 * MOST_BLOCKS // images, pixels // _ROWS)
    items = images * largest_divisor(pixels, max(wanted, 1))
    count = images * pixels
    blocks = sum_blocks(items)
    return _Rows(channels, count, items, count // items, blocks, -(-items // blocks))


def _vectors(k: Lowering, count: int, channels: int, name: str) -> Buffer:
    return k.temporary_like([count, channels], dtypes.float32, name)


def batch_norm_cpu(node: Any, k: Lowering) -> None:
    x, scale, offset, mean, variance = k.inputs
    y, batch_mean, batch_variance, saved_mean, saved_variance = k.outputs[:5]
    rows = _rows(node, k, x, scale)
    is_training = node.attrs["is_training"]
    statistics: list[Any] = [0]
    if is_training:
        parts = _vectors(k, 2 * rows.blocks, rows.channels, "statistics")
        k.call(
            "batch_norm.statistics_f32",
            rows.items,
            [k.read(x), k.write_blocks(parts), rows.per_item, rows.channels, rows.block_items],
            blocks=rows.blocks,
            cost=x.nbytes / _BYTES_PER_NS,
        )
        statistics = [k.read(parts)]
    factor = _vectors(k, 1, rows.channels, "factor")
    results = (factor, batch_mean, batch_variance, saved_mean, saved_variance)
    k.call(
        "batch_norm.finish_f32",
        1,
        [
            *statistics,
            *(k.read(b) for b in (scale, mean, variance)),
            *(k.write(b) for b in results),
            rows.channels,
            rows.blocks,
            rows.block_items * rows.per_item,
            rows.total,
            float(node.attrs["epsilon"]),
            float(node.attrs.get("exponential_avg_factor", 1.0)),
        ],
        cost=float(rows.blocks * rows.channels),
    )
    vectors = (saved_mean, factor, offset)
    operands = [k.read(x), k.write(y), *(k.read(b, whole=True) for b in vectors)]
    k.call(
        "batch_norm.normalize_f32",
        rows.items,
        [*operands, rows.per_item, rows.channels],
        cost=(x.nbytes + y.nbytes) / _BYTES_PER_NS,
    )


def batch_norm_grad_cpu(node: Any, k: Lowering) -> None:
    dy, x, scale, mean, variance = k.inputs[:5]
    dx, dscale, doffset = k.outputs[:3]
    rows = _rows(node, k, x, dy, scale, mean)
    parts = _vectors(k, 2 * rows.blocks, rows.channels, "sums")
    vectors = _vectors(k, 3, rows.channels, "vectors")
    operands = [k.read(x), k.read(dy), k.read(mean, whole=True), k.write_blocks(parts)]
    k.call(
        "batch_norm.sums_f32",
        rows.items,
        [*operands, rows.per_item, rows.channels, rows.block_items],
        blocks=rows.blocks,
        cost=(x.nbytes + dy.nbytes) / _BYTES_PER_NS,
    )
    k.call(
        "batch_norm.finish_grad_f32",
        1,
        [
            *(k.read(b) for b in (parts, scale, variance)),
            *(k.write(b) for b in (doffset, dscale, vectors)),
            rows.channels,
            rows.blocks,
            rows.total,
            float(node.attrs["epsilon"]),
        ],
        cost=float(rows.blocks * rows.channels),
    )
    operands = [k.read(x), k.read(dy), k.write(dx)]
    operands += [k.read(mean, whole=True), k.read(vectors, whole=True)]
    k.call(
        "batch_norm.normalize_grad_f32",
        rows.items,
        [*operands, rows.per_item, rows.channels, node.attrs["is_training"]],
        cost=(x.nbytes + dy.nbytes + dx.nbytes) / _BYTES_PER_NS,
    )


for _op in (fused_batch_norm_op, fused_batch_norm_v2_op, fused_batch_norm_v3_op):
    _op.cpu(batch_norm_cpu)
for _op in (fused_batch_norm_grad_op, fused_batch_norm_grad_v2_op, fused_batch_norm_grad_v3_op):
    _op.cpu(batch_norm_grad_cpu)
