"""Ops that work element by element: values in either order of dimensions, as they come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...core.base import dtypes
from ...core.graph.operation import Operation
from .package import element_type
from .writer import RefusedError, Result, Writer

Emitter = Callable[[Writer, Operation], Any]


def pointwise(emit: str | Callable[..., str], **attributes: Any) -> Emitter:
    """A row for an op that is one of ONNX', or what a function writes from its inputs' names."""

    def emitter(to: Writer, op: Operation) -> Result:
        names, in_order = to.aligned(op.inputs)
        if isinstance(emit, str):
            return in_order(to.node(emit, *names, **attributes))
        return in_order(emit(to, op, *names))

    return emitter


def negated(op_type: str) -> Emitter:
    """A row for an op that is the contrary of one of ONNX'."""
    return pointwise(lambda to, op, *names: to.node("Not", to.node(op_type, *names)))


# --- arithmetic -----------------------------------------------------------------------------------


def square(to: Writer, op: Operation, x: str) -> str:
    return to.node("Mul", x, x)


def squared_difference(to: Writer, op: Operation, x: str, y: str) -> str:
    difference = to.node("Sub", x, y)
    return to.node("Mul", difference, difference)


def rsqrt(to: Writer, op: Operation, x: str) -> str:
    return to.node("Reciprocal", to.node("Sqrt", x))


def floor_div(to: Writer, op: Operation, x: str, y: str) -> str:
    if op.inputs[0].dtype.is_floating:
        return to.node("Floor", to.node("Div", x, y))
    # Mod has the sign of y, so what is divided is a multiple of y: nothing is rounded.
    return to.node("Div", to.node("Sub", x, to.node("Mod", x, y)), y)


def floor_mod(to: Writer, op: Operation, x: str, y: str) -> str:
    if not op.inputs[0].dtype.is_floating:
        return to.node("Mod", x, y)
    zero = to.scalar(0, op.inputs[0])
    rest = to.node("Mod", x, y, fmod=1)  # has the sign of x
    same_sign = to.node("Equal", to.node("Less", x, zero), to.node("Less", y, zero))
    return to.node("Where", same_sign, rest, to.node("Mod", to.node("Add", rest, y), y, fmod=1))


def divide_no_nan(to: Writer, op: Operation, x: str, y: str) -> str:
    zero = to.scalar(0, op.inputs[0])
    return to.node("Where", to.node("Equal", y, zero), zero, to.node("Div", x, y))


def multiply_no_nan(to: Writer, op: Operation, x: str, y: str) -> str:
    zero = to.scalar(0, op.inputs[0])
    return to.node("Where", to.node("Equal", y, zero), zero, to.node("Mul", x, y))


def xlogy(to: Writer, op: Operation, x: str, y: str) -> str:
    zero = to.scalar(0, op.inputs[0])
    return to.node("Where", to.node("Equal", x, zero), zero, to.node("Mul", x, to.node("Log", y)))


def xdivy(to: Writer, op: Operation, x: str, y: str) -> str:
    zero = to.scalar(0, op.inputs[0])
    return to.node("Where", to.node("Equal", x, zero), zero, to.node("Div", x, y))


def log1p(to: Writer, op: Operation, x: str) -> str:
    """X * log(u) / (u - 1) with u = 1 + x: what u has lost by rounding cancels (Kahan)."""
    one = to.scalar(1, op.inputs[0])
    u = to.node("Add", x, one)
    quotient = to.node("Div", to.node("Log", u), to.node("Sub", u, one))
    return to.node("Where", to.node("Equal", u, one), x, to.node("Mul", x, quotient))


def expm1(to: Writer, op: Operation, x: str) -> str:
    """(u - 1) * x / log(u) with u = exp(x); beyond rounding's reach, u - 1 itself."""
    one, half = to.scalar(1, op.inputs[0]), to.scalar(0.5, op.inputs[0])
    u = to.node("Exp", x)
    less = to.node("Sub", u, one)
    near = to.node("Mul", less, to.node("Div", x, to.node("Log", u)))
    near = to.node("Where", to.node("Equal", u, one), x, near)
    return to.node("Where", to.node("Less", to.node("Abs", x), half), near, less)


def erfc(to: Writer, op: Operation, x: str) -> str:
    return to.node("Sub", to.scalar(1, op.inputs[0]), to.node("Erf", x))


def is_finite(to: Writer, op: Operation, x: str) -> str:
    return to.node("Not", to.node("IsNaN", to.node("Sub", x, x)))


def approximate_equal(to: Writer, op: Operation, x: str, y: str) -> str:
    tolerance = to.scalar(op.node_attrs["tolerance"], op.inputs[0])
    return to.node("Less", to.node("Abs", to.node("Sub", x, y)), tolerance)


def clip(to: Writer, op: Operation, x: str, low: str, high: str) -> str:
    return to.node("Min", to.node("Max", x, low), high)


def cast(to: Writer, op: Operation, x: str) -> str:
    return to.cast(x, op.inputs[0].dtype, op.outputs[0].dtype)


def zeros_like(to: Writer, op: Operation, x: str) -> str:
    return to.node("Expand", to.scalar(0, op.inputs[0]), to.node("Shape", x))


def ones_like(to: Writer, op: Operation, x: str) -> str:
    return to.node("Expand", to.scalar(1, op.inputs[0]), to.node("Shape", x))


# --- activations ----------------------------------------------------------------------------------


def relu6(to: Writer, op: Operation, x: str) -> str:
    return to.node("Clip", x, to.scalar(0, op.inputs[0]), to.scalar(6, op.inputs[0]))


def leaky_relu(to: Writer, op: Operation, x: str) -> str:
    return to.node("LeakyRelu", x, alpha=float(op.node_attrs["alpha"]))


# --- choice ---------------------------------------------------------------------------------------


def select(to: Writer, op: Operation) -> Result:
    """`Select`: a vector as condition chooses among rows."""
    condition, x, y = op.inputs
    ranks = condition.shape.ndims, x.shape.ndims
    if ranks[0] != 0 and None in ranks:
        raise RefusedError("the rank of its condition is not known")
    if ranks[0] == 1 and ranks[1] is not None and ranks[1] > 1:
        rows = to.node("Unsqueeze", to.value(condition), list(range(1, ranks[1])))
        return to.node("Where", rows, to.value(x), to.value(y))
    return pointwise("Where")(to, op)


# --- random numbers -------------------------------------------------------------------------------


def random(op_type: str) -> Emitter:
    """A row for random numbers: as many, of the same distribution, not the same."""

    def emitter(to: Writer, op: Operation) -> Result:
        like = to.node("ConstantOfShape", to.int64(op.inputs[0]))
        seed = op.node_attrs["seed"] or op.node_attrs["seed2"]
        number = element_type(op.outputs[0].dtype)
        return to.node(op_type, like, dtype=number, seed=float(seed) if seed else None)

    return emitter


def bool_as_int(to: Writer, name: str) -> str:
    """A value of bools as int32: ONNX' reductions take no bools."""
    return to.cast(name, dtypes.bool, dtypes.int32)


def int_as_bool(to: Writer, name: str) -> str:
    """And back."""
    return to.cast(name, dtypes.int32, dtypes.bool)


SELU = {
    "alpha": float(np.float32(1.6732632423543772)),
    "gamma": float(np.float32(1.0507009873554805)),
}
