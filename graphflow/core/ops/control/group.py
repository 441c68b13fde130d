"""NoOp, and `group`: one operation that stands for several."""

from __future__ import annotations

import contextlib
from typing import Any

from ...base import nest
from ...graph.op_def import define_op
from ...graph.operation import Operation
from ...graph.scopes import control_dependencies, device, name_scope
from ..shape_rules import no_outputs

no_op_op = define_op("NoOp", shape=no_outputs)
no_op_op.no_grad()


@no_op_op.define
def no_op_reference(node: Any) -> None:
    return None


def no_op(name: str | None = None) -> Operation:
    """An operation that does nothing, but waits for its control dependencies."""
    op: Operation = no_op_op(name=name)
    return op


def group(*inputs: Any, **kwargs: Any) -> Operation:
    """An operation that is done when all of `inputs` are.

    Args:
      *inputs: operations, tensors, variables, IndexedSlices, and nestings of these.
      name: the name of the operation.

    Returns:
      The operation; it has no output.

    Raises:
      ValueError: another keyword argument than `name`.
      TypeError: an input is none of these.
    """
    name = kwargs.pop("name", None)
    if kwargs:
        raise ValueError("Unknown keyword arguments: " + ", ".join(kwargs))
    items = _members(inputs)
    with name_scope(name, "group_deps", items) as scope:
        if not items:
            return no_op(name=scope)
        by_device: dict[str, list[Any]] = {}
        for item in items:
            by_device.setdefault(item.device, []).append(item)
        if len(by_device) == 1:
            ((place, members),) = by_device.items()
            return _after(place, members, scope)
        parts = [_after(place, by_device[place], None) for place in sorted(by_device)]
        with control_dependencies(parts):
            return no_op(name=scope)


def _members(inputs: Any) -> list[Any]:
    """The operations, tensors and variables in a nesting, IndexedSlices taken apart."""
    members: list[Any] = []
    for item in nest.flatten(inputs):
        if not hasattr(item, "device") and not isinstance(item, nest.CompositeTensor):
            raise TypeError(
                f"tf.group() takes zero or more (nested) Tensors and Operations, not {item!r} of "
                f"type {type(item).__name__}."
            )
        parts = nest.flatten(item, expand_composites=True)
        members.extend(part for part in parts if part is not None)
    return members


def _after(place: str, items: list[Any], name: str | None) -> Operation:
    where = device(place) if place else contextlib.nullcontext()
    with control_dependencies(items), where:
        return no_op(name=name)
