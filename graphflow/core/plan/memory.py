"""The arena: an address for all that lives between two groups, as low as lifetimes allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..ops.lowering import Storage

ALIGNMENT = 64
SLACK = 128  # readable bytes after every value, for the tails of vectors
# Values a power of two apart fall on the same few cache lines; a line between them spreads them.
_SPREAD = 4096


@dataclass(frozen=True, slots=True)
class Lifetime:
    """From the first step that writes a storage to the last that uses it, both included."""

    storage: Storage
    first: int
    last: int


def lay_out(lifetimes: Sequence[Lifetime]) -> tuple[dict[Storage, int], int]:
    """Places storages so that those alive at one time do not overlap; the largest choose first.

    Returns:
      The offset of each storage, and the bytes of all.
    """
    ordered = sorted(lifetimes, key=lambda life: (-life.storage.nbytes, life.first))
    count = len(ordered)
    first, last = np.zeros(count, np.int64), np.zeros(count, np.int64)
    start, end = np.zeros(count, np.int64), np.zeros(count, np.int64)
    offsets: dict[Storage, int] = {}
    for placed, life in enumerate(ordered):
        size = padded(life.storage.nbytes)
        together = (first[:placed] <= life.last) & (last[:placed] >= life.first)
        offset = _lowest_gap(start[:placed][together], end[:placed][together], size)
        offsets[life.storage] = offset
        first[placed], last[placed] = life.first, life.last
        start[placed], end[placed] = offset, offset + size
    return offsets, int(end.max(initial=0))


def _lowest_gap(starts: np.ndarray, ends: np.ndarray, size: int) -> int:
    """The lowest offset at which `size` bytes are free."""
    order = np.argsort(starts, kind="stable")
    begins = starts[order]
    reached = np.concatenate([[0], np.maximum.accumulate(ends[order])])
    gaps = np.concatenate([begins, [np.iinfo(np.int64).max]]) - reached
    return int(reached[np.argmax(gaps >= size)])


def padded(nbytes: int) -> int:
    """The bytes that a value takes up, with slack, aligned."""
    size = -(-(nbytes + SLACK) // ALIGNMENT) * ALIGNMENT
    return size + ALIGNMENT if size % _SPREAD == 0 else size
