"""Exponential moving averages of variables and tensors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..core import ops
from ..core.base import dtypes
from ..core.graph.collection_keys import GraphKeys
from ..core.graph.conversion import convert_to_tensor
from ..core.graph.operation import Operation
from ..core.graph.scopes import add_to_collection, colocate_with, name_scope
from ..core.graph.stacks import get_default_graph
from ..core.variables.collections import (
    global_variables,
    moving_average_variables,
    trainable_variables,
)
from ..core.variables.initializers import Zeros
from ..core.variables.variable import Variable
from ..core.variables.variable_scope import get_variable, get_variable_scope, variable_scope
from . import slot_creator

_FLOATS = (dtypes.bfloat16, dtypes.float16, dtypes.float32, dtypes.float64)


def assign_moving_average(
    variable: Any, value: Any, decay: Any, zero_debias: bool = True, name: str | None = None
) -> Any:
    """Moves a variable towards a value: `variable -= (1 - decay) * (variable - value)`.

    Args:
      variable: the variable that holds the average.
      value: the next value.
      decay: how much of the average stays, below 1.
      zero_debias: whether the average, which starts at zero, is divided by the sum of the weights
        so far; that takes two more variables.
      name: the name of the op.

    Returns:
      The average after the update.
    """
    with name_scope(name, "AssignMovingAvg", [variable, value, decay]) as scope:
        rate = convert_to_tensor(1.0 - decay, name="decay")
        if rate.dtype != variable.dtype.base_dtype:
            rate = ops.elementwise.cast(rate, variable.dtype.base_dtype)
        if zero_debias:
            return _assign_debiased(variable, value, rate)
        with colocate_with(variable):
            return ops.state.assign_sub(variable, (variable - value) * rate, name=scope)


def _assign_debiased(unbiased: Any, value: Any, rate: Any) -> Any:
    """Keeps the biased average and the number of updates beside the variable."""
    with variable_scope(unbiased.op.name, values=[unbiased, value, rate]):
        with colocate_with(unbiased):
            biased = _zeros_variable("biased", unbiased.get_shape(), unbiased.dtype.base_dtype)
            count = _zeros_variable("local_step", [], unbiased.dtype.base_dtype)
        with colocate_with(unbiased):
            updated = ops.state.assign_sub(biased, (biased - value) * rate)
            weights = 1 - ops.elementwise.pow(1.0 - rate, count.assign_add(1))
            name = get_default_graph().get_name_scope() + "/"
            return ops.state.assign(unbiased, updated / weights, name=name)


def _zeros_variable(name: str, shape: Any, dtype: Any) -> Any:
    return get_variable(
        _unused(name), shape=shape, dtype=dtype, initializer=Zeros(), trainable=False
    )


def _unused(name: str) -> str:
    """The name, with a number where a variable in this scope has it already."""
    scope = get_variable_scope()
    if scope.reuse:
        return name
    taken = {variable.op.name for variable in scope.global_variables()}
    full, number = f"{scope.name}/{name}", 0
    while (f"{full}_{number}" if number else full) in taken:
        number += 1
    return f"{name}_{number}" if number else name


def weighted_moving_average(
    value: Any,
    decay: Any,
    weight: Any,
    truediv: bool = True,
    collections: Sequence[str] | None = None,
    name: str | None = None,
) -> Any:
    """The moving average of values that count by their weights.

    Args:
      value: the next value.
      decay: how much of the average stays, below 1.
      weight: the value's weight.
      truediv: whether integers are divided to floating-point numbers.
      collections: where to add the variables that are made; `[GLOBAL_VARIABLES]` by default.
      name: the scope of nodes and variables.

    Returns:
      The average after the update.
    """
    with variable_scope(name, "WeightedMovingAvg", [value, weight, decay]) as scope:

        def average(what: str, item: Any) -> Any:
            variable = get_variable(
                what,
                shape=item.get_shape(),
                dtype=item.dtype,
                initializer=Zeros(),
                trainable=False,
                collections=collections or [GraphKeys.GLOBAL_VARIABLES],
            )
            return variable

        total = average("value_x_weight", value)
        weights = average("weight", weight)
        numerator = assign_moving_average(total, value * weight, decay, zero_debias=False)
        denominator = assign_moving_average(weights, weight, decay, zero_debias=False)
        divide = ops.elementwise.truediv if truediv else ops.elementwise.div
        return divide(numerator, denominator, name=scope.name)


class ExponentialMovingAverage:
    """Keeps shadow variables `<var>/<name>` that follow variables: `decay` of the old, rest new.

    Args:
      decay: close to 1; a number or scalar tensor.
      num_updates: the number of updates so far; the decay is then at most
        `(1 + num_updates) / (10 + num_updates)`, so that averages move fast at first.
      zero_debias: whether averages of tensors, which start at zero, are corrected for it.
      name: the shadow variables' name.
    """

    def __init__(
        self,
        decay: Any,
        num_updates: Any = None,
        zero_debias: bool = False,
        name: str = "ExponentialMovingAverage",
    ) -> None:
        self._decay = decay
        self._num_updates = num_updates
        self._zero_debias = zero_debias
        self._name = name
        self._averages: dict[Any, Any] = {}

    @property
    def name(self) -> str:
        return self._name

    def apply(self, var_list: Sequence[Any] | None = None) -> Operation:
        """Makes shadow variables where there are none, and the op that updates all of them.

        Args:
          var_list: variables (whose averages start at their initial values) and tensors (at zero);
            all trainable variables by default.

        Returns:
          The operation.

        Raises:
          TypeError: one is not of a floating-point type.
        """
        items = trainable_variables() if var_list is None else list(var_list)
        debiased = []
        for item in items:
            if item.dtype.base_dtype not in _FLOATS:
                raise TypeError(f"The variables must be half, float, or double: {item.name}")
            if item not in self._averages:
                self._averages[item] = self._new_average(item)
                if self._zero_debias and not isinstance(item, Variable):
                    debiased.append(item)
        with name_scope(self.name) as scope:
            decay = convert_to_tensor(self._decay, name="decay")
            if self._num_updates is not None:
                count = ops.elementwise.cast(self._num_updates, dtypes.float32, name="num_updates")
                decay = ops.elementwise.minimum(decay, (1.0 + count) / (10.0 + count))
            updates = [
                assign_moving_average(
                    self._averages[item],
                    item,
                    decay,
                    zero_debias=any(item is other for other in debiased),
                )
                for item in items
            ]
            operation: Operation = ops.control.group(*updates, name=scope)
        return operation

    def _new_average(self, item: Any) -> Any:
        if isinstance(item, Variable):
            average = slot_creator.create_slot(item, item.initialized_value(), self.name)
            add_to_collection(GraphKeys.MOVING_AVERAGE_VARIABLES, item)
            return average
        beside = item.op.type in ("Variable", "VariableV2", "VarHandleOp")
        return slot_creator.create_zeros_slot(item, self.name, colocate_with_primary=beside)

    def average(self, var: Any) -> Any:
        """The shadow variable of a variable or tensor; None if there is none."""
        return self._averages.get(var)

    def average_name(self, var: Any) -> str:
        """The name of the shadow variable, also if `apply` was not called."""
        if var in self._averages:
            return str(self._averages[var].op.name)
        return get_default_graph().unique_name(f"{var.op.name}/{self.name}", mark_as_used=False)

    def variables_to_restore(self, moving_avg_variables: Iterable[Any] | None = None) -> Any:
        """What a Saver takes to restore averages into the variables themselves.

        Args:
          moving_avg_variables: the variables that have averages; by default the trainable ones and
            those of the collection `MOVING_AVERAGE_VARIABLES`.

        Returns:
          A dict from names in the checkpoint to variables.
        """
        if moving_avg_variables is None:
            moving_avg_variables = trainable_variables() + moving_average_variables()
        averaged = list(dict.fromkeys(moving_avg_variables))
        names = {self.average_name(variable): variable for variable in averaged}
        averaged_names = {variable.name for variable in averaged}
        for variable in dict.fromkeys(global_variables()):
            if variable.name not in averaged_names and variable.op.name not in names:
                names[variable.op.name] = variable
        return names
