"""Convolutions by Winograd's minimal filtering: where that pays, and its kernel calls.

Those of images; `winograd_volumes.py` has the others, and shares what is done to filters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ....base.config import get_config
from ...lowering import MOST_BLOCKS, Buffer, Lowering, Workspace, sum_blocks
from ..windows import Axis
from .conv_geometry import turn

_OUT = 4  # outputs of a tile along an axis
_GROUP = 32  # output channels of an item: the kernels' panels divide it on every machine
LINE = 32  # elements between the places of a transform
TRANSFORM_BYTES = 4096  # that the kernels keep intermediate squares in
CACHE = 1 << 20  # bytes of transformed tiles at once
_FEW_TILES, _SOME_TILES = 16, 32  # of an item: with fewer its filter is read too often
_FEW_ITEMS, _MOST_FEW = 4, 64  # items of tiles; tiles of all images, transformed in the arena
_TILE_ROWS = 8  # at most: what a product may read past the last tile
_PARTS_BYTES = 48 << 20  # of all parts of a sum over images
FEW_PARTS = 4  # with fewer too few threads would find work


@dataclass(frozen=True)
class Tiling:
    """How images are cut into tiles of outputs, and these into items.

    Attributes:
      taps: of the filter along an axis.
      images, height, width: of the outputs.
      per_item: tiles of an item.
    """

    taps: int
    images: int
    height: int
    width: int
    per_item: int

    @property
    def down(self) -> int:
        return -(-self.height // _OUT)

    @property
    def across(self) -> int:
        return -(-self.width // _OUT)

    @property
    def tiles(self) -> int:
        """Of all images."""
        return self.images * self.down * self.across

    @property
    def places(self) -> int:
        """Elements of a transformed tile, of one channel."""
        return (_OUT + self.taps - 1) ** 2

    @property
    def items(self) -> int:
        return -(-self.tiles // self.per_item)

    @property
    def is_whole_rows(self) -> bool:
        """Whether an item's outputs are an equal and contiguous part of all outputs."""
        per_image = self.down * self.across
        if self.per_item % per_image == 0:
            return self.images * per_image % self.per_item == 0
        rows = self.per_item // self.across
        return (
            self.per_item % self.across == 0
            and self.down % rows == 0
            and self.height % (rows * _OUT) == 0
        )

    def at_once(self, channels: int, outputs: int) -> int:
        """Tiles that are transformed before their products.

        They should stay in the cache; but a large transformed filter, which is read for each of
        these portions, is worth larger ones.
        """
        filter_bytes = self.places * channels * outputs * 4
        room = max(CACHE, min(filter_bytes // 2, 4 * CACHE))
        fit = max(room // (self.places * (channels + outputs) * 4), 8)
        portions = -(-self.per_item // fit)
        return min(self.per_item, -(-self.per_item // (8 * portions)) * 8)


def make_tiling(taps: int, shape: Sequence[int]) -> Tiling:
    """Divides outputs [images, height, width, channels] into items."""
    images, height, width = shape[:3]
    whole = Tiling(taps, images, height, width, 1)
    per_image = whole.down * whole.across
    if 2 * per_image <= _SOME_TILES:
        least = 1 if per_image < _FEW_TILES else 4
        together = max(
            g
            for g in range(1, min(images, _SOME_TILES) + 1)
            if images % g == 0 and (g == 1 or g * per_image <= _SOME_TILES and images >= g * least)
        )
        return Tiling(taps, images, height, width, together * per_image)
    if images < 8:
        for rows in range(1, whole.down):
            part = Tiling(taps, images, height, width, rows * whole.across)
            if part.per_item >= _FEW_TILES and part.is_whole_rows:
                return part
        if per_image >= _SOME_TILES and images < 4:
            half = -(-whole.down // 2)
            return Tiling(taps, images, height, width, half * whole.across)
    return Tiling(taps, images, height, width, per_image)


def pays(
    filters: Sequence[int],
    kind: str,
    axes: Sequence[Axis],
    images: int,
    sums: bool = False,
    steady: bool = False,
) -> bool:
    """Whether a convolution is faster this way.

    Args:
      filters: [height, width, in, out].
      kind: the type of the elements.
      axes: the convolution's.
      images: of a batch.
      sums: whether it is for the gradient of the filter.
      steady: whether the filter stays the same from run to run, and so is transformed just once.
    """
    rows, columns, channels, outputs = filters
    possible = (
        get_config().winograd
        and len(axes) == 2
        and kind == "float32"
        and rows == columns
        and rows in (3, 5)
        and all(axis.stride == axis.dilation == 1 for axis in axes)
        and all(max(axis.pad_before, axis.pad_after) < rows for axis in axes)
        and channels % 16 == outputs % 16 == 0
    )
    if not possible:
        return False
    tiling = make_tiling(rows, (images, axes[0].out, axes[1].out))
    if sums and part_count(tiling, channels, outputs) < FEW_PARTS:
        return False
    pixels = images * axes[0].out * axes[1].out
    direct = 2 * pixels * rows * rows * channels * outputs / 160
    if not sums and _goes_by_places(tiling):
        return _cost_by_places(tiling, channels, outputs, steady) < 0.85 * direct
    return _cost(tiling, channels, outputs, sums) < 0.85 * direct


def _goes_by_places(tiling: Tiling) -> bool:
    """Whether threads share the places of so few tiles, and not the tiles."""
    return tiling.items < _FEW_ITEMS and tiling.tiles <= _MOST_FEW


def _cost_by_places(tiling: Tiling, channels: int, outputs: int, steady: bool = True) -> float:
    """Nanoseconds on one thread: products, transforms, and the transformed filter."""
    filters = tiling.places * channels * outputs
    reading = 0.25 if filters <= 4 * CACHE else 0.4
    return (
        2 * tiling.tiles * filters / 160
        + tiling.tiles * tiling.places * (channels + outputs) * 0.15
        + filters * (reading if steady else reading + 0.7)
    )


def _cost(tiling: Tiling, channels: int, outputs: int, sums: bool = False) -> float:
    """Nanoseconds on one thread: products, transforms, and the transformed filter.

    It is read for each portion of tiles; or read and written, where its gradient is summed up.
    """
    filters = tiling.places * channels * outputs
    portions = tiling.tiles / tiling.at_once(channels, outputs)
    reading = 0.35 if 4 * filters <= 4 * CACHE else 0.9
    once, each = (0.1 + 0.25 * sum_blocks(tiling.items), 12) if sums else (reading, 4)
    return (
        2 * tiling.tiles * filters / 160
        + tiling.tiles * tiling.places * (channels + outputs) * 0.15
        + filters * (once + portions * each / 50)
    )


def convolve(
    k: Lowering, x: Buffer, filters: Buffer, y: Buffer, axes: Sequence[Axis], turned: bool
) -> None:
    """Calls the kernels of a convolution, or (`turned`) of the gradient of its input."""
    taps = filters.shape[0]
    tiling = make_tiling(taps, y.shape)
    if turned:
        filters = _turn(k, filters)
    u = transform_filter(k, filters, turned)
    pads = [taps - 1 - a.pad_before if turned else a.pad_before for a in axes]
    if _goes_by_places(tiling):
        _convolve_by_places(k, x, u, y, tiling, pads)
    else:
        _convolve_by_tiles(k, x, u, y, tiling, pads)


def transform_filter(k: Lowering, filters: Buffer, turned: bool) -> Buffer:
    """A filter [taps, taps, C, O] in its places; `turned`: its last tap first."""
    taps, _, channels, outputs = filters.shape
    places = (_OUT + taps - 1) ** 2
    tap_bytes = channels * outputs * 4
    first, step = ((taps * taps - 1) * tap_bytes, -tap_bytes) if turned else (0, tap_bytes)
    u = k.temporary(places * (-(-outputs // 32) * 32 * channels + LINE) * 4, "transformed filter")
    k.call(
        f"winograd.transform_filter{taps}",
        items=channels,
        args=[k.read(filters, whole=True), k.write(u, whole=True), channels, outputs,
              k.workspace(TRANSFORM_BYTES), taps * step, step, first],
        cost=0.5 * places * channels * outputs,
    )  # fmt: skip
    return u


def _convolve_by_tiles(
    k: Lowering, x: Buffer, u: Buffer, y: Buffer, tiling: Tiling, pads: Sequence[int]
) -> None:
    """A thread takes tiles from images to images; U is read for each portion of them."""
    channels, outputs = x.shape[3], y.shape[3]
    at_once = tiling.at_once(channels, outputs)
    whole = not tiling.is_whole_rows
    by_image = not whole and tiling.per_item % (tiling.down * tiling.across) == 0
    k.call(
        f"winograd.convolve{tiling.taps}",
        items=tiling.items,
        args=[
            k.read(x, whole=not by_image),
            k.read(u, whole=True),
            k.write(y, whole=whole),
            _workspace(k, tiling, channels, outputs),
            channels,
            outputs,
            tiling.per_item,
            at_once,
            tiling.tiles,
            *geometry(x, tiling, pads),
            *geometry(y, tiling, (0, 0)),
        ],
        cost=_cost(tiling, channels, outputs),
    )


def _convolve_by_places(
    k: Lowering, x: Buffer, u: Buffer, y: Buffer, tiling: Tiling, pads: Sequence[int]
) -> None:
    """All tiles are transformed before the products, in which a thread reads a part of U."""
    channels, outputs = x.shape[3], y.shape[3]
    places, tiles, size = tiling.places, tiling.tiles, x.itemsize
    patch = TRANSFORM_BYTES + places * max(channels, outputs) * size
    v_bytes = (places * (tiles * channels + LINE) + _TILE_ROWS * channels) * size
    v = k.temporary(v_bytes, "transformed tiles")
    m = k.temporary(places * (tiles * outputs + LINE) * size, "transformed outputs")
    moving = 0.15 * places * tiles
    k.call(
        f"winograd.transform_tiles{tiling.taps}",
        items=tiles,
        args=[k.read(x, whole=True), k.write(v, whole=True), k.workspace(patch), channels, tiles,
              *geometry(x, tiling, pads)],
        cost=moving * channels,
    )  # fmt: skip
    k.call(
        "winograd.multiply_places",
        items=places * -(-outputs // _GROUP),
        args=[k.read(v, whole=True), k.read(u, whole=True), k.write(m, whole=True), channels,
              outputs, tiles],
        cost=_cost_by_places(tiling, channels, outputs) - moving * (channels + outputs),
    )  # fmt: skip
    k.call(
        f"winograd.finish_tiles{tiling.taps}",
        items=tiles,
        args=[k.read(m, whole=True), k.write(y, whole=True), k.workspace(patch), outputs, tiles,
              *geometry(y, tiling, (0, 0))],
        cost=moving * outputs,
    )  # fmt: skip


def filter_gradient(k: Lowering, x: Buffer, dy: Buffer, dw: Buffer, axes: Sequence[Axis]) -> None:
    """Calls the kernels of the gradient of a convolution's filter."""
    taps, _, channels, outputs = dw.shape
    tiling = make_tiling(taps, dy.shape)
    of_part = part_bytes(taps, channels, outputs)
    blocks = part_count(tiling, channels, outputs)
    block_items = -(-tiling.items // blocks)
    parts = k.temporary(blocks * of_part, "parts of the transformed gradient")
    by_image = tiling.is_whole_rows and tiling.per_item % (tiling.down * tiling.across) == 0
    k.call(
        f"winograd.sum_filter_gradient{taps}",
        items=tiling.items,
        blocks=blocks,
        args=[
            k.read(x, whole=not by_image),
            k.read(dy, whole=not by_image),
            k.write_blocks(parts),
            _workspace(k, tiling, max(channels, outputs), outputs),
            channels,
            outputs,
            tiling.per_item,
            tiling.at_once(channels, outputs),
            tiling.tiles,
            *geometry(x, tiling, [a.pad_before for a in axes]),
            *geometry(dy, tiling, (0, 0)),
            block_items,
            of_part,
        ],
        cost=_cost(tiling, channels, outputs, sums=True),
    )
    finish_filter_gradient(k, parts, dw, -(-tiling.items // block_items))


def finish_filter_gradient(k: Lowering, parts: Buffer, dw: Buffer, used: int) -> None:
    """Adds up the first `used` parts of a transformed gradient, and transforms it back."""
    taps, _, channels, outputs = dw.shape
    places = (_OUT + taps - 1) ** 2
    k.call(
        f"winograd.finish_filter_gradient{taps}",
        items=channels,
        args=[k.read(parts, whole=True), k.write(dw, whole=True), channels, outputs,
              k.workspace(TRANSFORM_BYTES + places * (outputs + LINE) * 4), used],
        cost=used * part_bytes(taps, channels, outputs) / 8,
    )  # fmt: skip


def _turn(k: Lowering, filters: Buffer) -> Buffer:
    """The filter [taps, taps, out, in] of one [taps, taps, in, out]."""
    rows, columns, channels, outputs = filters.shape
    turned = k.temporary_like((rows, columns, outputs, channels), filters.dtype, "turned filter")
    turn(k, filters, turned, (0, 1, 3, 2))
    return turned


def _workspace(k: Lowering, tiling: Tiling, channels: int, outputs: int) -> Workspace:
    at_once = tiling.at_once(channels, outputs)
    patch = tiling.places * max(channels, outputs)
    planes = tiling.places * (at_once * (channels + outputs) + 2 * LINE)
    return k.workspace(TRANSFORM_BYTES + (patch + planes + 8 * channels + 2 * LINE) * 4)


def geometry(images: Buffer, tiling: Tiling, pads: Sequence[int]) -> tuple[int, ...]:
    """The kernels' words for images that are cut into tiles."""
    return images.shape[1], images.shape[2], tiling.down, tiling.across, *pads


def part_bytes(taps: int, channels: int, outputs: int) -> int:
    """Bytes of a filter's transformed gradient."""
    return (_OUT + taps - 1) ** 2 * (channels * outputs + LINE) * 4


def part_count(tiling: Tiling, channels: int, outputs: int) -> int:
    """How many parts to sum up in."""
    most = _PARTS_BYTES // part_bytes(tiling.taps, channels, outputs)
    return sum_blocks(tiling.items, min(MOST_BLOCKS, most))
