"""Titles of scopes are drawn last, where graphviz draws them first."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from graph_defs import graph_def, node

from graphflow.viz import graph_def_to_dot
from graphflow.viz.render import render
from graphflow.viz.scope_titles import raise_scope_titles

_SVG = "{http://www.w3.org/2000/svg}"


def test_titles_are_the_last_thing_drawn() -> None:
    pytest.importorskip("pygraphviz")
    nodes = [node("x", "Placeholder"), node("a/y", "Neg", "x"), node("a/b/z", "Neg", "a/y")]
    root = ElementTree.fromstring(render(graph_def_to_dot(graph_def(*nodes))))
    last = list(root.find(f"{_SVG}g") or [])[-1]
    assert last.get("class") == "titles" and last.get("pointer-events") == "none"
    assert [text.text for text in last] == ["a", "b"]
    frames = root.findall(f".//{_SVG}g[@class='cluster']")
    fills = [frame.find(f".//{_SVG}path").get("fill") for frame in frames]  # type: ignore[union-attr]
    assert [text.get("stroke") for text in last] == fills
    assert not any(frame.findall(f".//{_SVG}text") for frame in frames)


@pytest.mark.parametrize("svg", [b"", b"<svg>\n</svg>\n", b'<g class="cluster">\n<text x="1">\n'])
def test_another_picture_is_left_alone(svg: bytes) -> None:
    assert raise_scope_titles(svg) == svg
