"""Softmax, its logarithm, and the cross entropies with their gradients; items are rows of classes.

    pass 1   x                 the largest class
    pass 2   x -> y            exp(x - largest), and their sum
    pass 3   y -> y            times 1 / sum; the losses are added up on the way

The row stays in the cache between passes, so memory is read and written once. Work: an exp (some 20
operations) and 5 more per element. Vectors past a row's end hold -infinity, of which exp is 0.
"""

from __future__ import annotations

import numpy as np

from ..simd import (
    F32,
    F64,
    I32,
    I64,
    fused_multiply_add,
    helper,
    max_of,
    report,
    select,
    sum_of,
    word,
)
from ..vector_math_intrinsics import vector_exp, vector_log


def _make(real):
    """The kernels of an element type."""
    load, load_tail, store, store_tail, splat = (
        real.load, real.load_tail, real.store, real.store_tail, real.splat,
    )  # fmt: skip
    width, size, scalar = real.width, real.size, real.scalar
    get, put, label_32, label_64 = real.get, real.put, I32.get, I64.get
    nothing, lowest = scalar(0), scalar(-np.inf)
    smallest = scalar(-87.0 if real is F32 else -708.0)  # whose exp is a normal number

    @helper
    def read(address, count, fill):
        return load(address) if count >= width else load_tail(address, count, fill)

    @helper
    def write(address, value, count):
        if count >= width:
            store(address, value)
        else:
            store_tail(address, value, count)

    @helper
    def largest_of(x, n):
        """The largest element of a row. NaN is passed over here: it comes back with the sum."""
        result = splat(lowest)
        for i in range(0, n, width):
            value = read(x + i * size, n - i, lowest)
            result = select(value > result, value, result)
        return max_of(result)

    @helper
    def exponentials(x, y, n, largest):
        """Writes exp(x - largest), and gives their sum.

        What is no normal number is 0: in TF's threads it is as well, and a vector with a denormal
        costs what 50 others do. Such would be those past the end of each row.
        """
        total = splat(nothing)
        for i in range(0, n, width):
            lowered = read(x + i * size, n - i, lowest) - largest
            vanishes = lowered < smallest
            value = vector_exp(select(vanishes, splat(smallest), lowered))
            value = select(vanishes, splat(nothing), value)
            total = total + value
            write(y + i * size, value, n - i)
        return sum_of(total)

    def softmax(lo, hi, args):
        x, y, n = word(args, 0), word(args, 1), word(args, 2)
        for item in range(lo, hi):
            row = item * n * size
            factor = splat(1 / exponentials(x + row, y + row, n, largest_of(x + row, n)))
            for i in range(0, n, width):
                at = y + row + i * size
                write(at, read(at, n - i, nothing) * factor, n - i)

    def log_softmax(lo, hi, args):
        x, y, n = word(args, 0), word(args, 1), word(args, 2)
        for item in range(lo, hi):
            row = item * n * size
            largest = largest_of(x + row, n)
            logarithm = vector_log(splat(exponentials(x + row, y + row, n, largest)))
            for i in range(0, n, width):
                value = read(x + row + i * size, n - i, nothing) - largest - logarithm
                write(y + row + i * size, value, n - i)

    def cross_entropy(lo, hi, args):
        """Words: logits, labels (a probability for each class), losses, gradients, classes."""
        x, labels, n = word(args, 0), word(args, 1), word(args, 4)
        for item in range(lo, hi):
            row, loss, dx = item * n * size, word(args, 2) + item * size, word(args, 3)
            largest = largest_of(x + row, n)
            total = exponentials(x + row, dx + row, n, largest)
            logarithm, factor = vector_log(splat(total)), splat(1 / total)
            sums = splat(nothing)
            for i in range(0, n, width):
                at = row + i * size
                label = read(labels + at, n - i, nothing)
                lowered = read(x + at, n - i, largest) - largest
                sums = fused_multiply_add(label, logarithm - lowered, sums)
                value = read(dx + at, n - i, nothing) * factor - label
                write(dx + at, value, n - i)
            put(loss, sum_of(sums))

    def sparse_cross_entropy(lo, hi, args):
        """Words: logits, labels (a class number each), losses, gradients, classes, bytes of a
        label, and where a label that is no class is reported."""
        x, labels, n, label_size = word(args, 0), word(args, 1), word(args, 4), word(args, 5)
        for item in range(lo, hi):
            if label_size == 4:
                label = np.int64(label_32(labels + item * 4))
            else:
                label = label_64(labels + item * 8)
            if label < 0 or label >= n:
                report(args, 6, label, item)
                continue
            row, loss, dx = x + item * n * size, word(args, 2), word(args, 3) + item * n * size
            largest = largest_of(row, n)
            total = exponentials(row, dx, n, largest)
            logarithm, factor = vector_log(splat(total)), splat(1 / total)
            for i in range(0, n, width):
                at = dx + i * size
                write(at, read(at, n - i, nothing) * factor, n - i)
            at = label * size
            put(loss + item * size, max_of(logarithm) - (get(row + at) - largest))
            put(dx + at, get(dx + at) - scalar(1))

    return softmax, log_softmax, cross_entropy, sparse_cross_entropy


softmax_f32, log_softmax_f32, cross_entropy_f32, sparse_cross_entropy_f32 = _make(F32)
softmax_f64, log_softmax_f64, cross_entropy_f64, sparse_cross_entropy_f64 = _make(F64)
