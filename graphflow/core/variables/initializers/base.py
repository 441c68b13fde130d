"""Initializer: what all of them are."""

from __future__ import annotations

from typing import Any, Self

from ...base import dtypes
from ...base.dtypes import DType
from ...graph.tensor import Tensor
from ..partition_info import PartitionInfo


class Initializer:
    """Gives the initial value of a variable of some shape and type.

    Attributes:
      dtype: the type where the call names none.
    """

    dtype: DType

    def __call__(
        self, shape: Any, dtype: Any = None, partition_info: PartitionInfo | None = None
    ) -> Tensor:
        """The initial value.

        Args:
          shape: the shape of the variable, or of the part of it.
          dtype: its type.
          partition_info: the place of the part in the whole; None for a whole variable.
        """
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal initializer."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The initializer with these arguments."""
        return cls(**config)


def floating(dtype: Any) -> DType:
    """The type, which must be a floating one.

    Raises:
      ValueError: it is not.
    """
    checked = dtypes.as_dtype(dtype)
    if not checked.is_floating:
        raise ValueError(f"Expected floating point type, got {checked}.")
    return checked
