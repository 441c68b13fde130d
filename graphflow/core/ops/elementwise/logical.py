"""Logic on bools."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...graph.op_def import define_op
from ...graph.tensor import Tensor
from ..scalar_math import Scalar
from ..shape_rules import broadcast, same_as_input
from .signatures import by_function

logical_and_op = define_op("LogicalAnd", ["x: bool", "y: bool"], ["z: bool"], shape=broadcast)
logical_or_op = define_op("LogicalOr", ["x: bool", "y: bool"], ["z: bool"], shape=broadcast)
logical_not_op = define_op("LogicalNot", ["x: bool"], ["y: bool"], shape=same_as_input)
logical_and_op.define(by_function(np.logical_and))
logical_or_op.define(by_function(np.logical_or))
logical_not_op.define(by_function(np.logical_not))
logical_and_op.no_grad()
logical_or_op.no_grad()
logical_not_op.no_grad()


@logical_and_op.scalar
def logical_and_scalar(x: Scalar, y: Scalar) -> Scalar:
    return x & y


@logical_or_op.scalar
def logical_or_scalar(x: Scalar, y: Scalar) -> Scalar:
    return x | y


@logical_not_op.scalar
def logical_not_scalar(x: Scalar) -> Scalar:
    return x == False  # noqa: E712 - `not` is no arithmetic, and `~` of a Python bool is -2 or -1


def logical_and(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x and y`, broadcasting."""
    tensor: Tensor = logical_and_op(x, y, name=name)
    return tensor


def logical_or(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x or y`, broadcasting."""
    tensor: Tensor = logical_or_op(x, y, name=name)
    return tensor


def logical_not(x: Any, name: str | None = None) -> Tensor:
    """`not x`."""
    tensor: Tensor = logical_not_op(x, name=name)
    return tensor


def logical_xor(x: Any, y: Any, name: str = "LogicalXor") -> Tensor:
    """Whether exactly one of `x` and `y` holds: `(x | y) & ~(x & y)`."""
    return logical_and(logical_or(x, y), logical_not(logical_and(x, y)), name=name)
