"""The signatures that elementwise ops share: types, one or two inputs, broadcasting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...graph.op_def import OpDef, define_op
from ..shape_rules import broadcast, same_as_input

FLOATS = "{bfloat16, half, float, double}"
FLOATS_COMPLEX = "{bfloat16, half, float, double, complex64, complex128}"
SIGNED = "{bfloat16, half, float, double, int8, int16, int32, int64, complex64, complex128}"
REALS = "{bfloat16, half, float, double, int8, int16, int32, int64, uint8, uint16, uint32, uint64}"
NUMBERS = (
    "{bfloat16, half, float, double, int8, int16, int32, int64, uint8, uint16, uint32, uint64, "
    "complex64, complex128}"
)
INTEGERS = "{int8, int16, int32, int64, uint8, uint16, uint32, uint64}"
SINGLE_DOUBLE = "{float, double}"

Reference = Callable[..., Any]


def unary_op(name: str, types: str) -> OpDef:
    """`y = name(x)`, of one type and shape."""
    return define_op(name, ["x: T"], ["y: T"], [f"T: {types}"], same_as_input)


def predicate_op(name: str, types: str) -> OpDef:
    """`y = name(x)`, a bool for each element."""
    return define_op(name, ["x: T"], ["y: bool"], [f"T: {types}"], same_as_input)


def binary_op(name: str, types: str) -> OpDef:
    """`z = name(x, y)`, of one type, broadcasting."""
    return define_op(name, ["x: T", "y: T"], ["z: T"], [f"T: {types}"], broadcast)


def grad_op(name: str) -> OpDef:
    """`z = name(y, dy)`: the gradient of an op from its output `y`."""
    return define_op(name, ["y: T", "dy: T"], ["z: T"], [f"T: {FLOATS_COMPLEX}"], same_as_input)


def by_function(function: Callable[..., Any]) -> Reference:
    """A reference that needs nothing of the node: a ufunc, or a function of arrays."""

    def reference(node: Any, *arrays: np.ndarray) -> Any:
        return function(*arrays)

    return reference
