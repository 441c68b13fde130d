"""Trigonometric and hyperbolic functions, their inverses, and the logistic sigmoid."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import define_op
from ...graph.scopes import name_scope
from ...graph.tensor import Tensor
from .. import scalar_math as sm
from ..gradient_helpers import sum_to_shape_of
from ..scalar_math import Scalar
from ..shape_rules import broadcast
from .arithmetic import negative, square
from .complex_numbers import conj
from .division import reciprocal
from .powers import rsqrt
from .signatures import FLOATS, FLOATS_COMPLEX, by_function, grad_op, unary_op
from .sparse_values import on_sparse_values


def _one_like(x: Tensor) -> Tensor:
    return ops.array.constant(1, dtype=x.dtype.base_dtype)


# --- sine and its kin -----------------------------------------------------------------------------

sin_op = unary_op("Sin", FLOATS_COMPLEX)
sin_op.define(by_function(np.sin))


@sin_op.scalar
def sin_scalar(x: Scalar) -> Scalar:
    return sm.sin(x)


@sin_op.grad
def sin_grad(op: Any, dy: Any) -> Any:
    return dy * cos(conj(op.inputs[0]))


def sin(x: Any, name: str | None = None) -> Tensor:
    """The sine of an angle in radians."""
    tensor: Tensor = sin_op(x, name=name)
    return tensor


cos_op = unary_op("Cos", FLOATS_COMPLEX)
cos_op.define(by_function(np.cos))


@cos_op.scalar
def cos_scalar(x: Scalar) -> Scalar:
    return sm.cos(x)


@cos_op.grad
def cos_grad(op: Any, dy: Any) -> Any:
    return -dy * sin(conj(op.inputs[0]))


def cos(x: Any, name: str | None = None) -> Tensor:
    """The cosine of an angle in radians."""
    tensor: Tensor = cos_op(x, name=name)
    return tensor


tan_op = unary_op("Tan", FLOATS_COMPLEX)
tan_op.define(by_function(np.tan))


@tan_op.scalar
def tan_scalar(x: Scalar) -> Scalar:
    return sm.tan(x)


@tan_op.grad
def tan_grad(op: Any, dy: Any) -> Any:
    return dy * square(reciprocal(cos(conj(op.inputs[0]))))


def tan(x: Any, name: str | None = None) -> Tensor:
    """The tangent of an angle in radians."""
    tensor: Tensor = tan_op(x, name=name)
    return tensor


asin_op = unary_op("Asin", FLOATS_COMPLEX)
asin_op.define(by_function(np.arcsin))


@asin_op.scalar
def asin_scalar(x: Scalar) -> Scalar:
    return sm.asin(x)


@asin_op.grad
def asin_grad(op: Any, dy: Any) -> Any:
    x = conj(op.inputs[0])
    return dy * rsqrt(_one_like(x) - square(x))


def asin(x: Any, name: str | None = None) -> Tensor:
    """The angle in [-pi/2, pi/2] whose sine is `x`."""
    tensor: Tensor = asin_op(x, name=name)
    return tensor


acos_op = unary_op("Acos", FLOATS_COMPLEX)
acos_op.define(by_function(np.arccos))


@acos_op.scalar
def acos_scalar(x: Scalar) -> Scalar:
    return sm.acos(x)


@acos_op.grad
def acos_grad(op: Any, dy: Any) -> Any:
    x = conj(op.inputs[0])
    return -dy * rsqrt(_one_like(x) - square(x))


def acos(x: Any, name: str | None = None) -> Tensor:
    """The angle in [0, pi] whose cosine is `x`."""
    tensor: Tensor = acos_op(x, name=name)
    return tensor


atan_op = unary_op("Atan", FLOATS_COMPLEX)
atan_op.define(by_function(np.arctan))


@atan_op.scalar
def atan_scalar(x: Scalar) -> Scalar:
    return sm.atan(x)


@atan_op.grad
def atan_grad(op: Any, dy: Any) -> Any:
    x = conj(op.inputs[0])
    return dy * reciprocal(_one_like(x) + square(x))


def atan(x: Any, name: str | None = None) -> Tensor:
    """The angle in (-pi/2, pi/2) whose tangent is `x`."""
    tensor: Tensor = atan_op(x, name=name)
    return tensor


atan2_op = define_op("Atan2", ["y: T", "x: T"], ["z: T"], [f"T: {FLOATS}"], shape=broadcast)
atan2_op.define(by_function(np.arctan2))


@atan2_op.scalar
def atan2_scalar(y: Scalar, x: Scalar) -> Scalar:
    return sm.atan2(y, x)


@atan2_op.grad
def atan2_grad(op: Any, dz: Any) -> list[Any]:
    y, x = op.inputs
    scaled = dz / (square(x) + square(y))
    return sum_to_shape_of((x * scaled, -y * scaled), y, x)


def atan2(y: Any, x: Any, name: str | None = None) -> Tensor:
    """The angle in [-pi, pi] of the point (x, y), broadcasting."""
    tensor: Tensor = atan2_op(y, x, name=name)
    return tensor


# --- hyperbolic -----------------------------------------------------------------------------------

sinh_op = unary_op("Sinh", FLOATS_COMPLEX)
sinh_op.define(by_function(np.sinh))


@sinh_op.scalar
def sinh_scalar(x: Scalar) -> Scalar:
    return sm.sinh(x)


@sinh_op.grad
def sinh_grad(op: Any, dy: Any) -> Any:
    return dy * cosh(conj(op.inputs[0]))


def sinh(x: Any, name: str | None = None) -> Tensor:
    """The hyperbolic sine."""
    tensor: Tensor = sinh_op(x, name=name)
    return tensor


cosh_op = unary_op("Cosh", FLOATS_COMPLEX)
cosh_op.define(by_function(np.cosh))


@cosh_op.scalar
def cosh_scalar(x: Scalar) -> Scalar:
    return sm.cosh(x)


@cosh_op.grad
def cosh_grad(op: Any, dy: Any) -> Any:
    return dy * sinh(conj(op.inputs[0]))


def cosh(x: Any, name: str | None = None) -> Tensor:
    """The hyperbolic cosine."""
    tensor: Tensor = cosh_op(x, name=name)
    return tensor


asinh_op = unary_op("Asinh", FLOATS_COMPLEX)
asinh_op.define(by_function(np.arcsinh))


@asinh_op.scalar
def asinh_scalar(x: Scalar) -> Scalar:
    return sm.asinh(x)


@asinh_op.grad
def asinh_grad(op: Any, dy: Any) -> Any:
    return dy / cosh(conj(op.outputs[0]))


def asinh(x: Any, name: str | None = None) -> Tensor:
    """The inverse of `sinh`."""
    tensor: Tensor = asinh_op(x, name=name)
    return tensor


acosh_op = unary_op("Acosh", FLOATS_COMPLEX)
acosh_op.define(by_function(np.arccosh))


@acosh_op.scalar
def acosh_scalar(x: Scalar) -> Scalar:
    return sm.acosh(x)


@acosh_op.grad
def acosh_grad(op: Any, dy: Any) -> Any:
    return dy / sinh(conj(op.outputs[0]))


def acosh(x: Any, name: str | None = None) -> Tensor:
    """The inverse of `cosh`; NaN below 1."""
    tensor: Tensor = acosh_op(x, name=name)
    return tensor


atanh_op = unary_op("Atanh", FLOATS_COMPLEX)
atanh_op.define(by_function(np.arctanh))


@atanh_op.scalar
def atanh_scalar(x: Scalar) -> Scalar:
    return sm.atanh(x)


@atanh_op.grad
def atanh_grad(op: Any, dy: Any) -> Any:
    x = conj(op.inputs[0])
    return dy * reciprocal(_one_like(x) - square(x))


def atanh(x: Any, name: str | None = None) -> Tensor:
    """The inverse of `tanh`; NaN outside [-1, 1]."""
    tensor: Tensor = atanh_op(x, name=name)
    return tensor


tanh_op = unary_op("Tanh", FLOATS_COMPLEX)
tanh_grad_op = grad_op("TanhGrad")
tanh_op.define(by_function(np.tanh))


@tanh_op.scalar
def tanh_scalar(x: Scalar) -> Scalar:
    return sm.tanh(x)


@tanh_op.grad
def tanh_grad(op: Any, dy: Any) -> Any:
    return tanh_grad_op(conj(op.outputs[0]), dy)


@tanh_grad_op.define
def tanh_grad_reference(node: Any, y: np.ndarray, dy: np.ndarray) -> Any:
    return dy * (y.dtype.type(1) - y * y)


@tanh_grad_op.scalar
def tanh_grad_scalar(y: Scalar, dy: Scalar) -> Scalar:
    return dy * (1 - y * y)


@tanh_grad_op.grad
def tanh_grad_grad(op: Any, dz: Any) -> list[Any]:
    y, dy = conj(op.inputs[0]), conj(op.inputs[1])
    minus_two = ops.array.constant(-2, dtype=dz.dtype)
    return [minus_two * dz * dy * y, tanh_grad_op(y, dz)]


@on_sparse_values("Tanh")
def tanh(x: Any, name: str | None = None) -> Any:
    """The hyperbolic tangent, of a Tensor or SparseTensor."""
    return tanh_op(x, name=name)


# --- the logistic sigmoid -------------------------------------------------------------------------

sigmoid_op = unary_op("Sigmoid", FLOATS_COMPLEX)
sigmoid_grad_op = grad_op("SigmoidGrad")


@sigmoid_op.define
def sigmoid_reference(node: Any, x: np.ndarray) -> Any:
    one = x.dtype.type(1)
    if x.dtype.kind == "c":
        return one / (one + np.exp(-x))
    # exp of a negative number only: nothing overflows, and small results keep their precision.
    decay = np.exp(-np.abs(x))
    return np.where(x >= 0, one, decay) / (one + decay)


@sigmoid_op.scalar
def sigmoid_scalar(x: Scalar) -> Scalar:
    return sm.sigmoid(x)


@sigmoid_op.grad
def sigmoid_grad(op: Any, dy: Any) -> Any:
    return sigmoid_grad_op(conj(op.outputs[0]), dy)


@sigmoid_grad_op.define
def sigmoid_grad_reference(node: Any, y: np.ndarray, dy: np.ndarray) -> Any:
    return dy * y * (y.dtype.type(1) - y)


@sigmoid_grad_op.scalar
def sigmoid_grad_scalar(y: Scalar, dy: Scalar) -> Scalar:
    return dy * y * (1 - y)


@sigmoid_grad_op.grad
def sigmoid_grad_grad(op: Any, dz: Any) -> list[Any]:
    y, dy = conj(op.inputs[0]), conj(op.inputs[1])
    product = dz * dy
    two = ops.array.constant(2, dtype=dz.dtype)
    return [product - two * product * y, sigmoid_grad_op(y, dz)]


def sigmoid(x: Any, name: str | None = None) -> Tensor:
    """`1 / (1 + exp(-x))`.

    Args:
      x: floats or complex numbers.
      name: the node's name.
    """
    with name_scope(name, "Sigmoid", [x]) as scope:
        tensor: Tensor = sigmoid_op(x, name=scope)
        return tensor


def log_sigmoid(x: Any, name: str | None = None) -> Tensor:
    """`log(sigmoid(x))`, as `-softplus(-x)`."""
    with name_scope(name, "LogSigmoid", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        result: Tensor = negative(ops.nn.softplus(-x), name=scope)
        return result
