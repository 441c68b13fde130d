"""Programs: pruning, order, freezing, and the checks that passes must keep."""

from __future__ import annotations

import dataclasses

import pytest

import graphflow as tf
from graphflow.core.program.build import build_program
from graphflow.core.program.program import Value, verify


def _types(program):
    return [node.op.name for node in program.nodes]


def test_only_what_is_needed_and_not_fed_is_kept():
    x = tf.placeholder(tf.float32, name="x")
    hidden = tf.exp(x)
    y = hidden + 1.0
    tf.negative(y)
    assert _types(build_program([y], [], [x])) == ["_Arg", "Exp", "Const", "AddV2"]
    assert _types(build_program([y], [], [hidden])) == ["_Arg", "Const", "AddV2"]
    verify(build_program([y], [hidden.op], [x]))


def test_a_fed_fetch_is_its_own_result():
    x = tf.placeholder(tf.float32)
    program = build_program([x], [], [x])
    assert program.results == (Value(0, 0),)


def test_reads_come_before_updates_built_after_them():
    v = tf.Variable(1.0)
    read = v + 1.0
    update = v.assign(5.0)
    names = [node.name for node in build_program([update, read], [], []).nodes]
    assert names.index(read.op.name) < names.index(update.op.name)


def test_programs_are_frozen_and_print_themselves():
    program = build_program([tf.constant(1.0, name="one") + 2.0], [], [])
    with pytest.raises(dataclasses.FrozenInstanceError):
        program.nodes = ()
    assert "= AddV2(%0, %1) : float32" in str(program)
    assert str(program).endswith("return %2")


def test_verify_reports_a_node_that_reads_what_is_not_there():
    program = build_program([tf.constant(1.0) + 2.0], [], [])
    broken = dataclasses.replace(program, nodes=program.nodes[::-1])
    with pytest.raises(AssertionError, match="which runs after it"):
        verify(broken)


def test_initial_values_that_no_loop_needs_are_not_computed() -> None:
    """A placeholder behind a loop variable that nobody reads is not asked for."""
    unfed = tf.placeholder(tf.float32, [])
    i, product, total = tf.while_loop(
        lambda i, x, total: i < 3,
        lambda i, x, total: (i + 1, x * unfed, total + 2.0),
        [0, unfed, 1.0],
    )
    second = tf.while_loop(lambda j, s: j < i, lambda j, s: (j + 1, s + total), [0, 0.0])
    with tf.Session() as session:
        assert session.run([i, total]) == [3, 7.0]
        assert session.run(second[1]) == 21.0
        with pytest.raises(tf.errors.InvalidArgumentError, match="must feed a value"):
            session.run(product)
