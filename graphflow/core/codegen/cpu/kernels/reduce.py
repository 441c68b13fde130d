"""Reductions: sums, products, extremes over the middle axis of [outer, reduced, inner].

An item is one matrix [reduced, inner] of its own, reduced to a row of `inner` elements:

    inner == 1   a row of memory                    inner > 1   columns, a vector of them at once

        [aaaa][bbbb][cccc][dddd][aaaa] ...              |aaaa|bbbb|cccc|dddd|   four vectors across,
          four accumulators in turn, then               |aaaa|bbbb|cccc|dddd|   then one by one,
          (a + b) + (c + d), then the lanes             |aaaa|bbbb|cccc|dddd|   then the tail

Where `block_items` is not 0, the rows of so many items are combined into one: a partial result, the
same for any number of threads. A second call reduces the partial results.

Sums are taken over pieces of at most `PIECE` elements, and these are added up: the error grows with
the length of a piece and the number of pieces, not with their product, as it does in NumPy.

Work: one operation per element, 4 or 8 bytes each: all is bound by memory.

    words   0 x  1 y  2 reduced  3 inner  4 bytes from one item's matrix to the next
            5 bytes from one row of a matrix to the next  6 block_items
            7 divisor (float64) of the results: that of a mean; 0 for none
"""

from __future__ import annotations

import numpy as np

from ..simd import (
    F32,
    F64,
    I32,
    I64,
    U8,
    helper,
    max_of,
    min_of,
    product_of,
    real_word,
    sum_of,
    vector_max,
    vector_min,
    word,
)

_NUMPY_TYPES = {
    "f32": np.float32,
    "f64": np.float64,
    "i32": np.int32,
    "i64": np.int64,
    "u8": np.uint8,
}
PIECE = 32  # vectors per accumulator, or rows, that are added up one after the other


@helper
def _same(value):
    return value


@helper
def _square(value):
    return value * value


@helper
def _add(a, b):
    return a + b


@helper
def _multiply(a, b):
    return a * b


@helper
def _larger(a, b):
    return vector_max(a, b)  # once for all that is combined: inlining it everywhere takes seconds


@helper
def _smaller(a, b):
    return vector_min(a, b)


def _make(lanes, combine, fold, identity, change=_same):
    """A kernel that reduces `change` of each element."""
    load, load_tail, store, store_tail, splat = (
        lanes.load, lanes.load_tail, lanes.store, lanes.store_tail, lanes.splat,
    )  # fmt: skip
    width, size, scalar = lanes.width, lanes.size, lanes.scalar
    neutral = _NUMPY_TYPES[lanes.element](identity)

    @helper
    def row(x, count):
        """The vector to which a row of memory is reduced but for its lanes."""
        result = splat(neutral)
        done = 0
        while count - done >= 4 * width:
            pieces = min((count - done) // (4 * width), PIECE)
            a = b = c = d = splat(neutral)
            for _ in range(pieces):
                at = x + done * size
                a = combine(a, change(load(at)))
                b = combine(b, change(load(at + width * size)))
                c = combine(c, change(load(at + 2 * width * size)))
                d = combine(d, change(load(at + 3 * width * size)))
                done += 4 * width
            result = combine(result, combine(combine(a, b), combine(c, d)))
        while count - done >= width:
            result = combine(result, change(load(x + done * size)))
            done += width
        if count > done:
            rest = load_tail(x + done * size, count - done, neutral)
            # `change` keeps the neutral elements of sums, the only ones it is used for
            result = combine(result, change(rest))
        return result

    @helper
    def four_columns(x, rows, stride, y, fresh):
        for start in range(0, rows, PIECE):
            a = b = c = d = splat(neutral)
            for r in range(start, min(start + PIECE, rows)):
                at = x + r * stride
                a = combine(a, change(load(at)))
                b = combine(b, change(load(at + width * size)))
                c = combine(c, change(load(at + 2 * width * size)))
                d = combine(d, change(load(at + 3 * width * size)))
            if not (fresh and start == 0):
                a = combine(load(y), a)
                b = combine(load(y + width * size), b)
                c = combine(load(y + 2 * width * size), c)
                d = combine(load(y + 3 * width * size), d)
            store(y, a)
            store(y + width * size, b)
            store(y + 2 * width * size, c)
            store(y + 3 * width * size, d)

    @helper
    def column(x, rows, stride, y, fresh, count):
        """As `four_columns`, for `count` columns of one vector."""
        for start in range(0, rows, PIECE):
            a = splat(neutral)
            for r in range(start, min(start + PIECE, rows)):
                if count >= width:
                    a = combine(a, change(load(x + r * stride)))
                else:
                    a = combine(a, change(load_tail(x + r * stride, count, neutral)))
            if not (fresh and start == 0):
                a = combine(load_tail(y, count, neutral), a)
            store_tail(y, a, count)

    @helper
    def columns(x, rows, inner, stride, y, fresh):
        done = 0
        while inner - done >= 4 * width:
            four_columns(x + done * size, rows, stride, y + done * size, fresh)
            done += 4 * width
        while inner > done:
            count = min(inner - done, width)
            column(x + done * size, rows, stride, y + done * size, fresh, count)
            done += width

    @helper
    def divide(y, count, divisor):
        for i in range(0, count, width):
            value = load_tail(y + i * size, count - i, neutral)
            store_tail(y + i * size, value / scalar(divisor), count - i)

    def reduce(lo, hi, args):
        x, y, reduced, inner = word(args, 0), word(args, 1), word(args, 2), word(args, 3)
        item, stride, block_items = word(args, 4), word(args, 5), word(args, 6)
        divisor = real_word(args, 7)
        for i in range(lo, hi):
            if block_items == 0:
                target, fresh = y + i * inner * size, True
            else:
                target, fresh = y + i // block_items * inner * size, i % block_items == 0
            if inner == 1:
                result = splat(fold(row(x + i * item, reduced)))
                if not fresh:
                    result = combine(load_tail(target, 1, neutral), result)
                store_tail(target, result, 1)
            else:
                columns(x + i * item, reduced, inner, stride, target, fresh)
            if divisor != 0.0:
                divide(target, inner, divisor)

    return reduce


# bool is uint8 here: All is the minimum of bytes 0 and 1, Any the maximum
sum_f32 = _make(F32, _add, sum_of, 0)
sum_f64 = _make(F64, _add, sum_of, 0)
sum_i32 = _make(I32, _add, sum_of, 0)
sum_i64 = _make(I64, _add, sum_of, 0)
sum_squares_f32 = _make(F32, _add, sum_of, 0, _square)
sum_squares_f64 = _make(F64, _add, sum_of, 0, _square)
product_f32 = _make(F32, _multiply, product_of, 1)
product_f64 = _make(F64, _multiply, product_of, 1)
product_i32 = _make(I32, _multiply, product_of, 1)
product_i64 = _make(I64, _multiply, product_of, 1)
max_f32 = _make(F32, _larger, max_of, -np.inf)
max_f64 = _make(F64, _larger, max_of, -np.inf)
max_i32 = _make(I32, _larger, max_of, np.iinfo(np.int32).min)
max_i64 = _make(I64, _larger, max_of, np.iinfo(np.int64).min)
max_u8 = _make(U8, _larger, max_of, 0)
min_f32 = _make(F32, _smaller, min_of, np.inf)
min_f64 = _make(F64, _smaller, min_of, np.inf)
min_i32 = _make(I32, _smaller, min_of, np.iinfo(np.int32).max)
min_i64 = _make(I64, _smaller, min_of, np.iinfo(np.int64).max)
min_u8 = _make(U8, _smaller, min_of, 1)
