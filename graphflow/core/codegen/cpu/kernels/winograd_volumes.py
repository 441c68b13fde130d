"""Winograd convolution of volumes, stride 1: planes as in `winograd.py`, summed over the depth.

    M[p][tile t of plane d] = sum over k of V[p][tile t of plane d + k] @ U[p][k]

    V: tiles of a few planes of X      M: tiles of planes of Y; 3 taps of the depth
    +-------+-------+-------+-------+               +-------+-------+
    |   d   | d + 1 | d + 2 | d + 3 |               |   d   | d + 1 |
    +-------+-------+-------+-------+               +-------+-------+
    '------- K = 3 C of plane d ----'               tile t: as many tiles further for each tap

U is [P][panels of O][k][C][NR]: what is summed up for a panel is one loop in another. X has the
padding of its depth in it. An item is some planes of Y that lie in one volume; planes at its ends
are transformed by its neighbours as well.

Multiplications: 4 times less than without for r = 3, and a plane's transform serves all taps of the
depth. Rounding as in `winograd.py`.
"""

from __future__ import annotations

from ..simd import F32, TILE_VECTORS, word
from ..tiles import make_tile
from ..winograd_transforms import winograd_matrices
from .winograd import (
    LANES,
    LINE,
    NR,
    OUT,
    PATCH,
    ROWS,
    SIZE,
    make_outputs,
    make_tiles,
    sum_tile,
)

_tile = make_tile(F32, ROWS, TILE_VECTORS, row_table=False, loops=2, contiguous=True)


def _convolve(r):
    _, _, b_t = winograd_matrices(OUT, r)
    to_places, to_images = make_tiles(b_t), make_outputs(r)
    PLACES = (OUT + r - 1) ** 2

    def convolve(lo, hi, args):
        """Words: 0 X, U, Y, workspace, 4 C, O, taps of the depth, tiles of a plane, of an item,
        9 items of a volume, 10 the geometry of X's planes as of `winograd.convolve`, 16 of Y's."""
        space, channels, outputs, taps = word(args, 3), word(args, 4), word(args, 5), word(args, 6)
        per_plane, count = word(args, 7), word(args, 8)
        more, pixel = (taps - 1) * per_plane, channels * SIZE
        panel_bytes = taps * channels * NR * SIZE
        u_plane = (outputs + NR - 1) // NR * panel_bytes + LINE * SIZE
        v_plane = ((count + more) * channels + LINE) * SIZE
        m_plane = (count * outputs + LINE) * SIZE
        v = space + (PATCH * LANES + PLACES * max(channels, outputs)) * SIZE
        m = v + PLACES * v_plane + ROWS * pixel
        for item in range(lo, hi):
            first = item * count
            above = item // word(args, 9) * more  # X has more planes than Y in each volume
            to_places(word(args, 0), first + above, count + more, args + 80, channels, v, v_plane,
                      space)  # fmt: skip
            for p in range(PLACES):
                for o in range(0, outputs, NR):
                    u = word(args, 1) + p * u_plane + o // NR * panel_bytes
                    for t in range(0, count, ROWS):
                        _tile(v + p * v_plane + t * pixel, pixel, u,
                              m + p * m_plane + (t * outputs + o) * SIZE, outputs * SIZE,
                              min(ROWS, count - t), min(NR, outputs - o), 0,
                              taps, per_plane * pixel, channels * NR * SIZE,
                              channels, NR * SIZE)  # fmt: skip
            to_images(word(args, 2), first, count, args + 128, outputs, m, m_plane, space)

    return convolve


convolve3, convolve5 = _convolve(3), _convolve(5)


def _sum_filter_gradient(r):
    _, _, b_t = winograd_matrices(OUT, r)
    _, g, _ = winograd_matrices(r, OUT)
    x_to_places, dy_to_places = make_tiles(b_t), make_tiles(g)
    PLACES = (OUT + r - 1) ** 2

    def sum_filter_gradient(lo, hi, args):
        """A dU [P][k][C][O] for each block of items. Words as of `convolve` with dY for U and dU
        for Y; 22: items of a block, 23: bytes of a dU."""
        space, channels, outputs, taps = word(args, 3), word(args, 4), word(args, 5), word(args, 6)
        per_plane, count = word(args, 7), word(args, 8)
        more, pixel = (taps - 1) * per_plane, channels * SIZE
        v_plane = ((count + more) * channels + LINE) * SIZE
        z_plane = (count * outputs + LINE) * SIZE
        plane = (taps * channels * outputs + LINE) * SIZE
        v = space + (PATCH * LANES + PLACES * max(channels, outputs)) * SIZE
        z = v + PLACES * v_plane + ROWS * SIZE
        for item in range(lo, hi):
            du = word(args, 2) + item // word(args, 22) * word(args, 23)
            add, first = int(item % word(args, 22) != 0), item * count
            above = item // word(args, 9) * more
            x_to_places(word(args, 0), first + above, count + more, args + 80, channels, v, v_plane,
                        space)  # fmt: skip
            dy_to_places(word(args, 1), first, count, args + 128, outputs, z, z_plane, space)
            for p in range(PLACES):
                for o in range(0, outputs, NR):
                    for k in range(taps):
                        a = v + p * v_plane + k * per_plane * pixel
                        to = du + p * plane + (k * channels * outputs + o) * SIZE
                        for c in range(0, channels, ROWS):
                            sum_tile(a + c * SIZE, SIZE, z + p * z_plane + o * SIZE,
                                     to + c * outputs * SIZE, outputs * SIZE,
                                     min(ROWS, channels - c), min(NR, outputs - o), add, count,
                                     pixel, outputs * SIZE)  # fmt: skip

    return sum_filter_gradient


sum_filter_gradient3, sum_filter_gradient5 = _sum_filter_gradient(3), _sum_filter_gradient(5)
