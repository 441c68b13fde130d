"""Comparisons: a bool for each pair of elements."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...base.tensor_shape import TensorShape
from ...graph.op_def import OpDef, define_op
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from ..scalar_math import Scalar
from ..shape_rules import all_inputs_same, broadcast, broadcast_shapes
from .signatures import by_function


def _ordering_op(name: str) -> OpDef:
    op_def = define_op(name, ["x: T", "y: T"], ["z: bool"], ["T: realnumbertype"], shape=broadcast)
    op_def.no_grad()
    return op_def


less_op = _ordering_op("Less")
less_op.define(by_function(np.less))


@less_op.scalar
def less_scalar(x: Scalar, y: Scalar) -> Scalar:
    return x < y


def less(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x < y`, broadcasting."""
    tensor: Tensor = less_op(x, y, name=name)
    return tensor


less_equal_op = _ordering_op("LessEqual")
less_equal_op.define(by_function(np.less_equal))


@less_equal_op.scalar
def less_equal_scalar(x: Scalar, y: Scalar) -> Scalar:
    return x <= y


def less_equal(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x <= y`, broadcasting."""
    tensor: Tensor = less_equal_op(x, y, name=name)
    return tensor


greater_op = _ordering_op("Greater")
greater_op.define(by_function(np.greater))


@greater_op.scalar
def greater_scalar(x: Scalar, y: Scalar) -> Scalar:
    return x > y


def greater(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x > y`, broadcasting."""
    tensor: Tensor = greater_op(x, y, name=name)
    return tensor


greater_equal_op = _ordering_op("GreaterEqual")
greater_equal_op.define(by_function(np.greater_equal))


@greater_equal_op.scalar
def greater_equal_scalar(x: Scalar, y: Scalar) -> Scalar:
    return x >= y


def greater_equal(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x >= y`, broadcasting."""
    tensor: Tensor = greater_equal_op(x, y, name=name)
    return tensor


# --- equality -------------------------------------------------------------------------------------


def equality_shape(context: ShapeContext) -> TensorShape:
    if context.attrs["incompatible_shape_error"]:
        return broadcast(context)
    try:
        return broadcast_shapes(context.shape(0), context.shape(1))
    except ValueError:
        return TensorShape([])


def _equality_op(name: str) -> OpDef:
    op_def = define_op(
        name,
        ["x: T", "y: T"],
        ["z: bool"],
        ["T: type", "incompatible_shape_error: bool = true"],
        shape=equality_shape,
    )
    op_def.no_grad()
    return op_def


def _broadcastable(x: np.ndarray, y: np.ndarray) -> bool:
    try:
        np.broadcast_shapes(x.shape, y.shape)
    except ValueError:
        return False
    return True


equal_op = _equality_op("Equal")


@equal_op.define
def equal_reference(node: Any, x: np.ndarray, y: np.ndarray) -> Any:
    if not node.attrs["incompatible_shape_error"] and not _broadcastable(x, y):
        return np.False_
    return np.equal(x, y)


@equal_op.scalar
def equal_scalar(x: Scalar, y: Scalar) -> Scalar:
    return x == y


def equal(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x == y`, broadcasting; of numbers, bools or strings."""
    tensor: Tensor = equal_op(x, y, name=name)
    return tensor


not_equal_op = _equality_op("NotEqual")


@not_equal_op.define
def not_equal_reference(node: Any, x: np.ndarray, y: np.ndarray) -> Any:
    if not node.attrs["incompatible_shape_error"] and not _broadcastable(x, y):
        return np.True_
    return np.not_equal(x, y)


@not_equal_op.scalar
def not_equal_scalar(x: Scalar, y: Scalar) -> Scalar:
    return x != y


def not_equal(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x != y`, broadcasting; of numbers, bools or strings."""
    tensor: Tensor = not_equal_op(x, y, name=name)
    return tensor


approximate_equal_op = define_op(
    "ApproximateEqual",
    ["x: T", "y: T"],
    ["z: bool"],
    ["T: numbertype", "tolerance: float = 1e-05"],
    shape=all_inputs_same,
)
approximate_equal_op.no_grad()


@approximate_equal_op.define
def approximate_equal_reference(node: Any, x: np.ndarray, y: np.ndarray) -> Any:
    if x.shape != y.shape:
        raise ValueError(f"x and y must be of the same shape, got {x.shape} and {y.shape}")
    return np.abs(x - y) < node.attrs["tolerance"]


@approximate_equal_op.scalar_for(kinds="f")
def approximate_equal_scalar(x: Scalar, y: Scalar, *, tolerance: float) -> Scalar:
    return abs(x - y) < tolerance


def approximate_equal(x: Any, y: Any, tolerance: float = 1e-5, name: str | None = None) -> Tensor:
    """`abs(x - y) < tolerance`, of two tensors of one shape."""
    tensor: Tensor = approximate_equal_op(x, y, tolerance=tolerance, name=name)
    return tensor
