"""Convolution of NHWC images by indirect matrix products: forward, and gradient of the input.

    Y[pixel, o] = sum over taps, channels of X[pixel moved to the tap, c] * W[tap, c, o]

All geometry is data that the lowering (`core/ops/nn/cpu/conv_tables.py`) makes: a table of output
pixels, in segments of pixels that have the same taps, and a table of taps. Strides, dilations,
padding and the transposed convolution are the same kernel with other tables.

    packed filter [panels][taps * C][NR]            pixels of a segment
          panel 0     panel 1                     +---------------------+
        +---------+---------+-             tile 0 | any TILE_ROWS of    |  x  panel = TILE_ROWS x NR
        | NR wide |         |                     | them, in any order  |      of Y, in registers
        +---------+---------+-             tile 1 +---------------------+      over all taps

NR is TILE_VECTORS vectors. An item is a block of an image (rows of pixels) for all output channels,
or, where the filter is large and the pixels are few, 32 output channels of all images; then the
kernel packs its part of the filter itself, into its workspace, while it is in the cache.

FLOPs: 2 * pixels * taps * C * O, less what lies in the padding; bytes: a tile reads TILE_ROWS * C of
X and C * NR of W for each tap, and writes TILE_ROWS * NR once.
"""

from __future__ import annotations

from numba import njit

from ..conv_tiles import make_window_tile
from ..simd import F32, F64, TILE_ROWS, TILE_VECTORS, word
from .conv_layout import make_helpers

GROUP = 32  # output channels of a group: a multiple of NR for every machine
PIXEL_WORDS = 4


def _convolve(real):
    tile = make_window_tile(real, TILE_ROWS, TILE_VECTORS)
    helpers = make_helpers(real)
    pad_image, pack_rows, pack_turned = helpers.pad_image, helpers.pack_rows, helpers.pack_turned
    NR, SIZE = TILE_VECTORS * real.width, real.size

    @njit
    def block_of_panels(args, x, packed, y, block, first, last):
        """Panels `first` up to `last` of one block of an image."""
        zeros, outputs, depth = word(args, 3), word(args, 4), word(args, 5)
        channels, segments, segment_count = word(args, 6), word(args, 7), word(args, 8)
        pixels, field, taps = word(args, 9), word(args, 10), word(args, 11)
        for panel in range(first, last):
            column = panel * NR
            b = packed + (panel - first) * depth * NR * SIZE
            n = min(NR, outputs - column)
            for s in range(segment_count):
                segment = segments + (block * segment_count + s) * 32
                start, count = word(segment, 0), word(segment, 1)
                tap, tap_count = taps + word(segment, 2) * 32, word(segment, 3)
                for p in range(0, count, TILE_ROWS):
                    tile(x, zeros, b, y + column * SIZE, pixels + (start + p) * 8, field,
                         min(TILE_ROWS, count - p), n, tap, tap_count, channels)  # fmt: skip

    def convolve(lo, hi, args):
        x, packed, y, outputs = word(args, 0), word(args, 1), word(args, 2), word(args, 4)
        x_bytes, y_bytes, blocks = word(args, 12), word(args, 13), word(args, 14)
        mode, images, space = word(args, 15), word(args, 16), word(args, 17)
        depth = word(args, 5)
        for item in range(lo, hi):
            if mode == 0:  # a block of an image
                image, block = item // blocks, item % blocks
                last_image, first, last = image + 1, 0, (outputs + NR - 1) // NR
            else:  # a group of output channels
                image, block, last_image = 0, 0, images
                first = item * (GROUP // NR)
                last = min(first + GROUP // NR, (outputs + NR - 1) // NR)
                for panel in range(first, last):
                    to = space + (panel - first) * depth * NR * SIZE
                    if mode == 1:
                        pack_rows(packed, to, depth, outputs, panel * NR)
                    else:
                        size = word(args, 6)
                        for tap in range(depth // size):
                            pack_turned(packed + tap * size * outputs * SIZE,
                                        to + tap * size * NR * SIZE, size, outputs, panel * NR)  # fmt: skip
            while image < last_image:
                a = x + image * x_bytes
                if word(args, 18) != 0:
                    pad_image(a, space, block * word(args, 18) - word(args, 19), args, 20)
                    a = space
                b = packed if mode == 0 else space
                block_of_panels(args, a, b, y + image * y_bytes, block, first, last)
                image += 1

    return convolve


convolve_f32, convolve_f64 = _convolve(F32), _convolve(F64)


def _pack(real):
    helpers = make_helpers(real)
    pack_row = helpers.pack_row
    NR, SIZE = TILE_VECTORS * real.width, real.size

    def pack(lo, hi, args):
        """Rows of W [K, O] into panels [ceil(O / NR)][K][NR]; item: a row."""
        source, packed, depth, outputs = word(args, 0), word(args, 1), word(args, 2), word(args, 3)
        for k in range(lo, hi):
            row = source + k * outputs * SIZE
            for column in range(0, outputs, NR):
                to = packed + (column * depth + k * NR) * SIZE
                pack_row(row + column * SIZE, to, outputs - column)

    return pack


pack_f32, pack_f64 = _pack(F32), _pack(F64)


def _pack_turned(real):
    pack_turned = make_helpers(real).pack_turned
    NR, SIZE = TILE_VECTORS * real.width, real.size

    def pack_turned_all(lo, hi, args):
        """W [taps, C, O] into panels over C [ceil(C / NR)][taps * O][NR]; item: 32 C of a tap."""
        source, packed, taps = word(args, 0), word(args, 1), word(args, 2)
        channels, outputs = word(args, 3), word(args, 4)
        groups = (channels + GROUP - 1) // GROUP
        for item in range(lo, hi):
            tap, group = item // groups, item % groups
            for column in range(group * GROUP, min((group + 1) * GROUP, channels), NR):
                to = packed + (column * taps + tap * NR) * outputs * SIZE
                pack_turned(source + tap * channels * outputs * SIZE, to, outputs, channels, column)

    return pack_turned_all


pack_turned_f32, pack_turned_f64 = _pack_turned(F32), _pack_turned(F64)
