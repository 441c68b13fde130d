"""The gradient of a convolution's filter, for NHWC images.

    dW[tap, c][o] = sum over images and pixels of X[pixel moved to the tap, c] * dY[pixel, o]

    rows: taps * C elements of a window          k: images, rows and columns of pixels
        +----------------+
        |  ky 0, kx 0, c |  TILE_ROWS of them      A: the window's element of each pixel, by a table
        |  ky 0, kx 1, c |  x NR columns of dY     B: dY's row of the pixel
        |  ...           |  = one tile of dW       pixels whose taps all lie in padding are left out

Two schedules. By images: an item is an image, and each block of images sums into a dW of its own;
`sum_parts` adds them in order. By rows: an item is a range of dW's rows over all images, so that
large filters are written once. X is read where it lies when there is no padding, else from a padded
copy; dY too, when its rows are whole groups of 32, else from a copy with wider rows.

FLOPs: 2 * pixels * taps * C * O, less most of the padding; bytes: a tile reads TILE_ROWS + NR
elements per pixel, and writes TILE_ROWS * NR once per image, or once.
"""

from __future__ import annotations

from numba import njit

from ..simd import F32, F64, TILE_ROWS, TILE_VECTORS, word
from ..conv_tiles import make_sum_tile
from .conv_layout import make_helpers


def _filter_gradient(real):
    tile = make_sum_tile(real, TILE_ROWS, TILE_VECTORS)
    helpers = make_helpers(real)
    pad_image, widen_rows = helpers.pad_image, helpers.widen_rows
    NR, SIZE = TILE_VECTORS * real.width, real.size

    @njit
    def rows_of_gradient(args, x, dy, dw, first, last, images, add):
        """Rows `first` up to `last` of dW, from some images."""
        offsets, y_ranges, outputs = word(args, 3), word(args, 4), word(args, 5)
        window_row, channels = word(args, 6), word(args, 7)
        x_image, x_row, x_pixel = word(args, 8), word(args, 9), word(args, 10)
        dy_image, dy_row, dy_pixel = word(args, 11), word(args, 12), word(args, 13)
        height, width, columns = word(args, 14), word(args, 15), word(args, 16)
        x_ranges = word(args, 17)
        for column in range(0, outputs, NR):
            for row in range(first, last, TILE_ROWS):
                m = min(TILE_ROWS, last - row)
                ky, last_ky = row // window_row, (row + m - 1) // window_row
                y0, y1 = word(y_ranges, 2 * last_ky), word(y_ranges, 2 * ky + 1)
                kx, last_kx = 0, columns - 1
                if ky == last_ky:
                    kx = (row - ky * window_row) // channels
                    last_kx = (row + m - 1 - ky * window_row) // channels
                x0, x1 = word(x_ranges, 2 * last_kx), word(x_ranges, 2 * kx + 1)
                y0, x0 = min(y0, height - 1), min(x0, width - 1)  # an empty sum adds some padding
                y1, x1 = max(y1, y0 + 1), max(x1, x0 + 1)
                tile(x + y0 * x_row + x0 * x_pixel, offsets + row * 8,
                     dy + y0 * dy_row + x0 * dy_pixel + column * SIZE,
                     dw + (row * outputs + column) * SIZE, outputs * SIZE, m,
                     min(NR, outputs - column), add, images, x_image, dy_image,
                     y1 - y0, x_row, dy_row, x1 - x0, x_pixel, dy_pixel)  # fmt: skip

    def filter_gradient(lo, hi, args):
        x, dy, dw = word(args, 0), word(args, 1), word(args, 2)
        block_images, rows, images = word(args, 18), word(args, 19), word(args, 20)
        if block_images == 0:  # a range of rows
            rows_of_gradient(args, x, dy, dw, lo * rows, hi * rows, images, 0)
            return
        x_bytes, dy_bytes, dw_bytes = word(args, 21), word(args, 22), word(args, 23)
        x_space, dy_space, top = word(args, 24), word(args, 25), word(args, 26)
        pixels, outputs, wide = word(args, 14) * word(args, 15), word(args, 5), word(args, 13) // SIZE
        for image in range(lo, hi):
            a, b = x + image * x_bytes, dy + image * dy_bytes
            if word(args, 27) != 0:
                pad_image(a, x_space, -top, args, 27)
                a = x_space
            if wide != outputs:
                widen_rows(b, dy_space, pixels, outputs, wide)
                b = dy_space
            add = int(image % block_images != 0)
            rows_of_gradient(args, a, b, dw + image // block_images * dw_bytes, 0, rows, 1, add)

    return filter_gradient


filter_gradient_f32, filter_gradient_f64 = _filter_gradient(F32), _filter_gradient(F64)


def _widen(real):
    widen_rows = make_helpers(real).widen_rows
    SIZE = real.size

    def widen(lo, hi, args):
        """Rows of `count` elements into rows of `wide`, zeros after them; item: some rows."""
        source, to, rows, count, wide = (
            word(args, 0), word(args, 1), word(args, 2), word(args, 3), word(args, 4)
        )  # fmt: skip
        first = lo * rows
        widen_rows(source + first * count * SIZE, to + first * wide * SIZE,
                   (hi - lo) * rows, count, wide)  # fmt: skip

    return widen


widen_f32, widen_f64 = _widen(F32), _widen(F64)


def _sum_parts(real):
    load, store, get, put = real.load, real.store, real.get, real.put
    WIDTH, SIZE = real.width, real.size

    def sum_parts(lo, hi, args):
        """The sum of arrays, in their order; item: some elements of each."""
        parts, total, part_bytes, count = word(args, 0), word(args, 1), word(args, 2), word(args, 3)
        first, last = lo * word(args, 4), hi * word(args, 4)
        whole = first + (last - first) // WIDTH * WIDTH
        for i in range(first, whole, WIDTH):
            value = load(parts + i * SIZE)
            for part in range(1, count):
                value = value + load(parts + part * part_bytes + i * SIZE)
            store(total + i * SIZE, value)
        for i in range(whole, last):
            element = get(parts + i * SIZE)
            for part in range(1, count):
                element += get(parts + part * part_bytes + i * SIZE)
            put(total + i * SIZE, element)

    return sum_parts


sum_parts_f32, sum_parts_f64 = _sum_parts(F32), _sum_parts(F64)
