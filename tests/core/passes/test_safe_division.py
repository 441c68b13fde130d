"""Divisions of integers by constants without zeros: marked, fused, dropped; others left alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from core import native
from core.native import assert_same_numbers, host_ops, op_names, plan_of, program_of, rewritten

import graphflow as tf
from graphflow.core.ops.elementwise.division import NONZERO
from graphflow.core.passes.safe_division import mark_safe_divisions

DIVISIONS = [tf.floordiv, tf.floormod, tf.truncatediv, tf.truncatemod]


def marks(fetches: Any, *feeds: Any) -> list[bool]:
    """For each division of a program, whether it is marked."""
    program = mark_safe_divisions(program_of(fetches, feeds))
    divisions = ("FloorDiv", "FloorMod", "TruncateDiv", "TruncateMod")
    return [node.attrs.get(NONZERO, False) for node in program.nodes if node.op.name in divisions]


@pytest.mark.parametrize("divide", DIVISIONS)
def test_divisors_that_are_known(divide: Any) -> None:
    x, y = tf.placeholder(tf.int32, [3]), tf.placeholder(tf.int32, [3])
    assert marks(divide(x, 7), x) == [True]
    assert marks(divide(x, [7, -1, 2]), x) == [True]
    assert marks(divide(x, tf.constant(5) - 2), x) == [True]
    assert marks(divide(x, [7, 0, 2]), x) == [False]
    assert marks(divide(x, 0), x) == [False]
    assert marks(divide(x, y), x, y) == [False]
    assert marks(divide(7, y), y) == [False]


def test_floats_need_no_mark() -> None:
    x = tf.placeholder(tf.float32, [3])
    assert marks(x // 2.0, x) == [False]


def test_a_division_joins_its_neighbours() -> None:
    x = tf.placeholder(tf.int64, [5, 3])
    y = (x + 1) // 2 * tf.constant([1, 2, 3], tf.int64) % [5, 7, -11]
    plan = plan_of(y, [x])
    assert [call.kernel.name for group in plan.groups for call in group.calls] == [
        "AddV2+FloorDiv+Mul+FloorMod"
    ]
    with native.session() as sess:
        given = np.arange(-7, 8).reshape(5, 3)
        wanted = (given + 1) // 2 * [1, 2, 3] % [5, 7, -11]
        np.testing.assert_array_equal(sess.run(y, {x: given}), wanted)


def test_a_counter_modulo_a_constant_is_part_of_the_step() -> None:
    step = tf.train.get_or_create_global_step()
    with tf.control_dependencies([step.assign_add(1)]):
        is_due = tf.equal(step.read_value() % 3, 0)
    assert host_ops(plan_of(is_due)) == []
    with native.session() as sess:
        sess.run(tf.global_variables_initializer())
        assert [bool(sess.run(is_due)) for _ in range(6)] == [False, False, True] * 2


@pytest.mark.parametrize("divisor", [[4, 2], [0, 2]])
def test_nobody_waits_for_what_cannot_fail(divisor: list[int]) -> None:
    x = tf.placeholder(tf.int32, [2])
    with tf.control_dependencies([x // divisor]):
        y = tf.identity(x) + 1
    before = program_of(y, [x])
    after = rewritten(before)
    assert ("FloorDiv" in op_names(after)) == (0 in divisor)
    if 0 in divisor:
        with native.session() as sess:
            with pytest.raises(tf.errors.InvalidArgumentError, match="division by zero"):
                sess.run(y, {x: [1, 2]})
    else:
        assert_same_numbers(before, after, [np.array([1, 2], np.int32)])


def test_a_power_of_integers_is_waited_for() -> None:
    """It fails for exponents below zero."""
    x = tf.placeholder(tf.int32, [2])
    with tf.control_dependencies([tf.pow(x, x)]):
        y = tf.identity(x)
    assert "Pow" in op_names(rewritten(program_of(y, [x])))
