"""Moving averages of statistics: the updates that normalizing layers leave in UPDATE_OPS."""

from __future__ import annotations

from typing import Any

from ..core import ops
from ..core.graph.conversion import convert_to_tensor
from ..core.graph.scopes import colocate_with, name_scope


def assign_moving_average(variable: Any, value: Any, momentum: Any) -> Any:
    """Moves a variable towards a value: `variable -= (variable - value) * (1 - momentum)`.

    Args:
      variable: floating.
      value: broadcastable to it; of any floating type.
      momentum: the variable's share of its new value, a number or a scalar tensor.

    Returns:
      The variable's new value, as `tf.assign_sub` gives it.
    """
    dtype = variable.dtype.base_dtype
    with name_scope(None, "AssignMovingAvg", [variable, value, momentum]) as scope:
        with colocate_with(variable):
            decay = ops.elementwise.cast(convert_to_tensor(1.0 - momentum, name="decay"), dtype)
            step = (variable - ops.elementwise.cast(value, dtype)) * decay
            return ops.state.assign_sub(variable, step, name=scope)


def assign_new_value(variable: Any, value: Any) -> Any:
    """Sets a variable to a statistic that was computed elsewhere.

    Args:
      variable: floating.
      value: of its type and shape.

    Returns:
      As `tf.assign`.
    """
    with name_scope(None, "AssignNewValue", [variable, value]) as scope:
        with colocate_with(variable):
            return ops.state.assign(variable, value, name=scope)
