"""The largest elements of rows: TopK, and whether a target is among them.

    row of n     5 1 7 7 3 9 ...      vectors are compared with the least of the k kept so far;
                     |                only what beats it is looked at one by one
    heap of k    values | indices     the least on top, in the memory of the result
                     |
    sorted       9 7 7 | 5 2 3        the least changes places with the last, over and over

Of equal elements the first counts more. NaN is larger than all numbers: so it is with NumPy's
reference. With that, elements of a row are in an order in which none are equal, and the result
depends on nothing else. Items are rows. Bytes: all read once; k log k steps for each that is kept.

In `in_top_k`, a class beats the target if its prediction is larger; all predictions are read once.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from ..simd import (
    F32,
    F64,
    I32,
    I64,
    U8,
    helper,
    lane_bits,
    select,
    sum_of,
    word,
)
from .gather import index_at

get_i32, put_i32, put_u8 = I32.get, I32.put, U8.put


def _make(lanes):
    load, load_tail, splat = lanes.load, lanes.load_tail, lanes.splat
    get, put = lanes.get, lanes.put
    width, size = lanes.width, lanes.size

    @helper
    def beats(x, y):
        """Whether an element that comes later is larger; for vectors too."""
        return (x > y) | ((x != x) & (y == y))

    @njit
    def is_less(x, i, y, j):
        """Whether element x, at i, counts less than y, at j."""
        return beats(y, x) or (i > j and not beats(x, y))

    @njit
    def sink(values, indices, count, x, index):
        """Puts an element on top of a heap, in the place of the least, and lets it sink."""
        at = 0
        while 2 * at + 1 < count:
            below = 2 * at + 1
            y, j = get(values + below * size), get_i32(indices + below * 4)
            if below + 1 < count:
                z, m = get(values + (below + 1) * size), get_i32(indices + (below + 1) * 4)
                if is_less(z, m, y, j):
                    below, y, j = below + 1, z, m
            if is_less(x, index, y, j):
                break
            put(values + at * size, y)
            put_i32(indices + at * 4, j)
            at = below
        put(values + at * size, x)
        put_i32(indices + at * 4, index)

    @njit
    def rise(values, indices, at, x, index):
        """Puts an element at the end of a heap, and lets it rise."""
        while at > 0:
            above = (at - 1) // 2
            y, j = get(values + above * size), get_i32(indices + above * 4)
            if is_less(y, j, x, index):
                break
            put(values + at * size, y)
            put_i32(indices + at * 4, j)
            at = above
        put(values + at * size, x)
        put_i32(indices + at * 4, index)

    @njit
    def keep_largest(row, n, values, indices, k):
        for i in range(k):
            rise(values, indices, i, get(row + i * size), np.int32(i))
        for i in range(k, n, width):
            least, at, count = get(values), row + i * size, n - i
            some = load(at) if count >= width else load_tail(at, count, least)
            bits = lane_bits(beats(some, splat(least)))
            lane = i
            while bits != 0:
                if bits & 1 != 0:
                    x = get(row + lane * size)
                    if beats(x, get(values)):
                        sink(values, indices, k, x, np.int32(lane))
                bits >>= 1
                lane += 1

    @njit
    def sort(values, indices, k):
        for last in range(k - 1, 0, -1):
            x, index = get(values + last * size), get_i32(indices + last * 4)
            put(values + last * size, get(values))
            put_i32(indices + last * 4, get_i32(indices))
            sink(values, indices, last, x, index)

    def top_k(lo, hi, args):
        """Words: rows, values, indices, elements of a row, k (1 or more)."""
        n, k = word(args, 3), word(args, 4)
        for item in range(lo, hi):
            values, indices = word(args, 1) + item * k * size, word(args, 2) + item * k * 4
            keep_largest(word(args, 0) + item * n * size, n, values, indices, k)
            sort(values, indices, k)

    return top_k


top_k_f32, top_k_f64, top_k_i32, top_k_i64 = (_make(x) for x in (F32, F64, I32, I64))


def _make_in_top_k():
    load, load_tail, splat, get = F32.load, F32.load_tail, F32.splat, F32.get
    count_of, scalar, width, size = I32.splat, I32.scalar, F32.width, F32.size

    @njit
    def is_inside(row, classes, target, k):
        own = get(row + target * size) if 0 <= target < classes else np.float32(0)
        better, not_finite = count_of(scalar(0)), splat(np.float32(0))
        for i in range(0, classes, width):
            at, count = row + i * size, classes - i
            x = load(at) if count >= width else load_tail(at, count, own)
            better = better + select(x > own, count_of(scalar(1)), count_of(scalar(0)))
            not_finite = not_finite + (x - x)  # of an infinity, too, that is NaN
        return 0 <= target < classes and sum_of(not_finite) == 0 and sum_of(better) < k

    def in_top_k(lo, hi, args):
        """Words: predictions, targets, their kind; k, its kind; result; classes."""
        kind, k, classes = word(args, 2), index_at(word(args, 3), word(args, 4), 0), word(args, 6)
        for item in range(lo, hi):
            row, target = word(args, 0) + item * classes * size, index_at(word(args, 1), kind, item)
            put_u8(word(args, 5) + item, np.uint8(is_inside(row, classes, target, k)))

    return in_top_k


in_top_k = _make_in_top_k()
