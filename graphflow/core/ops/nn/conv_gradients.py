"""The gradients of a convolution and of its two gradient ops: each is made of the other two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ... import ops
from ...graph.op_def import OpDef
from ...graph.tensor import Tensor


def register_gradients(
    convolution: OpDef, to_input: OpDef, to_filter: OpDef, geometry: Sequence[str]
) -> None:
    """Registers the gradients of the three ops of a kind of convolution.

    Args:
      convolution: `(input, filter)`.
      to_input: the gradient of its input, `(input_sizes, filter, dy)`.
      to_filter: the gradient of its filter, `(input, filter_sizes, dy)`.
      geometry: the attributes that all three share (strides, padding and so on).
    """

    def attrs(op: Any) -> dict[str, Any]:
        return {name: op.node_attrs[name] for name in geometry}

    @convolution.grad
    def convolution_grad(op: Any, dy: Tensor) -> list[Tensor]:
        x, filters = op.inputs
        x_shape, filter_shape = ops.array.shape_n([x, filters])
        return [
            to_input(x_shape, filters, dy, **attrs(op)),
            to_filter(x, filter_shape, dy, **attrs(op)),
        ]

    @to_input.grad
    def to_input_grad(op: Any, ddx: Tensor) -> list[Tensor | None]:
        _, filters, dy = op.inputs
        return [
            None,
            to_filter(ddx, ops.array.shape(filters), dy, **attrs(op)),
            convolution(ddx, filters, **attrs(op)),
        ]

    @to_filter.grad
    def to_filter_grad(op: Any, ddw: Tensor) -> list[Tensor | None]:
        x, _, dy = op.inputs
        return [
            to_input(ops.array.shape(x), ddw, dy, **attrs(op)),
            None,
            convolution(x, ddw, **attrs(op)),
        ]
