"""The graph, seen: folded to what a reader wants, written as dot, drawn by graphviz."""

from .dot import graph_def_to_dot as graph_def_to_dot
from .explorer import GraphExplorer as GraphExplorer
from .explorer import Health as Health
from .explorer import check_health as check_health
from .explorer import explore as explore
from .render import LayoutEngineError as LayoutEngineError
from .show import GraphDrawing as GraphDrawing
from .show import show_graph as show_graph
