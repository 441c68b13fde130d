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

from ..conv_tiles import make_sum_tile
from ..simd import F32, F64, TILE_ROWS, TILE_VECTORS, word
from .conv_layout import make_helpers


def _filter_gradient(real):
    tile = make_sum_tile(real, TILE_ROWS, TILE_VECTORS)
    helpers = make_helpers(real)
    pad_image, widen_rows = helpers.pad_image, helpers.widen_rows
    NR, SIZE = TILE_VECTORS * real.width, real.size

    @njit
    def rows_of_gradient(args, x, dy, dw, first, last, images, band, add):
        """Rows `first` up to `last` of dW, from some images: their rows from `band` on."""
        offsets, y_ranges, lists = word(args, 3), word(args, 4), word(args, 5)
        pixels, columns, channels = word(args, 6), word(args, 7), word(args, 8)
        x_image, dy_image = word(args, 9), word(args, 10)
        outputs, window_row = word(args, 11), columns * channels
        band_end = min(band + word(args, 13), word(args, 12))
        for column in range(0, outputs, NR):
            for row in range(first, last, TILE_ROWS):
                m = min(TILE_ROWS, last - row)
                ky, last_ky = row // window_row, (row + m - 1) // window_row
                kx, last_kx = 0, columns - 1
                if ky == last_ky:
                    kx = (row - ky * window_row) // channels
                    last_kx = (row + m - 1 - ky * window_row) // channels
                # taps of which all pixels lie in padding sum up one row of it
                y0 = min(max(word(y_ranges, 2 * last_ky), band), band_end - 1)
                y1 = max(min(word(y_ranges, 2 * ky + 1), band_end), y0 + 1)
                chosen = lists + (kx * columns + last_kx) * 16
                in_a_row = word(chosen, 1)
                tile(x, offsets + row * 8, dy + column * SIZE,
                     dw + (row * outputs + column) * SIZE, outputs * SIZE, m,
                     min(NR, outputs - column), add, images, x_image, dy_image,
                     pixels + (word(chosen, 0) + y0 * in_a_row) * 16, (y1 - y0) * in_a_row)  # fmt: skip

    def filter_gradient(lo, hi, args):
        x, dy, dw = word(args, 0), word(args, 1), word(args, 2)
        height, band, images_at_once = word(args, 12), word(args, 13), word(args, 14)
        block_images, rows, images = word(args, 15), word(args, 16), word(args, 17)
        x_space, dy_space, wide = word(args, 18), word(args, 19), word(args, 20)
        x_bytes, dy_bytes, dw_bytes = word(args, 21), word(args, 22), word(args, 23)
        outputs, pixels = word(args, 11), word(args, 24)
        for item in range(lo, hi):
            a, b, to, image, last_image, add = x, dy, dw, 0, images, 0
            first, last = item * rows, (item + 1) * rows
            if block_images != 0:  # the item is an image, not a range of rows
                a, b, to = (
                    x + item * x_bytes,
                    dy + item * dy_bytes,
                    dw + item // block_images * dw_bytes,
                )
                last_image, first, last, add = 1, 0, rows, int(item % block_images != 0)
                if word(args, 26) != 0:
                    pad_image(a, x_space, -word(args, 25), args, 26)
                    a = x_space
                if wide != outputs:
                    widen_rows(b, dy_space, pixels, outputs, wide)
                    b = dy_space
            while image < last_image:
                count = min(images_at_once, last_image - image)
                for y in range(0, height, band):
                    rows_of_gradient(args, a, b, to, first, last, count, y, add)
                    add = 1
                a, b = a + count * word(args, 9), b + count * word(args, 10)
                image += count

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
