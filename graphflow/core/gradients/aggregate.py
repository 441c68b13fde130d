"""The sum of several gradients of one tensor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import ops
from ..graph.conversion import convert_to_tensor
from ..graph.indexed_slices import IndexedSlices


def aggregate(gradients: Sequence[Any]) -> Any:
    """Sums gradients: slices alone stay slices (joined), anything else becomes one tensor.

    Args:
      gradients: two or more Tensors and IndexedSlices of one type.
    """
    if all(isinstance(g, IndexedSlices) for g in gradients):
        return _joined(gradients)
    dense = [convert_to_tensor(g) for g in gradients]
    return ops.elementwise.add_n(dense, name="AddN")


def _joined(slices: Sequence[IndexedSlices]) -> IndexedSlices:
    """Slices one after the other; equal indices add up wherever slices are used."""
    indices = [s.indices for s in slices]
    if len({t.dtype.base_dtype for t in indices}) > 1:
        indices = [ops.elementwise.to_int64(i) for i in indices]
    return IndexedSlices(
        ops.array.concat([s.values for s in slices], 0),
        ops.array.concat(indices, 0),
        slices[0].dense_shape,
    )
