"""GraphDefs imported: TensorFlow's and our own, with branches and loops, and what is refused."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

import graphflow as tf


def _proto(text: str) -> Any:
    from google.protobuf import text_format

    return text_format.Parse(text, tf.GraphDef())


_ADD = """
    node { name: 'sum' op: 'AddV2' input: 'x' input: 'y:0'
           attr { key: 'T' value { type: DT_FLOAT } }
           attr { key: '_class' value { list { s: 'loc:@x' } } } }
    node { name: 'x' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } } }
    node { name: 'y' op: 'Placeholder' device: '/cpu:0'
           attr { key: 'dtype' value { type: DT_FLOAT } } }
"""


def test_a_graph_of_tensorflow(oracle: ModuleType) -> None:
    with oracle.Graph().as_default() as graph:
        x = oracle.placeholder(oracle.float32, [None, 2], name="x")
        w = oracle.Variable([[1.0], [2.0]], name="w")
        with oracle.name_scope("net"):
            parts = oracle.unstack(oracle.nn.relu(oracle.matmul(x, w)), 1, axis=1, name="parts")
        oracle.multiply(parts[0], 2.0, name="y")
        theirs = graph.as_graph_def(add_shapes=True)
    tf.import_graph_def(theirs, name="")
    ours = tf.get_default_graph().as_graph_def()
    assert [node.name for node in ours.node] == [node.name for node in theirs.node]
    with tf.Session() as session:
        session.run("w/Assign")
        np.testing.assert_array_equal(session.run("y:0", {"x:0": [[1.0, 2.0]]}), [10.0])


def test_branches_and_loops_come_back() -> None:
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [], name="x")
        y = tf.cond(
            x > 0, lambda: x * 2.0, lambda: tf.while_loop(lambda v: v < 3.0, lambda v: v + 1.0, [x])
        )
        tf.identity(y, name="y")
        proto = tf.GraphDef.FromString(graph.as_graph_def().SerializeToString())
    (y,) = tf.import_graph_def(proto, return_elements=["y:0"])
    assert y.name == "import/y:0"
    with tf.Session() as session:
        assert session.run(y, {"import/x:0": 5.0}) == 10.0
        assert session.run(y, {"import/x:0": -1.5}) == 3.5


def test_tensorflow_runs_our_branches(oracle: ModuleType) -> None:
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [], name="x")
        y = tf.cond(x > 0, lambda: x * 2.0, lambda: x + 1.0)
        tf.identity(y, name="y")
        text = graph.as_graph_def().SerializeToString()
    with oracle.Graph().as_default(), oracle.Session() as session:
        oracle.import_graph_def(oracle.GraphDef.FromString(text), name="")
        assert session.run("y:0", {"x:0": 5.0}) == 10.0
        assert session.run("y:0", {"x:0": -5.0}) == -4.0


def test_inputs_are_mapped() -> None:
    one = tf.constant(1.0, name="one")
    total, placeholder = tf.import_graph_def(
        _proto(_ADD), {"x": one, "y:0": 2.0}, ["sum:0", "x"], name="into"
    )
    assert (total.name, placeholder.name) == ("into/sum:0", "into/x")
    assert total.op.inputs[0] is one
    assert total.op.colocation_groups() == [b"loc:@into/x"]
    assert tf.get_default_graph().get_operation_by_name("into/y").device == "/device:CPU:0"
    with tf.Session() as session:
        assert session.run(total) == 3.0
    again = tf.import_graph_def(_proto(_ADD), return_elements=["sum"], name="into")
    assert again is not None and again[0].name == "into_1/sum"


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        ("node { name: 'a' op: 'NoSuchOp' }", {}, "graphflow has no op 'NoSuchOp' .1 node, 'a'"),
        ("node { name: 'a' op: 'NoOp' input: '^b' }", {}, "Unknown input node"),
        (
            "node { name: 'a' op: 'NoOp' attr { key: 'k' value { i: 1 } } }",
            {},
            "NodeDef mentions attr 'k' not in Op<name=NoOp>",
        ),
        (
            "node { name: 'a' op: 'NoOp' input: '^b' } node { name: 'b' op: 'NoOp' input: '^a' }",
            {},
            "2 nodes in a cycle: ",
        ),
        (_ADD.replace("'y:0'", "'y:1'"), {}, "'y' has 1 outputs"),
        (_ADD.replace("DT_FLOAT", "DT_INT32", 1), {}, "expected int32"),
        (_ADD, {"return_elements": ["z"]}, "Requested return node 'z' not found"),
        (_ADD, {"return_elements": ["sum:1"]}, "Requested return tensor 'sum:1' not found"),
        (_ADD, {"input_map": {"z": 1.0}}, r"not found in graph_def: \[z:0\]"),
        (_ADD, {"input_map": {"x": 1.0}, "name": ""}, "requires a non-empty `name`"),
        (_ADD.replace("loc:@x", "loc:@z"), {}, "colocation to an op that does not exist"),
    ],
)
def test_what_is_refused(text: str, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tf.import_graph_def(_proto(text), **arguments)


def test_arguments_of_wrong_types() -> None:
    with pytest.raises(TypeError, match="must be a GraphDef proto"):
        tf.import_graph_def("")
    with pytest.raises(TypeError, match="input_map must be a dictionary"):
        tf.import_graph_def(_proto(_ADD), input_map=[tf.constant(1.0)])
    with pytest.raises(TypeError, match="return_elements must be a list of strings"):
        tf.import_graph_def(_proto(_ADD), return_elements=[7])


@pytest.mark.parametrize(
    ("producer", "shape", "rank"),
    [(21, "shape {}", None), (22, "shape {}", 0), (21, "shape { dim { size: 2 } }", 1)],
)
def test_placeholders_of_old_graphs_take_any_shape(producer: int, shape: str, rank: Any) -> None:
    text = "node { name: 'x' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } } "
    text += f"attr {{ key: 'shape' value {{ {shape} }} }} }} versions {{ producer: {producer} }}"
    (x,) = tf.import_graph_def(_proto(text), return_elements=["x:0"])
    assert x.shape.ndims == rank


@pytest.mark.parametrize(
    ("versions", "words"),
    [
        ("producer: -1", "producer version -1 below min producer 0"),
        ("min_consumer: 999", "min consumer version 999 above current version 38"),
        ("bad_consumers: 38", "disallows consumer version 38"),
    ],
)
def test_versions_that_cannot_be_read(versions: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        tf.import_graph_def(_proto(f"versions {{ {versions} }}"))
    tf.import_graph_def(_proto("versions { producer: 1900 min_consumer: 38 }"))


def test_attributes_that_came_after_1_14(oracle: ModuleType) -> None:
    def build(framework: Any) -> list[Any]:
        x = framework.placeholder(framework.float32, [1, 4, 4, 2], name="x")
        pooled = framework.nn.max_pool(x, 2, 2, "SAME")
        values, places = framework.nn.top_k(framework.reshape(x, [-1]), 3)
        spread = framework.scatter_nd([[4], [1]], [1.0, 2.0], [5])
        steps = framework.map_fn(lambda row: row * 2.0, x)
        results = [pooled, values, places, spread, steps, framework.gather_nd(x, [[0, 1]])]
        return [framework.identity(t, f"out_{i}") for i, t in enumerate(results)]

    names = [f"out_{i}:0" for i in range(6)]
    feeds = {"x:0": np.arange(32, dtype=np.float32).reshape(1, 4, 4, 2)}
    with oracle.Graph().as_default() as graph, oracle.Session() as session:
        build(oracle)
        expected = session.run(names, feeds)
    proto = graph.as_graph_def()
    assert "explicit_paddings" in {key for node in proto.node for key in node.attr}
    with tf.Graph().as_default(), tf.Session() as session:
        tf.import_graph_def(proto, name="")
        for mine, theirs in zip(session.run(names, feeds), expected, strict=True):
            np.testing.assert_array_equal(mine, theirs)
    (pool,) = (node for node in proto.node if node.op == "MaxPool")
    pool.attr["explicit_paddings"].list.i.append(1)
    with (
        tf.Graph().as_default(),
        pytest.raises(ValueError, match="attr 'explicit_paddings'"),
    ):
        tf.import_graph_def(proto)
