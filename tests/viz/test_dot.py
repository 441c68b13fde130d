"""The dot text, read back by graphviz' own parser."""

from __future__ import annotations

import time
from typing import Any

import pytest
from graph_defs import constant, graph_def, node, variable

from graphflow.viz import graph_def_to_dot
from graphflow.viz.dot import quoted
from graphflow.viz.render import render

pygraphviz = pytest.importorskip("pygraphviz")


def parsed(*nodes: Any, **options: Any) -> Any:
    return pygraphviz.AGraph(string=graph_def_to_dot(graph_def(*nodes), **options))


def nesting(graph: Any) -> dict[str, Any]:
    """Cluster name -> (names of the nodes in it, clusters in it)."""
    return {sub.name: (sorted(sub.nodes()), nesting(sub)) for sub in graph.subgraphs()}


def test_scopes_are_nested_clusters() -> None:
    graph = parsed(
        node("x", "Placeholder"),
        node("a/b/y", "Neg", "x"),
        node("a/z", "Neg", "a/b/y"),
        node("b/y", "Neg", "a/z"),
    )
    assert nesting(graph) == {
        "cluster_a": (["a/b/y", "a/z"], {"cluster_a/b": (["a/b/y"], {})}),
        "cluster_b": (["b/y"], {}),
    }
    assert sorted(graph.nodes()) == ["a/b/y", "a/z", "b/y", "x"]
    assert "<B>b</B>" in graph.subgraphs()[0].subgraphs()[0].graph_attr["label"]


def test_an_op_that_bears_a_scopes_name_stands_in_the_scope() -> None:
    graph = parsed(node("s", "Neg", "s/x"), node("s/x", "Neg"), expand=["*"])
    assert nesting(graph) == {"cluster_s": (["s", "s/x"], {})}


def test_arrows() -> None:
    graph = parsed(
        node("x", "Placeholder", shapes=[[None, 3]]),
        *variable("v", [3, 2], "zero"),
        node("y", "MatMul", "x", "v/read"),
        node("z", "NoOp", "^y"),
    )
    assert graph.get_edge("x", "y").attr["label"].strip() == "?×3"
    assert graph.get_edge("x", "y").attr["edgetooltip"] == "x:0"
    assert graph.get_edge("v", "y").attr["label"] in ("", None)
    assert graph.get_edge("y", "z").attr["style"] == "dotted"


def test_kinds_have_colours_and_a_legend_of_those_that_occur() -> None:
    graph = parsed(node("x", "Placeholder"), node("y", "Relu", "x"))
    fills = {name: graph.get_node(name).attr["fillcolor"] for name in ("x", "y")}
    assert len(set(fills.values())) == 2
    legend = graph.graph_attr["label"]
    assert all(fill in legend for fill in fills.values())
    assert legend.count("<TD") == 2


def test_a_long_arrow_is_replaced_by_its_tails_name() -> None:
    chain = [node(f"n{i}", "AddV2", f"n{i - 1}", "W") for i in range(1, 400)]
    graph = parsed(node("W", "Placeholder"), node("n0", "Placeholder"), *chain)
    stub = graph.get_node("W -> n399")
    assert stub.attr["label"] == "W"
    assert graph.successors(stub) == ["n399"]
    assert graph.has_edge("n398", "n399")
    assert not graph.has_edge("W", "n399")
    assert graph.has_edge("W", "n1")


def test_large_constants_are_stripped() -> None:
    graph = graph_def(constant("big", range(5000)), constant("small", [1, 2]))
    source = graph_def_to_dot(graph)
    assert "5000 float32, 20,000 bytes" in source
    assert "[1, 2]" in source
    assert len(source) < 3000
    assert "[1, 2]" not in graph_def_to_dot(graph, max_const_size=7)


UNUSUAL = [
    'say "no"',
    "back\\slash",
    "ends with \\",
    '\\"',
    "\\N",
    "a:b:c",
    "<b>&amp;</b>",
    "多層/ニューラル",
    "line\nbreak",
    "nul\x00",
    "\ud800",
    "a//b",
    "/leading",
    "trailing/",
    "digraph",
    "{|}",
    "-> [label=x];",
    "x" * 500,
]


def test_unusual_names_are_kept_apart_and_drawn() -> None:
    # A protobuf string holds no lone surrogate; a name in a plain object can.
    nodes = [
        node("n", "Neg", f"{name}:0").__class__(name=name, op="Neg", input=[f"{name}2:1"])
        for name in UNUSUAL
        if name != "\ud800"
    ]
    graph = parsed(*nodes)
    assert len(graph.edges()) == len(nodes)
    assert len(graph.nodes()) == 2 * len(nodes)
    svg = render(graph_def_to_dot(graph_def(*nodes))).decode()
    assert svg.count('class="edge"') == len(nodes)
    assert "多層" in svg
    assert "&lt;b&gt;&amp;amp;&lt;" in svg


@pytest.mark.parametrize("name", UNUSUAL, ids=repr)
def test_quoted_names_read_back(name: str) -> None:
    visible = name.replace("\n", "�").replace("\x00", "�").replace("\ud800", "�")
    (read,) = pygraphviz.AGraph(string=f"digraph {{ {quoted(name)} }}").nodes()
    assert read == visible.replace("\\", "\\\\")  # graphviz keeps them, so they stay apart


def test_unusual_op_types_and_settings() -> None:
    assert "a&lt;b&gt;" in graph_def_to_dot(graph_def(node("x", "a<b>"), node("y", "")))


def test_an_empty_graph() -> None:
    graph = parsed()
    assert graph.nodes() == []
    assert b"<svg" in render(graph_def_to_dot(graph_def()))


@pytest.mark.parametrize("scoped", [True, False], ids=["in scopes", "flat"])
def test_a_graph_of_two_thousand_nodes_takes_seconds(scoped: bool) -> None:
    names = [f"a{i // 100}/b{i // 10}/n{i}" if scoped else f"n{i}" for i in range(2000)]
    nodes = [
        node(name, "AddV2", names[i - 1], names[max(0, i - 1 - i % 20)])
        if i
        else node(name, "Placeholder")
        for i, name in enumerate(names)
    ]
    start = time.process_time()
    svg = render(graph_def_to_dot(graph_def(*nodes)))
    assert time.process_time() - start < 20
    assert svg.count(b'class="node"') >= (200 if scoped else 2000)


def test_direction() -> None:
    graph = parsed(node("x"), rankdir="LR")
    assert graph.graph_attr["rankdir"] == "LR"
