"""Fused batch normalisation on the CPU; see `kernels/batch_norm.py` for the passes.

Items are parts of images, so that the passes over x follow the convolution that makes it, or lead
to the one that takes it, image by image. Channels may be last, or come before the pixels; what is
computed for each channel alone (`finish`, `finish_grad`) is the same for both.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ....base import dtypes
from ...lowering import MOST_BLOCKS, Buffer, Lowering, Operand, sum_blocks
from ...reduction.cpu.reduce import largest_divisor
from .. import windows
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
_RUN = 1024  # elements that a piece of a plane should have


class _Division(NamedTuple):
    """How x is divided into items, and the sums over it into parts.

    Attributes:
      kernels: the module of the passes over x.
      channels: how many there are.
      total: the elements of each.
      items: of all passes.
      parts: of the sums, [parts, 2, channels]; joined in their order.
      part_size: the elements of a channel in a part; the last one may have fewer.
      blocks: `parts`, where a part belongs to a block of items; 0: where each item has places of
        its own in a part.
      words: what tells the kernels of it: elements of a channel in an item, channels, and either
        the items of a block, or those of a plane.
    """

    kernels: str
    channels: int
    total: int
    items: int
    parts: int
    part_size: int
    blocks: int
    words: tuple[int, int, int]

    def write(self, k: Lowering, parts: Buffer) -> Operand:
        """The parts as an operand of the kernel that makes them."""
        return k.write_blocks(parts) if self.blocks else k.write(parts, whole=True)


def _division(node: Any, k: Lowering, x: Buffer, *vectors: Buffer) -> _Division:
    data_format = node.attrs["data_format"]
    k.require(len(x.shape) == len(data_format), "a wrong rank")
    k.require(all(b.kind == "float32" for b in (x, *vectors)) and x.size > 0)
    images, channels = x.shape[0], x.shape[data_format.index("C")]
    pixels = x.size // (images * channels)
    if windows.channels_last(data_format) or pixels == 1:
        return _rows(images, pixels, channels)
    return _planes(images, channels, pixels)


def _rows(images: int, pixels: int, channels: int) -> _Division:
    """Channels last: an item is some rows of an image, each with all channels."""
    wanted = min(2 * MOST_BLOCKS // images, pixels // _ROWS)
    items = images * largest_divisor(pixels, max(wanted, 1))
    total = images * pixels
    rows, blocks = total // items, sum_blocks(items)
    block = -(-items // blocks)
    words = rows, channels, block
    return _Division("batch_norm", channels, total, items, blocks, block * rows, blocks, words)


def _planes(images: int, channels: int, pixels: int) -> _Division:
    """Channels before pixels: an item is a plane, or a piece of it where there are few."""
    wanted = min(2 * MOST_BLOCKS // (images * channels), pixels // _RUN)
    pieces = largest_divisor(pixels, max(wanted, 1))
    items, length, parts = images * channels * pieces, pixels // pieces, images * pieces
    words = length, channels, pieces
    return _Division("batch_norm_planes", channels, images * pixels, items, parts, length, 0, words)


def _vectors(k: Lowering, count: int, channels: int, name: str) -> Buffer:
    return k.temporary_like([count, channels], dtypes.float32, name)


def batch_norm_cpu(node: Any, k: Lowering) -> None:
    x, scale, offset, mean, variance = k.inputs
    y, batch_mean, batch_variance, saved_mean, saved_variance = k.outputs[:5]
    division = _division(node, k, x, scale)
    is_training = node.attrs["is_training"]
    statistics: list[Any] = [0]
    if is_training:
        parts = _vectors(k, 2 * division.parts, division.channels, "statistics")
        k.call(
            f"{division.kernels}.statistics_f32",
            division.items,
            [k.read(x), division.write(k, parts), *division.words],
            blocks=division.blocks,
            cost=x.nbytes / _BYTES_PER_NS,
        )
        statistics = [k.read(parts)]
    factor = _vectors(k, 1, division.channels, "factor")
    results = (factor, batch_mean, batch_variance, saved_mean, saved_variance)
    k.call(
        "batch_norm.finish_f32",
        1,
        [
            *statistics,
            *(k.read(b) for b in (scale, mean, variance)),
            *(k.write(b) for b in results),
            division.channels,
            division.parts,
            division.part_size,
            division.total,
            float(node.attrs["epsilon"]),
            float(node.attrs.get("exponential_avg_factor", 1.0)),
        ],
        cost=float(division.parts * division.channels),
    )
    vectors = (saved_mean, factor, offset)
    operands = [k.read(x), k.write(y), *(k.read(b, whole=True) for b in vectors)]
    k.call(
        f"{division.kernels}.normalize_f32",
        division.items,
        [*operands, *division.words],
        cost=(x.nbytes + y.nbytes) / _BYTES_PER_NS,
    )


def batch_norm_grad_cpu(node: Any, k: Lowering) -> None:
    dy, x, scale, mean, variance = k.inputs[:5]
    dx, dscale, doffset = k.outputs[:3]
    division = _division(node, k, x, dy, scale, mean)
    parts = _vectors(k, 2 * division.parts, division.channels, "sums")
    vectors = _vectors(k, 3, division.channels, "vectors")
    operands = [k.read(x), k.read(dy), k.read(mean, whole=True), division.write(k, parts)]
    k.call(
        f"{division.kernels}.sums_f32",
        division.items,
        [*operands, *division.words],
        blocks=division.blocks,
        cost=(x.nbytes + dy.nbytes) / _BYTES_PER_NS,
    )
    k.call(
        "batch_norm.finish_grad_f32",
        1,
        [
            *(k.read(b) for b in (parts, scale, variance)),
            *(k.write(b) for b in (doffset, dscale, vectors)),
            division.channels,
            division.parts,
            division.total,
            float(node.attrs["epsilon"]),
        ],
        cost=float(division.parts * division.channels),
    )
    operands = [k.read(x), k.read(dy), k.write(dx)]
    operands += [k.read(mean, whole=True), k.read(vectors, whole=True)]
    k.call(
        f"{division.kernels}.normalize_grad_f32",
        division.items,
        [*operands, node.attrs["is_training"], *division.words],
        cost=(x.nbytes + dy.nbytes + dx.nbytes) / _BYTES_PER_NS,
    )


for _op in (fused_batch_norm_op, fused_batch_norm_v2_op, fused_batch_norm_v3_op):
    _op.cpu(batch_norm_cpu)
for _op in (fused_batch_norm_grad_op, fused_batch_norm_grad_v2_op, fused_batch_norm_grad_v3_op):
    _op.cpu(batch_norm_grad_cpu)
