"""Winograd convolution of NHWC images, stride 1: F(4x4, 3x3) and F(4x4, 5x5), float32.

An image is cut into tiles of 4 x 4 outputs. With alpha = 4 + r - 1 and P = alpha * alpha places:

    V[p][tile][C]   = B^T x B        of the alpha x alpha inputs of each tile
    M[p][tile][O]   = V[p] @ U[p]    a matrix product for each place, U = G w G^T of the filter
    y               = A^T M A        4 x 4 outputs of each tile

        x: tiles overlap by r - 1        V, M in the workspace, some tiles at a time:
        +----+----+----+                  p 0: tile 0 [C], tile 1 [C], ... | a line of padding
        |  0 |  1 |  2 |  --B^T . B-->    p 1: ...                         | (places a power of two
        +----+----+----+                  ...                              | apart share cache sets)

The gradient of the input is the same with the filter turned around. The gradient of the filter is
dU[p] += V[p]^T @ Z[p] with Z = G' dy G'^T of 4 x 4 gradients, and at the end dw = A'^T dU A', where
A' and G' are those of 4 taps and r outputs.

Multiplications: alpha^2 per 16 outputs and C * O, instead of 16 r^2: 4 times less for r = 3, 6.25
for r = 5. Rounding: each transform adds numbers of different size, so that errors are some times
those of the direct sum: within 2e-5 of the largest output (tests hold it to that). A NaN or an
infinity reaches all 4 x 4 outputs of its tile.
"""

from __future__ import annotations

from numba import njit

from ..simd import F32, TILE_ROWS, TILE_VECTORS, clear_bytes, copy_bytes, word
from ..tiles import make_tile
from ..winograd_transforms import make_transform, winograd_matrices
from .conv_layout import make_helpers

OUT = 4  # outputs of a tile along an axis
ROWS = 8 if TILE_ROWS >= 8 else 4  # of a register tile: 16 tiles and 16 channels are multiples
LANES, SIZE = F32.width, F32.size
NR = TILE_VECTORS * LANES
GROUP = 32  # outputs: panels divide it on every machine
LINE = 128 // SIZE  # elements between places: they must not be a power of two apart
PATCH = 8 * 8  # vectors of the largest square of a transform

sum_tile = make_tile(F32, ROWS, TILE_VECTORS, row_table=False, loops=1)
_add_rows = make_helpers(F32).add_rows


def _make_square(matrix):
    """A transform of squares: its columns, then its rows."""
    transform = make_transform(F32, matrix)
    results, inputs = matrix.shape
    VECTOR = LANES * SIZE

    @njit(inline="always")
    def square(source, row_step, column_step, to, to_row, to_column, space):
        """One vector of channels; `space`: room for the columns' results."""
        start, start_step, step = source, column_step, row_step
        end, end_step, result_step = space, VECTOR, inputs * VECTOR
        for i in range(inputs + results):
            if i == inputs:  # the columns are done
                start, start_step, step = space, inputs * VECTOR, VECTOR
                end, end_step, result_step = to, to_row, to_column
            transform(start, step, end, result_step)
            start += start_step
            end += end_step

    return square


def make_tiles(matrix):
    """A transform of tiles of images into places [P][tiles][channels]."""
    square = _make_square(matrix)
    results, side = matrix.shape

    @njit(inline="always")
    def tiles_to_places(images, first, count, geometry, channels, places, plane, space):
        """Tiles `first` to `first + count`; see `_convolve` for the words of a geometry."""
        height, width, across = word(geometry, 0), word(geometry, 1), word(geometry, 3)
        per_image, pixel = word(geometry, 2) * across, channels * SIZE
        patch = space + PATCH * LANES * SIZE
        for t in range(count):
            at = (first + t) % per_image
            y, x = at // across * OUT - word(geometry, 4), at % across * OUT - word(geometry, 5)
            image = images + (first + t) // per_image * height * width * pixel
            source, row = image + (y * width + x) * pixel, width * pixel
            if y < 0 or x < 0 or y + side > height or x + side > width:
                # a copy of the square, with zeros where it reaches out of the image
                left, right = min(max(-x, 0), side), max(min(width - x, side), 0)
                for i in range(side):
                    to = patch + i * side * pixel
                    if y + i < 0 or y + i >= height:
                        clear_bytes(to, side * pixel)
                    else:
                        clear_bytes(to, left * pixel)
                        copy_bytes(source + i * row + left * pixel, to + left * pixel,
                                   (right - left) * pixel)  # fmt: skip
                        clear_bytes(to + right * pixel, (side - right) * pixel)
                source, row = patch, side * pixel
            for c in range(0, pixel, LANES * SIZE):
                square(
                    source + c, row, pixel, places + t * pixel + c, results * plane, plane, space
                )

    return tiles_to_places


def _make_product(rows):
    """The products of one place, by register tiles of so many rows."""
    tile = make_tile(F32, rows, TILE_VECTORS, row_table=False, loops=1, contiguous=True)

    @njit(inline="always")
    def product(v, u, m, channels, outputs, tiles, panel):
        """A panel of the outputs: V [tiles, C] times U [C, NR] of the panel."""
        pixel, b = channels * SIZE, u + panel * NR * channels * SIZE
        for t in range(0, tiles, rows):
            tile(v + t * pixel, pixel, b, m + (t * outputs + panel * NR) * SIZE, outputs * SIZE,
                 min(rows, tiles - t), min(NR, outputs - panel * NR), 0, channels,
                 NR * SIZE)  # fmt: skip

    return product


_product = _make_product(ROWS)
_large_product = _make_product(min(8, TILE_ROWS))


def make_outputs(r):
    """The last step: places [P][tiles][O] into tiles of images."""
    a_t, _, _ = winograd_matrices(OUT, r)
    square = _make_square(a_t)
    ALPHA = OUT + r - 1

    @njit(inline="always")
    def places_to_images(images, first, count, geometry, outputs, places, plane, space):
        """Tiles `first` to `first + count`; see `_convolve` for the words of a geometry."""
        height, width, down, across = (
            word(geometry, 0), word(geometry, 1), word(geometry, 2), word(geometry, 3)
        )  # fmt: skip
        pixel, patch = outputs * SIZE, space + PATCH * LANES * SIZE
        for t in range(count):
            image, at = (first + t) // (down * across), (first + t) % (down * across)
            i, j = at // across * OUT, at % across * OUT
            to, row = images + ((image * height + i) * width + j) * pixel, width * pixel
            end, end_row = to, row
            cut = i + OUT > height or j + OUT > width
            if cut:
                end, end_row = patch, OUT * pixel
            for o in range(0, pixel, LANES * SIZE):
                square(places + t * pixel + o, ALPHA * plane, plane, end + o, end_row, pixel, space)
            if cut:
                for k in range(min(OUT, height - i)):
                    copy_bytes(patch + k * end_row, to + k * row, min(OUT, width - j) * pixel)

    return places_to_images


def _convolve(r):
    _, _, b_t = winograd_matrices(OUT, r)
    to_places, to_images = make_tiles(b_t), make_outputs(r)
    PLACES = (OUT + r - 1) ** 2

    def convolve(lo, hi, args):
        """Items: ranges of tiles. Words: X, U, Y, workspace, C, O, tiles of an item, tiles at once,
        tiles of all images; the geometry of X: height, width, tiles down and across, padding above
        and at the left; the geometry of Y."""
        x, u, y, space = word(args, 0), word(args, 1), word(args, 2), word(args, 3)
        channels, outputs = word(args, 4), word(args, 5)
        per_item, at_once = word(args, 6), word(args, 7)
        last = min(hi * per_item, word(args, 8))
        panels = (outputs + NR - 1) // NR
        u_plane = (panels * NR * channels + LINE) * SIZE
        v_plane, m_plane = (at_once * channels + LINE) * SIZE, (at_once * outputs + LINE) * SIZE
        v = space + (PATCH * LANES + PLACES * max(channels, outputs)) * SIZE
        m = v + PLACES * v_plane + ROWS * channels * SIZE
        for first in range(lo * per_item, last, at_once):
            count = min(at_once, last - first)
            to_places(x, first, count, args + 72, channels, v, v_plane, space)
            for p in range(PLACES):
                for panel in range(panels):
                    _product(v + p * v_plane, u + p * u_plane, m + p * m_plane, channels, outputs,
                             count, panel)  # fmt: skip
            to_images(y, first, count, args + 120, outputs, m, m_plane, space)

    return convolve


convolve3, convolve5 = _convolve(3), _convolve(5)


# The same in three steps, for few tiles and large filters: each thread reads a part of U.


def _transform_tiles(r):
    _, _, b_t = winograd_matrices(OUT, r)
    to_places = make_tiles(b_t)

    def transform_tiles(lo, hi, args):
        """X into V [P][tiles][C]; item: a tile. Words: X, V, workspace, C, tiles; the geometry of
        X."""
        channels = word(args, 3)
        plane = (word(args, 4) * channels + LINE) * SIZE
        v = word(args, 1) + lo * channels * SIZE
        to_places(word(args, 0), lo, hi - lo, args + 40, channels, v, plane, word(args, 2))

    return transform_tiles


transform_tiles3, transform_tiles5 = _transform_tiles(3), _transform_tiles(5)


def multiply_places(lo, hi, args):
    """M [P][tiles][O] = V @ U; item: GROUP outputs of a place. Words: V, U, M, C, O, tiles."""
    channels, outputs, tiles = word(args, 3), word(args, 4), word(args, 5)
    panels, groups = (outputs + NR - 1) // NR, (outputs + GROUP - 1) // GROUP
    u_plane = (panels * NR * channels + LINE) * SIZE
    v_plane, m_plane = (tiles * channels + LINE) * SIZE, (tiles * outputs + LINE) * SIZE
    for item in range(lo, hi):
        p, first = item // groups, item % groups * (GROUP // NR)
        for panel in range(first, min(first + GROUP // NR, panels)):
            _large_product(word(args, 0) + p * v_plane, word(args, 1) + p * u_plane,
                           word(args, 2) + p * m_plane, channels, outputs, tiles,
                           panel)  # fmt: skip


def _finish_tiles(r):
    to_images = make_outputs(r)

    def finish_tiles(lo, hi, args):
        """M into Y; item: a tile. Words: M, Y, workspace, O, tiles; the geometry of Y."""
        outputs = word(args, 3)
        plane = (word(args, 4) * outputs + LINE) * SIZE
        m = word(args, 0) + lo * outputs * SIZE
        to_images(word(args, 1), lo, hi - lo, args + 40, outputs, m, plane, word(args, 2))

    return finish_tiles


finish_tiles3, finish_tiles5 = _finish_tiles(3), _finish_tiles(5)


def _transform_filter(r):
    _, g, _ = winograd_matrices(OUT, r)
    square = _make_square(g)
    ALPHA = OUT + r - 1

    def transform_filter(lo, hi, args):
        """W [r, r, C, O] into U [P][panels of O][C][NR]; item: one of C. Words: W, U, C, O, the
        workspace, bytes from tap to tap down and across, and to the first tap."""
        w, u, channels, outputs = word(args, 0), word(args, 1), word(args, 2), word(args, 3)
        space, row_step, column_step = word(args, 4), word(args, 5), word(args, 6)
        plane = ((outputs + NR - 1) // NR * NR * channels + LINE) * SIZE
        for c in range(lo, hi):
            for o in range(0, outputs, LANES):
                to = u + (o // NR * NR * channels + c * NR + o % NR) * SIZE
                square(w + word(args, 7) + (c * outputs + o) * SIZE, row_step, column_step,
                       to, ALPHA * plane, plane, space)  # fmt: skip

    return transform_filter


transform_filter3, transform_filter5 = _transform_filter(3), _transform_filter(5)


def _sum_filter_gradient(r):
    _, _, b_t = winograd_matrices(OUT, r)
    _, g, _ = winograd_matrices(r, OUT)
    x_to_places, dy_to_places = make_tiles(b_t), make_tiles(g)
    ALPHA = OUT + r - 1

    def sum_filter_gradient(lo, hi, args):
        """Items: ranges of tiles, in blocks with a dU of their own. Words as of `convolve` with dY
        for U and dU for Y; 21: items of a block, 22: bytes of a dU."""
        x, dy, du, space = word(args, 0), word(args, 1), word(args, 2), word(args, 3)
        channels, outputs = word(args, 4), word(args, 5)
        per_item, at_once, block_items = word(args, 6), word(args, 7), word(args, 21)

        v_plane, z_plane = (at_once * channels + LINE) * SIZE, (at_once * outputs + LINE) * SIZE
        plane = (channels * outputs + LINE) * SIZE
        v = space + (PATCH * LANES + ALPHA * ALPHA * max(channels, outputs)) * SIZE
        z = v + ALPHA * ALPHA * v_plane + ROWS * SIZE
        for item in range(lo, hi):
            to = du + item // block_items * word(args, 22)
            add = int(item % block_items != 0)
            last = min((item + 1) * per_item, word(args, 8))
            for first in range(item * per_item, last, at_once):
                count = min(at_once, last - first)
                x_to_places(x, first, count, args + 72, channels, v, v_plane, space)
                dy_to_places(dy, first, count, args + 120, outputs, z, z_plane, space)
                for p in range(ALPHA * ALPHA):
                    for o in range(0, outputs, NR):
                        for c in range(0, channels, ROWS):
                            sum_tile(v + p * v_plane + c * SIZE, SIZE, z + p * z_plane + o * SIZE,
                                     to + p * plane + (c * outputs + o) * SIZE, outputs * SIZE,
                                      min(ROWS, channels - c), min(NR, outputs - o), add, count,
                                      channels * SIZE, outputs * SIZE)  # fmt: skip
                add = 1

    return sum_filter_gradient


sum_filter_gradient3, sum_filter_gradient5 = _sum_filter_gradient(3), _sum_filter_gradient(5)


def _finish_filter_gradient(r):
    a_t, _, _ = winograd_matrices(r, OUT)
    square = _make_square(a_t)
    ALPHA = OUT + r - 1

    def finish_filter_gradient(lo, hi, args):
        """DW [r, r, C, O] from the dU of all blocks; item: one of C. Words: dU, dW, C, O, the
        workspace, blocks."""
        du, dw, channels, outputs = word(args, 0), word(args, 1), word(args, 2), word(args, 3)
        space, parts = word(args, 4), word(args, 5)
        plane = (channels * outputs + LINE) * SIZE
        sums = space + PATCH * LANES * SIZE
        row = (outputs + LINE) * SIZE
        for c in range(lo, hi):
            for p in range(ALPHA * ALPHA):
                at = p * plane + c * outputs * SIZE
                copy_bytes(du + at, sums + p * row, outputs * SIZE)
                for part in range(1, parts):
                    _add_rows(du + part * ALPHA * ALPHA * plane + at, sums + p * row, outputs)
            for o in range(0, outputs, LANES):
                step = channels * outputs * SIZE
                square(sums + o * SIZE, ALPHA * row, row, dw + (c * outputs + o) * SIZE,
                       r * step, step, space)  # fmt: skip

    return finish_filter_gradient


finish_filter_gradient3, finish_filter_gradient5 = (
    _finish_filter_gradient(3),
    _finish_filter_gradient(5),
)
