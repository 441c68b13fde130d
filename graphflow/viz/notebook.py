"""How a Graph and a Tensor look as the last expression of a notebook's cell."""

from __future__ import annotations

import html

from ..core.graph.graph import Graph
from ..core.graph.operation import Operation
from ..core.graph.tensor import Tensor
from .dot import graph_def_to_dot
from .explorer import explore
from .render import LayoutEngineError, render


def display_graph(graph: Graph) -> str:
    """The explorer, in a frame."""
    return explore(graph)._repr_html_()


def display_tensor(tensor: Tensor) -> str:
    """What a tensor is, and where graphviz is at hand, a drawing of what it is computed from."""
    rows = [
        ("tensor", tensor.name),
        ("op", tensor.op.type),
        ("dtype", tensor.dtype.name),
        ("shape", str(tensor.shape)),
        ("made at", str(tensor.op.user_frame)),
        ("", tensor.op.user_frame.line),
    ]
    cells = "".join(
        f"<tr><th>{html.escape(key)}</th><td><code>{html.escape(value)}</code></td></tr>"
        for key, value in rows
        if value
    )
    return f"<table>{cells}</table>{_drawing_of_inputs(tensor)}"


def _drawing_of_inputs(tensor: Tensor) -> str:
    graph_def = tensor.graph.as_graph_def(add_shapes=True)
    needed = _names_of_inputs(tensor.op)
    part = type(graph_def)(node=[node for node in graph_def.node if node.name in needed])
    try:
        svg = render(graph_def_to_dot(part)).decode()
    except (LayoutEngineError, ValueError):  # no graphviz; too many boxes
        return ""
    return f'<div style="overflow: auto; max-height: 40em">{svg[svg.index("<svg") :]}</div>'


def _names_of_inputs(op: Operation) -> set[str]:
    found: set[str] = set()
    stack = [op]
    while stack:
        op = stack.pop()
        if op.name not in found:
            found.add(op.name)
            stack += [tensor.op for tensor in op.inputs] + op.control_inputs
    return found
