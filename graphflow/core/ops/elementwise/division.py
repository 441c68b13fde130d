"""Divisions and their remainders, by the rules of real numbers, of C, and of Python.

Integers divided by zero are an error: their nodes have no scalar body, except for those of which
`passes/safe_division.py` has found out that it cannot happen. These have the attribute `NONZERO`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes
from ...base.errors import InvalidArgumentError, UnimplementedError
from ...graph.conversion import convert_to_tensor
from ...graph.scopes import name_scope
from ...graph.tensor import Tensor
from .. import scalar_math as sm
from ..gradient_helpers import sum_to_shape_of
from ..scalar_math import Scalar
from .cast import cast
from .complex_numbers import conj
from .signatures import (
    NUMBERS,
    REALS,
    SIGNED,
    binary_op,
    by_function,
    grad_op,
    unary_op,
)

Function = Callable[[np.ndarray, np.ndarray], Any]

NONZERO = "_nonzero"  # the attribute of nodes that divide by a constant without zeros


def _cannot_fail(attrs: Mapping[str, Any]) -> bool:
    return not attrs["T"].is_integer or attrs.get(NONZERO, False)


def _by_kind(of_integers: Function, of_others: Function) -> Callable[..., Any]:
    """A reference that divides integers by one function, where 0 is an error, others by another."""

    def reference(node: Any, x: np.ndarray, y: np.ndarray) -> Any:
        if x.dtype.kind not in "iu":
            return of_others(x, y)
        if not y.all() and x.size:
            raise InvalidArgumentError(None, None, "Integer division by zero")
        return of_integers(x, y)

    return reference


def _real(x: np.ndarray) -> np.ndarray:
    """`x`, which must be real: complex numbers have no order to round in."""
    if x.dtype.kind == "c":
        message = f"{x.dtype.name} cannot be divided to whole numbers"
        raise UnimplementedError(None, None, message)
    return x


# --- quotients ------------------------------------------------------------------------------------


def _truncated_quotient(x: np.ndarray, y: np.ndarray) -> Any:
    quotient = np.floor_divide(x, y)
    return quotient + ((quotient < 0) & (quotient * y != x)).astype(x.dtype)


real_div_op = binary_op("RealDiv", NUMBERS)
div_op = binary_op("Div", NUMBERS)
real_div_op.define(by_function(np.true_divide))
div_op.define(_by_kind(_truncated_quotient, np.true_divide))


@real_div_op.scalar_for(kinds="f")
def real_div_scalar(x: Scalar, y: Scalar) -> Scalar:
    return x / y


@div_op.scalar_for(kinds="fiu", when=_cannot_fail)
def div_scalar(x: Scalar, y: Scalar) -> Scalar:
    return truncate_div_scalar(x, y) if sm.is_integer(x) else x / y


@real_div_op.grad
@div_op.grad
def real_div_grad(op: Any, dz: Any) -> list[Any]:
    x, y = op.inputs
    y_conj = conj(y)
    dx = real_div_op(dz, y_conj)
    dy = dz * real_div_op(real_div_op(-conj(x), y_conj), y_conj)
    return sum_to_shape_of((dx, dy), x, y)


def realdiv(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x / y` of real or complex numbers, broadcasting."""
    tensor: Tensor = real_div_op(x, y, name=name)
    return tensor


truncate_div_op = binary_op("TruncateDiv", NUMBERS)
truncate_div_op.define(_by_kind(_truncated_quotient, lambda x, y: np.trunc(_real(x) / y)))


@truncate_div_op.scalar_for(kinds="fiu", when=_cannot_fail)
def truncate_div_scalar(x: Scalar, y: Scalar) -> Scalar:
    if not sm.is_integer(x):
        return sm.trunc(x / y)
    quotient = x // y
    return sm.where((quotient < 0) & (quotient * y != x), quotient + 1, quotient)


truncate_div_op.grad(lambda op, dz: [None, None])


def truncatediv(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x / y` rounded toward zero, as C divides integers.

    Raises (in a run):
      InvalidArgumentError: an integer is divided by 0.
    """
    tensor: Tensor = truncate_div_op(x, y, name=name)
    return tensor


floor_div_op = binary_op("FloorDiv", NUMBERS)
floor_div_op.define(_by_kind(np.floor_divide, lambda x, y: np.floor(_real(x) / y)))


@floor_div_op.scalar_for(kinds="fiu", when=_cannot_fail)
def floor_div_scalar(x: Scalar, y: Scalar) -> Scalar:
    return x // y if sm.is_integer(x) else sm.floor(x / y)


floor_div_op.grad(lambda op, dz: [None, None])


def floordiv(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x / y` rounded toward minus infinity, as Python's `//`.

    Raises (in a run):
      InvalidArgumentError: an integer is divided by 0.
    """
    with name_scope(name, "floordiv", [x, y]) as scope:
        return floor_div(x, y, name=scope)


def floor_div(x: Any, y: Any, name: str | None = None) -> Tensor:
    """As `floordiv`, with the node named `FloorDiv` by default."""
    tensor: Tensor = floor_div_op(x, y, name=name)
    return tensor


# The float types that integers are divided in.
_TRUE_DIVISION_TYPE = {
    dtypes.uint8: dtypes.float32,
    dtypes.int8: dtypes.float32,
    dtypes.uint16: dtypes.float32,
    dtypes.int16: dtypes.float32,
    dtypes.int32: dtypes.float64,
    dtypes.int64: dtypes.float64,
    dtypes.uint32: dtypes.float64,
    dtypes.uint64: dtypes.float64,
}


def true_division_type(dtype: dtypes.DType) -> dtypes.DType:
    """The float type in which integers of a type are divided."""
    return _TRUE_DIVISION_TYPE[dtype.base_dtype]


def truediv(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x / y` as Python 3 divides: integers are cast first.

    Args:
      x: 8- and 16-bit integers are divided as float32, others as float64.
      y: of the type of `x`; the two broadcast.
      name: the node's name.

    Raises:
      TypeError: the types differ, or cannot be divided.
    """
    with name_scope(name, "truediv", [x, y]) as scope:
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, dtype_hint=x.dtype.base_dtype, name="y")
        _require_one_type(x, y)
        dtype = x.dtype.base_dtype
        if dtype.is_integer:
            x, y = (cast(t, true_division_type(dtype)) for t in (x, y))
        elif not (dtype.is_floating or dtype.is_complex):
            raise TypeError(f"Invalid dtype {dtype!r} in __truediv__")
        return realdiv(x, y, name=scope)


def _require_one_type(x: Tensor, y: Tensor) -> None:
    if x.dtype.base_dtype != y.dtype.base_dtype:
        raise TypeError(
            f"x and y must have the same dtype, got {x.dtype.base_dtype!r} != "
            f"{y.dtype.base_dtype!r}"
        )


def div(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x / y` as Python 2 divides: integers round toward minus infinity.

    Raises:
      TypeError: the types differ.
    """
    with name_scope(name, "div", [x, y]) as scope:
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, name="y", dtype=x.dtype.base_dtype)
        _require_one_type(x, y)
        if x.dtype.is_floating or x.dtype.is_complex:
            return realdiv(x, y, name=scope)
        return floor_div(x, y, name=scope)


def divide(x: Any, y: Any, name: str | None = None) -> Any:
    """`x / y` as Python 3's operator gives it; of plain numbers without a name, a number."""
    return x / y if name is None else truediv(x, y, name)


div_no_nan_op = binary_op("DivNoNan", "{half, float, bfloat16, double, complex64, complex128}")


@div_no_nan_op.define
def div_no_nan_reference(node: Any, x: np.ndarray, y: np.ndarray) -> Any:
    return np.where(y == 0, np.zeros((), x.dtype), np.true_divide(x, y))


@div_no_nan_op.scalar
def div_no_nan_scalar(x: Scalar, y: Scalar) -> Scalar:
    return sm.where(y == 0, 0, x / y)


@div_no_nan_op.grad
def div_no_nan_grad(op: Any, dz: Any) -> list[Any]:
    x, y = op.inputs
    y_conj = conj(y)
    dy = dz * div_no_nan_op(div_no_nan_op(-conj(x), y_conj), y_conj)
    return sum_to_shape_of((div_no_nan_op(dz, y_conj), dy), x, y)


def div_no_nan(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x / y`, and 0 wherever `y` is 0."""
    with name_scope(name, "div_no_nan", [x, y]) as scope:
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, name="y", dtype=x.dtype.base_dtype)
        tensor: Tensor = div_no_nan_op(x, y, name=scope)
        return tensor


# --- remainders -----------------------------------------------------------------------------------

floor_mod_op = binary_op("FloorMod", REALS)
floor_mod_op.define(_by_kind(np.mod, np.mod))


@floor_mod_op.scalar_for(kinds="fiu", when=_cannot_fail)
def floor_mod_scalar(x: Scalar, y: Scalar) -> Scalar:
    remainder = sm.fmod(x, y)
    return sm.where((remainder != 0) & ((remainder < 0) != (y < 0)), remainder + y, remainder)


@floor_mod_op.grad
def floor_mod_grad(op: Any, dz: Any) -> list[Any]:
    x, y = op.inputs
    return sum_to_shape_of((dz, -dz * floor_div(x, y)), x, y)


def floormod(x: Any, y: Any, name: str | None = None) -> Tensor:
    """The remainder of `floordiv`, of the sign of `y`, as Python's `%`.

    Raises (in a run):
      InvalidArgumentError: an integer is divided by 0.
    """
    tensor: Tensor = floor_mod_op(x, y, name=name)
    return tensor


mod_op = binary_op("Mod", "{int32, int64, half, half, bfloat16, float, double}")
truncate_mod_op = binary_op("TruncateMod", "{int32, int64, bfloat16, half, float, double}")
mod_op.define(_by_kind(np.fmod, np.fmod))
truncate_mod_op.define(_by_kind(np.fmod, np.fmod))


@mod_op.scalar_for(kinds="fiu", when=_cannot_fail)
@truncate_mod_op.scalar_for(kinds="fiu", when=_cannot_fail)
def truncate_mod_scalar(x: Scalar, y: Scalar) -> Scalar:
    return sm.fmod(x, y)


@mod_op.grad
@truncate_mod_op.grad
def truncate_mod_grad(op: Any, dz: Any) -> list[Any]:
    x, y = op.inputs
    return sum_to_shape_of((dz, -dz * truncatediv(x, y)), x, y)


def truncatemod(x: Any, y: Any, name: str | None = None) -> Tensor:
    """The remainder of `truncatediv`, of the sign of `x`, as C's `%`.

    Raises (in a run):
      InvalidArgumentError: an integer is divided by 0.
    """
    tensor: Tensor = truncate_mod_op(x, y, name=name)
    return tensor


# The ops that fail when an integer is divided by zero.
WHOLE_DIVISIONS = (div_op, truncate_div_op, floor_div_op, floor_mod_op, mod_op, truncate_mod_op)


# --- reciprocals ----------------------------------------------------------------------------------

reciprocal_op = unary_op("Reciprocal", SIGNED)
inv_op = unary_op("Inv", SIGNED)
reciprocal_grad_op = grad_op("ReciprocalGrad")
inv_grad_op = grad_op("InvGrad")


@reciprocal_op.define
@inv_op.define
def reciprocal_reference(node: Any, x: np.ndarray) -> Any:
    return np.divide(np.ones((), x.dtype), x).astype(x.dtype)


@reciprocal_op.scalar_for(kinds="f")
@inv_op.scalar_for(kinds="f")
def reciprocal_scalar(x: Scalar) -> Scalar:
    return 1 / x


@reciprocal_op.grad
@inv_op.grad
def reciprocal_grad(op: Any, dy: Any) -> Any:
    return reciprocal_grad_op(op.outputs[0], dy)


@reciprocal_grad_op.define
@inv_grad_op.define
def reciprocal_grad_reference(node: Any, y: np.ndarray, dy: np.ndarray) -> Any:
    y = np.conjugate(y)
    return -dy * y * y


@reciprocal_grad_op.scalar
@inv_grad_op.scalar
def reciprocal_grad_scalar(y: Scalar, dy: Scalar) -> Scalar:
    return -dy * y * y


@reciprocal_grad_op.grad
@inv_grad_op.grad
def reciprocal_grad_grad(op: Any, dz: Any) -> list[Any]:
    y, dy = op.inputs
    # z = -dy * conj(y) ** 2; what goes to y goes through its conjugate.
    minus_two = ops.array.constant(-2, dtype=dz.dtype)
    return [minus_two * conj(dz) * dy * conj(y), reciprocal_grad_op(conj(y), dz)]


def reciprocal(x: Any, name: str | None = None) -> Tensor:
    """`1 / x`."""
    tensor: Tensor = reciprocal_op(x, name=name)
    return tensor


def reciprocal_no_nan(x: Any, name: str | None = None) -> Tensor:
    """`1 / x`, and 0 wherever `x` is 0."""
    with name_scope(name, "reciprocal_no_nan", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        one = ops.array.constant(1, dtype=x.dtype.base_dtype, name="one")
        tensor: Tensor = div_no_nan_op(one, x, name=scope)
        return tensor


# --- quotients that are 0 where the numerator is --------------------------------------------------

xdivy_op = binary_op("Xdivy", "{half, bfloat16, float, double, complex64, complex128}")


@xdivy_op.define
def xdivy_reference(node: Any, x: np.ndarray, y: np.ndarray) -> Any:
    return np.where(x == 0, np.zeros((), x.dtype), np.true_divide(x, y))


@xdivy_op.scalar
def xdivy_scalar(x: Scalar, y: Scalar) -> Scalar:
    return sm.where(x == 0, 0, x / y)


@xdivy_op.grad
def xdivy_grad(op: Any, dz: Any) -> list[Any]:
    x, y = op.inputs
    zero = ops.array.constant(0, dtype=x.dtype.base_dtype)
    not_zero = cast(ops.elementwise.not_equal(x, zero), x.dtype)
    dx = dz * conj(xdivy_op(not_zero, y))
    dy = dz * conj(xdivy_op(-x, ops.elementwise.square(y)))
    return sum_to_shape_of((dx, dy), x, y)


def xdivy(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x / y`, and 0 wherever `x` is 0, even if `y` is 0 too."""
    tensor: Tensor = xdivy_op(x, y, name=name)
    return tensor
