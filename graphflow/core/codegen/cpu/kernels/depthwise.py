"""Depthwise convolution of NHWC images: each channel has a filter of its own.

    Y[pixel, c] = sum over taps of X[pixel moved to the tap, c] * W[tap, c]

The tables of pixels and taps are those of `conv.py`, for forward and the gradient of the input; a
tile is one vector of channels of TILE_ROWS pixels. A channel multiplier is a copy of X with every
channel repeated.

FLOPs: 2 * pixels * taps * C; bytes: X once from memory, from the cache for every tap; Y once. It is
memory that bounds it.
"""

from __future__ import annotations

from ..conv_tiles import make_depthwise_tile
from ..simd import F32, F64, TILE_ROWS, fused_multiply_add, word


def _convolve(real):
    tile = make_depthwise_tile(real, TILE_ROWS)
    WIDTH, SIZE = real.width, real.size

    def convolve(lo, hi, args):
        """Item: a block of an image. Words: 0 X, W, Y, zeros, 4 C, segments, segments of a block,
        7 pixels, bytes of a column of them, taps, 10 bytes of an image of X, of Y, blocks."""
        channels, segment_count, blocks = word(args, 4), word(args, 6), word(args, 12)
        for item in range(lo, hi):
            image, block = item // blocks, item % blocks
            x, y = word(args, 0) + image * word(args, 10), word(args, 2) + image * word(args, 11)
            for s in range(segment_count):
                segment = word(args, 5) + (block * segment_count + s) * 32
                pixel, count = word(args, 7) + word(segment, 0) * 8, word(segment, 1)
                for p in range(0, count, TILE_ROWS):
                    for c in range(0, channels, WIDTH):
                        tile(x + c * SIZE, word(args, 3), word(args, 1) + c * SIZE, y + c * SIZE,
                             pixel + p * 8, word(args, 8), min(TILE_ROWS, count - p),
                             min(WIDTH, channels - c), word(args, 9) + word(segment, 2) * 32,
                             word(segment, 3), channels * SIZE)  # fmt: skip

    return convolve


convolve_f32, convolve_f64 = _convolve(F32), _convolve(F64)


def _filter_gradient(real):
    load, store_tail, splat = real.load, real.store_tail, real.splat
    scalar, WIDTH, SIZE = real.scalar, real.width, real.size

    def filter_gradient(lo, hi, args):
        """Parts of dW [taps, C], one per block; item: an image. Words: 0 X, dY, dW, 3 C, rows of
        the window, columns, 6 ranges of pixels' rows per row of it, of columns, 8 bytes of an image
        of X, of dY, of dW, 11 rows from pixel to pixel in X, columns, from tap to tap rows,
        columns, 15 padding above, at the left, 17 columns of X, of dY, images of a block."""
        pixel, block_images = word(args, 3) * SIZE, word(args, 19)
        for image in range(lo, hi):
            x, dy = word(args, 0) + image * word(args, 8), word(args, 1) + image * word(args, 9)
            dw = word(args, 2) + image // block_images * word(args, 10)
            step = word(args, 12) * pixel
            for tap in range(word(args, 4) * word(args, 5)):
                ky, kx = tap // word(args, 5), tap % word(args, 5)
                first, end = word(word(args, 7), 2 * kx), word(word(args, 7), 2 * kx + 1)
                for c in range(0, pixel, WIDTH * SIZE):
                    a = splat(scalar(0))
                    b = splat(scalar(0))
                    for i in range(word(word(args, 6), 2 * ky), word(word(args, 6), 2 * ky + 1)):
                        row = i * word(args, 11) + ky * word(args, 13) - word(args, 15)
                        column = first * word(args, 12) + kx * word(args, 14) - word(args, 16)
                        p = x + (row * word(args, 17) + column) * pixel + c
                        q = dy + (i * word(args, 18) + first) * pixel + c
                        for _ in range((end - first) // 2):
                            a = fused_multiply_add(load(p), load(q), a)
                            b = fused_multiply_add(load(p + step), load(q + pixel), b)
                            p, q = p + 2 * step, q + 2 * pixel
                        if (end - first) % 2 == 1:
                            a = fused_multiply_add(load(p), load(q), a)
                    total, to, count = a + b, dw + tap * pixel + c, (pixel - c) // SIZE
                    if image % block_images != 0:
                        total = total + load(to)
                    store_tail(to, total, min(count, WIDTH))

    return filter_gradient


filter_gradient_f32, filter_gradient_f64 = _filter_gradient(F32), _filter_gradient(F64)


def _repeat(real):
    get, put, SIZE = real.get, real.put, real.size

    def repeat(lo, hi, args):
        """Every element `count` times in a row; item: some elements. Words: from, to, elements of
        an item, count."""
        source, to, count = word(args, 0), word(args, 1), word(args, 3)
        for i in range(lo * word(args, 2), hi * word(args, 2)):
            value = get(source + i * SIZE)
            for k in range(count):
                put(to + (i * count + k) * SIZE, value)

    return repeat


repeat_f32, repeat_f64 = _repeat(F32), _repeat(F64)


def _sum_groups(real):
    get, put, SIZE = real.get, real.put, real.size

    def sum_groups(lo, hi, args):
        """The sums of `count` elements in a row; item: some sums. Words: from, to, sums of an item,
        count."""
        source, to, count = word(args, 0), word(args, 1), word(args, 3)
        for i in range(lo * word(args, 2), hi * word(args, 2)):
            total = get(source + i * count * SIZE)
            for k in range(1, count):
                total += get(source + (i * count + k) * SIZE)
            put(to + i * SIZE, total)

    return sum_groups


sum_groups_f32, sum_groups_f64 = _sum_groups(F32), _sum_groups(F64)
