"""Program: the part of a graph that one set of fetches and feeds needs, frozen and in order.

Everything after this stage (passes, plan, kernels) reads Programs; nothing reads the Graph again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from ..base.dtypes import DType
from ..graph.op_def import OpDef, define_op

if TYPE_CHECKING:
    from ..graph.operation import Operation

# What a fed tensor becomes: the value comes from outside. Exists only in Programs.
ARG = define_op("_Arg", outputs=["output: T"], attrs=["T: type", "index: int >= 0"])

# Several values that are known before the run. Exists only in Programs.
CONSTANTS = define_op("_Constants", outputs=["outputs: T"], attrs=["T: list(type)"])


@CONSTANTS.define
def constants_reference(node: Any) -> tuple[Any, ...]:
    values: tuple[Any, ...] = node.attrs["values"]
    return values


class Value(NamedTuple):
    """One output of one node of a Program: its position in `Program.nodes`, and which output."""

    node: int
    output: int


@dataclass(frozen=True, slots=True)
class Node:
    """One step of a Program.

    Attributes:
      name: the name of the graph node it came from; errors and profiles show it.
      op: what it does.
      attrs: the attributes, as in the graph.
      inputs: what it reads.
      controls: nodes that must have run before, though their values are not read.
      input_dtypes: the types of `inputs`, as the op's signature declares them: a `_ref` type asks
        for the variable itself.
      output_dtypes: the types of its outputs.
      output_shapes: the shapes of its outputs where they are known, else None; empty in a program
        whose shapes have not been worked out (`passes/specialize.py` does).
      source: the graph node, for messages only.
    """

    name: str
    op: OpDef
    attrs: Mapping[str, Any]
    inputs: tuple[Value, ...]
    controls: tuple[int, ...]
    input_dtypes: tuple[DType, ...]
    output_dtypes: tuple[DType, ...]
    output_shapes: tuple[tuple[int, ...] | None, ...] = ()
    source: Operation | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Program:
    """Nodes in an order in which they can run.

    Attributes:
      nodes: the steps; a node reads only nodes before it.
      args: the positions of the `_Arg` nodes, in the order in which values are passed.
      results: what the run returns.
      targets: nodes that the caller wants run, whether or not anybody reads them.
    """

    nodes: tuple[Node, ...]
    args: tuple[int, ...]
    results: tuple[Value, ...]
    targets: tuple[int, ...] = ()

    def __str__(self) -> str:
        """A listing for `GRAPHFLOW_DEBUG=program`: one node a line."""
        lines = []
        for index, node in enumerate(self.nodes):
            inputs = ", ".join(_written(value) for value in node.inputs)
            after = f" after {list(node.controls)}" if node.controls else ""
            types = ", ".join(_written_type(node, i) for i in range(len(node.output_dtypes)))
            lines.append(f"%{index} = {node.op.name}({inputs}){after} : {types}  # {node.name}")
        lines.append("return " + ", ".join(_written(value) for value in self.results))
        return "\n".join(lines)


def _written_type(node: Node, output: int) -> str:
    shape = node.output_shapes[output] if node.output_shapes else None
    return node.output_dtypes[output].name + ("" if shape is None else str(list(shape)))


def _written(value: Value) -> str:
    return f"%{value.node}" if value.output == 0 else f"%{value.node}:{value.output}"


def waiting_together(program: Program, nodes: Sequence[int]) -> list[list[int]]:
    """Groups nodes that may wait for each other: neighbours of which none needs another.

    Args:
      program: has the nodes.
      nodes: nodes in the order in which they run, without others in between.

    Returns:
      The nodes in groups; alone, where the op cannot be begun without being waited for.
    """
    groups: list[list[int]] = []
    for index in nodes:
        joins = groups and program.nodes[index].op.waits_together
        if joins and program.nodes[groups[-1][0]].op.waits_together:
            if not _needs(program, index, set(groups[-1])):
                groups[-1].append(index)
                continue
        groups.append([index])
    return groups


def _needs(program: Program, index: int, others: set[int]) -> bool:
    first = min(others)
    seen: set[int] = set()
    stack = [index]
    while stack:
        node = program.nodes[stack.pop()]
        for before in (*(value.node for value in node.inputs), *node.controls):
            if before in others:
                return True
            if before > first and before not in seen:
                seen.add(before)
                stack.append(before)
    return False


def verify(program: Program) -> None:
    """Checks what every pass must keep; run after each pass in tests.

    Raises:
      AssertionError: naming the node and what is wrong with it.
    """
    for index, node in enumerate(program.nodes):
        for value in node.inputs:
            assert value.node < index, f"{node.name} reads %{value.node}, which runs after it"
            outputs = program.nodes[value.node].output_dtypes
            assert value.output < len(outputs), f"{node.name} reads a missing output {value}"
        for control in node.controls:
            assert control < index, f"{node.name} waits for %{control}, which runs after it"
        for value, wanted in zip(node.inputs, node.input_dtypes, strict=True):
            given = program.nodes[value.node].output_dtypes[value.output]
            assert given.base_dtype == wanted.base_dtype, (
                f"{node.name} reads {given.name} where it takes {wanted.name}"
            )
    for value in program.results:
        assert value.node < len(program.nodes), f"result {value} is not computed"
