"""Scans: Cumsum, Cumprod, CumulativeLogsumexp."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...base import errors
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import OpDef, define_op
from ...graph.scopes import name_scope
from ...graph.tensor import Tensor
from ..shape_rules import same_as_input
from .reduce import accumulator_type


def _scan_op(name: str, types: str) -> OpDef:
    return define_op(
        name,
        ["x: T", "axis: Tidx"],
        ["out: T"],
        [
            "exclusive: bool = false",
            "reverse: bool = false",
            f"T: {types}",
            "Tidx: {int32, int64} = DT_INT32",
        ],
        same_as_input,
    )


cumsum_op = _scan_op("Cumsum", "numbertype")
cumprod_op = _scan_op("Cumprod", "numbertype")
cumulative_logsumexp_op = _scan_op("CumulativeLogsumexp", "{bfloat16, half, float, double}")


def _scan(node: Any, function: np.ufunc, start: Any, x: np.ndarray, axis: np.ndarray) -> Any:
    """The partial results along an axis, from either end, with or without their own element."""
    if axis.ndim:
        raise errors.InvalidArgumentError(
            None, None, f"ScanOp: axis must be a scalar, not {list(axis.shape)}"
        )
    position = int(axis)
    if not -x.ndim <= position < x.ndim:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"ScanOp: Expected scan axis in the range [{-x.ndim}, {x.ndim}), but got {position}",
        )
    wide = accumulator_type(x.dtype)
    moved = np.moveaxis(x.astype(wide, copy=False), position, 0)
    moved = moved[::-1] if node.attrs["reverse"] else moved
    if node.attrs["exclusive"]:
        out = np.full(moved.shape, start, wide)
        function.accumulate(moved[:-1], axis=0, out=out[1:])
    else:
        out = function.accumulate(moved, axis=0, dtype=wide)
    out = out[::-1] if node.attrs["reverse"] else out
    return np.moveaxis(out, 0, position).astype(x.dtype, copy=False)


@cumsum_op.define
def cumsum_reference(node: Any, x: np.ndarray, axis: np.ndarray) -> Any:
    return _scan(node, np.add, 0, x, axis)


@cumprod_op.define
def cumprod_reference(node: Any, x: np.ndarray, axis: np.ndarray) -> Any:
    return _scan(node, np.multiply, 1, x, axis)


@cumulative_logsumexp_op.define
def cumulative_logsumexp_reference(node: Any, x: np.ndarray, axis: np.ndarray) -> Any:
    return _scan(node, np.logaddexp, -np.inf, x, axis)


@cumsum_op.grad
def cumsum_grad(op: Any, dy: Any) -> list[Any]:
    attrs = op.node_attrs
    exclusive, reverse = attrs["exclusive"], attrs["reverse"]
    return [cumsum(dy, op.inputs[1], exclusive=exclusive, reverse=not reverse), None]


@cumprod_op.grad
def cumprod_grad(op: Any, dy: Any) -> list[Any]:
    """Divides by the elements; that of a zero is 0, as in TF."""
    x, axis = op.inputs
    exclusive, reverse = op.node_attrs["exclusive"], op.node_attrs["reverse"]
    product = cumprod(x, axis, exclusive=exclusive, reverse=reverse)
    later = cumsum(product * dy, axis, exclusive=exclusive, reverse=not reverse)
    return [ops.elementwise.div_no_nan(later, x), None]


@cumulative_logsumexp_op.grad
def cumulative_logsumexp_grad(op: Any, dy: Any) -> list[Any]:
    """In logarithms, for the positive and the negative part of dy apart: exp(x) may overflow."""
    x, axis = op.inputs
    exclusive, reverse = op.node_attrs["exclusive"], op.node_attrs["reverse"]

    def part(log_dy: Any) -> Any:
        terms = log_dy - op.outputs[0]
        summed = cumulative_logsumexp(terms, axis, exclusive=exclusive, reverse=not reverse)
        return ops.elementwise.exp(summed + x)

    elementwise = ops.elementwise
    lowest = ops.array.fill(ops.array.shape(dy), x.dtype.base_dtype.min)
    positive, negative = elementwise.greater(dy, 0), elementwise.less(dy, 0)
    gain = part(elementwise.select_v2(positive, elementwise.log(dy), lowest))
    loss = part(elementwise.select_v2(negative, elementwise.log(-dy), lowest))
    return [gain - loss, None]


def _apply(
    op_def: OpDef, x: Any, axis: Any, exclusive: bool, reverse: bool, name: str | None
) -> Tensor:
    with name_scope(name, op_def.name, [x]) as scope:
        x = convert_to_tensor(x, name="x")
        tensor: Tensor = op_def(x, axis, exclusive=exclusive, reverse=reverse, name=scope)
        return tensor


def cumsum(
    x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> Tensor:
    """The sums of the elements up to each one, along an axis.

    Args:
      x: numbers.
      axis: int32 scalar.
      exclusive: whether an element's own value is left out: [a, b, c] gives [0, a, a + b].
      reverse: whether to begin at the end: [a, b, c] gives [a + b + c, b + c, c].
      name: the node's name.

    Returns:
      A tensor shaped like `x`.
    """
    return _apply(cumsum_op, x, axis, exclusive, reverse, name)


def cumprod(
    x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> Tensor:
    """The products of the elements up to each one, along an axis; see `cumsum`."""
    return _apply(cumprod_op, x, axis, exclusive, reverse, name)


def cumulative_logsumexp(
    x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> Tensor:
    """`log(cumsum(exp(x)))` without overflow; see `cumsum`.

    The first element with `exclusive` is -inf.
    """
    return _apply(cumulative_logsumexp_op, x, axis, exclusive, reverse, name)
