"""Depthwise convolution (each channel with filters of its own) and separable convolution."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...base import errors
from ...base.tensor_shape import TensorShape
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import define_op
from ...graph.scopes import name_scope
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from . import windows
from .conv2d import conv2d, reference
from .conv_gradients import register_gradients

_ATTRS = [
    "T: {half, bfloat16, float, double}",
    "strides: list(int)",
    "padding: {'SAME', 'VALID', 'EXPLICIT'}",
    "explicit_paddings: list(int) = []",
    "data_format: {'NHWC', 'NCHW'} = 'NHWC'",
    "dilations: list(int) = [1, 1, 1, 1]",
]
_GEOMETRY = ("strides", "padding", "explicit_paddings", "data_format", "dilations")


def depthwise_shape(context: ShapeContext) -> TensorShape:
    x, filters = context.with_rank(0, 4), context.with_rank(1, 4)
    channels = x.as_list()[context.attrs["data_format"].index("C")]
    height, width, depth, multiplier = filters.as_list()
    if None not in (channels, depth) and channels != depth:
        raise ValueError(f"Dimensions must be equal, but are {channels} and {depth}")
    depth = channels if depth is None else depth
    out = None if depth is None or multiplier is None else depth * multiplier
    return windows.window_shape(x, [height, width], out, context.attrs)


depthwise_op = define_op(
    "DepthwiseConv2dNative",
    inputs=["input: T", "filter: T"],
    outputs=["output: T"],
    attrs=_ATTRS,
    shape=depthwise_shape,
)
depthwise_backprop_input_op = define_op(
    "DepthwiseConv2dNativeBackpropInput",
    inputs=["input_sizes: int32", "filter: T", "out_backprop: T"],
    outputs=["output: T"],
    attrs=_ATTRS,
    shape=lambda context: context.constant_shape(0).with_rank(4),
)
depthwise_backprop_filter_op = define_op(
    "DepthwiseConv2dNativeBackpropFilter",
    inputs=["input: T", "filter_sizes: int32", "out_backprop: T"],
    outputs=["output: T"],
    attrs=_ATTRS,
    shape=lambda context: context.constant_shape(1).with_rank(4),
)


@depthwise_op.define
def depthwise_reference(node: Any, x: np.ndarray, filters: np.ndarray) -> np.ndarray:
    """y[..., c * multiplier + m] = sum over taps of x[tap, c] * filters[tap, c, m]."""
    data_format = node.attrs["data_format"]
    windows.check_rank("filter", filters.shape, 4)
    axes = reference.make_axes(node, x.shape, filters.shape[:2])
    channels = x.shape[data_format.index("C")]
    if channels != filters.shape[2]:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"input and filter must have the same depth: {channels} vs {filters.shape[2]}",
        )
    images = windows.pad_spatial(windows.to_channels_last(x, data_format), axes)
    result = np.einsum("nhwijc,ijcm->nhwcm", windows.window_view(images, axes), filters)
    depth = filters.shape[2] * filters.shape[3]
    return windows.from_channels_last(result.reshape(*result.shape[:3], depth), data_format)


@depthwise_backprop_input_op.define
def depthwise_backprop_input_reference(
    node: Any, sizes: np.ndarray, filters: np.ndarray, dy: np.ndarray
) -> np.ndarray:
    data_format = node.attrs["data_format"]
    axes = reference.make_axes(node, [int(size) for size in sizes], filters.shape[:2])
    gradient = windows.to_channels_last(dy, data_format)
    gradient = gradient.reshape(*gradient.shape[:3], *filters.shape[2:])
    padded_sizes = [a.size + a.pad_before + a.pad_after for a in axes]
    padded = np.zeros((dy.shape[0], *padded_sizes, filters.shape[2]), dy.dtype)
    for tap in np.ndindex(*filters.shape[:2]):
        part = np.einsum("nhwcm,cm->nhwc", gradient, filters[tap])
        padded[windows.tap_region(axes, tap)] += part
    result = padded[windows.inner_region((), axes)]
    return windows.from_channels_last(result, data_format)


@depthwise_backprop_filter_op.define
def depthwise_backprop_filter_reference(
    node: Any, x: np.ndarray, sizes: np.ndarray, dy: np.ndarray
) -> np.ndarray:
    data_format = node.attrs["data_format"]
    axes = reference.make_axes(node, x.shape, [int(size) for size in sizes[:2]])
    images = windows.pad_spatial(windows.to_channels_last(x, data_format), axes)
    gradient = windows.to_channels_last(dy, data_format)
    gradient = gradient.reshape(*gradient.shape[:3], int(sizes[2]), int(sizes[3]))
    view = windows.window_view(images, axes)
    result: np.ndarray = np.einsum("nhwijc,nhwcm->ijcm", view, gradient)
    return result


register_gradients(
    depthwise_op, depthwise_backprop_input_op, depthwise_backprop_filter_op, _GEOMETRY
)


def depthwise_conv2d_native(
    input: Any,
    filter: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    dilations: Any = (1, 1, 1, 1),
    name: str | None = None,
) -> Tensor:
    """`depthwise_conv2d` with the dilations of all four axes; the op itself."""
    tensor: Tensor = depthwise_op(
        input,
        filter,
        strides=strides,
        padding=padding,
        data_format=data_format,
        dilations=dilations,
        name=name,
    )
    return tensor


def depthwise_conv2d_native_backprop_input(
    input_sizes: Any,
    filter: Any,
    out_backprop: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    dilations: Any = (1, 1, 1, 1),
    name: str | None = None,
) -> Tensor:
    """The gradient of `depthwise_conv2d_native` with respect to its input.

    Args:
      input_sizes: int32 [4]: the shape of the input.
      filter: [height, width, channels, channel_multiplier].
      out_backprop: the gradient of the convolution's output.
      strides: the convolution's, as are the arguments that follow.
      padding: likewise.
      data_format: likewise.
      dilations: likewise.
      name: the node's name.

    Returns:
      A tensor of the shape `input_sizes`.
    """
    tensor: Tensor = depthwise_backprop_input_op(
        input_sizes,
        filter,
        out_backprop,
        strides=strides,
        padding=padding,
        data_format=data_format,
        dilations=dilations,
        name=name,
    )
    return tensor


def depthwise_conv2d_native_backprop_filter(
    input: Any,
    filter_sizes: Any,
    out_backprop: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    dilations: Any = (1, 1, 1, 1),
    name: str | None = None,
) -> Tensor:
    """The gradient of `depthwise_conv2d_native` with respect to its filter.

    Args:
      input: the convolution's input.
      filter_sizes: int32 [4]: the shape of the filter.
      out_backprop: the gradient of the convolution's output.
      strides: the convolution's, as are the arguments that follow.
      padding: likewise.
      data_format: likewise.
      dilations: likewise.
      name: the node's name.

    Returns:
      A tensor of the shape `filter_sizes`.
    """
    tensor: Tensor = depthwise_backprop_filter_op(
        input,
        filter_sizes,
        out_backprop,
        strides=strides,
        padding=padding,
        data_format=data_format,
        dilations=dilations,
        name=name,
    )
    return tensor


def depthwise_conv2d(
    input: Any,
    filter: Any = None,
    strides: Any = None,
    padding: Any = None,
    rate: Any = None,
    name: str | None = None,
    data_format: str | None = None,
    dilations: Any = None,
    filters: Any = None,
) -> Tensor:
    """Convolves every channel with `channel_multiplier` filters of its own.

    Args:
      input: [batch, height, width, channels], or the NCHW order.
      filter: [height, width, channels, channel_multiplier].
      strides: 4 ints in the order of the data format.
      padding: `"SAME"` or `"VALID"`.
      rate: 2 ints: the dilation along height and width.
      name: the name scope.
      data_format: `"NHWC"` or `"NCHW"`.
      dilations: the same as `rate`.
      filters: the same as `filter`.

    Returns:
      A tensor with channels * channel_multiplier channels.
    """
    filter = filters if filter is None else filter
    rate = dilations if rate is None else rate
    data_format = data_format or "NHWC"
    with name_scope(name, "depthwise", [input, filter]) as scope:
        input = convert_to_tensor(input, name="tensor_in")
        filter = convert_to_tensor(filter, name="filter_in")
        height, width = (1, 1) if rate is None else rate
        spread = [1, height, width, 1] if data_format == "NHWC" else [1, 1, height, width]
        tensor: Tensor = depthwise_op(
            input,
            filter,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilations=spread,
            name=scope,
        )
    return tensor


def separable_conv2d(
    input: Any,
    depthwise_filter: Any,
    pointwise_filter: Any,
    strides: Any,
    padding: Any,
    rate: Any = None,
    name: str | None = None,
    data_format: str | None = None,
    dilations: Any = None,
) -> Tensor:
    """A depthwise convolution, then a 1x1 convolution that mixes the channels.

    Args:
      input: as `depthwise_conv2d`.
      depthwise_filter: [height, width, channels, channel_multiplier].
      pointwise_filter: [1, 1, channels * channel_multiplier, out_channels].
      strides: as `depthwise_conv2d`.
      padding: likewise.
      rate: likewise.
      name: the name scope.
      data_format: likewise.
      dilations: the same as `rate`.
    """
    data_format = data_format or "NHWC"
    with name_scope(name, "separable_conv2d", [input, depthwise_filter, pointwise_filter]) as scope:
        rate = dilations if rate is None else rate
        middle = depthwise_conv2d(
            input,
            depthwise_filter,
            strides,
            padding,
            rate=rate,
            data_format=data_format,
            name="depthwise",
        )
        pointwise = convert_to_tensor(pointwise_filter, name="pointwise_filter")
        return conv2d(middle, pointwise, [1, 1, 1, 1], "VALID", data_format=data_format, name=scope)
