"""Gradients through If and While: first and second order against TensorFlow, and training."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import graphflow


def power(tf: Any, x: Any) -> Any:
    return tf.while_loop(lambda i, a: i < 4, lambda i, a: (i + 1, a * x), [0, 1.0])[1]


def until_large(tf: Any, x: Any) -> Any:
    return tf.while_loop(lambda a: a < 50.0, lambda a: a * x + tf.sin(a), [x], maximum_iterations=9)


def matrices(tf: Any, x: Any) -> Any:
    weights = tf.constant([[0.5, 0.2], [0.1, 0.7]])
    body = lambda i, a: (i + 1, tf.tanh(tf.matmul(weights * x, a)))  # noqa: E731
    return tf.reduce_sum(tf.while_loop(lambda i, a: i < 3, body, [0, tf.ones([2, 2]) * x])[1])


def branches(tf: Any, x: Any) -> Any:
    inner = lambda: tf.cond(x > 2.0, lambda: tf.exp(x) * x, lambda: tf.sin(x) * x)  # noqa: E731
    return tf.cond(x > 0.0, inner, lambda: tf.constant(1.0))


def branch_in_loop(tf: Any, x: Any) -> Any:
    def body(i: Any, a: Any) -> Any:
        return i + 1, tf.cond(a > 2.0, lambda: a * x, lambda: a * a * x)

    return tf.while_loop(lambda i, a: i < 4, body, [0, x])[1]


def loop_in_loop(tf: Any, x: Any) -> Any:
    def inner(i: Any, a: Any) -> Any:
        body = lambda j, b: (j + 1, b * x + tf.sin(b))  # noqa: E731
        return i + 1, tf.while_loop(lambda j, b: j < i + 1, body, [0, a])[1]

    return tf.while_loop(lambda i, a: i < 3, inner, [0, x])[1]


def loop_in_branch(tf: Any, x: Any) -> Any:
    return tf.cond(x > 1.0, lambda: power(tf, x) * x, lambda: x)


def mapped(tf: Any, x: Any) -> Any:
    return tf.map_fn(lambda t: t * t * x, tf.stack([x, 2 * x, x * x]))


def scanned(tf: Any, x: Any) -> Any:
    return tf.scan(lambda a, t: a * t + a, tf.stack([x, 2 * x, x * x]))


def folded(tf: Any, x: Any) -> Any:
    return tf.foldr(lambda a, t: a * t + a, tf.stack([x, 2 * x, x * x]))


def arrays(tf: Any, x: Any) -> Any:
    array = tf.TensorArray(tf.float32, 3, clear_after_read=False)
    array = array.unstack(tf.stack([x, x * x, 2 * x]))
    return array.read(0) * array.read(1) * tf.reduce_prod(array.gather([1, 2]))


def gradient_in_loop(tf: Any, x: Any) -> Any:
    def body(i: Any, a: Any) -> Any:
        return i + 1, a + tf.gradients(x * x * a, x)[0]

    return tf.while_loop(lambda i, a: i < 3, body, [0, x])[1]


BUILDS = [
    power,
    until_large,
    matrices,
    branches,
    branch_in_loop,
    loop_in_loop,
    loop_in_branch,
    mapped,
    scanned,
    folded,
    arrays,
    gradient_in_loop,
]


@pytest.fixture(scope="module")
def functional_oracle(oracle: ModuleType) -> Iterator[ModuleType]:
    """TensorFlow with If and While: its older loops have no gradients of gradients."""
    oracle.enable_control_flow_v2()
    yield oracle
    oracle.disable_control_flow_v2()


def slopes(tf: Any, build: Callable[..., Any], values: list[float]) -> list[Any]:
    """y, dy/dx and the second derivative at each value."""
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [])
        y = build(tf, x)
        first = tf.gradients(y, x)[0]
        second = tf.gradients(first, x)[0]
        return [session.run([y, first, second], {x: value}) for value in values]


@pytest.mark.parametrize("build", BUILDS)
def test_against_tensorflow(build: Callable[..., Any], functional_oracle: ModuleType) -> None:
    values = [1.3, 2.4]
    mine, theirs = (slopes(tf, build, values) for tf in (graphflow, functional_oracle))
    for value, wanted in itertools.chain(*map(zip, mine, theirs)):
        np.testing.assert_allclose(value, wanted, rtol=2e-4)


def test_exchanged_loop_variables() -> None:
    tf = graphflow
    x = tf.placeholder(tf.float32, [])
    _, a, b = tf.while_loop(lambda i, *_: i < 3, lambda i, a, b: (i + 1, b, a * b), [0, x, 2 * x])
    first = tf.gradients([a, b], x)[0]  # a = 4 x**3, b = 8 x**5
    second = tf.gradients(first, x)[0]
    with tf.Session() as session:
        given = session.run([first, second], {x: 1.5})
    np.testing.assert_allclose(given, [12 * 1.5**2 + 40 * 1.5**4, 24 * 1.5 + 160 * 1.5**3], 1e-5)


def test_loop_variable_that_grows() -> None:
    tf = graphflow
    x = tf.placeholder(tf.float32, [])
    shapes = [tf.TensorShape([]), tf.TensorShape([None])]
    start = [tf.constant(0), tf.reshape(x, [1])]
    _, a = tf.while_loop(
        lambda i, _: i < 3, lambda i, a: (i + 1, tf.concat([a * x, a], 0)), start, shapes
    )
    y = tf.reduce_sum(a**2)  # x**2 * (1 + x**2)**3, and TensorFlow 2.21 fails at the second order
    first = tf.gradients(y, x)[0]
    second = tf.gradients(first, x)[0]
    with tf.Session() as session:
        given = session.run([first, second], {x: 1.5})
    q, r = 1.5**2, 1 + 1.5**2
    wanted = [2 * 1.5 * r**3 + 6 * 1.5**3 * r**2, 2 * r**3 + 30 * q * r**2 + 24 * q**2 * r]
    np.testing.assert_allclose(given, wanted, 1e-5)


def test_gradient_in_a_body_of_what_was_computed_outside() -> None:
    tf = graphflow
    x = tf.constant(2.0)
    h = x * x
    _, y = tf.while_loop(
        lambda i, _: i < 3, lambda i, a: (i + 1, a + tf.gradients(h * h, x)[0]), [0, 0.0]
    )
    with tf.Session() as session:
        assert session.run(y) == 3 * 4 * 2.0**3


def test_gradient_of_a_loop_that_has_run_before() -> None:
    tf = graphflow
    x = tf.constant(2.0)
    y = tf.while_loop(
        lambda a: a < 9.0, lambda a: tf.cond(a > 3.0, lambda: a * x, lambda: a * a), [x]
    )
    with tf.Session() as session:
        assert session.run(y) == 16.0
        gradient = tf.gradients(y, x)[0]  # y = (x * x) * x * x
        assert session.run([gradient, y]) == [32.0, 16.0]


def test_back_prop_false_stops_gradients() -> None:
    tf = graphflow
    x = tf.constant(2.0)
    y = tf.while_loop(lambda a: a < 9.0, lambda a: a * x, [x], back_prop=False)
    assert tf.gradients(y, x) == [None]


def train_lstm(tf: Any, use_resource: bool) -> list[float]:
    """20 steps of descent on an LSTM over `scan`, an embedding and a branch in the loss."""
    steps, batch, inputs, units = 5, 4, 3, 6
    rng = np.random.RandomState(0)

    def weights(name: str, *shape: int) -> Any:
        value = (rng.randn(*shape) * 0.3).astype(np.float32)
        return tf.get_variable(name, initializer=value, use_resource=use_resource)

    with tf.Graph().as_default(), tf.Session() as session:
        kernel, out = weights("w", inputs + units, 4 * units), weights("o", units, 1)
        bias, embedding = weights("b", 4 * units), weights("e", 7, inputs)
        x = tf.placeholder(tf.float32, [steps, None, inputs])
        y = rng.randn(batch, 1).astype(np.float32)

        def step(state: Any, row: Any) -> Any:
            c, h = state
            row = row + tf.gather(embedding, [1, 2, 2, 5])
            gates = tf.matmul(tf.concat([row, h], 1), kernel) + bias
            i, f, o, g = tf.split(gates, 4, 1)
            c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
            return c, tf.sigmoid(o) * tf.tanh(c)

        zeros = tf.zeros([tf.shape(x)[1], units])
        _, hs = tf.scan(step, x, initializer=(zeros, zeros))
        loss = tf.reduce_mean(tf.square(tf.matmul(hs[-1], out) - y))
        loss += 1e-3 * tf.cond(
            loss > 0.5,
            lambda: tf.reduce_sum(kernel * kernel),
            lambda: tf.reduce_sum(tf.abs(tf.gather(embedding, [0, 1]))),
        )
        variables = [kernel, bias, out, embedding]
        found = [tf.convert_to_tensor(g) for g in tf.gradients(loss, variables)]
        with tf.control_dependencies([loss, *found]):
            train = [v.assign_sub(0.5 * g) for v, g in zip(variables, found)]
        session.run(tf.global_variables_initializer())
        feed = {x: rng.randn(steps, batch, inputs).astype(np.float32)}
        return [session.run([loss, train], feed)[0] for _ in range(20)]


def test_lstm_trains_as_in_tensorflow(functional_oracle: ModuleType) -> None:
    expected = train_lstm(functional_oracle, True)
    assert expected[-1] < 0.5 * expected[0]
    for use_resource in (True, False):
        np.testing.assert_allclose(train_lstm(graphflow, use_resource), expected, rtol=1e-4)


def pushes(tf: Any, fetches: Any) -> int:
    """How many values a run pushes on stacks."""
    metadata = tf.RunMetadata()
    options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
    # a plan takes such loops apart and pushes nothing at all
    interpreted = tf.OptimizerOptions(global_jit_level=tf.OptimizerOptions.OFF)
    config = tf.ConfigProto(graph_options=tf.GraphOptions(optimizer_options=interpreted))
    with tf.Session(config=config) as session:
        session.run(fetches, options=options, run_metadata=metadata)
    stats = metadata.step_stats.dev_stats[0].node_stats
    return sum("TensorListPushBack" in node.timeline_label for node in stats)


@pytest.mark.parametrize("build", [power, loop_in_loop, branch_in_loop])
def test_runs_without_gradients_push_nothing(build: Callable[..., Any]) -> None:
    tf = graphflow
    x = tf.constant(1.5)
    y = build(tf, x)
    (slope,) = tf.gradients(y, x)
    assert pushes(tf, y) == 0
    assert pushes(tf, [y, slope]) > 0


def test_loop_variables_that_nothing_needs_are_not_computed() -> None:
    """As in TF1, where no path leads from them to a fetch."""
    tf = graphflow

    def fail(value: Any) -> Any:
        with tf.control_dependencies([tf.Assert(False, [value])]):
            return tf.identity(value)

    i, double, failing = tf.while_loop(
        lambda i, _, f: i < 3,
        lambda i, double, failing: (i + 1, double * 2 + i, fail(failing)),
        [0, 1, 2],
    )
    with tf.Session() as session:
        assert session.run([i, double]) == [3, 12]
        assert session.run(i) == 3
        with pytest.raises(tf.errors.InvalidArgumentError, match="assertion failed"):
            session.run(failing)


@pytest.mark.parametrize("await_by", ["target", "control input"])
def test_a_loop_that_is_awaited_has_all_its_effects(await_by: str) -> None:
    tf = graphflow
    x, count = tf.constant(1.5), tf.Variable(0)

    def body(i: Any, a: Any, effect: Any) -> Any:
        with tf.control_dependencies([count.assign_add(1)]):
            effect = tf.identity(effect)
        return i + 1, a * x, effect

    _, y, effect = tf.while_loop(lambda i, *_: i < 3, body, [0, x, 0])
    tf.gradients(y, x)
    with tf.control_dependencies([effect]):
        after = tf.no_op()
    fetch = effect.op if await_by == "target" else after
    with tf.Session() as session:
        session.run(count.initializer)
        session.run(fetch)
        assert session.run(count) == 3
