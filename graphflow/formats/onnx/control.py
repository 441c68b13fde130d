"""Branches: `If` with a branch for each truth; one that is settled is written alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...core.base import dtypes
from ...core.graph.operation import Operation
from .writer import Result, Writer


def branch(convert: Callable[[Writer, Any], None]) -> Callable[[Writer, Operation], list[Result]]:
    """The row for If.

    Args:
      convert: writes the nodes of a body.
    """

    def emitter(to: Writer, op: Operation) -> list[Result]:
        condition, *arguments = op.inputs
        known = to.known(condition)
        if known is not None:
            body = op.node_attrs["then_branch" if known.all() else "else_branch"]
            for parameter, argument in zip(body.inputs, arguments):
                to.set(parameter, argument)
            convert(to, body)
            to.in_scope_of(op)
            return list(body.outputs)
        # Both are walked before either is finished, so that all that fails is named.
        bodies = {name: op.node_attrs[name] for name in ("then_branch", "else_branch")}
        writers = {name: Writer(to) for name in bodies}
        for name, body in bodies.items():
            for parameter, argument in zip(body.inputs, arguments):
                writers[name].set(parameter, argument)
            convert(writers[name], body)
        graphs = {name: _graph(writers[name], op, body) for name, body in bodies.items()}
        chosen = to.cast(to.value(condition), condition.dtype, dtypes.bool)
        count = len(op.outputs)
        results = to.node("If", chosen, outputs=count, **graphs) if count else []
        return [results] if count == 1 else list(results)

    return emitter


def _graph(to: Writer, op: Operation, body: Any) -> Any:
    """A branch's GraphProto; its outputs are its own, neither constants nor values from around."""
    to.in_scope_of(op)
    outputs = [(to.node("Identity", to.value(tensor)), tensor) for tensor in body.outputs]
    return to.graph(body.name, [], outputs)
