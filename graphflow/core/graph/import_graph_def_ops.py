"""Which ops a GraphDef needs that graphflow does not have: all of them at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from .import_graph_def_nodes import CONTROL_FLOW
from .op_def import find_op

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
    return Counter({op: count for op, count in counts.items() if not _is_known(op)})


def _is_known(op: str) -> bool:
    return op in CONTROL_FLOW or find_op(OUR_NAMES.get(op, op)) is not None


def _nodes_in_use(graph_def: Any) -> Iterator[Any]:
    """The nodes of the graph, and of each function that they lead to."""
    functions = {function.signature.name: function for function in graph_def.library.function}
    seen: set[str] = set()
    waiting: list[Iterable[Any]] = [graph_def.node]
    while waiting:
        for node in waiting.pop():
            yield node
            for attr in node.attr.values():
                name = attr.func.name
                if attr.WhichOneof("value") == "func" and name in functions and name not in seen:
                    seen.add(name)
                    waiting.append(functions[name].node_def)
