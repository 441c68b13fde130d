"""Softmax and log-softmax over one axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes, errors
from ...base.deprecation import deprecated_argument_lookup
from ...base.tensor_shape import TensorShape
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import OpDef, define_op
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor

_FLOATS = "T: {half, bfloat16, float, double}"


def _at_least_vector(context: ShapeContext) -> TensorShape:
    return context.shape(0).with_rank_at_least(1)


softmax_op = define_op(
    "Softmax",
    inputs=["logits: T"],
    outputs=["softmax: T"],
    attrs=[_FLOATS],
    shape=_at_least_vector,
)
log_softmax_op = define_op(
    "LogSoftmax",
    inputs=["logits: T"],
    outputs=["logsoftmax: T"],
    attrs=[_FLOATS],
    shape=_at_least_vector,
)


def shifted(logits: np.ndarray) -> np.ndarray:
    """Logits less their maximum along the last axis, so that exp cannot overflow."""
    if logits.shape[-1] == 0:
        return logits
    result: np.ndarray = logits - logits.max(axis=-1, keepdims=True)
    return result


def _check_axis(logits: np.ndarray) -> None:
    if not logits.ndim:
        raise errors.InvalidArgumentError(None, None, "logits must have >= 1 dimension, got 0")


@softmax_op.define
def softmax_reference(node: Any, logits: np.ndarray) -> np.ndarray:
    _check_axis(logits)
    powers = np.exp(shifted(logits))
    result: np.ndarray = powers / powers.sum(axis=-1, keepdims=True)
    return result


@softmax_op.grad
def softmax_grad(op: Any, dy: Tensor) -> Tensor:
    y = op.outputs[0]
    tensor: Tensor = (dy - ops.reduction.reduce_sum(dy * y, -1, keepdims=True)) * y
    return tensor


@log_softmax_op.define
def log_softmax_reference(node: Any, logits: np.ndarray) -> np.ndarray:
    _check_axis(logits)
    lowered = shifted(logits)
    result: np.ndarray = lowered - np.log(np.exp(lowered).sum(axis=-1, keepdims=True))
    return result


@log_softmax_op.grad
def log_softmax_grad(op: Any, dy: Tensor) -> Tensor:
    y = ops.elementwise.exp(op.outputs[0])
    tensor: Tensor = dy - ops.reduction.reduce_sum(dy, -1, keepdims=True) * y
    return tensor


def softmax(
    logits: Any, axis: int | None = None, name: str | None = None, dim: int | None = None
) -> Tensor:
    """exp(logits) over their sum along an axis.

    Args:
      logits: a floating tensor of rank 1 or more.
      axis: the axis that is to sum to one; the last by default.
      name: the node's name.
      dim: the old name of `axis`.

    Raises:
      InvalidArgumentError: `logits` has no such axis; where only the run knows, in the run.
    """
    return _along_axis(
        softmax_op, logits, deprecated_argument_lookup("axis", axis, "dim", dim), name
    )


def log_softmax(
    logits: Any, axis: int | None = None, name: str | None = None, dim: int | None = None
) -> Tensor:
    """log(softmax(logits)), computed without losing small probabilities; see `softmax`."""
    axis = deprecated_argument_lookup("axis", axis, "dim", dim)
    return _along_axis(log_softmax_op, logits, axis, name)


def _along_axis(op_def: OpDef, logits: Any, axis: int | None, name: str | None) -> Tensor:
    logits = convert_to_tensor(logits)
    axis = -1 if axis is None else axis
    rank = logits.shape.ndims
    if isinstance(axis, int) and (axis == -1 or (rank is not None and axis == rank - 1)):
        last: Tensor = op_def(logits, name=name)
        return last
    if rank is not None and isinstance(axis, int) and not -rank <= axis < rank:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"`dim` must be in the range [{-rank}, {rank}) where {rank} is the number of "
            f"dimensions in the input. Received: {axis}",
        )
    swap = _swap_with_last(logits, axis)
    moved = op_def(ops.array.transpose(logits, swap))
    result: Tensor = ops.array.transpose(moved, swap, name=name or "transpose")
    result.set_shape(logits.shape)
    return result


def _swap_with_last(logits: Tensor, axis: Any) -> Any:
    """The permutation that exchanges an axis with the last one: its own inverse."""
    rank = logits.shape.ndims
    if rank is not None and isinstance(axis, int):
        order = list(range(rank))
        order[axis], order[-1] = order[-1], order[axis]
        return order
    count = ops.array.rank(logits)
    last = count - 1
    every = ops.array.range(count)
    axis = ops.elementwise.cast(axis, dtypes.int32)
    from_front = ops.elementwise.select(ops.elementwise.less(axis, 0), axis + count, axis)
    position = ops.array.gather(every, from_front)  # fails where there is no such axis
    at_axis = ops.elementwise.equal(every, position)
    at_last = ops.elementwise.equal(every, last)
    moved = ops.elementwise.select(at_last, ops.array.zeros_like(every) + position, every)
    return ops.elementwise.select(at_axis, ops.array.zeros_like(every) + last, moved)
