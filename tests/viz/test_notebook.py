"""A Graph and a Tensor as the last expression of a notebook's cell."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import graphflow as tf


def test_a_graph_shows_the_explorer() -> None:
    with tf.Graph().as_default() as graph:
        tf.placeholder(tf.float32, [3], name="some_input")
    bundle = graph._repr_mimebundle_(include=None, exclude=None)
    assert bundle["text/plain"] == repr(graph)
    assert bundle["text/html"] == graph._repr_html_()
    assert bundle["text/html"].startswith("<iframe srcdoc=")
    assert "some_input" in bundle["text/html"]


def test_a_tensor_tells_what_it_is_and_draws_what_it_is_computed_from() -> None:
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    y = tf.nn.relu(x, name="<y>".strip("<>"))
    tf.exp(x, name="not_an_input")
    shown = y._repr_html_()
    assert "y:0" in shown and "float32" in shown and "(?, 3)" in shown
    assert f"{Path(__file__).name}:" in shown
    assert "tf.nn.relu(x, name=&quot;&lt;y&gt;" in shown
    assert shown.count('class="node"') == 2
    assert "not_an_input" not in shown
    assert y._repr_mimebundle_(include=None, exclude=None)["text/plain"] == repr(y)


def test_a_tensor_without_graphviz(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    shown = tf.constant([1.0, 2.0])._repr_html_()
    assert "<svg" not in shown and "(2,)" in shown
