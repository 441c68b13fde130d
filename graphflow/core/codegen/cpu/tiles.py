"""Register tiles: the innermost loops of matrix products and convolutions.

    C[i, 0:n] (+)= sum over k of A[i, k] * B[k, 0:n]        for the rows i < m

                      B: one row of `vectors` vectors per k
                   +-----------+-----------+
                   |  b[k, 0]  |  b[k, 1]  |
      A: one       +-----------+-----------+
      scalar  a[0, k]  | acc 0,0   | acc 0,1   |     all accumulators stay in registers from the
      per row a[1, k]  | acc 1,0   | acc 1,1   |     first k to the last
       ...      ...        ...         ...

The k loop is a nest of up to three counted loops, each with its own steps through A and B, so that
the window of a convolution is walked as it lies in memory. FLOPs: 2 m n k; bytes: A and B once per
tile, C once. Every size and stride is a run-time argument: a tile is compiled once per machine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .simd import (
    WORD,
    Lanes,
    call_llvm,
    emit_prefetch,
    first_lanes,
    ir_vector,
    load_masked,
    pointer_to,
    spread,
    store_masked,
)

_UNROLL = 4  # steps of a contiguous loop that share the addresses of the rows


def make_tile(
    real: Lanes, rows: int, vectors: int, row_table: bool, loops: int, contiguous: bool = False
) -> Callable[..., Any]:
    """Makes a tile as a Numba intrinsic.

    Args:
      real: F32 or F64.
      rows: rows of the tile.
      vectors: vectors across it.
      row_table: `a_rows` and `c_rows` are addresses of tables of byte offsets, a word per row;
        else they are the bytes from one row to the next.
      loops: how many loops the k nest has, 1 to 3.
      contiguous: the innermost loop walks A by single elements; its A step is not passed.

    Returns:
      `tile(a, a_rows, b, c, c_rows, m, n, add, count, a_step, b_step, ...)`, all int64: addresses
      of A, B and C; rows and columns that are written; whether C is added to; and for each loop,
      outermost first, its count (at least 1) and its steps in bytes. All `rows` rows of A and all
      lanes of B's rows are read, whatever m and n say.
    """
    steps_per_loop = [3] * loops
    if contiguous:
        steps_per_loop[-1] = 2
    count = 8 + sum(steps_per_loop)
    signature = types.void(*[types.int64] * count)

    def emit(context: Any, builder: Any, sig: Any, arguments: Sequence[Any]) -> Any:
        a, a_rows, b, c, c_rows, m, n, add = arguments[:8]
        nest = _read_nest(arguments[8:], steps_per_loop, real.size)
        tile = _Tile(builder, real, rows, vectors)
        offsets = _row_offsets(builder, a_rows, rows, row_table)
        tile.clear()
        _emit_nest(builder, nest, a, b, lambda pa, pb: tile.step(pa, offsets, pb), contiguous,
                   lambda pa, pb, u, b_step: tile.step(pa, offsets, pb, u, b_step))  # fmt: skip
        c_offsets = _row_offsets(builder, c_rows, rows, row_table)
        tile.write(c, c_offsets, m, n, add)
        return context.get_dummy_value()

    return _with_arity(count, signature, emit)


def _with_arity(count: int, signature: Any, emit: Any) -> Callable[..., Any]:
    """An intrinsic of `count` arguments; Numba reads the number off the function's signature."""
    names = ", ".join(f"x{i}" for i in range(count))
    scope: dict[str, Any] = {"signature": signature, "emit": emit}
    exec(f"def tile(typing_context, {names}):\n    return signature, emit\n", scope)
    made: Callable[..., Any] = intrinsic(scope["tile"])
    return made


def _read_nest(
    arguments: Sequence[Any], steps_per_loop: Sequence[int], size: int
) -> list[tuple[Any, Any, Any]]:
    """The loops as (count, a_step, b_step)."""
    nest, at = [], 0
    for steps in steps_per_loop:
        values = list(arguments[at : at + steps])
        if steps == 2:
            values.insert(1, WORD(size))
        nest.append((values[0], values[1], values[2]))
        at += steps
    return nest


def _row_offsets(builder: Any, rows_argument: Any, rows: int, row_table: bool) -> list[Any]:
    """Byte offsets of the rows: read from a table, or multiples of a stride."""
    if not row_table:
        return [builder.mul(rows_argument, WORD(i)) for i in range(rows)]
    return [
        builder.load(pointer_to(builder, builder.add(rows_argument, WORD(8 * i)), WORD), align=8)
        for i in range(rows)
    ]


def _emit_nest(
    builder: Any,
    nest: Sequence[tuple[Any, Any, Any]],
    a: Any,
    b: Any,
    body: Callable[[Any, Any], None],
    contiguous: bool,
    unrolled: Callable[[Any, Any, int, Any], None],
) -> None:
    """The k nest around the body, which gets the addresses in A and B."""
    count, a_step, b_step = nest[0]
    if len(nest) > 1:

        def inner(pa: Any, pb: Any) -> None:
            _emit_nest(builder, nest[1:], pa, pb, body, contiguous, unrolled)

        _emit_loop(builder, count, a, b, a_step, b_step, inner)
        return
    if not contiguous:
        _emit_loop(builder, count, a, b, a_step, b_step, body)
        return

    def four(pa: Any, pb: Any) -> None:
        for u in range(_UNROLL):
            unrolled(pa, pb, u, b_step)

    whole = builder.sdiv(count, WORD(_UNROLL))
    done = builder.mul(whole, WORD(_UNROLL))
    with builder.if_then(builder.icmp_signed(">", whole, WORD(0))):
        _emit_loop(builder, whole, a, b, builder.mul(a_step, WORD(_UNROLL)),
                   builder.mul(b_step, WORD(_UNROLL)), four)  # fmt: skip
    rest = builder.sub(count, done)
    with builder.if_then(builder.icmp_signed(">", rest, WORD(0))):
        pa = builder.add(a, builder.mul(done, a_step))
        pb = builder.add(b, builder.mul(done, b_step))
        _emit_loop(builder, rest, pa, pb, a_step, b_step, body)


def _emit_loop(
    builder: Any,
    count: Any,
    a: Any,
    b: Any,
    a_step: Any,
    b_step: Any,
    body: Callable[[Any, Any], None],
) -> None:
    """A loop that runs `count` times, at least once, with addresses stepping through A and B."""
    before = builder.block
    loop, after = builder.append_basic_block("k"), builder.append_basic_block("after_k")
    builder.branch(loop)
    builder.position_at_end(loop)
    left, pa, pb = builder.phi(WORD), builder.phi(WORD), builder.phi(WORD)
    body(pa, pb)
    end = builder.block
    next_left = builder.sub(left, WORD(1))
    next_pa, next_pb = builder.add(pa, a_step), builder.add(pb, b_step)
    for phi, first, following in (
        (left, count, next_left),
        (pa, a, next_pa),
        (pb, b, next_pb),
    ):
        phi.add_incoming(first, before)
        phi.add_incoming(following, end)
    builder.cbranch(builder.icmp_signed("!=", next_left, WORD(0)), loop, after)
    builder.position_at_end(after)


class _Tile:
    """The accumulators of a tile, and the code that fills, feeds and empties them."""

    def __init__(self, builder: Any, real: Lanes, rows: int, vectors: int) -> None:
        self.builder = builder
        self.real = real
        self.kind = ir_vector(real.vector_type)
        self.accumulators = [
            [cgutils.alloca_once(builder, self.kind) for _ in range(vectors)] for _ in range(rows)
        ]
        self.vectors = vectors

    def clear(self) -> None:
        zero = ir.Constant(self.kind, [0.0] * self.kind.count)
        for row in self.accumulators:
            for accumulator in row:
                self.builder.store(zero, accumulator)

    def step(
        self,
        pa: Any,
        offsets: Sequence[Any],
        pb: Any,
        unrolled: int = 0,
        b_step: Any = None,
        a_ahead: Any = None,
    ) -> None:
        """One k: `unrolled` steps after the addresses; A's are contiguous unless `a_ahead` says."""
        builder, size = self.builder, self.real.size
        if a_ahead is None:
            a_ahead = WORD(unrolled * size)
        if unrolled:
            pb = builder.add(pb, builder.mul(b_step, WORD(unrolled)))
        row_of_b = [self._load(pb, j) for j in range(self.vectors)]
        for offset, row in zip(offsets, self.accumulators, strict=True):
            address = builder.add(builder.add(pa, offset), a_ahead)
            scalar = builder.load(pointer_to(builder, address, self.kind.element), align=size)
            value = spread(builder, scalar, self.kind.count)
            for b, accumulator in zip(row_of_b, row, strict=True):
                product = call_llvm(builder, "fmuladd", value, b, builder.load(accumulator))
                builder.store(product, accumulator)

    def _load(self, address: Any, j: int) -> Any:
        at = self.builder.add(address, WORD(j * self.kind.count * self.real.size))
        return self.builder.load(pointer_to(self.builder, at, self.kind), align=self.real.size)

    def write(self, c: Any, offsets: Sequence[Any], m: Any, n: Any, add: Any) -> None:
        """Stores the rows below m, columns below n, onto C or into it."""
        builder = self.builder
        width = self.kind.count
        is_full = builder.icmp_signed("==", n, WORD(self.vectors * width))
        adds = builder.icmp_signed("!=", add, WORD(0))
        zero = ir.Constant(self.kind, [0.0] * width)
        for i, (offset, row) in enumerate(zip(offsets, self.accumulators, strict=True)):
            with builder.if_then(builder.icmp_signed(">", m, WORD(i))):
                start = builder.add(c, offset)
                with builder.if_else(is_full) as (full, partial):
                    with full:
                        with builder.if_then(adds):
                            for j, accumulator in enumerate(row):
                                total = builder.fadd(
                                    self._load(start, j), builder.load(accumulator)
                                )
                                builder.store(total, accumulator)
                        for j, accumulator in enumerate(row):
                            at = builder.add(start, WORD(j * width * self.real.size))
                            pointer = pointer_to(builder, at, self.kind)
                            value = builder.load(accumulator)
                            builder.store(value, pointer, align=self.real.size)
                    with partial:
                        for j, accumulator in enumerate(row):
                            at = builder.add(start, WORD(j * width * self.real.size))
                            left = builder.sub(n, WORD(j * width))
                            mask = first_lanes(builder, left, width)
                            value = builder.load(accumulator)
                            with builder.if_then(adds):
                                old = load_masked(builder, at, self.kind, mask, zero)
                                builder.store(builder.fadd(old, value), accumulator)
                            store_masked(builder, builder.load(accumulator), at, mask)


def make_packed_tile(real: Lanes, rows: int, vectors: int) -> Callable[..., Any]:
    """Makes the tile of a matrix product: A packed as [K][rows], B packed or as it lies.

    Args:
      real: F32 or F64.
      rows: rows of the tile.
      vectors: vectors across it.

    Returns:
      `tile(a, b, b_step, c, c_stride, m, n, add, count, ahead, ahead_step)`, all int64, as of
      `make_tile` with one loop. With every fourth k the cache line at `ahead` is asked for, which
      need not be there, and `ahead` moves by `ahead_step` bytes: memory comes near while nothing
      waits for it. So does C, from the start.
    """
    signature = types.void(*[types.int64] * 11)

    def emit(context: Any, builder: Any, sig: Any, arguments: Sequence[Any]) -> Any:
        a, b, b_step, c, c_stride, m, n, add, count, ahead, ahead_step = arguments
        a_step = WORD(rows * real.size)
        tile = _Tile(builder, real, rows, vectors)
        offsets = [WORD(i * real.size) for i in range(rows)]
        next_line = cgutils.alloca_once_value(builder, ahead)
        tile.clear()
        c_offsets = _row_offsets(builder, c_stride, rows, False)
        for offset in c_offsets:
            for j in range(vectors):
                at = WORD(j * real.width * real.size)
                emit_prefetch(builder, builder.add(builder.add(c, offset), at))

        def step(pa: Any, pb: Any, unrolled: int = 0, b_step: Any = None) -> None:
            tile.step(pa, offsets, pb, unrolled, b_step, WORD(unrolled * rows * real.size))

        def unrolled_step(pa: Any, pb: Any, unrolled: int, b_step: Any) -> None:
            if unrolled == 0:
                line = builder.load(next_line)
                emit_prefetch(builder, line)
                builder.store(builder.add(line, ahead_step), next_line)
            step(pa, pb, unrolled, b_step)

        _emit_nest(builder, [(count, a_step, b_step)], a, b, step, True, unrolled_step)
        tile.write(c, c_offsets, m, n, add)
        return context.get_dummy_value()

    return _with_arity(11, signature, emit)
