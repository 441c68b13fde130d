"""BiasAdd: adds a vector along the channels."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...base import errors
from ...base.tensor_shape import TensorShape
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import define_op
from ...graph.scopes import name_scope
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from ..shape_rules import merged_dimension

_ATTRS = ["T: numbertype", "data_format: {'NHWC', 'NCHW'} = 'NHWC'"]


def _channel_axis(rank: int, data_format: str) -> int:
    return rank - 1 if data_format == "NHWC" else 1


def bias_add_shape(context: ShapeContext) -> TensorShape:
    x, bias = context.shape(0), context.with_rank(1, 1)
    if x.ndims is None:
        return TensorShape(None)
    sizes = x.with_rank_at_least(2).as_list()
    axis = _channel_axis(len(sizes), context.attrs["data_format"])
    sizes[axis] = merged_dimension(sizes[axis], bias.as_list()[0])
    return TensorShape(sizes)


bias_add_op = define_op(
    "BiasAdd",
    inputs=["value: T", "bias: T"],
    outputs=["output: T"],
    attrs=_ATTRS,
    shape=bias_add_shape,
)


def _check_sizes(x: np.ndarray, bias: np.ndarray, data_format: str) -> None:
    if x.ndim < 2 or bias.ndim != 1:
        raise errors.InvalidArgumentError(
            None,
            None,
            "Input tensor must be at least 2D and biases must be 1D, got shapes "
            f"{list(x.shape)} and {list(bias.shape)}",
        )
    channels = x.shape[_channel_axis(x.ndim, data_format)]
    if channels != bias.size:
        raise errors.InvalidArgumentError(
            None,
            None,
            "Must provide as many biases as the channel dimension of the input tensor: "
            f"{bias.size} vs. {channels}",
        )


@bias_add_op.define
def bias_add_reference(node: Any, x: np.ndarray, bias: np.ndarray) -> np.ndarray:
    _check_sizes(x, bias, node.attrs["data_format"])
    if node.attrs["data_format"] == "NCHW":
        bias = bias.reshape(-1, *[1] * (x.ndim - 2))
    result: np.ndarray = x + bias
    return result


@bias_add_op.grad
def bias_add_grad(op: Any, dy: Tensor) -> list[Tensor]:
    return [dy, bias_add_grad_op(dy, data_format=op.node_attrs["data_format"])]


def bias_add_grad_shape(context: ShapeContext) -> TensorShape:
    x = context.shape(0)
    if x.ndims is None:
        return TensorShape([None])
    axis = _channel_axis(x.ndims, context.attrs["data_format"])
    return TensorShape([x.as_list()[axis]])


bias_add_grad_op = define_op(
    "BiasAddGrad",
    inputs=["out_backprop: T"],
    outputs=["output: T"],
    attrs=_ATTRS,
    shape=bias_add_grad_shape,
)


@bias_add_grad_op.define
def bias_add_grad_reference(node: Any, dy: np.ndarray) -> np.ndarray:
    channel = _channel_axis(dy.ndim, node.attrs["data_format"])
    total: np.ndarray = dy.sum(axis=tuple(a for a in range(dy.ndim) if a != channel))
    return total


@bias_add_grad_op.grad
def bias_add_grad_grad(op: Any, dy: Tensor) -> Tensor:
    """Every element of the gradient's input gets the entry of its channel."""
    x, data_format = op.inputs[0], op.node_attrs["data_format"]
    zeros = ops.array.zeros_like(x)
    tensor: Tensor = bias_add_op(zeros, dy, data_format=data_format)
    return tensor


def bias_add(
    value: Any, bias: Any, data_format: str | None = None, name: str | None = None
) -> Tensor:
    """`value` with a bias added along its channels.

    Args:
      value: a tensor of rank 2 or more.
      bias: a vector as long as the channels.
      data_format: `"N...C"` (the channels are last; the default) or `"NC..."`.
      name: the name scope.

    Raises:
      ValueError: `data_format` is none of these.
    """
    with name_scope(name, "BiasAdd", [value, bias]) as scope:
        if data_format is not None:
            if (
                not data_format.startswith("N")
                or data_format[1:2] != "C"
                and data_format[-1] != "C"
            ):
                raise ValueError("data_format must be of the form `N...C` or `NC...`")
            data_format = "NCHW" if data_format.startswith("NC") else "NHWC"
        value = convert_to_tensor(value, name="input")
        bias = convert_to_tensor(bias, dtype=value.dtype, name="bias")
        tensor: Tensor = bias_add_op(value, bias, data_format=data_format, name=scope)
    return tensor


def xw_plus_b(x: Any, weights: Any, biases: Any, name: str | None = None) -> Tensor:
    """matmul(x, weights) + biases."""
    with name_scope(name, "xw_plus_b", [x, weights, biases]) as scope:
        x = convert_to_tensor(x, name="x")
        weights = convert_to_tensor(weights, name="weights")
        biases = convert_to_tensor(biases, name="biases")
        return bias_add(ops.linalg.matmul(x, weights), biases, name=scope)
