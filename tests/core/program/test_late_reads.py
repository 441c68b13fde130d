"""What is computed from a variable after an update of it sees the new value, as in TensorFlow."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

import graphflow


def _identity(tf: ModuleType, v: Any) -> Any:
    with tf.control_dependencies([v.assign_add(1.0)]):
        return [tf.identity(v), v * 10.0]


def _second_update(tf: ModuleType, v: Any) -> Any:
    with tf.control_dependencies([v.assign_add(1.0)]):
        first = tf.identity(v)
    with tf.control_dependencies([first]):
        second = v.assign_sub(0.25)
    with tf.control_dependencies([second]):
        return v + 0.0


def _training_step(tf: ModuleType, v: Any) -> Any:
    step = tf.train.GradientDescentOptimizer(0.1).minimize(v * v)
    with tf.control_dependencies([step]):
        return v * v


def _moving_average(tf: ModuleType, v: Any) -> Any:
    average = tf.train.ExponentialMovingAverage(0.5)
    with tf.control_dependencies([v.assign(9.0)]):
        update = average.apply([v])
    with tf.control_dependencies([update]):
        return average.average(v).read_value()


def _after_a_loop(tf: ModuleType, v: Any) -> Any:
    def body(i: Any) -> Any:
        with tf.control_dependencies([v.assign_add(1.0)]):
            return i + 1

    with tf.control_dependencies([tf.while_loop(lambda i: i < 3, body, [0])]):
        return tf.identity(v)


def _after_a_branch(tf: ModuleType, v: Any) -> Any:
    branch = tf.cond(tf.constant(True), lambda: v.assign(50.0), lambda: tf.constant(0.0))
    with tf.control_dependencies([branch]):
        return tf.identity(v)


def _in_a_branch(tf: ModuleType, v: Any) -> Any:
    def counted() -> Any:
        with tf.control_dependencies([v.assign_add(1.0)]):
            return v * 2.0

    return tf.cond(tf.constant(True), counted, lambda: tf.constant(0.0))


def _update_of_an_update(tf: ModuleType, v: Any) -> Any:
    with tf.control_dependencies([tf.assign_add(tf.assign(v, 5.0), 1.0)]):
        return tf.identity(v)


_GRAPHS = [
    _identity,
    _second_update,
    _training_step,
    _moving_average,
    _after_a_loop,
    _after_a_branch,
    _in_a_branch,
    _update_of_an_update,
]


@pytest.mark.parametrize("jit", ["off", "now"])
@pytest.mark.parametrize("build", _GRAPHS, ids=lambda build: build.__name__.strip("_"))
def test_as_in_tensorflow(
    build: Any, jit: str, oracle: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPHFLOW_JIT", jit)
    values = []
    for tf in (graphflow, oracle):
        with tf.Graph().as_default(), tf.Session() as session:
            fetches = build(tf, tf.get_variable("v", initializer=1.0))
            session.run(tf.global_variables_initializer())
            values.append([session.run(fetches) for _ in range(3)])
    np.testing.assert_allclose(values[0], values[1], rtol=1e-6)


def test_what_waits_for_no_update_sees_the_value_of_before() -> None:
    v = graphflow.Variable(1.0)
    before = v * 10.0
    update = v.assign_add(1.0)
    with graphflow.control_dependencies([update]):
        after = before + v
    with graphflow.Session() as session:
        session.run(v.initializer)
        assert session.run([before, update, after]) == [10.0, 2.0, 12.0]


def test_a_fed_read_is_what_was_fed() -> None:
    v = graphflow.Variable(1.0)
    with graphflow.control_dependencies([v.assign_add(1.0)]):
        after = graphflow.identity(v)
    with graphflow.Session() as session:
        session.run(v.initializer)
        assert session.run(after, {v.value(): 7.0}) == 7.0
