"""Text in graphviz' language to a picture: by pygraphviz' wheel, else by a `dot` program.

Graphviz cannot be told to stop, and needs minutes for some large graphs. So what is not small is
laid out in a process of its own, which is ended when its time is up.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading

from .scope_titles import raise_scope_titles

FORMATS = ("svg", "png", "pdf")

_SMALL = 1000  # lines of source: laid out in seconds
_MAX_SECONDS = 60.0
_REFUSED = 3  # exit status of the process of its own; the reason is in its standard error

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
      LayoutEngineError: neither pygraphviz nor a `dot` program is there, or `dot` failed, or had
        not found a layout after a minute.
    """
    if source.count("\n") <= _SMALL:
        return _draw(source, file_format)
    return _draw_elsewhere(source, file_format)


def main() -> None:
    """Draws standard input on standard output: what runs in a process of its own."""
    try:
        drawn = _draw(sys.stdin.buffer.read().decode(), sys.argv[1])
    except LayoutEngineError as error:
        sys.stderr.write(str(error))
        sys.exit(_REFUSED)
    sys.stdout.buffer.write(drawn)


def _draw_elsewhere(source: str, file_format: str) -> bytes:
    command = [sys.executable, "-c", f"from {__name__} import main; main()", file_format]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path or "." for path in sys.path)},
        start_new_session=True,
    )
    try:
        drawn, complaint = process.communicate(source.encode(), _MAX_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise LayoutEngineError(
            f"graphviz has found no layout in {_MAX_SECONDS:g} seconds: draw less with depth=... "
            "or collapse=[...], or open the graph in the explorer, show_graph(graph, "
            "explorer=True), which lays out what is opened"
        ) from error
    finally:
        _end(process)
    if process.returncode:
        reason = complaint.decode(errors="replace").strip()
        if process.returncode != _REFUSED:
            reason = f"graphviz could not draw the graph: {reason or 'its process ended'}"
        raise LayoutEngineError(reason)
    return drawn


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends a process with all that it has started, if it has not ended yet."""
    if process.poll() is None:
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.communicate()


def _draw(source: str, file_format: str) -> bytes:
    drawn = _by_pygraphviz(source, file_format)
    if drawn is None:
        drawn = _by_program(source, file_format)
    return raise_scope_titles(drawn) if file_format == "svg" else drawn


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
