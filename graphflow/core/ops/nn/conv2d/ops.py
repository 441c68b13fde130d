"""The ops Conv2D, Conv2DBackpropInput and Conv2DBackpropFilter, each the others' gradient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ....base import errors
from ....base.deprecation import deprecated_argument_lookup
from ....base.tensor_shape import TensorShape
from ....graph.conversion import convert_to_tensor
from ....graph.op_def import define_op
from ....graph.scopes import name_scope
from ....graph.shape_context import ShapeContext
from ....graph.tensor import Tensor
from .. import windows
from ..conv_gradients import register_gradients
from . import reference

_ATTRS = [
    "T: {half, bfloat16, float, double, int32}",
    "strides: list(int)",
    "use_cudnn_on_gpu: bool = true",
    "padding: {'SAME', 'VALID', 'EXPLICIT'}",
    "explicit_paddings: list(int) = []",
    "data_format: {'NHWC', 'NCHW'} = 'NHWC'",
    "dilations: list(int) = [1, 1, 1, 1]",
]
_GEOMETRY = (
    "strides",
    "use_cudnn_on_gpu",
    "padding",
    "explicit_paddings",
    "data_format",
    "dilations",
)


def conv2d_shape(context: ShapeContext) -> TensorShape:
    x, filters = context.with_rank(0, 4), context.with_rank(1, 4)
    _check_geometry(context.attrs)
    channels = x.as_list()[context.attrs["data_format"].index("C")]
    height, width, depth, out = filters.as_list()
    if channels is not None and depth is not None and (depth == 0 or channels % depth):
        raise ValueError(
            f"Depth of input ({channels}) is not a multiple of input depth of filter ({depth})"
        )
    return windows.window_shape(x, [height, width], out, context.attrs)


def _check_geometry(attrs: Any) -> None:
    if len(attrs["strides"]) != 4:
        raise ValueError(f"Conv2D requires 4 strides, got {list(attrs['strides'])}")
    if min(attrs["strides"]) <= 0:
        raise ValueError(f"strides must be positive, got {list(attrs['strides'])}")
    if min(attrs["explicit_paddings"], default=0) < 0:
        raise ValueError(
            "All elements of explicit_paddings must be nonnegative, got "
            f"{list(attrs['explicit_paddings'])}"
        )


conv2d_op = define_op(
    "Conv2D",
    inputs=["input: T", "filter: T"],
    outputs=["output: T"],
    attrs=_ATTRS,
    shape=conv2d_shape,
)


@conv2d_op.define
def conv2d_reference(node: Any, x: np.ndarray, filters: np.ndarray) -> np.ndarray:
    data_format = node.attrs["data_format"]
    windows.check_rank("filter", filters.shape, 4)
    axes = reference.make_axes(node, x.shape, filters.shape[:2])
    images = windows.to_channels_last(x, data_format)
    if images.shape[-1] % filters.shape[2]:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"input depth must be evenly divisible by filter depth: {images.shape[-1]} vs "
            f"{filters.shape[2]}",
        )
    groups = _grouped(images, filters)
    parts = [reference.convolve(part, taps, axes) for part, taps in groups]
    result = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=-1)
    return windows.from_channels_last(result, data_format)


def _grouped(images: np.ndarray, filters: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Channels and filters group by group; nearly always there is one group."""
    count = images.shape[-1] // filters.shape[2]
    if count == 1:
        return [(images, filters)]
    return list(
        zip(np.split(images, count, axis=-1), np.split(filters, count, axis=-1), strict=True)
    )


def backprop_input_shape(context: ShapeContext) -> TensorShape:
    return context.constant_shape(0).with_rank(4)


conv2d_backprop_input_op = define_op(
    "Conv2DBackpropInput",
    inputs=["input_sizes: int32", "filter: T", "out_backprop: T"],
    outputs=["output: T"],
    attrs=_ATTRS,
    shape=backprop_input_shape,
)


@conv2d_backprop_input_op.define
def conv2d_backprop_input_reference(
    node: Any, sizes: np.ndarray, filters: np.ndarray, dy: np.ndarray
) -> np.ndarray:
    data_format = node.attrs["data_format"]
    shape = _input_sizes(node, sizes, filters, dy)
    axes = reference.make_axes(node, shape, filters.shape[:2])
    gradient = windows.to_channels_last(dy, data_format)
    _check_backprop(axes, gradient)
    channels = shape[data_format.index("C")]
    if gradient.shape[-1] != filters.shape[3]:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"out_backprop has {gradient.shape[-1]} channels, but the filter gives "
            f"{filters.shape[3]}",
        )
    count = channels // filters.shape[2]
    parts = [
        reference.input_gradient(part, taps, axes)
        for part, taps in zip(
            np.split(gradient, count, axis=-1), np.split(filters, count, axis=-1), strict=True
        )
    ]
    return windows.from_channels_last(np.concatenate(parts, axis=-1), data_format)


def _input_sizes(node: Any, sizes: np.ndarray, filters: np.ndarray, dy: np.ndarray) -> list[int]:
    """`input_sizes`, which may leave out batch and channels."""
    if sizes.size == 4:
        return [int(size) for size in sizes]
    if sizes.size != 2:
        raise errors.InvalidArgumentError(
            None, None, f"input_sizes must have 4 or 2 elements, got {sizes.tolist()}"
        )
    shape = [dy.shape[0]] * 4
    data_format = node.attrs["data_format"]
    shape[data_format.index("C")] = filters.shape[2]
    for axis, size in zip(windows.spatial_axes(data_format), sizes, strict=True):
        shape[axis] = int(size)
    return shape


def _check_backprop(axes: Sequence[windows.Axis], dy: np.ndarray) -> None:
    expected = [a.out for a in axes]
    if list(dy.shape[1:-1]) != expected:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Size of out_backprop doesn't match computed: actual = {list(dy.shape[1:-1])}, "
            f"computed = {expected}",
        )


conv2d_backprop_filter_op = define_op(
    "Conv2DBackpropFilter",
    inputs=["input: T", "filter_sizes: int32", "out_backprop: T"],
    outputs=["output: T"],
    attrs=["T: {half, bfloat16, float, double}", *_ATTRS[1:]],
    shape=lambda context: context.constant_shape(1).with_rank(4),
)


@conv2d_backprop_filter_op.define
def conv2d_backprop_filter_reference(
    node: Any, x: np.ndarray, sizes: np.ndarray, dy: np.ndarray
) -> np.ndarray:
    data_format = node.attrs["data_format"]
    axes = reference.make_axes(node, x.shape, [int(s) for s in sizes[:2]])
    images = windows.to_channels_last(x, data_format)
    gradient = windows.to_channels_last(dy, data_format)
    _check_backprop(axes, gradient)
    count = images.shape[-1] // int(sizes[2])
    parts = [
        reference.filter_gradient(part, dy_part, axes)
        for part, dy_part in zip(
            np.split(images, count, axis=-1), np.split(gradient, count, axis=-1), strict=True
        )
    ]
    return np.concatenate(parts, axis=-1)


register_gradients(conv2d_op, conv2d_backprop_input_op, conv2d_backprop_filter_op, _GEOMETRY)


# --- the public functions ------------------------------------------------------------------------


def _padding_attrs(padding: Any, data_format: str) -> dict[str, Any]:
    """`padding` is a name, or a list of (before, after) per axis of the data format."""
    if isinstance(padding, str | bytes):
        return {"padding": padding}
    if len(padding) != 4:
        raise ValueError("When padding is a list, it must be of size 4 (rank of input tensor).")
    if not all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in padding):
        raise ValueError(f"Each element of padding must be a list of size 2, got {padding}.")
    pads = [tuple(pair) for pair in padding]
    if pads[0] != (0, 0) or pads[data_format.index("C")] != (0, 0):
        raise ValueError(
            "Nonzero explicit padding in the batch or depth dimensions is not supported, got "
            f"{padding}."
        )
    return {"padding": "EXPLICIT", "explicit_paddings": [p for pair in pads for p in pair]}


def conv2d(
    input: Any,
    filter: Any = None,
    strides: Any = None,
    padding: Any = None,
    use_cudnn_on_gpu: bool = True,
    data_format: str = "NHWC",
    dilations: Any = (1, 1, 1, 1),
    name: str | None = None,
    filters: Any = None,
) -> Tensor:
    """2-D convolution (cross-correlation, as everywhere in TF).

    Args:
      input: [batch, height, width, channels], or [batch, channels, height, width] for NCHW.
      filter: [filter_height, filter_width, in_channels, out_channels].
      strides: 4 ints in the order of the data format (or 1 or 2: the spatial ones).
      padding: `"SAME"`, `"VALID"`, or 4 pairs of explicit paddings.
      use_cudnn_on_gpu: accepted; without effect.
      data_format: `"NHWC"` or `"NCHW"`.
      dilations: 4 ints (or 1 or 2): the distance between the taps of the filter.
      name: the node's name.
      filters: the same as `filter`.
    """
    filter = deprecated_argument_lookup("filters", filters, "filter", filter)
    data_format = data_format or "NHWC"
    tensor: Tensor = conv2d_op(
        input,
        filter,
        strides=windows.all_axes(strides, data_format, "strides"),
        use_cudnn_on_gpu=use_cudnn_on_gpu,
        data_format=data_format,
        dilations=windows.all_axes(dilations, data_format, "dilations"),
        name=name,
        **_padding_attrs(padding, data_format),
    )
    return tensor


def conv2d_backprop_input(
    input_sizes: Any,
    filter: Any = None,
    out_backprop: Any = None,
    strides: Any = None,
    padding: Any = None,
    use_cudnn_on_gpu: bool = True,
    data_format: str = "NHWC",
    dilations: Any = (1, 1, 1, 1),
    name: str | None = None,
    filters: Any = None,
) -> Tensor:
    """The gradient of `conv2d` with respect to its input; arguments as there."""
    filter = deprecated_argument_lookup("filters", filters, "filter", filter)
    tensor: Tensor = conv2d_backprop_input_op(
        input_sizes,
        filter,
        out_backprop,
        strides=windows.all_axes(strides, data_format, "strides"),
        use_cudnn_on_gpu=use_cudnn_on_gpu,
        data_format=data_format,
        dilations=windows.all_axes(dilations, data_format, "dilations"),
        name=name,
        **_padding_attrs(padding, data_format),
    )
    return tensor


def conv2d_backprop_filter(
    input: Any,
    filter_sizes: Any,
    out_backprop: Any,
    strides: Any,
    padding: Any,
    use_cudnn_on_gpu: bool = True,
    data_format: str = "NHWC",
    dilations: Any = (1, 1, 1, 1),
    name: str | None = None,
) -> Tensor:
    """The gradient of `conv2d` with respect to its filter; arguments as there."""
    tensor: Tensor = conv2d_backprop_filter_op(
        input,
        filter_sizes,
        out_backprop,
        strides=windows.all_axes(strides, data_format, "strides"),
        use_cudnn_on_gpu=use_cudnn_on_gpu,
        data_format=data_format,
        dilations=windows.all_axes(dilations, data_format, "dilations"),
        name=name,
        **_padding_attrs(padding, data_format),
    )
    return tensor


def conv2d_transpose(
    value: Any = None,
    filter: Any = None,
    output_shape: Any = None,
    strides: Any = None,
    padding: str = "SAME",
    data_format: str = "NHWC",
    name: str | None = None,
    input: Any = None,
    filters: Any = None,
    dilations: Any = None,
) -> Tensor:
    """The transpose of `conv2d` (its gradient with respect to the input), as an upsampling layer.

    Args:
      value: [batch, height, width, in_channels].
      filter: [height, width, output_channels, in_channels].
      output_shape: the shape of the result.
      strides: as `conv2d`.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NHWC"` or `"NCHW"`.
      name: the name scope.
      input: the same as `value`.
      filters: the same as `filter`.
      dilations: as `conv2d`.

    Raises:
      ValueError: unknown format or padding, or shapes that do not fit each other.
    """
    value = deprecated_argument_lookup("input", input, "value", value)
    filter = deprecated_argument_lookup("filters", filters, "filter", filter)
    with name_scope(name, "conv2d_transpose", [value, filter, output_shape]) as scope:
        if data_format not in ("NCHW", "NHWC"):
            raise ValueError("data_format has to be either NCHW or NHWC.")
        if padding not in ("VALID", "SAME"):
            raise ValueError(f"padding must be either VALID or SAME: {padding}")
        value = convert_to_tensor(value, name="value")
        filter = convert_to_tensor(filter, name="filter")
        axis = data_format.index("C")
        if not value.shape.with_rank(4).dims[axis].is_compatible_with(filter.shape[3]):
            raise ValueError(
                f"input channels does not match filter's input channels, {value.shape[axis]} != "
                f"{filter.shape[3]}"
            )
        sizes = convert_to_tensor(output_shape, name="output_shape")
        if not sizes.shape.is_compatible_with(TensorShape([4])):
            raise ValueError(f"output_shape must have shape (4,), got {sizes.shape}")
        tensor: Tensor = conv2d_backprop_input_op(
            sizes,
            filter,
            value,
            strides=windows.all_axes(strides, data_format, "strides"),
            dilations=windows.all_axes(dilations, data_format, "dilations"),
            padding=padding,
            data_format=data_format,
            name=scope,
        )
    return tensor
