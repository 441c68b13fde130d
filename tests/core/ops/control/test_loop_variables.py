"""Loops that read the variables that they update: they see their own updates, as in TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

import graphflow


def condition_reads_what_the_body_updates(tf: Any, a: Any, b: Any) -> Any:
    def body(_: Any) -> Any:
        with tf.control_dependencies([tf.assign_add(a, 1), tf.assign_add(b, 1)]):
            return tf.identity(b)

    return tf.while_loop(lambda _: tf.less(b, 10), body, [b], parallel_iterations=1)


def one_update_reads_another(tf: Any, a: Any, b: Any) -> Any:
    def body(i: Any) -> Any:
        with tf.control_dependencies([tf.assign_add(a, 1)]):
            update = tf.assign_add(b, a)
        with tf.control_dependencies([update]):
            return i + 1

    return tf.while_loop(lambda i: i < 10, body, [0], parallel_iterations=1)


def update_in_a_branch(tf: Any, a: Any, b: Any) -> Any:
    def body(i: Any) -> Any:
        update = tf.cond(tf.equal(i, i), lambda: tf.assign(a, a * 2 + 1), lambda: a)
        with tf.control_dependencies([update]):
            return i + 1

    return tf.while_loop(lambda i: i < 4, body, [0], parallel_iterations=1)


def update_in_an_inner_loop(tf: Any, a: Any, b: Any) -> Any:
    def inner(j: Any) -> Any:
        with tf.control_dependencies([tf.assign_add(a, 1)]):
            return j + 1

    def body(i: Any) -> Any:
        steps = tf.while_loop(lambda j: j < 3, inner, [0], parallel_iterations=1)
        with tf.control_dependencies([steps]):
            return i + a

    return tf.while_loop(lambda i: i < 10, body, [0], parallel_iterations=1)


def results(tf: Any, build: Callable[..., Any]) -> list[int]:
    with tf.Graph().as_default(), tf.Session() as session:
        a, b = tf.Variable(0, name="a"), tf.Variable(0, name="b")
        loop = build(tf, a, b)
        session.run(tf.global_variables_initializer())
        return [int(value) for value in (session.run(loop), *session.run([a, b]))]


@pytest.mark.parametrize(
    "build",
    [
        condition_reads_what_the_body_updates,
        one_update_reads_another,
        update_in_a_branch,
        update_in_an_inner_loop,
    ],
)
def test_against_tensorflow(build: Callable[..., Any], oracle: ModuleType) -> None:
    assert results(graphflow, build) == results(oracle, build)


def test_gradients_of_what_a_loop_updates() -> None:
    tf = graphflow
    scale = tf.Variable(2.0)

    def body(i: Any, total: Any) -> Any:
        product = total * scale
        with tf.control_dependencies([product]), tf.control_dependencies([scale.assign(2.0)]):
            return i + 1, tf.identity(product)

    _, y = tf.while_loop(lambda i, _: i < 3, body, [0, 1.0])
    slopes = tf.gradients(y, [scale])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run([y, *slopes]) == [8.0, 12.0]
