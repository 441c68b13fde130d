"""Complex numbers: their making, their parts, and the conjugate that gradients use."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import OpDef, define_op
from ...graph.scopes import name_scope
from ...graph.tensor import Tensor
from .. import scalar_math as sm
from ..gradient_helpers import sum_to_shape_of
from ..scalar_math import Scalar
from ..shape_rules import broadcast, same_as_input
from .signatures import by_function

_COMPLEX = "T: {complex64, complex128} = DT_COMPLEX64"
_REAL_RESULT = "Tout: {float, double} = DT_FLOAT"


def _part_op(name: str) -> OpDef:
    return define_op(name, ["input: T"], ["output: Tout"], [_COMPLEX, _REAL_RESULT], same_as_input)


complex_op = define_op(
    "Complex",
    inputs=["real: T", "imag: T"],
    outputs=["out: Tout"],
    attrs=["T: {float, double} = DT_FLOAT", "Tout: {complex64, complex128} = DT_COMPLEX64"],
    shape=broadcast,
)


@complex_op.define
def complex_reference(node: Any, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    result = np.empty(np.broadcast_shapes(x.shape, y.shape), node.output_dtypes[0].as_numpy_dtype)
    result.real, result.imag = x, y
    return result


@complex_op.grad
def complex_grad(op: Any, dz: Any) -> list[Any]:
    return sum_to_shape_of((real(dz), imag(dz)), *op.inputs)


def complex(real: Any, imag: Any, name: str | None = None) -> Tensor:
    """`real + i * imag`.

    Args:
      real: float32 or float64.
      imag: the same type; the two broadcast.
      name: the node's name.

    Returns:
      complex64, or complex128 of float64.

    Raises:
      TypeError: the types differ or are others.
    """
    real = convert_to_tensor(real, name="real")
    imag = convert_to_tensor(imag, name="imag")
    with name_scope(name, "Complex", [real, imag]) as scope:
        types = (real.dtype.base_dtype, imag.dtype.base_dtype)
        if types == (dtypes.float64, dtypes.float64):
            result = dtypes.complex128
        elif types == (dtypes.float32, dtypes.float32):
            result = dtypes.complex64
        else:
            raise TypeError(
                f"real and imag have incorrect types: {real.dtype.name} {imag.dtype.name}"
            )
        tensor: Tensor = complex_op(real, imag, Tout=result, name=scope)
        return tensor


# --- parts ----------------------------------------------------------------------------------------

real_op = _part_op("Real")
imag_op = _part_op("Imag")
angle_op = _part_op("Angle")
real_op.define(by_function(np.real))
imag_op.define(by_function(np.imag))
angle_op.define(by_function(np.angle))


@real_op.grad
def real_grad(op: Any, dy: Any) -> Any:
    return complex(dy, ops.array.zeros_like(dy))


@imag_op.grad
def imag_grad(op: Any, dy: Any) -> Any:
    # The convention of TF1 for imag: i * dy, so that imag(z) = real(-i z) with conj(-i) = i.
    return complex(ops.array.zeros_like(dy), dy)


@angle_op.grad
def angle_grad(op: Any, dy: Any) -> Any:
    z = op.inputs[0]
    minus_i_over_z = ops.elementwise.reciprocal(complex(imag(z), real(z)))
    return -complex(dy, ops.array.zeros_like(dy)) * minus_i_over_z


def real(input: Any, name: str | None = None) -> Tensor:
    """The real part; a real tensor is returned as it is."""
    with name_scope(name, "Real", [input]) as scope:
        z = convert_to_tensor(input, name="input")
        if not z.dtype.is_complex:
            return z
        tensor: Tensor = real_op(z, Tout=z.dtype.base_dtype.real_dtype, name=scope)
        return tensor


def imag(input: Any, name: str | None = None) -> Tensor:
    """The imaginary part; zeros for a real tensor."""
    with name_scope(name, "Imag", [input]) as scope:
        z = convert_to_tensor(input, name="input")
        if not z.dtype.is_complex:
            zeros: Tensor = ops.array.zeros_like(z)
            return zeros
        tensor: Tensor = imag_op(z, Tout=z.dtype.base_dtype.real_dtype, name=scope)
        return tensor


def angle(input: Any, name: str | None = None) -> Tensor:
    """The argument of complex numbers, in (-pi, pi]; zeros for a real tensor."""
    with name_scope(name, "Angle", [input]) as scope:
        z = convert_to_tensor(input, name="input")
        if not z.dtype.is_complex:
            zeros: Tensor = ops.array.zeros_like(z)
            return zeros
        tensor: Tensor = angle_op(z, Tout=z.dtype.base_dtype.real_dtype, name=scope)
        return tensor


# --- conjugate ------------------------------------------------------------------------------------

conj_op = define_op(
    "Conj",
    inputs=["input: T"],
    outputs=["output: T"],
    attrs=["T: {complex64, complex128, variant} = DT_COMPLEX64"],
    shape=same_as_input,
)
conj_op.define(by_function(np.conjugate))


@conj_op.scalar
def conj_scalar(x: Scalar) -> Scalar:
    return sm.conj(x)


@conj_op.grad
def conj_grad(op: Any, dy: Any) -> Any:
    return conj(dy)


def conj(x: Any, name: str | None = None) -> Tensor:
    """The complex conjugate; a real tensor is returned as it is.

    Raises:
      TypeError: `x` is not a tensor of numbers.
    """
    if isinstance(x, Tensor) and (x.dtype.is_floating or x.dtype.is_integer):
        return x
    with name_scope(name, "Conj", [x]) as scope:
        z = convert_to_tensor(x, name="x")
        if z.dtype.is_complex or z.dtype == dtypes.variant:
            tensor: Tensor = conj_op(z, name=scope)
            return tensor
        if z.dtype.is_floating or z.dtype.is_integer:
            return z
        raise TypeError(f"Expected numeric or variant tensor, got dtype {z.dtype.name}")


# --- magnitude ------------------------------------------------------------------------------------

complex_abs_op = define_op(
    "ComplexAbs", ["x: T"], ["y: Tout"], [_COMPLEX, _REAL_RESULT], same_as_input
)
complex_abs_op.define(by_function(np.abs))


@complex_abs_op.grad
def complex_abs_grad(op: Any, dy: Any) -> Any:
    x = op.inputs[0]
    as_complex = complex(dy, ops.array.zeros_like(dy))
    return ops.elementwise.div_no_nan(
        as_complex * x, complex(op.outputs[0], ops.array.zeros_like(dy))
    )
