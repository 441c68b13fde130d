"""`tf.graph_util`: what is cut out of a graph runs as before, here and in TensorFlow."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

import graphflow as tf


def _names(graph_def: Any) -> list[str]:
    return [node.name for node in graph_def.node]


def _proto(text: str) -> Any:
    from google.protobuf import text_format

    return text_format.Parse(text, tf.GraphDef())


def _run(tf: ModuleType, graph_def: bytes, feeds: dict[str, Any]) -> Any:
    """The value of `out` in the graph of a GraphDef."""
    proto = tf.GraphDef.FromString(graph_def)
    with tf.Graph().as_default(), tf.Session() as session:
        tf.import_graph_def(proto, name="")
        return session.run("out:0", {f"{name}:0": value for name, value in feeds.items()})


def _build(use_resource: bool) -> None:
    """Variables read, gathered from, and taken into a branch and a loop."""
    with tf.variable_scope("", use_resource=use_resource):
        v = tf.get_variable("v", initializer=[1.0, 2.0])
        w = tf.get_variable("w", initializer=[3.0, 4.0])
        table = tf.get_variable("table", initializer=[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
        tf.get_variable("unused", initializer=0.0)
    p = tf.placeholder(tf.bool, [], name="p")
    row = tf.gather(table, 1)
    y = tf.cond(p, lambda: v * 2.0 + tf.gather(table, 2), lambda: w.read_value() + 1.0)

    def step(i: Any, total: Any) -> Any:
        return i + 1, total + tf.cond(p, lambda: v, lambda: w)

    _, z = tf.while_loop(lambda i, total: i < 3, step, [0, y + row])
    tf.identity(z, name="out")


@pytest.mark.parametrize("use_resource", [False, True])
def test_frozen_graphs_run_as_before(use_resource: bool, oracle: ModuleType) -> None:
    _build(use_resource)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        expected = [session.run("out:0", {"p:0": value}) for value in (False, True)]
        frozen = tf.graph_util.convert_variables_to_constants(
            session, session.graph.as_graph_def(), ["out"]
        )
    assert frozen.versions == tf.get_default_graph().graph_def_versions
    bodies = [node for function in frozen.library.function for node in function.node_def]
    ops = {node.op for node in [*frozen.node, *bodies]}
    assert not ops & {"VariableV2", "VarHandleOp", "ReadVariableOp", "ResourceGather", "Assign"}
    assert "unused" not in _names(frozen)
    for function in frozen.library.function:
        signature = function.signature
        arguments = {argument.name for argument in signature.input_arg}
        types = {argument.type for argument in (*signature.input_arg, *signature.output_arg)}
        assert tf.resource.as_datatype_enum not in types
        for text in (text for node in function.node_def for text in node.input):
            assert text in arguments or text.count(":") == 2
    for module in (tf, oracle):
        for value, wanted in zip((False, True), expected, strict=True):
            got = _run(module, frozen.SerializeToString(), {"p": value})
            np.testing.assert_allclose(got, wanted, rtol=1e-6)


@pytest.mark.parametrize("use_resource", [False, True])
def test_some_variables_may_stay(use_resource: bool) -> None:
    _build(use_resource)
    graph_def = tf.get_default_graph().as_graph_def()
    convert = tf.graph_util.convert_variables_to_constants
    with tf.Session() as session:
        session.run([v.initializer for v in tf.global_variables() if v.op.name != "unused"])
        results = [
            convert(session, graph_def, ["out"], variable_names_blacklist=["w"]),
            convert(session, graph_def, ["out"], variable_names_whitelist=["v", "table"]),
        ]
        with pytest.raises(tf.errors.FailedPreconditionError):
            convert(session, graph_def, ["unused"])
    assert results[0] == results[1]
    ops = {node.name: node.op for node in results[0].node}
    assert (ops["v"], ops["table"]) == ("Const", "Const")
    assert ops["w"] == ("VarHandleOp" if use_resource else "VariableV2")
    with tf.Graph().as_default(), tf.Session() as session:
        tf.import_graph_def(results[0], name="")


def test_names_of_frozen_nodes_are_those_of_tensorflow(oracle: ModuleType) -> None:
    def frozen(tf: ModuleType) -> list[tuple[str, str, list[str]]]:
        with tf.Graph().as_default() as graph, tf.Session() as session:
            v = tf.get_variable("v", initializer=[1.0, 2.0], use_resource=True)
            u = tf.get_variable("u", initializer=[1.0, 2.0], use_resource=False)
            tf.add(v * 2.0, u, name="out")
            session.run(tf.global_variables_initializer())
            result = tf.graph_util.convert_variables_to_constants(
                session, graph.as_graph_def(), ["out"]
            )
        return [(node.name, node.op, list(node.input)) for node in result.node]

    assert frozen(tf) == frozen(oracle)


def test_subgraphs() -> None:
    graph_def = _proto("""
        node { name: 'a' } node { name: 'b' input: 'a:1' } node { name: 'c' input: '^b' }
        node { name: 'd' attr { key: '_class' value { list { s: 'loc:@c' } } } }
        node { name: 'e' input: 'd' } versions { producer: 7 }
    """)
    extract = tf.graph_util.extract_sub_graph
    part = extract(graph_def, ["c"])
    assert _names(part) == ["a", "b", "c"]
    assert part.versions.producer == 7
    assert _names(extract(graph_def, ["d"])) == ["a", "b", "c", "d"]
    with pytest.raises(AssertionError, match="x is not in graph"):
        extract(graph_def, ["x"])
    with pytest.raises(TypeError, match="dest_nodes must be a list"):
        extract(graph_def, "c")
    with pytest.raises(TypeError, match="graph_def must be a graph_pb2.GraphDef proto"):
        extract(["c"], ["c"])


def test_training_nodes_go() -> None:
    graph_def = _proto("""
        node { name: 'x' op: 'Placeholder' } node { name: 'check' op: 'CheckNumerics' input: 'x' }
        node { name: 'i' op: 'Identity' input: 'x' input: '^check' }
        node { name: 'j' op: 'Identity' input: 'i' } node { name: 'k' op: 'Identity' input: 'j:0' }
        node { name: 'waited' op: 'Identity' input: 'x' }
        node { name: 'waits' op: 'Identity' input: 'j' input: '^waited' }
        node { name: 'checked' op: 'Neg' input: 'check:0' }
        node { name: 'out' op: 'Identity' input: 'k:0' }
    """)
    clean = tf.graph_util.remove_training_nodes(graph_def, ["out"])
    inputs = {node.name: list(node.input) for node in clean.node}
    assert inputs == {
        "x": [],
        "waited": ["x"],
        "waits": ["x", "^waited"],
        "checked": ["x"],
        "out": ["x"],
    }
    assert "check" in _names(tf.graph_util.remove_training_nodes(graph_def, ["check"]))


def test_nodes_that_stay_on_the_cpu() -> None:
    on_cpu = tf.graph_util.must_run_on_cpu
    v = tf.get_variable("v", [2], use_resource=False)
    assert on_cpu(tf.constant("text").op)
    assert on_cpu(tf.constant(1).op.node_def)
    assert not on_cpu(tf.constant(1.0).op)
    assert on_cpu(tf.cast(tf.constant(1), tf.float32).op)
    assert not on_cpu(v.op)
    assert on_cpu(v.op, pin_variables_on_cpu=True)


def test_shapes_by_input_names() -> None:
    tf.zeros([2, 3], name="x")
    graph = tf.get_default_graph()
    for name in ("x", "x:0"):
        assert tf.graph_util.tensor_shape_from_node_def_name(graph, name) == [2, 3]
