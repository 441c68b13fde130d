"""Assertions on types, which are always decided now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..core import ops
from ..core.base import dtypes
from ..core.base.dtypes import DType
from ..core.graph.conversion import convert_to_tensor
from ..core.graph.indexed_slices import SparseTensor
from ..core.graph.operation import Operation
from ..core.graph.scopes import name_scope
from ..core.graph.tensor import Tensor
from .static import prefix

_NUMERIC = frozenset(
    {
        dtypes.float32,
        dtypes.float64,
        dtypes.int8,
        dtypes.int16,
        dtypes.int32,
        dtypes.int64,
        dtypes.uint8,
        dtypes.qint8,
        dtypes.qint32,
        dtypes.quint8,
        dtypes.complex64,
    }
)


def assert_type(
    tensor: Any, tf_type: Any, message: str | None = None, name: str | None = None
) -> Operation:
    """Asserts that a tensor is of a type.

    Args:
      tensor: a tensor, or what can be converted into one.
      tf_type: a DType.
      message: what the error begins with.
      name: the name scope.

    Returns:
      A NoOp.

    Raises:
      TypeError: it is of another type.
    """
    with name_scope(name, "assert_type", [tensor]):
        tensor = convert_to_tensor(tensor, name="tensor")
        if tensor.dtype != tf_type:
            raise TypeError(
                f"{prefix(message)}{tensor.name} must be of type {tf_type}, got {tensor.dtype}"
            )
        return ops.control.no_op("statically_determined_correct_type")


def assert_integer(x: Any, message: str | None = None, name: str | None = None) -> Operation:
    """Asserts that a tensor is of an integer type, not a quantized one.

    Args:
      x: a tensor, or what can be converted into one.
      message: what the error begins with.
      name: the name scope.

    Returns:
      A NoOp.

    Raises:
      TypeError: it is of another type.
    """
    with name_scope(name, "assert_integer", [x]):
        x = convert_to_tensor(x, name="x")
        if not x.dtype.is_integer:
            raise TypeError(
                f'{prefix(message)}Expected "x" to be integer type.  '
                f"Found: {x.name} of dtype {x.dtype}"
            )
        return ops.control.no_op("statically_determined_was_integer")


def assert_proper_iterable(values: Any) -> None:
    """Asserts that `values` is a list, tuple, dict...: iterable, and not itself one value.

    Args:
      values: any object.

    Raises:
      TypeError: it is not iterable, or it is a Tensor, SparseTensor, array or string.
    """
    if isinstance(values, Tensor | SparseTensor | np.ndarray | bytes | str):
        raise TypeError(
            f'Expected argument "values" to be a "proper" iterable.  Found: {type(values)}'
        )
    if not hasattr(values, "__iter__"):
        raise TypeError(f'Expected argument "values" to be iterable.  Found: {type(values)}')


def assert_same_float_dtype(tensors: Iterable[Any] | None = None, dtype: Any = None) -> DType:
    """Asserts that tensors are of one float type.

    Args:
      tensors: tensors, variables, SparseTensors; a None among them is passed over.
      dtype: the type that they are to have; by default that of the first.

    Returns:
      The type; float32 when neither argument says one.

    Raises:
      ValueError: two types differ, or the common one is not a float type.
    """
    common, like = dtype, ""
    for item in tensors or ():
        if item is None:
            continue
        found = item.dtype.base_dtype
        if common is None:
            common, like = found, f" as {_name(item)}"
        elif found != common:
            raise ValueError(
                f"{_name(item)}, type={found}, must be of the same type ({common}){like}."
            )
    if common is None:
        return dtypes.float32
    if not common.is_floating:
        raise ValueError(f"Expected floating point type, got {common}.")
    result: DType = common
    return result


def _name(item: Any) -> str:
    return str(getattr(item, "name", item))


def is_numeric_tensor(tensor: Any) -> bool:
    """Whether `tensor` is a Tensor of a type that TF 1.14 counts as numbers.

    These are float32, float64, the signed integers, uint8, complex64, and qint8, qint32, quint8.

    Args:
      tensor: any object.
    """
    return isinstance(tensor, Tensor) and tensor.dtype in _NUMERIC
