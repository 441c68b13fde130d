"""Initial values that depend on other variables.

All initializers run together, in no order. So where an initial value reads a variable, the read is
replaced by that variable's `initialized_value()`, in copies of the nodes between.
"""

from __future__ import annotations

from typing import Any

from ..graph.collection_keys import GraphKeys
from ..graph.operation import Operation
from ..graph.tensor import Tensor

# They ask for, or read, the state as it is.
_LEFT_ALONE = ("IsVariableInitialized", "VarIsInitializedOp", "ReadVariableOp", "If")
_VARIABLES = ("Variable", "VariableV2", "VarHandleOp")


def check_graph_of_initial_value(name: str | None, value: Any) -> None:
    """Raises ValueError for a tensor from the body of a branch or loop: it has no value outside."""
    if isinstance(value, Tensor) and value.graph.building_function:
        raise ValueError(
            f"Initializer for variable {name} is from inside a control-flow construct, such as a "
            "loop or conditional. When creating a variable inside a loop or conditional, use a "
            "lambda as the initializer."
        )


def with_initialized_variables(scope: str, initial_value: Tensor) -> Tensor:
    """The initial value, computed from initialized variables only.

    Args:
      scope: the name scope of the new variable, which ends the names of copied nodes.
      initial_value: the value as the user gave it.
    """
    order = _in_order(initial_value.op)
    if order is None:
        return initial_value
    replaced: dict[Operation, Operation] = {}
    for op in order:
        replaced[op] = _replacement(op, replaced, scope)
    return replaced[initial_value.op].outputs[initial_value.value_index]


def _in_order(last: Operation) -> list[Operation] | None:
    """What `last` needs, inputs first; None when it is part of a cycle."""
    order: list[Operation] = []
    finished: set[Operation] = set()
    open_ops: set[Operation] = set()
    stack = [(last, False)]
    while stack:
        op, inputs_done = stack.pop()
        if inputs_done:
            open_ops.discard(op)
            finished.add(op)
            order.append(op)
        elif op in open_ops:
            return None
        elif op not in finished:
            open_ops.add(op)
            stack.append((op, True))
            before = [t.op for t in op.inputs] + op.control_inputs
            if any(b in open_ops for b in before):
                return None
            stack.extend((b, False) for b in before if b not in finished)
    return order


def _replacement(op: Operation, replaced: dict[Operation, Operation], scope: str) -> Operation:
    if op.type in _LEFT_ALONE:
        return op
    if op.type in _VARIABLES:
        variable = _find_variable(op)
        return op if variable is None else variable.initialized_value().op
    inputs = [replaced[t.op].outputs[t.value_index] for t in op.inputs]
    if all(new is old for new, old in zip(inputs, op.inputs, strict=True)):
        return op
    name = f"{op.name}_{scope}".replace(":", "_")
    return op.graph.create_op(op.type, inputs, name=name, attrs=op.node_attrs)


def _find_variable(op: Operation) -> Any:
    names = (op.name, f"{op.name}:0")
    for key in (GraphKeys.GLOBAL_VARIABLES, GraphKeys.LOCAL_VARIABLES):
        for variable in op.graph.get_collection(key):
            if getattr(variable, "name", None) in names:
                return variable
    return None
