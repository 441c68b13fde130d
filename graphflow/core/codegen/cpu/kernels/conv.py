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

FLOPs: 2 * pixels * taps * C * O, less what lies in the padding; bytes: a tile reads TILE_ROWS * C
of X and C * NR of W for each tap, and writes TILE_ROWS * NR once.
"""

from __future__ import annotations

from ..conv_tiles import make_window_tile
from ..simd import F32, F64, TILE_ROWS, TILE_VECTORS, word
from .conv_layout import make_helpers

GROUP = 32  # output channels of a group: a multiple of NR for every machine
CHUNK = 16 * TILE_ROWS  # pixels that all panels are done for while they are in the cache


def _convolve(real):
    tile = make_window_tile(real, TILE_ROWS, TILE_VECTORS)
    helpers = make_helpers(real)
    pad_image, pack_rows, pack_turned = helpers.pad_image, helpers.pack_rows, helpers.pack_turned
    NR, SIZE = TILE_VECTORS * real.width, real.size

    def convolve(lo, hi, args):
        """Words: 0 X, filter, Y, zeros, 4 O, rows of the packed filter, elements of a tap,
        7 segments, segments of a block, 9 pixels, bytes of a column of them, taps, 12 bytes of an
        image of X, of Y, 14 blocks of an image, 15 mode, images, 17 workspace, 18 rows from one
        block's copy to the next, padding above, 20 as of `pad_image`."""
        outputs, depth, run = word(args, 4), word(args, 5), word(args, 6)
        segment_count, field, blocks, mode = (
            word(args, 8),
            word(args, 10),
            word(args, 14),
            word(args, 15),
        )
        panels = (outputs + NR - 1) // NR
        for item in range(lo, hi):
            image, block, images, b = item // blocks, item % blocks, 1, word(args, 1)
            first, last = 0, panels
            if mode != 0:  # a group of output channels, not a block of an image
                image, block, images, b = 0, 0, word(args, 16), word(args, 17)
                first = item * (GROUP // NR)
                last = min(first + GROUP // NR, panels)
                for panel in range(first, last):
                    to = b + (panel - first) * depth * NR * SIZE
                    if mode == 1:
                        pack_rows(word(args, 1), to, depth, outputs, panel * NR)
                    else:
                        for tap in range(0, depth, run):
                            pack_turned(word(args, 1) + tap * outputs * SIZE,
                                        to + tap * NR * SIZE, run, outputs, panel * NR)  # fmt: skip
            for n in range(image, image + images):
                x, y = word(args, 0) + n * word(args, 12), word(args, 2) + n * word(args, 13)
                if word(args, 18) != 0:
                    pad_image(x, word(args, 17), block * word(args, 18) - word(args, 19), args, 20)
                    x = word(args, 17)
                for s in range(segment_count):
                    segment = word(args, 7) + (block * segment_count + s) * 32
                    pixel, count = word(args, 9) + word(segment, 0) * 8, word(segment, 1)
                    for chunk in range(0, count, CHUNK):
                        for panel in range(first, last):
                            column, weights = panel * NR, b + (panel - first) * depth * NR * SIZE
                            for p in range(chunk, min(chunk + CHUNK, count), TILE_ROWS):
                                tile(x, word(args, 3), weights, y + column * SIZE, pixel + p * 8,
                                     field, min(TILE_ROWS, count - p), min(NR, outputs - column),
                                     word(args, 11) + word(segment, 2) * 32, word(segment, 3),
                                     run)  # fmt: skip

    return convolve


convolve_f32, convolve_f64 = _convolve(F32), _convolve(F64)


def _pack(real):
    pack_rows = make_helpers(real).pack_rows
    NR, SIZE = TILE_VECTORS * real.width, real.size

    def pack(lo, hi, args):
        """Rows of W [K, O] into panels [ceil(O / NR)][K][NR]; item: a row."""
        source, packed, depth, outputs = word(args, 0), word(args, 1), word(args, 2), word(args, 3)
        for column in range(0, outputs, NR):
            to = packed + (column * depth + lo * NR) * SIZE
            pack_rows(source + lo * outputs * SIZE, to, hi - lo, outputs, column)

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
