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
copy; dY where it lies, or 32 channels of it packed: where its rows are not whole groups of these,
or so long that a group's rows share cache sets and pages. Pixels go in bands that fit the cache.

FLOPs: 2 * pixels * taps * C * O, less most of the padding; bytes: a tile reads TILE_ROWS + NR
elements per pixel, and writes TILE_ROWS * NR once per image, or once.
"""

from __future__ import annotations

from ..conv_tiles import make_sum_tile
from ..simd import F32, F64, TILE_ROWS, TILE_VECTORS, copy_bytes, word
from .conv_layout import make_helpers

GROUP = 32  # output channels that are packed at once: a multiple of NR for every machine


def _filter_gradient(real):
    tile = make_sum_tile(real, TILE_ROWS, TILE_VECTORS)
    pad_image = make_helpers(real).pad_image
    NR, SIZE = TILE_VECTORS * real.width, real.size

    def filter_gradient(lo, hi, args):
        """Words: 0 X, dY, dW, 3 byte offsets of a window's elements, 4 ranges of rows of its taps,
        5 lists per pair of columns, pixels of all lists, 7 columns of the window, C, 9 bytes of an
        image of A, of B, 11 O, rows of pixels, rows of a band, 14 images at once, 15 images of a
        block, rows of dW of an item, images, 18 workspaces for X, for packed dY, bytes of a packed
        row or 0, 21 bytes of an image of X, of dY, of dW, 24 columns of pixels, padding above,
        26 as of `pad_image`."""
        columns, channels, outputs = word(args, 7), word(args, 8), word(args, 11)
        height, images_at_once, window_row = word(args, 12), word(args, 14), columns * channels
        block_images, rows, images = word(args, 15), word(args, 16), word(args, 17)
        width, packed_row = word(args, 24), word(args, 20)
        for item in range(lo, hi):
            a, b, dw, last_image, add = word(args, 0), word(args, 1), word(args, 2), images, 0
            first, last = item * rows, (item + 1) * rows
            if block_images != 0:  # the item is an image, not a range of rows
                a, b = a + item * word(args, 21), b + item * word(args, 22)
                dw += item // block_images * word(args, 23)
                last_image, first, last, add = 1, 0, rows, int(item % block_images != 0)
                if word(args, 26) != 0:
                    pad_image(a, word(args, 18), -word(args, 25), args, 26)
                    a = word(args, 18)
            for image in range(0, last_image, images_at_once):
                x, count = a + image * word(args, 9), min(images_at_once, last_image - image)
                for band in range(0, height, word(args, 13)):
                    band_end = min(band + word(args, 13), height)
                    for group in range(0, outputs, GROUP):
                        group_end = min(group + GROUP, outputs)
                        dy = b + image * word(args, 22) + group * SIZE
                        if packed_row != 0:
                            to = word(args, 19)
                            for n in range(count):
                                for pixel in range(band * width, band_end * width):
                                    copy_bytes(dy + n * word(args, 22) + pixel * outputs * SIZE, to,
                                               (group_end - group) * SIZE)  # fmt: skip
                                    to += packed_row
                            dy = word(args, 19) - band * width * packed_row
                        for column in range(group, group_end, NR):
                            for row in range(first, last, TILE_ROWS):
                                end = min(row + TILE_ROWS, last) - 1
                                ky, last_ky = row // window_row, end // window_row
                                kx, last_kx = 0, columns - 1
                                if ky == last_ky:
                                    kx, last_kx = (
                                        row // channels % columns,
                                        end // channels % columns,
                                    )
                                # taps that only meet padding sum up one row of it
                                y0 = min(max(word(word(args, 4), 2 * last_ky), band), band_end - 1)
                                y1 = max(min(word(word(args, 4), 2 * ky + 1), band_end), y0 + 1)
                                chosen = word(args, 5) + (kx * columns + last_kx) * 16
                                in_a_row = word(chosen, 1)
                                tile(x, word(args, 3) + row * 8, dy + (column - group) * SIZE,
                                     dw + (row * outputs + column) * SIZE, outputs * SIZE,
                                     end + 1 - row, min(NR, outputs - column), add, count,
                                     word(args, 9), word(args, 10),
                                     word(args, 6) + (word(chosen, 0) + y0 * in_a_row) * 16,
                                     (y1 - y0) * in_a_row)  # fmt: skip
                    add = 1

    return filter_gradient


filter_gradient_f32, filter_gradient_f64 = _filter_gradient(F32), _filter_gradient(F64)


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
