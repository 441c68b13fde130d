"""Optimizer rules for the rows that indices name, in place; rows that are named twice, twice.

    indices     gradient rows             variable and slot rows
    [ 5 ]       +--:--:--+                +--:--:--+
    [ 2 ]       |  :  :  |   rule  ---->  |  :  :  |     an item is a band of columns: it goes
    [ 5 ]       +--:--:--+                +--:--:--+     through all indices in order

All indices are checked before the first row is changed. Bytes: for each index a row of the gradient
once, of the variable and of the slot twice.
"""

from __future__ import annotations

from numba import njit

from ..simd import F32, F64, vector_sqrt, word
from .gather import check_places, index_at


def _make_update(real, rule):
    load, store, splat, get = real.load, real.store, real.splat, real.get
    load_tail, store_tail, scalar = real.load_tail, real.store_tail, real.scalar
    WIDTH, SIZE = real.width, real.size

    def update(lo, hi, args):
        """Words: variable, slot, gradient; indices, their kind, limit, how many; columns, those of
        a band; two numbers (addresses), an option; failure."""
        variable, slot, gradient = word(args, 0), word(args, 1), word(args, 2)
        indices, kind, limit, count = word(args, 3), word(args, 4), word(args, 5), word(args, 6)
        columns, band, option = word(args, 7), word(args, 8), word(args, 11)
        a, b = splat(get(word(args, 9))), splat(get(word(args, 10)))
        if not check_places(indices, kind, 1, limit, count, 0, args, 12):
            return
        first, last = lo * band, min(hi * band, columns)
        for i in range(count):
            row = index_at(indices, kind, i) * columns
            for column in range(first, last, WIDTH):
                at, left = (row + column) * SIZE, last - column
                source = gradient + (i * columns + column) * SIZE
                if left >= WIDTH:
                    v, s, g = load(variable + at), load(slot + at), load(source)
                    v, s = rule(v, s, g, a, b, option)
                    store(variable + at, v)
                    store(slot + at, s)
                else:
                    v, s = (
                        load_tail(variable + at, left, scalar(0)),
                        load_tail(slot + at, left, scalar(0)),
                    )
                    v, s = rule(v, s, load_tail(source, left, scalar(0)), a, b, option)
                    store_tail(variable + at, v, left)
                    store_tail(slot + at, s, left)

    return update


@njit(inline="always")
def _momentum(variable, slot, gradient, rate, momentum, nesterov):
    slot = slot * momentum + gradient
    step = slot * rate
    if nesterov != 0:
        step = gradient * rate + slot * momentum * rate
    return variable - step, slot


@njit(inline="always")
def _adagrad(variable, slot, gradient, rate, epsilon, updates_slot):
    if updates_slot != 0:
        slot = slot + gradient * gradient
    return variable - gradient * rate / (vector_sqrt(slot) + epsilon), slot


momentum_f32, momentum_f64 = (_make_update(real, _momentum) for real in (F32, F64))
adagrad_f32, adagrad_f64 = (_make_update(real, _adagrad) for real in (F32, F64))
