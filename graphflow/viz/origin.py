"""Which Graph the nodes of a GraphDef come from: it knows shapes, and the user's lines."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..core.graph.graph import Graph
from ..core.graph.stacks import get_default_graph
from .graph_nodes import Shape, Source


class Origin(NamedTuple):
    """A GraphDef, and the Graph that has all its nodes where there is one."""

    graph_def: Any
    graph: Graph | None
    shapes: dict[Source, Shape] | None


def find_origin(graph_or_graph_def: Any) -> Origin:
    """Takes a Graph (TensorFlow's own too) or a GraphDef, maybe the default graph's."""
    if isinstance(graph_or_graph_def, Graph):
        graph = graph_or_graph_def
        return Origin(graph.as_graph_def(add_shapes=True), graph, None)
    if hasattr(graph_or_graph_def, "as_graph_def"):
        return Origin(graph_or_graph_def.as_graph_def(add_shapes=True), None, None)
    graph = get_default_graph()
    shapes = _shapes_from(graph, graph_or_graph_def)
    return Origin(graph_or_graph_def, None if shapes is None else graph, shapes)


def _shapes_from(graph: Graph, graph_def: Any) -> dict[Source, Shape] | None:
    """The shapes of a graph's tensors if it has each node of the GraphDef, else None."""
    shapes: dict[Source, Shape] = {}
    operations = {op.name: op for op in graph.get_operations()}
    for node_def in graph_def.node:
        op = operations.get(node_def.name)
        if op is None or op.type != node_def.op or len(op.inputs) > len(node_def.input):
            return None
        for index, tensor in enumerate(op.outputs):
            known = tensor.shape.ndims is not None
            shapes[Source(op.name, index)] = tuple(tensor.shape.as_list()) if known else None
    return shapes
