"""Sequences turned round up to a length of their own; what lies behind it stays.

    one sequence, length 3          lengths per row (batch first)      per column (time first)
    a b c d e  ->  c b a d e        an item is some rows of the result, whatever the order

Arrays are seen as rows [outer, n, middle, m], one of n and m the sequence, the other the batch; a
row is what lies next to each other behind both. Every range of items looks at all lengths before it
writes, so that of several bad ones the same is reported by all. Bytes: all read and written once.
"""

from __future__ import annotations

from numba import njit

from ..simd import report, word
from .gather import index_at
from .move import copy_bytes, move_4, move_8


@njit
def _are_good(lengths, kind, count, limit, args, at):
    """Whether all lengths are in [0, limit]; reports the least if it is negative, else the largest
    that is too long: as the reference does, the first of equal ones."""
    least, most = 0, 0
    for i in range(1, count):
        length = index_at(lengths, kind, i)
        least = i if length < index_at(lengths, kind, least) else least
        most = i if length > index_at(lengths, kind, most) else most
    bad = least if index_at(lengths, kind, least) < 0 else most
    length = index_at(lengths, kind, bad)
    if not 0 <= length <= limit:
        report(args, at, length, bad)
        return False
    return True


@njit
def _copy_row(target, source, nbytes):
    if nbytes == 4:
        move_4(target, source)
    elif nbytes == 8:
        move_8(target, source)
    else:
        copy_bytes(target, source, nbytes)


@njit
def _turned(result, source, row, length, first, last, nbytes):
    """Places [first, last) of a sequence that begins at a row, its rows next to each other."""
    begin = row * nbytes
    for i in range(first, min(last, length)):
        _copy_row(result + begin + i * nbytes, source + begin + (length - 1 - i) * nbytes, nbytes)
    if length < last:
        rest = max(first, length)
        at = begin + rest * nbytes
        copy_bytes(result + at, source + at, (last - rest) * nbytes)


def sequences(lo, hi, args):
    """Words: result, source; lengths, their kind, how many, the longest possible; n, middle, m;
    whether m is the sequence; rows of an item; bytes of a row; failure."""
    result, source, lengths, kind = word(args, 0), word(args, 1), word(args, 2), word(args, 3)
    n, middle, m, is_inner = word(args, 6), word(args, 7), word(args, 8), word(args, 9)
    item_rows, nbytes = word(args, 10), word(args, 11)
    if not _are_good(lengths, kind, word(args, 4), word(args, 5), args, 12):
        return
    row, end = lo * item_rows, hi * item_rows
    while row < end:  # one run along m after the other
        run = row // m
        first = row - run * m
        last = min(m, first + end - row)
        i = run // middle % n
        if is_inner != 0:
            _turned(result, source, run * m, index_at(lengths, kind, i), first, last, nbytes)
        else:
            for j in range(first, last):
                length, at = index_at(lengths, kind, j), run * m + j
                other = at + (length - 1 - 2 * i) * middle * m if i < length else at
                _copy_row(result + at * nbytes, source + other * nbytes, nbytes)
        row += last - first
