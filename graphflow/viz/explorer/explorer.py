"""explore: the graph as a page in which it is opened scope by scope."""

from __future__ import annotations

import html
import json
import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from string import Template
from typing import Any

from ...core.files.replacement import FileReplacement
from ..origin import find_origin
from .measures import Health, costs_of
from .page_data import page_data

# In the order in which each can use what stands before it.
_SCRIPTS = ("model.js", "scene.js", "layout.js", "paint.js", "camera.js", "card.js", "app.js")
_FRAME = "width: 100%; height: 640px; border: 1px solid #d4dde4; border-radius: 6px"


class GraphExplorer:
    """A page to look around in a graph. The last expression of a notebook cell shows it."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data

    @cached_property
    def html(self) -> str:
        """The page: one HTML document that loads nothing from anywhere."""
        page = Path(__file__).parent / "page"
        # `</script>` or `<!--` in a name must not end the element that the data stand in.
        data = json.dumps(self._data, ensure_ascii=False, separators=(",", ":"))
        return Template((page / "index.html").read_text(encoding="utf-8")).substitute(
            title=html.escape(self._data["title"]),
            style=(page / "style.css").read_text(encoding="utf-8"),
            script="\n".join((page / name).read_text(encoding="utf-8") for name in _SCRIPTS),
            data=data.replace("<", "\\u003c"),
        )

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes the page to a file; returns its path."""
        path = Path(path)
        with FileReplacement(os.fspath(path)) as replacement:
            replacement.file.write(self.html.encode("utf-8", errors="replace"))
        return path

    def _repr_html_(self) -> str:
        page = html.escape(self.html, quote=True)
        sandbox = "allow-scripts allow-downloads"
        return f'<iframe srcdoc="{page}" sandbox="{sandbox}" style="{_FRAME}"></iframe>'


def explore(
    graph: Any,
    path: str | os.PathLike[str] | None = None,
    *,
    run_metadata: Any = None,
    health: Mapping[str, Health] | None = None,
    max_const_size: int = 32,
    title: str | None = None,
) -> GraphExplorer:
    """Makes a page in which a graph can be opened scope by scope, searched and coloured.

    The page needs no network and no graphviz, and takes graphs of ten thousand nodes: it lays out
    what is open. It colours by structure and device, and by what is given here: time and memory,
    NaN and Inf.

    Args:
      graph: a Graph or a GraphDef (TensorFlow's own too).
      path: the file to write; default: none, use the result's `save`, or let a notebook show it.
      run_metadata: a RunMetadata proto of a run with `trace_level=FULL_TRACE`.
      health: what `graphflow.viz.check_health` found.
      max_const_size: constants of more bytes are shown as shape, type and size.
      title: of the page; default: the file's name.

    Returns:
      The `GraphExplorer`.
    """
    origin = find_origin(graph)
    explorer = GraphExplorer(
        page_data(
            origin,
            title or (Path(path).stem if path is not None else "graph"),
            max_const_size,
            costs=costs_of(run_metadata) if run_metadata is not None else {},
            health=health or {},
        )
    )
    if path is not None:
        explorer.save(path)
    return explorer
