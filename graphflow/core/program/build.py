"""From the user's graph to a Program: what the fetches need, less what the feeds replace."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .. import ops
from ..base import errors
from ..graph.operation import Operation
from ..graph.tensor import Tensor
from .program import ARG, Node, Program, Value


def build_program(
    fetches: Sequence[Tensor], targets: Sequence[Operation], feeds: Sequence[Tensor]
) -> Program:
    """Freezes the part of the graph that a run needs.

    Args:
      fetches: the tensors whose values the run returns.
      targets: operations to run besides.
      feeds: tensors whose values are passed in; nothing that only they need is run.

    Returns:
      A Program with one `_Arg` per feed, and `fetches` as results.

    Raises:
      InvalidArgumentError: the operations form a cycle.
    """
    fed = {tensor: index for index, tensor in enumerate(feeds)}
    roots = [t.op for t in fetches if t not in fed] + list(targets)
    order = _in_order(_needed(roots, fed), fed)

    nodes = [_arg_node(tensor, index) for index, tensor in enumerate(feeds)]
    position = {op: len(nodes) + i for i, op in enumerate(order)}

    def value_of(tensor: Tensor) -> Value:
        if tensor in fed:
            return Value(fed[tensor], 0)
        return Value(position[tensor.op], tensor.value_index)

    read = {t for op in order for t in op.inputs} | set(fetches)
    awaited = {c for op in order for c in _controls(op, fed)} | set(targets)
    for op in order:
        attrs: Mapping[str, Any] = op.node_attrs
        if op.type == "While":
            used = [tensor.value_index for tensor in op.outputs if tensor in read]
            live = ops.control.live_loop_vars(op, used, is_awaited=op in awaited)
            attrs = {**attrs, "_live": live}
        nodes.append(
            Node(
                name=op.name,
                op=op.op_def,
                attrs=attrs,
                inputs=tuple(value_of(t) for t in op.inputs),
                controls=tuple(position[c] for c in _controls(op, fed)),
                input_dtypes=tuple(op.op_def.input_dtypes(op.node_attrs)),
                output_dtypes=tuple(t.dtype for t in op.outputs),
                source=op,
            )
        )
    return Program(
        tuple(nodes),
        tuple(range(len(feeds))),
        tuple(value_of(t) for t in fetches),
        tuple(position[op] for op in targets),
    )


def _arg_node(tensor: Tensor, index: int) -> Node:
    attrs = {"T": tensor.dtype.base_dtype, "index": index}
    return Node(tensor.op.name, ARG, attrs, (), (), (), (tensor.dtype,), source=tensor.op)


def _needed(roots: Iterable[Operation], fed: dict[Tensor, int]) -> set[Operation]:
    needed: set[Operation] = set()
    stack = list(roots)
    while stack:
        op = stack.pop()
        if op not in needed:
            needed.add(op)
            stack.extend(_predecessors(op, fed))
    return needed


def _predecessors(op: Operation, fed: dict[Tensor, int]) -> list[Operation]:
    return [t.op for t in op.inputs if t not in fed] + _controls(op, fed)


def _controls(op: Operation, fed: dict[Tensor, int]) -> list[Operation]:
    """What must run before a node; a fed placeholder is there from the start."""
    return [c for c in op._control_inputs if not (c.type == "Placeholder" and c.outputs[0] in fed)]


def _in_order(needed: set[Operation], fed: dict[Tensor, int]) -> list[Operation]:
    """Topological order; where it leaves a choice, the order in which the nodes were made.

    So a variable is read by what was built before an update of it, and runs repeat exactly.
    """
    waiting = {op: len(set(_predecessors(op, fed))) for op in needed}
    successors: dict[Operation, list[Operation]] = {op: [] for op in needed}
    for op in needed:
        for before in set(_predecessors(op, fed)):
            successors[before].append(op)
    ready = [(op._id, op) for op, count in waiting.items() if count == 0]
    heapq.heapify(ready)
    order = []
    while ready:
        _, op = heapq.heappop(ready)
        order.append(op)
        for after in successors[op]:
            waiting[after] -= 1
            if waiting[after] == 0:
                heapq.heappush(ready, (after._id, after))
    if len(order) < len(needed):
        raise _cycle_error({op for op, count in waiting.items() if count > 0}, fed)
    return order


def _cycle_error(stuck: set[Operation], fed: dict[Tensor, int]) -> errors.OpError:
    import networkx

    graph = networkx.DiGraph()
    for op in stuck:
        graph.add_edges_from((before, op) for before in _predecessors(op, fed) if before in stuck)
    cycle = [op for op, _ in networkx.find_cycle(graph)]
    names = " -> ".join(op.name for op in [*cycle, cycle[0]])
    return errors.InvalidArgumentError(
        None, cycle[0], f"the graph has a cycle and cannot run: {names}"
    )
