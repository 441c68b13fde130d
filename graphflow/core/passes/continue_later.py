"""What comes after values of unknown shape becomes a program of its own: `_Continue`.

    x = QueueDequeue()        unknown             x = QueueDequeue()
    h = MatMul(x, w)                     ->       loss = _Continue(x)    program: h = MatMul(x, w)
    loss = Mean(h)                                                                loss = Mean(h)

The shape of a dequeued batch, of the rows that a mask chooses, or of what a user's Python function
returns, is known when it is there. The rest of the program then has known shapes, as if its inputs
had been fed: it gets plans for the shapes that it meets. What is computed before is as little as
can be; all else, reads of variables above all, is part of the rest.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from ..base.dtypes import DType
from ..ops import cpu_lowerings
from ..program.continuation import CONTINUE
from ..program.program import ARG, CONSTANTS, Node, Program, Value
from ..program.variables import (
    ALIASES,
    Uses,
    cell_inputs,
    find_uses,
    is_cell,
    is_native,
    root_of,
    values_of,
    writes_cells,
)

_FEWEST = 3  # nodes with kernels: for fewer a program of their own is not worth its while
_HEAVY = frozenset({"BatchMatMul", "BatchMatMulV2", "Conv2D", "Conv3D", "MatMul"})  # but for these


def continue_later(program: Program) -> Program:
    """Ends a program where shapes become unknown, and continues it when they are there."""
    sources, behind = _find_unknown(program)
    if _count_kernels(program, behind) < _FEWEST:
        return program
    uses = find_uses(program)
    first = _what_comes_first(program, uses, sources, behind)
    if first is None:
        return program
    rest = _Rest(program, uses, first)
    return rest.split() if rest.can_be_split else program


def _find_unknown(program: Program) -> tuple[list[int], set[int]]:
    """The nodes that make the first values of unknown shape, and those that read these."""
    sources: list[int] = []
    behind: set[int] = set()
    unknown: set[Value] = set()
    for index, node in enumerate(program.nodes):
        if any(value in unknown for value in node.inputs):
            behind.add(index)
            unknown.update(values_of(index, node))
            continue
        made = [
            Value(index, output)
            for output, (shape, dtype) in enumerate(
                zip(node.output_shapes, node.output_dtypes, strict=True)
            )
            if shape is None and is_native(dtype) and not is_cell(dtype)
        ]
        if made:
            sources.append(index)
            unknown.update(made)
    return sources, behind


def _count_kernels(program: Program, indices: Iterable[int]) -> int:
    """How many nodes of unknown shape have kernels for known ones; heavy ones count as some."""
    chosen = [program.nodes[index] for index in indices]
    chosen = [node for node in chosen if None in node.output_shapes]
    if not chosen:
        return 0
    cpu_lowerings.load()
    weights = [
        (n.op.cpu_lowering is not None or n.op.scalar_body is not None)
        * (_FEWEST if n.op.name in _HEAVY else 1)
        for n in chosen
    ]
    return sum(weights)


def _what_comes_first(
    program: Program, uses: Uses, sources: list[int], behind: set[int]
) -> set[int] | None:
    """The nodes that have to run before the rest; None where there can be no rest.

    That is what the sources need. And as nodes that may wait can wait for each other, all of them
    have to be there: one of them behind a source leaves the program as it is.
    """
    waiting = {i for i, node in enumerate(program.nodes) if node.op.may_wait}
    if waiting & behind:
        return None
    first: set[int] = set()
    for source in [*sources, *waiting]:
        needed = _ancestors(program, uses, source, first)
        if not needed & behind:
            first |= needed
        elif source in waiting:
            return None
    return first if first.intersection(sources) else None


def _ancestors(program: Program, uses: Uses, index: int, known: set[int]) -> set[int]:
    """A node and all that must run before it, without what is known to."""
    found: set[int] = set()
    stack = [index]
    while stack:
        at = stack.pop()
        if at not in found and at not in known:
            found.add(at)
            node = program.nodes[at]
            stack += [value.node for value in node.inputs]
            stack += [*node.controls, *uses.order.get(at, ())]
    return found


class _Rest:
    """The program of all nodes that do not come first, in the making.

    Args:
      program: the whole.
      uses: of its variables.
      first: the nodes that come first.
    """

    def __init__(self, program: Program, uses: Uses, first: set[int]) -> None:
        self._program = program
        self._uses = uses
        self._first = first
        self._written_before = {
            uses.variable_of[node.inputs[i]]
            for node in (program.nodes[index] for index in first)
            if writes_cells(node)
            for i in cell_inputs(node)
            if node.inputs[i] in uses.variable_of
        }
        self._nodes: list[Node] = []
        self._new: dict[Value, Value] = {}
        self._args: list[int] = []
        self._passed: list[Value] = []

    @property
    def can_be_split(self) -> bool:
        """Whether all cells that both parts use have names that the rest can use too."""
        return all(
            value in self._uses.variable_of or _stands_alone(self._program.nodes[value.node])
            for index, node in enumerate(self._program.nodes)
            if not self._is_first(index)
            for value in node.inputs
            if self._is_first(value.node) and is_cell(self._type_of(value))
        )

    def split(self) -> Program:
        """The first nodes, and one that stands for all others."""
        program = self._program
        later = [i for i, node in enumerate(program.nodes) if not self._is_first(i)]
        new_index: dict[int, int] = {}
        for index in later:
            node = program.nodes[index]
            inputs = tuple(self._value(value) for value in node.inputs)
            controls = tuple(new_index[c] for c in node.controls if c in new_index)
            new_index[index] = self._append(
                dataclasses.replace(node, inputs=inputs, controls=controls)
            )
            self._new.update(_moved(program, index, new_index[index]))
        wanted = [v for v in dict.fromkeys(program.results) if v.node in new_index]
        rest = Program(
            tuple(self._nodes),
            tuple(self._args),
            tuple(self._new[value] for value in wanted),
            tuple(new_index[index] for index in program.targets if index in new_index),
        )
        return self._joined(rest, wanted)

    def _joined(self, rest: Program, wanted: list[Value]) -> Program:
        """The first nodes in their order, and the rest at the end."""
        program = self._program
        kept = [index for index in range(len(program.nodes)) if self._is_first(index)]
        place = {old: new for new, old in enumerate(kept)}
        moved: dict[Value, Value] = {}
        for old, new in place.items():
            moved.update(_moved(program, old, new))
        nodes = [
            dataclasses.replace(
                node,
                inputs=tuple(moved[value] for value in node.inputs),
                controls=tuple(place[c] for c in node.controls if c in place),
            )
            for node in (program.nodes[index] for index in kept)
        ]
        for output, value in enumerate(wanted):
            moved[value] = Value(len(nodes), output)
        inputs = [*self._passed, *self._cells_written_later()]
        input_types = tuple(self._type_of(value) for value in inputs)
        made_types = tuple(self._type_of(value) for value in wanted)
        like = rest.nodes[-1]
        nodes.append(
            Node(
                name=like.name,
                op=CONTINUE,
                attrs={"program": rest, "Tin": input_types, "Tout": made_types},
                inputs=tuple(moved[value] for value in inputs),
                controls=tuple(range(len(nodes))),
                input_dtypes=tuple(t if is_cell(t) else t.base_dtype for t in input_types),
                output_dtypes=made_types,
                output_shapes=(None,) * len(made_types),
                source=like.source,
            )
        )
        return Program(
            tuple(nodes),
            tuple(place[index] for index in program.args),
            tuple(moved[value] for value in program.results),
            (*(place[index] for index in program.targets if index in place), len(nodes) - 1),
        )

    def _cells_written_later(self) -> list[Value]:
        """The variables that the rest writes: what was read of them before has to be a copy."""
        program, variable_of = self._program, self._uses.variable_of
        written = {
            variable_of[node.inputs[i]]
            for index, node in enumerate(program.nodes)
            if not self._is_first(index) and writes_cells(node)
            for i in cell_inputs(node)
            if node.inputs[i] in variable_of
        }
        return [Value(self._uses.names[variable], 0) for variable in sorted(written)]

    # --- what the rest reads of the first part

    def _is_first(self, index: int) -> bool:
        node = self._program.nodes[index]
        return index in self._first or node.op is ARG or _stands_alone(node)

    def _type_of(self, value: Value) -> DType:
        return self._program.nodes[value.node].output_dtypes[value.output]

    def _value(self, value: Value) -> Value:
        """A value in the rest: one of its own, a copy of its node, or an argument."""
        if value not in self._new:
            self._new[value] = self._brought(value)
        return self._new[value]

    def _brought(self, value: Value) -> Value:
        node = self._program.nodes[value.node]
        if _stands_alone(node):
            return self._copied(node, value)
        if is_cell(self._type_of(value)) and node.op is not ARG:
            name = self._uses.names[self._uses.variable_of[value]]
            return self._value(Value(name, 0))
        root = root_of(value, self._uses)
        variable = self._uses.variable_of.get(root)
        is_read = variable is not None and variable not in self._written_before
        if is_read and node.op.name in ALIASES and value.output == 0:
            return self._copied(node, value)
        return self._passed_on(node, value)

    def _copied(self, node: Node, value: Value) -> Value:
        inputs = tuple(self._value(given) for given in node.inputs)
        copy = dataclasses.replace(node, inputs=inputs, controls=())
        return Value(self._append(copy), value.output)

    def _passed_on(self, node: Node, value: Value) -> Value:
        dtype = self._type_of(value)
        attrs = {"T": dtype, "index": len(self._args)}
        made = Node(node.name, ARG, attrs, (), (), (), (dtype,), (None,), node.source)
        self._passed.append(value)
        self._args.append(self._append(made))
        return Value(self._args[-1], 0)

    def _append(self, node: Node) -> int:
        self._nodes.append(node)
        return len(self._nodes) - 1


def _stands_alone(node: Node) -> bool:
    """Whether a node is a constant, or the name of a variable or queue: both parts may have it."""
    if node.op.name == "Const" or node.op is CONSTANTS:
        return True
    names = node.op is not ARG and not node.inputs and bool(node.output_dtypes)
    return names and all(map(is_cell, node.output_dtypes))


def _moved(program: Program, old: int, new: int) -> dict[Value, Value]:
    """The outputs of a node, and what they are when it stands in another place."""
    return {v: Value(new, v.output) for v in values_of(old, program.nodes[old])}
