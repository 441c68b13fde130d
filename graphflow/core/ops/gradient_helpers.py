"""What gradients of many ops share."""

from __future__ import annotations

from typing import Any

from .. import ops
from ..base.tensor_shape import TensorShape
from ..graph.tensor import Tensor
from .shape_rules import broadcast_shapes


def sum_to_shape_of(gradients: tuple[Any, Any], x: Tensor, y: Tensor) -> list[Any]:
    """Sums the gradients of a broadcasting op's two inputs over the axes that were broadcast."""
    if x.shape.is_fully_defined() and y.shape.is_fully_defined():
        shape = broadcast_shapes(x.shape, y.shape)
        pairs = zip(gradients, (x.shape, y.shape), strict=True)
        return [_sum_to_shape(gradient, shape, wanted) for gradient, wanted in pairs]
    shapes = ops.array.shape(x), ops.array.shape(y)
    axes = ops.array.broadcast_gradient_args_op(*shapes)
    return [
        None
        if gradient is None
        else ops.array.reshape(ops.reduction.reduce_sum(gradient, axis), wanted)
        for gradient, axis, wanted in zip(gradients, axes, shapes, strict=True)
    ]


def _sum_to_shape(gradient: Any, shape: TensorShape, wanted: TensorShape) -> Any:
    """The sum, when shapes are known early; nothing is added when nothing was broadcast."""
    sizes, wanted_sizes = shape.as_list(), wanted.as_list()
    if gradient is None or sizes == wanted_sizes:
        return gradient
    missing = len(sizes) - len(wanted_sizes)
    padded = [1] * missing + wanted_sizes
    axes = [i for i, size in enumerate(sizes) if padded[i] != size or i < missing]
    return ops.array.reshape(ops.reduction.reduce_sum(gradient, axes), wanted_sizes)
