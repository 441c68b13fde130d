"""IndexedSlices and SparseTensor: tensors held as parts, known to ops by their parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..base import dtypes
from ..base.nest import CompositeTensor
from ..base.tensor_shape import TensorShape
from .conversion import convert_to_tensor
from .graph import Graph
from .operation import Operation
from .scopes import name_scope
from .tensor import Tensor, find_session


class IndexedSlices(CompositeTensor):
    """Slices of a larger tensor: `dense[indices[i]] = values[i]`, repeated indices added up.

    The form of gradients of `tf.gather`, so that optimizers touch only the rows that were used.

    Args:
      values: the slices, [n, ...].
      indices: their positions in the first dimension, [n].
      dense_shape: the shape of the whole, or None.
    """

    def __init__(self, values: Any, indices: Any, dense_shape: Any = None) -> None:
        self._values = values
        self._indices = indices
        self._dense_shape = dense_shape

    @property
    def values(self) -> Any:
        return self._values

    @property
    def indices(self) -> Any:
        return self._indices

    @property
    def dense_shape(self) -> Any:
        return self._dense_shape

    @property
    def name(self) -> str:
        return str(self._values.name)

    @property
    def device(self) -> str:
        return str(self._values.device)

    @property
    def op(self) -> Operation:
        op: Operation = self._values.op
        return op

    @property
    def _control_dependency(self) -> Operation:
        """What waiting for the slices waits for."""
        return self.op

    @property
    def dtype(self) -> dtypes.DType:
        dtype: dtypes.DType = self._values.dtype
        return dtype

    @property
    def graph(self) -> Graph:
        graph: Graph = self._values.graph
        return graph

    def __str__(self) -> str:
        shape = f", dense_shape={self._dense_shape}" if self._dense_shape is not None else ""
        return f"IndexedSlices(indices={self._indices}, values={self._values}{shape})"

    def _to_components(self) -> tuple[Any, ...]:
        return self._values, self._indices, self._dense_shape

    def _from_components(self, components: Sequence[Any]) -> IndexedSlices:
        return IndexedSlices(*components)


class SparseTensorValue(NamedTuple):
    """The value of a SparseTensor in a run: `indices`, `values`, `dense_shape` as arrays."""

    indices: Any
    values: Any
    dense_shape: Any


class IndexedSlicesValue(NamedTuple):
    """The value of an IndexedSlices in a run."""

    values: Any
    indices: Any
    dense_shape: Any


class SparseTensor(CompositeTensor):
    """A tensor that is mostly zeros: where its entries are, and what they are.

    Args:
      indices: int64 [n, rank], in row-major order.
      values: the entries, [n].
      dense_shape: int64 [rank].
    """

    def __init__(self, indices: Any, values: Any, dense_shape: Any) -> None:
        with name_scope(None, "SparseTensor", [indices, values, dense_shape]):
            self._indices = convert_to_tensor(indices, name="indices", dtype=dtypes.int64)
            self._values = convert_to_tensor(values, name="values")
            self._dense_shape = convert_to_tensor(
                dense_shape, name="dense_shape", dtype=dtypes.int64
            )
        indices_shape = self._indices.shape.with_rank(2)
        indices_shape[:1].merge_with(self._values.shape.with_rank(1))
        indices_shape[1:].merge_with(self._dense_shape.shape.with_rank(1))

    @classmethod
    def from_value(cls, sparse_tensor_value: Any) -> SparseTensor:
        """A SparseTensor from a SparseTensor or its value."""
        if isinstance(sparse_tensor_value, SparseTensor):
            return sparse_tensor_value
        if not isinstance(sparse_tensor_value, SparseTensorValue):
            raise TypeError(f"Neither a SparseTensor nor SparseTensorValue: {sparse_tensor_value}.")
        return cls(*sparse_tensor_value)

    @property
    def indices(self) -> Tensor:
        return self._indices

    @property
    def values(self) -> Tensor:
        return self._values

    @property
    def dense_shape(self) -> Tensor:
        return self._dense_shape

    @property
    def shape(self) -> TensorShape:
        from .constant_value import constant_value_as_shape

        return constant_value_as_shape(self._dense_shape)

    def get_shape(self) -> TensorShape:
        """What is known of the dense shape."""
        return self.shape

    @property
    def op(self) -> Operation:
        return self._values.op

    @property
    def dtype(self) -> dtypes.DType:
        return self._values.dtype

    @property
    def graph(self) -> Graph:
        return self._indices.graph

    def consumers(self) -> list[Operation]:
        return self._values.consumers()

    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """Runs the graph for the three parts; a SparseTensorValue."""
        parts = [self._indices, self._values, self._dense_shape]
        session = find_session(self.graph, session, "evaluate tensor", "eval")
        return SparseTensorValue(*session.run(parts, feed_dict))

    def _to_components(self) -> tuple[Any, ...]:
        return self._indices, self._values, self._dense_shape

    def _from_components(self, components: Sequence[Any]) -> SparseTensor:
        return SparseTensor(*components)

    def __str__(self) -> str:
        return (
            f"SparseTensor(indices={self._indices}, values={self._values}, "
            f"dense_shape={self._dense_shape})"
        )


def convert_to_tensor_or_indexed_slices(
    value: Any, dtype: Any = None, name: str | None = None
) -> Tensor | IndexedSlices:
    """IndexedSlices stay as they are; anything else is converted to a Tensor.

    Raises:
      ValueError: IndexedSlices or tensor of another type than `dtype`.
    """
    if isinstance(value, IndexedSlices | SparseTensor):
        if dtype is not None and not dtypes.as_dtype(dtype).is_compatible_with(value.dtype):
            raise ValueError(
                f"Tensor conversion requested dtype {dtypes.as_dtype(dtype).name} for Tensor with "
                f"dtype {value.dtype.name}: {value}"
            )
        return value  # type: ignore[return-value]
    return convert_to_tensor(value, dtype=dtype, name=name)


def convert_to_tensor_or_sparse_tensor(
    value: Any, dtype: Any = None, name: str | None = None
) -> Tensor | SparseTensor:
    """A SparseTensor (also from a SparseTensorValue) as such; anything else becomes a Tensor.

    Args:
      value: a SparseTensor, SparseTensorValue, or what can be converted into a Tensor.
      dtype: the type of the result, by default that of `value`.
      name: the name of a new tensor.

    Raises:
      RuntimeError: a SparseTensor of another type than `dtype`.
    """
    if not isinstance(value, SparseTensor | SparseTensorValue):
        return convert_to_tensor(value, dtype=dtype, name=name)
    sparse = SparseTensor.from_value(value)
    if dtype is not None and not dtypes.as_dtype(dtype).is_compatible_with(sparse.dtype):
        raise RuntimeError(
            f"Sparse dtype: requested = {dtypes.as_dtype(dtype).name}, actual = {sparse.dtype.name}"
        )
    return sparse
