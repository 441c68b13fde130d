"""What nobody needs goes; effects, failures, and what waits for them stay."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from core.native import assert_same_numbers, interpret, op_names, program_of

import graphflow as tf
from graphflow.core.passes.drop_dead import drop_dead
from graphflow.core.program.program import Program, verify


def dropped(fetches: Any, *feeds: Any) -> Program:
    after = drop_dead(program_of(fetches, feeds))
    verify(after)
    return after


def controls_of(program: Program, name: str) -> list[str]:
    """The names of what a node waits for."""
    (node,) = [n for n in program.nodes if n.name == name]
    return [program.nodes[index].name for index in node.controls]


def test_a_wait_for_values_alone_is_dropped() -> None:
    x = tf.placeholder(tf.float32, [3])
    with tf.control_dependencies([tf.exp(x), tf.reduce_sum(x)]):
        y = tf.identity(x) * 2.0
    before = program_of(y, [x])
    assert "Exp" in op_names(before)
    after = dropped(y, x)
    assert op_names(after) == ["Identity", "Mul"]
    assert_same_numbers(before, after, [np.ones(3, np.float32)])


def test_a_wait_for_an_effect_stays_however_far_it_is() -> None:
    x = tf.placeholder(tf.float32, [])
    v = tf.Variable(1.0, name="v", use_resource=False)
    update = v.assign_add(x, name="update")
    behind = tf.exp(tf.identity(update))
    with tf.control_dependencies([tf.group(behind)]):
        y = tf.identity(x, name="y")
    after = dropped(y, x)
    assert op_names(after) == ["AssignAdd", "Identity", "Identity"]
    # The read of the variable is what could fail; it stands behind the update.
    (waits_for,) = controls_of(after, "y")
    index = [n.name for n in after.nodes].index(waits_for)
    assert after.nodes[after.nodes[index].inputs[0].node].name == "update"


def test_a_wait_for_what_can_fail_stays() -> None:
    x, i = tf.placeholder(tf.float32, [3]), tf.placeholder(tf.int32, [2])
    with tf.control_dependencies([tf.gather(x, i, name="may_fail"), tf.exp(x)]):
        y = tf.identity(x, name="y")
    after = dropped(y, x, i)
    assert op_names(after) == ["GatherV2", "Identity"]
    assert controls_of(after, "y") == ["may_fail"]


def test_an_effect_that_is_asked_for_stays() -> None:
    v = tf.Variable(1.0, name="v", use_resource=False)
    updates = [v.assign_add(1.0), v.assign_sub(3.0)]
    program = dropped([update.op for update in updates])
    assert op_names(program) == ["AssignAdd", "AssignSub"]
    variables = {"v": np.float32(1.0).reshape(())}
    interpret(program, [], variables)
    assert variables["v"] == -1.0


def test_arguments_stay_whether_or_not_they_are_read() -> None:
    x, unread = tf.placeholder(tf.float32, [3]), tf.placeholder(tf.float32, [2])
    after = dropped(x + 1.0, x, unread)
    assert [after.nodes[i].name for i in after.args] == ["Placeholder", "Placeholder_1"]


def test_targets_stay() -> None:
    x = tf.placeholder(tf.float32, [3])
    y = tf.exp(x)
    after = dropped([y.op], x)
    assert op_names(after) == ["Exp"]
    assert after.targets == (len(after.nodes) - 1,)


@pytest.mark.parametrize("make", [tf.random_uniform, tf.random_normal, tf.truncated_normal])
def test_a_draw_that_is_waited_for_stays(make: Any) -> None:
    """It moves its generator, as it does when the program is interpreted."""
    x = tf.placeholder(tf.float32, [3])
    with tf.control_dependencies([make([4])]):
        y = tf.identity(x)
    assert len(op_names(dropped(y, x))) == 2


def test_prints_and_python_functions_are_effects() -> None:
    x = tf.placeholder(tf.float32, [])
    called: list[float] = []
    effect = tf.py_func(lambda a: called.append(float(a)), [x], [])
    with tf.control_dependencies([effect]):
        y = tf.identity(x)
    after = dropped(y, x)
    assert op_names(after) == ["PyFunc", "Identity"]
    interpret(after, [np.float32(3)])
    assert called == [3.0]
