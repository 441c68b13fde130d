"""What users' branch and loop functions return, as lists of tensors and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ... import ops
from ...base import nest
from ...graph.conversion import convert_to_tensor
from ...graph.func_graph import FuncGraph
from ...graph.indexed_slices import convert_to_tensor_or_indexed_slices
from ...graph.operation import Operation
from ...graph.scopes import control_dependencies
from ...graph.tensor import Tensor
from .tensor_array import TensorArray, with_new_flow


def as_tensors(value: Any) -> Any:
    """One leaf of a structure: Tensor, IndexedSlices or SparseTensor; TensorArrays give their flow.

    An operation becomes a tensor that is there when the operation has run. References are read.
    """
    if isinstance(value, TensorArray):
        return value.flow
    if isinstance(value, Operation):
        with control_dependencies([value]):
            return ops.array.constant(True, name="done")
    if isinstance(value, nest.CompositeTensor):
        return convert_to_tensor_or_indexed_slices(value)
    tensor = convert_to_tensor(value)
    return ops.array.identity(tensor) if tensor.dtype._is_ref_dtype else tensor


def flatten_result(body: FuncGraph, structure: Any) -> list[Any]:
    """The tensors of a result, as tensors of `body`; None for what IndexedSlices leave out."""
    with body.as_default():
        leaves = [as_tensors(leaf) for leaf in nest.flatten(structure)]
        tensors = nest.flatten(leaves, expand_composites=True)
        return [None if t is None else body._own(t) for t in tensors]


def pack_result(structure: Any, tensors: Sequence[Any]) -> Any:
    """The inverse: tensors in the nesting of `structure`, flows as TensorArrays like its own."""
    leaves = nest.flatten(structure, expand_composites=True)
    packed = [_like_leaf(leaf, t) for leaf, t in zip(leaves, tensors, strict=True)]
    return nest.pack_sequence_as(structure, packed, expand_composites=True)


def _like_leaf(leaf: Any, tensor: Tensor | None) -> Any:
    if isinstance(leaf, TensorArray) and tensor is not None:
        return with_new_flow(leaf, tensor)
    return tensor
