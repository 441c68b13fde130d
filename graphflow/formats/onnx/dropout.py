"""Dropout at inference: what multiplies by a mask that is 1 everywhere is left out.

TensorFlow 1 has written dropout in three ways: the mask `floor(keep_prob + random)`, the mask
`random >= rate` as numbers, and a choice by `random >= rate`. When the rate is known to be 0, the
mask is known although its random numbers are not.
"""

from __future__ import annotations

import numpy as np

from ...core.graph.operation import Operation
from ...core.graph.tensor import Tensor
from .elementwise import Emitter, pointwise, select
from .writer import Result, Writer


def multiply(to: Writer, op: Operation) -> Result:
    x, y = op.inputs
    for factor, other in ((y, x), (x, y)):
        if _has_shape_of(op.outputs[0], other) and _is_one(to, factor):
            return other
    return pointwise("Mul")(to, op)


def divide(to: Writer, op: Operation) -> Result:
    x, y = op.inputs
    if _has_shape_of(op.outputs[0], x) and _is_one(to, y):
        return x
    return pointwise("Div")(to, op)


def choose(emit: Emitter) -> Emitter:
    """The row for an op that chooses by a condition."""

    def emitter(to: Writer, op: Operation) -> Result:
        condition, x, _ = op.inputs
        if _has_shape_of(op.outputs[0], x) and _is_one(to, condition):
            return x
        return emit(to, op)

    return emitter


select_v1 = choose(select)
select_v2 = choose(pointwise("Where"))


def _has_shape_of(result: Tensor, x: Tensor) -> bool:
    if result.shape.ndims is None or result.shape.ndims != x.shape.ndims:
        return False
    return bool(result.shape.is_compatible_with(x.shape))


def _is_one(to: Writer, tensor: Tensor) -> bool:
    """Whether all elements are known to be 1, or True."""
    tensor = to.source(tensor)
    if tensor.op.type == "Cast":
        return _is_one(to, tensor.op.inputs[0])
    if tensor.op.type == "GreaterEqual":
        noise, rate = (_range(to, t) for t in tensor.op.inputs)
        return noise is not None and rate is not None and noise[0] >= rate[1]
    if tensor.op.type == "Floor":
        noise = _range(to, tensor.op.inputs[0])
        return noise is not None and noise[0] >= 1 and noise[1] <= 2
    value = to.known(tensor)
    return value is not None and value.size > 0 and value.dtype.kind in "bf" and (value == 1).all()


def _range(to: Writer, tensor: Tensor) -> tuple[float, float] | None:
    """The least value that random numbers take, and what they stay below."""
    tensor = to.source(tensor)
    if tensor.op.type == "RandomUniform":
        return 0.0, 1.0
    value = to.known(tensor)
    if value is not None:
        is_number = value.dtype.kind == "f" and value.size > 0
        return (float(np.min(value)), float(np.max(value))) if is_number else None
    if tensor.op.type in ("Add", "AddV2", "Mul"):
        x, y = (_range(to, t) for t in tensor.op.inputs)
        if x is None or y is None:
            return None
        if tensor.op.type != "Mul":
            return x[0] + y[0], x[1] + y[1]
        return (x[0] * y[0], x[1] * y[1]) if min(x[0], y[0]) >= 0 else None
    return None
