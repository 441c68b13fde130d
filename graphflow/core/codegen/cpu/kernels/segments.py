"""Sums of rows that belong together: segments of rows in order, and the gradient of such sums.

    ids    0 0 0 2 2            sorted: a segment's rows follow each other
    rows   a b c d e            taken as they are, or by their indices
    sums   a+b+c | 0 | d+e      an item is a segment; times 1, 1/n or 1/sqrt(n)

    gradient: dx[index of row i] += dy[segment of row i] * the segment's factor; an item is a band
    of columns, and goes through all rows in order

Each sum is made in the order of its rows, whatever the items. Ids and indices are checked by calls
of their own, that come first; but one group may hold both, so that nothing here trusts them. Bytes:
each row that is named once, the result once; of a gradient twice for each row.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from ..simd import F32, F64, I32, I64, clear_bytes, helper, report, set_word, word
from .gather import index_at

NO_FACTOR, BY_SIZE, BY_ROOT, OVER_SIZE = range(4)  # `FACTORS` of the lowerings
NEGATIVE, FALLING, TOO_MANY = 0, -1, -2  # what is wrong with ids, if it is not their range


# --- checks ---------------------------------------------------------------------------------------


def check_sorted(lo, hi, args):
    """Reports ids that are negative, or go down, or are no number of a segment; the first of them,
    going from segment to segment. One item. Words: ids, their kind, how many; segments; failure."""
    ids, kind, count, segments = word(args, 0), word(args, 1), word(args, 2), word(args, 3)
    rows = index_at(ids, kind, count - 1) + 1
    if rows <= 0:
        report(args, 4, rows - 1, NEGATIVE)
        return
    for i in range(count):
        segment = index_at(ids, kind, i)
        following = index_at(ids, kind, i + 1) if i + 1 < count else segment
        if following < segment:
            report(args, 4, segment, FALLING)
            return
        if not 0 <= segment < rows and (following != segment or i + 1 == count):
            report(args, 4, segment, rows)
            return
    if rows > segments:
        report(args, 4, rows - 1, TOO_MANY)


def check_last(lo, hi, args):
    """Reports a last id that is too high. One item. Words: as of `check_sorted`."""
    last = index_at(word(args, 0), word(args, 1), word(args, 2) - 1)
    if last >= word(args, 3):
        report(args, 4, last, TOO_MANY)


# --- sums -----------------------------------------------------------------------------------------


@helper
def factor_of(count, kind):
    """What the sum of so many rows is multiplied with."""
    if kind == BY_SIZE:
        return 1 / max(count, 1)
    if kind == BY_ROOT:
        return 1 / np.sqrt(max(count, 1))
    return 1.0


@njit
def first_of(ids, kind, count, segment):
    """Where in sorted ids a segment begins, or would."""
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if index_at(ids, kind, middle) < segment:
            low = middle + 1
        else:
            high = middle
    return low


def _make_sums(lanes):
    load, store, get, put, splat = lanes.load, lanes.store, lanes.get, lanes.put, lanes.splat
    width, size, scalar = lanes.width, lanes.size, lanes.scalar

    @njit
    def add(target, source, columns):
        whole = columns // width * width
        for i in range(0, whole, width):
            store(target + i * size, load(target + i * size) + load(source + i * size))
        for i in range(whole, columns):
            put(target + i * size, scalar(get(target + i * size) + get(source + i * size)))

    @njit
    def scale(target, columns, factor):
        whole = columns // width * width
        for i in range(0, whole, width):
            store(target + i * size, load(target + i * size) * splat(factor))
        for i in range(whole, columns):
            put(target + i * size, scalar(get(target + i * size) * factor))

    @helper
    def divide(target, columns, count):
        for i in range(columns):
            put(target + i * size, scalar(get(target + i * size) / count))

    def sums(lo, hi, args):
        """Words: sums, rows, how many; indices, their kind (0: row i for id i); ids, their kind,
        how many; columns; what sums are multiplied with."""
        rows, row_count, indices, kind = word(args, 1), word(args, 2), word(args, 3), word(args, 4)
        ids, id_kind, count = word(args, 5), word(args, 6), word(args, 7)
        columns, factor = word(args, 8), word(args, 9)
        i = first_of(ids, id_kind, count, lo)
        for segment in range(lo, hi):
            target, first = word(args, 0) + segment * columns * size, i
            clear_bytes(target, columns * size)
            while i < count and index_at(ids, id_kind, i) == segment:
                row = index_at(indices, kind, i) if kind != 0 else i
                if 0 <= row < row_count:
                    add(target, rows + row * columns * size, columns)
                i += 1
            if factor == OVER_SIZE:
                divide(target, columns, scalar(max(i - first, 1)))
            elif factor != NO_FACTOR:
                scale(target, columns, scalar(factor_of(i - first, factor)))

    return sums


sums_f32, sums_f64, sums_i32, sums_i64 = (_make_sums(x) for x in (F32, F64, I32, I64))


# --- gradients ------------------------------------------------------------------------------------


def sizes(lo, hi, args):
    """How many ids name each segment. One item. Words: counts, segments; ids, their kind, how
    many."""
    counts, segments = word(args, 0), word(args, 1)
    clear_bytes(counts, segments * 8)
    for i in range(word(args, 4)):
        segment = index_at(word(args, 2), word(args, 3), i)
        if 0 <= segment < segments:
            set_word(counts, segment, word(counts, segment) + 1)


def _make_spread(lanes):
    load, store, get, put, splat = lanes.load, lanes.store, lanes.get, lanes.put, lanes.splat
    width, size, scalar = lanes.width, lanes.size, lanes.scalar

    @njit
    def add_scaled(target, source, columns, factor):
        whole = columns // width * width
        for i in range(0, whole, width):
            scaled = load(source + i * size) * splat(factor)
            store(target + i * size, load(target + i * size) + scaled)
        for i in range(whole, columns):
            scaled = scalar(get(source + i * size) * factor)
            put(target + i * size, scalar(get(target + i * size) + scaled))

    def spread(lo, hi, args):
        """Words: result, zeros at first, its rows; indices, their kind; gradient of the sums,
        segments; ids, their kind; counts of the segments, how many ids; columns, those of a band;
        factor."""
        rows, indices, kind, dy = word(args, 1), word(args, 2), word(args, 3), word(args, 4)
        segments, ids, id_kind, counts = word(args, 5), word(args, 6), word(args, 7), word(args, 8)
        columns, band, factor = word(args, 10), word(args, 11), word(args, 12)
        first = lo * band
        length = min(hi * band, columns) - first
        for i in range(word(args, 9)):
            row, segment = index_at(indices, kind, i), index_at(ids, id_kind, i)
            if 0 <= row < rows and 0 <= segment < segments:
                times = scalar(factor_of(word(counts, segment), factor))
                source = dy + (segment * columns + first) * size
                target = word(args, 0) + (row * columns + first) * size
                add_scaled(target, source, length, times)

    return spread


spread_f32, spread_f64 = _make_spread(F32), _make_spread(F64)
