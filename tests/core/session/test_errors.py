"""What bad input gets: TensorFlow's class of error, and words that help.

Each case is built and run by graphflow and by TensorFlow. The classes must be the same; graphflow's
message must say what is listed: the node, what was got, what was expected, the user's own line.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pytest

import graphflow


class Case(NamedTuple):
    """`make(tf)` raises; the message has all of `words`, and with `line` the line of the node."""

    make: Callable[[Any], Any]
    words: tuple[str, ...]
    line: bool = False


def run(tf: Any, fetches: Any, feeds: Any = None) -> Any:
    with tf.Session() as session:
        return session.run(fetches, feeds)


# --- feeds ---------------------------------------------------------------------------------------


def unfed(tf: Any) -> None:
    images = tf.placeholder(tf.float32, [None, 2], name="images")
    run(tf, images + 1.0)


def unfed_sparse(tf: Any) -> None:
    run(tf, tf.sparse_placeholder(tf.float32, name="words").values)


def unfed_in_branch(tf: Any) -> None:
    images = tf.placeholder(tf.float32, [2], name="images")
    run(tf, tf.cond(tf.constant(True), lambda: images + 1.0, lambda: images))


def feed_of_wrong_shape(tf: Any) -> None:
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    run(tf, x, {x: np.zeros((3, 3))})


def feed_of_wrong_rank(tf: Any) -> None:
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    run(tf, x, {x: 1.0})


def feed_of_text(tf: Any) -> None:
    x = tf.placeholder(tf.float32, [], name="x")
    run(tf, x, {x: "hello"})


def feed_of_number_for_text(tf: Any) -> None:
    x = tf.placeholder(tf.string, [], name="x")
    run(tf, x, {x: 1})


def feed_of_too_large_number(tf: Any) -> None:
    x = tf.placeholder(tf.int32, name="x")
    run(tf, x, {x: 2**40})


def feed_of_negative_number(tf: Any) -> None:
    x = tf.placeholder(tf.uint8, name="x")
    run(tf, x, {x: -1})


def feed_of_ragged_list(tf: Any) -> None:
    x = tf.placeholder(tf.float32, name="x")
    run(tf, x, {x: [[1, 2], [3]]})


def feed_of_tensor(tf: Any) -> None:
    x = tf.placeholder(tf.float32, name="x")
    run(tf, x, {x: tf.constant(1.0, name="one")})


def feed_of_what_may_not_be_fed(tf: Any) -> None:
    y = tf.constant(1.0, name="y")
    tf.get_default_graph().prevent_feeding(y)
    run(tf, y, {y: 2.0})


def feed_key_none(tf: Any) -> None:
    run(tf, tf.constant(1.0), {None: 1.0})


def feed_key_number(tf: Any) -> None:
    run(tf, tf.constant(1.0), {3: 1.0})


def feed_key_operation(tf: Any) -> None:
    x = tf.placeholder(tf.float32, name="x")
    run(tf, x, {x.op: 1.0})


def feed_key_unknown_name(tf: Any) -> None:
    run(tf, tf.constant(1.0, name="x"), {"y:0": 1.0})


def feed_key_name_of_operation(tf: Any) -> None:
    run(tf, tf.constant(1.0, name="x"), {"x": 1.0})


def feed_key_of_another_graph(tf: Any) -> None:
    with tf.Graph().as_default():
        y = tf.placeholder(tf.float32, name="y")
    run(tf, tf.constant(1.0), {y: 1.0})


def feeds_in_a_list(tf: Any) -> None:
    x = tf.placeholder(tf.float32, name="x")
    run(tf, x, [(x, 1.0)])


def too_few_feeds_for_a_tuple(tf: Any) -> None:
    x, y = tf.placeholder(tf.float32, name="x"), tf.placeholder(tf.float32, name="y")
    run(tf, x, {(x, y): (1.0,)})


FEEDS = [
    Case(unfed, ("You must feed a value for placeholder tensor 'images'", "float", "[?,2]"), True),
    Case(unfed_sparse, ("You must feed a value for placeholder tensor 'words/values'",), True),
    Case(unfed_in_branch, ("You must feed a value for placeholder tensor 'images'",), True),
    Case(feed_of_wrong_shape, ("shape (3, 3)", "'x:0'", "shape '(?, 2)'"), True),
    Case(feed_of_wrong_rank, ("shape ()", "'x:0'", "shape '(?, 2)'"), True),
    Case(feed_of_text, ("'hello'", "'x:0'", "float32"), True),
    Case(feed_of_number_for_text, ("feed value 1", "str or bytes", "'x:0'"), True),
    Case(feed_of_too_large_number, ("1099511627776", "int32", "'x:0'", "larger type"), True),
    Case(feed_of_negative_number, ("feed value -1", "uint8", "'x:0'"), True),
    Case(feed_of_ragged_list, ("[[1, 2], [3]]", "'x:0'", "inhomogeneous"), True),
    Case(feed_of_tensor, ("cannot be a tf.Tensor", "'one:0'", "'x:0'", "numpy ndarrays")),
    Case(feed_of_what_may_not_be_fed, ("y:0 may not be fed",)),
    Case(feed_key_none, ("Cannot interpret feed_dict key as Tensor", "NoneType")),
    Case(feed_key_number, ("Cannot interpret feed_dict key as Tensor", "int")),
    Case(feed_key_operation, ("'x' is an Operation", "feed one of its outputs")),
    Case(feed_key_unknown_name, ("'y:0' refers to a Tensor which does not exist",)),
    Case(feed_key_name_of_operation, ("'x' refers to an Operation", "<op_name>:<output_index>")),
    Case(feed_key_of_another_graph, ("y:0", "test_errors.py", "not an element of this graph")),
    Case(feeds_in_a_list, ("feed_dict must be a dictionary", "(<tf.Tensor 'x:0'")),
    Case(too_few_feeds_for_a_tuple, ("1 elements where 2 are expected", "'x:0'", "'y:0'")),
]


# --- fetches and sessions ------------------------------------------------------------------------


def fetch_none(tf: Any) -> None:
    run(tf, [tf.constant(1.0), None])


def fetch_number(tf: Any) -> None:
    run(tf, [tf.constant(1.0), 2.5])


def fetch_array(tf: Any) -> None:
    tf.constant(1.0)
    run(tf, np.zeros(3))


def fetch_unknown_operation(tf: Any) -> None:
    tf.constant(1.0, name="loss")
    run(tf, "los")


def fetch_unknown_tensor(tf: Any) -> None:
    tf.constant(1.0, name="loss")
    run(tf, "loss:1")


def fetch_of_another_graph(tf: Any) -> None:
    with tf.Graph().as_default():
        y = tf.constant(1.0, name="y")
    tf.constant(1.0)
    run(tf, y)


def empty_graph(tf: Any) -> None:
    run(tf, [])


def closed_session(tf: Any) -> None:
    x = tf.constant(1.0)
    session = tf.Session()
    session.close()
    session.run(x)


def left_session(tf: Any) -> None:
    x = tf.constant(1.0)
    with tf.Session() as session:
        pass
    x.eval(session=session)


def eval_without_session(tf: Any) -> None:
    tf.constant(1.0).eval()


def run_without_session(tf: Any) -> None:
    tf.no_op().run()


def eval_in_session_of_another_graph(tf: Any) -> None:
    with tf.Graph().as_default():
        y = tf.constant(1.0, name="y")
    with tf.Session():
        y.eval()


def partial_run_without_setup(tf: Any) -> None:
    x = tf.constant(1.0)
    with tf.Session() as session:
        session.partial_run("handle", x)


FETCHES = [
    Case(fetch_none, ("None has invalid type",)),
    Case(fetch_number, ("2.5 has invalid type", "must be a string or Tensor")),
    Case(fetch_array, ("array([0., 0., 0.]) has invalid type", "must be a string or Tensor")),
    Case(fetch_unknown_operation, ("'los'", "not in the graph", "Did you mean 'loss'")),
    Case(fetch_unknown_tensor, ("'loss:1'", "exists but only has 1 outputs")),
    Case(fetch_of_another_graph, ("'y:0'", "test_errors.py", "not an element of this graph")),
    Case(empty_graph, ("The Session graph is empty", "Add operations")),
    Case(closed_session, ("Attempted to use a closed Session",)),
    Case(left_session, ("Attempted to use a closed Session",)),
    Case(eval_without_session, ("No default session", "eval(session=sess)")),
    Case(run_without_session, ("No default session", "run(session=sess)")),
    Case(eval_in_session_of_another_graph, ("graph is different from the session's graph",)),
    Case(partial_run_without_setup, ("Must run 'setup'",)),
]


# --- building ------------------------------------------------------------------------------------


def op_with_another_graphs_tensor(tf: Any) -> None:
    with tf.Graph().as_default():
        y = tf.constant(1.0, name="y")
    tf.add(tf.constant(1.0, name="x"), y)


def op_with_another_graphs_variable(tf: Any) -> None:
    with tf.Graph().as_default():
        weights = tf.Variable(1.0, name="weights")
    tf.add(tf.constant(1.0, name="x"), weights)


def control_input_of_another_graph(tf: Any) -> None:
    with tf.Graph().as_default():
        y = tf.constant(1.0, name="y")
    with tf.control_dependencies([y]):
        tf.no_op()


def unlike_shapes(tf: Any) -> None:
    tf.add(tf.zeros([2, 3]), tf.zeros([4]), name="total")


def unlike_matrices(tf: Any) -> None:
    tf.matmul(tf.zeros([2, 3]), tf.zeros([4, 5]), name="logits")


def wrong_number_of_elements(tf: Any) -> None:
    tf.reshape(tf.zeros([2, 3]), [4], name="flat")


def unlike_depths(tf: Any) -> None:
    tf.nn.conv2d(tf.zeros([1, 5, 5, 3]), tf.zeros([3, 3, 4, 8]), [1, 1, 1, 1], "SAME", name="conv")


def assign_another_shape(tf: Any) -> None:
    tf.Variable([1.0, 2.0], name="weights").assign([1.0])


def unlike_types(tf: Any) -> None:
    tf.matmul(tf.zeros([2, 2]), tf.zeros([2, 2], tf.float64))


def variable_twice(tf: Any) -> None:
    tf.get_variable("weights", [1])
    tf.get_variable("weights", [1])


def no_variable_to_reuse(tf: Any) -> None:
    with tf.variable_scope("layer", reuse=True):
        tf.get_variable("weights", [1])


def reuse_with_another_shape(tf: Any) -> None:
    with tf.variable_scope("layer", reuse=tf.AUTO_REUSE):
        tf.get_variable("weights", [1])
        tf.get_variable("weights", [2])


def reuse_with_another_type(tf: Any) -> None:
    with tf.variable_scope("layer", reuse=tf.AUTO_REUSE):
        tf.get_variable("weights", [1])
        tf.get_variable("weights", [1], tf.int32)


def finalized_graph(tf: Any) -> None:
    tf.get_default_graph().finalize()
    tf.constant(1.0)


def name_with_a_space(tf: Any) -> None:
    tf.constant(1.0, name="a b")


def contradicting_shape(tf: Any) -> None:
    tf.placeholder(tf.float32, [2]).set_shape([3])


def cycle_in_a_graph_def(tf: Any) -> None:
    graph_def = tf.GraphDef()
    for name, source in (("a", "b"), ("b", "a")):
        node = graph_def.node.add(name=name, op="Identity", input=[source])
        node.attr["T"].type = tf.float32.as_datatype_enum
    tf.import_graph_def(graph_def, name="")


def nothing_to_train(tf: Any) -> None:
    tf.Variable(1.0, name="weights")
    tf.train.GradientDescentOptimizer(0.1).minimize(tf.constant(1.0, name="loss"))


BUILDING = [
    Case(op_with_another_graphs_tensor, ('"y:0"', "the same graph", '"x:0"')),
    Case(op_with_another_graphs_variable, ('"weights/read:0"', "the same graph", '"x:0"')),
    Case(control_input_of_another_graph, ("y:0", "test_errors.py", "not an element")),
    Case(unlike_shapes, ("3 and 4", "'total'", "[2,3], [4]"), True),
    Case(unlike_matrices, ("3 and 4", "'logits'", "[2,3], [4,5]"), True),
    Case(wrong_number_of_elements, ("6 elements", "[4] (4 elements)", "'flat'"), True),
    Case(unlike_depths, ("(3)", "(4)", "'conv'", "[1,5,5,3], [3,3,4,8]"), True),
    Case(assign_another_shape, ("'Assign'", "[2] and [1]"), True),
    Case(unlike_types, ("'b' of 'MatMul'", "float64", "float32 of argument 'a'")),
    Case(variable_twice, ("weights already exists", "reuse=tf.AUTO_REUSE"), True),
    Case(no_variable_to_reuse, ("layer/weights does not exist", "reuse=tf.AUTO_REUSE")),
    Case(reuse_with_another_shape, ("layer/weights", "specified shape (2,)", "found shape (1,)")),
    Case(
        reuse_with_another_type, ("layer/weights", "specified dtype int32", "found dtype float32")
    ),
    Case(finalized_graph, ("finalized and cannot be modified",)),
    Case(name_with_a_space, ("'a b' is not a valid node name",)),
    Case(contradicting_shape, ("(2,)", "(3,)")),
    Case(cycle_in_a_graph_def, ("2 nodes in a cycle", "a -> b", "b -> a")),
    Case(nothing_to_train, ("No gradients provided for any variable", "'weights:0'", '"loss:0"')),
]


# --- running -------------------------------------------------------------------------------------


def uninitialized(tf: Any) -> None:
    run(tf, tf.Variable(1.0, name="weights") + 1.0)


def uninitialized_fetched(tf: Any) -> None:
    run(tf, tf.Variable(1.0, name="weights"))


def uninitialized_updated(tf: Any) -> None:
    run(tf, tf.Variable(1.0, name="weights").assign_add(1.0))


def uninitialized_resource(tf: Any) -> None:
    run(tf, tf.Variable(1.0, name="weights", use_resource=True) + 1.0)


def uninitialized_slot(tf: Any) -> None:
    weights = tf.Variable(1.0, name="weights")
    train = tf.train.AdamOptimizer().minimize(weights * weights)
    with tf.Session() as session:
        session.run(weights.initializer)
        session.run(train)


def fed_unlike_shapes(tf: Any) -> None:
    a, b = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
    run(tf, tf.add(a, b, name="total"), {a: np.zeros((2, 3)), b: np.zeros(4)})


def fed_unlike_matrices(tf: Any) -> None:
    a, b = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
    run(tf, tf.matmul(a, b, name="logits"), {a: np.zeros((2, 3)), b: np.zeros((4, 5))})


def fed_wrong_number_of_elements(tf: Any) -> None:
    a = tf.placeholder(tf.float32)
    run(tf, tf.reshape(a, [4], name="flat"), {a: np.zeros(3)})


def fed_unlike_labels(tf: Any) -> None:
    a, b = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
    loss = tf.nn.softmax_cross_entropy_with_logits_v2(labels=a, logits=b, name="loss")
    run(tf, loss, {a: np.zeros((1, 5)), b: np.zeros((3, 3))})


def fed_another_shape_to_assign(tf: Any) -> None:
    a, weights = tf.placeholder(tf.float32), tf.Variable([1.0, 2.0], name="weights")
    run(tf, tf.assign(weights, a, name="update"), {a: np.zeros(3)})


def index_out_of_range(tf: Any) -> None:
    index = tf.placeholder_with_default([5], [1])
    run(tf, tf.gather(tf.constant([1.0, 2.0]), index, name="row"))


def label_out_of_range(tf: Any) -> None:
    labels = tf.placeholder_with_default([7], [1])
    loss = tf.nn.sparse_softmax_cross_entropy_with_logits
    run(tf, loss(labels=labels, logits=tf.zeros([1, 3]), name="loss"))


def not_a_number(tf: Any) -> None:
    run(tf, tf.check_numerics(tf.constant([np.nan]), "bad loss", name="check"))


def failed_assertion(tf: Any) -> None:
    run(tf, tf.Assert(tf.constant(False), ["loss was", tf.constant([1, 2, 3, 4])], name="check"))


def failed_assertion_in_branch(tf: Any) -> None:
    def checked() -> Any:
        with tf.control_dependencies([tf.Assert(tf.constant(False), ["no"], name="check")]):
            return tf.constant(1)

    run(tf, tf.cond(tf.constant(True), checked, lambda: tf.constant(2)))


def division_by_zero(tf: Any) -> None:
    run(tf, tf.floordiv(tf.constant(1), tf.placeholder_with_default(0, []), name="half"))


def function_that_raises(tf: Any) -> None:
    def parse(_: Any) -> Any:
        raise ValueError("no such digit")

    run(tf, tf.py_func(parse, [tf.constant(1.0)], tf.float32, name="parse"))


RUNNING = [
    Case(uninitialized, ("uninitialized value weights", "weights/read"), True),
    Case(uninitialized_fetched, ("uninitialized value weights",), True),
    Case(uninitialized_updated, ("uninitialized value weights", "AssignAdd"), True),
    Case(uninitialized_resource, ("variable weights", "uninitialized", "ReadVariableOp"), True),
    Case(uninitialized_slot, ("uninitialized value beta1_power",), True),
    Case(fed_unlike_shapes, ("Incompatible shapes: [2,3] vs. [4]", "total"), True),
    Case(fed_unlike_matrices, ("In[0]: [2,3], In[1]: [4,5]", "logits"), True),
    Case(fed_wrong_number_of_elements, ("3 values", "requested shape has 4", "flat"), True),
    Case(fed_unlike_labels, ("logits_size=[3,3] labels_size=[1,5]", "loss"), True),
    Case(fed_another_shape_to_assign, ("lhs shape= [2] rhs shape= [3]", "update"), True),
    Case(index_out_of_range, ("indices[0] = 5 is not in [0, 2)", "row"), True),
    Case(label_out_of_range, ("label value of 7", "valid range of [0, 3)", "loss"), True),
    Case(not_a_number, ("bad loss : Tensor had NaN values", "check"), True),
    Case(failed_assertion, ("assertion failed: [loss was] [1 2 3...]", "check"), True),
    Case(failed_assertion_in_branch, ("assertion failed: [no]", "check"), True),
    Case(division_by_zero, ("division by zero", "half"), True),
    Case(function_that_raises, ("ValueError: no such digit", "parse"), True),
]


def caught(tf: Any, make: Callable[[Any], Any]) -> Exception:
    with tf.Graph().as_default(), pytest.raises(Exception) as caught:
        make(tf)
    return caught.value


@pytest.mark.parametrize(
    "case", [*FEEDS, *FETCHES, *BUILDING, *RUNNING], ids=lambda case: case.make.__name__
)
def test_error(case: Case, oracle: ModuleType) -> None:
    error = caught(graphflow, case.make)
    assert type(error).__name__ == type(caught(oracle, case.make)).__name__
    for words in case.words:
        assert words in str(error)
    if case.line:
        source, first = inspect.getsourcelines(case.make)
        place = re.search(r"test_errors\.py(?:\"?, line |:)(\d+)", str(error))
        assert place is not None and first < int(place[1]) < first + len(source)
        assert source[int(place[1]) - first].strip() in str(error)


@pytest.mark.parametrize("argument", ["graph", "target", "config"])
def test_sessions_refuse_arguments_of_other_types(argument: str) -> None:
    with pytest.raises(TypeError, match=f"{argument} must be a .*, but got <class 'int'>"):
        graphflow.Session(**{argument: 3})


def test_long_values_are_shown_in_part() -> None:
    x = graphflow.placeholder(graphflow.float32, [2], name="x")
    with pytest.raises(ValueError, match="x:0") as caught:
        run(graphflow, x, {x: [["a"] * 5000]})
    assert len(str(caught.value)) < 700


# --- what a failed run leaves behind -------------------------------------------------------------


def failing_gather(tf: Any, variables: list[Any], index: Any) -> Any:
    """An op that fails after the first variable was assigned and before the second is."""
    first, second = variables
    with tf.control_dependencies([first.assign([5.0, 5.0])]):
        row = tf.gather(tf.constant([1.0]), index)
    with tf.control_dependencies([row]):
        return second.assign([6.0, 6.0])


def failing_scatter(tf: Any, variables: list[Any], index: Any) -> Any:
    """An op that fails when it has read its first index."""
    _, second = variables
    return tf.scatter_update(second, tf.stack([0, index]), [8.0, 9.0])


def failing_optimizer(tf: Any, variables: list[Any], index: Any) -> Any:
    """A training step whose gradient fails."""
    first, second = variables
    loss = tf.gather(first, index) + tf.reduce_sum(second)
    return tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss)


def failing_loop(tf: Any, variables: list[Any], index: Any) -> Any:
    """A loop that fails in its first iteration, before it updates."""
    _, second = variables

    def body(i: Any) -> Any:
        with tf.control_dependencies([tf.gather(tf.constant([1.0]), index)]):
            with tf.control_dependencies([second.assign_add([1.0, 1.0])]):
                return i + 1

    return tf.while_loop(lambda i: i < 3, body, [0])


@pytest.mark.parametrize("use_resource", [False, True])
@pytest.mark.parametrize(
    ("fail", "first_after"),
    [
        (failing_gather, [5.0, 5.0]),
        (failing_scatter, [1.0, 2.0]),
        (failing_optimizer, [1.0, 2.0]),
        (failing_loop, [1.0, 2.0]),
    ],
)
def test_variables_are_as_before_the_op_that_failed(
    fail: Callable[..., Any], first_after: list[float], use_resource: bool
) -> None:
    tf = graphflow
    index = tf.placeholder(tf.int32, [])
    variables = [tf.Variable(v, use_resource=use_resource) for v in ([1.0, 2.0], [3.0, 4.0])]
    failing = fail(tf, variables, index)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for _ in range(2):
            with pytest.raises(tf.errors.InvalidArgumentError, match="7"):
                session.run(failing, {index: 7})
        first, second = session.run(variables)
    np.testing.assert_array_equal(first, first_after)
    np.testing.assert_array_equal(second, [3.0, 4.0])
