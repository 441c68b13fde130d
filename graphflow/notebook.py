"""Graph and Tensor display themselves in Jupyter.

Both classes stand in `core`, which knows nothing of pictures, so the methods that Jupyter asks for
are given to them here. `viz` is imported when something is displayed: programs do not wait for it.
"""

from __future__ import annotations

from typing import Any

from .core.graph.graph import Graph
from .core.graph.tensor import Tensor


def _graph_html(graph: Graph) -> str:
    from .viz.notebook import display_graph

    return display_graph(graph)


def _tensor_html(tensor: Tensor) -> str:
    from .viz.notebook import display_tensor

    return display_tensor(tensor)


def _bundle(shown: Any, **_: Any) -> dict[str, str]:
    return {"text/plain": repr(shown), "text/html": shown._repr_html_()}


Graph._repr_html_ = _graph_html
Tensor._repr_html_ = _tensor_html
Graph._repr_mimebundle_ = Tensor._repr_mimebundle_ = _bundle
