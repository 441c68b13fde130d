"""Rounding to whole numbers, and questions about floats."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...graph.conversion import convert_to_tensor
from ...graph.op_def import define_op
from ...graph.tensor import Tensor
from .. import scalar_math as sm
from ..scalar_math import Scalar
from ..shape_rules import broadcast
from .signatures import FLOATS, SIGNED, by_function, predicate_op, unary_op


def _no_slope(op: Any, dy: Any) -> None:
    """The gradient of a step function: nothing flows."""
    return None


floor_op = unary_op("Floor", FLOATS)
floor_op.define(by_function(np.floor))
floor_op.grad(_no_slope)


@floor_op.scalar
def floor_scalar(x: Scalar) -> Scalar:
    return sm.floor(x)


def floor(x: Any, name: str | None = None) -> Tensor:
    """The largest whole number not above `x`."""
    tensor: Tensor = floor_op(x, name=name)
    return tensor


ceil_op = unary_op("Ceil", FLOATS)
ceil_op.define(by_function(np.ceil))
ceil_op.grad(_no_slope)


@ceil_op.scalar
def ceil_scalar(x: Scalar) -> Scalar:
    return sm.ceil(x)


def ceil(x: Any, name: str | None = None) -> Tensor:
    """The smallest whole number not below `x`."""
    tensor: Tensor = ceil_op(x, name=name)
    return tensor


rint_op = unary_op("Rint", FLOATS)
rint_op.define(by_function(np.rint))
rint_op.grad(_no_slope)


@rint_op.scalar
def rint_scalar(x: Scalar) -> Scalar:
    return sm.rint(x)


def rint(x: Any, name: str | None = None) -> Tensor:
    """The nearest whole number; of two that are as near, the even one."""
    tensor: Tensor = rint_op(x, name=name)
    return tensor


round_op = unary_op("Round", SIGNED)
round_op.grad(_no_slope)


@round_op.define
def round_reference(node: Any, x: np.ndarray) -> Any:
    return x if x.dtype.kind == "i" else np.rint(x)


@round_op.scalar
def round_scalar(x: Scalar) -> Scalar:
    return sm.rint(x)


def round(x: Any, name: str | None = None) -> Tensor:
    """The nearest whole number, halves to even; an integer tensor is returned as it is."""
    tensor = convert_to_tensor(x, name="x")
    if not tensor.dtype.is_integer:
        tensor = round_op(tensor, name=name)
    return tensor


# --- questions ------------------------------------------------------------------------------------

is_nan_op = predicate_op("IsNan", FLOATS)
is_inf_op = predicate_op("IsInf", FLOATS)
is_finite_op = predicate_op("IsFinite", FLOATS)
is_nan_op.define(by_function(np.isnan))
is_inf_op.define(by_function(np.isinf))
is_finite_op.define(by_function(np.isfinite))
is_nan_op.no_grad()
is_inf_op.no_grad()
is_finite_op.no_grad()


@is_nan_op.scalar
def is_nan_scalar(x: Scalar) -> Scalar:
    return sm.isnan(x)


@is_inf_op.scalar
def is_inf_scalar(x: Scalar) -> Scalar:
    return sm.isinf(x)


@is_finite_op.scalar
def is_finite_scalar(x: Scalar) -> Scalar:
    return sm.isfinite(x)


def is_nan(x: Any, name: str | None = None) -> Tensor:
    """Where `x` is NaN."""
    tensor: Tensor = is_nan_op(x, name=name)
    return tensor


def is_inf(x: Any, name: str | None = None) -> Tensor:
    """Where `x` is infinite, of either sign."""
    tensor: Tensor = is_inf_op(x, name=name)
    return tensor


def is_finite(x: Any, name: str | None = None) -> Tensor:
    """Where `x` is neither infinite nor NaN."""
    tensor: Tensor = is_finite_op(x, name=name)
    return tensor


# --- neighbours -----------------------------------------------------------------------------------

next_after_op = define_op(
    "NextAfter",
    ["x1: T", "x2: T"],
    ["output: T"],
    ["T: {double, float} = DT_FLOAT"],
    shape=broadcast,
)
next_after_op.define(by_function(np.nextafter))
next_after_op.no_grad()


def nextafter(x1: Any, x2: Any, name: str | None = None) -> Tensor:
    """The float next to `x1` in the direction of `x2`, broadcasting."""
    tensor: Tensor = next_after_op(x1, x2, name=name)
    return tensor
