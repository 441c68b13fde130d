"""SparseTensors on their way through a queue: AddSparseToTensorsMap and its kin.

A queue's component is one tensor, and a SparseTensor is three. So it is put into a map that the
session holds, its number goes through the queue, and it is taken out of the map by that number.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple

import numpy as np

from ...base import errors
from ...base.tensor_shape import TensorShape
from ...graph.indexed_slices import SparseTensor
from ...graph.op_def import define_op
from ...graph.operation import Operation
from ...graph.scopes import colocate_with
from ...graph.shape_context import ShapeContext
from ...graph.stacks import get_default_graph
from ...graph.tensor import Tensor

_NAMES = ("container: string = ''", "shared_name: string = ''")


class Sparse(NamedTuple):
    """The value of a SparseTensor."""

    indices: np.ndarray
    values: np.ndarray
    shape: np.ndarray


class SparseMap:
    """Values by numbers, each of which is taken out once."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._held: dict[int, Sparse] = {}

    def add(self, value: Sparse) -> int:
        """Puts a value in; gives its number."""
        with self._lock:
            number = next(self._numbers)
            self._held[number] = value
        return number

    def take(self, number: int) -> Sparse:
        """Takes a value out.

        Raises:
          InvalidArgumentError: there is none of that number.
        """
        with self._lock:
            value = self._held.pop(number, None)
        if value is None:
            raise _invalid(f"Unable to find SparseTensor: {number} in map: {self._name}")
        return value


def _map_of(node: Any, context: Any) -> SparseMap:
    # those who take know it by the name of the node that adds
    found: SparseMap = context.resource("sparse map", node, SparseMap, by_node_name=True)
    return found


def _checked(indices: np.ndarray, values: np.ndarray, shape: np.ndarray) -> Sparse:
    if indices.ndim != 2:
        raise _invalid(f"Input indices should be a matrix but received shape {_text(indices)}")
    if values.ndim != 1:
        raise _invalid(f"Input values should be a vector but received shape {_text(values)}")
    if shape.ndim != 1:
        raise _invalid(f"Input shape should be a vector but received shape {_text(shape)}")
    return Sparse(indices.copy(), values.copy(), shape.copy())


def _text(array: np.ndarray) -> str:
    return str(list(array.shape)).replace(" ", "")


def add_sparse_shape(context: ShapeContext) -> TensorShape:
    context.with_rank(0, 2)
    context.with_rank(1, 1)
    context.with_rank(2, 1)
    return TensorShape([])


add_sparse_to_tensors_map_op = define_op(
    "AddSparseToTensorsMap",
    inputs=["sparse_indices: int64", "sparse_values: T", "sparse_shape: int64"],
    outputs=["sparse_handle: int64"],
    attrs=["T: type", *_NAMES],
    shape=add_sparse_shape,
    is_stateful=True,
)
add_sparse_to_tensors_map_op.no_grad()


@add_sparse_to_tensors_map_op.define_with_context
def add_sparse_reference(
    node: Any, context: Any, indices: np.ndarray, values: np.ndarray, shape: np.ndarray
) -> np.ndarray:
    return np.array(_map_of(node, context).add(_checked(indices, values, shape)))


def add_many_sparse_shape(context: ShapeContext) -> TensorShape:
    add_sparse_shape(context)
    return TensorShape([None])


add_many_sparse_to_tensors_map_op = define_op(
    "AddManySparseToTensorsMap",
    inputs=["sparse_indices: int64", "sparse_values: T", "sparse_shape: int64"],
    outputs=["sparse_handles: int64"],
    attrs=["T: type", *_NAMES],
    shape=add_many_sparse_shape,
    is_stateful=True,
)
add_many_sparse_to_tensors_map_op.no_grad()


@add_many_sparse_to_tensors_map_op.define_with_context
def add_many_sparse_reference(
    node: Any, context: Any, indices: np.ndarray, values: np.ndarray, shape: np.ndarray
) -> np.ndarray:
    whole = _checked(indices, values, shape)
    if len(shape) < 2:
        raise _invalid(f"Rank of input SparseTensor should be > 1, but saw rank: {len(shape)}")
    rows = int(shape[0])
    if indices.size and not 0 <= indices[:, 0].min() <= indices[:, 0].max() < rows:
        raise _invalid(f"Received unexpected row in a SparseTensor of {rows} rows")
    sparse_map = _map_of(node, context)
    starts = np.searchsorted(whole.indices[:, 0], np.arange(rows + 1))
    numbers = [
        sparse_map.add(Sparse(whole.indices[a:b, 1:], whole.values[a:b], whole.shape[1:]))
        for a, b in itertools.pairwise(starts.tolist())
    ]
    return np.array(numbers, np.int64)


def take_many_sparse_shape(context: ShapeContext) -> list[TensorShape]:
    context.with_rank(0, 1)
    return [TensorShape([None, None]), TensorShape([None]), TensorShape([None])]


take_many_sparse_from_tensors_map_op = define_op(
    "TakeManySparseFromTensorsMap",
    inputs=["sparse_handles: int64"],
    outputs=["sparse_indices: int64", "sparse_values: dtype", "sparse_shape: int64"],
    attrs=["dtype: type", *_NAMES],
    shape=take_many_sparse_shape,
    is_stateful=True,
)
take_many_sparse_from_tensors_map_op.no_grad()


@take_many_sparse_from_tensors_map_op.define_with_context
def take_many_sparse_reference(
    node: Any, context: Any, handles: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    sparse_map = _map_of(node, context)
    return _stacked([sparse_map.take(int(number)) for number in handles], node.attrs["dtype"])


def _stacked(parts: Sequence[Sparse], dtype: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Several values as one with one more dimension, as large as the largest."""
    if not parts:
        raise _invalid("Must have at least 1 serialized SparseTensor, but input matrix has 0 rows")
    rank = len(parts[0].shape)
    for number, part in enumerate(parts):
        if len(part.shape) != rank:
            raise _invalid(
                f"Inconsistent rank across SparseTensors: rank prior to SparseTensor[{number}] "
                f"was: {rank + 1} but rank of SparseTensor[{number}] is: {len(part.shape) + 1}"
            )
        if part.values.dtype != dtype.as_numpy_dtype:
            raise _invalid(f"dtype mismatch: expected {dtype.name} at SparseTensor[{number}]")
    rows = np.repeat(np.arange(len(parts)), [len(part.values) for part in parts])
    indices = np.concatenate([part.indices for part in parts])
    largest = np.max([part.shape for part in parts], axis=0)
    return (
        np.column_stack([rows, indices]),
        np.concatenate([part.values for part in parts]),
        np.array([len(parts), *largest], np.int64),
    )


def _invalid(message: str) -> errors.OpError:
    return errors.InvalidArgumentError(None, None, message)


def add_sparse_to_tensors_map(sparse: SparseTensor, shared_name: str | None = None) -> Tensor:
    """The number under which a SparseTensor is kept, an int64 scalar.

    Args:
      sparse: the SparseTensor.
      shared_name: the name of the map; by default that of the node.
    """
    tensor: Tensor = add_sparse_to_tensors_map_op(
        sparse.indices, sparse.values, sparse.dense_shape, shared_name=shared_name
    )
    return tensor


def add_many_sparse_to_tensors_map(sparse: SparseTensor, shared_name: str | None = None) -> Tensor:
    """The numbers under which the rows of a SparseTensor are kept, an int64 vector.

    Args: as `add_sparse_to_tensors_map`.
    """
    tensor: Tensor = add_many_sparse_to_tensors_map_op(
        sparse.indices, sparse.values, sparse.dense_shape, shared_name=shared_name
    )
    return tensor


def take_many_sparse_from_tensors_map(
    map_op: Operation, handles: Tensor, rank: int | None = None
) -> SparseTensor:
    """SparseTensors that were kept, as one with one more dimension.

    Args:
      map_op: the operation that put them into the map.
      handles: their numbers, a vector.
      rank: the rank of the result, if it is known.
    """
    beside = colocate_with(map_op) if map_op.graph is get_default_graph() else nullcontext()
    with beside:
        indices, values, shape = take_many_sparse_from_tensors_map_op(
            handles,
            dtype=map_op.get_attr("T"),
            container=map_op.node_attrs["container"],
            shared_name=map_op.node_attrs["shared_name"] or map_op.name,
        )
    indices.set_shape([None, rank])
    shape.set_shape([rank])
    return SparseTensor(indices, values, shape)
