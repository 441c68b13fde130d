"""Sequences of numbers: Range, LinSpace."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes, errors
from ...base.tensor_shape import TensorShape
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import define_op
from ...graph.scopes import name_scope
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from .signatures import index_attr


def range_shape(context: ShapeContext) -> TensorShape:
    for index in (0, 1, 2):
        context.with_rank(index, 0)
    start, limit, delta = (context.constant(i) for i in (0, 1, 2))
    if start is None or limit is None or delta is None:
        return TensorShape([None])
    if delta == 0:
        raise ValueError("Requires delta != 0: 0")
    if (start > limit) == (delta > 0) and start != limit:
        relation = "<= limit when delta >" if delta > 0 else ">= limit when delta <"
        raise ValueError(f"Requires start {relation} 0: {start}/{limit}")
    return TensorShape([_length(start, limit, delta)])


def _length(start: np.ndarray, limit: np.ndarray, delta: np.ndarray) -> int:
    if start.dtype.kind in "iu":
        first, last, step = int(start), int(limit), int(delta)
        return max(0, -((first - last) // step))
    return max(0, math.ceil(abs((float(limit) - float(start)) / float(delta))))


range_op = define_op(
    "Range",
    ["start: Tidx", "limit: Tidx", "delta: Tidx"],
    ["output: Tidx"],
    ["Tidx: {bfloat16, half, float, double, int8, int16, int32, int64} = DT_INT32"],
    range_shape,
)
range_op.no_grad()


@range_op.define
def range_reference(
    node: Any, start: np.ndarray, limit: np.ndarray, delta: np.ndarray
) -> np.ndarray:
    for name, value in (("start", start), ("limit", limit), ("delta", delta)):
        if value.ndim:
            raise errors.InvalidArgumentError(
                None, None, f"{name} must be a scalar, not shape {list(value.shape)}"
            )
    if delta == 0:
        raise errors.InvalidArgumentError(None, None, f"Requires delta != 0: {delta}")
    if delta > 0 and start > limit:
        raise errors.InvalidArgumentError(
            None, None, f"Requires start <= limit when delta > 0: {start}/{limit}"
        )
    if delta < 0 and start < limit:
        raise errors.InvalidArgumentError(
            None, None, f"Requires start >= limit when delta < 0: {start}/{limit}"
        )
    steps = np.arange(_length(start, limit, delta))
    if start.dtype.kind in "iu":
        values = int(start) + steps * int(delta)
    else:
        values = start + steps.astype(start.dtype) * delta
    return values.astype(start.dtype)


_WIDTHS = (dtypes.int32, dtypes.int64, dtypes.float16, dtypes.float32, dtypes.float64)


def range(
    start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None, name: str = "range"
) -> Tensor:
    """The numbers from `start` up to, not including, `limit`, by steps of `delta`.

    Args:
      start: a scalar; `range(n)` counts from 0 up to n.
      limit: a scalar.
      delta: a scalar, not 0.
      dtype: the type; by default the widest of the arguments'.
      name: the node's name.

    Returns:
      A vector.
    """
    if limit is None:
        start, limit = 0, start
    with name_scope(name, "Range", [start, limit, delta]) as scope:
        start = convert_to_tensor(start, dtype=dtype, name="start")
        limit = convert_to_tensor(limit, dtype=dtype, name="limit")
        delta = convert_to_tensor(delta, dtype=dtype, name="delta")
        if dtype is None:
            widest = max((t.dtype.base_dtype for t in (start, limit, delta)), key=_WIDTHS.index)
            start, limit, delta = (ops.elementwise.cast(t, widest) for t in (start, limit, delta))
        tensor: Tensor = range_op(start, limit, delta, name=scope)
        return tensor


def lin_space_shape(context: ShapeContext) -> TensorShape:
    for index in (0, 1, 2):
        context.with_rank(index, 0)
    count = context.constant(2)
    if count is None:
        return TensorShape([None])
    if count <= 0:
        raise ValueError(f"Requires num > 0: {int(count)}")
    return TensorShape([int(count)])


lin_space_op = define_op(
    "LinSpace",
    ["start: T", "stop: T", "num: Tidx"],
    ["output: T"],
    ["T: {bfloat16, half, float, double}", index_attr("Tidx")],
    lin_space_shape,
)
lin_space_op.no_grad()


@lin_space_op.define
def lin_space_reference(
    node: Any, start: np.ndarray, stop: np.ndarray, num: np.ndarray
) -> np.ndarray:
    count = int(num)
    if count <= 0:
        raise errors.InvalidArgumentError(None, None, f"Requires num > 0: {count}")
    if count == 1:
        return start.reshape(1)
    step = ((stop - start) / np.asarray(count - 1, start.dtype)).astype(start.dtype)
    result: np.ndarray = start + step * np.arange(count).astype(start.dtype)
    result[-1] = stop  # steps would miss it by rounding
    return result


def lin_space(start: Any, stop: Any, num: Any, name: str | None = None) -> Tensor:
    """`num` numbers at equal distances, from `start` to `stop`, both included.

    Args:
      start: a float scalar.
      stop: a scalar of the same type.
      num: how many, an int32 or int64 scalar above 0.
      name: the node's name.
    """
    tensor: Tensor = lin_space_op(start, stop, num, name=name)
    return tensor
