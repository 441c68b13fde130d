"""Parts of a GraphDef: what some nodes need, and what is left without nodes for training."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..core.base import compat


def source_of(text: str) -> str:
    """The name of the node that a NodeDef's input (`"x"`, `"x:1"`, `"^x"`) names."""
    return text.removeprefix("^").partition(":")[0]


def check_graph_def(graph_def: Any, name: str = "graph_def") -> None:
    """Raises a TypeError for what is no GraphDef."""
    if not hasattr(graph_def, "node") or not hasattr(graph_def, "library"):
        raise TypeError(f"{name} must be a graph_pb2.GraphDef proto.")


def extract_sub_graph(graph_def: Any, dest_nodes: Sequence[str]) -> Any:
    """The nodes that some nodes need, by inputs, control inputs and colocation.

    Args:
      graph_def: a GraphDef.
      dest_nodes: a list of names of nodes.

    Returns:
      A new GraphDef: these nodes in the same order, the whole library, the versions.

    Raises:
      TypeError: an argument is not of its type.
      AssertionError: there is no node of such a name.
    """
    check_graph_def(graph_def)
    if isinstance(dest_nodes, str):
        raise TypeError("dest_nodes must be a list.")
    by_name = {node.name: node for node in graph_def.node}
    for name in dest_nodes:
        if name not in by_name:
            raise AssertionError(f"{name} is not in graph")
    needed: set[str] = set()
    waiting = list(dest_nodes)
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting.extend(_needs(by_name[name]))
    result = type(graph_def)()
    result.node.extend(node for node in graph_def.node if node.name in needed)
    result.library.CopyFrom(graph_def.library)
    result.versions.CopyFrom(graph_def.versions)
    return result


def _needs(node: Any) -> Iterable[str]:
    yield from map(source_of, node.input)
    if "_class" in node.attr:
        groups = map(compat.as_str, node.attr["_class"].list.s)
        yield from (g.removeprefix("loc:@") for g in groups if g.startswith("loc:@"))


def remove_training_nodes(input_graph: Any, protected_nodes: Sequence[str] | None = None) -> Any:
    """A GraphDef without CheckNumerics, and without Identities that only pass a value on.

    An Identity that waits for other nodes, or that others wait for, stays. What takes the value of
    a CheckNumerics takes the value that it checked (TF 1.14 leaves it without that input).

    Args:
      input_graph: a GraphDef.
      protected_nodes: names of nodes that stay, such as outputs.

    Returns:
      A new GraphDef, without library and versions as in TF1.
    """
    check_graph_def(input_graph, "input_graph")
    kept = set(protected_nodes or ())
    unchecked = type(input_graph)()
    checks = {
        node.name: node.input[0]
        for node in input_graph.node
        if node.op == "CheckNumerics" and node.name not in kept
    }
    for node in input_graph.node:
        if node.name not in checks:
            inputs = [
                _followed(text, checks)
                for text in node.input
                if not (text[0] == "^" and text[1:] in checks)
            ]
            _copy(node, unchecked, inputs)
    passes_on = _identities(unchecked.node, kept)
    result = type(input_graph)()
    for node in unchecked.node:
        if node.name not in passes_on:
            _copy(node, result, [_followed(text, passes_on) for text in node.input])
    return result


def _identities(nodes: Sequence[Any], kept: set[str]) -> dict[str, str]:
    """From each Identity that may go to its input."""
    awaited = {text[1:] for node in nodes for text in node.input if text.startswith("^")}
    return {
        node.name: node.input[0]
        for node in nodes
        if node.op == "Identity"
        and node.name not in kept | awaited
        and not any(text.startswith("^") for text in node.input)
    }


def _followed(text: str, passes_on: dict[str, str]) -> str:
    """The input, or where it comes from in the end when nodes that pass it on go."""
    while (name := text.removesuffix(":0")) in passes_on:
        text = passes_on[name]
    return text


def _copy(node: Any, graph_def: Any, inputs: Iterable[str]) -> None:
    copy = graph_def.node.add()
    copy.CopyFrom(node)
    copy.ClearField("input")
    copy.input.extend(inputs)
