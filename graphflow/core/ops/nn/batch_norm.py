"""Batch normalisation: moments, the composed form, and the fused ops."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes
from ...base.tensor_shape import TensorShape
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import OpDef, define_op
from ...graph.scopes import name_scope
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from ..shape_rules import merged_shape
from . import windows

# --- moments and the composed form ---------------------------------------------------------------


def moments(
    x: Any,
    axes: Sequence[int],
    shift: Any = None,
    name: str | None = None,
    keep_dims: bool | None = None,
    keepdims: bool | None = None,
) -> tuple[Tensor, Tensor]:
    """The mean and (biased) variance of `x` over `axes`.

    Args:
      x: floating; float16 is computed in float32.
      axes: the axes to reduce.
      shift: unused, as in TF 1.14.
      name: the name scope.
      keep_dims: the old name of `keepdims`.
      keepdims: whether the reduced axes stay, with size 1.

    Returns:
      (mean, variance).
    """
    keep = bool(keep_dims if keepdims is None else keepdims)
    with name_scope(name, "moments", [x, axes]):
        x = convert_to_tensor(x, name="x")
        y = ops.elementwise.cast(x, dtypes.float32) if x.dtype == dtypes.float16 else x
        mean = ops.reduction.reduce_mean(y, axes, keepdims=True, name="mean")
        squares = ops.elementwise.squared_difference(y, ops.array.stop_gradient(mean))
        variance = ops.reduction.reduce_mean(squares, axes, keepdims=True, name="variance")
        if not keep:
            mean = ops.array.squeeze(mean, axes)
            variance = ops.array.squeeze(variance, axes)
        if x.dtype == dtypes.float16:
            return ops.elementwise.cast(mean, x.dtype), ops.elementwise.cast(variance, x.dtype)
    return mean, variance


def batch_normalization(
    x: Any,
    mean: Any,
    variance: Any,
    offset: Any,
    scale: Any,
    variance_epsilon: Any,
    name: str | None = None,
) -> Tensor:
    """(x - mean) / sqrt(variance + epsilon) * scale + offset (Ioffe & Szegedy 2015).

    Args:
      x: the values.
      mean: broadcastable to `x`, as are the next three.
      variance: likewise.
      offset: added last, or None.
      scale: multiplied, or None.
      variance_epsilon: a small number that keeps the root away from 0.
      name: the name scope.
    """
    with name_scope(name, "batchnorm", [x, mean, variance, scale, offset]):
        inverse = ops.elementwise.rsqrt(variance + variance_epsilon)
        if scale is not None:
            inverse = inverse * scale
        scaled = x * ops.elementwise.cast(inverse, x.dtype)
        shift = offset - mean * inverse if offset is not None else -mean * inverse
        tensor: Tensor = scaled + ops.elementwise.cast(shift, x.dtype)
    return tensor


# --- the fused ops -------------------------------------------------------------------------------

_FORMAT = "data_format: {'NHWC', 'NCHW', 'NDHWC', 'NCDHW'} = 'NHWC'"
_V3_TYPES = ["T: {half, bfloat16, float}", "U: {bfloat16, float}"]
_V3_GRAD_TYPES = ["T: {half, bfloat16, float}", "U: {float}"]


def _channels(context: ShapeContext, index: int = 0) -> TensorShape:
    x = context.shape(index)
    if x.ndims is None:
        return TensorShape([None])
    return TensorShape([x.as_list()[context.attrs["data_format"].index("C")]])


def fused_batch_norm_shape(context: ShapeContext) -> list[TensorShape]:
    vector = _channels(context)
    for index in range(1, 5 if not context.attrs["is_training"] else 3):
        vector = merged_shape(vector, context.with_rank(index, 1))
    outputs = [context.shape(0), vector, vector, vector, vector]
    if context.num_outputs < 6:
        return outputs
    return [*outputs, TensorShape([0] if context.is_of_a_run else None)]


def fused_batch_norm_grad_shape(context: ShapeContext) -> list[TensorShape]:
    vector = _channels(context, 1)
    empty = TensorShape([0])
    return [context.shape(1), vector, vector, empty, empty]


def fused_batch_norm_reference(
    node: Any,
    x: np.ndarray,
    scale: np.ndarray,
    offset: np.ndarray,
    mean: np.ndarray,
    variance: np.ndarray,
) -> tuple[np.ndarray, ...]:
    """Outputs: y, what moving averages take (unbiased variance), what the gradient reuses."""
    data_format, epsilon = node.attrs["data_format"], node.attrs["epsilon"]
    windows.check_rank("input", x.shape, len(data_format))
    for name, vector in [("scale", scale), ("offset", offset)]:
        windows.check_rank(name, vector.shape, 1)
    images = windows.to_channels_last(x, data_format).astype(np.float32, copy=False)
    saved_mean, saved_variance = mean, variance
    if node.attrs["is_training"]:
        count = math.prod(images.shape[:-1])
        rows = images.reshape(count, images.shape[-1])
        saved_mean, saved_variance = _statistics(rows)
        unbiased = saved_variance * np.float32(count / max(count - 1, 1))
        mean, variance = _moving(node, mean, saved_mean), _moving(node, variance, unbiased)
    factor = scale / np.sqrt(saved_variance + np.float32(epsilon))
    y = (images - saved_mean) * factor + offset
    outputs = (
        windows.from_channels_last(y, data_format),
        mean,
        variance,
        saved_mean,
        saved_variance,
    )
    if len(node.output_dtypes) == 6:
        return (*outputs, np.zeros(0, np.float32))
    return outputs


def _statistics(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean and the biased variance of each column, float32; NaN where there is no row."""
    if not len(rows):
        nothing = np.full(rows.shape[1], np.nan, np.float32)
        return nothing, nothing
    mean = rows.mean(axis=0, dtype=np.float64).astype(np.float32)
    variance = np.square(rows - mean).mean(axis=0, dtype=np.float64).astype(np.float32)
    return mean, variance


def _moving(node: Any, old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """The batch's statistics, mixed with `old` where exponential_avg_factor is not 1."""
    factor = np.float32(node.attrs.get("exponential_avg_factor", 1.0))
    return new if factor == 1 else (1 - factor) * old + factor * new


def fused_batch_norm_grad_reference(
    node: Any,
    dy: np.ndarray,
    x: np.ndarray,
    scale: np.ndarray,
    mean: np.ndarray,
    variance: np.ndarray,
    *unused: np.ndarray,
) -> tuple[np.ndarray, ...]:
    """With xhat = (x - mean) / std:
    dscale = sum(dy * xhat), doffset = sum(dy),
    dx = scale / std * (dy - (doffset + xhat * dscale) / n)   when mean and variance are x's own.
    """
    data_format, epsilon = node.attrs["data_format"], node.attrs["epsilon"]
    images = windows.to_channels_last(x, data_format).astype(np.float32, copy=False)
    gradient = windows.to_channels_last(dy, data_format).astype(np.float32, copy=False)
    inverse = 1 / np.sqrt(variance + np.float32(epsilon))
    normal = (images - mean) * inverse
    axes = tuple(range(images.ndim - 1))
    dscale = (gradient * normal).sum(axis=axes)
    doffset = gradient.sum(axis=axes)
    dx = scale * inverse * gradient
    if node.attrs["is_training"]:
        count = np.float32(math.prod(images.shape[:-1]))
        dx = scale * inverse * (gradient - (doffset + normal * dscale) / count)
    empty = np.zeros(0, np.float32)
    return windows.from_channels_last(dx, data_format), dscale, doffset, empty, empty


def _define_fused(suffix: str) -> tuple[OpDef, OpDef]:
    v1 = suffix == ""
    u = "T" if v1 else "U"
    types = (
        ["T: {float}"]
        if v1
        else (_V3_TYPES if suffix == "V3" else ["T: {half, bfloat16, float}", "U: {float}"])
    )
    grad_types = ["T: {float}"] if v1 else _V3_GRAD_TYPES
    spaces = [f"reserve_space_{i}: {u}" for i in range(1, 4 if suffix == "V3" else 3)]
    data_format = _FORMAT if suffix == "V3" else "data_format: {'NHWC', 'NCHW'} = 'NHWC'"
    forward = define_op(
        f"FusedBatchNorm{suffix}",
        inputs=["x: T", *(f"{n}: {u}" for n in ("scale", "offset", "mean", "variance"))],
        outputs=["y: T", f"batch_mean: {u}", f"batch_variance: {u}", *spaces],
        attrs=[
            *types,
            "epsilon: float = 0.0001",
            "exponential_avg_factor: float = 1.0",
            data_format,
            "is_training: bool = true",
        ],
        shape=fused_batch_norm_shape,
    )
    backward = define_op(
        f"FusedBatchNormGrad{suffix}",
        inputs=["y_backprop: T", "x: T", "scale: float" if not v1 else "scale: T", *spaces],
        outputs=[
            "x_backprop: T",
            f"scale_backprop: {u}",
            f"offset_backprop: {u}",
            f"reserve_space_{4 if suffix == 'V3' else 3}: {u}",
            f"reserve_space_{5 if suffix == 'V3' else 4}: {u}",
        ],
        attrs=[*grad_types, "epsilon: float = 0.0001", data_format, "is_training: bool = true"],
        shape=fused_batch_norm_grad_shape,
    )
    forward.define(fused_batch_norm_reference)
    backward.define(fused_batch_norm_grad_reference)

    def gradient(op: Any, dy: Tensor, *unused: Any) -> list[Any]:
        attrs = {k: op.node_attrs[k] for k in ("epsilon", "data_format", "is_training")}
        if attrs["is_training"]:
            saved = list(op.outputs[3:])
        else:
            saved = [op.inputs[3], op.inputs[4], *op.outputs[5:]]
        dx, dscale, doffset, *_ = backward(dy, op.inputs[0], op.inputs[1], *saved, **attrs)
        return [dx, dscale, doffset, None, None]

    forward.grad(gradient)
    return forward, backward


def statistics_axes(op: Any) -> tuple[list[int], list[int]]:
    """The axes that statistics are taken over, and the shape that spreads a vector over x."""
    data_format = op.node_attrs["data_format"]
    channel = data_format.index("C")
    axes = [i for i in range(len(data_format)) if i != channel]
    return axes, [-1 if i == channel else 1 for i in range(len(data_format))]


fused_batch_norm_op, fused_batch_norm_grad_op = _define_fused("")
fused_batch_norm_v2_op, fused_batch_norm_grad_v2_op = _define_fused("V2")
fused_batch_norm_v3_op, fused_batch_norm_grad_v3_op = _define_fused("V3")


def fused_batch_norm(
    x: Any,
    scale: Any,
    offset: Any,
    mean: Any = None,
    variance: Any = None,
    epsilon: float = 0.001,
    data_format: str = "NHWC",
    is_training: bool = True,
    name: str | None = None,
    exponential_avg_factor: float = 1.0,
) -> tuple[Tensor, Tensor, Tensor]:
    """Batch normalisation in one op.

    Args:
      x: [batch, height, width, channels] or the NCHW order.
      scale: [channels].
      offset: [channels].
      mean: the mean to use when not training.
      variance: the variance to use when not training.
      epsilon: added to the variance; at least 1.001e-5, as in TF.
      data_format: `"NHWC"` or `"NCHW"`.
      is_training: whether the batch's own statistics are used.
      name: the node's name.
      exponential_avg_factor: the share of the batch in the statistics returned.

    Returns:
      (y, mean, variance): the statistics of the batch (the variance unbiased) in training, else
      those passed in.

    Raises:
      ValueError: mean and variance are missing without training.
    """
    x = convert_to_tensor(x, name="input")
    scale = convert_to_tensor(scale, name="scale")
    offset = convert_to_tensor(offset, name="offset")
    if not is_training and (mean is None or variance is None):
        raise ValueError("Both 'mean' and 'variance' must be provided for inference.")
    if mean is None:
        mean = ops.array.constant([])
    if variance is None:
        variance = ops.array.constant([])
    y, running_mean, running_variance, *_ = fused_batch_norm_v3_op(
        x,
        scale,
        offset,
        mean,
        variance,
        epsilon=max(epsilon, 1.001e-5),
        exponential_avg_factor=exponential_avg_factor,
        data_format=data_format,
        is_training=is_training,
        name=name,
    )
    return y, running_mean, running_variance
