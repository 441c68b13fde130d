"""Special functions: error, gamma, beta, zeta and Bessel functions. Numerics are in `numerics`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import ops
from ...base.tensor_shape import TensorShape
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import define_op
from ...graph.scopes import name_scope
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from .. import scalar_math as sm
from ..gradient_helpers import sum_to_shape_of
from ..shape_rules import broadcast, merged_shape
from .arithmetic import square
from .magnitude import abs, sign
from .numerics import bessel, error_function, gamma, incomplete
from .powers import exp, log, log1p
from .signatures import FLOATS, SINGLE_DOUBLE, unary_op
from .sparse_values import on_sparse_values

_OF_A_AND_X = (["a: T", "x: T"], ["z: T"])
_TWO_OVER_ROOT_PI = 2.0 / np.sqrt(np.pi)


def _in_float64(function: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    """A reference that computes in float64 and rounds once."""

    def reference(node: Any, *arrays: np.ndarray) -> np.ndarray:
        result = function(*[np.asarray(array, np.float64) for array in arrays])
        return result.astype(arrays[0].dtype)

    return reference


def _like(value: float, x: Tensor) -> Tensor:
    return ops.array.constant(value, dtype=x.dtype.base_dtype)


# --- error functions ------------------------------------------------------------------------------

erf_op = unary_op("Erf", FLOATS)
erfc_op = unary_op("Erfc", FLOATS)
erf_op.define(_in_float64(error_function.erf))
erfc_op.define(_in_float64(error_function.erfc))
erf_op.scalar(sm.erf)
erfc_op.scalar(sm.erfc)


@erf_op.grad
def erf_grad(op: Any, dy: Any) -> Any:
    x = op.inputs[0]
    return dy * (_like(_TWO_OVER_ROOT_PI, x) * exp(-square(x)))


@erfc_op.grad
def erfc_grad(op: Any, dy: Any) -> Any:
    x = op.inputs[0]
    return dy * (_like(-_TWO_OVER_ROOT_PI, x) * exp(-square(x)))


@on_sparse_values("Erf")
def erf(x: Any, name: str | None = None) -> Any:
    """The error function, of a Tensor or SparseTensor of floats."""
    return erf_op(x, name=name)


def erfc(x: Any, name: str | None = None) -> Tensor:
    """`1 - erf(x)`, accurate where that is small."""
    tensor: Tensor = erfc_op(x, name=name)
    return tensor


# --- gamma and its derivatives --------------------------------------------------------------------

lgamma_op = unary_op("Lgamma", FLOATS)
lgamma_op.define(_in_float64(gamma.lgamma))


@lgamma_op.grad
def lgamma_grad(op: Any, dy: Any) -> Any:
    return dy * digamma(op.inputs[0])


def lgamma(x: Any, name: str | None = None) -> Tensor:
    """The logarithm of abs(gamma(x)); infinite at 0, -1, -2..."""
    tensor: Tensor = lgamma_op(x, name=name)
    return tensor


digamma_op = unary_op("Digamma", FLOATS)
digamma_op.define(_in_float64(gamma.digamma))


@digamma_op.grad
def digamma_grad(op: Any, dy: Any) -> Any:
    x = op.inputs[0]
    return dy * polygamma(_like(1.0, x), x)


def digamma(x: Any, name: str | None = None) -> Tensor:
    """The derivative of `lgamma`."""
    tensor: Tensor = digamma_op(x, name=name)
    return tensor


polygamma_op = define_op("Polygamma", *_OF_A_AND_X, [f"T: {SINGLE_DOUBLE}"], broadcast)
polygamma_op.define(_in_float64(gamma.polygamma))


@polygamma_op.grad
def polygamma_grad(op: Any, dz: Any) -> list[Any]:
    n, x = op.inputs
    return sum_to_shape_of((None, dz * polygamma(n + _like(1.0, n), x)), n, x)


def polygamma(a: Any, x: Any, name: str | None = None) -> Tensor:
    """The `a`-th derivative of `digamma` at `x`, broadcasting; differentiable by `x` only."""
    tensor: Tensor = polygamma_op(a, x, name=name)
    return tensor


zeta_op = define_op("Zeta", ["x: T", "q: T"], ["z: T"], [f"T: {SINGLE_DOUBLE}"], broadcast)
zeta_op.define(_in_float64(gamma.zeta))


@zeta_op.grad
def zeta_grad(op: Any, dz: Any) -> list[Any]:
    x, q = op.inputs
    return sum_to_shape_of((None, dz * (-x * zeta(x + _like(1.0, x), q))), x, q)


def zeta(x: Any, q: Any, name: str | None = None) -> Tensor:
    """Hurwitz's `sum((q + k) ** -x)` over k = 0, 1...; differentiable by `q` only."""
    tensor: Tensor = zeta_op(x, q, name=name)
    return tensor


def lbeta(x: Any, name: str | None = None) -> Tensor:
    """The logarithm of abs(Beta(x)) along the last dimension: sum of lgamma, minus lgamma of sum.

    Args:
      x: floats of rank n.
      name: the name scope of the nodes.

    Returns:
      Rank n - 1; minus infinity for an empty last dimension.
    """
    with name_scope(name, "lbeta", [x]):
        x = convert_to_tensor(x, name="x")
        log_product = ops.reduction.reduce_sum(lgamma(x), axis=[-1])
        total = ops.reduction.reduce_sum(x, axis=[-1])
        result: Tensor = log_product - lgamma(total)
        return result


# --- incomplete gamma -----------------------------------------------------------------------------

igamma_op = define_op("Igamma", *_OF_A_AND_X, [f"T: {FLOATS}"], broadcast)
igammac_op = define_op("Igammac", *_OF_A_AND_X, [f"T: {FLOATS}"], broadcast)
igamma_grad_a_op = define_op("IgammaGradA", *_OF_A_AND_X, [f"T: {SINGLE_DOUBLE}"], broadcast)
igamma_op.define(_in_float64(incomplete.igamma))
igammac_op.define(_in_float64(incomplete.igammac))
igamma_grad_a_op.define(_in_float64(incomplete.igamma_grad_a))


@igamma_op.grad
def igamma_grad(op: Any, dz: Any) -> list[Any]:
    a, x = op.inputs
    log_density = (a - _like(1.0, a)) * log(x) - x - lgamma(a)
    return sum_to_shape_of((igamma_grad_a_op(a, x) * dz, exp(log_density) * dz), a, x)


@igammac_op.grad
def igammac_grad(op: Any, dz: Any) -> Any:
    return igamma_grad(op, -dz)


def igamma(a: Any, x: Any, name: str | None = None) -> Tensor:
    """The regularized lower incomplete gamma function P(a, x), broadcasting."""
    tensor: Tensor = igamma_op(a, x, name=name)
    return tensor


def igammac(a: Any, x: Any, name: str | None = None) -> Tensor:
    """The regularized upper incomplete gamma function, 1 - P(a, x), broadcasting."""
    tensor: Tensor = igammac_op(a, x, name=name)
    return tensor


# --- incomplete beta ------------------------------------------------------------------------------


def betainc_shape(context: ShapeContext) -> TensorShape:
    """The shape of the inputs that are no scalars, which must agree."""
    result = TensorShape([])
    if any(shape.ndims is None for shape in context.shapes):
        known = [shape for shape in context.shapes if shape.ndims]
        return known[0] if known else TensorShape(None)
    for shape in context.shapes:
        if shape.ndims:
            result = merged_shape(result, shape) if result.ndims else shape
    return result


betainc_op = define_op(
    "Betainc", ["a: T", "b: T", "x: T"], ["z: T"], [f"T: {SINGLE_DOUBLE}"], betainc_shape
)


@betainc_op.define
def betainc_reference(node: Any, a: np.ndarray, b: np.ndarray, x: np.ndarray) -> np.ndarray:
    shapes = {array.shape for array in (a, b, x) if array.ndim}
    if len(shapes) > 1:
        raise ValueError(
            "Shapes of a, b and x must be the same or scalar: "
            f"{list(a.shape)}, {list(b.shape)}, {list(x.shape)}"
        )
    return _in_float64(incomplete.betainc)(node, a, b, x)


@betainc_op.grad
def betainc_grad(op: Any, dz: Any) -> list[Any]:
    a, b, x = op.inputs
    one = _like(1.0, x)
    log_beta = lgamma(a) + lgamma(b) - lgamma(a + b)
    density = exp((b - one) * log1p(-x) + (a - one) * log(x) - log_beta)
    _, dx = sum_to_shape_of((None, density * dz), op.outputs[0], x)
    return [None, None, dx]


def betainc(a: Any, b: Any, x: Any, name: str | None = None) -> Tensor:
    """The regularized incomplete beta function I_x(a, b); differentiable by `x` only.

    Args:
      a: positive floats.
      b: the same.
      x: in [0, 1]. Of the three, those that are no scalars are of one shape.
      name: the node's name.
    """
    tensor: Tensor = betainc_op(a, b, x, name=name)
    return tensor


# --- Bessel functions -----------------------------------------------------------------------------

bessel_i0e_op = unary_op("BesselI0e", FLOATS)
bessel_i1e_op = unary_op("BesselI1e", FLOATS)
bessel_i0e_op.define(_in_float64(bessel.i0e))
bessel_i1e_op.define(_in_float64(bessel.i1e))


@bessel_i0e_op.grad
def bessel_i0e_grad(op: Any, dy: Any) -> Any:
    x = op.inputs[0]
    return dy * (bessel_i1e(x) - sign(x) * op.outputs[0])


@bessel_i1e_op.grad
def bessel_i1e_grad(op: Any, dy: Any) -> Any:
    x, y = op.inputs[0], op.outputs[0]
    # I1' = I0 - I1 / x, where I1(x) / x is 1/2 at 0
    epsilon = np.finfo(x.dtype.as_numpy_dtype).eps if x.dtype.size > 2 else 2.0**-7
    away = abs(x) > _like(float(epsilon), x)
    safe = ops.elementwise.select(away, x, ops.array.ones_like(x))
    slope = bessel_i0e(safe) - y * (sign(safe) + ops.elementwise.reciprocal(safe))
    half = _like(0.5, x) * ops.array.ones_like(x)
    return dy * ops.elementwise.select(away, slope, half)


@on_sparse_values("BesselI0e")
def bessel_i0e(x: Any, name: str | None = None) -> Any:
    """`exp(-abs(x)) * I0(x)`, of a Tensor or SparseTensor."""
    return bessel_i0e_op(x, name=name)


@on_sparse_values("BesselI1e")
def bessel_i1e(x: Any, name: str | None = None) -> Any:
    """`exp(-abs(x)) * I1(x)`, of a Tensor or SparseTensor."""
    return bessel_i1e_op(x, name=name)


def bessel_i0(x: Any, name: str | None = None) -> Tensor:
    """The modified Bessel function of the first kind, of order 0."""
    with name_scope(name, "bessel_i0", [x]):
        x = convert_to_tensor(x, name="x")
        result: Tensor = exp(abs(x)) * bessel_i0e(x)
        return result


def bessel_i1(x: Any, name: str | None = None) -> Tensor:
    """The modified Bessel function of the first kind, of order 1."""
    with name_scope(name, "bessel_i1", [x]):
        x = convert_to_tensor(x, name="x")
        result: Tensor = exp(abs(x)) * bessel_i1e(x)
        return result
