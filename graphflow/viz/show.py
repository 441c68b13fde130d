"""show_graph: the graph as a picture, in a notebook or in a file."""

from __future__ import annotations

import html
import os
import sys
import warnings
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from ..core.graph.graph import Graph
from ..core.graph.stacks import get_default_graph
from .dot import graph_def_to_dot
from .graph_nodes import Shape, Source
from .render import FORMATS, LayoutEngineError, render

_DEFAULT_FILE = "graph.svg"


class GraphDrawing:
    """A drawn graph. The last expression of a notebook cell shows it.

    Attributes:
      source: the graph in graphviz' dot language.
    """

    def __init__(self, source: str) -> None:
        self.source = source

    @cached_property
    def svg(self) -> str:
        """The picture as an SVG document.

        Raises:
          LayoutEngineError: there is no graphviz.
        """
        return render(self.source, "svg").decode()

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes the picture to a file.

        Args:
          path: its suffix says the format: `.svg`, `.png`, `.pdf`, or `.dot` (`.gv`) for the
            source, which needs no graphviz.

        Returns:
          The path.

        Raises:
          ValueError: the suffix is none of these.
          LayoutEngineError: there is no graphviz; the source was written beside, as `.dot`.
        """
        path = Path(path)
        file_format = path.suffix.lower().removeprefix(".")
        if file_format in ("dot", "gv"):
            path.write_text(self.source, encoding="utf-8")
            return path
        if file_format not in FORMATS:
            known = ", ".join(f".{name}" for name in (*FORMATS, "dot"))
            raise ValueError(f"cannot tell a format from the name {path.name!r}: end it in {known}")
        try:
            content = (
                self.svg.encode() if file_format == "svg" else render(self.source, file_format)
            )
        except LayoutEngineError as error:
            source_path = self.save(path.with_suffix(".dot"))
            raise LayoutEngineError(f"{error}. The source is in {source_path}") from error
        path.write_bytes(content)
        return path

    def _repr_svg_(self) -> str | None:
        try:
            return self.svg
        except LayoutEngineError:
            return None  # the notebook shows _repr_html_, which says why

    def _repr_html_(self) -> str:
        try:
            picture = self.svg[self.svg.index("<svg") :]
        except LayoutEngineError as error:
            picture = f"<p>{html.escape(str(error))}</p><pre>{html.escape(self.source)}</pre>"
        return f'<div style="overflow: auto; max-height: 60em">{picture}</div>'


def show_graph(
    graph_def: Any,
    max_const_size: int = 32,
    *,
    depth: int | None = None,
    expand: str | Sequence[str] = (),
    collapse: str | Sequence[str] = (),
    rankdir: str = "TB",
    path: str | os.PathLike[str] | None = None,
) -> GraphDrawing:
    """Draws a graph with its name scopes as nested boxes and shapes on the edges.

    A variable is one box, and so are gradients, optimizers, savers, and what one library call added
    (`dropout`, `logistic_loss`); constants that are arguments stand in the box of their op. Control
    dependencies are dotted; a dashed arrow leads from what is differentiated to its gradients.

    In a notebook the result shows itself. A script gets a file and a line that says where it is.

    Args:
      graph_def: a GraphDef (TensorFlow's own too) or a Graph. A GraphDef has shapes if its nodes
        carry `_output_shapes`, or if the default graph has the same nodes.
      max_const_size: constants of more bytes are shown as shape, type and size.
      depth: scopes with more levels than this become boxes; 0 draws only boxes. Default: as deep
        as leaves the picture readable.
      expand: names or patterns (`gradients/*`) of scopes and variables to draw node by node;
        `"*"` for everything.
      collapse: names or patterns of scopes to draw as one box.
      rankdir: where arrows point: TB (down), BT, LR or RL.
      path: the file to write, in a notebook too: `.svg`, `.png`, `.pdf` or `.dot`. Default:
        `graph.svg` in the working directory, written by scripts only.

    Returns:
      The `GraphDrawing`: its `save`, `source` and `svg` are there for more.

    Warns:
      RuntimeWarning: a script has no graphviz to draw with; it goes on, with the source written.
    """
    shapes = None
    if hasattr(graph_def, "as_graph_def"):
        graph_def = graph_def.as_graph_def(add_shapes=True)
    else:
        shapes = _shapes_from(get_default_graph(), graph_def)
    drawing = GraphDrawing(
        graph_def_to_dot(
            graph_def,
            max_const_size,
            depth=depth,
            expand=[expand] if isinstance(expand, str) else expand,
            collapse=[collapse] if isinstance(collapse, str) else collapse,
            rankdir=rankdir,
            shapes=shapes,
        )
    )
    if path is not None or not _in_notebook():
        _write(drawing, path or _DEFAULT_FILE)
    return drawing


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


def _in_notebook() -> bool:
    """Whether a Jupyter kernel runs this; nothing is imported to find out."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return hasattr(shell, "kernel")


def _write(drawing: GraphDrawing, path: str | os.PathLike[str]) -> None:
    try:
        print("graph written to", drawing.save(path).resolve())  # noqa: T201 (a script's answer)
    except LayoutEngineError as error:
        warnings.warn(str(error), RuntimeWarning, stacklevel=3)
