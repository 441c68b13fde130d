"""Branches and loops as TensorFlow 1 writes them, imported as If and While."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import graphflow

VALUES = (1.5, 0.5, -0.5, -1.5)


@pytest.fixture
def v1_oracle(oracle: ModuleType) -> Iterator[ModuleType]:
    """TensorFlow with Switch, Merge, Enter and Exit."""
    was_enabled = oracle.control_flow_v2_enabled()
    oracle.disable_control_flow_v2()
    yield oracle
    if was_enabled:
        oracle.enable_control_flow_v2()


def one_branch(tf: Any, x: Any) -> Any:
    return tf.cond(x > 0.0, lambda: x * 2.0, lambda: x - 1.0)


def two_results(tf: Any, x: Any) -> Any:
    first, second = tf.cond(x > 0.0, lambda: (x * 2.0, tf.constant(1.0)), lambda: (tf.sin(x), x))
    return first - second


def nested_branches(tf: Any, x: Any) -> Any:
    def upper() -> Any:
        return tf.cond(x > 1.0, lambda: x * 10.0, lambda: tf.constant(3.0))

    return tf.cond(x > 0.0, upper, lambda: tf.cond(x < -1.0, lambda: x, lambda: x + 5.0))


def branches_of_one_predicate(tf: Any, x: Any) -> Any:
    is_positive = x > 0.0
    first = tf.cond(is_positive, lambda: x * 2.0, lambda: x - 1.0)
    return tf.cond(is_positive, lambda: first + 3.0, lambda: first * x)


def cases(tf: Any, x: Any) -> Any:
    pairs = [(x > 1.0, lambda: x * 2.0), (x > 0.0, lambda: x * 3.0)]
    return tf.case(pairs, default=lambda: x * 4.0)


def power(tf: Any, x: Any) -> Any:
    return tf.while_loop(lambda i, a: i < 4, lambda i, a: (i + 1, a * x + 1.0), [0, 1.0])[1]


def nested_loops(tf: Any, x: Any) -> Any:
    def inner(a: Any) -> Any:
        return tf.while_loop(lambda j, b: j < 2, lambda j, b: (j + 1, b * x), [0, a])[1]

    def body(i: Any, a: Any) -> Any:
        return i + 1, tf.cond(a > 2.0, lambda: a * x, lambda: inner(a)) + inner(x)

    return tf.while_loop(lambda i, a: i < 3, body, [0, x])[1]


def loops_in_branches(tf: Any, x: Any) -> Any:
    def until_large() -> Any:
        return tf.while_loop(lambda a: a < 5.0, lambda a: a + 2.0, [x])

    return tf.cond(x > 0.0, lambda: power(tf, x), until_large)


def checked(tf: Any, x: Any) -> Any:
    with tf.control_dependencies([tf.Assert(x < 100.0, [x])]):
        return tf.identity(x) + 1.0


def swapped(tf: Any, x: Any) -> Any:
    def body(i: Any, a: Any, b: Any) -> Any:
        return i + 1, b, a

    return tf.while_loop(lambda i, a, b: i < 3, body, [0, x, x * 10.0])[2]


BUILDS = [
    one_branch, two_results, nested_branches, branches_of_one_predicate, cases, power,
    nested_loops, loops_in_branches, checked, swapped,
]  # fmt: skip


def written(tf: Any, build: Callable[..., Any]) -> tuple[Any, list[float]]:
    """The GraphDef that TensorFlow makes, and what it computes."""
    with tf.Graph().as_default() as graph, tf.Session() as session:
        x = tf.placeholder(tf.float32, [], name="x")
        y = tf.identity(build(tf, x), name="y")
        values = [session.run(y, {x: value}) for value in VALUES]
        serialized = graph.as_graph_def().SerializeToString()
    return graphflow.GraphDef.FromString(serialized), values


@pytest.mark.parametrize("build", BUILDS)
def test_values_and_gradients(build: Callable[..., Any], v1_oracle: ModuleType) -> None:
    graph_def, wanted = written(v1_oracle, build)
    assert {"Switch", "Merge"} & {node.op for node in graph_def.node}
    x, y = graphflow.import_graph_def(graph_def, name="into", return_elements=["x:0", "y:0"])
    types = {op.type for op in graphflow.get_default_graph().get_operations()}
    assert not types & {"Switch", "Merge", "Enter", "Exit", "NextIteration", "LoopCond"}
    # Our own functions, of which the gradients have tests.
    own = build(graphflow, x)
    ours, slopes = graphflow.gradients(own, x), graphflow.gradients(y, x)
    with graphflow.Session() as session:
        for value, result in zip(VALUES, wanted, strict=True):
            np.testing.assert_allclose(session.run(y, {x: value}), result, 1e-6)
            first, second = session.run([slopes[0], ours[0]], {x: value})
            np.testing.assert_allclose(first, second, 1e-5)


@pytest.mark.parametrize("use_resource", [False, True])
def test_variables(v1_oracle: ModuleType, use_resource: bool) -> None:
    """They are read and assigned inside of branches and loops as themselves."""
    tf = v1_oracle
    with tf.Graph().as_default() as graph:
        v = tf.Variable(1.0, name="v", use_resource=use_resource)
        x = tf.placeholder(tf.float32, [], name="x")

        def body(i: Any) -> Any:
            with tf.control_dependencies([tf.assign_add(v, x)]):
                return i + 1

        loop = tf.while_loop(lambda i: i < 3, body, [0], parallel_iterations=1)
        with tf.control_dependencies([loop]):
            changed = tf.cond(x > 1.0, lambda: tf.assign_add(v, 10.0), lambda: tf.assign(v, 0.0))
        with tf.control_dependencies([changed]):
            tf.identity(x, name="run")
        tf.group(v.initializer, name="init")
        serialized = graph.as_graph_def().SerializeToString()
        read = "v/Read/ReadVariableOp:0" if use_resource else "v:0"
    graph_def = graphflow.GraphDef.FromString(serialized)
    graphflow.import_graph_def(graph_def, name="")
    with graphflow.Session() as session:
        session.run("init")
        session.run("run:0", {"x:0": 2.0})
        assert session.run(read) == 17.0
        session.run("run:0", {"x:0": 1.0})
        assert session.run(read) == 0.0


def test_names_and_shapes(v1_oracle: ModuleType) -> None:
    """Merges and Exits are there under their names, with the shapes that the GraphDef tells."""
    tf = v1_oracle
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [3], name="x")
        tf.cond(x[0] > 0.0, lambda: x * 2.0, lambda: x, name="branch")
        tf.while_loop(lambda i, a: i < 2, lambda i, a: (i + 1, a * x), [0, x], name="loop")
        serialized = graph.as_graph_def(add_shapes=True).SerializeToString()
    graphflow.import_graph_def(graphflow.GraphDef.FromString(serialized), name="")
    graph = graphflow.get_default_graph()
    for name in ("branch/Merge:0", "loop/Exit_1:0"):
        assert graph.get_tensor_by_name(name).shape.as_list() == [3]
    with graphflow.Session() as session:
        branch, loop = session.run(["branch/Merge:0", "loop/Exit_1:0"], {"x:0": [1.0, 2.0, 3.0]})
    assert branch.tolist() == [2.0, 4.0, 6.0]
    assert loop.tolist() == [1.0, 8.0, 27.0]


@pytest.mark.parametrize("order", [("f", "t"), ("t", "f")])
def test_which_input_a_merge_took(order: tuple[str, str]) -> None:
    text = """
      node { name: "p" op: "Placeholder" attr { key: "dtype" value { type: DT_BOOL } } }
      node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
      node { name: "s" op: "Switch" input: "x" input: "p"
             attr { key: "T" value { type: DT_FLOAT } } }
      node { name: "f" op: "Neg" input: "s" attr { key: "T" value { type: DT_FLOAT } } }
      node { name: "t" op: "Square" input: "s:1" attr { key: "T" value { type: DT_FLOAT } } }
      node { name: "m" op: "Merge" input: "%s" input: "%s"
             attr { key: "T" value { type: DT_FLOAT } } attr { key: "N" value { i: 2 } } }
      node { name: "i" op: "Identity" input: "m:1" attr { key: "T" value { type: DT_INT32 } } }
      versions { producer: 38 }
    """
    from google.protobuf import text_format

    graph_def = text_format.Parse(text % order, graphflow.GraphDef())
    results = graphflow.import_graph_def(graph_def, name="", return_elements=["m:0", "i:0"])
    with graphflow.Session() as session:
        for taken, value in ((False, -3.0), (True, 9.0)):
            index = order.index("t" if taken else "f")
            assert session.run(results, {"p:0": taken, "x:0": 3.0}) == [value, index]


def test_a_merge_of_no_condition() -> None:
    graph_def = graphflow.GraphDef()
    for name, op, inputs in (("a", "Const", []), ("b", "Const", []), ("m", "Merge", ["a", "b"])):
        graph_def.node.add(name=name, op=op, input=inputs)
    with pytest.raises(ValueError, match="'m' .Merge. does not join the two sides"):
        graphflow.import_graph_def(graph_def)


def test_a_loop_without_condition(v1_oracle: ModuleType) -> None:
    graph_def, _ = written(v1_oracle, power)
    (condition,) = (node for node in graph_def.node if node.op == "LoopCond")
    condition.op = "Identity"
    condition.attr["T"].type = 10
    with pytest.raises(ValueError, match=r"the loop 'while/while_context' (has no LoopCond|)"):
        graphflow.import_graph_def(graph_def)


def test_all_missing_ops_are_listed() -> None:
    """Also those of functions that nodes call, and no others."""
    graph_def = graphflow.GraphDef()
    for name, op in (("a", "NoOp"), ("b", "Rare"), ("c", "Other"), ("d", "Rare")):
        graph_def.node.add(name=name, op=op)
    graph_def.node.add(name="call", op="If").attr["then_branch"].func.name = "used"
    for function in ("used", "unused"):
        body = graph_def.library.function.add()
        body.signature.name = function
        body.node_def.add(name="inner", op=f"In{function}")
    with pytest.raises(ValueError) as caught:
        graphflow.import_graph_def(graph_def)
    assert str(caught.value) == (
        "Op type not registered: graphflow has no op 'Rare' (2 nodes, such as 'b'), 'Other' "
        "(1 node, 'c'), 'Inused' (1 node, 'inner')"
    )


def test_branches_know_the_shapes_of_what_they_take() -> None:
    x = graphflow.placeholder(graphflow.float32, [None, 3])
    condition = graphflow.placeholder(graphflow.bool, [])
    graphflow.cond(condition, lambda: graphflow.reduce_sum(x, 0) + 1.0, lambda: x[0])
    graph_def = graphflow.get_default_graph().as_graph_def()
    with graphflow.Graph().as_default():
        (result,) = graphflow.import_graph_def(graph_def, return_elements=["cond/Merge:0"])
        assert result.shape.as_list() == [3]


def arrays_in_a_loop(tf: Any, x: Any) -> list[Any]:
    taken = tf.TensorArray(tf.float32, 4, element_shape=[]).unstack(x * tf.range(4.0))
    given = tf.TensorArray(tf.float32, 4, clear_after_read=False)

    def step(i: Any, given: Any) -> Any:
        value = taken.read(i)
        return i + 1, given.write(i, tf.cond(value > 1.0, lambda: value, lambda: -value))

    _, given = tf.while_loop(lambda i, _: i < 4, step, [0, given])
    return [given.stack(), given.size(), given.gather([2, 0])]


def arrays_of_parts(tf: Any, x: Any) -> list[Any]:
    parts = tf.TensorArray(tf.float32, 3, clear_after_read=False, infer_shape=False)
    parts = parts.split([x, 1.0, 2.0], [1, 0, 2])
    grown = tf.TensorArray(tf.float32, 0, dynamic_size=True).write(0, x).write(2, x).write(1, x)
    scattered = tf.TensorArray(tf.float32, 3).scatter([1, 0, 2], [x, 0.0, 1.0])
    closed = scattered.close()
    with tf.control_dependencies([closed]):
        return [parts.concat(), parts.read(2), grown.stack(), tf.identity(x)]


def arrays_in_branches(tf: Any, x: Any) -> list[Any]:
    array = tf.TensorArray(tf.float32, 2, clear_after_read=False).write(0, x)
    flow = tf.cond(x > 0.0, lambda: array.write(1, 2.0 * x).flow, lambda: array.write(1, x).flow)
    written = tf.TensorArray(tf.float32, handle=array.handle, flow=flow)
    return [written.stack()]


@pytest.mark.parametrize("build", [arrays_in_a_loop, arrays_of_parts, arrays_in_branches])
def test_tensor_arrays(build: Callable[..., Any], v1_oracle: ModuleType) -> None:
    expected = []
    with v1_oracle.Graph().as_default() as graph, v1_oracle.Session() as session:
        x = v1_oracle.placeholder(v1_oracle.float32, [], name="x")
        results = [v1_oracle.identity(t, f"y_{i}") for i, t in enumerate(build(v1_oracle, x))]
        expected = [session.run(results, {x: value}) for value in VALUES]
    proto = graph.as_graph_def(add_shapes=True)
    assert "TensorArrayV3" in {node.op for node in proto.node}
    with graphflow.Graph().as_default(), graphflow.Session() as session:
        graphflow.import_graph_def(proto, name="")
        names = [tensor.name for tensor in results]
        for value, wanted in zip(VALUES, expected, strict=True):
            for mine, theirs in zip(session.run(names, {"x:0": value}), wanted, strict=True):
                np.testing.assert_array_equal(mine, theirs)


def test_a_recurrent_net_of_tensorflow_1(v1_oracle: ModuleType) -> None:
    with v1_oracle.Graph().as_default() as graph, v1_oracle.Session() as session:
        x = v1_oracle.placeholder(v1_oracle.float32, [None, 5, 3], name="x")
        lengths = v1_oracle.placeholder(v1_oracle.int32, [None], name="lengths")
        cell = v1_oracle.nn.rnn_cell.LSTMCell(4, initializer=v1_oracle.ones_initializer())
        output, state = v1_oracle.nn.dynamic_rnn(cell, x, lengths, dtype=v1_oracle.float32)
        names = [v1_oracle.identity(output).name, v1_oracle.identity(state.h).name]
        session.run(v1_oracle.global_variables_initializer())
        feeds = {"x:0": np.linspace(-1, 1, 30).reshape(2, 5, 3), "lengths:0": [3, 5]}
        expected = session.run(names, feeds)
        frozen = v1_oracle.graph_util.convert_variables_to_constants(
            session, graph.as_graph_def(), [name.partition(":")[0] for name in names]
        )
    with graphflow.Graph().as_default(), graphflow.Session() as session:
        graphflow.import_graph_def(frozen, name="")
        for mine, theirs in zip(session.run(names, feeds), expected, strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-5)
