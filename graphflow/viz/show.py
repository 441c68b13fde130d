"""show_graph: the graph as a picture, in a notebook or in a file."""

from __future__ import annotations

import html
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from .dot import graph_def_to_dot
from .explorer import GraphExplorer, explore
from .origin import find_origin
from .render import FORMATS, LayoutEngineError, render

_DEFAULT_FILE = "graph.svg"
_DEFAULT_PAGE = "graph.html"
_PAGES = (".html", ".htm")


class GraphDrawing:
    """A drawn graph. The last expression of a notebook cell shows it.

    Attributes:
      source: the graph in graphviz' dot language.
    """

    def __init__(
        self, source: str, make_explorer: Callable[[], GraphExplorer] | None = None
    ) -> None:
        self.source = source
        self._make_explorer = make_explorer  # to be shown where there is no graphviz

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
          LayoutEngineError: there is no graphviz; the source was written beside, as `.dot`, and
            the explorer, which needs none, as `.html`.
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
            message = f"{error}. The source is in {self.save(path.with_suffix('.dot'))}"
            if self._make_explorer is not None:
                page = self._make_explorer().save(path.with_suffix(".html"))
                message += f"; {page} shows the graph in a browser, without graphviz"
            raise LayoutEngineError(message) from error
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
            message = f"<p>{html.escape(str(error))}</p>"
            if self._make_explorer is not None:
                return message + self._make_explorer()._repr_html_()
            picture = f"{message}<pre>{html.escape(self.source)}</pre>"
        return f'<div style="overflow: auto; max-height: 60em">{picture}</div>'


def show_graph(
    graph_def: Any,
    max_const_size: int = 32,
    *,
    depth: int | None = None,
    expand: str | Sequence[str] = (),
    collapse: str | Sequence[str] = (),
    rankdir: str = "TB",
    theme: str = "light",
    explorer: bool = False,
    path: str | os.PathLike[str] | None = None,
) -> GraphDrawing | GraphExplorer:
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
      theme: `light` or `dark`.
      explorer: make a page to look around in, instead of a picture; see `explore`.
      path: the file to write, in a notebook too: `.svg`, `.png`, `.pdf`, `.dot`, or
        `.html` for the explorer. Default:
        `graph.svg` in the working directory, written by scripts only.

    Returns:
      The `GraphDrawing`: its `save`, `source` and `svg` are there for more. With `explorer` the
      `GraphExplorer`.

    Raises:
      ValueError: there are too many boxes to lay out; the message tells how to fold them.

    Warns:
      RuntimeWarning: a script has no graphviz to draw with; it goes on, with the source written.
    """
    show_page = path is not None and Path(path).suffix.lower() in _PAGES
    if explorer or show_page:
        if not show_page and path is not None:
            raise ValueError(f"the explorer is a page: end the name {Path(path).name!r} in .html")
        return _show_page(graph_def, max_const_size, path)
    origin = find_origin(graph_def)
    drawing = GraphDrawing(
        graph_def_to_dot(
            origin.graph_def,
            max_const_size,
            depth=depth,
            expand=[expand] if isinstance(expand, str) else expand,
            collapse=[collapse] if isinstance(collapse, str) else collapse,
            rankdir=rankdir,
            theme=theme,
            shapes=origin.shapes,
        ),
        partial(explore, graph_def, max_const_size=max_const_size),
    )
    if path is not None or not _in_notebook():
        _write(drawing, path or _DEFAULT_FILE)
    return drawing


def _show_page(
    graph_def: Any, max_const_size: int, path: str | os.PathLike[str] | None
) -> GraphExplorer:
    explorer = explore(graph_def, max_const_size=max_const_size, title=path and Path(path).stem)
    if path is not None or not _in_notebook():
        saved = explorer.save(path or _DEFAULT_PAGE)
        print("graph written to", saved.resolve())  # noqa: T201 (a script's answer)
    return explorer


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
