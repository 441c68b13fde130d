"""Assertions on values: two tensors compared element by element, or one with zero."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import ops
from ..core.graph.conversion import convert_to_tensor
from ..core.graph.operation import Operation
from ..core.graph.scopes import name_scope
from .static import require, static_value


def _assert_all(
    symbol: str,
    scope: str,
    compare: Callable[..., Any],
    compare_static: Callable[..., Any],
    x: Any,
    y: Any,
    data: Any,
    summarize: int | None,
    message: str | None,
    name: str | None,
) -> Operation:
    """An Assert that `x <symbol> y` everywhere, checked now as well where both are known."""
    with name_scope(name, scope, [x, y, data]):
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, name="y")
        if data is None:
            data = [
                f"Condition x {symbol} y did not hold element-wise:",
                f"x ({x.name}) = ",
                x,
                f"y ({y.name}) = ",
                y,
            ]
        if message is not None:
            data = [message, *data]
        condition = ops.reduction.reduce_all(compare(x, y))
        x_static, y_static = static_value(x), static_value(y)
        if x_static is not None and y_static is not None:
            require(np.all(compare_static(x_static, y_static)), data)
        return ops.control.Assert(condition, data, summarize=summarize)


def assert_equal(
    x: Any,
    y: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Asserts `x == y` for each pair of elements.

    Args:
      x: a tensor.
      y: a tensor of the same type, of a shape that broadcasts with that of `x`.
      data: tensors and strings for the error; by default the condition, `x` and `y`.
      summarize: how many elements of each go into the error; 3 by default.
      message: what the error begins with.
      name: the name scope, by default that of this function.

    Returns:
      An operation for `tf.control_dependencies`, which fails where the condition does not hold.

    Raises:
      InvalidArgumentError: both values are known now, and the condition does not hold.
    """
    # The scope is opened for NoOp alone, and again for the comparison: TF1's nodes are named so.
    with name_scope(name, "assert_equal", [x, y, data]):
        if x is y:
            return ops.control.no_op()
    compare = ops.elementwise.equal
    return _assert_all(
        "==", "assert_equal", compare, np.equal, x, y, data, summarize, message, name
    )


def assert_none_equal(
    x: Any,
    y: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Asserts `x != y` for each pair of elements; see `assert_equal`.

    Args:
      x: a tensor.
      y: a tensor of the same type, of a shape that broadcasts with that of `x`.
      data: tensors and strings for the error.
      summarize: how many elements of each go into the error; 3 by default.
      message: what the error begins with.
      name: the name scope.

    Returns:
      An operation which fails where the condition does not hold.

    Raises:
      InvalidArgumentError: both values are known now, and the condition does not hold.
    """
    compare = ops.elementwise.not_equal
    return _assert_all(
        "!=", "assert_none_equal", compare, np.not_equal, x, y, data, summarize, message, name
    )


def assert_less(
    x: Any,
    y: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Asserts `x < y` for each pair of elements; see `assert_equal`.

    Args:
      x: a tensor of numbers.
      y: a tensor of the same type, of a shape that broadcasts with that of `x`.
      data: tensors and strings for the error.
      summarize: how many elements of each go into the error; 3 by default.
      message: what the error begins with.
      name: the name scope.

    Returns:
      An operation which fails where the condition does not hold.

    Raises:
      InvalidArgumentError: both values are known now, and the condition does not hold.
    """
    compare = ops.elementwise.less
    return _assert_all("<", "assert_less", compare, np.less, x, y, data, summarize, message, name)


def assert_less_equal(
    x: Any,
    y: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Asserts `x <= y` for each pair of elements; see `assert_equal`.

    Args:
      x: a tensor of numbers.
      y: a tensor of the same type, of a shape that broadcasts with that of `x`.
      data: tensors and strings for the error.
      summarize: how many elements of each go into the error; 3 by default.
      message: what the error begins with.
      name: the name scope.

    Returns:
      An operation which fails where the condition does not hold.

    Raises:
      InvalidArgumentError: both values are known now, and the condition does not hold.
    """
    compare = ops.elementwise.less_equal
    return _assert_all(
        "<=", "assert_less_equal", compare, np.less_equal, x, y, data, summarize, message, name
    )


def assert_greater(
    x: Any,
    y: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Asserts `x > y` for each pair of elements; see `assert_equal`.

    Args:
      x: a tensor of numbers.
      y: a tensor of the same type, of a shape that broadcasts with that of `x`.
      data: tensors and strings for the error.
      summarize: how many elements of each go into the error; 3 by default.
      message: what the error begins with.
      name: the name scope.

    Returns:
      An operation which fails where the condition does not hold.

    Raises:
      InvalidArgumentError: both values are known now, and the condition does not hold.
    """
    compare = ops.elementwise.greater
    return _assert_all(
        ">", "assert_greater", compare, np.greater, x, y, data, summarize, message, name
    )


def assert_greater_equal(
    x: Any,
    y: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Asserts `x >= y` for each pair of elements; see `assert_equal`.

    Args:
      x: a tensor of numbers.
      y: a tensor of the same type, of a shape that broadcasts with that of `x`.
      data: tensors and strings for the error.
      summarize: how many elements of each go into the error; 3 by default.
      message: what the error begins with.
      name: the name scope.

    Returns:
      An operation which fails where the condition does not hold.

    Raises:
      InvalidArgumentError: both values are known now, and the condition does not hold.
    """
    compare, static = ops.elementwise.greater_equal, np.greater_equal
    return _assert_all(
        ">=", "assert_greater_equal", compare, static, x, y, data, summarize, message, name
    )


def assert_near(
    x: Any,
    y: Any,
    rtol: Any = None,
    atol: Any = None,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Asserts `|x - y| < atol + rtol * |y|` for each pair of elements, in the run only.

    Args:
      x: a tensor of a float type.
      y: a tensor of the same type, of a shape that broadcasts with that of `x`.
      rtol: the tolerance relative to `y`; 10 times the type's epsilon by default.
      atol: the absolute tolerance, with the same default.
      data: tensors and strings for the error.
      summarize: how many elements of each go into the error; 3 by default.
      message: what the error begins with.
      name: the name scope.

    Returns:
      An operation which fails where the condition does not hold.
    """
    with name_scope(name, "assert_near", [x, y, rtol, atol, data]):
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, name="y", dtype=x.dtype)
        default = 10 * np.finfo(x.dtype.as_numpy_dtype).eps
        rtol = convert_to_tensor(default if rtol is None else rtol, name="rtol", dtype=x.dtype)
        atol = convert_to_tensor(default if atol is None else atol, name="atol", dtype=x.dtype)
        if data is None:
            data = [
                message or "",
                f"x and y not equal to tolerance rtol = {rtol}, atol = {atol}",
                f"x ({x.name}) = ",
                x,
                f"y ({y.name}) = ",
                y,
            ]
        tolerance = atol + rtol * ops.elementwise.abs(y)
        difference = ops.elementwise.abs(x - y)
        condition = ops.reduction.reduce_all(ops.elementwise.less(difference, tolerance))
        return ops.control.Assert(condition, data, summarize=summarize)


def _sign_data(symbol: str, x: Any, data: Any, message: str | None) -> Any:
    if data is not None:
        return data
    condition, value = f"Condition x {symbol} 0 did not hold element-wise:", f"x ({x.name}) = "
    if symbol == "<=":  # one string in TF1, so one node
        return [message or "", condition + value, x]
    return [message or "", condition, value, x]


def assert_negative(
    x: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Asserts `x < 0` for each element.

    Args:
      x: a tensor of numbers.
      data: tensors and strings for the error; by default `message`, the condition and `x`.
      summarize: how many elements of each go into the error; 3 by default.
      message: what the error begins with, unless `data` is given.
      name: the name scope.

    Returns:
      An operation which fails where the condition does not hold.

    Raises:
      InvalidArgumentError: the value is known now, and the condition does not hold.
    """
    with name_scope(name, "assert_negative", [x, data]):
        x = convert_to_tensor(x, name="x")
        data = _sign_data("<", x, data, message)
        zero = convert_to_tensor(0, dtype=x.dtype)
        return assert_less(x, zero, data=data, summarize=summarize)


def assert_positive(
    x: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Asserts `x > 0` for each element; see `assert_negative`.

    Args:
      x: a tensor of numbers.
      data: tensors and strings for the error.
      summarize: how many elements of each go into the error; 3 by default.
      message: what the error begins with, unless `data` is given.
      name: the name scope.

    Returns:
      An operation which fails where the condition does not hold.

    Raises:
      InvalidArgumentError: the value is known now, and the condition does not hold.
    """
    with name_scope(name, "assert_positive", [x, data]):
        x = convert_to_tensor(x, name="x")
        data = _sign_data(">", x, data, message)
        zero = convert_to_tensor(0, dtype=x.dtype)
        return assert_less(zero, x, data=data, summarize=summarize)


def assert_non_negative(
    x: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Asserts `x >= 0` for each element; see `assert_negative`.

    Args:
      x: a tensor of numbers.
      data: tensors and strings for the error.
      summarize: how many elements of each go into the error; 3 by default.
      message: what the error begins with, unless `data` is given.
      name: the name scope.

    Returns:
      An operation which fails where the condition does not hold.

    Raises:
      InvalidArgumentError: the value is known now, and the condition does not hold.
    """
    with name_scope(name, "assert_non_negative", [x, data]):
        x = convert_to_tensor(x, name="x")
        data = _sign_data(">=", x, data, message)
        zero = convert_to_tensor(0, dtype=x.dtype)
        return assert_less_equal(zero, x, data=data, summarize=summarize)


def assert_non_positive(
    x: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Asserts `x <= 0` for each element; see `assert_negative`.

    Args:
      x: a tensor of numbers.
      data: tensors and strings for the error.
      summarize: how many elements of each go into the error; 3 by default.
      message: what the error begins with, unless `data` is given.
      name: the name scope.

    Returns:
      An operation which fails where the condition does not hold.

    Raises:
      InvalidArgumentError: the value is known now, and the condition does not hold.
    """
    with name_scope(name, "assert_non_positive", [x, data]):
        x = convert_to_tensor(x, name="x")
        data = _sign_data("<=", x, data, message)
        zero = convert_to_tensor(0, dtype=x.dtype)
        return assert_less_equal(x, zero, data=data, summarize=summarize)
