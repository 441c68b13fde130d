"""Assert, Print and tuple."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

import graphflow as tf


def test_assert() -> None:
    condition = tf.placeholder(tf.bool)
    data = ["x is", [1, 2, 3, 4], [[1.0, 2.0], [3.0, 4.0]]]
    check = tf.Assert(condition, data)
    with tf.Session() as session:
        session.run(check, {condition: True})
        with pytest.raises(
            tf.errors.InvalidArgumentError,
            match=r"assertion failed: \[x is\] \[1 2 3\.\.\.\] \[\[1 2\]\[3\.\.\.\]\.\.\.\]",
        ):
            session.run(check, {condition: False})
        with pytest.raises(tf.errors.InvalidArgumentError, match="should be a scalar"):
            session.run(check, {condition: [True]})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.arange(5), "[0 1 2...]"),
        (np.float32([1.5, 1e20, 1 / 3]), "[1.5 1e+20 0.333333343]"),
        (np.float64(1 / 3), "[0.33333333333333331]"),
        (np.arange(8).reshape(2, 2, 2), "[[[0 1][2...]]...]"),
        (np.array([True, False]), "[1 0]"),
        (np.array([b"a", b"bc"]), "[a bc]"),
        (np.zeros([0]), "[]"),
    ],
)
def test_print(value: Any, text: str, capfd: Any) -> None:
    node = tf.Print(tf.constant(7), [tf.constant(value), 1], "is: ", first_n=1)
    with tf.Session() as session:
        assert [session.run(node) for _ in range(3)] == [7, 7, 7]
    assert capfd.readouterr().err == f"is: {text}[1]\n"


def test_print_v2(capfd: Any, tmp_path: Any) -> None:
    v = tf.Variable(3.14)
    sparse = tf.SparseTensor([[0, 0]], [1], [1, 1])
    numbers = tf.range(10)
    nodes = [
        tf.print("{}:", {"b": [numbers, 3], "a": v}, sep=" | "),
        tf.print(tf.constant("hi"), end="<end>\n", output_stream=sys.stdout),
        tf.print([sparse], numbers, summarize=1, name="named"),
        tf.print(numbers, output_stream=f"file://{tmp_path}/out"),
    ]
    with tf.Session() as session:
        session.run(v.initializer)
        for node in nodes:
            session.run(node)
    out, err = capfd.readouterr()
    assert out == "hi<end>\n"
    first, second = err.splitlines()
    assert first == "{}: | {'a': 3.14, 'b': [[0 1 2 ... 7 8 9], 3]}"
    assert second == "['SparseTensor(indices=[[0 0]], values=[1], shape=[1 1])'] [0 ... 9]"
    assert (tmp_path / "out").read_text() == "[0 1 2 ... 7 8 9]\n"
    assert nodes[2].name == "named"
    with pytest.raises(ValueError, match="Unsupported output stream"):
        tf.print(1, output_stream="nowhere")
    with pytest.raises(ValueError, match="Unrecognized keyword"):
        tf.print(1, color="red")


def test_print_passes_gradients_on() -> None:
    x = tf.constant(2.0)
    with tf.Session() as session:
        assert session.run(tf.gradients(tf.Print(x * x, [x], first_n=0), x)) == [4.0]


def test_tuple_gates_every_value() -> None:
    v = tf.Variable(0.0)
    x = tf.constant(1.0)
    slices = tf.IndexedSlices(x, tf.constant([0]))
    update = v.assign_add(1.0)
    one, none, same, op = tf.tuple([x, None, slices, tf.no_op()], control_inputs=[update])
    assert none is None
    assert isinstance(same, tf.IndexedSlices)
    with tf.Session() as session:
        session.run(v.initializer)
        for fetch in (one, op, same):
            session.run(fetch)
        assert session.run(v) == 3.0
    with pytest.raises(ValueError, match="at least one Tensor"):
        tf.tuple([None])
    with pytest.raises(TypeError, match="Control input must be"):
        tf.tuple([x], control_inputs=[1.0])
