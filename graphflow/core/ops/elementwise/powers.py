"""Exponentials, logarithms, roots and powers."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...base.errors import InvalidArgumentError
from ...graph.scopes import name_scope
from ...graph.tensor import Tensor
from .. import scalar_math as sm
from ..gradient_helpers import sum_to_shape_of
from ..scalar_math import Scalar
from .arithmetic import square
from .cast import cast
from .complex_numbers import conj
from .division import reciprocal, xdivy
from .signatures import FLOATS_COMPLEX, binary_op, by_function, grad_op, unary_op
from .sparse_values import on_sparse_values

# --- exponentials ---------------------------------------------------------------------------------

exp_op = unary_op("Exp", FLOATS_COMPLEX)
exp_op.define(by_function(np.exp))


@exp_op.scalar
def exp_scalar(x: Scalar) -> Scalar:
    return sm.exp(x)


@exp_op.grad
def exp_grad(op: Any, dy: Any) -> Any:
    return dy * conj(op.outputs[0])


def exp(x: Any, name: str | None = None) -> Tensor:
    """E to the power of `x`."""
    tensor: Tensor = exp_op(x, name=name)
    return tensor


expm1_op = unary_op("Expm1", FLOATS_COMPLEX)
expm1_op.define(by_function(np.expm1))


@expm1_op.scalar
def expm1_scalar(x: Scalar) -> Scalar:
    return sm.expm1(x)


@expm1_op.grad
def expm1_grad(op: Any, dy: Any) -> Any:
    return dy * exp(conj(op.inputs[0]))


def expm1(x: Any, name: str | None = None) -> Tensor:
    """`exp(x) - 1`, accurate for small `x`."""
    tensor: Tensor = expm1_op(x, name=name)
    return tensor


# --- logarithms -----------------------------------------------------------------------------------

log_op = unary_op("Log", FLOATS_COMPLEX)
log_op.define(by_function(np.log))


@log_op.scalar
def log_scalar(x: Scalar) -> Scalar:
    return sm.log(x)


@log_op.grad
def log_grad(op: Any, dy: Any) -> Any:
    return dy * reciprocal(conj(op.inputs[0]))


def log(x: Any, name: str | None = None) -> Tensor:
    """The natural logarithm."""
    tensor: Tensor = log_op(x, name=name)
    return tensor


log1p_op = unary_op("Log1p", FLOATS_COMPLEX)
log1p_op.define(by_function(np.log1p))


@log1p_op.scalar
def log1p_scalar(x: Scalar) -> Scalar:
    return sm.log1p(x)


@log1p_op.grad
def log1p_grad(op: Any, dy: Any) -> Any:
    x = op.inputs[0]
    return dy * reciprocal(ops.array.constant(1, dtype=x.dtype.base_dtype) + conj(x))


def log1p(x: Any, name: str | None = None) -> Tensor:
    """`log(1 + x)`, accurate for small `x`."""
    tensor: Tensor = log1p_op(x, name=name)
    return tensor


xlogy_op = binary_op("Xlogy", "{half, bfloat16, float, double, complex64, complex128}")


@xlogy_op.define
def xlogy_reference(node: Any, x: np.ndarray, y: np.ndarray) -> Any:
    return np.where(x == 0, np.zeros((), x.dtype), x * np.log(y))


@xlogy_op.scalar
def xlogy_scalar(x: Scalar, y: Scalar) -> Scalar:
    return sm.where(x == 0, 0, x * sm.log(y))


@xlogy_op.grad
def xlogy_grad(op: Any, dz: Any) -> list[Any]:
    x, y = op.inputs
    zero = ops.array.constant(0, dtype=x.dtype.base_dtype)
    not_zero = cast(ops.elementwise.not_equal(x, zero), x.dtype)
    dx = dz * conj(xlogy_op(not_zero, y))
    return sum_to_shape_of((dx, dz * conj(xdivy(x, y))), x, y)


def xlogy(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x * log(y)`, and 0 wherever `x` is 0, even if `y` is 0 too."""
    tensor: Tensor = xlogy_op(x, y, name=name)
    return tensor


# --- roots ----------------------------------------------------------------------------------------

sqrt_op = unary_op("Sqrt", FLOATS_COMPLEX)
sqrt_grad_op = grad_op("SqrtGrad")
sqrt_op.define(by_function(np.sqrt))


@sqrt_op.scalar
def sqrt_scalar(x: Scalar) -> Scalar:
    return sm.sqrt(x)


@sqrt_op.grad
def sqrt_grad(op: Any, dy: Any) -> Any:
    return sqrt_grad_op(op.outputs[0], dy)


@sqrt_grad_op.define
def sqrt_grad_reference(node: Any, y: np.ndarray, dy: np.ndarray) -> Any:
    return dy * y.dtype.type(0.5) / np.conjugate(y)


@sqrt_grad_op.scalar
def sqrt_grad_scalar(y: Scalar, dy: Scalar) -> Scalar:
    return dy * 0.5 / sm.conj(y)


@sqrt_grad_op.grad
def sqrt_grad_grad(op: Any, dz: Any) -> list[Any]:
    # z = dy / 2 / conj(y); what goes to y goes through its conjugate.
    y = op.inputs[0]
    half = ops.array.constant(0.5, dtype=y.dtype.base_dtype)
    quotient = dz / y
    return [-conj(quotient) * op.outputs[0], half * quotient]


@on_sparse_values("Sqrt")
def sqrt(x: Any, name: str | None = None) -> Any:
    """The square root, of a Tensor or SparseTensor."""
    return sqrt_op(x, name=name)


rsqrt_op = unary_op("Rsqrt", FLOATS_COMPLEX)
rsqrt_grad_op = grad_op("RsqrtGrad")


@rsqrt_op.define
def rsqrt_reference(node: Any, x: np.ndarray) -> Any:
    return np.divide(np.ones((), x.dtype), np.sqrt(x))


@rsqrt_op.scalar
def rsqrt_scalar(x: Scalar) -> Scalar:
    return 1 / sm.sqrt(x)


@rsqrt_op.grad
def rsqrt_grad(op: Any, dy: Any) -> Any:
    return rsqrt_grad_op(op.outputs[0], dy)


@rsqrt_grad_op.define
def rsqrt_grad_reference(node: Any, y: np.ndarray, dy: np.ndarray) -> Any:
    y = np.conjugate(y)
    return dy * y.dtype.type(-0.5) * (y * y * y)


@rsqrt_grad_op.scalar
def rsqrt_grad_scalar(y: Scalar, dy: Scalar) -> Scalar:
    return dy * -0.5 * (y * y * y)


@rsqrt_grad_op.grad
def rsqrt_grad_grad(op: Any, dz: Any) -> list[Any]:
    y, dy = op.inputs
    factor = ops.array.constant(-1.5, dtype=dz.dtype)
    return [factor * conj(dz) * dy * square(conj(y)), rsqrt_grad_op(conj(y), dz)]


def rsqrt(x: Any, name: str | None = None) -> Tensor:
    """`1 / sqrt(x)`."""
    tensor: Tensor = rsqrt_op(x, name=name)
    return tensor


# --- powers ---------------------------------------------------------------------------------------

pow_op = binary_op(
    "Pow", "{bfloat16, float, half, double, int8, int16, int32, int64, complex64, complex128}"
)


@pow_op.define
def pow_reference(node: Any, x: np.ndarray, y: np.ndarray) -> Any:
    if y.dtype.kind == "i" and y.size and y.min() < 0:
        message = "Integers to negative integer powers are not allowed"
        raise InvalidArgumentError(None, None, message)
    return np.power(x, y)


@pow_op.scalar_for(kinds="f")
def pow_scalar(x: Scalar, y: Scalar) -> Scalar:
    return x**y


@pow_op.grad
def pow_grad(op: Any, dz: Any) -> list[Any]:
    x, y = op.inputs
    x_conj, y_conj, z_conj = conj(x), conj(y), conj(op.outputs[0])
    one = ops.array.constant(1, dtype=y.dtype.base_dtype)
    dx = dz * y_conj * pow(x_conj, y_conj - one)
    return sum_to_shape_of((dx, dz * z_conj * _log_or_zero(x_conj)), x, y)


def _log_or_zero(x: Tensor) -> Any:
    """log(x), and 0 where it is no number or infinite: there x**y does not depend on y."""
    zero = ops.array.constant(0, dtype=x.dtype.base_dtype)
    is_safe = ops.elementwise.not_equal(x, zero) if x.dtype.is_complex else x > zero
    safe = ops.elementwise.select(is_safe, x, ops.array.ones_like(x))
    return ops.elementwise.select(is_safe, log(safe), ops.array.zeros_like(x))


def pow(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x` to the power of `y`, broadcasting.

    Raises (in a run):
      InvalidArgumentError: an integer is raised to a negative power.
    """
    with name_scope(name, "Pow", [x]) as scope:
        tensor: Tensor = pow_op(x, y, name=scope)
        return tensor
