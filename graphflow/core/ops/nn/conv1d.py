"""1-D convolution, as Conv2D over images of height one."""

from __future__ import annotations

from typing import Any

from ... import ops
from ...base.deprecation import deprecated_argument_lookup
from ...graph.conversion import convert_to_tensor
from ...graph.scopes import name_scope
from ...graph.tensor import Tensor
from .conv2d import conv2d, conv2d_backprop_input_op


def conv1d(
    value: Any = None,
    filters: Any = None,
    stride: Any = None,
    padding: Any = None,
    use_cudnn_on_gpu: bool | None = None,
    data_format: str | None = None,
    name: str | None = None,
    input: Any = None,
    dilations: Any = None,
) -> Tensor:
    """1-D convolution.

    Args:
      value: [batch, width, channels], or [batch, channels, width] for NCW.
      filters: [filter_width, in_channels, out_channels].
      stride: an int (or one per axis): the distance between windows.
      padding: `"SAME"` or `"VALID"`.
      use_cudnn_on_gpu: accepted; without effect.
      data_format: `"NWC"` or `"NCW"`.
      name: the name scope.
      input: the same as `value`.
      dilations: an int (or one per axis): the distance between the taps of the filter.

    Raises:
      ValueError: the data format is neither of these.
    """
    value = deprecated_argument_lookup("input", input, "value", value)
    with name_scope(name, "conv1d", [value, filters]):
        image_format, axis = _image_format(data_format)
        image = ops.array.expand_dims(convert_to_tensor(value), axis)
        taps = ops.array.expand_dims(filters, 0)
        result = conv2d(
            image,
            taps,
            _with_height(stride, image_format),
            padding,
            data_format=image_format,
            dilations=_with_height(dilations, image_format),
        )
        tensor: Tensor = ops.array.squeeze(result, [axis])
    return tensor


def conv1d_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: str = "SAME",
    data_format: str = "NWC",
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """The transpose of `conv1d`, as an upsampling layer.

    Args:
      input: [batch, width, in_channels], or the NCW order.
      filters: [filter_width, output_channels, in_channels].
      output_shape: the shape of the result.
      strides: as `conv1d`.
      padding: likewise.
      data_format: likewise.
      dilations: likewise.
      name: the name scope.

    Raises:
      ValueError: the data format is unknown.
    """
    with name_scope(name, "conv1d_transpose", [input, filters, output_shape]):
        image_format, axis = _image_format(data_format)
        sizes = convert_to_tensor(output_shape, name="output_shape")
        parts = [sizes[:axis], [1], sizes[axis:]]
        result = conv2d_backprop_input_op(
            ops.array.concat(parts, 0),
            ops.array.expand_dims(filters, 0),
            ops.array.expand_dims(convert_to_tensor(input), axis),
            strides=_with_height(strides, image_format),
            dilations=_with_height(dilations, image_format),
            padding=padding,
            data_format=image_format,
        )
        tensor: Tensor = ops.array.squeeze(result, [axis])
    return tensor


def _image_format(data_format: str | None) -> tuple[str, int]:
    """The format of the images of height one, and the axis of that height."""
    if data_format in (None, "NHWC", "NWC"):
        return "NHWC", 1
    if data_format in ("NCHW", "NCW"):
        return "NCHW", 2
    raise ValueError('data_format must be "NWC" or "NCW".')


def _with_height(values: Any, image_format: str) -> list[int]:
    """A 1-D stride or dilation as the four numbers of Conv2D."""
    items = [1] if values is None else [values] if isinstance(values, int) else list(values)
    if len(items) not in (1, 3):
        raise ValueError(f"stride should be of length 1 or 3 but was {len(items)}")
    width = items[0] if len(items) == 1 else items[1 if image_format == "NHWC" else 2]
    return [1, 1, width, 1] if image_format == "NHWC" else [1, 1, 1, width]
