"""show_graph in a script and in a notebook, with and without a layout engine."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from graph_defs import graph_def, node

import graphflow as tf
from graphflow.viz import GraphDrawing, GraphExplorer, LayoutEngineError, show_graph
from graphflow.viz import render as module
from graphflow.viz.render import render

GRAPH = graph_def(node("a/x", "Placeholder"), node("y", "Relu", "a/x"))


@pytest.fixture(autouse=True)
def working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    shell = SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))


@pytest.fixture
def no_pygraphviz(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygraphviz", None)


@pytest.fixture
def no_engine(no_pygraphviz: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


def test_a_script_gets_a_file(working_directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show_graph(GRAPH)
    assert "<svg" in (working_directory / "graph.svg").read_text()
    assert capsys.readouterr().out == f"graph written to {working_directory / 'graph.svg'}\n"


def test_the_file_can_be_named(working_directory: Path) -> None:
    show_graph(GRAPH, path="net.dot")
    assert [path.name for path in working_directory.iterdir()] == ["net.dot"]


def test_a_terminal_of_ipython_is_no_notebook(
    working_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shells = SimpleNamespace(get_ipython=lambda: object())
    monkeypatch.setitem(sys.modules, "IPython", shells)
    show_graph(GRAPH)
    assert (working_directory / "graph.svg").exists()


def test_a_notebook_gets_a_picture_and_no_file(notebook: None, working_directory: Path) -> None:
    drawing = show_graph(GRAPH)
    svg = drawing._repr_svg_()
    assert svg is not None and "<svg" in svg
    assert drawing._repr_html_().startswith('<div style="overflow: auto; max-height: 60em"><svg')
    assert list(working_directory.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("g.svg", b"<?xml"),
        ("g.PNG", b"\x89PNG"),
        ("g.pdf", b"%PDF"),
        ("g.dot", b"digraph graphflow {"),
        ("g.gv", b"digraph graphflow {"),
    ],
)
def test_formats(name: str, start: bytes, tmp_path: Path) -> None:
    drawing = show_graph(GRAPH)
    assert drawing.save(tmp_path / name) == tmp_path / name
    assert (tmp_path / name).read_bytes().startswith(start)


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'g.jpeg2000': end it in .svg, .png, .pdf, .dot"):
        GraphDrawing("digraph {}").save("g.jpeg2000")


@pytest.mark.parametrize("options", [{"explorer": True}, {"path": "graph.html"}])
def test_the_explorer_is_a_file_for_a_script(
    options: dict, working_directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert isinstance(show_graph(GRAPH, **options), GraphExplorer)
    assert (working_directory / "graph.html").read_text().startswith("<!doctype html>")
    assert capsys.readouterr().out == f"graph written to {working_directory / 'graph.html'}\n"


def test_the_explorer_is_a_frame_in_a_notebook(notebook: None, working_directory: Path) -> None:
    assert show_graph(GRAPH, explorer=True)._repr_html_().startswith("<iframe srcdoc=")
    assert list(working_directory.iterdir()) == []


def test_the_explorer_is_no_picture() -> None:
    with pytest.raises(ValueError, match=r"'net.svg' in .html"):
        show_graph(GRAPH, explorer=True, path="net.svg")


def test_options_reach_the_picture() -> None:
    drawing = show_graph(GRAPH, depth=0, rankdir="BT")
    assert '"a" [' in drawing.source and '"a/x"' not in drawing.source.replace("a/x:0", "")
    assert '"a/x" [' in show_graph(GRAPH, depth=0, expand="a").source
    assert '"a" [' in show_graph(GRAPH, collapse="a").source
    assert 'rankdir="BT"' in drawing.source
    assert 'bgcolor="#171c21"' in show_graph(GRAPH, theme="dark").source


def test_without_an_engine_the_error_tells_how_to_get_one(no_engine: None, tmp_path: Path) -> None:
    drawing = GraphDrawing("digraph {}")
    with pytest.raises(LayoutEngineError) as caught:
        drawing.save(tmp_path / "net.svg")
    message = str(caught.value)
    assert "pip install 'graphflow[render]'" in message
    assert "program `dot`" in message
    assert message.endswith(f"The source is in {tmp_path / 'net.dot'}")
    assert (tmp_path / "net.dot").read_text() == "digraph {}"


def test_without_an_engine_a_script_goes_on(no_engine: None, working_directory: Path) -> None:
    with pytest.warns(RuntimeWarning, match="pip install 'graphflow") as caught:
        show_graph(GRAPH)
    assert caught[0].filename == __file__
    assert (working_directory / "graph.dot").read_text().startswith("digraph graphflow {")
    assert "graph.html shows the graph in a browser" in str(caught[0].message)
    assert "<!doctype html>" in (working_directory / "graph.html").read_text()


def test_without_an_engine_a_notebook_shows_the_explorer(no_engine: None, notebook: None) -> None:
    drawing = show_graph(GRAPH)
    assert drawing._repr_svg_() is None
    assert "pip install &#x27;graphflow[render]&#x27;" in drawing._repr_html_()
    assert "<iframe srcdoc=" in drawing._repr_html_()
    assert "digraph {}" in GraphDrawing("digraph {}")._repr_html_()  # which knows no graph


@pytest.fixture
def dot_program(no_engine: None, tmp_path: Path) -> Path:
    """A program named `dot` that draws nothing but says how it was called."""
    program = tmp_path / ("dot.bat" if os.name == "nt" else "dot")
    program.write_text('#!/bin/sh\nread line\necho "$@: $line"\n')
    program.chmod(0o755)
    return program


@pytest.mark.skipif(os.name == "nt", reason="the program is a shell script")
def test_a_dot_program_is_used_where_there_is_no_wheel(dot_program: Path) -> None:
    assert render("digraph {}", "png") == b"-Kdot -Tpng: digraph {}\n"


@pytest.mark.skipif(os.name == "nt", reason="the program is a shell script")
def test_a_wheel_without_its_own_engine_is_passed_over(
    dot_program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pygraphviz", SimpleNamespace(__version__="1.14"))
    assert render("digraph {}", "svg") == b"-Kdot -Tsvg: digraph {}\n"


@pytest.mark.skipif(os.name == "nt", reason="the program is a shell script")
def test_a_dot_program_that_fails(dot_program: Path) -> None:
    dot_program.write_text("#!/bin/sh\necho no memory >&2\nexit 3\n")
    with pytest.raises(LayoutEngineError, match=r"(?s)dot could not draw the graph.*no memory"):
        render("digraph {}")


def test_a_graph_that_pygraphviz_cannot_read() -> None:
    with pytest.raises(LayoutEngineError, match="pygraphviz could not draw the graph"):
        render("no dot")


def small_graph() -> tf.Graph:
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 7], name="x")
        with tf.name_scope("layer"):
            tf.identity(x, name="y")
    return graph


def test_a_graph_object_has_shapes() -> None:
    assert 'label=" ?×7"' in show_graph(small_graph()).source


def test_a_graph_def_of_the_default_graph_has_its_shapes() -> None:
    graph = small_graph()
    assert 'label=" "' in show_graph(graph.as_graph_def()).source
    with graph.as_default():
        drawing = show_graph(tf.get_default_graph().as_graph_def())
        assert 'label=" ?×7"' in drawing.source
        assert 'label=" "' in show_graph(GRAPH).source  # which is of another graph


# --- graphs whose layout takes long ---------------------------------------------------------------


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SMALL", 0)


def test_a_large_graph_is_drawn_in_a_process_of_its_own(large: None) -> None:
    pygraphviz = sys.modules.pop("pygraphviz", None)
    try:
        assert b"<svg" in render("digraph {\na -> b\n}")
        assert "pygraphviz" not in sys.modules
    finally:
        if pygraphviz is not None:
            sys.modules["pygraphviz"] = pygraphviz


def test_what_graphviz_refuses_there_is_said_here(large: None) -> None:
    with pytest.raises(LayoutEngineError, match="(?s)syntax error in line 1.*could not draw"):
        render("no\ndot")


def test_a_layout_that_takes_too_long_is_ended_with_advice(
    large: None, monkeypatch: pytest.MonkeyPatch, working_directory: Path
) -> None:
    monkeypatch.setattr(module, "_MAX_SECONDS", 0.01)
    with pytest.warns(
        RuntimeWarning, match=r"no layout in 0.01 seconds: draw less with depth="
    ) as said:
        show_graph(GRAPH)
    assert "graph.html" in str(said[0].message)
    assert (working_directory / "graph.html").exists()
