"""Absolute values and signs."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from ... import ops
from ...graph.conversion import convert_to_tensor
from ...graph.scopes import name_scope
from ...graph.tensor import Tensor
from .. import scalar_math as sm
from ..scalar_math import Scalar
from .complex_numbers import complex_abs_op
from .signatures import SIGNED, by_function, unary_op
from .sparse_values import on_sparse_values

abs_op = unary_op("Abs", "{bfloat16, half, float, double, int8, int16, int32, int64}")
abs_op.define(by_function(np.abs))


@abs_op.scalar
def abs_scalar(x: Scalar) -> Scalar:
    return builtins.abs(x)


@abs_op.grad
def abs_grad(op: Any, dy: Any) -> Any:
    return dy * sign(op.inputs[0])


@on_sparse_values("Abs")
def abs(x: Any, name: str | None = None) -> Any:
    """The absolute value; of complex numbers, the real magnitude.

    Args:
      x: a Tensor or SparseTensor.
      name: the node's name.
    """
    with name_scope(name, "Abs", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        if x.dtype.is_complex:
            return complex_abs_op(x, Tout=x.dtype.base_dtype.real_dtype, name=scope)
        return abs_op(x, name=scope)


sign_op = unary_op("Sign", SIGNED)


@sign_op.define
def sign_reference(node: Any, x: np.ndarray) -> Any:
    if x.dtype.kind != "c":
        return np.sign(x)
    magnitude = np.abs(x)
    return np.where(magnitude == 0, np.zeros((), x.dtype), x / magnitude)


@sign_op.scalar
def sign_scalar(x: Scalar) -> Scalar:
    return sm.sign(x)


@sign_op.grad
def sign_grad(op: Any, dy: Any) -> Any:
    zeros: Tensor = ops.array.zeros_like(op.inputs[0])
    return zeros


@on_sparse_values("Sign")
def sign(x: Any, name: str | None = None) -> Any:
    """-1, 0 or 1; of complex numbers `x / abs(x)`, or 0. Takes a Tensor or SparseTensor."""
    return sign_op(x, name=name)
