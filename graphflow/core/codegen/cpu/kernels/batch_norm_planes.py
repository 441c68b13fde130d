"""Fused batch normalisation of [images, channels, pixels]: the passes over x; see `batch_norm.py`.

An item is a run of one channel's neighbours: a plane of pixels, or one of the `pieces` equal ones
that large planes are cut into where there are few. With 3 pieces and 2 channels:

    x      |image 0: channel 0|    channel 1     |image 1: channel 0|    channel 1     |
    item   |  0     1     2   |  3     4     5   |  6     7     8   |  9     10    11  |
    part   |  0     1     2   |  0     1     2   |  3     4     5   |  3     4     5   |

Each run has a place of its own in the parts [images * pieces, 2, channels], whichever thread takes
it; `finish` and `finish_grad` join the parts, always in the same order.

Bytes and work are those of the passes over rows, but that lanes are added up for each run: where
planes are smaller than a few vectors, that is most of the time.
"""

from __future__ import annotations

from ..simd import F32, fused_multiply_add, helper, sum_of, word
from .batch_norm import join, read, write

load, load_tail, splat, scalar = F32.load, F32.load_tail, F32.splat, F32.scalar
get, put = F32.get, F32.put
WIDTH, SIZE = F32.width, F32.size
BYTES = WIDTH * SIZE

CHUNK = 64 * WIDTH  # elements whose sums are taken at once


@helper
def _place(i, channels, pieces):
    """Where run i is: its image, channel and piece."""
    plane = i // pieces
    image = plane // channels
    return image, plane - image * channels, i - plane * pieces


@helper
def _next(image, channel, piece, channels, pieces):
    """Where the run after this one is; counted, as divisions take longer than a small plane."""
    piece += 1
    if piece == pieces:
        piece = 0
        channel += 1
        if channel == channels:
            channel = 0
            image += 1
    return image, channel, piece


@helper
def _distances(x, count, shift):
    """The sums of the distances from `shift`, and of their squares."""
    shifts = splat(shift)
    total0 = total1 = squares0 = squares1 = splat(scalar(0))
    i = 0
    while count - i >= 2 * WIDTH:
        d0, d1 = load(x + i * SIZE) - shifts, load(x + i * SIZE + BYTES) - shifts
        total0, total1 = total0 + d0, total1 + d1
        squares0 = fused_multiply_add(d0, d0, squares0)
        squares1 = fused_multiply_add(d1, d1, squares1)
        i += 2 * WIDTH
    while count > i:
        at, left = x + i * SIZE, count - i
        d0 = (load(at) if left >= WIDTH else load_tail(at, left, shift)) - shifts
        total0 = total0 + d0
        squares0 = fused_multiply_add(d0, d0, squares0)
        i += WIDTH
    return sum_of(total0 + total1), sum_of(squares0 + squares1)


def statistics_f32(lo, hi, args):
    """Words: x, parts, elements of a run, channels, runs of a plane."""
    x, parts, length = word(args, 0), word(args, 1), word(args, 2)
    channels, pieces = word(args, 3), word(args, 4)
    image, channel, piece = _place(lo, channels, pieces)
    for i in range(lo, hi):
        run = x + i * length * SIZE
        mean, squares = get(run), scalar(0)
        for start in range(0, length, CHUNK):
            k = min(length - start, CHUNK)
            total, own = _distances(run + start * SIZE, k, mean)
            delta = total * scalar(1.0 / k)
            own = own - total * delta
            if own < scalar(0):
                own = scalar(0)
            mean, squares = join(mean, squares, start, mean + delta, own, k)
        to = parts + ((image * pieces + piece) * 2 * channels + channel) * SIZE
        put(to, mean)
        put(to + channels * SIZE, squares)
        image, channel, piece = _next(image, channel, piece, channels, pieces)


def normalize_f32(lo, hi, args):
    """Words: x, y, mean, factor, offset, elements of a run, channels, runs of a plane."""
    x, y, length, channels = word(args, 0), word(args, 1), word(args, 5), word(args, 6)
    pieces = word(args, 7)
    image, channel, piece = _place(lo, channels, pieces)
    for i in range(lo, hi):
        at = channel * SIZE
        mean, factor = splat(get(word(args, 2) + at)), splat(get(word(args, 3) + at))
        offset, run = splat(get(word(args, 4) + at)), i * length * SIZE
        for j in range(0, length, WIDTH):
            here, count = run + j * SIZE, length - j
            distance = read(x + here, count) - mean
            write(y + here, fused_multiply_add(distance, factor, offset), count)
        image, channel, piece = _next(image, channel, piece, channels, pieces)


@helper
def _products(x, dy, count, mean):
    """The sums of dy, and of dy * (x - mean)."""
    total0 = total1 = products0 = products1 = splat(scalar(0))
    i = 0
    while count - i >= 2 * WIDTH:
        at = i * SIZE
        g0, g1 = load(dy + at), load(dy + at + BYTES)
        total0, total1 = total0 + g0, total1 + g1
        products0 = fused_multiply_add(g0, load(x + at) - mean, products0)
        products1 = fused_multiply_add(g1, load(x + at + BYTES) - mean, products1)
        i += 2 * WIDTH
    while count > i:
        at, left = i * SIZE, count - i
        g0 = read(dy + at, left)
        total0 = total0 + g0
        products0 = fused_multiply_add(g0, read(x + at, left) - mean, products0)
        i += WIDTH
    return sum_of(total0 + total1), sum_of(products0 + products1)


def sums_f32(lo, hi, args):
    """Words: x, dy, mean, parts, elements of a run, channels, runs of a plane."""
    x, dy, means, parts = word(args, 0), word(args, 1), word(args, 2), word(args, 3)
    length, channels, pieces = word(args, 4), word(args, 5), word(args, 6)
    image, channel, piece = _place(lo, channels, pieces)
    for i in range(lo, hi):
        mean = splat(get(means + channel * SIZE))
        total = products = scalar(0)
        for start in range(0, length, CHUNK):
            at, k = (i * length + start) * SIZE, min(length - start, CHUNK)
            more, more_products = _products(x + at, dy + at, k, mean)
            total, products = total + more, products + more_products
        to = parts + ((image * pieces + piece) * 2 * channels + channel) * SIZE
        put(to, total)
        put(to + channels * SIZE, products)
        image, channel, piece = _next(image, channel, piece, channels, pieces)


def normalize_grad_f32(lo, hi, args):
    """Words: x, dy, dx, mean, vectors (factor, mean(dy), slope), whether the statistics are x's own
    (else dx is dy times a factor), elements of a run, channels, runs of a plane."""
    x, dy, dx, vectors = word(args, 0), word(args, 1), word(args, 2), word(args, 4)
    is_own, length, channels, pieces = (
        word(args, 5), word(args, 6), word(args, 7), word(args, 8),
    )  # fmt: skip
    stride = channels * SIZE
    image, channel, piece = _place(lo, channels, pieces)
    for i in range(lo, hi):
        at, run = channel * SIZE, i * length * SIZE
        mean, factor = splat(get(word(args, 3) + at)), splat(get(vectors + at))
        share = splat(get(vectors + stride + at))
        slope = splat(get(vectors + 2 * stride + at))
        for j in range(0, length, WIDTH):
            here, count = run + j * SIZE, length - j
            value = read(dy + here, count)
            if is_own != 0:
                value = value - share - (read(x + here, count) - mean) * slope
            write(dx + here, value * factor, count)
        image, channel, piece = _next(image, channel, piece, channels, pieces)
