"""tf.hessians: second derivatives, a row at a time."""

from __future__ import annotations

from typing import Any

from .. import ops
from ..graph.tensor import Tensor
from .gradients import gradients


def hessians(
    ys: Any,
    xs: Any,
    name: str = "hessians",
    colocate_gradients_with_ops: bool = False,
    gate_gradients: bool = False,
    aggregation_method: int | None = None,
) -> list[Tensor]:
    """The Hessian of the sum of `ys` with respect to each x.

    Args: as `tf.gradients`.

    Returns:
      For each x a tensor of the shape `x.shape + x.shape`.

    Raises:
      ValueError: `ys` does not depend on an x, or only linearly.
    """
    xs = list(xs) if isinstance(xs, list | tuple) else [xs]
    options: dict[str, Any] = {
        "colocate_gradients_with_ops": colocate_gradients_with_ops,
        "gate_gradients": gate_gradients,
        "aggregation_method": aggregation_method,
    }
    first = gradients(ys, xs, **options)
    return [_hessian(g, x, options) for g, x in zip(first, xs, strict=True)]


def _hessian(gradient: Any, x: Any, options: dict[str, Any]) -> Tensor:
    flat = ops.array.reshape(gradient, [-1])
    count = ops.array.size(x)

    def row(index: Tensor) -> Any:
        found = gradients(flat[index], x, **options)[0]
        if found is None:
            raise ValueError(
                f"None values not supported: the gradient with respect to {x.name} does not depend "
                "on it, so that its Hessian is zero"
            )
        return found

    rows = ops.control.map_fn(row, ops.array.range(count), dtype=x.dtype.base_dtype)
    shape = ops.array.shape(x)
    hessian: Tensor = ops.array.reshape(rows, ops.array.concat([shape, shape], 0))
    if isinstance(x, Tensor):
        hessian.set_shape(x.shape.concatenate(x.shape))
    return hessian
