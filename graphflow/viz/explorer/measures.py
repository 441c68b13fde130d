"""What runs tell of nodes: time and memory from RunMetadata, NaN and Inf from a run of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.base import nest
from ...core.graph.operation import Operation


@dataclass(frozen=True)
class Cost:
    """What one node took in a run; None where the run did not measure it."""

    micros: int | None
    bytes: int | None


@dataclass(frozen=True)
class Health:
    """What is wrong with the values of a node.

    Attributes:
      nan: how many are not a number.
      inf: how many are infinite.
      values: of how many.
    """

    nan: int
    inf: int
    values: int


def costs_of(run_metadata: Any) -> dict[str, Cost]:
    """Node -> its time and memory, summed over devices and executions.

    A copy on a GPU's stream is accounted to the node named before the colon. Memory is that of
    outputs and of what the allocators counted, whichever is more.
    """
    micros: dict[str, int] = {}
    held: dict[str, int] = {}
    for device in run_metadata.step_stats.dev_stats:
        for stats in device.node_stats:
            name = stats.node_name.partition(":")[0]
            micros[name] = micros.get(name, 0) + stats.all_end_rel_micros
            size = _bytes_of(stats)
            if size:
                held[name] = held.get(name, 0) + size
    return {name: Cost(time, held.get(name)) for name, time in micros.items()}


def _bytes_of(stats: Any) -> int:
    described = [output.tensor_description.allocation_description for output in stats.output]
    outputs = sum(d.allocated_bytes or d.requested_bytes for d in described)
    return max(outputs, sum(memory.total_bytes for memory in stats.memory))


def check_health(session: Any, fetches: Any, feed_dict: Any = None) -> dict[str, Health]:
    """Runs fetches once and counts NaN and Inf in everything they are computed from.

    All intermediate values are held until the run is over. A fetched training step trains.

    Args:
      session: a Session.
      fetches: as of `Session.run`.
      feed_dict: as of `Session.run`.

    Returns:
      Node name -> `Health`, for the nodes with floating point outputs. Give it to `explore`.
    """
    found = [
        session.graph.as_graph_element(fetch)
        for fetch in nest.flatten(fetches)
        if fetch is not None
    ]
    operations = _computed_from(
        [item if isinstance(item, Operation) else item.op for item in found],
        _fed(session, feed_dict),
    )
    tensors = {
        op.name: floating
        for op in operations
        if (floating := [t for t in op.outputs if t.dtype.is_floating or t.dtype.is_complex])
    }
    values = session.run([tensors, found], feed_dict)[0]
    return {name: _health(arrays) for name, arrays in values.items()}


def _fed(session: Any, feed_dict: Mapping[Any, Any] | None) -> set[Any]:
    return {
        element
        for key in feed_dict or ()
        if not isinstance(element := session.graph.as_graph_element(key), Operation)
    }


def _computed_from(operations: list[Operation], fed: set[Any]) -> list[Operation]:
    """The operations that a run of some of them runs, without those that feeding spares."""
    found: dict[Operation, None] = {}
    stack = list(operations)
    while stack:
        op = stack.pop()
        if op in found or (op.outputs and fed.issuperset(op.outputs)):
            continue
        found[op] = None
        stack += [tensor.op for tensor in op.inputs if tensor not in fed]
        stack += op.control_inputs
    return list(found)


def _health(arrays: list[Any]) -> Health:
    values = [np.asarray(array).astype(np.complex128) for array in arrays]
    return Health(
        nan=int(sum(np.isnan(value).sum() for value in values)),
        inf=int(sum(np.isinf(value).sum() for value in values)),
        values=sum(value.size for value in values),
    )
