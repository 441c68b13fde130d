"""The dot text, read back by graphviz' own parser."""

from __future__ import annotations

from typing import Any

import pytest
from graph_defs import constant, graph_def, node, variable

from graphflow.viz import graph_def_to_dot
from graphflow.viz.dot import MAX_DRAWN, quoted
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
    start = [node("raw", "Placeholder"), node("W", "Neg", "raw"), node("n0", "Placeholder")]
    graph = parsed(*start, *chain)
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
def test_a_graph_of_a_thousand_nodes(scoped: bool) -> None:
    names = [f"a{i // 100}/b{i // 10}/n{i}" if scoped else f"n{i}" for i in range(1000)]
    nodes = [
        node(name, "AddV2" if i % 7 else "Mul", names[i - 1], names[max(0, i - 1 - i % 20)])
        if i
        else node(name, "Placeholder")
        for i, name in enumerate(names)
    ]
    svg = render(graph_def_to_dot(graph_def(*nodes)))
    assert svg.count(b'class="node"') >= (10 if scoped else 1000)


def test_direction() -> None:
    graph = parsed(node("x"), rankdir="LR")
    assert graph.graph_attr["rankdir"] == "LR"


def node_attributes(graph: Any, name: str) -> dict[str, str]:
    return dict(graph.get_node(name).attr)


def equal_blocks(count: int) -> list[Any]:
    """`unit_1` to `unit_n`, each a matrix product and an activation, one after the other."""
    nodes = [node("x", "Placeholder", shapes=[[None, 8]])]
    last = "x"
    for unit in (f"net/unit_{i}" for i in range(1, count + 1)):
        nodes += variable(f"{unit}/W", [8, 8], "zero")
        nodes += [node(f"{unit}/MatMul", "MatMul", last, f"{unit}/W/read")]
        last = f"{unit}/Relu"
        nodes += [node(last, "Relu", f"{unit}/MatMul", shapes=[[None, 8]])]
    return [*nodes, node("y", "Neg", last)]


def test_a_series_of_equal_blocks_is_stacked_and_counts_parameters() -> None:
    graph = parsed(*equal_blocks(5))
    stack = node_attributes(graph, "net/unit_1…unit_5")
    assert stack["shape"] == "box3d"
    assert "5 × 5 ops" in stack["label"]
    assert "320 parameters" in stack["label"]
    assert "320 parameters" in graph.subgraphs()[0].graph_attr["label"]
    assert graph.has_edge("x", "net/unit_1…unit_5")


def test_equal_blocks_have_equal_colours() -> None:
    different = node("other/Neg", "Neg", "net/unit_2/Relu"), node("other/Exp", "Exp", "other/Neg")
    graph = parsed(*equal_blocks(2), *different, depth=2)
    (net, other) = graph.subgraphs()
    first, second = (unit.graph_attr["fillcolor"] for unit in net.subgraphs())
    assert first == second != other.graph_attr["fillcolor"]
    folded = parsed(*equal_blocks(2), *different, depth=1)
    fills = [folded.get_node(name).attr["fillcolor"] for name in ("net/unit_1", "net/unit_2")]
    assert fills == [first, first]


def test_the_width_of_an_arrow_tells_the_size_of_its_tensor() -> None:
    graph = parsed(
        node("x", "Placeholder", shapes=[[None, 1000]]),
        node("s", "Sum", "x", shapes=[[]]),
        node("y", "Neg", "s"),
        node("huge", "Placeholder", shapes=[[10**15]]),
        node("z", "Neg", "huge"),
    )
    widths = [
        float(graph.get_edge(*ends).attr["penwidth"])
        for ends in (("s", "y"), ("x", "s"), ("huge", "z"))
    ]
    assert widths == [0.8, 2.15, 5.0]


@pytest.mark.parametrize("op", ["AssignAdd", "ScatterUpdate", "AssignAddVariableOp"])
def test_a_change_by_reference_has_a_colour_of_its_own(op: str) -> None:
    graph = parsed(
        *variable("v", [2], "zero"), node("one", "Placeholder"), node("change", op, "v", "one")
    )
    assert graph.get_edge("v", "change").attr["dir"] == "both"
    assert graph.get_edge("v", "change").attr["color"] != graph.edge_attr["color"]
    assert graph.get_edge("one", "change").attr["dir"] in ("", None)
    assert "changes" in graph.graph_attr["label"]


def test_what_many_read_stands_aside() -> None:
    readers = [node(f"r{i}", "Neg", "training") for i in range(9)]
    graph = parsed(node("training", "Placeholder"), *readers)
    assert graph.successors("training") == []
    assert "dashed" in graph.get_node("training").attr["style"]
    assert all(graph.has_edge(f"training -> r{i}", f"r{i}") for i in range(9))
    assert parsed(node("training", "Placeholder"), *readers[1:]).has_edge("training", "r1")


def test_themes() -> None:
    nodes = graph_def(node("x", "Placeholder"), node("a/y", "Relu", "x"))
    light, dark = (
        pygraphviz.AGraph(string=graph_def_to_dot(nodes, theme=theme))
        for theme in ("light", "dark")
    )
    assert light.graph_attr["bgcolor"] == "transparent"
    assert dark.graph_attr["bgcolor"].startswith("#1")
    for name in ("x", "a/y"):
        assert light.get_node(name).attr["fillcolor"] != dark.get_node(name).attr["fillcolor"]
    with pytest.raises(ValueError, match="no theme 'sepia': choose from light, dark"):
        graph_def_to_dot(nodes, theme="sepia")


def test_a_graph_of_too_many_boxes_is_refused_with_advice() -> None:
    many = graph_def(*(node(f"n{i}", "Neg") for i in range(MAX_DRAWN + 1)))
    with pytest.raises(ValueError, match=r"3,001 boxes are too many.*depth=.*explorer=True"):
        graph_def_to_dot(many)


def test_a_tooltip_of_many_names_is_cut() -> None:
    many = [node(f"a/{'long' * 20}{i}", "Neg") for i in range(400)]
    graph = parsed(*many, node("b", "AddN", *(n.name for n in many)), depth=0)
    assert len(graph.get_edge("a", "b").attr["edgetooltip"]) <= 400


def unseen_arrows(graph: Any) -> list[Any]:
    return [edge for edge in graph.edges() if edge.attr["style"] == "invis"]


def test_a_layers_variables_stand_below_what_flows_into_it() -> None:
    graph = parsed(
        node("x", "Placeholder", shapes=[[None, 3]]),
        node("small", "Placeholder", shapes=[[]]),
        *variable("a/W", [3, 2], "a/zero"),
        node("a/y", "MatMul", "x", "a/W/read"),
        node("a/fed", "Placeholder", shapes=[[]]),
        node("a/z", "Mul", "a/fed", "a/y"),
        node("a/s", "Mul", "small", "a/z"),
        *variable("W", [2], "zero"),
        node("b/y", "Mul", "a/s", "W/read"),
    )
    assert sorted(unseen_arrows(graph)) == [("x", "a/W"), ("x", "a/fed")]


def test_a_large_picture_is_laid_out_without_help() -> None:
    layers = [node("l0/y", "Placeholder", shapes=[[3]])]
    for i in range(1, 120):
        layers += variable(f"l{i}/W", [i], f"l{i}/zero")
        layers.append(node(f"l{i}/y", "Mul", f"l{i - 1}/y", f"l{i}/W/read"))
    small, large = parsed(*layers[:90], depth=2), parsed(*layers, depth=2)
    assert unseen_arrows(small) and not unseen_arrows(large)
