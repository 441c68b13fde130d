"""Loops of known length and branches that are known become part of the program."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from core.native import assert_same_numbers, interpret, op_names, program_of, rewritten

import graphflow as tf
from graphflow.core.passes import inline
from graphflow.core.program.build import build_program
from graphflow.core.program.program import Program, verify

RANDOM = np.random.default_rng(0)
CONTROL = {"While", "If", "TensorListReserve", "TensorListStack", "TensorListPushBack"}


def specialized(fetches: Any, *feeds: Any) -> Program:
    """The program, specialized, which must not change a number; nor do the other passes."""
    fetches = fetches if isinstance(fetches, list) else [fetches]
    after = program_of(fetches, feeds)
    verify(after)
    arrays = [RANDOM.random(x.shape.as_list()).astype(x.dtype.as_numpy_dtype) for x in feeds]
    before = build_program(fetches, [], list(feeds))
    assert_same_numbers(before, after, arrays, rtol=1e-5)
    assert_same_numbers(before, rewritten(after), arrays, rtol=1e-5)
    return after


def test_a_loop_of_known_length_is_unrolled() -> None:
    x = tf.placeholder(tf.float32, [3])
    _, y = tf.while_loop(lambda i, _: i < 4, lambda i, v: (i + 1, tf.tanh(v) + 1.0), [0, x])
    assert op_names(specialized(y, x)) == ["Tanh", "AddV2"] * 4


def test_the_counter_is_a_constant_each_time() -> None:
    x = tf.placeholder(tf.float32, [3])
    _, y = tf.while_loop(
        lambda i, _: i < 3, lambda i, v: (i + 1, v * tf.cast(i, tf.float32)), [1, x]
    )
    assert op_names(specialized(y, x)) == ["Mul"] * 2


def test_a_loop_of_no_trip() -> None:
    x = tf.placeholder(tf.float32, [3])
    _, y = tf.while_loop(lambda i, _: i < 0, lambda i, v: (i + 1, v * 2.0), [0, x])
    assert op_names(specialized(y + 1.0, x)) == ["AddV2"]


def test_a_loop_that_ends_by_its_values_stays() -> None:
    x = tf.placeholder(tf.float32, [])
    y = tf.while_loop(lambda v: v < 10.0, lambda v: (v + 1.0) * 2.0, [x])
    assert op_names(specialized(y, x)) == ["While"]


@pytest.mark.parametrize(("name", "limit"), [("MAX_TRIPS", 3), ("MAX_NODES", 10)])
def test_a_loop_that_is_too_long_stays(monkeypatch, name: str, limit: int) -> None:
    monkeypatch.setattr(inline, name, limit)
    x = tf.placeholder(tf.float32, [3])
    _, y = tf.while_loop(lambda i, _: i < 8, lambda i, v: (i + 1, tf.tanh(v)), [0, x])
    assert op_names(specialized(y, x)) == ["While"]


def test_loops_in_loops() -> None:
    x = tf.placeholder(tf.float32, [3])

    def outer(i: Any, v: Any) -> Any:
        _, inner = tf.while_loop(lambda j, _: j < i + 1, lambda j, u: (j + 1, tf.tanh(u)), [0, v])
        return i + 1, inner

    _, y = tf.while_loop(lambda i, _: i < 3, outer, [0, x])
    assert op_names(specialized(y, x)) == ["Tanh"] * 6


def test_the_gradient_of_a_loop_reads_what_the_loop_has_computed() -> None:
    x = tf.placeholder(tf.float32, [3])
    _, y = tf.while_loop(lambda i, _: i < 3, lambda i, v: (i + 1, tf.sin(v) * v), [0, x])
    names = op_names(specialized([y, *tf.gradients(y, x)], x))
    assert not CONTROL.intersection(names) and names.count("Sin") == 3


def test_tensor_arrays_are_taken_apart() -> None:
    rows = tf.placeholder(tf.float32, [5, 3])
    sums = tf.scan(lambda total, row: tf.tanh(total + row), rows)
    names = op_names(specialized([sums, *tf.gradients(sums, rows)], rows))
    assert not any(name.startswith("TensorList") for name in names)
    assert not CONTROL.intersection(names)


def test_map_fn_and_a_stack_in_another_order() -> None:
    rows = tf.placeholder(tf.float32, [4, 3])
    array = tf.TensorArray(tf.float32, 4).unstack(rows)
    picked = array.gather([3, 1])
    mapped = tf.map_fn(lambda row: tf.reduce_sum(row) * 2.0, rows)
    names = op_names(specialized([picked, mapped], rows))
    assert not any(name.startswith("TensorList") for name in names)


def test_a_branch_that_is_known_is_taken() -> None:
    x = tf.placeholder(tf.float32, [None, 3])
    y = tf.cond(tf.shape(x)[0] > 2, lambda: tf.exp(x), lambda: tf.negative(x))
    for rows, name in ((3, "Exp"), (2, "Neg")):
        program = program_of(y, [x], [(rows, 3)])
        assert op_names(program) == [name]
        array = np.ones((rows, 3), np.float32)
        assert_same_numbers(build_program([y], [], [x]), program, [array])


def test_a_branch_that_depends_on_values_stays() -> None:
    x = tf.placeholder(tf.float32, [3])
    y = tf.cond(tf.reduce_sum(x) > 0.0, lambda: tf.exp(x), lambda: tf.gather(x, [0, 1, 2]))
    assert op_names(specialized(y, x)) == ["Sum", "Greater", "If"]


def test_updates_in_a_loop_keep_their_order() -> None:
    v = tf.Variable(np.float32(1.0), name="v", use_resource=False)

    def body(i: Any, total: Any) -> Any:
        with tf.control_dependencies([total]):
            update = v.assign(v * 2.0 + tf.cast(i, tf.float32))
        with tf.control_dependencies([update]):
            return i + 1, total + v.read_value()

    _, y = tf.while_loop(lambda i, _: i < 4, body, [0, 0.0])
    program = program_of([y])
    assert "While" not in op_names(program)
    assert op_names(program).count("Assign") == 4


def test_effects_in_a_loop_happen_though_nobody_waits_for_them() -> None:
    called: list[int] = []

    def body(i: Any) -> Any:
        with tf.control_dependencies([tf.py_func(lambda n: called.append(int(n)), [i], [])]):
            return tf.identity(i) + 1

    last = tf.while_loop(lambda i: i < 3, body, [0])
    program = rewritten(program_of(last))
    assert op_names(program) == ["PyFunc"] * 3
    interpret(program)
    assert called == [0, 1, 2]
