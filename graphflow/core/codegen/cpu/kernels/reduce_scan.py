"""Cumsum and Cumprod over the middle axis of [outer, n, inner]; items are the outer ones.

From the first row of an item to the last, or back, a vector of columns at once; where rows are
single elements, one by one. Each element is read and written once, which is all it costs.

    words   0 x  1 y  2 n  3 inner  4 whether an element's own value is left out  5 whether from the
            end
"""

from __future__ import annotations

from ..simd import F32, F64, I32, I64, helper, word


@helper
def _add(a, b):
    return a + b


@helper
def _multiply(a, b):
    return a * b


def _make(lanes, combine, neutral):
    load, load_tail, store, store_tail, splat = (
        lanes.load, lanes.load_tail, lanes.store, lanes.store_tail, lanes.splat,
    )  # fmt: skip
    width, size, scalar, get, put = lanes.width, lanes.size, lanes.scalar, lanes.get, lanes.put

    @helper
    def elements(x, y, n, step, is_exclusive):
        total = scalar(neutral)
        for i in range(n):
            value = get(x + i * step)
            joined = scalar(combine(total, value))
            put(y + i * step, total if is_exclusive else joined)
            total = joined

    @helper
    def columns(x, y, n, step, is_exclusive, count):
        total = splat(scalar(neutral))
        for i in range(n):
            if count >= width:
                value = load(x + i * step)
            else:
                value = load_tail(x + i * step, count, scalar(neutral))
            joined = combine(total, value)
            result = total if is_exclusive else joined
            if count >= width:
                store(y + i * step, result)
            else:
                store_tail(y + i * step, result, count)
            total = joined

    def scan(lo, hi, args):
        x, y, n, inner = word(args, 0), word(args, 1), word(args, 2), word(args, 3)
        is_exclusive, stride = word(args, 4) != 0, inner * size
        first, step = 0, stride
        if word(args, 5) != 0:
            first, step = (n - 1) * stride, -stride
        for i in range(lo, hi):
            at = i * n * stride + first
            if inner == 1:
                elements(x + at, y + at, n, step, is_exclusive)
            else:
                for c in range(0, inner, width):
                    here = at + c * size
                    columns(x + here, y + here, n, step, is_exclusive, inner - c)

    return scan


sum_f32, sum_f64 = _make(F32, _add, 0), _make(F64, _add, 0)
sum_i32, sum_i64 = _make(I32, _add, 0), _make(I64, _add, 0)
product_f32, product_f64 = _make(F32, _multiply, 1), _make(F64, _multiply, 1)
product_i32, product_i64 = _make(I32, _multiply, 1), _make(I64, _multiply, 1)
