"""The gradient of FusedBatchNorm's gradient: the gradient written out in plain ops, differentiated.

It stands here and not with the op because it calls the reverse walk itself.
"""

from __future__ import annotations

from typing import Any

from .. import ops
from ..base import dtypes
from ..graph.tensor import Tensor
from ..ops.nn.batch_norm import (
    fused_batch_norm_grad_op,
    fused_batch_norm_grad_v2_op,
    fused_batch_norm_grad_v3_op,
    statistics_axes,
)
from .gradients import gradients


def fused_batch_norm_grad_grad(op: Any, *grads: Any) -> list[Any]:
    """Differentiates the gradient written out in plain ops (as its reference documents it)."""
    dy, x, scale, mean, variance = op.inputs[:5]
    again = _composed_gradient(op, dy, x, scale, mean, variance)
    flowing = [(y, g) for y, g in zip(again, grads[:3], strict=True) if g is not None]
    ys, grad_ys = zip(*flowing, strict=True)
    found = gradients(list(ys), [dy, x, scale], list(grad_ys))
    return [*found, *[None] * (len(op.inputs) - 3)]


def _composed_gradient(
    op: Any, dy: Tensor, x: Tensor, scale: Tensor, mean: Tensor, variance: Tensor
) -> list[Tensor]:
    axes, shape = statistics_axes(op)

    def spread(vector: Tensor) -> Any:
        return ops.array.reshape(vector, shape)

    wide, dy = ops.elementwise.cast(x, dtypes.float32), ops.elementwise.cast(dy, dtypes.float32)
    if op.node_attrs["is_training"]:  # the statistics are functions of x
        mean = ops.reduction.reduce_mean(wide, axes)
        variance = ops.reduction.reduce_mean(ops.elementwise.square(wide - spread(mean)), axes)
    inverse = spread(ops.elementwise.rsqrt(variance + op.node_attrs["epsilon"]))
    normal = (wide - spread(mean)) * inverse
    dscale = ops.reduction.reduce_sum(dy * normal, axes)
    doffset = ops.reduction.reduce_sum(dy, axes)
    dx = spread(scale) * inverse * dy
    if op.node_attrs["is_training"]:
        mean_dy = ops.reduction.reduce_mean(dy, axes)
        mean_product = ops.reduction.reduce_mean(dy * normal, axes)
        dx = spread(scale) * inverse * (dy - spread(mean_dy) - normal * spread(mean_product))
    return [ops.elementwise.cast(dx, x.dtype), dscale, doffset]


for _op in (fused_batch_norm_grad_op, fused_batch_norm_grad_v2_op, fused_batch_norm_grad_v3_op):
    _op.grad(fused_batch_norm_grad_grad)
