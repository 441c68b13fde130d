"""Shapes of one run, and what is evaluated because it depends on them alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from core.native import assert_same_numbers, interpret, op_names, program_of, rewritten

import graphflow as tf
from graphflow.core.program.build import build_program
from graphflow.core.program.program import verify


def specialized(fetches: Any, feeds: list[Any], *shapes: tuple[int, ...]) -> Any:
    program = program_of(fetches, feeds, shapes)
    verify(program)
    return program


def shape_of_result(program: Any, index: int = 0) -> tuple[int, ...] | None:
    value = program.results[index]
    return program.nodes[value.node].output_shapes[value.output]


def test_arithmetic_of_shapes_is_evaluated() -> None:
    x = tf.placeholder(tf.float32, [None, 4, 3])
    size = tf.shape(x)
    flat = tf.reshape(x, tf.stack([size[0], size[1] * size[2]]))
    program = specialized(flat, [x], (5, 4, 3))
    assert op_names(program) == ["Reshape"]
    assert shape_of_result(program) == (5, 12)
    assert_same_numbers(build_program([flat], [], [x]), program, [np.ones((5, 4, 3), np.float32)])


def test_constants_are_folded() -> None:
    x = tf.placeholder(tf.float32, [2])
    y = x * tf.exp(tf.constant([1.0, 2.0]) * 2.0)
    program = specialized(y, [x], (2,))
    assert op_names(program) == ["Mul"]
    assert_same_numbers(build_program([y], [], [x]), program, [np.ones(2, np.float32)])


def test_large_constants_are_not() -> None:
    x = tf.placeholder(tf.float32, [])
    assert op_names(specialized(x * tf.ones([300, 300]), [x], ())) == ["Fill", "Mul"]


@pytest.mark.parametrize("make", [tf.random_uniform, tf.random_normal])
def test_draws_are_not(make: Any) -> None:
    assert len(op_names(specialized(make([2], seed=1), []))) >= 1


def test_variables_and_python_functions_are_not() -> None:
    v = tf.Variable([1.0], use_resource=False)
    y = tf.py_func(lambda: np.float32(1), [], tf.float32)
    assert op_names(specialized([v + 1.0, y], [])) == ["Identity", "PyFunc", "AddV2"]


def test_what_depends_on_values_is_unknown_and_so_is_what_reads_it() -> None:
    x = tf.placeholder(tf.float32, [None])
    picked = tf.boolean_mask(x, x > 0.0)
    program = specialized([picked * 2.0, x * 2.0], [x], (4,))
    assert shape_of_result(program, 0) is None
    assert shape_of_result(program, 1) == (4,)


def test_an_error_in_a_constant_comes_when_it_runs() -> None:
    x = tf.placeholder(tf.float32, [2])
    bad = tf.gather(tf.constant([1.0, 2.0]), tf.placeholder_with_default([5], [1]), name="culprit")
    program = specialized(x + bad, [x], (2,))
    with pytest.raises(tf.errors.InvalidArgumentError, match="culprit"):
        interpret(program, [np.ones(2, np.float32)])


def test_shapes_that_do_not_fit_are_an_error_of_the_run() -> None:
    a, b = tf.placeholder(tf.float32, [None, None]), tf.placeholder(tf.float32, [None, None])
    program = specialized(tf.matmul(a, b, name="culprit"), [a, b], (2, 3), (2, 3))
    assert shape_of_result(program) is None
    arrays = [np.ones((2, 3), np.float32)] * 2
    with pytest.raises(tf.errors.InvalidArgumentError, match="Matrix size-incompatible"):
        interpret(program, arrays)


def test_a_folded_node_waits_for_what_it_would_have_read() -> None:
    """A size of a value that cannot be computed fails as well."""
    x, i = tf.placeholder(tf.float32, [3]), tf.placeholder(tf.int32, [None])
    size = tf.size(tf.gather(x, i, name="culprit"))
    program = rewritten(specialized(size, [x, i], (3,), (2,)))
    with pytest.raises(tf.errors.InvalidArgumentError, match="culprit"):
        interpret(program, [np.ones(3, np.float32), np.array([0, 9], np.int32)])
