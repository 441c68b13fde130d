"""Transposition: planes whose rows and columns change places, for elements of 1 to 8 bytes.

    source plane [columns][rows]        squares of as many elements     target plane [rows][columns]
        c: far apart, r: next             as a vector has, turned         r: far apart, c: next
      +-----+-----+-----+               by log2 stages of shuffles        +---------------------+
      |  0  |  :  |  :  |              - - - - - - - - - - - - - ->     0 | an item's rows,     |
      |  1  |  :  |  :  |                                                 | all their columns   |
      +-----+-----+-----+                                                 +---------------------+

All other dimensions number the planes. An item is a band of `BAND` bytes of a source row, which
are rows of the target, for all columns; or, with several bands to an item, a whole image. Squares
at the edges are read and written in part. Bytes: all read once, in lines; written once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from ..simd import (
    INT32,
    WORD,
    first_lanes,
    load_masked,
    pointer_to,
    store_masked,
    word,
)
from ..target import host_target
from .move import make_move

BAND = 256  # bytes of a row of the source in a band
DIMENSION = 3 * 8  # bytes of a row of the table


def transpose_square(builder: Any, rows: list[Any]) -> list[Any]:
    """The columns of a square of vectors: stage by stage, blocks off the diagonal change places."""
    lanes = len(rows)
    distance = 1
    while distance < lanes:
        upper = [i + lanes - distance if i & distance else i for i in range(lanes)]
        lower = [i + lanes if i & distance else i + distance for i in range(lanes)]
        indices = [ir.Constant(ir.VectorType(INT32, lanes), order) for order in (upper, lower)]
        turned = list(rows)
        for i in range(lanes):
            if not i & distance:
                pair = rows[i], rows[i + distance]
                turned[i], turned[i + distance] = (
                    builder.shuffle_vector(*pair, index) for index in indices
                )
        rows = turned
        distance *= 2
    return rows


def _make_squares(size: int, lanes: int) -> tuple[Callable[..., None], Callable[..., None]]:
    """Makes `whole(source, stride, target, step)` and `partial(..., rows, columns)`.

    A square of vectors, `stride` bytes apart, is written as vectors that are `step` bytes apart; of
    a partial one only `rows` rows are read, and of these only the first `columns` elements.
    """
    kind = ir.VectorType(ir.IntType(8 * size), lanes)

    @intrinsic
    def whole(typing_context: Any, source: Any, stride: Any, target: Any, step: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            source, stride, target, step = arguments
            rows = []
            for i in range(lanes):
                address = builder.add(source, builder.mul(stride, WORD(i)))
                rows.append(builder.load(pointer_to(builder, address, kind), align=size))
            for i, column in enumerate(transpose_square(builder, rows)):
                address = builder.add(target, builder.mul(step, WORD(i)))
                builder.store(column, pointer_to(builder, address, kind), align=size)
            return context.get_dummy_value()

        return types.void(*[types.int64] * 4), emit

    @intrinsic
    def partial(
        typing_context: Any,
        source: Any,
        stride: Any,
        target: Any,
        step: Any,
        rows: Any,
        columns: Any,
    ) -> Any:
        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            source, stride, target, step, row_count, column_count = arguments
            nothing = ir.Constant(kind, [0] * lanes)
            read, written = (first_lanes(builder, n, lanes) for n in (column_count, row_count))
            kept = []
            for i in range(lanes):
                slot = cgutils.alloca_once_value(builder, nothing)
                builder.store(nothing, slot)
                with builder.if_then(builder.icmp_signed("<", WORD(i), row_count)):
                    address = builder.add(source, builder.mul(stride, WORD(i)))
                    builder.store(load_masked(builder, address, kind, read, nothing), slot)
                kept.append(slot)
            columns = transpose_square(builder, [builder.load(slot) for slot in kept])
            for i, column in enumerate(columns):
                with builder.if_then(builder.icmp_signed("<", WORD(i), column_count)):
                    address = builder.add(target, builder.mul(step, WORD(i)))
                    store_masked(builder, column, address, written)
            return context.get_dummy_value()

        return types.void(*[types.int64] * 6), emit

    return whole, partial


def _make_planes(size):
    SIDE = min(host_target().width(size), 16)  # elements of a square's edge
    IN_VECTORS = size >= 4  # parts of vectors of short elements are no instruction of most machines
    whole, partial = _make_squares(size, SIDE)
    move = make_move(size)

    @njit
    def partial_square(source, stride, target, step, rows, columns):
        if IN_VECTORS:
            partial(source, stride, target, step, rows, columns)
        else:
            for j in range(columns):
                for i in range(rows):
                    move(target + j * step + i * size, source + i * stride + j * size)

    @njit
    def band(source, stride, target, step, rows, columns):
        """`rows` rows of the target."""
        for c in range(0, columns, SIDE):
            from_square, to_square, height = source + c * stride, target + c * size, columns - c
            for r in range(0, rows, SIDE):
                if height >= SIDE and rows - r >= SIDE:
                    whole(from_square + r * size, stride, to_square + r * step, step)
                else:
                    partial_square(from_square + r * size, stride, to_square + r * step, step,
                                   min(height, SIDE), min(rows - r, SIDE))  # fmt: skip

    def planes(lo, hi, args):
        """Words: target, source, bands of an item; rows, bytes from one to the next in the target;
        columns, bytes from one to the next in the source; dimensions of the planes, their table:
        size | source stride | target stride."""
        target, source, item_bands = word(args, 0), word(args, 1), word(args, 2)
        rows, step, columns, stride = word(args, 3), word(args, 4), word(args, 5), word(args, 6)
        rank, table = word(args, 7), word(args, 8)
        height = BAND // size
        bands = (rows + height - 1) // height
        for number in range(lo * item_bands, hi * item_bands):
            plane = number // bands
            first = (number - plane * bands) * height
            from_plane, to_plane = source, target
            for d in range(rank - 1, -1, -1):
                dimension = table + d * DIMENSION
                rest = plane // word(dimension, 0)
                i = plane - rest * word(dimension, 0)
                plane = rest
                from_plane += i * word(dimension, 1)
                to_plane += i * word(dimension, 2)
            band(from_plane + first * size, stride, to_plane + first * step, step,
                 min(height, rows - first), columns)  # fmt: skip

    return planes


planes_b1, planes_b2, planes_b4, planes_b8 = (_make_planes(size) for size in (1, 2, 4, 8))
