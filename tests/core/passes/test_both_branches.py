"""Branches of which both are computed, and those that only run when they are taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from core.native import host_ops, interpret, op_names, plan_of, program_of, session

import graphflow as tf
from graphflow.core.passes import both_branches
from graphflow.core.program.build import build_program

X = np.array([1.0, -2.0, 3.0], np.float32)


def chosen(then: Callable[[Any], Any], otherwise: Callable[[Any], Any]) -> list[str]:
    """The ops of a choice between two functions of three numbers; checks what it gives."""
    x, pred = tf.placeholder(tf.float32, [3]), tf.placeholder(tf.bool, [])
    y = tf.cond(pred, lambda: then(x), lambda: otherwise(x))
    program = program_of(y, [x, pred])
    for value in (True, False):
        wanted = interpret(build_program([y], [], [x, pred]), [X, np.array(value)])
        found = interpret(program, [X, np.array(value)])
        np.testing.assert_allclose(found[0], wanted[0], rtol=1e-6)
    return op_names(program)


def test_cheap_branches_are_both_computed() -> None:
    assert chosen(tf.exp, tf.negative) == ["Exp", "Neg", "SelectV2"]


def test_what_both_give_is_not_chosen() -> None:
    x, pred = tf.placeholder(tf.float32, [3]), tf.placeholder(tf.bool, [])
    made = tf.cond(pred, lambda: [x, tf.exp(x)], lambda: [x, tf.tanh(x)])
    assert op_names(program_of(made, [x, pred])).count("SelectV2") == 1


STAYS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "what may fail": (tf.exp, lambda x: tf.gather(x, [0, 1, 2])),
    "a check": (tf.exp, lambda x: tf.check_numerics(x, "bad")),
    "other shapes": (tf.exp, lambda x: x[:2]),
    "strings": (tf.as_string, lambda x: tf.constant(["a"] * 3)),
    "a loop": (tf.exp, lambda x: tf.while_loop(lambda v: v[0] < 9, lambda v: (v + 1,), [x])),
    "a function of the user's": (tf.exp, lambda x: tf.py_func(np.exp, [x], tf.float32)),
    "random numbers": (tf.exp, lambda x: x + tf.random_uniform([3], seed=1) * 0.0),
}


@pytest.mark.parametrize("name", STAYS)
def test_other_branches_stay(name: str) -> None:
    x, pred = tf.placeholder(tf.float32, [3]), tf.placeholder(tf.bool, [])
    then, otherwise = STAYS[name]
    y = tf.cond(pred, lambda: then(x), lambda: otherwise(x))
    assert "If" in op_names(program_of(y, [x, pred]))


def test_branches_with_effects_stay() -> None:
    pred, v = tf.placeholder(tf.bool, []), tf.Variable(1.0)
    y = tf.cond(pred, lambda: v.assign_add(1.0), lambda: tf.identity(v))
    with session() as sess:
        sess.run(v.initializer)
        assert [sess.run(y, {pred: p}) for p in (True, False, False, True)] == [2, 2, 2, 3]


@pytest.mark.parametrize(("size", "is_cheap"), [(10, True), (300, False)])
def test_expensive_branches_stay(size: int, is_cheap: bool) -> None:
    x, pred = tf.placeholder(tf.float32, [size, size]), tf.placeholder(tf.bool, [])
    y = tf.cond(pred, lambda: tf.matmul(x, x), lambda: x)
    assert ("If" not in op_names(program_of(y, [x, pred]))) == is_cheap


def test_convolutions_are_expensive(monkeypatch) -> None:
    x, pred = tf.placeholder(tf.float32, [1, 4, 4, 1]), tf.placeholder(tf.bool, [])
    kernel = tf.ones([1, 1, 1, 1])
    y = tf.cond(pred, lambda: tf.nn.conv2d(x, kernel, [1, 1, 1, 1], "SAME"), lambda: x)
    assert "If" in op_names(program_of(y, [x, pred]))
    monkeypatch.setattr(both_branches, "_MOST_WORK", np.inf)
    assert "If" not in op_names(program_of(y, [x, pred]))


def test_what_is_not_taken_may_be_no_number() -> None:
    x = tf.placeholder(tf.float32, [])
    y = tf.cond(x > 0, lambda: tf.log(x), lambda: x)
    slope = tf.gradients(y, x)[0]
    assert host_ops(plan_of([y, slope], [x])) == []
    with session() as sess:
        assert sess.run([y, slope], {x: -2.0}) == [-2.0, 1.0]
        assert sess.run([y, slope], {x: 1.0}) == [0.0, 1.0]


@pytest.mark.parametrize("use_resource", [False, True])
def test_gradients_of_variables(use_resource: bool) -> None:
    pred = tf.placeholder(tf.bool, [])
    v = tf.Variable(X, use_resource=use_resource)
    y = tf.cond(pred, lambda: tf.reduce_sum(tf.exp(v) * v), lambda: tf.reduce_sum(tf.tanh(v)))
    slope = tf.gradients(y, v)[0]
    assert host_ops(plan_of([y, slope], [pred])) == []
    with session() as sess:
        sess.run(v.initializer)
        np.testing.assert_allclose(
            sess.run(slope, {pred: True}), np.exp(X) * X + np.exp(X), rtol=1e-6
        )
        np.testing.assert_allclose(
            sess.run(slope, {pred: False}), 1 - np.tanh(X) ** 2, rtol=1e-5, atol=1e-6
        )


def test_a_variable_that_is_only_read_when_it_has_a_value() -> None:
    v = tf.Variable(X, use_resource=False)
    y = tf.cond(tf.is_variable_initialized(v), lambda: v.read_value(), lambda: tf.zeros([3]))
    with session() as sess:
        np.testing.assert_array_equal(sess.run(y), [0, 0, 0])
        sess.run(v.initializer)
        np.testing.assert_array_equal(sess.run(y), X)


def test_learning_rates_by_step_are_planned() -> None:
    step, v = tf.Variable(0, trainable=False), tf.Variable(X)
    rate = tf.train.piecewise_constant(step, [3, 5], [1.0, 0.5, 0.25])
    update = tf.train.GradientDescentOptimizer(rate).minimize(tf.reduce_sum(v), step)
    assert host_ops(plan_of([rate, update])) == ["Assert"]  # that one step has one rate
    with session() as sess:
        sess.run(tf.global_variables_initializer())
        rates = [sess.run([rate, update])[0] for _ in range(8)]
        assert rates == [1.0] * 4 + [0.5] * 2 + [0.25] * 2


def test_static_rnn_with_lengths_is_planned_as_a_whole() -> None:
    x, ends = tf.placeholder(tf.float32, [4, 5, 3]), tf.placeholder(tf.int32, [4])
    cell = tf.nn.rnn_cell.BasicLSTMCell(6)
    outputs, _ = tf.nn.static_rnn(
        cell, tf.unstack(x, axis=1), dtype=tf.float32, sequence_length=ends
    )
    loss = tf.reduce_sum(tf.square(outputs[-1]))
    step = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    assert host_ops(plan_of([loss, step], [x, ends])) == []
