"""`graphflow show FILE|SCRIPT`: draws the graph in a file, or the one that a script builds."""

from __future__ import annotations

import argparse
import runpy
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..core.base import errors
from ..core.graph.graph import Graph
from ..core.graph.stacks import get_default_graph
from ..core.session.session import BaseSession
from ..viz import show_graph
from ..viz.graph_files import read_graph_file


def add_parser(commands: Any) -> None:
    """Adds the command to an argument parser's subcommands."""
    parser = commands.add_parser(
        "show",
        help="draw the graph in a file, or the one that a script builds",
        description="Draws a graph: of a GraphDef (.pb, .pbtxt), a .meta file, a checkpoint beside "
        "its .meta, a SavedModel, an event file, or of a Python script, which runs until it first "
        "runs a session.",
    )
    parser.add_argument("source", type=Path, metavar="FILE|SCRIPT")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="a name ending in .svg, .pdf, .png, .dot, or in .html for a page to look around in "
        "(default: the source's name, .svg)",
    )
    parser.add_argument("--depth", type=int, help="draw deeper scopes as boxes")
    parser.add_argument(
        "--expand", action="append", default=[], metavar="SCOPE", help="draw it node by node"
    )
    parser.add_argument(
        "--collapse", action="append", default=[], metavar="SCOPE", help="draw it as a box"
    )
    parser.add_argument("--rankdir", choices=("TB", "BT", "LR", "RL"), default="TB")
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    parser.add_argument(
        "--args",
        dest="arguments",
        nargs=argparse.REMAINDER,
        default=[],
        metavar="ARG",
        help="all that follows is for the script",
    )
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    try:
        if options.source.suffix == ".py":
            graph = graph_of_script(options.source, options.arguments)
        else:
            graph = read_graph_file(options.source)
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)  # there is no graphviz
            show_graph(
                graph,
                depth=options.depth,
                expand=options.expand,
                collapse=options.collapse,
                rankdir=options.rankdir,
                theme=options.theme,
                path=options.output or Path(options.source.name).with_suffix(".svg"),
            )
    except (errors.OpError, OSError, ValueError, RuntimeWarning) as error:
        print(f"graphflow show: {getattr(error, 'message', error)}", file=sys.stderr)
        return 1
    return 0


class _GraphIsBuilt(BaseException):
    """Ends a script at its first run of a session, past its own `except Exception`."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph


def graph_of_script(path: Path, arguments: list[str]) -> Graph:
    """Runs a script until it first runs a session, or ends.

    Args:
      path: the script.
      arguments: what it finds in `sys.argv` after its name.

    Returns:
      The graph of that session; the default graph of a script that runs none.

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: the script has built no graph.
    """
    with _stage_of(path, arguments):
        try:
            runpy.run_path(str(path), run_name="__main__")
            graph = get_default_graph()
        except _GraphIsBuilt as built:
            graph = built.graph
    if not graph.get_operations():
        raise ValueError(f"{path} has built no graph in the default graph, and run no session")
    return graph


@contextmanager
def _stage_of(path: Path, arguments: list[str]) -> Iterator[None]:
    """What a script finds when Python runs it, but for sessions, which end it."""

    def stop(session: BaseSession, *_: Any, **__: Any) -> None:
        raise _GraphIsBuilt(session.graph)

    argv, import_path, run = sys.argv, sys.path, BaseSession.run
    sys.argv = [str(path), *arguments]
    sys.path = [str(path.resolve().parent), *sys.path]
    BaseSession.run = stop  # type: ignore[method-assign]
    try:
        yield
    finally:
        sys.argv, sys.path, BaseSession.run = argv, import_path, run  # type: ignore[method-assign]
