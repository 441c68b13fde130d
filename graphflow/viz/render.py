"""Text in graphviz' language to a picture: by pygraphviz' wheel, else by a `dot` program."""

from __future__ import annotations

import threading

FORMATS = ("svg", "png", "pdf")

_one_at_a_time = threading.Lock()  # graphviz' library has global state


class LayoutEngineError(RuntimeError):
    """There is no graphviz to lay a graph out with, or it refused."""


def render(source: str, file_format: str = "svg") -> bytes:
    """Lays a graph out and draws it.

    Args:
      source: a graph in the dot language.
      file_format: `svg`, `png` or `pdf`.

    Returns:
      The content of the file.

    Raises:
      LayoutEngineError: neither pygraphviz nor a `dot` program is there, or `dot` failed.
    """
    drawn = _by_pygraphviz(source, file_format)
    return drawn if drawn is not None else _by_program(source, file_format)


def _by_pygraphviz(source: str, file_format: str) -> bytes | None:
    """None without the package, or with one that has no engine of its own (before version 2)."""
    try:
        import pygraphviz
    except ImportError:
        return None
    if int(pygraphviz.__version__.partition(".")[0]) < 2:
        return None
    try:
        with _one_at_a_time:
            return pygraphviz.AGraph(string=source).draw(format=file_format, prog="dot")
    except ValueError as error:
        raise LayoutEngineError(f"pygraphviz could not draw the graph: {error}") from error


def _by_program(source: str, file_format: str) -> bytes:
    import graphviz

    try:
        return graphviz.Source(source).pipe(format=file_format)
    except graphviz.ExecutableNotFound as error:
        raise LayoutEngineError(
            "drawing a graph needs graphviz' layout engine: install it for Python with "
            "`pip install 'graphflow[render]'` (a pygraphviz wheel that carries it), or install "
            "the system's graphviz package so that the program `dot` is on the PATH"
        ) from error
    except graphviz.CalledProcessError as error:
        raise LayoutEngineError(f"dot could not draw the graph: {error}") from error
