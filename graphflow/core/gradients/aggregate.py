"""The sum of several gradients of one tensor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import ops
from ..graph.conversion import convert_to_tensor
from ..graph.indexed_slices import IndexedSlices
from ..graph.stacks import get_default_graph
from ..graph.tensor import Tensor


def aggregate(gradients: Sequence[Any]) -> Any:
    """Sums gradients: slices alone stay slices (joined), anything else becomes one tensor.

    Args:
      gradients: two or more Tensors and IndexedSlices of one type.
    """
    if all(isinstance(g, IndexedSlices) for g in gradients):
        return _joined(gradients)
    by_device: dict[str, list[Tensor]] = {}
    for gradient in gradients:
        tensor = convert_to_tensor(gradient)
        by_device.setdefault(tensor.device, []).append(tensor)
    # first where the gradients are, then over the devices
    sums = [_sum_in_place(by_device[device]) for device in sorted(by_device)]
    return sums[0] if len(sums) == 1 else ops.elementwise.add_n(sums)


def _sum_in_place(tensors: list[Tensor]) -> Tensor:
    graph = get_default_graph()
    if len(tensors) == 1 or tensors[0].graph is not graph:
        total: Tensor = ops.elementwise.add_n(tensors)
        return total
    with graph.colocate_with(tensors[0].op, ignore_existing=True):
        total = ops.elementwise.add_n(tensors)
    return total


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
