"""IndexedSlices as a tensor, for ops that take no slices; and less of them."""

from __future__ import annotations

import warnings
from typing import Any

from ... import ops
from ...graph.constant_value import constant_value
from ...graph.conversion import register_tensor_conversion_function
from ...graph.indexed_slices import IndexedSlices
from ...graph.scopes import name_scope

_LARGE = 100_000_000


def _indexed_slices_conversion(
    value: IndexedSlices, dtype: Any = None, name: str | None = None, as_ref: bool = False
) -> Any:
    if dtype is not None and not dtype.is_compatible_with(value.dtype):
        raise ValueError(
            f"Tensor conversion requested dtype {dtype.name} for IndexedSlices with dtype "
            f"{value.dtype.name}"
        )
    if value.dense_shape is None:
        raise ValueError(
            "Tensor conversion requested for IndexedSlices without dense_shape: " + str(value)
        )
    sizes = constant_value(value.dense_shape)
    if sizes is not None and sizes.prod() >= _LARGE:
        warnings.warn(
            f"Converting sparse IndexedSlices to a dense Tensor with {sizes.prod()} elements. "
            "This may consume a large amount of memory.",
            stacklevel=2,
        )
    return ops.reduction.unsorted_segment_sum(
        value.values, value.indices, value.dense_shape[0], name=name
    )


register_tensor_conversion_function(IndexedSlices, _indexed_slices_conversion)


def sparse_mask(a: IndexedSlices, mask_indices: Any, name: str | None = None) -> IndexedSlices:
    """The slices of `a` whose indices are not in `mask_indices`.

    Args:
      a: the slices.
      mask_indices: a vector of indices to leave out.
      name: the node's name.
    """
    with name_scope(name, "sparse_mask", [a, mask_indices]) as scope:
        kept, places = ops.array.setdiff1d(a.indices, mask_indices)
        return IndexedSlices(ops.array.gather(a.values, places, name=scope), kept, a.dense_shape)
