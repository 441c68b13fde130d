"""The run-time value of a `_ref` tensor: a named cell that ops such as Assign write into.

Made by the variable store for each VariableV2, handed between kernels of one run, and read
through by every op that takes the plain type.
"""

from __future__ import annotations

from typing import Any

from .dtypes import DType
from .tensor_shape import TensorShape


class Ref:
    """A variable's cell.

    Args:
      name: the variable op's name, for messages.
      dtype: the type of its values (not the `_ref` type).
      shape: the declared static shape; values assigned later may refine or, with
        `validate_shape=False`, leave it.
      value: the ndarray held, or None while the variable has no value.
    """

    __slots__ = ("dtype", "name", "shape", "value")

    def __init__(self, name: str, dtype: DType, shape: TensorShape, value: Any = None) -> None:
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.value = value

    def __repr__(self) -> str:
        state = "uninitialized" if self.value is None else "initialized"
        return f"Ref({self.name!r}, {self.dtype.name}, {self.shape}, {state})"
