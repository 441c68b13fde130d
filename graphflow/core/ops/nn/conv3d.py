"""Conv3D and its two gradient ops, on the same NumPy convolution as Conv2D."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...base import errors
from ...base.deprecation import deprecated_argument_lookup
from ...base.tensor_shape import TensorShape
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import define_op
from ...graph.scopes import name_scope
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from . import windows
from .conv2d import reference
from .conv_gradients import register_gradients

_ATTRS = [
    "T: {half, bfloat16, float, double}",
    "strides: list(int) >= 5",
    "padding: {'SAME', 'VALID'}",
    "data_format: {'NDHWC', 'NCDHW'} = 'NDHWC'",
    "dilations: list(int) = [1, 1, 1, 1, 1]",
]
_GEOMETRY = ("strides", "padding", "data_format", "dilations")


def conv3d_shape(context: ShapeContext) -> TensorShape:
    x, filters = context.with_rank(0, 5), context.with_rank(1, 5)
    channels = x.as_list()[context.attrs["data_format"].index("C")]
    *kernel, depth, out = filters.as_list()
    if None not in (channels, depth) and channels != depth:
        raise ValueError(f"Dimensions must be equal, but are {channels} and {depth}")
    return windows.window_shape(x, kernel, out, context.attrs)


conv3d_op = define_op(
    "Conv3D",
    inputs=["input: T", "filter: T"],
    outputs=["output: T"],
    attrs=_ATTRS,
    shape=conv3d_shape,
)
conv3d_backprop_input_op = define_op(
    "Conv3DBackpropInputV2",
    inputs=["input_sizes: Tshape", "filter: T", "out_backprop: T"],
    outputs=["output: T"],
    attrs=[*_ATTRS, "Tshape: {int32, int64} = DT_INT32"],
    shape=lambda context: context.constant_shape(0).with_rank(5),
)
conv3d_backprop_filter_op = define_op(
    "Conv3DBackpropFilterV2",
    inputs=["input: T", "filter_sizes: int32", "out_backprop: T"],
    outputs=["output: T"],
    attrs=_ATTRS,
    shape=lambda context: context.constant_shape(1).with_rank(5),
)


@conv3d_op.define
def conv3d_reference(node: Any, x: np.ndarray, filters: np.ndarray) -> np.ndarray:
    data_format = node.attrs["data_format"]
    windows.check_rank("filter", filters.shape, 5)
    axes = reference.make_axes(node, x.shape, filters.shape[:3])
    channels = x.shape[data_format.index("C")]
    if channels != filters.shape[3]:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"input depth must be filter depth: {channels} vs {filters.shape[3]}",
        )
    result = reference.convolve(windows.to_channels_last(x, data_format), filters, axes)
    return windows.from_channels_last(result, data_format)


@conv3d_backprop_input_op.define
def conv3d_backprop_input_reference(
    node: Any, sizes: np.ndarray, filters: np.ndarray, dy: np.ndarray
) -> np.ndarray:
    data_format = node.attrs["data_format"]
    axes = reference.make_axes(node, [int(size) for size in sizes], filters.shape[:3])
    gradient = windows.to_channels_last(dy, data_format)
    return windows.from_channels_last(
        reference.input_gradient(gradient, filters, axes), data_format
    )


@conv3d_backprop_filter_op.define
def conv3d_backprop_filter_reference(
    node: Any, x: np.ndarray, sizes: np.ndarray, dy: np.ndarray
) -> np.ndarray:
    data_format = node.attrs["data_format"]
    axes = reference.make_axes(node, x.shape, [int(size) for size in sizes[:3]])
    images = windows.to_channels_last(x, data_format)
    return reference.filter_gradient(images, windows.to_channels_last(dy, data_format), axes)


register_gradients(conv3d_op, conv3d_backprop_input_op, conv3d_backprop_filter_op, _GEOMETRY)


def conv3d(
    input: Any,
    filter: Any = None,
    strides: Any = None,
    padding: Any = None,
    data_format: str = "NDHWC",
    dilations: Any = (1, 1, 1, 1, 1),
    name: str | None = None,
    filters: Any = None,
) -> Tensor:
    """3-D convolution: `conv2d` with one more spatial axis.

    Args:
      input: [batch, depth, height, width, channels], or the NCDHW order.
      filter: [depth, height, width, in_channels, out_channels].
      strides: 5 ints in the order of the data format (or 1 or 3: the spatial ones).
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NDHWC"` or `"NCDHW"`.
      dilations: likewise.
      name: the node's name.
      filters: the same as `filter`.
    """
    filter = deprecated_argument_lookup("filters", filters, "filter", filter)
    tensor: Tensor = conv3d_op(
        input,
        filter,
        strides=windows.all_axes(strides, data_format, "strides"),
        padding=padding,
        data_format=data_format,
        dilations=windows.all_axes(dilations, data_format, "dilations"),
        name=name,
    )
    return tensor


def conv3d_transpose(
    value: Any = None,
    filter: Any = None,
    output_shape: Any = None,
    strides: Any = None,
    padding: str = "SAME",
    data_format: str = "NDHWC",
    name: str | None = None,
    input: Any = None,
    filters: Any = None,
    dilations: Any = None,
) -> Tensor:
    """The transpose of `conv3d`; arguments as `conv2d_transpose`, with one more spatial axis.

    Raises:
      ValueError: shapes that do not fit each other.
    """
    value = deprecated_argument_lookup("input", input, "value", value)
    filter = deprecated_argument_lookup("filters", filters, "filter", filter)
    with name_scope(name, "conv3d_transpose", [value, filter, output_shape]) as scope:
        value = convert_to_tensor(value, name="value")
        filter = convert_to_tensor(filter, name="filter")
        channels = value.shape.with_rank(5).dims[data_format.index("C")]
        if not channels.is_compatible_with(filter.shape[4]):
            raise ValueError(
                f"input channels does not match filter's input channels, {channels} != "
                f"{filter.shape[4]}"
            )
        sizes = convert_to_tensor(output_shape, name="output_shape")
        if not sizes.shape.is_compatible_with(TensorShape([5])):
            raise ValueError(f"output_shape must have shape (5,), got {sizes.shape}")
        tensor: Tensor = conv3d_backprop_input_op(
            sizes,
            filter,
            value,
            strides=windows.all_axes(strides, data_format, "strides"),
            padding=padding,
            data_format=data_format,
            dilations=windows.all_axes(dilations, data_format, "dilations"),
            name=scope,
        )
    return tensor


def conv3d_backprop_filter_v2(
    input: Any,
    filter_sizes: Any,
    out_backprop: Any,
    strides: Any,
    padding: str,
    data_format: str = "NDHWC",
    dilations: Any = (1, 1, 1, 1, 1),
    name: str | None = None,
) -> Tensor:
    """The gradient of `conv3d` with respect to its filter.

    Args:
      input: the convolution's input.
      filter_sizes: int32 [5]: the shape of the filter.
      out_backprop: the gradient of the convolution's output.
      strides: the convolution's, as are the arguments that follow.
      padding: likewise.
      data_format: likewise.
      dilations: likewise.
      name: the node's name.

    Returns:
      A tensor of the shape `filter_sizes`.
    """
    tensor: Tensor = conv3d_backprop_filter_op(
        input,
        filter_sizes,
        out_backprop,
        strides=windows.all_axes(strides, data_format, "strides"),
        padding=padding,
        data_format=data_format,
        dilations=windows.all_axes(dilations, data_format, "dilations"),
        name=name,
    )
    return tensor
