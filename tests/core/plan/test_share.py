"""Calls that are made once for several readers, and those that look alike but are not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from core.native import plan_of, session

import graphflow as tf
from graphflow.core.ops.lowering import Home
from graphflow.core.plan.plan import Plan


def kernels(plan: Plan, name: str) -> int:
    """How many calls of a kernel a plan has."""
    return sum(call.kernel.name.startswith(name) for call in plan.calls)


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(len(shape)).random(shape, np.float32)


def test_a_recurrence_packs_its_weights_once() -> None:
    x = tf.placeholder(tf.float32, [5, 400, 80])
    w = tf.Variable(numbers(80, 80))
    h = tf.zeros([400, 80])
    for t in range(5):
        h = tf.tanh(tf.matmul(h, w) + x[t])
    loss = tf.reduce_sum(h)
    step = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    plan = plan_of([loss, step], [x])
    of_weights = [
        call
        for call in plan.calls
        if call.kernel.name.startswith("gemm.pack")
        and any(o.buffer.storage.home is Home.VARIABLE for o in call.operands)
    ]
    assert len(of_weights) == 2  # for the products, and for their gradients


def test_results_may_be_the_same_memory() -> None:
    x = tf.placeholder(tf.float32, [300, 40])
    a, b = tf.transpose(x), tf.transpose(x)
    assert kernels(plan_of([a, b], [x]), "transpose") == 1
    with session() as sess:
        value = numbers(300, 40)
        first, second = sess.run([a, b], {x: value})
        np.testing.assert_array_equal(first, value.T)
        np.testing.assert_array_equal(second, value.T)
        first[:] = 0
        assert second.any(), "the user owns both"


def test_a_host_step_reads_what_is_shared() -> None:
    x = tf.placeholder(tf.float32, [300, 40])
    a = tf.transpose(x)
    b = tf.py_func(lambda value: value + 1, [tf.transpose(x)], tf.float32)
    with session() as sess:
        value = numbers(300, 40)
        first, second = sess.run([a, b], {x: value})
        np.testing.assert_array_equal(second, first + 1)


@pytest.mark.parametrize("use_resource", [False, True])
def test_a_variable_that_was_written_is_another(use_resource: bool) -> None:
    v = tf.Variable(numbers(300, 40), use_resource=use_resource)
    before = tf.transpose(v.read_value())
    with tf.control_dependencies([before]):
        written = v.assign_add(tf.ones([300, 40]))
    with tf.control_dependencies([written]):
        after = tf.transpose(v.read_value())
    assert kernels(plan_of([before, after]), "transpose") == 2
    with session() as sess:
        sess.run(v.initializer)
        first, second = sess.run([before, after])
        np.testing.assert_array_equal(second, first + 1)


def test_a_host_step_may_have_written_a_variable() -> None:
    v = tf.Variable(numbers(300, 40), use_resource=False)
    before = tf.transpose(v.read_value())
    with tf.control_dependencies([before]):
        counted = tf.py_func(lambda: np.float32(0), [], tf.float32)
    with tf.control_dependencies([counted]):
        after = tf.transpose(v.read_value())
    assert kernels(plan_of([before, after]), "transpose") == 2


def test_draws_are_not_shared() -> None:
    a, b = tf.random_normal([999], seed=3), tf.random_normal([999], seed=3)
    with session() as sess:
        first, second = sess.run([a, b])
    np.testing.assert_array_equal(first, second)  # by their seeds
    assert kernels(plan_of([a, b]), "random") == 2 * kernels(plan_of([a]), "random")


def test_attributes_tell_calls_apart() -> None:
    x = tf.placeholder(tf.float32, [30, 40, 50])
    orders: list[Any] = [[0, 2, 1], [1, 0, 2], [2, 1, 0], [0, 2, 1]]
    made = [tf.transpose(x, order) for order in orders]
    with session() as sess:
        value = numbers(30, 40, 50)
        for order, result in zip(orders, sess.run(made, {x: value}), strict=True):
            np.testing.assert_array_equal(result, value.transpose(order))
