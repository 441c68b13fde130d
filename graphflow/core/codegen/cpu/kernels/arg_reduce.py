"""Where the extremes are: ArgMax and ArgMin over the middle axis of [outer, reduced, inner].

    inner > 1    columns: a vector of them at once, from the first row on
    inner == 1   a row: lane l sees the elements l, l + WIDTH, ...; of the lanes that hold the
                 extreme, the one with the least index counts

Of equal elements the first counts. NaN is never the largest, and the first NaN is the least: so it
is with NumPy's references. Items are the outer ones. Every element is read once: bound by memory.

    words   0 x  1 y  2 reduced  3 inner  4 bytes of an index: 4 or 8
"""

from __future__ import annotations

import numpy as np

from ..simd import (
    F32,
    F64,
    I32,
    I64,
    Lanes,
    convert,
    helper,
    max_of,
    min_of,
    select,
    word,
)


@helper
def _is_larger(value, best):
    return value > best


@helper
def _is_smaller(value, best):
    return ((value < best) | (value != value)) & (best == best)


def _make(lanes, integer, wins, extreme_of, worst):
    """A kernel of an element type; `integer` has as many lanes, `worst` never wins."""
    load, load_tail, splat = lanes.load, lanes.load_tail, lanes.splat
    width, size = lanes.width, lanes.size
    numbers, number, whole = integer.numbers, integer.splat, integer.scalar
    narrow, wide = Lanes("i32", width), Lanes("i64", width)
    splat_narrow, store_narrow, one_narrow = narrow.splat, narrow.store_tail, narrow.scalar
    splat_wide, store_wide, one_wide = wide.splat, wide.store_tail, wide.scalar
    put_32, put_64 = I32.put, I64.put
    last = whole(2**31 - 1)

    @helper
    def read(address, count):
        return load(address) if count >= width else load_tail(address, count, worst)

    @helper
    def write(y, place, count, index_size):
        if index_size == 4:
            store_narrow(y, convert(place, splat_narrow(one_narrow(0))), count)
        else:
            store_wide(y, convert(place, splat_wide(one_wide(0))), count)

    @helper
    def row(x, n):
        """The index of a row's extreme."""
        best, place = splat(worst), numbers()
        for i in range(0, n, width):
            value = read(x + i * size, n - i)
            better = wins(value, best)
            best = select(better, value, best)
            place = select(better, numbers() + i, place)
        extreme = splat(extreme_of(best))
        holds_it = (best == extreme) | ((best != best) & (extreme != extreme))
        return np.int64(min_of(select(holds_it, place, number(last))))

    @helper
    def columns(x, n, stride, count):
        """The indices of the extremes of a vector of columns."""
        best, place = splat(worst), number(whole(0))
        for i in range(n):
            value = read(x + i * stride, count)
            better = wins(value, best)
            best = select(better, value, best)
            place = select(better, number(whole(0)) + i, place)
        return place

    def arg_extreme(lo, hi, args):
        x, y, reduced, inner = word(args, 0), word(args, 1), word(args, 2), word(args, 3)
        index_size = word(args, 4)
        for i in range(lo, hi):
            source, target = x + i * reduced * inner * size, y + i * inner * index_size
            if inner == 1 and index_size == 4:
                put_32(target, one_narrow(row(source, reduced)))
            elif inner == 1:
                put_64(target, row(source, reduced))
            else:
                for c in range(0, inner, width):
                    place = columns(source + c * size, reduced, inner * size, inner - c)
                    write(target + c * index_size, place, inner - c, index_size)

    return arg_extreme


arg_max_f32 = _make(F32, I32, _is_larger, max_of, np.float32(-np.inf))
arg_max_f64 = _make(F64, I64, _is_larger, max_of, np.float64(-np.inf))
arg_max_i32 = _make(I32, I32, _is_larger, max_of, np.int32(np.iinfo(np.int32).min))
arg_max_i64 = _make(I64, I64, _is_larger, max_of, np.int64(np.iinfo(np.int64).min))
arg_min_f32 = _make(F32, I32, _is_smaller, min_of, np.float32(np.inf))
arg_min_f64 = _make(F64, I64, _is_smaller, min_of, np.float64(np.inf))
arg_min_i32 = _make(I32, I32, _is_smaller, min_of, np.int32(np.iinfo(np.int32).max))
arg_min_i64 = _make(I64, I64, _is_smaller, min_of, np.int64(np.iinfo(np.int64).max))
