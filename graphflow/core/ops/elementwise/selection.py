"""Select: elements of one tensor or of another, by a condition."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...base.tensor_shape import TensorShape
from ...graph.op_def import define_op
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from .. import scalar_math as sm
from ..scalar_math import Scalar
from ..shape_rules import broadcast_shapes, merged_shape


def select_shape(context: ShapeContext) -> TensorShape:
    condition, then, otherwise = context.shapes
    shape = merged_shape(then, otherwise)
    if condition.ndims is None or shape.ndims is None or condition.ndims == 0:
        return shape
    if condition.ndims == 1 and shape.ndims != 1:
        # A vector chooses whole rows.
        if shape.ndims == 0:
            raise ValueError(f"Shape must be at least rank 1 but is rank {shape.ndims}")
        merged_shape(condition, shape[:1])
        return shape
    return merged_shape(condition, shape)


select_op = define_op(
    "Select", ["condition: bool", "t: T", "e: T"], ["output: T"], ["T: type"], select_shape
)


@select_op.define
def select_reference(
    node: Any, condition: np.ndarray, then: np.ndarray, otherwise: np.ndarray
) -> np.ndarray:
    if then.shape != otherwise.shape:
        raise ValueError(
            "'then' and 'else' must have the same size, but received: "
            f"{list(then.shape)} vs. {list(otherwise.shape)}"
        )
    if condition.ndim == 1 and then.ndim > 1 and len(condition) == len(then):
        condition = condition.reshape(-1, *[1] * (then.ndim - 1))
    elif condition.ndim != 0 and condition.shape != then.shape:
        raise ValueError(
            "'then' and 'condition' must have the same size, but received: "
            f"{list(then.shape)} vs. {list(condition.shape)}"
        )
    return np.where(condition, then, otherwise)


@select_op.scalar
def select_scalar(condition: Scalar, then: Scalar, otherwise: Scalar) -> Scalar:
    return sm.where(condition, then, otherwise)


@select_op.grad
def select_grad(op: Any, dz: Any) -> list[Any]:
    condition = op.inputs[0]
    zeros = ops.array.zeros_like(op.inputs[1])
    return [None, select(condition, dz, zeros), select(condition, zeros, dz)]


def select(condition: Any, t: Any, e: Any, name: str | None = None) -> Tensor:
    """`t` where the condition holds, else `e`: `tf.where` with three arguments.

    Args:
      condition: bool; of the shape of `t`, a scalar, or a vector that chooses rows.
      t: any type.
      e: of the type and shape of `t`.
      name: the node's name.
    """
    tensor: Tensor = select_op(condition, t, e, name=name)
    return tensor


def select_v2_shape(context: ShapeContext) -> TensorShape:
    condition, then, otherwise = context.shapes
    return broadcast_shapes(condition, broadcast_shapes(then, otherwise))


select_v2_op = define_op(
    "SelectV2", ["condition: bool", "t: T", "e: T"], ["output: T"], ["T: type"], select_v2_shape
)
select_v2_op.scalar(select_scalar)


@select_v2_op.define
def select_v2_reference(node: Any, *arrays: np.ndarray) -> np.ndarray:
    return np.where(*arrays)


@select_v2_op.grad
def select_v2_grad(op: Any, dz: Any) -> list[Any]:
    condition, then, otherwise = op.inputs
    zeros = ops.array.zeros_like(dz)
    gradients = [select_v2(condition, dz, zeros), select_v2(condition, zeros, dz)]
    sums = [
        _sum_to_shape_of(gradient, x, op.outputs[0])
        for gradient, x in zip(gradients, (then, otherwise), strict=True)
    ]
    return [None, *sums]


def _sum_to_shape_of(gradient: Tensor, x: Tensor, output: Tensor) -> Any:
    shape = ops.array.shape(x)
    axes, _ = ops.array.broadcast_gradient_args_op(shape, ops.array.shape(output))
    return ops.array.reshape(ops.reduction.reduce_sum(gradient, axes), shape)


def select_v2(condition: Any, t: Any, e: Any, name: str | None = None) -> Tensor:
    """`t` where the condition holds, else `e`; all three broadcast."""
    tensor: Tensor = select_v2_op(condition, t, e, name=name)
    return tensor
