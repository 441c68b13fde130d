"""TypeSpec: what is known of a value before there is one: its kind, types and shapes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from ..base import dtypes
from ..base.dtypes import DType
from ..base.tensor_shape import TensorShape, as_shape
from .conversion import convert_to_tensor
from .indexed_slices import IndexedSlices, IndexedSlicesValue, SparseTensor, SparseTensorValue
from .tensor import Tensor


class TypeSpec(ABC):
    """The kind of a value, with what is known of the types and shapes of its tensors.

    A spec is made of the arguments of its constructor, which `_serialize` gives back: specs with
    equal ones are equal, and are compatible when shapes and types among them are.
    """

    @property
    @abstractmethod
    def value_type(self) -> Any:
        """The class of the values."""

    @property
    @abstractmethod
    def _component_specs(self) -> Any:
        """The specs of the tensors that a value is made of."""

    @abstractmethod
    def _to_components(self, value: Any) -> Any:
        """The tensors that a value is made of."""

    @abstractmethod
    def _from_components(self, components: Any) -> Any:
        """A value made of tensors, or, given arrays, what a run gives for such a value."""

    @abstractmethod
    def _serialize(self) -> tuple[Any, ...]:
        """The arguments that the constructor makes an equal spec from."""

    @classmethod
    def _deserialize(cls, serialization: tuple[Any, ...]) -> TypeSpec:
        return cls(*serialization)

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Whether a value (or all values of a spec) may be of this kind.

        Args:
          spec_or_value: a TypeSpec, or what `type_spec_from_value` takes.
        """
        other = spec_or_value
        if not isinstance(other, TypeSpec):
            other = type_spec_from_value(other)
        if type(other) is not type(self):
            return False
        pairs = zip(self._serialize(), other._serialize(), strict=True)
        return all(_are_compatible(mine, theirs) for mine, theirs in pairs)

    def most_specific_compatible_type(self, other: TypeSpec) -> TypeSpec:
        """The spec that says what this one and another have in common.

        Raises:
          ValueError: they differ in more than dimensions.
        """
        if type(other) is not type(self):
            raise ValueError(f"No TypeSpec is compatible with both {self} and {other}")
        pairs = zip(self._serialize(), other._serialize(), strict=True)
        return self._deserialize(tuple(_in_common(mine, theirs) for mine, theirs in pairs))

    def _key(self) -> tuple[Any, ...]:
        return tuple(_hashable(item) for item in self._serialize())

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self._serialize()

    def __repr__(self) -> str:
        return f"{type(self).__name__}{self._serialize()!r}"


def _are_compatible(mine: Any, theirs: Any) -> bool:
    if isinstance(mine, TensorShape | DType) and theirs is not None:
        return mine.is_compatible_with(theirs)
    return bool(mine == theirs)


def _in_common(mine: Any, theirs: Any) -> Any:
    if isinstance(mine, TensorShape):
        return mine.most_specific_compatible_shape(theirs)
    if mine != theirs:
        raise ValueError(f"Types are not compatible: {mine!r} vs {theirs!r}")
    return mine


def _hashable(item: Any) -> Any:
    if isinstance(item, TensorShape):  # two unknown sizes are not equal as dimensions
        return None if item.ndims is None else tuple(item.as_list())
    return item


class TensorSpec(TypeSpec):
    """The type and shape of a Tensor.

    Args:
      shape: a TensorShape or list; None when the rank is not known.
      dtype: the type.
      name: a name for such tensors, or None.
    """

    def __init__(self, shape: Any, dtype: Any = dtypes.float32, name: str | None = None) -> None:
        self._shape = TensorShape(shape)
        self._dtype = dtypes.as_dtype(dtype)
        self._name = name

    @classmethod
    def from_spec(cls, spec: Any, name: str | None = None) -> TensorSpec:
        """The same spec, under another name if one is given."""
        return cls(spec.shape, spec.dtype, name or spec.name)

    @classmethod
    def from_tensor(cls, tensor: Any, name: str | None = None) -> TensorSpec:
        """What is known of a tensor, named as its operation unless a name is given.

        Raises:
          ValueError: it is not a Tensor.
        """
        if not isinstance(tensor, Tensor):
            raise ValueError(f"`tensor` should be a tf.Tensor, got {tensor!r}")
        return cls(tensor.shape, tensor.dtype, name or tensor.op.name)

    @property
    def shape(self) -> TensorShape:
        return self._shape

    @property
    def dtype(self) -> DType:
        return self._dtype

    @property
    def name(self) -> str | None:
        return self._name

    @property
    def value_type(self) -> type[Tensor]:
        return Tensor

    @property
    def _component_specs(self) -> TensorSpec:
        return self

    def _to_components(self, value: Any) -> Tensor:
        words = f"Value {value!r} is not convertible to a tensor with dtype {self._dtype} and shape"
        try:
            tensor: Tensor = convert_to_tensor(value, self._dtype)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{words} {self._shape}.") from error
        if not tensor.shape.is_compatible_with(self._shape):
            raise ValueError(f"{words} {self._shape}.")
        return tensor

    def _from_components(self, components: Any) -> Any:
        return components

    def _serialize(self) -> tuple[Any, ...]:
        return self._shape, self._dtype, self._name

    def is_compatible_with(self, spec_or_tensor: Any) -> bool:
        """Whether a tensor or TensorSpec has this type, and a shape that may be this one."""
        return (
            isinstance(spec_or_tensor, TensorSpec | Tensor)
            and self._dtype.is_compatible_with(spec_or_tensor.dtype)
            and self._shape.is_compatible_with(spec_or_tensor.shape)
        )

    def most_specific_compatible_type(self, other: TypeSpec) -> TensorSpec:
        """The spec that says what this one and another have in common; no name if they differ.

        Raises:
          ValueError: the other is not a TensorSpec of the same type.
        """
        if not isinstance(other, TensorSpec) or self._dtype != other.dtype:
            raise ValueError(f"Types are not compatible: {self!r} vs {other!r}")
        shape = self._shape.most_specific_compatible_shape(other.shape)
        return TensorSpec(shape, self._dtype, self._name if self._name == other.name else None)

    def __repr__(self) -> str:
        return f"TensorSpec(shape={self._shape}, dtype={self._dtype!r}, name={self._name!r})"


class SparseTensorSpec(TypeSpec):
    """The type and dense shape of a SparseTensor.

    Args:
      shape: the dense shape; None when the rank is not known.
      dtype: the type of the entries.
    """

    def __init__(self, shape: Any = None, dtype: Any = dtypes.float32) -> None:
        self._shape = as_shape(shape)
        self._dtype = dtypes.as_dtype(dtype)

    @property
    def shape(self) -> TensorShape:
        return self._shape

    @property
    def dtype(self) -> DType:
        return self._dtype

    @property
    def value_type(self) -> type[SparseTensor]:
        return SparseTensor

    @property
    def _component_specs(self) -> list[TensorSpec]:
        rank = self._shape.ndims
        return [
            TensorSpec([None, rank], dtypes.int64),
            TensorSpec([None], self._dtype),
            TensorSpec([rank], dtypes.int64),
        ]

    def _to_components(self, value: Any) -> list[Any]:
        sparse = SparseTensor.from_value(value)
        return [sparse.indices, sparse.values, sparse.dense_shape]

    def _from_components(self, components: Any) -> SparseTensor | SparseTensorValue:
        if _are_arrays(components):
            return SparseTensorValue(*components)
        return SparseTensor(*components)

    def _serialize(self) -> tuple[Any, ...]:
        return self._shape, self._dtype


class IndexedSlicesSpec(TypeSpec):
    """The types and shapes of IndexedSlices.

    Args:
      shape: the shape of the whole; None when the rank is not known.
      dtype: the type of the slices.
      indices_dtype: int32 or int64.
      dense_shape_dtype: int32 or int64; None when there is no `dense_shape`.
      indices_shape: the number of slices, as a shape of rank 1.

    Raises:
      ValueError: `indices_shape` is not of rank 1.
    """

    def __init__(
        self,
        shape: Any = None,
        dtype: Any = dtypes.float32,
        indices_dtype: Any = dtypes.int64,
        dense_shape_dtype: Any = None,
        indices_shape: Any = None,
    ) -> None:
        self._shape = as_shape(shape)
        self._values_dtype = dtypes.as_dtype(dtype)
        self._indices_dtype = dtypes.as_dtype(indices_dtype)
        self._dense_shape_dtype = (
            None if dense_shape_dtype is None else dtypes.as_dtype(dense_shape_dtype)
        )
        self._indices_shape = as_shape(indices_shape).with_rank(1)

    @property
    def value_type(self) -> type[IndexedSlices]:
        return IndexedSlices

    @property
    def _component_specs(self) -> tuple[TensorSpec, ...]:
        of_values = self._indices_shape.concatenate(self._shape[1:])
        specs = (
            TensorSpec(of_values, self._values_dtype),
            TensorSpec(self._indices_shape, self._indices_dtype),
        )
        if self._dense_shape_dtype is None:
            return specs
        return (*specs, TensorSpec([self._shape.ndims], self._dense_shape_dtype))

    def _to_components(self, value: Any) -> tuple[Any, ...]:
        if value.dense_shape is None:
            return value.values, value.indices
        return value.values, value.indices, value.dense_shape

    def _from_components(self, components: Any) -> IndexedSlices | IndexedSlicesValue:
        values, indices, *rest = components
        dense_shape = rest[0] if rest else None
        kind = IndexedSlicesValue if _are_arrays(components) else IndexedSlices
        return kind(values, indices, dense_shape)

    def _serialize(self) -> tuple[Any, ...]:
        return (
            self._shape,
            self._values_dtype,
            self._indices_dtype,
            self._dense_shape_dtype,
            self._indices_shape,
        )


def _are_arrays(components: Any) -> bool:
    return all(isinstance(component, np.ndarray) for component in components)


def type_spec_from_value(value: Any) -> TypeSpec:
    """What is known of a value.

    Args:
      value: a Tensor, SparseTensor, IndexedSlices, or what can be converted into a Tensor.

    Raises:
      TypeError: it is none of them.
    """
    if isinstance(value, SparseTensor):
        return SparseTensorSpec(value.shape, value.dtype)
    if isinstance(value, IndexedSlices):
        return _spec_of_slices(value)
    try:
        tensor = convert_to_tensor(value)
    except (TypeError, ValueError) as error:
        kind = type(value).__name__
        raise TypeError(f"Could not build a TypeSpec for {value!r} with type {kind}") from error
    return TensorSpec(tensor.shape, tensor.dtype)


def _spec_of_slices(slices: IndexedSlices) -> IndexedSlicesSpec:
    rows = slices.indices.shape.merge_with(slices.values.shape[:1])
    whole = TensorShape([None]).concatenate(slices.values.shape[1:])
    if slices.dense_shape is None:
        return IndexedSlicesSpec(whole, slices.dtype, slices.indices.dtype, None, rows)
    from .constant_value import constant_value_as_shape

    whole = whole.merge_with(constant_value_as_shape(slices.dense_shape))
    return IndexedSlicesSpec(
        whole, slices.dtype, slices.indices.dtype, slices.dense_shape.dtype, rows
    )
