"""From views to kernels: how an array that is seen with other strides becomes one of its own.

A view of an array (NumPy's: a slice, a permutation, a reversal) says all about a copy: its sizes,
its strides, where it starts. `copy_view` finds the kernel: runs of bytes, squares of a transposed
plane, or single elements; and the items: rows along the leading dimensions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ...lowering import Access, Argument, Buffer, Lowering, Operand, Table

ELEMENT_SIZES = (1, 2, 4, 8, 16)
BYTES_PER_NS = 8.0
ELEMENT_COST = 0.8  # ns of an element that is copied alone
MOST_ITEMS = 64  # into which a copy is divided that no leading dimension divides
FEW_ITEMS = 8  # a copy with fewer of them is divided otherwise
SMALL_ITEM = 64  # bytes: items need not be smaller
LARGE_ITEM = 1 << 14  # bytes: smaller ones are not divided further
BAND = 256  # bytes of a source row in an item of the kernels `transpose.planes`
SMALLEST_SQUARE = 4  # elements of the longer side from which on squares are worth it


@dataclass(frozen=True)
class Place:
    """Where a box is in its source, as an input says.

    Attributes:
      indices: int32 or int64, a vector.
      table: [indices][3], of each: what it moves the box by in bytes, the highest one (-1: it means
        nothing), what is added to a negative one.
      failure: makes the error of an index that is outside, from it and its position.
    """

    indices: Buffer
    table: np.ndarray
    failure: Callable[[int, int], Exception]


@dataclass(frozen=True)
class Dimension:
    """A loop of a copy, strides in bytes; `start` and `count`: where there is a source at all."""

    size: int
    source: int
    target: int
    start: int = 0
    count: int = -1

    @property
    def words(self) -> tuple[int, ...]:
        return self.size, self.source, self.target, self.start, self.window

    @property
    def window(self) -> int:
        return self.size if self.count < 0 else self.count

    @property
    def is_whole(self) -> bool:
        return self.window == self.size


def require_fixed_size(k: Lowering, *buffers: Buffer) -> None:
    """Leaves strings and the like to the reference."""
    for buffer in buffers:
        kind = np.dtype(buffer.dtype.as_numpy_dtype)
        k.require(not kind.hasobject and kind.itemsize in ELEMENT_SIZES)


def stand_in(buffer: Buffer, shape: Sequence[int] | None = None) -> np.ndarray:
    """An array of a buffer's shape, to take views of; its elements are never looked at."""
    return np.empty(buffer.shape if shape is None else shape, f"V{buffer.itemsize}")


def copy_view(
    k: Lowering,
    view: np.ndarray,
    of: np.ndarray,
    x: Buffer,
    y: Buffer,
    place: Place | None = None,
) -> None:
    """Writes a view of x to y.

    Args:
      view: of the stand-in `of` of x; its elements in order are y's.
      place: moves the view.
    """
    targets = contiguous_strides(view.shape, y.itemsize)
    nest = [Dimension(*d) for d in zip(view.shape, view.strides, targets, strict=True)]
    copy_nest(k, nest, x, y, source_offset=offset_of(view, of), place=place)


def copy_into_view(k: Lowering, view: np.ndarray, of: np.ndarray, x: Buffer, y: Buffer) -> None:
    """Writes x to a part of y; the rest of y stays as it is.

    Args:
      view: of the stand-in `of` of y, with as many elements as x, in their order.
    """
    sources = contiguous_strides(view.shape, x.itemsize)
    nest = [Dimension(*d) for d in zip(view.shape, sources, view.strides, strict=True)]
    copy_nest(k, nest, x, y, target_offset=offset_of(view, of), is_partial=True)


def offset_of(view: np.ndarray, of: np.ndarray) -> int:
    """Where the first element of a view is, in bytes."""
    start: int = view.__array_interface__["data"][0] - of.__array_interface__["data"][0]
    assert 0 <= start < max(of.nbytes, 1) or view.size == 0, "a copy, not a view"
    return start


def copy_nest(
    k: Lowering,
    nest: Sequence[Dimension],
    x: Buffer,
    y: Buffer,
    source_offset: int = 0,
    target_offset: int = 0,
    is_partial: bool = False,
    pattern: tuple[int, int] = (0, 0),
    place: Place | None = None,
) -> None:
    """Copies from x to y in a nest of loops.

    Args:
      nest: the loops; all of y is written, unless `is_partial`.
      source_offset, target_offset: bytes in x and y of the first element.
      pattern: what is written where there is no source.
      place: moves the box in x.
    """
    size = y.itemsize
    if 0 in [d.size for d in nest]:
        return
    nest = [d for d in nest if d.size != 1 or not d.is_whole]
    lead = 0 if place else _common_lead(nest, x, y)
    access = Access.ITEM if lead else Access.WHOLE
    source = Operand(x, access, reads=True, writes=False, offset=source_offset)
    target = Operand(y, access, reads=is_partial, writes=True, offset=target_offset)
    outer, inner = collapse(nest[:lead]), collapse(nest[lead:])
    items = math.prod(d.size for d in nest[:lead]) if lead else 0
    if place is None and _is_transposed(inner, size):
        _transpose(k, outer, inner, items, source, target)
        return
    if not lead:
        outer, inner = _target_lead(inner, size)
        items = math.prod(d.size for d in outer)
        if not is_partial:
            target = k.write(y)
    _run_box(k, outer, inner, items, source, target, pattern, place)


def _run_box(
    k: Lowering,
    outer: Sequence[Dimension],
    inner: Sequence[Dimension],
    items: int,
    source: Operand,
    target: Operand,
    pattern: tuple[int, int],
    place: Place | None,
) -> None:
    """Calls the kernel of a box; rows of the outer dimensions are an item, or several are."""
    size = target.buffer.itemsize
    last = inner[-1] if inner else Dimension(1, size, size)
    loops = [*outer, *inner[:-1]] or [Dimension(1, 0, 0)]
    is_run = True
    if last.source == last.target == size:
        last = Dimension(last.size * size, 1, 1, last.start * size, last.window * size)
    elif not last.is_whole:
        loops, last = [*loops, last], Dimension(size, 1, 1)
    else:
        is_run = False
    table = np.array([d.words for d in (*loops, last)], np.int64)
    rows = math.prod(d.size for d in loops)
    words: list[Argument] = [target, source, Table(table), len(table), rows // items, *pattern]
    cost = rows * last.size * (2 / BYTES_PER_NS if is_run else ELEMENT_COST)
    suffix = "" if is_run else f"_b{size}"
    if place is None:
        k.call(f"move.box{suffix}", items, words, cost=cost)
        return
    words += [k.read(place.indices, whole=True), place.indices.itemsize, len(place.table)]
    words += [Table(place.table), k.failure()]
    k.call(f"move.box_at{suffix}", items, words, cost=cost, failure=place.failure)


def contiguous_strides(shape: Sequence[int], itemsize: int) -> list[int]:
    """The strides of an array in row-major order."""
    return [itemsize * math.prod(shape[i + 1 :]) for i in range(len(shape))]


def collapse(nest: Sequence[Dimension]) -> list[Dimension]:
    """The same loops, those that continue each other as one."""
    result: list[Dimension] = []
    for d in nest:
        if result and d.is_whole:
            before, n = result[-1], d.size
            if (before.source, before.target) == (d.source * n, d.target * n):
                window = before.start * n, before.window * n
                result[-1] = Dimension(before.size * n, d.source, d.target, *window)
                continue
        result.append(d)
    return result


def _common_lead(nest: Sequence[Dimension], x: Buffer, y: Buffer) -> int:
    """How many leading loops divide both arrays into the same parts; 0 for too few parts.

    A loop whose step is a part goes through all of them; and as it stays in the array at its last
    step, the loops inside stay in a part.
    """
    lead, parts = 0, 1
    for i, d in enumerate(nest[:-1]):  # the last loop is a kernel's innermost one
        parts *= d.size
        if not d.is_whole or (d.source * parts, d.target * parts) != (x.nbytes, y.nbytes):
            break
        if parts >= FEW_ITEMS:
            lead = i + 1
            if y.nbytes // parts <= SMALL_ITEM:
                break
    return lead


def _target_lead(
    nest: Sequence[Dimension], itemsize: int
) -> tuple[list[Dimension], list[Dimension]]:
    """The loops, divided into those that number items and the others."""
    loops = list(nest)
    if loops and math.prod(d.size for d in loops[:-1]) < FEW_ITEMS:
        loops[-1:] = _divided(loops[-1], itemsize)
    total = math.prod(d.size for d in loops) * itemsize
    items = 1
    for i, d in enumerate(loops[:-1]):
        if items >= MOST_ITEMS or total // items < LARGE_ITEM:
            return loops[:i], loops[i:]
        items *= d.size
    return loops[:-1], loops[-1:]


def _divided(d: Dimension, itemsize: int) -> list[Dimension]:
    """A long loop as two, where a number of equal parts can be found."""
    if d.is_whole and d.size * itemsize >= 2 * LARGE_ITEM:
        for parts in range(MOST_ITEMS, 1, -1):
            if d.size % parts == 0:
                part = d.size // parts
                outer = Dimension(parts, part * d.source, part * d.target)
                return [outer, Dimension(part, d.source, d.target)]
    return [d]


# --- transposed planes ----------------------------------------------------------------------------


def _is_transposed(nest: Sequence[Dimension], itemsize: int) -> bool:
    """Whether source and target run along different loops."""
    if itemsize > 8 or len(nest) < 2 or nest[-1].target != itemsize:
        return False
    if nest[-1].source == itemsize or not all(d.is_whole for d in nest):
        return False
    rows = next((d for d in nest[:-1] if d.source == itemsize), None)
    return rows is not None and max(rows.size, nest[-1].size) >= SMALLEST_SQUARE


def _transpose(
    k: Lowering,
    outer: Sequence[Dimension],
    inner: Sequence[Dimension],
    items: int,
    source: Operand,
    target: Operand,
) -> None:
    """Calls `transpose.planes`; `items`: those that both arrays have, or 0."""
    size = target.buffer.itemsize
    columns = inner[-1]
    rows = next(d for d in inner[:-1] if d.source == size)
    planes = [*outer, *(d for d in inner[:-1] if d is not rows)]
    bands = -(-rows.size * size // BAND) * math.prod(d.size for d in planes)
    table = np.array([(d.size, d.source, d.target) for d in planes] or [(1, 0, 0)], np.int64)
    sizes: list[Argument] = [
        rows.size,
        rows.target,
        columns.size,
        columns.source,
        len(planes),
        Table(table),
    ]
    k.call(
        f"transpose.planes_b{size}",
        items or bands,
        [target, source, bands // items if items else 1, *sizes],
        cost=4 * target.buffer.nbytes / BYTES_PER_NS,
    )
