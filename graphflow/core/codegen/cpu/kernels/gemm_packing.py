"""Packing for matrix products: matrices rearranged so that tiles read them in one stream.

A panel holds some rows (of A) or columns (of B), all of one k next to each other:

    A [M, K] or [K, M]                      B [K, N] or [N, K]
    panel: [K][TILE_ROWS]                   panel: [K][NR], NR = TILE_VECTORS vectors
    the last rows: [K][SHORT_ROWS] each     the last columns: filled up with zeros

Where the panel's direction is the stored matrix' contiguous one, packing copies vectors; in the
other case it transposes squares of vectors by shuffles, log2(width) stages of them. Panels of A are
not a whole number of vectors across: vectors are stored one after the other, each over the surplus
of the one before, and the last spills up to a vector past the panel. Bytes: all read once, written
once. Sizes and strides are in bytes where they say so, else in elements.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from ..simd import (
    INT32,
    TILE_ROWS,
    TILE_VECTORS,
    WORD,
    Lanes,
    first_lanes,
    helper,
    ir_vector,
    load_masked,
    pointer_to,
    routine,
)

SHORT_ROWS = 4  # the height of the tiles for the rows that are left over


@helper
def tile_height(rows):
    """The height of the next tile, when so many rows are left."""
    short = (rows + SHORT_ROWS - 1) // SHORT_ROWS * SHORT_ROWS
    return SHORT_ROWS if short < TILE_ROWS else TILE_ROWS


def make_transpose(real: Lanes) -> Callable[..., Any]:
    """Makes an intrinsic that transposes a square of as many elements as a vector has.

    Returns:
      `transpose(source, stride, first, last, target, step, count)`: the vector of column k, over
      the rows from `first` on, goes to `target + k * step` for k < count, in ascending order.
      Rows after `last` are read as if they were it. `stride`, `step`: in bytes.
    """
    lanes, size, kind = real.width, real.size, ir_vector(real.vector_type)

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source, stride, first, last, target, step, count = arguments
        rows = [cgutils.alloca_once(builder, kind) for _ in range(lanes)]
        addresses = []
        for i in range(lanes):
            row = builder.add(first, WORD(i))
            row = builder.select(builder.icmp_signed("<", row, last), row, last)
            addresses.append(builder.add(source, builder.mul(row, stride)))
        whole = builder.icmp_signed(">=", count, WORD(lanes))
        with builder.if_else(whole) as (is_whole, is_partial):
            with is_whole:
                for address, row in zip(addresses, rows, strict=True):
                    value = builder.load(pointer_to(builder, address, kind), align=size)
                    builder.store(value, row)
            with is_partial:
                mask = first_lanes(builder, count, lanes)
                zero = ir.Constant(kind, [0.0] * lanes)
                for address, row in zip(addresses, rows, strict=True):
                    builder.store(load_masked(builder, address, kind, mask, zero), row)
        columns = _transposed(builder, [builder.load(row) for row in rows])
        for k, column in enumerate(columns):
            with builder.if_then(builder.icmp_signed(">", count, WORD(k))):
                address = builder.add(target, builder.mul(step, WORD(k)))
                builder.store(column, pointer_to(builder, address, kind), align=size)
        return context.get_dummy_value()

    @intrinsic
    def transpose(
        typing_context: Any,
        source: Any,
        stride: Any,
        first: Any,
        last: Any,
        target: Any,
        step: Any,
        count: Any,
    ) -> Any:
        return types.void(*[types.int64] * 7), emit

    return transpose


def _transposed(builder: Any, rows: list[Any]) -> list[Any]:
    """The columns of a square: stage by stage, blocks off the diagonal change places."""
    lanes = len(rows)
    distance = 1
    while distance < lanes:
        upper = [i + lanes - distance if i & distance else i for i in range(lanes)]
        lower = [i + lanes if i & distance else i + distance for i in range(lanes)]
        exchanged = list(rows)
        for i in range(lanes):
            if not i & distance:
                pair = rows[i], rows[i + distance]
                exchanged[i] = _shuffle(builder, *pair, upper)
                exchanged[i + distance] = _shuffle(builder, *pair, lower)
        rows = exchanged
        distance *= 2
    return rows


def _shuffle(builder: Any, a: Any, b: Any, lanes: list[int]) -> Any:
    return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(INT32, len(lanes)), lanes))


def make_packing(real: Lanes) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Makes the packing of both factors for an element type.

    Returns:
      `pack_a(a, stride, transposed, rows, depth, target)`: rows of A from the address `a` on, as
      panels one after the other, which take `depth * size` bytes for each of their rows; the
      height of the last may exceed the rows, and a vector more is written.
      `pack_b(b, stride, transposed, columns, depth, target, panel_bytes)`: columns of B from the
      address `b` on, as panels `panel_bytes` apart.
      A transposed factor is stored with its rows and columns exchanged.
    """
    load, store, splat, load_tail = real.load, real.store, real.splat, real.load_tail
    WIDTH, SIZE = real.width, real.size
    VECTOR, PANEL = WIDTH * SIZE, TILE_VECTORS * WIDTH * SIZE
    NR = TILE_VECTORS * WIDTH
    zero = real.scalar(0)
    transpose = make_transpose(real)

    @routine
    def transpose_panel(source, stride, rows, height, depth, target):
        """A panel whose rows lie along k."""
        step = height * SIZE
        k = 0
        while k < depth:
            h = (height + WIDTH - 1) // WIDTH - 1
            while h >= 0:
                transpose(
                    source + k * SIZE, stride, h * WIDTH, rows - 1,
                    target + k * step + h * VECTOR, step, depth - k,
                )  # fmt: skip
                h -= 1
            k += WIDTH

    @routine
    def copy_panel(source, stride, rows, height, depth, target):
        """A panel whose rows lie across k, of which `rows` are there."""
        step = height * SIZE
        vectors = (height + WIDTH - 1) // WIDTH
        for k in range(depth):
            row, to = source + k * stride, target + k * step
            h = vectors - 1
            while h >= 0:
                left = rows - h * WIDTH
                if left >= WIDTH:
                    value = load(row + h * VECTOR)
                elif left > 0:
                    value = load_tail(row + h * VECTOR, left, zero)
                else:
                    value = splat(zero)
                store(to + h * VECTOR, value)
                h -= 1

    @routine
    def pack_a(a, stride, transposed, rows, depth, target):
        row = 0
        while row < rows:
            height = tile_height(rows - row)
            to = target + row * depth * SIZE
            if transposed:
                copy_panel(a + row * SIZE, stride, rows - row, height, depth, to)
            else:
                transpose_panel(a + row * stride, stride, rows - row, height, depth, to)
            row += height

    @routine
    def pack_b(b, stride, transposed, columns, depth, target, panel_bytes):
        panels = (columns + NR - 1) // NR
        whole = 0 if transposed else columns // NR
        # Row by row through all panels: a row of B is one piece of memory.
        for k in range(depth):
            row, to = b + k * stride, target + k * PANEL
            for _ in range(whole):
                for h in range(TILE_VECTORS):
                    store(to + h * VECTOR, load(row + h * VECTOR))
                row += PANEL
                to += panel_bytes
        for panel in range(whole, panels):
            left, to = columns - panel * NR, target + panel * panel_bytes
            if transposed:
                transpose_panel(b + panel * NR * stride, stride, left, NR, depth, to)
            else:
                copy_panel(b + panel * PANEL, stride, left, NR, depth, to)

    return pack_a, pack_b
