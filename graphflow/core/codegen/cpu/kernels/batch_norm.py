"""Fused batch normalisation of [rows, channels]: statistics, their use, and their gradients.

`batch_norm_planes.py` has the passes over x for channels that come before the pixels.

    statistics    x -> parts            one pass; items are rows of an image, a part per block
    finish        parts -> vectors      one item: what a channel needs, the factor included
    normalize     x -> y                (x - mean) * factor + offset
    sums          x, dy -> parts        one pass: sum(dy) and sum(dy * (x - mean))
    finish_grad   parts -> vectors      one item: the gradients of scale and offset
    normalize_grad  x, dy -> dx         factor * (dy - mean(dy) - (x - mean) * slope)

A part holds, for each channel, the mean m of its n elements and the sum q of their squared
distances from it. `CHUNK` rows are taken at once, as sums of distances d from the mean so far (of
the first chunk: from the first row), and joined as Chan, Golub and LeVeque have it (1979):

    s = sum(d)    m' = m + s / (n + k)    q' = q + sum(d * d) - s * s / k + (s / k)**2 n k / (n + k)

So a large mean costs no accuracy, and the order of the sums is always the same.

Bytes: statistics read x, `normalize` reads it again; the gradient reads x and dy twice each. Work:
three operations an element in each pass: all is bound by memory.

All is float32: TF has these ops for no wider type.
"""

from __future__ import annotations

from ..simd import (
    F32,
    fused_multiply_add,
    helper,
    real_word,
    select,
    vector_sqrt,
    word,
)

CHUNK = 64  # rows whose sums are taken one after the other

load, store, splat, scalar = F32.load, F32.store, F32.splat, F32.scalar
load_tail, store_tail = F32.load_tail, F32.store_tail
WIDTH, SIZE = F32.width, F32.size
BYTES = WIDTH * SIZE


@helper
def read(address, count):
    """A vector, or the `count` elements that are left and zeros."""
    return load(address) if count >= WIDTH else load_tail(address, count, scalar(0))


@helper
def write(address, value, count):
    """Writes a vector, or its first `count` elements if it has more."""
    if count >= WIDTH:
        store(address, value)
    else:
        store_tail(address, value, count)


@helper
def join(mean, squares, n, part_mean, part_squares, k):
    """Mean and squared distances of n elements and k others together."""
    delta = part_mean - mean
    joined = mean + delta * scalar(k / (n + k))
    return joined, squares + part_squares + delta * delta * scalar(n * k / (n + k))


@helper
def _update(part, squares_at, count, n, k, shift, total, squares):
    """Joins a chunk of k rows, given as sums of distances from `shift`, to a part of n."""
    delta = total * scalar(1.0 / k)
    own = squares - total * delta
    own = select(own < scalar(0), splat(scalar(0)), own)
    if n == 0:
        write(part, shift + delta, count)
        write(part + squares_at, own, count)
    else:
        mean, joined = join(shift, read(part + squares_at, count), n, shift + delta, own, k)
        write(part, mean, count)
        write(part + squares_at, joined, count)


@helper
def _two_columns(x, rows, stride, part, squares_at, n):
    """The statistics of two vectors of channels over a chunk."""
    source = x if n == 0 else part
    shift0, shift1 = load(source), load(source + BYTES)
    total0 = total1 = squares0 = squares1 = splat(scalar(0))
    for r in range(rows):
        d0, d1 = load(x + r * stride) - shift0, load(x + r * stride + BYTES) - shift1
        total0, total1 = total0 + d0, total1 + d1
        squares0 = fused_multiply_add(d0, d0, squares0)
        squares1 = fused_multiply_add(d1, d1, squares1)
    _update(part, squares_at, WIDTH, n, rows, shift0, total0, squares0)
    _update(part + BYTES, squares_at, WIDTH, n, rows, shift1, total1, squares1)


@helper
def _column(x, rows, stride, part, squares_at, n, count):
    """The same of one vector, or of the `count` channels that are left."""
    shift = read(x if n == 0 else part, count)
    total = squares = splat(scalar(0))
    for r in range(rows):
        d = read(x + r * stride, count) - shift
        total = total + d
        squares = fused_multiply_add(d, d, squares)
    _update(part, squares_at, count, n, rows, shift, total, squares)


def statistics_f32(lo, hi, args):
    """Words: x, parts, rows of an item, channels, items of a block."""
    x, parts, rows, channels = word(args, 0), word(args, 1), word(args, 2), word(args, 3)
    block_items, stride = word(args, 4), channels * SIZE
    for i in range(lo, hi):
        part = parts + i // block_items * 2 * stride
        for start in range(0, rows, CHUNK):
            n, k = i % block_items * rows + start, min(rows - start, CHUNK)
            source, c = x + (i * rows + start) * stride, 0
            while channels - c >= 2 * WIDTH:
                _two_columns(source + c * SIZE, k, stride, part + c * SIZE, stride, n)
                c += 2 * WIDTH
            while channels > c:
                _column(source + c * SIZE, k, stride, part + c * SIZE, stride, n, channels - c)
                c += WIDTH


def finish_f32(lo, hi, args):
    """Words: parts (0: the statistics are given), scale, old mean, old variance, factor, batch mean
    and variance, saved mean and variance, channels, blocks, rows of a block, all rows, epsilon, the
    batch's share in the new statistics."""
    parts, channels, blocks = word(args, 0), word(args, 9), word(args, 10)
    block_rows, all_rows = word(args, 11), word(args, 12)
    epsilon, share = scalar(real_word(args, 13)), scalar(real_word(args, 14))
    stride = channels * SIZE
    for c in range(0, channels, WIDTH):
        at, count = c * SIZE, channels - c
        if parts != 0:
            mean, squares = read(parts + at, count), read(parts + at + stride, count)
            for b in range(1, blocks):
                n, part = b * block_rows, parts + b * 2 * stride + at
                part_mean, part_squares = read(part, count), read(part + stride, count)
                k = min(block_rows, all_rows - n)
                mean, squares = join(mean, squares, n, part_mean, part_squares, k)
            variance = squares / scalar(all_rows)
            batch_mean = mean
            batch_variance = variance * scalar(all_rows / max(all_rows - 1, 1))
            if share != scalar(1):
                rest = scalar(1) - share
                batch_mean = rest * read(word(args, 2) + at, count) + share * batch_mean
                old = read(word(args, 3) + at, count)
                batch_variance = rest * old + share * batch_variance
        else:
            mean, variance = read(word(args, 2) + at, count), read(word(args, 3) + at, count)
            batch_mean, batch_variance = mean, variance
        factor = read(word(args, 1) + at, count) / vector_sqrt(variance + epsilon)
        write(word(args, 4) + at, factor, count)
        write(word(args, 5) + at, batch_mean, count)
        write(word(args, 6) + at, batch_variance, count)
        write(word(args, 7) + at, mean, count)
        write(word(args, 8) + at, variance, count)


def normalize_f32(lo, hi, args):
    """Words: x, y, mean, factor, offset, rows of an item, channels."""
    x, y, mean, factor, offset = (
        word(args, 0), word(args, 1), word(args, 2), word(args, 3), word(args, 4),
    )  # fmt: skip
    rows, channels = word(args, 5), word(args, 6)
    for r in range(lo * rows, hi * rows):
        row = r * channels * SIZE
        for c in range(0, channels, WIDTH):
            at, count = c * SIZE, channels - c
            distance = read(x + row + at, count) - read(mean + at, count)
            value = fused_multiply_add(distance, read(factor + at, count), read(offset + at, count))
            write(y + row + at, value, count)


def sums_f32(lo, hi, args):
    """Words: x, dy, mean, parts, rows of an item, channels, items of a block."""
    x, dy, means, parts = word(args, 0), word(args, 1), word(args, 2), word(args, 3)
    rows, channels, block_items = word(args, 4), word(args, 5), word(args, 6)
    stride = channels * SIZE
    for i in range(lo, hi):
        part = parts + i // block_items * 2 * stride
        for start in range(0, rows, CHUNK):
            k, first = min(rows - start, CHUNK), (i * rows + start) * stride
            is_fresh = start == 0 and i % block_items == 0
            for c in range(0, channels, WIDTH):
                at, count = c * SIZE, channels - c
                mean = read(means + at, count)
                total = products = splat(scalar(0))
                for r in range(k):
                    here = first + r * stride + at
                    gradient = read(dy + here, count)
                    distance = read(x + here, count) - mean
                    total = total + gradient
                    products = fused_multiply_add(gradient, distance, products)
                if not is_fresh:
                    total = total + read(part + at, count)
                    products = products + read(part + stride + at, count)
                write(part + at, total, count)
                write(part + stride + at, products, count)


def finish_grad_f32(lo, hi, args):
    """Words: parts, scale, variance, doffset, dscale, vectors (factor, mean(dy), slope), channels,
    blocks, all rows, epsilon."""
    parts, vectors, channels, blocks = word(args, 0), word(args, 5), word(args, 6), word(args, 7)
    all_rows, epsilon = word(args, 8), scalar(real_word(args, 9))
    stride = channels * SIZE
    for c in range(0, channels, WIDTH):
        at, count = c * SIZE, channels - c
        total = products = splat(scalar(0))
        for b in range(blocks):
            total = total + read(parts + b * 2 * stride + at, count)
            products = products + read(parts + (b * 2 + 1) * stride + at, count)
        inverse = splat(scalar(1)) / vector_sqrt(read(word(args, 2) + at, count) + epsilon)
        write(word(args, 3) + at, total, count)
        write(word(args, 4) + at, products * inverse, count)
        write(vectors + at, read(word(args, 1) + at, count) * inverse, count)
        share = scalar(1.0 / all_rows)
        write(vectors + stride + at, total * share, count)
        write(vectors + 2 * stride + at, products * inverse * inverse * share, count)


def normalize_grad_f32(lo, hi, args):
    """Words: x, dy, dx, mean, vectors (factor, mean(dy), slope), whether the statistics are x's own
    (else dx is dy times a factor), rows of an item, channels."""
    x, dy, dx, means, vectors = (
        word(args, 0), word(args, 1), word(args, 2), word(args, 3), word(args, 4),
    )  # fmt: skip
    is_own, rows, channels = word(args, 5), word(args, 6), word(args, 7)
    stride = channels * SIZE
    for r in range(lo * rows, hi * rows):
        for c in range(0, channels, WIDTH):
            at, count = c * SIZE, channels - c
            here = r * stride + at
            value = read(dy + here, count)
            if is_own != 0:
                distance = read(x + here, count) - read(means + at, count)
                value = value - read(vectors + stride + at, count)
                value = value - distance * read(vectors + 2 * stride + at, count)
            write(dx + here, value * read(vectors + at, count), count)
