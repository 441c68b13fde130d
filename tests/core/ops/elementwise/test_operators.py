"""Tensor's operators: strict types, numbers on either side, objects that know tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import graphflow as tf


def _run(fetches: Any, feeds: Any = None) -> Any:
    with tf.Session() as session:
        return session.run(fetches, feeds)


def test_a_number_takes_the_tensors_type() -> None:
    x = tf.constant([1.0, 2.0], tf.float64)
    for result in (x + 1, 1 + x, x * 2.5, 2.5 / x, x**2, np.float32(3) * x, 1 - x):
        assert result.dtype == tf.float64


def test_an_array_on_the_left_leaves_the_operator_to_the_tensor() -> None:
    result = np.array([1.0, 2.0], np.float32) * tf.constant([3.0, 4.0])
    assert isinstance(result, tf.Tensor)
    np.testing.assert_array_equal(_run(result), [3.0, 8.0])


def test_types_are_not_promoted() -> None:
    x, n = tf.constant(1.0), tf.constant(1)
    message = "Input 'y' of 'AddV2' Op has type int32 that does not match type float32 of arg"
    with pytest.raises(TypeError, match=message):
        x + n
    with pytest.raises(TypeError, match="x and y must have the same dtype"):
        x / n
    with pytest.raises(TypeError):
        n + 1.5
    with pytest.raises(TypeError):
        1.5 + n


def test_division_follows_python() -> None:
    n = tf.constant([-7, 7])
    assert (n / 2).dtype == tf.float64
    assert (tf.constant([7], tf.int8) / tf.constant([2], tf.int8)).dtype == tf.float32
    results = _run([n / 2, n // 2, n % 2, tf.div(n, 2), tf.truncatediv(n, 2), tf.truncatemod(n, 2)])
    expected = [[-3.5, 3.5], [-4, 3], [1, 1], [-4, 3], [-3, 3], [-1, 1]]
    for result, values in zip(results, expected, strict=True):
        np.testing.assert_array_equal(result, values)
    with pytest.raises(TypeError, match="Invalid dtype"):
        tf.truediv(tf.constant(True), tf.constant(False))
    assert tf.divide(7, 2) == 3.5


def test_an_object_with_the_reflected_operator_is_asked() -> None:
    class Knowing:
        def __radd__(self, other: Any) -> str:
            return "knows"

        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            raise TypeError("no array")

    assert tf.constant(1.0) + Knowing() == "knows"
    with pytest.raises(TypeError):
        tf.constant(1.0) - Knowing()


def test_none_is_no_operand() -> None:
    with pytest.raises(ValueError, match="None values not supported"):
        tf.constant(1.0) + None


def test_inversion_takes_bools_only() -> None:
    with pytest.raises(TypeError):
        ~tf.constant(1)


def test_equality_is_identity() -> None:
    x, y = tf.constant(1), tf.constant(1)
    assert x == x
    assert x != y
    assert len({x, y, x}) == 2


def test_a_variable_has_the_operators() -> None:
    v = tf.Variable([1.0, 2.0])
    with tf.Session() as session:
        session.run(v.initializer)
        np.testing.assert_array_equal(session.run(2.0 * v - v / 2.0), [1.5, 3.0])


def test_incompatible_shapes_are_refused_when_built_and_when_run() -> None:
    with pytest.raises(ValueError, match="Dimensions must be equal, but are 2 and 3 for 'add'"):
        tf.constant([1, 2]) + tf.constant([1, 2, 3])
    x = tf.placeholder(tf.int32)
    with pytest.raises(tf.errors.InvalidArgumentError, match="add"):
        _run(x + tf.constant([1, 2, 3]), {x: [1, 2]})


@pytest.mark.parametrize("function", [tf.floordiv, tf.floormod, tf.truncatediv, tf.truncatemod])
def test_integers_cannot_be_divided_by_zero(function: Any) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="Integer division by zero"):
        _run(function(tf.constant([1, 2]), tf.constant([1, 0])))


def test_complex_numbers_have_no_whole_quotient() -> None:
    with pytest.raises(tf.errors.UnimplementedError, match="complex128"):
        _run(tf.constant(1j) // 2)


def test_integers_have_no_negative_powers() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="negative integer powers"):
        _run(tf.pow(2, -1))


def test_operators_of_another_graph() -> None:
    x = tf.constant(1.0)
    with tf.Graph().as_default():
        y = x * 2.0
        assert y.graph is x.graph
        with pytest.raises(ValueError, match="graph"):
            x + tf.constant(1.0)
