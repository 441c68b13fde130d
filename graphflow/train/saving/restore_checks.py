"""Shapes of a checkpoint against those of the graph, before the first variable is assigned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...core.base import compat, errors
from ...core.base.tensor_shape import TensorShape
from ...core.files.checkpoint_reader import TensorReader
from ...core.graph.constant_value import constant_value
from ...core.graph.graph import Graph
from ...core.graph.operation import Operation
from ...core.ops.state import handle_data
from ...core.ops.state.assign import written_shape


def check_restored_shapes(graph: Graph, restore_op_name: str, reader: TensorReader) -> None:
    """Looks through the Assign ops behind a restore op.

    Args:
      graph: the graph.
      restore_op_name: the op that groups the assignments.
      reader: the checkpoint.

    Raises:
      InvalidArgumentError: a tensor of the checkpoint does not have its variable's shape.
    """
    shapes = reader.get_variable_to_shape_map()
    for assign in _assignments(graph.get_operation_by_name(restore_op_name)):
        name = _restored_name(assign)
        if name is None or name not in shapes:
            continue
        expected, stored = _variable_shape(assign), shapes[name]
        if expected is not None and not expected.is_compatible_with(stored):
            raise errors.InvalidArgumentError(
                assign.node_def,
                assign,
                "Assign requires shapes of both tensors to match. lhs shape= "
                f"{written_shape(expected.as_list())} rhs shape= {written_shape(stored)}: "
                f"tensor {name} of the checkpoint",
            )


def restored_names(graph: Graph, restore_op_name: str) -> set[str]:
    """The names of the tensors that the Assign ops behind a restore op take as they are."""
    assigns = _assignments(graph.get_operation_by_name(restore_op_name))
    return {name for assign in assigns if (name := _restored_name(assign)) is not None}


def restore_ops(graph: Graph, restore_op_name: str) -> list[Operation]:
    """The ops behind a restore op that read checkpoints: one, or one for each shard.

    Savers of before TF 1.5 have one for each variable.
    """
    found: dict[Operation, None] = {}
    seen: set[Operation] = set()
    stack = [graph.get_operation_by_name(restore_op_name)]
    while stack:
        op = stack.pop()
        if op in seen:
            continue
        seen.add(op)
        if op.type == "RestoreV2":
            found[op] = None
        else:
            stack.extend([*op.control_inputs, *(tensor.op for tensor in op.inputs)])
    return list(found)


def _assignments(group: Operation) -> Iterator[Operation]:
    for op in group.control_inputs:
        if op.type == "NoOp":
            yield from _assignments(op)
        elif op.type in ("Assign", "AssignVariableOp"):
            yield op


def _variable_shape(assign: Operation) -> TensorShape | None:
    """The shape that an assignment keeps; None if it takes any."""
    if assign.type == "AssignVariableOp":
        data = handle_data(assign.inputs[0])
        return None if data is None else data.shape
    return assign.inputs[0].shape if assign.node_attrs["validate_shape"] else None


def _restored_name(assign: Operation) -> str | None:
    """The tensor that an assignment takes as it is from the checkpoint, in one piece."""
    value: Any = assign.inputs[1]
    while value.op.type == "Identity":
        value = value.op.inputs[0]
    if value.op.type != "RestoreV2":
        return None
    names, slices = (constant_value(tensor) for tensor in value.op.inputs[1:])
    if names is None or slices is None or slices[value.value_index]:
        return None
    name: str = compat.as_text(names[value.value_index])
    return name
