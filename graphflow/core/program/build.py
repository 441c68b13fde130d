"""From the user's graph to a Program: what the fetches need, less what the feeds replace."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from .. import ops
from ..base import dtypes, errors
from ..graph.op_def import registered_ops
from ..graph.operation import Operation
from ..graph.tensor import Tensor
from .late_reads import LateRead, find_late_reads
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
    need = _Need(roots, fed, fetches, targets)
    order = _in_order(need)
    nodes = _Nodes(feeds, fed, need, find_late_reads(order, feeds, need.predecessors))
    for index, op in enumerate(order):
        if _waits_together(op):
            nodes.add_late_reads(itertools.takewhile(_waits_together, order[index:]))
        nodes.add(op)
    return Program(
        tuple(nodes.nodes),
        tuple(range(len(feeds))),
        tuple(nodes.value_of(t) for t in fetches),
        tuple(nodes.position[op] for op in targets),
    )


class _Nodes:
    """The nodes of a Program, added one after the other.

    Attributes:
      nodes: so far; first come those of the feeds.
      position: where the node of an operation is.
    """

    def __init__(
        self,
        feeds: Sequence[Tensor],
        fed: dict[Tensor, int],
        need: _Need,
        late: Mapping[tuple[Operation, Tensor], LateRead],
    ) -> None:
        self.nodes = [_arg_node(tensor, index) for index, tensor in enumerate(feeds)]
        self.position: dict[Operation, int] = {}
        self._fed = fed
        self._need = need
        self._late = late
        self._late_position: dict[tuple[Tensor, LateRead], int] = {}
        self._absent: Value | None = None
        if need.has_absent_values():
            self._absent = Value(len(self.nodes), 0)
            self.nodes.append(_absent_node())

    def value_of(self, tensor: Tensor) -> Value:
        """Where a tensor's value is."""
        if tensor in self._fed:
            return Value(self._fed[tensor], 0)
        if self._absent is not None and tensor.op not in self._need.ops:
            return self._absent
        return Value(self.position[tensor.op], tensor.value_index)

    def add(self, op: Operation) -> None:
        """Adds an operation, all of whose inputs are there."""
        attrs: Mapping[str, Any] = op.node_attrs
        inputs = tuple(self._input_of(op, t) for t in op.inputs)  # may add nodes before this one
        input_dtypes = op.op_def.input_dtypes(attrs)
        if op.type == "While":
            attrs = {**attrs, "_live": self._need.live[op]}
            pairs = zip(inputs, input_dtypes, strict=True)
            input_dtypes = [dtypes.int32 if value == self._absent else t for value, t in pairs]
        self.position[op] = len(self.nodes)
        self.nodes.append(
            Node(
                name=op.name,
                op=op.op_def,
                attrs=attrs,
                inputs=inputs,
                controls=tuple(self.position[c] for c in _controls(op, self._fed)),
                input_dtypes=tuple(input_dtypes),
                output_dtypes=tuple(t.dtype for t in op.outputs),
                source=op,
            )
        )

    def add_late_reads(self, ops: Iterable[Operation]) -> None:
        """Adds what operations need of that: no read may stand between nodes that wait together."""
        for op in ops:
            for tensor in op.inputs:
                if (op, tensor) in self._late:
                    self._input_of(op, tensor)

    def _input_of(self, op: Operation, tensor: Tensor) -> Value:
        """What a node reads: of a variable that was updated before, the new value."""
        found = self._late.get((op, tensor))
        if found is None:
            return self.value_of(tensor)
        if (tensor, found) not in self._late_position:
            self._late_position[tensor, found] = len(self.nodes)
            controls = tuple(self.position[update] for update in found.updates)
            self.nodes.append(_read_node(tensor, self.value_of(found.variable), controls))
        return Value(self._late_position[tensor, found], 0)


def _waits_together(op: Operation) -> bool:
    return op.op_def.waits_together


def _arg_node(tensor: Tensor, index: int) -> Node:
    attrs = {"T": tensor.dtype.base_dtype, "index": index}
    return Node(tensor.op.name, ARG, attrs, (), (), (), (tensor.dtype,), source=tensor.op)


def _absent_node() -> Node:
    """What stands for the initial value of a loop variable that is not live: nobody reads it."""
    attrs = {"value": np.zeros((), np.int32), "dtype": dtypes.int32}
    return Node("absent", registered_ops()["Const"], attrs, (), (), (), (dtypes.int32,))


def _read_node(tensor: Tensor, variable: Value, controls: tuple[int, ...]) -> Node:
    """Reads a variable when some updates of it have run."""
    op_def, dtype = registered_ops()["Identity"], tensor.dtype
    name, attrs = tensor.op.name, {"T": dtype}
    return Node(name, op_def, attrs, (variable,), controls, (dtype,), (dtype,), source=tensor.op)


class _Need:
    """What a run needs: operations, and of loops the variables behind what is read of them.

    As in TF1, nothing leads from the initial value of another loop variable to a fetch.

    Attributes:
      ops: the operations.
      live: for each While among them, the loop variables that must be computed.
    """

    def __init__(
        self,
        roots: Iterable[Operation],
        fed: dict[Tensor, int],
        fetches: Sequence[Tensor],
        targets: Sequence[Operation],
    ) -> None:
        self.ops: set[Operation] = set()
        self.live: dict[Operation, tuple[int, ...]] = {}
        self._fed = fed
        self._read = set(fetches)
        self._awaited = set(targets)
        self._add(roots)
        while self._add_behind_loops():
            pass

    def _add(self, ops: Iterable[Operation]) -> None:
        """Adds operations, and those before them as far as it does not depend on a loop's use."""
        stack = list(ops)
        while stack:
            op = stack.pop()
            if op in self.ops:
                continue
            self.ops.add(op)
            controls = _controls(op, self._fed)
            self._awaited.update(controls)
            stack.extend(controls)
            if op.type == "While":
                self.live[op] = ()
                continue
            self._read.update(op.inputs)
            stack.extend(t.op for t in op.inputs if t not in self._fed)

    def _add_behind_loops(self) -> bool:
        """Finds out anew which loop variables are live, and adds what these need; False if none."""
        is_changed = False
        for op in list(self.live):
            used = [tensor.value_index for tensor in op.outputs if tensor in self._read]
            live = ops.control.live_loop_vars(op, used, is_awaited=op in self._awaited)
            if live != self.live[op]:
                is_changed = True
                self.live[op] = live
                inputs = self.inputs(op)
                self._read.update(inputs)
                self._add(t.op for t in inputs if t not in self._fed)
        return is_changed

    def has_absent_values(self) -> bool:
        """Whether a loop variable's initial value is not computed."""
        initial = (t for op in self.live for t in op.inputs if t not in self._fed)
        return any(tensor.op not in self.ops for tensor in initial)

    def inputs(self, op: Operation) -> Sequence[Tensor]:
        """What an operation reads; of a loop's inputs the live ones."""
        if op not in self.live:
            return op.inputs
        return [op.inputs[index] for index in self.live[op]]

    def predecessors(self, op: Operation) -> set[Operation]:
        """The operations that must run before one."""
        before = {t.op for t in self.inputs(op) if t not in self._fed}
        return before.union(_controls(op, self._fed))


def _controls(op: Operation, fed: dict[Tensor, int]) -> list[Operation]:
    """What must run before a node; a fed placeholder is there from the start."""
    return [c for c in op._control_inputs if not (c.type == "Placeholder" and c.outputs[0] in fed)]


def _in_order(need: _Need) -> list[Operation]:
    """Topological order; where it leaves a choice, the order in which the nodes were made.

    So a variable is read by what was built before an update of it, and runs repeat exactly. Nodes
    that may wait come when nothing else can be done, those that are ready one after the other: so
    none of them waits for what would come after it.
    """
    predecessors = {op: need.predecessors(op) for op in need.ops}
    waiting = {op: len(before) for op, before in predecessors.items()}
    successors: dict[Operation, list[Operation]] = {op: [] for op in need.ops}
    for op, behind in predecessors.items():
        for before in behind:
            successors[before].append(op)
    ready = [(op.op_def.patience, op._id, op) for op, count in waiting.items() if count == 0]
    heapq.heapify(ready)
    order: list[Operation] = []
    while ready:
        done = [heapq.heappop(ready)[2]]
        while ready and _waits_together(done[0]) and _waits_together(ready[0][2]):
            done.append(heapq.heappop(ready)[2])
        order += done
        for op in done:
            for after in successors[op]:
                waiting[after] -= 1
                if waiting[after] == 0:
                    heapq.heappush(ready, (after.op_def.patience, after._id, after))
    if len(order) < len(need.ops):
        raise _cycle_error({op for op, count in waiting.items() if count > 0}, need)
    return order


def _cycle_error(stuck: set[Operation], need: _Need) -> errors.OpError:
    import networkx

    graph = networkx.DiGraph()
    for op in stuck:
        graph.add_edges_from((before, op) for before in need.predecessors(op) if before in stuck)
    cycle = [op for op, _ in networkx.find_cycle(graph)]
    names = " -> ".join(op.name for op in [*cycle, cycle[0]])
    return errors.InvalidArgumentError(
        None, cycle[0], f"the graph has a cycle and cannot run: {names}"
    )
