"""py_func: values in and out, and errors of the user's function; custom_gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import graphflow as tf


@pytest.fixture
def session() -> Any:
    with tf.Session() as session:
        yield session


@pytest.mark.parametrize("stateful", [True, False])
def test_values(session: Any, stateful: bool) -> None:
    def function(x: Any, text: Any) -> Any:
        assert isinstance(x, np.float32)  # scalars as TF1 passes them
        assert text == b"a"
        return np.float32([x, 2 * x]), b"out"

    result = tf.py_func(function, [2.0, "a"], [tf.float32, tf.string], stateful=stateful)
    values, text = session.run(result)
    np.testing.assert_array_equal(values, [2.0, 4.0])
    assert text == b"out"
    assert result[0].shape.ndims is None


def test_the_function_may_change_its_arguments(session: Any) -> None:
    x = tf.constant([1.0, 2.0])

    def double(array: Any) -> Any:
        array *= 2
        return array

    assert [list(v) for v in session.run([tf.py_func(double, [x], tf.float32), x])] == [
        [2.0, 4.0],
        [1.0, 2.0],
    ]


def raises_value_error() -> Any:
    raise ValueError("mine")


@pytest.mark.parametrize(
    ("function", "types", "error", "message"),
    [
        (raises_value_error, tf.float32, tf.errors.InvalidArgumentError, "ValueError: mine"),
        (lambda: 1 / 0, tf.float32, tf.errors.UnknownError, "ZeroDivisionError"),
        (lambda: "a", tf.float32, tf.errors.InvalidArgumentError, "is string, but expects float"),
        (lambda: 1, tf.float32, tf.errors.InvalidArgumentError, "is int64, but expects float"),
        (lambda: (1, 2), [tf.int64], tf.errors.InvalidArgumentError, "returns 2 values, but"),
        (lambda: {"a": 1}, tf.int64, tf.errors.InternalError, "Unsupported object type dict"),
        (
            lambda: np.array([], [("a", np.float32)]),
            tf.float32,
            tf.errors.InternalError,
            "Unsupported numpy data type",
        ),
    ],
)
def test_errors(
    session: Any, function: Callable[[], Any], types: Any, error: type, message: str
) -> None:
    with pytest.raises(error, match=message):
        session.run(tf.py_func(function, [], types))


def test_errors_show_the_users_stack(session: Any) -> None:
    def outer() -> Any:
        return raises_value_error()

    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        session.run(tf.py_func(outer, [], tf.float32))
    message = str(caught.value)
    assert message.index("in outer") < message.index("in raises_value_error")
    assert 'raise ValueError("mine")' in message and "in _call" not in message


def test_a_function_without_results_is_an_operation(session: Any) -> None:
    seen: list[float] = []
    note = tf.py_func(lambda x: seen.append(float(x)), [2.0], [], name="note")
    assert isinstance(note, tf.Operation) and note.inputs[0].name == "note/input_0:0"
    assert session.run(note) is None
    assert seen == [2.0]
    assert tf.py_func(seen.append, [2.0], [], stateful=False) == []


def test_not_callable() -> None:
    with pytest.raises(ValueError, match="Expected func to be callable"):
        tf.py_func(1, [], tf.float32)


def test_custom_gradient(session: Any) -> None:
    @tf.custom_gradient
    def clipped(x: Any) -> Any:
        return x * x, lambda dy: dy * 100.0

    x = tf.constant(3.0)
    y = clipped(x)
    assert session.run([y, tf.gradients(y, x)[0]]) == [9.0, 100.0]
    inside = tf.while_loop(lambda a: a < 50.0, lambda a: clipped(a), [x])
    assert session.run([inside, tf.gradients(inside, x)[0]]) == [81.0, 10000.0]
    with pytest.raises(ValueError, match="keywords"):
        clipped(x=x)


def test_custom_gradient_of_variables(session: Any) -> None:
    v = tf.get_variable("v", initializer=2.0, use_resource=True)

    @tf.custom_gradient
    def scaled(x: Any) -> Any:
        def grad(dy: Any, variables: Any = None) -> Any:
            assert variables == [v]
            return [dy * 10.0], [dy * 20.0]

        return x * v, grad

    x = tf.constant(3.0)
    y = scaled(x)
    session.run(v.initializer)
    assert session.run([y, *tf.gradients(y, [x, v])]) == [6.0, 10.0, 20.0]


def test_grad_pass_through(session: Any) -> None:
    x = tf.constant(3.0)
    y = tf.grad_pass_through(tf.square)(x)
    assert session.run([y, tf.gradients(y, x)[0]]) == [9.0, 1.0]
