"""Operations on the bits of integers."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...graph.op_def import define_op
from ...graph.tensor import Tensor
from ..scalar_math import Scalar
from ..shape_rules import same_as_input
from .signatures import INTEGERS, binary_op, by_function, unary_op

bitwise_and_op = binary_op("BitwiseAnd", INTEGERS)
bitwise_or_op = binary_op("BitwiseOr", INTEGERS)
bitwise_xor_op = binary_op("BitwiseXor", INTEGERS)
invert_op = unary_op("Invert", INTEGERS)
bitwise_and_op.define(by_function(np.bitwise_and))
bitwise_or_op.define(by_function(np.bitwise_or))
bitwise_xor_op.define(by_function(np.bitwise_xor))
invert_op.define(by_function(np.invert))
for _op_def in (bitwise_and_op, bitwise_or_op, bitwise_xor_op, invert_op):
    _op_def.no_grad()


@bitwise_and_op.scalar
def bitwise_and_scalar(x: Scalar, y: Scalar) -> Scalar:
    return x & y


@bitwise_or_op.scalar
def bitwise_or_scalar(x: Scalar, y: Scalar) -> Scalar:
    return x | y


@bitwise_xor_op.scalar
def bitwise_xor_scalar(x: Scalar, y: Scalar) -> Scalar:
    return x ^ y


@invert_op.scalar
def invert_scalar(x: Scalar) -> Scalar:
    return ~x


def bitwise_and(x: Any, y: Any, name: str | None = None) -> Tensor:
    """The bits set in both `x` and `y`, broadcasting."""
    tensor: Tensor = bitwise_and_op(x, y, name=name)
    return tensor


def bitwise_or(x: Any, y: Any, name: str | None = None) -> Tensor:
    """The bits set in `x` or in `y`, broadcasting."""
    tensor: Tensor = bitwise_or_op(x, y, name=name)
    return tensor


def bitwise_xor(x: Any, y: Any, name: str | None = None) -> Tensor:
    """The bits in which `x` and `y` differ, broadcasting."""
    tensor: Tensor = bitwise_xor_op(x, y, name=name)
    return tensor


def invert(x: Any, name: str | None = None) -> Tensor:
    """All bits flipped."""
    tensor: Tensor = invert_op(x, name=name)
    return tensor


# --- shifts ---------------------------------------------------------------------------------------

left_shift_op = binary_op("LeftShift", INTEGERS)
right_shift_op = binary_op("RightShift", INTEGERS)
left_shift_op.no_grad()
right_shift_op.no_grad()


def _within_width(shift: np.ndarray) -> Any:
    """The shift, brought to [0, bits - 1]: what C leaves undefined shifts as far as it can."""
    return np.clip(shift, 0, 8 * shift.dtype.itemsize - 1)


@left_shift_op.define
def left_shift_reference(node: Any, x: np.ndarray, y: np.ndarray) -> Any:
    return np.left_shift(x, _within_width(y))


@right_shift_op.define
def right_shift_reference(node: Any, x: np.ndarray, y: np.ndarray) -> Any:
    return np.right_shift(x, _within_width(y))


@left_shift_op.scalar
def left_shift_scalar(x: Scalar, y: Scalar) -> Scalar:
    return x << y


@right_shift_op.scalar
def right_shift_scalar(x: Scalar, y: Scalar) -> Scalar:
    return x >> y


def left_shift(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x` shifted left by `y` bits, broadcasting; `y` is brought into [0, bits - 1]."""
    tensor: Tensor = left_shift_op(x, y, name=name)
    return tensor


def right_shift(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x` shifted right by `y` bits, broadcasting, keeping the sign; as `left_shift`."""
    tensor: Tensor = right_shift_op(x, y, name=name)
    return tensor


population_count_op = define_op(
    "PopulationCount", ["x: T"], ["y: uint8"], [f"T: {INTEGERS}"], shape=same_as_input
)
population_count_op.no_grad()


@population_count_op.define
def population_count_reference(node: Any, x: np.ndarray) -> Any:
    return np.bitwise_count(x.view(f"u{x.dtype.itemsize}"))  # of the bits, not of the magnitude
