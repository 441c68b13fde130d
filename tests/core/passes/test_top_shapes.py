"""The shapes of what the body of a loop's gradient pops from its stacks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import graphflow as tf
from graphflow.core.ops.control import shape_input
from graphflow.core.ops.control.tensor_list import tensor_list_pop_back_op
from graphflow.core.passes.pipeline import run_passes
from graphflow.core.program.build import build_program


def test_an_element_has_the_shape_of_the_last_one() -> None:
    stack = tf.placeholder(tf.variant, [])
    _, popped = tensor_list_pop_back_op(stack, shape_input([None, 3]), element_dtype=tf.float32)
    program = build_program([tf.tanh(popped)], [], [stack])
    (result,) = run_passes(program, [()]).results
    assert run_passes(program, [()]).nodes[result.node].output_shapes == (None,)
    rewritten = run_passes(program, [()], [(5, 3)])
    assert rewritten.nodes[rewritten.results[0].node].output_shapes == ((5, 3),)


def slope(x: Any, count: Any, value: np.ndarray, steps: int) -> list[Any]:
    _, y = tf.while_loop(lambda i, y: i < count, lambda i, y: (i + 1, tf.sin(y) * x), [0, x])
    (dx,) = tf.gradients(y, x)
    with tf.Session() as session:
        return [session.run(dx, {x: v, count: steps}) for v in (value, value[:2], value)]


def test_plans_are_made_for_each_of_these_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    value = np.linspace(0.1, 1, 12, dtype=np.float32).reshape(4, 3)
    x, count = tf.placeholder(tf.float32, [None, 3]), tf.placeholder(tf.int32, [])
    expected = slope(x, count, value, 4)
    monkeypatch.setenv("GRAPHFLOW_JIT", "now")
    for found, wanted in zip(slope(x, count, value, 4), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-5)
