"""Rows by their numbers: gathered, one-hot, changed in place; the numbers without repetition.

A row is what is left of an array behind the dimensions that indices go into; a place is `depth`
indices, one for each of these dimensions, and the row's number what they come to.

    gather: an item is a row of the result           change: an item is a band of columns
    indices    params          result                 indices   updates       rows [n, columns]
    [ 5 ] -----+ row 0         +-----------+          [ 5 ]     +--:--:--+    +--:--:--+
    [ 2 ]      | row 1     ,-> | row 5     | item 0   [ 2 ]     |  :  :  |    |  :  :  |
    [ 5 ]      + ...  ----'    | row 2     | item 1   [ 5 ]     |  :  :  |    |  :  :  |

Every item of a change goes through all indices in order: repeated rows are changed in turn, so that
the result depends on nothing else. Before that it checks all of them: a bad one leaves the rows as
they are. Bytes: gather: the rows and the result once; change: the updates once, rows twice for each
index that names them.
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
    report,
    set_word,
    vector_max,
    vector_min,
    word,
)
from .move import (
    copy_bytes,
    fill_bytes,
    move_4,
    move_8,
    put_1,
    put_2,
    put_4,
    put_8,
    put_16,
    repeat_1,
    repeat_2,
    repeat_4,
)

get_i32, put_i32, get_u8 = I32.get, I32.put, U8.get
ADD, SUB, SET, MUL, DIV, MIN, MAX = range(7)  # kinds of change: `KINDS` of the lowerings
SKIPS_NONE, SKIPS_NEGATIVE, SKIPS_PADDING = range(3)  # what an index that names no row may be


@njit
def index_at(indices, kind, i):
    """An index; `kind`: its bytes, negative for those without a sign."""
    if kind == 4:
        return np.int64(get_i32(indices + 4 * i))
    if kind == 8:
        return word(indices, i)
    if kind == 2:
        low = np.int64(get_u8(indices + 2 * i)) | np.int64(get_u8(indices + 2 * i + 1)) << 8
        return (low ^ 0x8000) - 0x8000
    value = np.int64(get_u8(indices + i))
    return value if kind < 0 else (value ^ 0x80) - 0x80


@njit
def no_row(kind):
    """The index that fills up a list of rows: the lowest of its type."""
    return np.int64(-0x80000000) if kind == 4 else np.int64(-0x8000000000000000)


@njit
def row_at(indices, kind, depth, limits, i):
    """The number of the row that place i names; -1 if it names none."""
    row = 0
    for d in range(depth):
        index, limit = index_at(indices, kind, i * depth + d), word(limits, d)
        if not 0 <= index < limit:
            return -1
        row = row * limit + index
    return row


@njit
def packed_place(indices, kind, depth, i):
    """The indices of a place in one word, as failures are reported; large ones are cut off."""
    if depth == 1:
        return index_at(indices, kind, i)
    bits = 64 // depth
    bound = 1 << (bits - 1)
    packed = 0
    for d in range(depth):
        index = max(-bound, min(bound - 1, index_at(indices, kind, i * depth + d)))
        packed = packed << bits | (index & (2 * bound - 1))
    return packed


# --- gather ---------------------------------------------------------------------------------------


def rows(lo, hi, args):
    """Words: result, params; indices, their kind, depth, limits; rows of params, places in a batch,
    outer parts of a batch; bytes of a row; failure."""
    result, params = word(args, 0), word(args, 1)
    indices, kind, depth, limits = word(args, 2), word(args, 3), word(args, 4), word(args, 5)
    size, count, parts, nbytes = word(args, 6), word(args, 7), word(args, 8), word(args, 9)
    item = lo
    while item < hi:  # one part of a batch after the other
        part = item // count
        first = item - part * count
        last = min(count, first + hi - item)
        start, source = part // parts * count, params + part * size * nbytes
        for i in range(first, last):
            place = start + i
            if depth == 1:
                row = index_at(indices, kind, place)
                row = row if 0 <= row < word(limits, 0) else -1
            else:
                row = row_at(indices, kind, depth, limits, place)
            if row < 0:
                report(args, 10, packed_place(indices, kind, depth, place), place)
                return
            if nbytes == 4:
                move_4(result + (item - first + i) * 4, source + row * 4)
            elif nbytes == 8:
                move_8(result + (item - first + i) * 8, source + row * 8)
            else:
                copy_bytes(result + (item - first + i) * nbytes, source + row * nbytes, nbytes)
        item += last - first


# --- one-hot --------------------------------------------------------------------------------------


@njit
def _low_of(value, size):
    """The first word of a pattern in which a value repeats."""
    if size == 1:
        return repeat_1(value)
    if size == 2:
        return repeat_2(value)
    if size == 4:
        return repeat_4(value)
    return word(value, 0)


@njit
def _put(target, size, low, high):
    if size == 1:
        put_1(target, low, high)
    elif size == 2:
        put_2(target, low, high)
    elif size == 4:
        put_4(target, low, high)
    elif size == 8:
        put_8(target, low, high)
    else:
        put_16(target, low, high)


def one_hot(lo, hi, args):
    """Words: result [items, depth, inner], indices [items, inner], kind, depth, inner, on, off,
    bytes of an element."""
    result, indices, kind, depth = word(args, 0), word(args, 1), word(args, 2), word(args, 3)
    inner, on, off, size = word(args, 4), word(args, 5), word(args, 6), word(args, 7)
    low, low_off = _low_of(on, size), _low_of(off, size)
    high = word(on, 1) if size == 16 else low
    high_off = word(off, 1) if size == 16 else low_off
    nbytes = depth * inner * size
    for item in range(lo, hi):
        matrix = result + item * nbytes
        fill_bytes(matrix, nbytes, low_off, high_off)
        for i in range(inner):
            index = index_at(indices, kind, item * inner + i)
            if 0 <= index < depth:
                _put(matrix + (index * inner + i) * size, size, low, high)


# --- change in place ------------------------------------------------------------------------------


@njit
def is_skipped(index, kind, skips):
    """Whether an index that names no row means nothing, rather than an error."""
    if skips == SKIPS_PADDING:
        return index == no_row(kind)
    return skips == SKIPS_NEGATIVE and index < 0


@njit
def check_places(indices, kind, depth, limits, count, skips, args, at):
    """Whether all places name rows; reports the first that does not."""
    for i in range(count):
        if row_at(indices, kind, depth, limits, i) < 0:
            if not is_skipped(index_at(indices, kind, i), kind, skips):
                report(args, at, packed_place(indices, kind, depth, i), i)
                return False
    return True


def check(lo, hi, args):
    """Reports the first place that names no row. Words: indices, their kind, depth, limits, how
    many places, what is skipped; failure."""
    check_places(
        word(args, 0), word(args, 1), word(args, 2), word(args, 3), word(args, 4), word(args, 5),
        args, 6,
    )  # fmt: skip


def _make_combine(lanes):
    """Makes `combine(target, source, step, count, kind)`: a row changed by another, or a scalar."""
    load, store, get, put, splat = lanes.load, lanes.store, lanes.get, lanes.put, lanes.splat
    scalar, WIDTH, SIZE = lanes.scalar, lanes.width, lanes.size
    IS_FLOAT = lanes.element in ("f32", "f64")

    @njit
    def divided(x, y):
        if IS_FLOAT:
            return scalar(x / y)
        if y == 0:
            return scalar(0)
        quotient = abs(np.int64(x)) // abs(np.int64(y))  # towards zero, as in C
        return scalar(quotient if (x < 0) == (y < 0) else -quotient)

    @njit
    def one(x, y, kind):
        if kind == ADD:
            return scalar(x + y)
        if kind == SUB:
            return scalar(x - y)
        if kind == MUL:
            return scalar(x * y)
        if kind == DIV:
            return divided(x, y)
        if kind == MIN:
            return x if x < y or x != x else y
        if kind == MAX:
            return x if x > y or x != x else y
        return y

    @helper
    def many(x, y, kind):
        if kind == ADD:
            return x + y
        if kind == SUB:
            return x - y
        if kind == MUL:
            return x * y
        if kind == MIN:
            return vector_min(x, y)
        return vector_max(x, y)

    @njit
    def combine(target, source, step, count, kind):
        whole = 0
        if kind != SET and kind != DIV:
            whole = count // WIDTH * WIDTH
            for i in range(0, whole, WIDTH):
                y = load(source + i * SIZE) if step != 0 else splat(get(source))
                x = load(target + i * SIZE)
                store(target + i * SIZE, many(x, y, kind))
        for i in range(whole, count):
            at = target + i * SIZE
            put(at, one(get(at), get(source + i * step), kind))

    return combine


def _make_change(lanes):
    combine, SIZE = _make_combine(lanes), lanes.size

    def change(lo, hi, args):
        """Words: rows, updates; indices, their kind, depth, limits, how many places; columns, those
        of a band, kind of change; whether an update is one scalar, which indices are skipped;
        failure."""
        target, updates, indices, index_kind = (
            word(args, 0), word(args, 1), word(args, 2), word(args, 3)
        )  # fmt: skip
        depth, limits, count, columns = word(args, 4), word(args, 5), word(args, 6), word(args, 7)
        band, kind, is_scalar, skips = word(args, 8), word(args, 9), word(args, 10), word(args, 11)
        if not check_places(indices, index_kind, depth, limits, count, skips, args, 12):
            return
        first, last = lo * band, min(hi * band, columns)
        for i in range(count):
            row = row_at(indices, index_kind, depth, limits, i)
            if row >= 0:
                at = target + (row * columns + first) * SIZE
                source = updates if is_scalar != 0 else updates + (i * columns + first) * SIZE
                combine(at, source, 0 if is_scalar != 0 else SIZE, last - first, kind)

    return change


change_f32, change_f64, change_i32, change_i64 = (_make_change(x) for x in (F32, F64, I32, I64))


def put_rows(lo, hi, args):
    """Rows set, of any type. Words: as of a change up to the band, in bytes; which indices are
    skipped; failure."""
    target, updates, indices, index_kind = (
        word(args, 0),
        word(args, 1),
        word(args, 2),
        word(args, 3),
    )
    depth, limits, count, columns = word(args, 4), word(args, 5), word(args, 6), word(args, 7)
    band, skips = word(args, 8), word(args, 9)
    if check_places(indices, index_kind, depth, limits, count, skips, args, 10):
        first, last = lo * band, min(hi * band, columns)
        for i in range(count):
            row = row_at(indices, index_kind, depth, limits, i)
            if row >= 0:
                source = updates + i * columns + first
                copy_bytes(target + row * columns + first, source, last - first)


# --- distinct indices -----------------------------------------------------------------------------


@njit
def _slot_of(index, mask):
    """Where an index is looked for first: high bits of a product, as ids are often small."""
    mixed = np.uint64(index) * np.uint64(0x9E3779B97F4A7C15)
    return np.int64(mixed >> np.uint64(32)) & mask


@njit
def _put_index(address, kind, i, value):
    if kind == 4:
        put_i32(address + 4 * i, np.int32(value))
    else:
        set_word(address, i, value)


def unique_rows(lo, hi, args):
    """Distinct indices in the order in which they first occur, then the index that names no row;
    and where among them each one is. One item. Words: rows, places, their kind; indices, their
    kind, how many; a table of int32, its length (a power of two); failure."""
    rows, places, place_kind = word(args, 0), word(args, 1), word(args, 2)
    indices, kind, count = word(args, 3), word(args, 4), word(args, 5)
    table, mask = word(args, 6), word(args, 7) - 1
    fill_bytes(table, 4 * (mask + 1), 0, 0)
    found = 0
    for i in range(count):
        index = index_at(indices, kind, i)
        if index == no_row(kind):
            report(args, 8, index, i)
            return
        slot = _slot_of(index, mask)
        place = np.int64(get_i32(table + 4 * slot)) - 1  # an empty slot holds 0
        while place >= 0 and index_at(rows, kind, place) != index:
            slot = (slot + 1) & mask
            place = np.int64(get_i32(table + 4 * slot)) - 1
        if place < 0:
            place = found
            found += 1
            put_i32(table + 4 * slot, np.int32(found))
            _put_index(rows, kind, place, index)
        _put_index(places, place_kind, i, place)
    for i in range(found, count):
        _put_index(rows, kind, i, no_row(kind))
