"""Products of a vector and a matrix: c [n] = a [k] B, with B [k, n] or stored as [n, k].

    sums: B [k, n]                                  dots: B [n, k]
           +------------------+                          +------------+
      a[k] | four rows of B   |                          | four rows  |  c[j] = a . B[j]
           | at a time, added |                          | of B at a  |
           | up in c          |                          | time       |
           +------------------+                          +------------+
         c [  lo : hi  ]

B is read once, in the order in which it lies, and nothing is packed. An item is a block of 128
bytes of c (sums) or an element of it (dots). FLOPs: 2 k n; bytes: those of B, which set the time.
Words of both: 0 a, 1 B, 2 bytes from one stored row of B to the next, 3 c, 4 n, 5 k, 6 bias (or 0),
7 activation (0 none, 1 relu).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..simd import F32, F64, Lanes, fused_multiply_add, helper, sum_of, vector_max, word

BLOCK_BYTES = 128  # of c: an item of `sums`
ROWS = 4  # of B at a time


def make_access(real: Lanes) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Makes access to vectors that may lie across the end of their memory.

    Returns:
      `fetch(address, count)`: a vector, or what there is of it, then zeros; and
      `give(address, value, count)`: writes a vector, or what there is room for.
    """
    load, store, load_tail, store_tail = real.load, real.store, real.load_tail, real.store_tail
    WIDTH, zero = real.width, real.scalar(0)

    @helper
    def fetch(address, count):
        return load(address) if count >= WIDTH else load_tail(address, count, zero)

    @helper
    def give(address, value, count):
        if count >= WIDTH:
            store(address, value)
        else:
            store_tail(address, value, count)

    return fetch, give


def make_sums(real: Lanes) -> Callable[..., Any]:
    """Makes the kernel `sums`."""
    (fetch, give), splat, get = make_access(real), real.splat, real.get
    WIDTH, SIZE = real.width, real.size
    BLOCK = BLOCK_BYTES // SIZE
    zero = real.scalar(0)

    def sums(lo, hi, args):
        a, b, stride, c = word(args, 0), word(args, 1), word(args, 2), word(args, 3)
        n, inner, bias, activation = word(args, 4), word(args, 5), word(args, 6), word(args, 7)
        end = min(hi * BLOCK, n)
        column = lo * BLOCK
        while column < end:
            value = splat(zero)
            if bias != 0:
                value = fetch(bias + column * SIZE, end - column)
            give(c + column * SIZE, value, end - column)
            column += WIDTH
        k = 0
        while k + ROWS <= inner:
            at = a + k * SIZE
            a0, a1 = splat(get(at)), splat(get(at + SIZE))
            a2, a3 = splat(get(at + 2 * SIZE)), splat(get(at + 3 * SIZE))
            column = lo * BLOCK
            while column < end:
                left, to = end - column, c + column * SIZE
                row = b + k * stride + column * SIZE
                value = fused_multiply_add(a0, fetch(row, left), fetch(to, left))
                value = fused_multiply_add(a1, fetch(row + stride, left), value)
                value = fused_multiply_add(a2, fetch(row + 2 * stride, left), value)
                value = fused_multiply_add(a3, fetch(row + 3 * stride, left), value)
                give(to, value, left)
                column += WIDTH
            k += ROWS
        while k < inner:
            a0 = splat(get(a + k * SIZE))
            column = lo * BLOCK
            while column < end:
                left, to = end - column, c + column * SIZE
                row = b + k * stride + column * SIZE
                give(to, fused_multiply_add(a0, fetch(row, left), fetch(to, left)), left)
                column += WIDTH
            k += 1
        if activation == 1:
            column = lo * BLOCK
            while column < end:
                left, to = end - column, c + column * SIZE
                give(to, vector_max(fetch(to, left), splat(zero)), left)
                column += WIDTH

    return sums


def make_dots(real: Lanes) -> Callable[..., Any]:
    """Makes the kernel `dots`."""
    (fetch, _), splat, get, put = make_access(real), real.splat, real.get, real.put
    WIDTH, SIZE = real.width, real.size
    zero = real.scalar(0)

    def dots(lo, hi, args):
        a, b, stride, c = word(args, 0), word(args, 1), word(args, 2), word(args, 3)
        inner, bias, activation = word(args, 5), word(args, 6), word(args, 7)
        first = lo
        while first < hi:
            # The last rows may be fewer than four: the very last is then computed again.
            j0, j1 = first, min(first + 1, hi - 1)
            j2, j3 = min(first + 2, hi - 1), min(first + 3, hi - 1)
            s0, s1, s2, s3 = splat(zero), splat(zero), splat(zero), splat(zero)
            k = 0
            while k < inner:
                left, at = inner - k, b + k * SIZE
                x = fetch(a + k * SIZE, left)
                s0 = fused_multiply_add(x, fetch(at + j0 * stride, left), s0)
                s1 = fused_multiply_add(x, fetch(at + j1 * stride, left), s1)
                s2 = fused_multiply_add(x, fetch(at + j2 * stride, left), s2)
                s3 = fused_multiply_add(x, fetch(at + j3 * stride, left), s3)
                k += WIDTH
            put(c + j0 * SIZE, sum_of(s0))
            put(c + j1 * SIZE, sum_of(s1))
            put(c + j2 * SIZE, sum_of(s2))
            put(c + j3 * SIZE, sum_of(s3))
            first += ROWS
        if bias != 0 or activation == 1:
            for j in range(lo, hi):
                value = get(c + j * SIZE)
                if bias != 0:
                    value += get(bias + j * SIZE)
                if activation == 1 and value < zero:
                    value = zero
                put(c + j * SIZE, value)

    return dots


sums_f32, sums_f64 = make_sums(F32), make_sums(F64)
dots_f32, dots_f64 = make_dots(F32), make_dots(F64)
