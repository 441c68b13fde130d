"""The geometry of convolutions as tables of pixels and taps, for `codegen/cpu/kernels/conv.py`.

Along one axis, output coordinate i meets the input at `base[i] + shift[k]` through tap k of the
window. A convolution with stride s has one phase: base = i * s - padding, shift = k * dilation. Its
transpose has s of them: the coordinates with equal (i + padding) % s meet the same taps, each at
one place, `(i + padding) // s - k * dilation // s`.

The rows of a volume, and of a window in it, are those of all depths, one depth after the other: a
pair of phases, of the depth and of the height, is a phase of such rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from ..windows import Axis

_PAD = 16  # pixels that a tile may read past a segment's last
_ROWS = 14  # of a tile; only the best order of pixels depends on it, and little


@dataclass(frozen=True)
class Phase:
    """The coordinates of an axis that have the same taps.

    Attributes:
      coordinates: of the output.
      base: where in the input each of them starts.
      taps: positions in the window.
      shift: from the base to each tap.
      inside: [coordinates, taps]: whether a tap meets the input, and not the padding around it.
    """

    coordinates: np.ndarray
    base: np.ndarray
    taps: np.ndarray
    shift: np.ndarray
    inside: np.ndarray

    def bits(self) -> np.ndarray:
        """For each coordinate, the set of taps that meet the input, as bits of a word."""
        return (self.inside << self.taps).sum(axis=1, dtype=np.int64)


def _phase(
    coordinates: np.ndarray, base: np.ndarray, taps: np.ndarray, shift: np.ndarray, size: int
) -> Phase:
    """The phase of an axis whose input has `size` elements."""
    place = base[:, None] + shift
    return Phase(coordinates, base, taps, shift, (place >= 0) & (place < size))


def forward_phases(axis: Axis) -> list[Phase]:
    """The only phase of a convolution."""
    out, taps = np.arange(axis.out), np.arange(axis.kernel)
    base = out * axis.stride - axis.pad_before
    return [_phase(out, base, taps, taps * axis.dilation, axis.size)]


def backward_phases(axis: Axis) -> list[Phase]:
    """The phases of a convolution's transpose, which gives the gradient of its input."""
    i, k = np.arange(axis.size), np.arange(axis.kernel)
    padded = i + axis.pad_before
    phases = []
    for r in range(min(axis.stride, axis.size)):
        rest = (axis.pad_before + r) % axis.stride
        own = i[padded % axis.stride == rest]
        ahead = k * axis.dilation - rest
        taps = k[ahead % axis.stride == 0]
        shift = -(ahead[taps] // axis.stride)
        phases.append(_phase(own, padded[own] // axis.stride, taps, shift, axis.out))
    return phases


def join_phases(outer: Phase, inner: Phase, axis: Axis, backward: bool = False) -> Phase:
    """The phase of pairs of coordinates, counted as the rows of a volume are.

    Args:
      outer: of the depth.
      inner: of the height.
      axis: the height.
      backward: whether the input is the convolution's output.
    """
    outputs, inputs = (axis.size, axis.out) if backward else (axis.out, axis.size)

    def pairs(first: np.ndarray, second: np.ndarray, count: int) -> np.ndarray:
        joined: np.ndarray = (first[:, None] * count + second).ravel()
        return joined

    return Phase(
        pairs(outer.coordinates, inner.coordinates, outputs),
        pairs(outer.base, inner.base, inputs),
        pairs(outer.taps, inner.taps, axis.kernel),
        pairs(outer.shift, inner.shift, inputs),
        (outer.inside[:, None, :, None] & inner.inside[:, None]).reshape(
            len(outer.base) * len(inner.base), len(outer.taps) * len(inner.taps)
        ),
    )


@dataclass(frozen=True)
class Tables:
    """What the kernel reads.

    Attributes:
      segments: [blocks * segments of a block, 4]: first pixel, pixels, first tap, taps.
      segment_count: segments of a block.
      pixels: [4, pixels]: byte offset in the input, in the output, bits of rows, bits of columns.
      taps: [taps, 4]: row of the window, column, byte offset in the input, first row of the filter.
    """

    segments: np.ndarray
    segment_count: int
    pixels: np.ndarray
    taps: np.ndarray


@lru_cache(maxsize=256)
def convolution_tables(
    axes: tuple[Axis, ...],
    blocks: int,
    in_strides: tuple[int, int],
    out_strides: tuple[int, int],
    tap_rows: tuple[int, int],
    backward: bool = False,
) -> Tables:
    """The tables of a convolution, or (`backward`) of its transpose; see `make_tables`.

    The axes are the height and the width, or those of a volume.
    """
    *rows, columns = axes
    phases = backward_phases if backward else forward_phases
    y = phases(rows[0])
    for axis in rows[1:]:
        inner = phases(axis)
        y = [join_phases(a, b, axis, backward) for a in y for b in inner]
    height = math.prod(axis.size if backward else axis.out for axis in rows)
    return make_tables(y, phases(columns), blocks, height, in_strides, out_strides, tap_rows)


@lru_cache(maxsize=256)
def row_tables(
    axes: tuple[Axis, ...],
    blocks: int,
    in_strides: tuple[int, int],
    out_strides: tuple[int, int],
    tap_rows: int,
) -> Tables:
    """The tables of a convolution whose taps are whole rows of the window.

    Each block of rows has a padded copy of its input, which starts at the block's first row.
    """
    rows, columns = axes
    everywhere = 1 << 40  # the copies have no padding to leave out
    (y,) = forward_phases(rows._replace(size=everywhere, pad_before=0))
    (x,) = forward_phases(columns._replace(size=everywhere, pad_before=0, kernel=1))
    every = rows.out // blocks
    y = replace(y, base=y.base[y.coordinates % every])
    return make_tables([y], [x], blocks, rows.out, in_strides, out_strides, (tap_rows, 0))


def make_tables(
    y_phases: Sequence[Phase],
    x_phases: Sequence[Phase],
    blocks: int,
    height: int,
    in_strides: tuple[int, int],
    out_strides: tuple[int, int],
    tap_rows: tuple[int, int],
) -> Tables:
    """Makes the tables of a convolution.

    Args:
      y_phases: of the rows.
      x_phases: of the columns.
      blocks: into how many blocks of rows an image's output is divided.
      height: rows of the output.
      in_strides: bytes from one row of the input to the next, and from pixel to pixel.
      out_strides: of the output.
      tap_rows: rows of the packed filter from one row of the window to the next, and per column.
    """
    pairs = [(y, x) for y in y_phases for x in x_phases]
    taps: list[np.ndarray] = []
    first_tap: list[int] = []
    for y, x in pairs:
        first_tap.append(sum(len(t) for t in taps))
        taps.append(_tap_records(y, x, in_strides, tap_rows))
    segments: list[tuple[int, int, int, int]] = []
    pixels: list[np.ndarray] = []
    position = 0
    rows = height // blocks
    for block in range(blocks):
        for pair, (y, x) in enumerate(pairs):
            chosen = (y.coordinates >= block * rows) & (y.coordinates < (block + 1) * rows)
            table = _pixel_columns(y, x, chosen, in_strides, out_strides)
            count = table.shape[1]
            segments.append((position, count, first_tap[pair], len(taps[pair])))
            pixels += [table, np.zeros((4, _PAD), np.int64)]
            position += count + _PAD
    return Tables(
        np.array(segments, np.int64), len(pairs), np.concatenate(pixels, axis=1),
        np.concatenate([*taps, np.zeros((1, 4), np.int64)]),
    )  # fmt: skip


def _tap_records(
    y: Phase, x: Phase, in_strides: tuple[int, int], tap_rows: tuple[int, int]
) -> np.ndarray:
    ky, kx = (part.ravel() for part in np.meshgrid(y.taps, x.taps, indexing="ij"))
    dy, dx = (part.ravel() for part in np.meshgrid(y.shift, x.shift, indexing="ij"))
    delta = dy * in_strides[0] + dx * in_strides[1]
    records: np.ndarray = np.stack([ky, kx, delta, ky * tap_rows[0] + kx * tap_rows[1]], axis=1)
    return records.astype(np.int64)


def _pixel_columns(
    y: Phase,
    x: Phase,
    chosen: np.ndarray,
    in_strides: tuple[int, int],
    out_strides: tuple[int, int],
) -> np.ndarray:
    """The four columns of one segment, in the order that leaves most padding out."""

    def grid(of_y: np.ndarray, of_x: np.ndarray) -> list[np.ndarray]:
        return [part.ravel() for part in np.meshgrid(of_y, of_x, indexing="ij")]

    y_base, x_base = grid(y.base[chosen], x.base)
    y_out, x_out = grid(y.coordinates[chosen], x.coordinates)
    y_bits, x_bits = grid(y.bits()[chosen], x.bits())
    table: np.ndarray = np.stack([
        y_base * in_strides[0] + x_base * in_strides[1],
        y_out * out_strides[0] + x_out * out_strides[1],
        y_bits,
        x_bits,
    ])  # fmt: skip
    orders = [np.arange(len(y_out)), np.lexsort((y_out, x_out)), np.lexsort((y_bits, x_bits))]
    if table.shape[1] > 4096:  # of a large image little is padding
        orders = orders[:1]
    return table[:, min(orders, key=lambda order: _work(y_bits[order], x_bits[order]))]


def _work(y_bits: np.ndarray, x_bits: np.ndarray) -> int:
    """How many taps all tiles have together, when they are cut in this order."""
    starts = np.arange(0, len(y_bits), _ROWS)
    if not len(starts):
        return 0
    rows = np.bitwise_or.reduceat(y_bits, starts)
    columns = np.bitwise_or.reduceat(x_bits, starts)
    return int((np.bitwise_count(rows).astype(int) * np.bitwise_count(columns)).sum())
