"""The lists of variables that a graph keeps, their initializers, and which of them lack a value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import ops
from ..base import dtypes
from ..graph.collection_keys import GraphKeys
from ..graph.operation import Operation
from ..graph.scopes import colocate_with, device, get_collection, name_scope
from ..graph.stacks import get_default_graph
from ..graph.tensor import Tensor


def global_variables(scope: str | None = None) -> list[Any]:
    """The variables that are saved and shared; those whose name matches `scope`, if given."""
    return get_collection(GraphKeys.GLOBAL_VARIABLES, scope)


def local_variables(scope: str | None = None) -> list[Any]:
    """The variables that a process keeps for itself, such as the counters of metrics."""
    return get_collection(GraphKeys.LOCAL_VARIABLES, scope)


def model_variables(scope: str | None = None) -> list[Any]:
    """The variables that inference needs."""
    return get_collection(GraphKeys.MODEL_VARIABLES, scope)


def trainable_variables(scope: str | None = None) -> list[Any]:
    """The variables that optimizers change by default."""
    return get_collection(GraphKeys.TRAINABLE_VARIABLES, scope)


def moving_average_variables(scope: str | None = None) -> list[Any]:
    """The variables of which ExponentialMovingAverage keeps averages."""
    return get_collection(GraphKeys.MOVING_AVERAGE_VARIABLES, scope)


def all_variables() -> list[Any]:
    """The name of `global_variables` before TF 1.0."""
    return global_variables()


def variables_initializer(var_list: Sequence[Any], name: str = "init") -> Operation:
    """An op that sets variables to their initial values.

    Args:
      var_list: the variables.
      name: the op's name.
    """
    op: Operation
    if var_list:
        op = ops.control.group(*(variable.initializer for variable in var_list), name=name)
    else:
        op = ops.control.no_op(name=name)
    return op


def global_variables_initializer() -> Operation:
    """An op that initializes the global variables made so far."""
    return variables_initializer(global_variables())


def local_variables_initializer() -> Operation:
    """An op that initializes the local variables made so far."""
    return variables_initializer(local_variables())


def initialize_variables(var_list: Sequence[Any], name: str = "init") -> Operation:
    """The name of `variables_initializer` before TF 1.0."""
    return variables_initializer(var_list, name)


def initialize_all_variables() -> Operation:
    """The name of `global_variables_initializer` before TF 1.0."""
    return global_variables_initializer()


def initialize_local_variables() -> Operation:
    """The name of `local_variables_initializer` before TF 1.0."""
    return local_variables_initializer()


def is_variable_initialized(variable: Any) -> Tensor:
    """Whether a variable has a value, as a bool scalar."""
    return ops.state.is_variable_initialized(variable)


def assert_variables_initialized(var_list: Sequence[Any] | None = None) -> Tensor | None:
    """A tensor whose evaluation fails with FailedPreconditionError if a variable has no value.

    Args:
      var_list: the variables; by default all global and local ones.

    Returns:
      The tensor, or None when there are no variables.
    """
    variables = _given_or_all(var_list)
    if not variables:
        return None
    ranks = []
    for variable in variables:
        with colocate_with(variable.op):
            ranks.append(ops.array.rank_internal(variable, optimize=False))
    return ranks[0] if len(ranks) == 1 else ops.array.stack(ranks)


def report_uninitialized_variables(
    var_list: Sequence[Any] | None = None, name: str = "report_uninitialized_variables"
) -> Tensor:
    """The names of the variables that have no value yet, as a vector of strings.

    Args:
      var_list: the variables to look at; by default all global and local ones.
      name: a name scope for the nodes.
    """
    variables = _given_or_all(var_list)
    with name_scope(name):
        initialized = [ops.state.is_variable_initialized(variable) for variable in variables]
        with device("/cpu:0"):
            if not variables:
                return ops.array.constant([], dtype=dtypes.string)
            missing = ops.elementwise.logical_not(ops.array.stack(initialized))
            names = ops.array.constant([variable.op.name for variable in variables])
            return ops.array.boolean_mask(names, missing)


def _given_or_all(var_list: Sequence[Any] | None) -> Sequence[Any]:
    """The variables given; else those of the collections; else those of an imported graph."""
    if var_list is not None:
        return var_list
    if variables := global_variables() + local_variables():
        return variables
    nodes = get_default_graph().get_operations()
    return [op.outputs[0] for op in nodes if op.type in ("Variable", "VariableV2")]
