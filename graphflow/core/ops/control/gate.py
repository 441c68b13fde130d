"""`with_dependencies` and `tuple`: values that are not there before other things have run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ... import ops
from ...graph.conversion import convert_to_tensor
from ...graph.indexed_slices import IndexedSlices
from ...graph.operation import Operation
from ...graph.scopes import colocate_with, control_dependencies, name_scope
from ...graph.tensor import Tensor
from .group import group


def with_dependencies(dependencies: Sequence[Any], output_tensor: Any, name: Any = None) -> Any:
    """`output_tensor`, available once all of `dependencies` have run.

    Args:
      dependencies: operations and tensors.
      output_tensor: a Tensor or IndexedSlices.
      name: the name of the node that waits.

    Returns:
      The same value, of the same kind.
    """
    with name_scope(name, "control_dependency", [*dependencies, output_tensor]) as scope:
        if not isinstance(output_tensor, IndexedSlices):
            output_tensor = convert_to_tensor(output_tensor)
        with colocate_with(output_tensor), control_dependencies(dependencies):
            if not isinstance(output_tensor, IndexedSlices):
                return ops.array.identity(output_tensor, name=scope)
            return IndexedSlices(
                ops.array.identity(output_tensor.values, name=scope),
                output_tensor.indices,
                output_tensor.dense_shape,
            )


def tuple(tensors: Sequence[Any], name: str | None = None, control_inputs: Any = None) -> Any:
    """The tensors, none of which is available before all of them are computed.

    Args:
      tensors: Tensors, IndexedSlices, operations, and None (which stays None).
      name: the name scope of the nodes added.
      control_inputs: operations or tensors to wait for besides.

    Returns:
      A list like `tensors`.

    Raises:
      ValueError: there is nothing to wait for.
      TypeError: a control input is neither an Operation nor a Tensor.
    """
    with name_scope(name, "tuple", [t for t in tensors if t is not None]):
        items = [_as_item(item) for item in tensors]
        gating = {_operation_of(item) for item in items if item is not None}
        for control in control_inputs or ():
            if not isinstance(control, Operation | Tensor):
                raise TypeError(f"Control input must be Operation or Tensor: {control}")
            gating.add(_operation_of(control))
        if not gating:
            raise ValueError(f"Must have at least one Tensor: {items}")
        gate = group(*sorted(gating, key=lambda op: op._id))
        return [_gated(item, gate) for item in items]


def _as_item(item: Any) -> Any:
    if item is None or isinstance(item, Operation | IndexedSlices):
        return item
    return convert_to_tensor(item)


def _operation_of(item: Any) -> Operation:
    op: Operation = item if isinstance(item, Operation) else item.op
    return op


def _gated(item: Any, gate: Operation) -> Any:
    if item is None:
        return None
    if isinstance(item, Operation):
        with control_dependencies([gate]):
            return group(item)
    return with_dependencies([gate], item)
