"""Convolutions of volumes by Winograd's minimal filtering: where that pays, and its kernel calls.

Planes are images, with a filter [k, taps, taps, C, O] whose taps of the depth stand beside the
channels: [taps, taps, k * C, O]. So what `winograd.py` has for filters of images transforms it, and
transforms its gradient back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ....base.config import get_config
from ...array.cpu.boxes import copy_view, stand_in
from ...lowering import Argument, Buffer, Lowering
from ..windows import Axis, make_axis
from .conv_geometry import covered, pad_images, turn
from .winograd import (
    CACHE,
    FEW_PARTS,
    LINE,
    TRANSFORM_BYTES,
    Tiling,
    finish_filter_gradient,
    geometry,
    part_bytes,
    part_count,
    transform_filter,
)

_FEW_ITEMS = 4  # there should be as many
_ROWS = 8  # tiles at most: what a product may read past the last one


@dataclass(frozen=True)
class Planes:
    """How volumes are cut into planes, these into tiles, and all into items.

    Attributes:
      tiling: of the outputs' planes, as images; an item is a number of whole planes of a volume.
      depth: planes of a volume of outputs.
      taps: of the filter, along the depth.
    """

    tiling: Tiling
    depth: int
    taps: int

    @property
    def per_plane(self) -> int:
        """Tiles of a plane."""
        return self.tiling.down * self.tiling.across

    @property
    def more(self) -> int:
        """Tiles of an item's inputs, over those of its outputs."""
        return (self.taps - 1) * self.per_plane

    def item_bytes(self, channels: int, outputs: int) -> int:
        """What the transformed tiles of an item take."""
        tiles, places = self.tiling.per_item, self.tiling.places
        return 4 * places * ((tiles + self.more) * channels + tiles * outputs + 2 * LINE)


def make_planes(
    volumes: int, sizes: Sequence[int], kernel: Sequence[int], channels: int, outputs: int
) -> Planes:
    """Divides outputs of given sizes (depth, height, width) into items that fit into the cache."""
    depth, height, width = sizes
    plane = Tiling(kernel[1], volumes * depth, height, width, 1)
    parts = [
        Planes(replace(plane, per_item=count * plane.down * plane.across), depth, kernel[0])
        for count in range(1, depth + 1)
        if depth % count == 0
    ]
    fitting = [
        part
        for part in parts
        if part.item_bytes(channels, outputs) <= 2 * CACHE and part.tiling.items >= _FEW_ITEMS
    ]
    return fitting[-1] if fitting else parts[0]


def pays(
    filters: Sequence[int], kind: str, axes: Sequence[Axis], volumes: int, sums: bool = False
) -> bool:
    """Whether a convolution is faster this way.

    Args:
      filters: [rows of all depths, width, in, out].
      kind: the type of the elements.
      axes: the convolution's.
      volumes: of a batch.
      sums: whether it is for the gradient of the filter.
    """
    channels, outputs = filters[2:]
    if len(axes) < 3:
        return False
    kernel = [axis.kernel for axis in axes]
    possible = (
        get_config().winograd
        and kind == "float32"
        and kernel[1] == kernel[2]
        and kernel[1] in (3, 5)
        and all(axis.stride == axis.dilation == 1 for axis in axes)
        and all(max(axis.pad_before, axis.pad_after) < axis.kernel for axis in axes)
        and channels % 16 == outputs % 16 == 0
    )
    if not possible:
        return False
    sizes = [axis.out for axis in axes]
    planes = make_planes(volumes, sizes, kernel, channels, outputs)
    if sums and part_count(planes.tiling, planes.taps * channels, outputs) < FEW_PARTS:
        return False
    direct = 2 * volumes * np.prod(sizes) * np.prod(kernel) * channels * outputs / 160
    return bool(_cost(planes, channels, outputs, sums) < 0.85 * direct)


def _cost(planes: Planes, channels: int, outputs: int, sums: bool = False) -> float:
    """Nanoseconds on one thread: products, transforms, and the transformed filter.

    It is read for each item; or read and written, where its gradient is summed up.
    """
    tiling, taps = planes.tiling, planes.taps
    filters = tiling.places * taps * channels * outputs
    parts = part_count(tiling, taps * channels, outputs) if sums else 0
    once, each = (0.1 + 0.25 * parts, 12) if sums else (0.5 if filters <= CACHE else 1.0, 4)
    inputs = (1 + planes.more / tiling.per_item) * channels
    return (
        2 * tiling.tiles * filters / 160
        + tiling.tiles * tiling.places * (inputs + outputs) * 0.15
        + filters * (once + tiling.items * each / 50)
    )


def convolve(
    k: Lowering, x: Buffer, filters: Buffer, y: Buffer, axes: Sequence[Axis], turned: bool
) -> None:
    """Calls the kernels of a convolution, or (`turned`) of the gradient of its input.

    Buffers are images [volumes, rows of all depths, width, channels].
    """
    kernel = [axis.kernel for axis in axes]
    sizes = [axis.size if turned else axis.out for axis in axes]
    channels, outputs = x.shape[3], y.shape[3]
    planes = make_planes(x.shape[0], sizes, kernel, channels, outputs)
    if turned:
        axes = [_transposed(axis) for axis in axes]
    u = transform_filter(k, _beside_channels(k, filters, kernel, turned), turned)
    x, y = _padded_planes(k, x, axes), _as_planes(y, sizes)
    args: list[Argument] = [k.read(x, whole=True), k.read(u, whole=True), k.write(y)]
    k.call(
        f"winograd_volumes.convolve{kernel[1]}",
        items=planes.tiling.items,
        args=[*args, *_words(k, planes, x, y, axes)],
        cost=_cost(planes, channels, outputs),
    )


def filter_gradient(k: Lowering, x: Buffer, dy: Buffer, dw: Buffer, axes: Sequence[Axis]) -> None:
    """Calls the kernels of the gradient of a convolution's filter."""
    kernel, sizes = [axis.kernel for axis in axes], [axis.out for axis in axes]
    channels, outputs = x.shape[3], dy.shape[3]
    planes = make_planes(x.shape[0], sizes, kernel, channels, outputs)
    tiling, deep = planes.tiling, planes.taps * channels
    of_part, blocks = part_bytes(kernel[1], deep, outputs), part_count(tiling, deep, outputs)
    block_items = -(-tiling.items // blocks)
    parts = k.temporary(blocks * of_part, "parts of the transformed gradient")
    x, dy = _padded_planes(k, x, axes), _as_planes(dy, sizes)
    args: list[Argument] = [k.read(x, whole=True), k.read(dy), k.write_blocks(parts)]
    k.call(
        f"winograd_volumes.sum_filter_gradient{kernel[1]}",
        items=tiling.items,
        blocks=blocks,
        args=[*args, *_words(k, planes, x, dy, axes), block_items, of_part],
        cost=_cost(planes, channels, outputs, sums=True),
    )
    shape = (kernel[1], kernel[2], planes.taps, channels, outputs)
    beside = k.temporary_like(shape, dw.dtype, "gradient beside the channels")
    finish_filter_gradient(
        k,
        parts,
        replace(beside, shape=(*shape[:2], deep, outputs)),
        -(-tiling.items // block_items),
    )
    turn(k, beside, dw, (2, 0, 1, 3, 4))


def _words(
    k: Lowering, planes: Planes, x: Buffer, y: Buffer, axes: Sequence[Axis]
) -> list[Argument]:
    """The kernels' words from the workspace to the geometry of the outputs."""
    tiling, channels, outputs = planes.tiling, x.shape[3], y.shape[3]
    patch = tiling.places * max(channels, outputs) + _ROWS * channels
    return [
        k.workspace(TRANSFORM_BYTES + 4 * patch + planes.item_bytes(channels, outputs)),
        channels,
        outputs,
        planes.taps,
        planes.per_plane,
        tiling.per_item,
        planes.depth * planes.per_plane // tiling.per_item,
        *geometry(x, tiling, [axis.pad_before for axis in axes[1:]]),
        *geometry(y, tiling, (0, 0)),
    ]


def _transposed(axis: Axis) -> Axis:
    """The axis along which the gradient of the input is a convolution of that of the output."""
    before, after = (axis.kernel - 1 - pad for pad in (axis.pad_before, axis.pad_after))
    return axis._replace(size=axis.out, out=axis.size, pad_before=before, pad_after=after)


def _padded_planes(k: Lowering, x: Buffer, axes: Sequence[Axis]) -> Buffer:
    """The planes of volumes as images, with planes of zeros above and below where they are read."""
    depth, height, width = axes
    if depth.pad_before or covered(depth) != depth.size:
        whole = [make_axis(axis.size, 1, 1, 1, "VALID") for axis in (height, width)]
        x, _ = pad_images(k, x, [depth, *whole])
    return _as_planes(x, [covered(depth), height.size, width.size])


def _as_planes(x: Buffer, sizes: Sequence[int]) -> Buffer:
    """Volumes as images of their planes; `sizes`: depth, height and width."""
    return replace(x, shape=(x.shape[0] * sizes[0], *sizes[1:], x.shape[3]))


def _beside_channels(k: Lowering, filters: Buffer, kernel: Sequence[int], turned: bool) -> Buffer:
    """A filter [k, taps, taps, C, O] as [taps, taps, k * C, O].

    Turned, it is that of the convolution's transpose: the last tap of the depth comes first, and C
    and O change places; what is left to `transform_filter` are the other taps.
    """
    whole = stand_in(filters, (*kernel, *filters.shape[2:]))
    view = whole[::-1].transpose(1, 2, 0, 4, 3) if turned else whole.transpose(1, 2, 0, 3, 4)
    beside = k.temporary_like(view.shape, filters.dtype, "filter beside the channels")
    copy_view(k, view, whole, filters, beside)
    taps, _, depth, channels, outputs = view.shape
    return replace(beside, shape=(taps, taps, depth * channels, outputs))
