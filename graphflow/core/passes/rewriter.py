"""Rewriting a program: look at values and their readers, add nodes, put one value for another."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..base.dtypes import DType
from ..graph.op_def import OpDef, find_op
from ..program.program import CONSTANTS, Node, Program, Value

Shape = tuple[int, ...]


class Rewriter:
    """A program under change. Values are named by numbers that stay valid while it changes.

    New nodes are numbered after the old ones, and stand in the finished program where the node
    stood that they were made for: whatever they read must be there by then.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self.nodes = list(program.nodes)
        self._place = list(range(len(self.nodes)))
        self._instead: dict[Value, Value] = {}
        self._readers: dict[Value, list[int]] = defaultdict(list)
        for index, node in enumerate(self.nodes):
            for value in node.inputs:
                self._readers[value].append(index)
        self._results = set(program.results)
        self._dead_nodes: set[int] = set()

    # --- looking ---------------------------------------------------------------------------------

    def input(self, node: Node, index: int) -> Value:
        """What a node reads, as it is now."""
        return self.current(node.inputs[index])

    def current(self, value: Value) -> Value:
        """The value that stands for another one now."""
        while value in self._instead:
            value = self._instead[value]
        return value

    def producer(self, value: Value) -> Node:
        """The node that computes a value."""
        return self.nodes[value.node]

    def shape(self, value: Value) -> Shape | None:
        """A value's shape."""
        shapes = self.nodes[value.node].output_shapes
        return shapes[value.output] if shapes else None

    def constant(self, value: Value) -> np.ndarray | None:
        """A value that is known before the run, else None."""
        attrs = self.nodes[value.node].attrs
        if self.nodes[value.node].op is CONSTANTS:
            found: np.ndarray = attrs["values"][value.output]
            return found
        return attrs["value"] if self.nodes[value.node].op.name == "Const" else None

    def readers(self, value: Value) -> list[int]:
        """The nodes that read a value, in order."""
        return [i for i in self._readers[value] if i not in self._dead_nodes]

    def is_read(self, value: Value) -> bool:
        """Whether a node reads a value, or a result is it."""
        return bool(self.readers(value)) or value in self._results

    def is_result(self, value: Value) -> bool:
        """Whether the program returns a value."""
        return value in self._results

    def is_dead(self, index: int) -> bool:
        """Whether nobody reads a node any more."""
        return index in self._dead_nodes

    def has_one_reader(self, value: Value) -> bool:
        """Whether one node reads a value, and no result is it."""
        return len(self.readers(value)) == 1 and value not in self._results

    # --- changing --------------------------------------------------------------------------------

    def add(
        self,
        place: int,
        op: OpDef,
        inputs: Sequence[Value],
        attrs: Mapping[str, Any],
        shapes: Sequence[Shape | None],
        dtypes: Sequence[DType],
    ) -> Value:
        """Adds a node where node `place` stands, under its name; returns its first output."""
        like = self.nodes[place]
        index = len(self.nodes)
        self.nodes.append(
            Node(
                name=like.name,
                op=op,
                attrs=dict(attrs),
                inputs=tuple(inputs),
                controls=(),
                input_dtypes=tuple(
                    self.nodes[v.node].output_dtypes[v.output].base_dtype for v in inputs
                ),
                output_dtypes=tuple(dtypes),
                output_shapes=tuple(shapes),
                source=like.source,
            )
        )
        self._place.append(self._place[place])
        for value in inputs:
            self._readers[value].append(index)
        return Value(index, 0)

    def add_constant(self, place: int, value: Any, dtype: DType) -> Value:
        """Adds a Const where node `place` stands."""
        const = find_op("Const")
        assert const is not None
        array = np.asarray(value)
        attrs = {"value": array, "dtype": dtype}
        return self.add(place, const, (), attrs, (array.shape,), (dtype,))

    def change(self, index: int, **fields: Any) -> None:
        """Changes fields of a node, other than what it reads."""
        self.nodes[index] = dataclasses.replace(self.nodes[index], **fields)

    def replace(self, old: Value, new: Value) -> None:
        """Lets everybody who reads `old` read `new`."""
        self._instead[old] = new
        for index in self._readers.pop(old, []):
            node = self.nodes[index]
            inputs = tuple(new if value == old else value for value in node.inputs)
            self.nodes[index] = dataclasses.replace(node, inputs=inputs)
            self._readers[new].append(index)
        if old in self._results:
            self._results.discard(old)
            self._results.add(new)
        self._release(old.node)

    def _release(self, index: int) -> None:
        """Takes a node without effect that nobody reads any more off its inputs' readers."""
        node = self.nodes[index]
        values = [Value(index, output) for output in range(len(node.output_dtypes))]
        is_read = any(self.readers(v) or v in self._results for v in values)
        if is_read or node.op.is_stateful or index in self._dead_nodes:
            return
        if index in self._program.targets:
            return
        self._dead_nodes.add(index)
        for value in node.inputs:
            self._release(value.node)

    def finished(self) -> Program:
        """The rewritten program, without the nodes that nobody reads any more."""
        kept = [i for i in range(len(self.nodes)) if i not in self._dead_nodes]
        count = len(self._program.nodes)
        order = sorted(kept, key=lambda i: (self._place[i], i < count, i))
        new_index = {old: new for new, old in enumerate(order)}
        nodes = tuple(
            dataclasses.replace(
                self.nodes[old],
                inputs=tuple(Value(new_index[v.node], v.output) for v in self.nodes[old].inputs),
                controls=tuple(new_index[c] for c in self.nodes[old].controls if c in new_index),
            )
            for old in order
        )
        results = [self.current(value) for value in self._program.results]
        return Program(
            nodes,
            tuple(new_index[i] for i in self._program.args),
            tuple(Value(new_index[v.node], v.output) for v in results),
            tuple(new_index[i] for i in self._program.targets),
        )
