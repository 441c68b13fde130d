"""What the explorer's page is told: the tree, costs, measures. No browser."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from graph_defs import constant, graph_def, node, variable

import graphflow as tf
from graphflow.protos import run_metadata_pb2
from graphflow.viz import Health, check_health, explore
from graphflow.viz.explorer.costs import count_flops
from graphflow.viz.explorer.measures import Cost, costs_of
from graphflow.viz.explorer.tree import MAX_CHILDREN, place_nodes
from graphflow.viz.folding import Choices, fold
from graphflow.viz.graph_nodes import read_nodes, read_shapes


def paths(*node_defs: Any) -> dict[str, str]:
    nodes = read_nodes(graph_def(*node_defs))
    return {
        name: "/".join(path) for name, path in place_nodes(nodes, fold(nodes, Choices())).items()
    }


def test_parts_of_a_variable_and_arguments_stand_in_their_node() -> None:
    placed = paths(
        constant("layer/mean", 0.0),
        node("layer/noise", "TruncatedNormal", "layer/mean"),
        *variable("layer/W", [5, 3], "layer/noise"),
        node("x", "Placeholder"),
        constant("Const", [0], np.int32),
        node("Sum", "Sum", "layer/W/read", "Const"),
    )
    assert placed["layer/W"] == "layer/W"
    assert placed["layer/W/read"] == "layer/W/read"
    assert placed["layer/noise"] == "layer/W/noise"
    assert placed["layer/mean"] == "layer/W/mean"
    assert placed["Const"] == "Sum/Const"


def test_a_series_is_a_level_of_the_tree() -> None:
    units = [
        n
        for i in range(1, 5)
        for n in (node(f"u_{i}/a", "Exp", f"u_{i - 1}/b"), node(f"u_{i}/b", "Neg", f"u_{i}/a"))
    ]
    assert paths(*units)["u_3/a"] == "u_1…u_4/u_3/a"


@pytest.mark.parametrize("count", [MAX_CHILDREN, MAX_CHILDREN + 1, 30_000])
def test_a_long_scope_is_divided(count: int) -> None:
    placed = paths(*(node(f"s/n{i}", "Neg") for i in range(count)))
    names = [path for name, path in placed.items() if name != "s"]
    children: dict[str, set[str]] = {}
    for path in names:
        parts = path.split("/")
        for level in range(1, len(parts)):
            children.setdefault("/".join(parts[:level]), set()).add(parts[level])
    assert max(map(len, children.values())) <= MAX_CHILDREN
    assert (names[0] == "s/n0") == (count == MAX_CHILDREN)
    assert len(set(names)) == count


def flops(op: str, inputs: list[list | None], output: list, **attributes: Any) -> int | None:
    sources = [node(f"in{i}", "Placeholder", shapes=[shape]) for i, shape in enumerate(inputs)]
    made = node("op", op, *(source.name for source in sources), shapes=[output])
    for key, value in attributes.items():
        if isinstance(value, bool):
            made.attr[key].b = value
        else:
            made.attr[key].list.i[:] = value
    nodes = read_nodes(graph_def(*sources, made))
    return count_flops(nodes["op"], read_shapes(nodes))


def test_flops() -> None:
    assert flops("MatMul", [[None, 30], [30, 7]], [None, 7]) == 2 * 30 * 7
    assert flops("MatMul", [[30, 5], [30, 7]], [5, 7], transpose_a=True) == 2 * 5 * 30 * 7
    assert flops("Conv2D", [[2, 8, 8, 3], [5, 5, 3, 16]], [2, 4, 4, 16]) == 2 * 2 * 4 * 4 * 16 * 75
    assert flops("DepthwiseConv2dNative", [[1, 8, 8, 3], [3, 3, 3, 2]], [1, 8, 8, 6]) == 2 * 384 * 9
    assert flops("MaxPool", [[1, 8, 8, 3]], [1, 4, 4, 3], ksize=[1, 2, 2, 1]) == 48 * 4
    assert flops("Mean", [[4, 5]], []) == 20
    assert flops("Relu", [[4, 5]], [4, 5]) == 20
    assert flops("Reshape", [[4, 5]], [20]) == 0
    assert flops("MatMul", [None, [30, 7]], [None, 7]) is None
    assert flops("SomethingElse", [[1]], [1]) is None


def test_flops_are_those_that_tensorflow_counts(oracle: ModuleType) -> None:
    with oracle.Graph().as_default() as graph:
        x = oracle.placeholder(oracle.float32, [3, 9, 9, 4])
        h = oracle.nn.conv2d(x, oracle.ones([3, 3, 4, 8]), [1, 2, 2, 1], "SAME")
        oracle.matmul(oracle.reshape(h, [3, -1]), oracle.ones([200, 6]))
        profiled = oracle.profiler.profile(
            graph, options=oracle.profiler.ProfileOptionBuilder.float_operation()
        )
    nodes = read_nodes(graph.as_graph_def(add_shapes=True))
    shapes = read_shapes(nodes)
    assert sum(count_flops(n, shapes) or 0 for n in nodes.values()) == profiled.total_float_ops


def test_costs_are_summed_over_devices() -> None:
    metadata = run_metadata_pb2.RunMetadata()
    for name, micros, size in (("a", 5, 100), ("a:MatMul", 7, 0), ("b", 1, 0)):
        stats = metadata.step_stats.dev_stats.add(device="d").node_stats.add(node_name=name)
        stats.all_end_rel_micros = micros
        if size:
            stats.output.add().tensor_description.allocation_description.requested_bytes = size
            stats.memory.add(total_bytes=60)
    assert costs_of(metadata) == {"a": Cost(12, 100), "b": Cost(1, None)}


def test_health_counts_what_a_run_computes() -> None:
    x = tf.placeholder(tf.float32, [None], name="x")
    y = tf.log(x, name="y")
    z = tf.cast(tf.is_nan(y), tf.int32, name="z")
    tf.exp(x, name="elsewhere")
    with tf.Session() as session:
        found = check_health(session, {"z": z}, {"x:0": [-1.0, 0.0, 1.0, 2.0]})
        fed = check_health(session, z, {y: [np.nan]})
    assert found == {"y": Health(nan=1, inf=1, values=4)}
    assert fed == {}


def test_a_training_step_is_run_once() -> None:
    v = tf.Variable(1.0)
    step = tf.assign_add(v, 1.0)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        check_health(session, [step, step.op])
        assert session.run(v) == 2.0


def test_the_page_is_whole_and_asks_no_network(tmp_path: Path) -> None:
    with tf.Graph().as_default() as graph:
        tf.negative(tf.placeholder(tf.float32, [None, 3], name="x"), name="s/y")
    page = explore(graph, tmp_path / "net.html").html
    assert page == (tmp_path / "net.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in page and "src=" not in page.split("<script>")[0]
    start = page.index('id="data">') + len('id="data">')
    data = json.loads(page[start : page.index("</script>", start)])
    assert data["title"] == "net"
    (x, y) = data["nodes"]
    assert (x["name"], x["op"], x["path"]) == ("x", "Placeholder", ["x"])
    assert (y["path"], y["inputs"], y["sizes"]) == (["s", "y"], [[0, 0, 0]], [3])
    place, line = data["texts"][y["source"]].split("\n")
    assert place.startswith(__file__) and line.startswith("tf.negative(")
