"""A run in several steps: each computes what it asks for and keeps everything computed so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..base import errors
from ..graph.operation import Operation
from ..graph.tensor import Tensor
from ..program.build import build_program
from ..program.interpreter import Interpreter
from ..program.program import ARG, Value
from ..runtime.context import RunContext
from .fetches import FetchPlan


class PartialRun:
    """One run under way.

    Raises:
      InvalidArgumentError: there is nothing to fetch.
    """

    def __init__(self, fetch_plan: FetchPlan, feeds: Sequence[Tensor], context: RunContext) -> None:
        if not fetch_plan.tensors and not fetch_plan.targets:
            raise errors.InvalidArgumentError(
                None, None, "Must specify at least one target to fetch or execute."
            )
        self._context = context
        self._program = build_program(fetch_plan.tensors, fetch_plan.targets, feeds)
        self._interpreter = Interpreter(self._program, keep_values=True)
        self._slots = self._interpreter.new_slots()
        self._node_of = {node.source: i for i, node in enumerate(self._program.nodes)}
        self._arg_of = {tensor: index for index, tensor in enumerate(feeds)}
        self._fed: set[Tensor] = set()
        self._done: set[int] = set()
        self._fetches: set[Tensor | Operation] = {*fetch_plan.tensors, *fetch_plan.targets}
        self._fetched: set[Tensor | Operation] = set()

    def advance(self, fetch_plan: FetchPlan, feeds: dict[Tensor, Any]) -> list[Any]:
        """Feeds, then computes what these fetches need and is not computed yet.

        Raises:
          InvalidArgumentError: a feed or fetch was not set up, was used before, or needs a feed
            that has not come yet.
        """
        self._take_feeds(feeds)
        fetches: list[Tensor | Operation] = [*fetch_plan.tensors, *fetch_plan.targets]
        for fetch in fetches:
            if fetch not in self._fetches or fetch in self._fetched:
                raise _used_wrongly("fetch", fetch, fetch in self._fetched)
        values = [self._value_of(tensor) for tensor in fetch_plan.tensors]
        targets = [self._node_of[op] for op in fetch_plan.targets]
        nodes = self._not_done([*(value.node for value in values), *targets])
        self._interpreter.run_nodes(nodes, self._slots, self._context)
        self._done.update(nodes)
        self._fetched.update(fetches)
        return [self._interpreter.value(self._slots, value) for value in values]

    def _take_feeds(self, feeds: dict[Tensor, Any]) -> None:
        for tensor, value in feeds.items():
            if tensor not in self._arg_of or tensor in self._fed:
                raise _used_wrongly("feed", tensor, tensor in self._fed)
            self._interpreter.set_arg(self._slots, self._arg_of[tensor], value)
            self._fed.add(tensor)

    def _value_of(self, tensor: Tensor) -> Value:
        if tensor in self._arg_of:
            return Value(self._arg_of[tensor], 0)
        return Value(self._node_of[tensor.op], tensor.value_index)

    def _not_done(self, roots: Sequence[int]) -> list[int]:
        """The nodes that `roots` need and that have not run, in order."""
        fed = {self._arg_of[tensor] for tensor in self._fed}
        needed: set[int] = set()
        stack = list(roots)
        while stack:
            index = stack.pop()
            if index in needed or index in self._done or index in fed:
                continue
            node = self._program.nodes[index]
            if node.op is ARG:
                raise errors.InvalidArgumentError(
                    None, node.source, f"the tensor {node.name}:0 must be fed before this fetch"
                )
            needed.add(index)
            stack += [value.node for value in node.inputs]
            stack += node.controls
        return sorted(needed)


def _used_wrongly(use: str, element: Tensor | Operation, again: bool) -> errors.OpError:
    op = element.op if isinstance(element, Tensor) else element
    problem = f"has already been {'fed' if use == 'feed' else 'fetched'}."
    if not again:
        problem = "was not specified in partial_run_setup."
    return errors.InvalidArgumentError(None, op, f"The {use} {element.name} {problem}")
