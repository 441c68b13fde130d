"""The run-time value of a `_ref` tensor: a named cell that ops such as Assign write into.

Made by the variable store for each VariableV2, handed between kernels of one run, and read
through by every op that takes the plain type. Values are replaced, never changed in place, so that
a value read earlier stays what it was. An op that reads a value in order to replace it does both
inside `with locked(ref, ...)`, so that updates of several threads are not lost.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from . import errors
from .dtypes import DType
from .tensor_shape import TensorShape


class Ref:
    """A variable's cell.

    Args:
      name: the variable op's name, for messages.
      dtype: the type of its values (not the `_ref` type).
      shape: the declared static shape; values assigned later may refine or, with
        `validate_shape=False`, leave it.
      value: the ndarray held, or None while the variable has no value. References replace it,
        never change it; kernels work in place, on an array that is nobody else's.

    Attributes:
      lock: held while the value is replaced by one that depends on it.
      place: the array that kernels may change in place, only while it is `value`; and its address.
      version: how often kernels have changed it.
    """

    __slots__ = ("dtype", "lock", "name", "place", "shape", "value", "version")

    def __init__(self, name: str, dtype: DType, shape: TensorShape, value: Any = None) -> None:
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.value = value
        self.lock = threading.RLock()
        self.place: tuple[np.ndarray | None, int] = (None, 0)
        self.version = 0

    def read(self) -> np.ndarray:
        """The current value.

        Raises:
          FailedPreconditionError: there is none yet.
        """
        value: np.ndarray | None = self.value
        if value is None:
            raise errors.FailedPreconditionError(
                None, None, f"Attempting to use uninitialized value {self.name}"
            )
        return value

    def __repr__(self) -> str:
        state = "uninitialized" if self.value is None else "initialized"
        return f"Ref({self.name!r}, {self.dtype.name}, {self.shape}, {state})"


class locked:
    """`with locked(*refs):` keeps other threads from replacing the values of these cells.

    The locks are taken in one order by everybody, so that two ops that update the same variables
    cannot wait for each other.
    """

    __slots__ = ("_refs",)

    def __init__(self, *refs: Ref) -> None:
        self._refs = sorted(refs, key=id) if len(refs) > 1 else refs

    def __enter__(self) -> None:
        for ref in self._refs:
            ref.lock.acquire()

    def __exit__(self, *exc_info: object) -> None:
        for ref in self._refs:
            ref.lock.release()
