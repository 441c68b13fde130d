"""Initial values that are always the same: zeros, ones, any constant, the identity matrix."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes
from ...base.tensor_shape import as_shape
from ...graph.tensor import Tensor
from ..partition_info import PartitionInfo
from .base import Initializer, floating


class Zeros(Initializer):
    """Zeros, False, or empty strings.

    Args:
      dtype: the type where the call names none.
    """

    def __init__(self, dtype: Any = dtypes.float32) -> None:
        self.dtype = dtypes.as_dtype(dtype)

    def __call__(
        self, shape: Any, dtype: Any = None, partition_info: PartitionInfo | None = None
    ) -> Tensor:
        return ops.array.zeros(shape, self.dtype if dtype is None else dtype)

    def get_config(self) -> dict[str, Any]:
        return {"dtype": self.dtype.name}


class Ones(Initializer):
    """Ones, or True.

    Args:
      dtype: the type where the call names none.
    """

    def __init__(self, dtype: Any = dtypes.float32) -> None:
        self.dtype = dtypes.as_dtype(dtype)

    def __call__(
        self, shape: Any, dtype: Any = None, partition_info: PartitionInfo | None = None
    ) -> Tensor:
        return ops.array.ones(shape, self.dtype if dtype is None else dtype)

    def get_config(self) -> dict[str, Any]:
        return {"dtype": self.dtype.name}


class Constant(Initializer):
    """A number everywhere, or the elements of a list.

    Args:
      value: a number, list or array; the last element fills what a shorter list leaves.
      dtype: the type where the call names none.
      verify_shape: whether the value must have the variable's shape.

    Raises:
      TypeError: the value is none of these.
    """

    def __init__(
        self, value: Any = 0, dtype: Any = dtypes.float32, verify_shape: bool = False
    ) -> None:
        if not (np.isscalar(value) or isinstance(value, list | tuple | np.ndarray)):
            raise TypeError(
                f"Invalid type for initial value: {type(value)} (expected Python scalar, list or "
                "tuple of values, or numpy.ndarray)."
            )
        self.value = value
        self.dtype = dtypes.as_dtype(dtype)
        self._verify_shape = verify_shape

    def __call__(
        self,
        shape: Any,
        dtype: Any = None,
        partition_info: PartitionInfo | None = None,
        verify_shape: bool | None = None,
    ) -> Tensor:
        return ops.array.constant(
            self.value,
            dtype=self.dtype if dtype is None else dtype,
            shape=shape,
            verify_shape=self._verify_shape if verify_shape is None else verify_shape,
        )

    def get_config(self) -> dict[str, Any]:
        return {"value": self.value, "dtype": self.dtype.name}


class Identity(Initializer):
    """The identity matrix, or `gain` times it.

    Args:
      gain: a factor.
      dtype: the type where the call names none.
    """

    def __init__(self, gain: float = 1.0, dtype: Any = dtypes.float32) -> None:
        self.gain = gain
        self.dtype = floating(dtype)

    def __call__(
        self, shape: Any, dtype: Any = None, partition_info: PartitionInfo | None = None
    ) -> Tensor:
        whole = shape if partition_info is None else partition_info.full_shape
        if len(whole) != 2:
            raise ValueError("Identity matrix initializer can only be used for 2D matrices.")
        rows, columns = as_shape(whole).as_list()
        dtype = self.dtype if dtype is None else dtype
        matrix: Any = ops.linalg.eye(rows, columns, dtype=dtype)
        if partition_info is not None:
            matrix = ops.array.slice(matrix, partition_info.var_offset, shape)
        result: Tensor = self.gain * matrix
        return result

    def get_config(self) -> dict[str, Any]:
        return {"gain": self.gain, "dtype": self.dtype.name}
