"""Graphs: names and scopes as TensorFlow makes them, lookups, dependencies, collections."""

from __future__ import annotations

import threading

import pytest

import graphflow as tf


def _names_script(tf):
    """Every way of entering scopes; the names it makes are compared with TensorFlow's."""
    a = tf.constant(1.0)
    tf.constant(2.0)
    tf.constant(3.0, name="const")  # names are unique without regard to case
    with tf.name_scope("outer") as outer:
        tf.identity(a)
        with tf.name_scope("inner"):
            tf.identity(a, name="x")
        with tf.name_scope("inner"):
            tf.identity(a, name="x")
        with tf.name_scope(None):
            tf.identity(a, name="at_root")
    with tf.name_scope("outer"):
        tf.identity(a)
    with tf.name_scope(outer):
        tf.identity(a)
        tf.identity(a, name="x_1")
        tf.identity(a, name="x")
        tf.identity(a, name="x")
    with tf.name_scope(None, "default", [a]):
        b = a * 2.0 + a
        tf.negative(b)
    a / b, a - b, -a, abs(a), a < b, a**2.0
    with tf.variable_scope("vs"):
        tf.get_variable("w", [2], initializer=tf.zeros_initializer())
        tf.identity(a)
    with tf.variable_scope("vs", reuse=True):
        tf.get_variable("w", [2])
        tf.identity(a)
    tf.Variable(1.0)
    tf.Variable(2.0, name="v")
    tf.Variable(2.0, name="v")


def test_names_are_tensorflows(oracle):
    graphs = []
    for module in (tf, oracle):
        with module.Graph().as_default() as graph:
            _names_script(module)
            graphs.append([(op.name, op.type) for op in graph.get_operations()])
    assert graphs[0] == graphs[1]


def test_lookup_by_name():
    c = tf.constant(1.0, name="c")
    graph = tf.get_default_graph()
    assert graph.get_tensor_by_name("c:0") is c
    assert graph.get_operation_by_name("c") is c.op
    assert graph.as_graph_element(c.op) is c.op
    for name, error, text in [
        ("d:0", KeyError, "does not exist"),
        ("c:1", KeyError, "only has 1 outputs"),
        ("c", ValueError, "refers to an Operation, not a Tensor"),
        ("c:x", ValueError, "not a valid one"),
    ]:
        with pytest.raises(error, match=text):
            graph.get_tensor_by_name(name)
    with pytest.raises(ValueError, match="refer to a Tensor, not a Operation"):
        graph.get_operation_by_name("c:0")
    with pytest.raises(TypeError, match="names are strings"):
        graph.get_tensor_by_name(c)


def test_tensors_of_another_graph_are_refused():
    a = tf.constant(1.0, name="a")
    with tf.Graph().as_default():
        b = tf.constant(1.0)
        with pytest.raises(ValueError, match="must be from the same graph"):
            tf.add(b, a)


def test_every_operation_knows_the_users_line():
    x = tf.nn.relu(tf.constant([1.0]))
    assert x.op.user_frame.filename == __file__
    assert x.op.user_frame.line == "x = tf.nn.relu(tf.constant([1.0]))"
    assert x.op.traceback[-1][0] != __file__  # the whole stack, innermost last


def test_control_dependencies():
    a, b = tf.constant(1.0, name="a"), tf.constant(2.0, name="b")
    with tf.control_dependencies([a]):
        c = tf.identity(b, name="c")
        with tf.control_dependencies([b]):
            d = tf.constant(1.0, name="d")
            e = tf.identity(c, name="e")  # c waited for a already
        with tf.control_dependencies(None):
            f = tf.constant(1.0)
    assert [op.name for op in c.op.control_inputs] == ["a"]
    assert [op.name for op in d.op.control_inputs] == ["a", "b"]
    assert [op.name for op in e.op.control_inputs] == ["b"]
    assert f.op.control_inputs == []


def test_devices_merge_and_colocation_wins():
    with tf.device("/job:worker/gpu:1"):
        a = tf.constant(1.0)
        with tf.device("/task:3"):
            b = tf.constant(1.0)
        with tf.device(lambda op: "/cpu:0" if op.type == "Const" else ""):
            c = tf.constant(1.0)
        with tf.device(None):
            d = tf.constant(1.0)
    with tf.device("/cpu:0"), tf.colocate_with(a):
        e = tf.constant(1.0)
    assert a.device == "/job:worker/device:GPU:1"
    assert b.device == "/job:worker/task:3/device:GPU:1"
    assert c.device == "/job:worker/device:CPU:0"
    assert d.device == ""
    assert e.device == a.device
    assert e.op.colocation_groups() == [b"loc:@" + a.op.name.encode()]


def test_collections():
    graph = tf.get_default_graph()
    tf.add_to_collection("mine", 1)
    tf.add_to_collections(["mine", "yours", "mine"], 2)
    copy = tf.get_collection("mine")
    copy.append(3)
    assert tf.get_collection("mine") == [1, 2]
    tf.get_collection_ref("mine").append(4)
    assert tf.get_collection("mine") == [1, 2, 4]
    a = tf.constant(1.0, name="scope_a/x")
    tf.add_to_collection("tensors", a)
    assert tf.get_collection("tensors", "scope_a") == [a]
    assert tf.get_collection("tensors", "scope_b") == []
    graph.clear_collection("mine")
    assert tf.get_collection("mine") == []


def test_finalized_graphs_refuse_nodes():
    tf.constant(1.0)
    tf.get_default_graph().finalize()
    with pytest.raises(RuntimeError, match="finalized and cannot be modified"):
        tf.constant(2.0)


def test_default_graphs_are_per_thread():
    seen = []
    with tf.Graph().as_default() as graph:
        thread = threading.Thread(target=lambda: seen.append(tf.get_default_graph()))
        thread.start()
        thread.join()
        with pytest.raises(AssertionError, match="nested graphs"):
            tf.reset_default_graph()
    assert seen[0] is not graph


def test_tensors_have_no_value_in_python():
    x = tf.constant([1.0, 2.0])
    with pytest.raises(TypeError, match="Python `bool` is not allowed"):
        bool(x)
    with pytest.raises(TypeError, match="only iterable when eager"):
        list(x)
    with pytest.raises(TypeError):
        len(x)


def test_types_are_never_promoted_silently():
    with pytest.raises(TypeError, match="does not match type"):
        tf.add(tf.constant(1.0), tf.constant(1))
    with pytest.raises(TypeError):
        tf.constant(1) + 1.5


def test_incompatible_shapes_name_node_shapes_and_line():
    a, b = tf.constant([1.0, 2.0], name="a"), tf.constant([1.0, 2.0, 3.0], name="b")
    with pytest.raises(ValueError, match="Dimensions must be equal, but are 2 and 3") as e:
        tf.add(a, b, name="total")
    assert "'total'" in str(e.value) and "[2], [3]" in str(e.value).replace("(2,)", "[2]").replace(
        "(3,)", "[3]"
    )
    assert "test_graph.py" in str(e.value)


def test_gradient_override_map():
    tf.RegisterGradient("TimesTen")(lambda op, dy: dy * 10.0)
    x = tf.constant(3.0)
    with tf.get_default_graph().gradient_override_map({"Identity": "TimesTen"}):
        y = tf.identity(x)
    with tf.Session() as sess:
        assert sess.run(tf.gradients(y, x)[0]) == 10.0


def test_registered_conversions():
    class Celsius:
        def __init__(self, degrees):
            self.degrees = degrees

    tf.register_tensor_conversion_function(
        Celsius,
        lambda value, dtype=None, name=None, as_ref=False: tf.constant(value.degrees, dtype),
    )
    with tf.Session() as sess:
        assert sess.run(tf.constant(1.0) + Celsius(20.0)) == 21.0


def test_networkx():
    a = tf.constant(1.0, name="a")
    with tf.control_dependencies([a]):
        tf.add(a, 2.0, name="b")
    graph = tf.get_default_graph().to_networkx()
    assert set(graph) == {"a", "b", "b/y"}
    assert graph.nodes["b"]["type"] == "AddV2" or graph.nodes["b"]["type"] == "Add"
    assert {d["tensor"] for *_, d in graph.in_edges("b", data=True)} >= {"a:0", "b/y:0"}
