"""What is checked before a GraphDef is imported: its ops, all at once, and what functions call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..base import dtypes
from .import_graph_def_nodes import CONTROL_FLOW
from .import_graph_def_tensor_arrays import TENSOR_ARRAYS
from .op_def import find_op

# What runs the function that its attribute `f` names; functions are also called by op types of
# their own names.
CALLS = frozenset({"PartitionedCall", "StatefulPartitionedCall"})

# A call is written out as its function's nodes, and so is each branch: what a damaged or malicious
# file can make of a few functions is bounded.
MAX_NODES = 10_000_000
MAX_DEPTH = 64

# Attributes that ops have got since 1.14, with the value that means what the ops meant before.
LATER_ATTRS: dict[str, Any] = {
    "Tk": dtypes.int32,
    "Tshape": dtypes.int32,
    "bad_indices_policy": b"",
    "explicit_paddings": (),
    "index_type": dtypes.int32,
    "shape_type": dtypes.int32,
}

# Whether bodies have state is for us to see.
OUR_NAMES = {"StatelessIf": "If", "StatelessWhile": "While"}


def check_ops_known(graph_def: Any) -> None:
    """Refuses a graph with ops that we do not have.

    Raises:
      ValueError: names each op, how often it is there, and one of its nodes.
    """
    unknown = unknown_ops(graph_def)
    if not unknown:
        return
    first = {node.op: node.name for node in reversed(list(_nodes_in_use(graph_def)))}
    listed = ", ".join(
        f"'{op}' ({count} node{'s' if count > 1 else ''}, {'such as ' if count > 1 else ''}"
        f"'{first[op]}')"
        for op, count in unknown.most_common()
    )
    raise ValueError(f"Op type not registered: graphflow has no op {listed}")


def unknown_ops(graph_def: Any) -> Counter[str]:
    """How often there are ops that we do not have, also in functions that nodes call."""
    counts = Counter(node.op for node in _nodes_in_use(graph_def))
    functions = {function.signature.name for function in graph_def.library.function}
    known = functions | CONTROL_FLOW | CALLS | TENSOR_ARRAYS
    return Counter(
        {
            op: count
            for op, count in counts.items()
            if op not in known and find_op(OUR_NAMES.get(op, op)) is None
        }
    )


def _nodes_in_use(graph_def: Any) -> Iterator[Any]:
    """The nodes of the graph, and of each function that they lead to."""
    functions = {function.signature.name: function for function in graph_def.library.function}
    seen: set[str] = set()
    waiting: list[Iterable[Any]] = [graph_def.node]
    while waiting:
        for node in waiting.pop():
            yield node
            for name in _called([node], functions):
                if name not in seen:
                    seen.add(name)
                    waiting.append(functions[name].node_def)


def check_functions(graph_def: Any) -> None:
    """Refuses functions that call themselves, or each other too often or too deep.

    Raises:
      ValueError: names the function.
    """
    functions = {function.signature.name: function for function in graph_def.library.function}
    sizes: dict[str, int] = {}
    depths: dict[str, int] = {}
    for root in _called(graph_def.node, functions):
        path = [root]
        while path:
            name = path[-1]
            called = _called(functions[name].node_def, functions)
            waiting = [other for other in called if other not in sizes]
            if name in sizes or not waiting:
                path.pop()
                nodes = len(functions[name].node_def)
                sizes[name] = nodes + sum(count * sizes[other] for other, count in called.items())
                depths[name] = 1 + max((depths[other] for other in called), default=0)
            elif waiting[0] in path:
                raise ValueError(
                    f"Function '{waiting[0]}' calls itself, by {' -> '.join(path)}: that is not "
                    "supported"
                )
            else:
                path.append(waiting[0])
    called = _called(graph_def.node, functions)
    total = sum(count * sizes[name] for name, count in called.items())
    if total > MAX_NODES:
        raise ValueError(f"The functions that the GraphDef calls are {total:,} nodes altogether")
    if max((depths[name] for name in called), default=0) > MAX_DEPTH:
        raise ValueError(f"The GraphDef's functions call each other more than {MAX_DEPTH} deep")


def _called(nodes: Iterable[Any], functions: Mapping[str, Any]) -> Counter[str]:
    """How often nodes name each function, as an op or in an attribute."""
    return Counter(
        name
        for node in nodes
        for name in (node.op, *(attr.func.name for attr in node.attr.values()))
        if name in functions
    )
