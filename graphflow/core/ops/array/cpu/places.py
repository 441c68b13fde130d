"""Indices on the CPU: how kernels are told of them, and what is said of those that are outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ....base import errors
from ...lowering import Argument, Buffer, Lowering, Operand, Table

MOST_DEPTH = 3  # indices of a place that a failure can report in one word
MOST_BANDS = 16  # into which the columns of rows are divided
_BAND_BYTES = 64
_NS_PER_INDEX = 2.0
_KINDS = {"int32": 4, "int64": 8, "int16": 2, "int8": 1, "uint8": -1}
_TYPES = {"float32": "f32", "float64": "f64", "int32": "i32", "int64": "i64"}
ADD, SUB, SET, MUL, DIV, MIN, MAX = range(7)  # of the kernels `gather.change`
SKIPS_NONE, SKIPS_NEGATIVE, SKIPS_PADDING = range(3)  # what an index that names no row may be


def index_kind(k: Lowering, indices: Buffer) -> int:
    """What kernels call the type of indices."""
    k.require(indices.kind in _KINDS)
    return _KINDS[indices.kind]


def place_words(
    k: Lowering, indices: Buffer, limits: Sequence[int], by_item: bool = False
) -> list[Argument]:
    """The words of places: indices, their kind, depth and limits."""
    k.require(1 <= len(limits) <= MOST_DEPTH)
    table = Table(np.array(limits, np.int64))
    return [k.read(indices, whole=not by_item), index_kind(k, indices), len(limits), table]


Failed = Callable[[int, int], Exception]


def outside(name: str, indices: Buffer, ending: str) -> Failed:
    """The error of an index in one dimension: `indices[2,0] = 7 is not in [0, 5)`."""

    def failure(value: int, position: int) -> Exception:
        return _invalid(f"{name}{_written(indices.shape, position)} = {value} {ending}")

    return failure


def outside_places(indices: Buffer, depth: int, ending: str) -> Failed:
    """The error of a place: `indices[2] = [7, 0] does not index into shape [5,3]`."""

    def failure(value: int, position: int) -> Exception:
        place = ", ".join(str(i) for i in _unpacked(value, depth))
        at = _written(indices.shape[:-1], position)
        return _invalid(f"indices{at} = [{place}] {ending}")

    return failure


def _unpacked(value: int, depth: int) -> list[int]:
    """The indices that `gather.packed_place` has put into a word."""
    bits = 64 // depth
    pieces = [value >> bits * (depth - 1 - d) & (1 << bits) - 1 for d in range(depth)]
    return [piece - (1 << bits) if piece >> (bits - 1) else piece for piece in pieces]


def _written(shape: Sequence[int], position: int) -> str:
    if not shape:
        return ""
    return "[" + ",".join(str(i) for i in np.unravel_index(position, tuple(shape))) + "]"


def brackets(sizes: Sequence[int]) -> str:
    """A shape as errors write it: `[2,3]`."""
    return "[" + ",".join(str(n) for n in sizes) + "]"


def _invalid(message: str) -> Exception:
    return errors.InvalidArgumentError(None, None, message)


def column_bands(row_bytes: int) -> tuple[int, int]:
    """Divides rows for threads: bytes of a band of columns, and how many bands there are."""
    bands = max(1, min(MOST_BANDS, row_bytes // _BAND_BYTES))
    band = -(-row_bytes // bands // _BAND_BYTES) * _BAND_BYTES if bands > 1 else row_bytes
    return band, -(-row_bytes // band)


def check_indices(
    k: Lowering, indices: Buffer, limit: int, failure: Failed, skips: int = SKIPS_NONE
) -> None:
    """Reports the first index that is not in [0, limit), before anything is done with them."""
    words = [*place_words(k, indices, [limit]), indices.size, skips, k.failure()]
    k.call("gather.check", 1, words, cost=indices.size * _NS_PER_INDEX, failure=failure)


# --- rows changed in place ------------------------------------------------------------------------


def change_rows(
    k: Lowering,
    kind: int,
    target: Buffer,
    indices: Buffer,
    updates: Buffer,
    limits: Sequence[int],
    count: int,
    failure: Failed,
    skips: int = SKIPS_NONE,
) -> None:
    """Changes rows of a buffer, one index after the other.

    Args:
      kind: ADD or one of its kin.
      indices: [count, depth].
      updates: a row for each place, or one scalar.
      limits: the sizes of the first `depth` dimensions.
      skips: whether an index that is negative, or fills up a list, means nothing.
    """
    if not count:
        return
    k.require(target.size > 0)
    columns = target.size // int(np.prod(limits, dtype=np.int64))
    is_scalar = updates.shape == () and count * columns != 1
    k.require(is_scalar or updates.size == count * columns)
    k.require(updates.dtype == target.dtype)
    places = place_words(k, indices, limits)
    source: Operand = k.read(updates, whole=True)
    sets = kind == SET and not is_scalar
    k.require(sets or target.kind in _TYPES)
    unit = 1 if sets else target.itemsize
    row_bytes = columns * target.itemsize
    band, items = column_bands(row_bytes)
    words: list[Argument] = [k.update(target, whole=True), source, *places, count]
    words += [row_bytes // unit, band // unit]
    if not sets:
        words += [kind, int(is_scalar)]
    cost = count * (2.0 * items + 3 * row_bytes / 8.0)
    kernel = "gather.put_rows" if sets else f"gather.change_{_TYPES[target.kind]}"
    k.call(kernel, items, [*words, skips, k.failure()], cost=cost, failure=failure)
