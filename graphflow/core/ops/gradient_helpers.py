"""What gradients of many ops share."""

from __future__ import annotations

from typing import Any

from ..graph.tensor import Tensor
from .. import ops


def sum_to_shape_of(gradients: tuple[Any, Any], x: Tensor, y: Tensor) -> list[Any]:
    """Sums the gradients of a broadcasting op's two inputs over the axes that were broadcast."""
    if x.shape.is_fully_defined() and y.shape.is_fully_defined():
        if x.shape.as_list() == y.shape.as_list():
            return list(gradients)
    shapes = ops.array.shape(x), ops.array.shape(y)
    axes = ops.array.broadcast_gradient_args_op(*shapes)
    return [
        None
        if gradient is None
        else ops.array.reshape(ops.reduction.reduce_sum(gradient, axis), shape)
        for gradient, axis, shape in zip(gradients, axes, shapes, strict=True)
    ]
