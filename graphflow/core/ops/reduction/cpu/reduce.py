"""Reductions on the CPU: any axes, as passes over [outer, reduced, inner], the innermost first.

one pass      [outer, reduced, inner] -> [outer, inner]: items are the outer ones, which the
              batch divides, so that it follows its producer item by item
outer == 1    items are parts of the reduced axis; each block of them makes a partial result,
              and a second call reduces these: the sum of a loss, the gradient of a bias
few rows      items are ranges of the inner axis
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ...lowering import MOST_BLOCKS, Buffer, Lowering, sum_blocks
from ..axes import reduced_axes
from ..reduce import all_op, any_op, max_op, mean_op, min_op, prod_op, sum_op

NUMBERS = {"float32": "f32", "float64": "f64", "int32": "i32", "int64": "i64"}
_BYTES_PER_NS = 8.0  # what one thread gets of the memory's bandwidth
_SMALL = 16384  # elements that are not worth being divided
_ITEM = 512  # elements that an item should have, where they can be chosen
_ROWS = 8  # rows an item should have: for each item, the partial result is read and written
_ABREAST = 64  # elements: rows that are shorter are taken side by side

Group = tuple[int, bool]  # neighbouring axes: their sizes' product, and whether they are reduced


def _groups(shape: Sequence[int], axes: Sequence[int]) -> list[Group]:
    """The axes in as few groups as possible; those of size 1 belong anywhere."""
    groups: list[Group] = []
    for axis, size in enumerate(shape):
        if size == 1:
            continue
        is_reduced = axis in axes
        if groups and groups[-1][1] == is_reduced:
            groups[-1] = groups[-1][0] * size, is_reduced
        else:
            groups.append((size, is_reduced))
    return groups


def largest_divisor(size: int, limit: int) -> int:
    """The largest divisor of a size that is not above a limit of 1 or more."""
    best = 1
    for divisor in range(1, math.isqrt(size) + 1):
        if size % divisor == 0:
            for candidate in (divisor, size // divisor):
                if best < candidate <= limit:
                    best = candidate
    return best


def _divided(groups: list[Group]) -> list[Group]:
    """Divides a long reduced axis behind a short one, so that there are items for all threads."""
    if len(groups) < 2 or groups[0][1]:
        return groups
    (outer, _), (reduced, _), *rest = groups
    inner = math.prod(size for size, _ in rest)
    if outer >= 2 * MOST_BLOCKS or reduced * inner < 4 * _SMALL:
        return groups
    pieces = largest_divisor(reduced, max(reduced * inner // _SMALL, 1))
    return [(outer, False), (pieces, True), (reduced // pieces, True), *rest]


def reduce(
    k: Lowering,
    kernel: str,
    x: Buffer,
    axes: Sequence[int],
    y: Buffer,
    divisor: float = 0.0,
    combine: str = "",
) -> None:
    """Calls the kernels that reduce x over axes.

    Args:
      k: the lowering.
      kernel: such as `"sum_f32"`.
      x: at least one element.
      axes: positions.
      y: the result, with or without the reduced axes.
      divisor: what results are divided by, if not 0.
      combine: the kernel for what `kernel` has reduced once; `kernel` itself if empty.
    """
    groups = _divided(_groups(x.shape, axes))
    source, leading = x, x.shape[0] if x.shape else 1
    while True:
        places = [i for i, (_, is_reduced) in enumerate(groups) if is_reduced]
        last = places[-1] if places else 0
        if not places:
            groups.insert(0, (1, True))
        outer = math.prod(size for size, _ in groups[:last])
        reduced = groups[last][0]
        inner = math.prod(size for size, _ in groups[last + 1 :])
        is_end = len(places) <= 1
        target = y if is_end else k.temporary_like([outer, inner], x.dtype, "partial")
        by = divisor if is_end else 0.0
        if outer > 1:
            _call(k, kernel, source, outer, reduced, inner, target, by)
        else:
            _reduce_leading(
                k, kernel, combine or kernel, source, leading, reduced, inner, target, by
            )
        if is_end:
            return
        del groups[last]
        source, kernel = target, combine or kernel


def _call(
    k: Lowering,
    kernel: str,
    x: Buffer,
    items: int,
    reduced: int,
    inner: int,
    y: Buffer,
    divisor: float,
) -> None:
    """One pass: each item's matrix to a row."""
    stride = inner * x.itemsize
    words = [reduced, inner, reduced * stride, stride, 0, float(divisor)]
    cost = x.nbytes / _BYTES_PER_NS
    k.call(f"reduce.{kernel}", items, [k.read(x), k.write(y), *words], cost=cost)


def _reduce_leading(
    k: Lowering,
    kernel: str,
    combine: str,
    x: Buffer,
    leading: int,
    reduced: int,
    inner: int,
    y: Buffer,
    divisor: float,
) -> None:
    """[reduced, inner] to one row."""
    size = reduced * inner
    if size <= _SMALL:
        _call(k, kernel, x, 1, reduced, inner, y, divisor)
    elif reduced < 4 * MOST_BLOCKS:
        _reduce_columns(k, kernel, x, reduced, inner, y, divisor)
    else:
        items = _items(leading, reduced, size)
        blocks = sum_blocks(items, min(_most_blocks(items), reduced // 8))
        block_items = -(-items // blocks)
        rows = reduced // items
        abreast = largest_divisor(rows, max(_ABREAST // inner, 1))
        rows, wide = rows // abreast, inner * abreast
        parts = k.temporary_like([blocks, wide], x.dtype, "partial")
        stride = wide * x.itemsize
        words = [rows, wide, rows * stride, stride, block_items, 0.0]
        k.call(
            f"reduce.{kernel}",
            items,
            [k.read(x), k.write_blocks(parts), *words],
            blocks=blocks,
            cost=x.nbytes / _BYTES_PER_NS,
        )
        _call(k, combine, parts, 1, blocks * abreast, inner, y, divisor)


def _items(leading: int, reduced: int, size: int) -> int:
    """Into how many equal parts to divide the reduced axis: those of the batch if possible."""
    for axis in (leading, reduced):
        if reduced % axis == 0:
            limit = min(size // _ITEM, reduced // _ROWS, (2 * MOST_BLOCKS) ** 2)
            items = largest_divisor(axis, max(limit, 1))
            if items > 1:
                return items
    return 1


def _reduce_columns(
    k: Lowering, kernel: str, x: Buffer, reduced: int, inner: int, y: Buffer, divisor: float
) -> None:
    """A few long rows: each item takes a range of columns."""
    items = largest_divisor(inner, max(reduced * inner // _SMALL, 1))
    columns = inner // items
    words = [reduced, columns, columns * x.itemsize, inner * x.itemsize, 0, float(divisor)]
    cost = x.nbytes / _BYTES_PER_NS
    k.call(f"reduce.{kernel}", items, [k.read(x, whole=True), k.write(y), *words], cost=cost)


# --- the ops -------------------------------------------------------------------------------------


def _lowering(operation: str, kinds: dict[str, str], is_mean: bool = False) -> Any:
    def lowering(node: Any, k: Lowering) -> None:
        x, y, axes = k.inputs[0], k.outputs[0], k.constants[1]
        k.require(x.kind in kinds and x.size > 0 and axes is not None)
        assert axes is not None
        positions = reduced_axes(len(x.shape), axes)
        count = math.prod(x.shape[axis] for axis in positions) if is_mean else 0
        reduce(k, f"{operation}_{kinds[x.kind]}", x, positions, y, count)

    return lowering


_MEANS = {kind: suffix for kind, suffix in NUMBERS.items() if kind != "int32"}  # it could overflow
sum_op.cpu(_lowering("sum", NUMBERS))
mean_op.cpu(_lowering("sum", _MEANS, is_mean=True))
prod_op.cpu(_lowering("product", NUMBERS))
max_op.cpu(_lowering("max", NUMBERS))
min_op.cpu(_lowering("min", NUMBERS))
all_op.cpu(_lowering("min", {"bool": "u8"}))
any_op.cpu(_lowering("max", {"bool": "u8"}))


def _most_blocks(items: int) -> int:
    """Images are divided as they are everywhere; long sums get more parts, to be more exact."""
    return MOST_BLOCKS if items <= MOST_BLOCKS**2 else 2 * MOST_BLOCKS
