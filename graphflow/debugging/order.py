"""Whether the elements of a tensor are in order."""

from __future__ import annotations

from typing import Any

from ..core import ops
from ..core.graph.conversion import convert_to_tensor
from ..core.graph.scopes import name_scope
from ..core.graph.tensor import Tensor
from .types import is_numeric_tensor


def _steps(x: Any) -> Tensor:
    """From each element to the next, in row-major order: one fewer than elements."""
    flat = ops.array.reshape(x, [-1])
    if not is_numeric_tensor(flat):
        raise TypeError(f"Expected x to be numeric, instead found: {flat}")
    steps: Tensor = flat[1:] - flat[:-1]
    return steps


def is_non_decreasing(x: Any, name: str | None = None) -> Tensor:
    """Whether each element is at least the one before, in row-major order.

    Args:
      x: a tensor of numbers.
      name: the name scope.

    Returns:
      A bool scalar; true for fewer than two elements.

    Raises:
      TypeError: `x` is not of a numeric type, see `is_numeric_tensor`.
    """
    with name_scope(name, "is_non_decreasing", [x]):
        steps = _steps(x)
        zero = convert_to_tensor(0, dtype=steps.dtype)
        result: Tensor = ops.reduction.reduce_all(ops.elementwise.less_equal(zero, steps))
        return result


def is_strictly_increasing(x: Any, name: str | None = None) -> Tensor:
    """Whether each element is more than the one before, in row-major order.

    Args:
      x: a tensor of numbers.
      name: the name scope.

    Returns:
      A bool scalar; true for fewer than two elements.

    Raises:
      TypeError: `x` is not of a numeric type, see `is_numeric_tensor`.
    """
    with name_scope(name, "is_strictly_increasing", [x]):
        steps = _steps(x)
        zero = convert_to_tensor(0, dtype=steps.dtype)
        result: Tensor = ops.reduction.reduce_all(ops.elementwise.less(zero, steps))
        return result
