"""Max and average pooling of images with the channels last, and their gradients.

Items are images; one window after the other, one vector of its channels after the other:

    image [height, width, channels]            one window, channels c up to c + WIDTH

        . . . . . . .                          tap 0   tap 1      taps on the padding are left out,
        . +-----+ . .                             v       v       not multiplied by zero
        . | 0 1 | . .    window 2 x 2,         max(x0, x1, x2, x3)
        . | 2 3 | . .    taps by rows             ^       ^
        . +-----+ . .                          tap 2   tap 3

Work: a comparison per tap. Bytes: the image once and the result once (windows that overlap are read
from the cache), plus a byte per output where the place of the maximum is kept. All is bound by
memory; the gradient from the mask touches least of it: neither the image nor the maxima.

Where every element of the image lies in exactly one window (`covers`), gradients are written; else
the image is zeroed and they are added.

Arguments of all: operands, then `GEOMETRY` words: height, width, channels of the image, rows and
columns of windows, the window's height and width, strides, padding above and on the left.
Images with the channels first are passed as so many images of one channel.
"""

from __future__ import annotations

import numpy as np

from ..simd import F32, F64, I32, I64, Lanes, convert, helper, routine, select, word

GEOMETRY = 11


@helper
def _clip(number, stride, pad, kernel, size):
    """Window `number` along an axis: its first tap on the image, the end, and where it starts."""
    start = number * stride - pad
    first = max(-start, 0)
    return first, min(kernel, size - start), start + first


def _make(real, integer):
    """The kernels of an element type; `integer` has as many lanes."""
    byte = Lanes("u8", real.width)
    scalar, width, size, whole = real.scalar, real.width, real.size, integer.scalar
    load, load_tail, store, store_tail, splat = (
        real.load, real.load_tail, real.store, real.store_tail, real.splat,
    )  # fmt: skip
    number = integer.splat
    load_bytes, load_bytes_tail = byte.load, byte.load_tail
    store_bytes, store_bytes_tail, splat_byte = byte.store, byte.store_tail, byte.splat
    one_byte = byte.scalar
    lowest = scalar(np.finfo(np.float32 if real is F32 else np.float64).min)

    @helper
    def read(address, count):
        """A vector, or the `count` elements that are left."""
        return load(address) if count >= width else load_tail(address, count, scalar(0))

    @helper
    def write(address, value, count):
        if count >= width:
            store(address, value)
        else:
            store_tail(address, value, count)

    @routine
    def find(x, rows, columns, row, pixel, count, tap, row_taps):
        """The maximum over a window, and the number of its tap.

        The maximum starts from the lowest finite number, and NaN never exceeds what there is; the
        place starts from the first tap, whatever is there. So it is in TF's kernels.
        """
        largest, best, place = splat(lowest), read(x, count), number(whole(0)) + tap
        for r in range(rows):
            for c in range(columns):
                value = read(x + r * row + c * pixel, count)
                largest = select(value > largest, value, largest)
                wins = value > best
                best = select(wins, value, best)
                place = select(wins, number(whole(0)) + (tap + r * row_taps + c), place)
        return largest, place

    @routine
    def find_max(x, rows, columns, row, pixel, count, tap, row_taps):
        """`find`, with the most common cases unrolled."""
        if count >= width and rows == 2 and columns == 2:
            return find(x, 2, 2, row, pixel, width, tap, row_taps)
        if count >= width:
            return find(x, rows, columns, row, pixel, width, tap, row_taps)
        return find(x, rows, columns, row, pixel, count, tap, row_taps)

    @routine
    def total(x, rows, columns, row, pixel, count):
        """The sum over a window."""
        result = splat(scalar(0))
        for r in range(rows):
            for c in range(columns):
                result = result + read(x + r * row + c * pixel, count)
        return result

    @routine
    def scatter(dx, rows, columns, row, pixel, count, tap, row_taps, place, dy, covers):
        """Gives each window's gradient to the tap at `place`."""
        zero = splat(scalar(0))
        for r in range(rows):
            for c in range(columns):
                at = dx + r * row + c * pixel
                part = select(place == (tap + r * row_taps + c), dy, zero)
                write(at, part if covers else read(at, count) + part, count)

    @helper
    def scatter_2x2(dx, row, pixel, place, dy):
        """`scatter` for the most common window, all of it on the image, and none over another."""
        zero = splat(scalar(0))
        store(dx, select(place == 0, dy, zero))
        store(dx + pixel, select(place == 1, dy, zero))
        store(dx + row, select(place == 2, dy, zero))
        store(dx + row + pixel, select(place == 3, dy, zero))

    @helper
    def spread(dx, rows, columns, row, pixel, count, share, covers):
        """Gives every tap of a window the same."""
        for r in range(rows):
            for c in range(columns):
                at = dx + r * row + c * pixel
                write(at, share if covers else read(at, count) + share, count)

    @helper
    def clear(address, count):
        for i in range(0, count, width):
            write(address + i * size, splat(scalar(0)), count - i)

    def maximum(lo, hi, args):
        """From x to y."""
        pool(lo, hi, word(args, 0), word(args, 1), 0, args + 16)

    def max_with_mask(lo, hi, args):
        """From x to y, the tap of each maximum in a byte."""
        pool(lo, hi, word(args, 0), word(args, 1), word(args, 2), args + 24)

    @routine
    def pool(lo, hi, x, y, mask, geometry):
        h, w, c = word(geometry, 0), word(geometry, 1), word(geometry, 2)
        out_h, out_w = word(geometry, 3), word(geometry, 4)
        kh, kw, sh, sw = (
            word(geometry, 5), word(geometry, 6), word(geometry, 7), word(geometry, 8),
        )  # fmt: skip
        pixel, row = c * size, w * c * size
        for line in range(lo * out_h, hi * out_h):
            image, i = line // out_h, line % out_h
            top, rows_end, y0 = _clip(i, sh, word(geometry, 9), kh, h)
            for j in range(out_w):
                left, columns_end, x0 = _clip(j, sw, word(geometry, 10), kw, w)
                window = x + (image * h + y0) * row + x0 * pixel
                out = (line * out_w + j) * c
                for k in range(0, c, width):
                    largest, place = find_max(
                        window + k * size, rows_end - top, columns_end - left, row, pixel,
                        c - k, top * kw + left, kw,
                    )  # fmt: skip
                    write(y + (out + k) * size, largest, c - k)
                    if mask != 0:
                        places = convert(place, splat_byte(one_byte(0)))
                        if c - k >= width:
                            store_bytes(mask + out + k, places)
                        else:
                            store_bytes_tail(mask + out + k, places, c - k)

    def max_grad(lo, hi, args):
        """From x and dy to dx."""
        unpool(lo, hi, word(args, 0), 0, word(args, 1), word(args, 2), word(args, 3), args + 32)

    def max_grad_from_mask(lo, hi, args):
        """From mask and dy to dx."""
        unpool(lo, hi, 0, word(args, 0), word(args, 1), word(args, 2), word(args, 3), args + 32)

    @routine
    def unpool(lo, hi, x, mask, dy, dx, covers, geometry):
        h, w, c = word(geometry, 0), word(geometry, 1), word(geometry, 2)
        out_h, out_w = word(geometry, 3), word(geometry, 4)
        kh, kw, sh, sw = (
            word(geometry, 5), word(geometry, 6), word(geometry, 7), word(geometry, 8),
        )  # fmt: skip
        pixel, row = c * size, w * c * size
        if covers == 0:
            clear(dx + lo * h * row, (hi - lo) * h * w * c)
        for line in range(lo * out_h, hi * out_h):
            image, i = line // out_h, line % out_h
            top, rows_end, y0 = _clip(i, sh, word(geometry, 9), kh, h)
            for j in range(out_w):
                left, columns_end, x0 = _clip(j, sw, word(geometry, 10), kw, w)
                window = (image * h + y0) * row + x0 * pixel
                out = (line * out_w + j) * c
                rows, columns, tap = rows_end - top, columns_end - left, top * kw + left
                is_2x2 = covers != 0 and kh * kw == rows * columns and rows == 2 and columns == 2
                for k in range(0, c, width):
                    if mask == 0:
                        _, place = find_max(
                            x + window + k * size, rows, columns, row, pixel, c - k, tap, kw
                        )
                    elif c - k >= width:
                        place = convert(load_bytes(mask + out + k), number(whole(0)))
                    else:
                        places = load_bytes_tail(mask + out + k, c - k, one_byte(0))
                        place = convert(places, number(whole(0)))
                    value, at = read(dy + (out + k) * size, c - k), dx + window + k * size
                    if is_2x2 and c - k >= width:
                        scatter_2x2(at, row, pixel, place, value)
                    else:
                        scatter(
                            at, rows, columns, row, pixel, c - k, tap, kw, place, value, covers != 0
                        )

    def average(lo, hi, args):
        """From x to y."""
        x, y, geometry = word(args, 0), word(args, 1), args + 16
        h, w, c = word(geometry, 0), word(geometry, 1), word(geometry, 2)
        out_h, out_w = word(geometry, 3), word(geometry, 4)
        kh, kw, sh, sw = (
            word(geometry, 5), word(geometry, 6), word(geometry, 7), word(geometry, 8),
        )  # fmt: skip
        pixel, row = c * size, w * c * size
        for line in range(lo * out_h, hi * out_h):
            image, i = line // out_h, line % out_h
            top, rows_end, y0 = _clip(i, sh, word(geometry, 9), kh, h)
            for j in range(out_w):
                left, columns_end, x0 = _clip(j, sw, word(geometry, 10), kw, w)
                window = x + (image * h + y0) * row + x0 * pixel
                out = y + (line * out_w + j) * pixel
                rows, columns = rows_end - top, columns_end - left
                for k in range(0, c, width):
                    at = window + k * size
                    if c - k >= width and rows == 2 and columns == 2:
                        value = total(at, 2, 2, row, pixel, width)
                    elif c - k >= width:
                        value = total(at, rows, columns, row, pixel, width)
                    else:
                        value = total(at, rows, columns, row, pixel, c - k)
                    write(out + k * size, value / scalar(rows * columns), c - k)

    def average_grad(lo, hi, args):
        """From dy to dx."""
        dy, dx, covers, geometry = word(args, 0), word(args, 1), word(args, 2), args + 24
        h, w, c = word(geometry, 0), word(geometry, 1), word(geometry, 2)
        out_h, out_w = word(geometry, 3), word(geometry, 4)
        kh, kw, sh, sw = (
            word(geometry, 5), word(geometry, 6), word(geometry, 7), word(geometry, 8),
        )  # fmt: skip
        pixel, row = c * size, w * c * size
        if covers == 0:
            clear(dx + lo * h * row, (hi - lo) * h * w * c)
        for line in range(lo * out_h, hi * out_h):
            image, i = line // out_h, line % out_h
            top, rows_end, y0 = _clip(i, sh, word(geometry, 9), kh, h)
            for j in range(out_w):
                left, columns_end, x0 = _clip(j, sw, word(geometry, 10), kw, w)
                window = dx + (image * h + y0) * row + x0 * pixel
                out = dy + (line * out_w + j) * pixel
                rows, columns = rows_end - top, columns_end - left
                for k in range(0, c, width):
                    share = read(out + k * size, c - k) / scalar(rows * columns)
                    spread(window + k * size, rows, columns, row, pixel, c - k, share, covers != 0)

    return maximum, max_with_mask, max_grad, max_grad_from_mask, average, average_grad


(maximum_f32, max_with_mask_f32, max_grad_f32, max_grad_from_mask_f32, average_f32,
 average_grad_f32) = _make(F32, I32)  # fmt: skip
(maximum_f64, max_with_mask_f64, max_grad_f64, max_grad_from_mask_f64, average_f64,
 average_grad_f64) = _make(F64, I64)  # fmt: skip
