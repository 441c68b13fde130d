"""Reads of variables that must be taken again, since an update comes before their use.

A reference variable is read by one node, made with it: `v/read`. In TF1 its result is the memory
of the variable, so that

    with tf.control_dependencies([v.assign_add(1)]):
        y = tf.identity(v)

gives the new value, though the read itself waits for nothing. Here a read gives the value of its
time; so what is computed from `v/read` after an update of `v` gets a read of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from ..graph.func_graph import FuncGraph
from ..graph.operation import Operation
from ..graph.tensor import Tensor

_WRITES_NOTHING = frozenset({"Identity", "IsVariableInitialized", "RefIdentity"})


class LateRead(NamedTuple):
    """A read that is to be taken again: of that variable, after those updates of it."""

    variable: Tensor
    updates: tuple[Operation, ...]


def find_late_reads(
    order: Sequence[Operation],
    feeds: Iterable[Tensor],
    predecessors: Callable[[Operation], Iterable[Operation]],
) -> dict[tuple[Operation, Tensor], LateRead]:
    """Finds the uses of a variable's value that come after an update of the variable.

    Args:
      order: the operations of a run, each after what it waits for.
      feeds: what is passed in; to the body of a branch, the tensors that it captures.
      predecessors: what an operation waits for.

    Returns:
      (operation, the read value that it takes) -> what it takes instead.
    """
    updates, reads = _updates_and_reads(order)
    for tensor in feeds:
        reads.pop(tensor, None)
    reads.update(_captured_reads(feeds))
    reads = {read: variable for read, variable in reads.items() if variable in updates}
    if not reads:
        return {}
    changing = dict.fromkeys(update for ops in updates.values() for update in ops)
    bits = {update: 1 << i for i, update in enumerate(changing)}
    before = _updates_before(order, predecessors, bits)
    late = {}
    for op in order:
        for tensor in op.inputs:
            variable = reads.get(tensor)
            if variable is None or op not in before:
                continue
            earlier = tuple(u for u in updates[variable] if bits[u] & before[op])
            if earlier:
                late[op, tensor] = LateRead(variable, earlier)
    return late


def _updates_and_reads(
    order: Sequence[Operation],
) -> tuple[dict[Tensor, list[Operation]], dict[Tensor, Tensor]]:
    """Variable -> what changes it; read value -> its variable."""
    variable_of: dict[Tensor, Tensor] = {}  # of what an update returns
    updates: dict[Tensor, list[Operation]] = {}
    reads: dict[Tensor, Tensor] = {}
    for op in order:
        references = [t for t in op.inputs if t.dtype._is_ref_dtype]
        if not references:
            continue
        if op.type == "Identity" and not op._control_inputs and references[0] not in variable_of:
            reads[op.outputs[0]] = references[0]
        if op.type in _WRITES_NOTHING:
            continue
        types = op.op_def.input_dtypes(op.node_attrs)
        for tensor, dtype in zip(op.inputs, types, strict=True):
            if dtype._is_ref_dtype and tensor.dtype._is_ref_dtype:
                variable = variable_of.get(tensor, tensor)
                updates.setdefault(variable, []).append(op)
                for output in op.outputs:
                    if output.dtype._is_ref_dtype:
                        variable_of.setdefault(output, variable)
    return updates, reads


def _captured_reads(feeds: Iterable[Tensor]) -> dict[Tensor, Tensor]:
    """Of what a body captures: the read values of the variables that it captures as well."""
    sources = {tensor: _outermost(tensor) for tensor in feeds}
    captured = {source: t for t, source in sources.items() if t.dtype._is_ref_dtype}
    reads = {}
    for tensor, source in sources.items():
        if source is not tensor and source.op.type == "Identity":
            variable = captured.get(_outermost(source.op.inputs[0]))
            if variable is not None:
                reads[tensor] = variable
    return reads


def _outermost(tensor: Tensor) -> Tensor:
    """What a tensor is in the graph that it was captured from first."""
    graph = tensor.graph
    source = graph._captured_source(tensor) if isinstance(graph, FuncGraph) else None
    return tensor if source is None else _outermost(source)


def _updates_before(
    order: Sequence[Operation],
    predecessors: Callable[[Operation], Iterable[Operation]],
    bits: dict[Operation, int],
) -> dict[Operation, int]:
    """Operation -> the bits of the updates that it waits for; only operations that do."""
    before: dict[Operation, int] = {}
    for op in order:
        waits_for = 0
        for predecessor in predecessors(op):
            waits_for |= before.get(predecessor, 0) | bits.get(predecessor, 0)
        if waits_for:
            before[op] = waits_for
    return before
