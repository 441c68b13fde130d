"""Register tiles of convolutions: as in `tiles.py`, with k loops that follow a window.

Rows of A may be anywhere: their byte offsets are read from tables.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from .simd import INT32, WORD, Lanes, call_llvm, load_masked, pointer_to, spread
from .tiles import _emit_loop, _Tile, _with_arity

_UNROLL = 4  # steps of a loop that share the addresses of the rows


def make_window_tile(real: Lanes, rows: int, vectors: int) -> Callable[..., Any]:
    """Makes the tile of a convolution: the k loop runs over the taps of a window, then channels.

        for every tap that at least one of the tile's pixels has:
            for c in range(count):
                C[i] += A[pixel i, moved to the tap][c] * B[first row of the tap + c]

    A pixel whose tap lies in the padding reads zeros instead, so that any pixels make a tile.

    Args:
      real: F32 or F64.
      rows: rows of the tile: the pixels that it computes.
      vectors: vectors across it: the output channels.

    Returns:
      `tile(a, zeros, b, c, pixels, field, m, n, taps, tap_count, count)`, all int64: addresses of
      A, of `count` zeros, of B (packed: rows of `vectors` whole vectors) and of C; the address of
      the first pixel in a table of four columns, `field` bytes apart: byte offset in A, byte offset
      in C, bits of the valid rows of the window, bits of its valid columns; pixels and columns that
      are written; and the window's taps, records of four words: row of the window, column, byte
      offset in A, first row of B. `rows` pixels are read from the table, whatever m says.
    """
    count = 11
    signature = types.void(*[types.int64] * count)

    def emit(context: Any, builder: Any, sig: Any, arguments: Sequence[Any]) -> Any:
        a, zeros, b, c, pixels, field, m, n, taps, tap_count, channels = arguments
        tile = _WindowTile(builder, real, rows, vectors)
        tile.clear()
        columns = _PixelColumns(builder, pixels, field, rows)
        row_bytes = WORD(vectors * real.width * real.size)
        moved = cgutils.alloca_once(builder, columns.kind)
        beside = builder.sub(zeros, a)

        def add_tap(moved_pixels: Any, first: Any) -> None:
            builder.store(moved_pixels, moved)
            tile.rows = _stored_words(builder, moved, rows)
            tile.walk(a, builder.add(b, builder.mul(first, row_bytes)), channels, row_bytes)

        _emit_taps(builder, columns, taps, tap_count, beside, add_tap)
        tile.write(c, columns.outputs(), m, n, WORD(0))
        return context.get_dummy_value()

    return _with_arity(count, signature, emit)


def make_depthwise_tile(real: Lanes, rows: int) -> Callable[..., Any]:
    """Makes the tile of a depthwise convolution: one vector of channels of some pixels.

    Args:
      real: F32 or F64.
      rows: the pixels that it computes.

    Returns:
      `tile(a, zeros, b, c, pixels, field, m, n, taps, tap_count, b_step)`, all int64, as of
      `make_window_tile` with a vector of zeros; the filter's vector of a tap is at B plus `b_step`
      times the tap's row of B. All lanes of A and B are read, whatever n says.
    """
    count = 11
    signature = types.void(*[types.int64] * count)

    def emit(context: Any, builder: Any, sig: Any, arguments: Sequence[Any]) -> Any:
        a, zeros, b, c, pixels, field, m, n, taps, tap_count, b_step = arguments
        tile = _WindowTile(builder, real, rows, 1)
        tile.clear()
        columns = _PixelColumns(builder, pixels, field, rows)
        moved = cgutils.alloca_once(builder, columns.kind)

        def add_tap(moved_pixels: Any, row: Any) -> None:
            builder.store(moved_pixels, moved)
            weights = tile._load(builder.add(b, builder.mul(row, b_step)), 0)
            offsets = _stored_words(builder, moved, rows)
            for offset, (accumulator,) in zip(offsets, tile.accumulators, strict=True):
                value = tile._load(builder.add(a, offset), 0)
                total = builder.load(accumulator)
                builder.store(call_llvm(builder, "fmuladd", value, weights, total), accumulator)

        _emit_taps(builder, columns, taps, tap_count, builder.sub(zeros, a), add_tap)
        tile.write(c, columns.outputs(), m, n, WORD(0))
        return context.get_dummy_value()

    return _with_arity(count, signature, emit)


def _emit_taps(
    builder: Any,
    columns: _PixelColumns,
    taps: Any,
    tap_count: Any,
    beside: Any,
    add_tap: Callable[[Any, Any], None],
) -> None:
    """The loop over a window's taps; `add_tap` gets the pixels moved to one, and its row of B."""
    with cgutils.for_range(builder, tap_count) as loop:
        tap = builder.add(taps, builder.mul(loop.index, WORD(32)))
        y, x, delta, row = (_load_word(builder, tap, 8 * i) for i in range(4))
        with builder.if_then(columns.any_has(y, x)):
            add_tap(columns.moved(y, x, delta, beside), row)


class _PixelColumns:
    """The pixels of a tile, a vector of words per column of their table."""

    def __init__(self, builder: Any, pixels: Any, field: Any, rows: int) -> None:
        self.builder = builder
        self.rows = rows
        self.lanes = 1 << (rows - 1).bit_length()
        self.kind = ir.VectorType(WORD, self.lanes)
        self.pixels, self.field = pixels, field
        self.inputs, self.y_bits, self.x_bits = (self._column(i) for i in (0, 2, 3))
        self.all_y, self.all_x = self._union(self.y_bits), self._union(self.x_bits)

    def _column(self, number: int) -> Any:
        """A column of the table; lanes past the rows are 0."""
        builder = self.builder
        start = builder.add(self.pixels, builder.mul(self.field, WORD(number)))
        nothing = ir.Constant(self.kind, [0] * self.lanes)
        is_row = ir.Constant(
            ir.VectorType(ir.IntType(1), self.lanes),
            [int(i < self.rows) for i in range(self.lanes)],
        )
        return load_masked(builder, start, self.kind, is_row, nothing)

    def _union(self, bits: Any) -> Any:
        builder, lanes = self.builder, self.lanes
        while lanes > 1:
            lanes //= 2
            index = ir.VectorType(INT32, lanes)
            low = ir.Constant(index, list(range(lanes)))
            high = ir.Constant(index, list(range(lanes, 2 * lanes)))
            empty = ir.Constant(bits.type, ir.Undefined)
            halves = (builder.shuffle_vector(bits, empty, part) for part in (low, high))
            bits = builder.or_(*halves)
        return builder.extract_element(bits, INT32(0))

    def any_has(self, y: Any, x: Any) -> Any:
        """Whether a pixel may have a tap: one has its row, and one has its column."""
        builder = self.builder
        bit = builder.and_(builder.lshr(self.all_y, y), builder.lshr(self.all_x, x))
        return builder.icmp_signed("!=", builder.and_(bit, WORD(1)), WORD(0))

    def moved(self, y: Any, x: Any, delta: Any, otherwise: Any) -> Any:
        """The pixels' offsets in A moved to a tap; `otherwise` for those that do not have it."""
        builder = self.builder
        wide = [spread(builder, value, self.lanes) for value in (y, x, delta, otherwise)]
        bit = builder.and_(builder.lshr(self.y_bits, wide[0]), builder.lshr(self.x_bits, wide[1]))
        one, zero = (ir.Constant(self.kind, [value] * self.lanes) for value in (1, 0))
        has = builder.icmp_signed("!=", builder.and_(bit, one), zero)
        return builder.select(has, builder.add(self.inputs, wide[2]), wide[3])

    def outputs(self) -> list[Any]:
        """The pixels' offsets in C."""
        start = self.builder.add(self.pixels, self.field)
        return [_load_word(self.builder, start, 8 * i) for i in range(self.rows)]


def _load_word(builder: Any, address: Any, offset: int) -> Any:
    at = builder.add(address, WORD(offset))
    return builder.load(pointer_to(builder, at, WORD), align=8)


def _stored_words(builder: Any, vector: Any, count: int) -> list[Any]:
    """The words of a vector in memory, read one by one."""
    base = builder.ptrtoint(vector, WORD)
    return [_load_word(builder, base, 8 * i) for i in range(count)]


def make_sum_tile(real: Lanes, rows: int, vectors: int) -> Callable[..., Any]:
    """Makes the tile of a convolution's filter gradient: the k loop runs over images and pixels.

        for every image, for every pixel of a list:
            C[i] += A[image, pixel + row i] * B[image, pixel]

    Args:
      real: F32 or F64.
      rows: rows of the tile: elements of a window.
      vectors: vectors across it: the output channels.

    Returns:
      `tile(a, a_rows, b, c, c_step, m, n, add, images, a_image, b_image, pixels, count)`, all
      int64: addresses of A, of the byte offsets of `rows` rows in it, of B and C; bytes between
      rows of C; rows and columns that are written; whether C is added to; images (at least 1) and
      the bytes between them in A and B; and a list of `count` (at least 1) pixels, two words each:
      byte offsets in A and B. One pixel after them is read, but not used.
    """
    signature = types.void(*[types.int64] * 13)

    def emit(context: Any, builder: Any, sig: Any, arguments: Sequence[Any]) -> Any:
        a, a_rows, b, c, c_step, m, n, add, images, a_image, b_image, pixels, count = arguments
        tile = _WindowTile(builder, real, rows, vectors)
        tile.clear()
        tile.rows = [_load_word(builder, a_rows, 8 * i) for i in range(rows)]

        def walk_image(pa: Any, pb: Any) -> None:
            tile.walk_list(pa, pb, pixels, count)

        _emit_loop(builder, images, a, b, a_image, b_image, walk_image)
        tile.write(c, [builder.mul(c_step, WORD(i)) for i in range(rows)], m, n, add)
        return context.get_dummy_value()

    return _with_arity(13, signature, emit)


class _WindowTile(_Tile):
    """A tile whose rows of A are anywhere, with a loop that takes several steps at once.

    Attributes:
      rows: the byte offsets of the rows of A.
    """

    rows: Sequence[Any] = ()

    def walk(self, a: Any, b: Any, count: Any, b_step: Any) -> None:
        """Adds the products of `count` contiguous elements of A, at least one."""
        builder, size = self.builder, self.real.size

        def several(pa: Any, pb: Any) -> None:
            for u in range(_UNROLL):
                pb_then = builder.add(pb, builder.mul(b_step, WORD(u)))
                self.step(builder.add(pa, WORD(u * size)), self.rows, pb_then)

        def one(pa: Any, pb: Any) -> None:
            self.step(pa, self.rows, pb)

        whole = builder.sdiv(count, WORD(_UNROLL))
        done = builder.mul(whole, WORD(_UNROLL))
        with builder.if_then(builder.icmp_signed(">", whole, WORD(0))):
            _emit_loop(builder, whole, a, b, WORD(_UNROLL * size),
                       builder.mul(b_step, WORD(_UNROLL)), several)  # fmt: skip
        rest = builder.sub(count, done)
        with builder.if_then(builder.icmp_signed(">", rest, WORD(0))):
            pa = builder.add(a, builder.mul(done, WORD(size)))
            pb = builder.add(b, builder.mul(done, b_step))
            _emit_loop(builder, rest, pa, pb, WORD(size), b_step, one)

    def walk_list(self, a: Any, b: Any, pixels: Any, count: Any) -> None:
        """Adds the products at each pixel of a list."""
        builder = self.builder
        at_a, at_b = cgutils.alloca_once_value(builder, a), cgutils.alloca_once_value(builder, b)

        def move_to(pixel: Any) -> None:
            for start, at, place in ((a, at_a, pixel), (b, at_b, builder.add(pixel, WORD(8)))):
                # atomic: else LLVM moves the load to where its value is used
                offset = builder.load_atomic(pointer_to(builder, place, WORD), "monotonic", 8)
                builder.store(builder.add(start, offset), at)

        def step(pixel: Any, _: Any) -> None:
            # the next addresses are read a step ahead: else LLVM puts all of a step's loads first,
            # to hide that they wait for the list, and has no registers left for the sums
            self.step(builder.load(at_a), self.rows, builder.load(at_b))
            move_to(builder.add(pixel, WORD(16)))

        move_to(pixels)
        _emit_loop(builder, count, pixels, WORD(0), WORD(16), WORD(0), step)
