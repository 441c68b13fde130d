"""Moving elements without looking at them: boxes, joins, parts and fills; types are byte counts.

A box is a loop nest that copies between two arrays, each with byte strides of its own:

    table [dimensions][5]   size | source stride | target stride | window start | window count
    outer dimensions                          the innermost one
    i0 ──> i1 ──> ... (planes) ──> rows ──>   [fill | copied run | fill]   in bytes, or elements

Outside of the windows there is nothing in the source: the target is filled with a pattern of 16
bytes there, the value as often as it fits. Rows are numbered over all outer dimensions; an item is
some of them. Slices, padding, tiling, broadcasting, reversal and blocks of space are all boxes.
Bytes: all of the target written once, the source read once; no arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from ..simd import I32, WORD, pointer_to, report, spread, word
from ..target import host_target

get_i32 = I32.get
VECTOR = host_target().vector_bytes
LARGE = 1024  # bytes from which the C library's memcpy is worth a call
DIMENSION = 5 * 8  # bytes of a row of the table


def make_move(nbytes: int) -> Callable[..., None]:
    """Makes `move(target, source)`, which copies a fixed number of bytes, at any alignment."""
    is_word = nbytes <= 8
    kind = ir.IntType(8 * nbytes) if is_word else ir.VectorType(ir.IntType(64), nbytes // 8)

    @intrinsic
    def move(typing_context: Any, target: Any, source: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            value = builder.load(pointer_to(builder, arguments[1], kind), align=1)
            builder.store(value, pointer_to(builder, arguments[0], kind), align=1)
            return context.get_dummy_value()

        return types.void(types.int64, types.int64), emit

    return move


def make_put(nbytes: int) -> Callable[..., None]:
    """Makes `put(target, low, high)`, which writes the first bytes of a pattern of two words."""
    kind = ir.IntType(8 * nbytes)

    @intrinsic
    def put(typing_context: Any, target: Any, low: Any, high: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            target, low, high = arguments
            if nbytes == 16:
                low, high = builder.zext(low, kind), builder.zext(high, kind)
                value = builder.or_(low, builder.shl(high, kind(64)))
            else:
                value = low if nbytes == 8 else builder.trunc(low, kind)
            builder.store(value, pointer_to(builder, target, kind), align=1)
            return context.get_dummy_value()

        return types.void(*[types.int64] * 3), emit

    return put


@intrinsic
def copy_large(typing_context: Any, target: Any, source: Any, nbytes: Any) -> Any:
    """The C library's memcpy."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        byte = ir.IntType(8)
        pointers = (pointer_to(builder, address, byte) for address in arguments[:2])
        cgutils.raw_memcpy(builder, *pointers, arguments[2], 1)
        return context.get_dummy_value()

    return types.void(*[types.int64] * 3), emit


move_1, move_2, move_4, move_8, move_16 = (make_move(n) for n in (1, 2, 4, 8, 16))
move_vector = make_move(VECTOR)
put_1, put_2, put_4, put_8, put_16 = (make_put(n) for n in (1, 2, 4, 8, 16))


@njit
def copy_bytes(target, source, nbytes):
    """Copies a run of bytes, short ones quickly; the ends of a run overlap, not two runs."""
    if nbytes >= LARGE:
        copy_large(target, source, nbytes)
    elif nbytes >= VECTOR:
        for i in range(0, nbytes - VECTOR, VECTOR):
            move_vector(target + i, source + i)
        move_vector(target + nbytes - VECTOR, source + nbytes - VECTOR)
    elif nbytes >= 16:
        for i in range(0, nbytes - 16, 16):
            move_16(target + i, source + i)
        move_16(target + nbytes - 16, source + nbytes - 16)
    elif nbytes >= 8:
        move_8(target, source)
        move_8(target + nbytes - 8, source + nbytes - 8)
    elif nbytes >= 4:
        move_4(target, source)
        move_4(target + nbytes - 4, source + nbytes - 4)
    elif nbytes >= 2:
        move_2(target, source)
        move_2(target + nbytes - 2, source + nbytes - 2)
    elif nbytes == 1:
        move_1(target, source)


@njit
def fill_bytes(target, nbytes, low, high):
    """Fills a run with a pattern: two words, in which the value repeats."""
    end = target + nbytes
    while target + 16 <= end:
        put_16(target, low, high)
        target += 16
    if target + 8 <= end:
        put_8(target, low, high)
        target += 8
    if target + 4 <= end:
        put_4(target, low, high)
        target += 4
    if target + 2 <= end:
        put_2(target, low, high)
        target += 2
    if target < end:
        put_1(target, low, high)


# --- boxes ----------------------------------------------------------------------------------------


def _make_nest(copy_row):
    """The loop nest around a row: `copy_row(target, source, inside, innermost, low, high)`."""

    @njit
    def nest(lo, hi, args, source):
        """Items of a box whose first element is at `source`; words: see `_make_box`."""
        target, table, rank = word(args, 0), word(args, 2), word(args, 3)
        item_rows, low, high = word(args, 4), word(args, 5), word(args, 6)
        loop, innermost = table + (rank - 2) * DIMENSION, table + (rank - 1) * DIMENSION
        length, source_stride, target_stride = word(loop, 0), word(loop, 1), word(loop, 2)
        start, count = word(loop, 3), word(loop, 4)
        row, end = lo * item_rows, hi * item_rows
        while row < end:
            plane = row // length
            first = row - plane * length
            last = min(length, first + end - row)
            from_plane, to_plane, inside = source, target, True
            for d in range(rank - 3, -1, -1):
                dimension = table + d * DIMENSION
                rest = plane // word(dimension, 0)
                i = plane - rest * word(dimension, 0)
                plane = rest
                to_plane += i * word(dimension, 2)
                i -= word(dimension, 3)
                inside = inside and 0 <= i < word(dimension, 4)
                from_plane += i * word(dimension, 1)
            for i in range(first, last):
                from_row = from_plane + (i - start) * source_stride
                is_inside = inside and 0 <= i - start < count
                copy_row(to_plane + i * target_stride, from_row, is_inside, innermost, low, high)
            row += last - first

    return nest


def _make_box(nest):
    def box(lo, hi, args):
        """Words: target, source, table, dimensions (2 or more), rows of an item, pattern (2)."""
        nest(lo, hi, args, word(args, 1))

    return box


def _make_box_at(nest):
    def box_at(lo, hi, args):
        """A box whose place in the source is an input.

        Words: as of a box; then indices, their bytes, how many, a table [indices][3] of what an
        index moves the box by (bytes), the highest one, and what is added to a negative one (a
        highest one of -1: the index means nothing); failure.
        """
        source, indices, size, table = word(args, 1), word(args, 7), word(args, 8), word(args, 10)
        for i in range(word(args, 9)):
            stride, highest, wrap = (
                word(table, 3 * i),
                word(table, 3 * i + 1),
                word(table, 3 * i + 2),
            )
            if highest >= 0:
                given = word(indices, i) if size == 8 else np.int64(get_i32(indices + 4 * i))
                index = given + wrap if given < 0 else given
                if not 0 <= index <= highest:
                    report(args, 11, given, i)
                    return
                source += index * stride
        nest(lo, hi, args, source)

    return box_at


@njit
def _copy_run(target, source, inside, innermost, low, high):
    """A row of bytes next to each other: margins and a run between them."""
    nbytes, start, count = word(innermost, 0), word(innermost, 3), word(innermost, 4)
    if inside:
        fill_bytes(target, start, low, high)
        copy_bytes(target + start, source, count)
        fill_bytes(target + start + count, nbytes - start - count, low, high)
    else:
        fill_bytes(target, nbytes, low, high)


_run_nest = _make_nest(_copy_run)
box, box_at = _make_box(_run_nest), _make_box_at(_run_nest)


def _element_nest(size):
    """Boxes of elements that are not next to each other, in the source or the target."""
    move = make_move(size) if size <= 8 else move_16

    @njit
    def copy_elements(target, source, inside, innermost, low, high):
        count, source_stride, target_stride = (
            word(innermost, 0),
            word(innermost, 1),
            word(innermost, 2),
        )
        if target_stride == size:  # the compiler can make vectors of what it knows to be so
            if source_stride == 0:
                for i in range(count):
                    move(target + i * size, source)
            else:
                for i in range(count):
                    move(target + i * size, source + i * source_stride)
        else:
            for i in range(count):
                move(target + i * target_stride, source + i * source_stride)

    return _make_nest(copy_elements)


_nests = [_element_nest(size) for size in (1, 2, 4, 8, 16)]
box_b1, box_b2, box_b4, box_b8, box_b16 = map(_make_box, _nests)
box_at_b1, box_at_b2, box_at_b4, box_at_b8, box_at_b16 = map(_make_box_at, _nests)


# --- joins and parts ------------------------------------------------------------------------------


def _make_runs(joins):
    """Rows of one array, and runs of them that are rows of others: joined, or parted."""

    def runs(lo, hi, args):
        """Words: the array, bytes of its rows, how many others; of each: it, bytes of its rows.

        Item: a row.
        """
        whole, row_bytes, count = word(args, 0), word(args, 1), word(args, 2)
        for row in range(lo, hi):
            run = whole + row * row_bytes
            for k in range(count):
                nbytes = word(args, 4 + 2 * k)
                other = word(args, 3 + 2 * k) + row * nbytes
                if joins:
                    copy_bytes(run, other, nbytes)
                else:
                    copy_bytes(other, run, nbytes)
                run += nbytes

    return runs


join, part = _make_runs(True), _make_runs(False)


def _make_chunks(joins):
    """One row that is joined from others, or parted: too long for one thread."""

    def chunks(lo, hi, args):
        """Words: the row, its bytes, how many others, bytes of an item; of each: it, its bytes."""
        whole, row_bytes, count, chunk = word(args, 0), word(args, 1), word(args, 2), word(args, 3)
        first, last = lo * chunk, min(hi * chunk, row_bytes)
        offset = 0
        for k in range(count):
            other, nbytes = word(args, 4 + 2 * k), word(args, 5 + 2 * k)
            start, end = max(first, offset), min(last, offset + nbytes)
            if start < end:
                if joins:
                    copy_bytes(whole + start, other + start - offset, end - start)
                else:
                    copy_bytes(other + start - offset, whole + start, end - start)
            offset += nbytes

    return chunks


join_chunks, part_chunks = _make_chunks(True), _make_chunks(False)


# --- fills ----------------------------------------------------------------------------------------


def make_repeat(nbytes: int) -> Callable[..., int]:
    """Makes `repeat(address)`: a word in which the element of so many bytes there repeats."""
    kind = ir.IntType(8 * nbytes)

    @intrinsic
    def repeat(typing_context: Any, address: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            value = builder.load(pointer_to(builder, arguments[0], kind), align=1)
            return builder.bitcast(spread(builder, value, 8 // nbytes), WORD)

        return types.int64(types.int64), emit

    return repeat


repeat_1, repeat_2, repeat_4 = (make_repeat(n) for n in (1, 2, 4))


def fill(lo, hi, args):
    """Words: target, value, bytes of it, bytes of an item, bytes of all."""
    target, value, size, chunk = word(args, 0), word(args, 1), word(args, 2), word(args, 3)
    if size == 1:
        low = repeat_1(value)
    elif size == 2:
        low = repeat_2(value)
    elif size == 4:
        low = repeat_4(value)
    else:
        low = word(value, 0)
    high = word(value, 1) if size == 16 else low
    first, last = lo * chunk, min(hi * chunk, word(args, 4))
    fill_bytes(target + first, last - first, low, high)


# --- bands of matrices ----------------------------------------------------------------------------


def band(lo, hi, args):
    """Rows of matrices, of which a part around the diagonal is kept. Item: a row.

    Words: target, source, rows of a matrix, columns, bytes of an element, diagonals kept below the
    main one, and above it.
    """
    target, source, rows, columns = word(args, 0), word(args, 1), word(args, 2), word(args, 3)
    size, lower, upper = word(args, 4), word(args, 5), word(args, 6)
    for item in range(lo, hi):
        row, at = item % rows, item * columns * size
        first = min(max(0, row - lower), columns)
        last = max(first, min(columns, row + upper + 1))
        fill_bytes(target + at, first * size, 0, 0)
        copy_bytes(target + at + first * size, source + at + first * size, (last - first) * size)
        fill_bytes(target + at + last * size, (columns - last) * size, 0, 0)
