"""tf.nn.convolution and atrous_conv2d: one function for one to three spatial dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...base.deprecation import deprecated_argument_lookup
from ...graph.conversion import convert_to_tensor
from ...graph.scopes import name_scope
from ...graph.tensor import Tensor
from .conv1d import conv1d, conv1d_transpose
from .conv2d import conv2d, conv2d_transpose
from .conv3d import conv3d, conv3d_transpose
from .windows import per_axis


def convolution(
    input: Any,
    filter: Any = None,
    padding: str = "VALID",
    strides: Sequence[int] | None = None,
    dilation_rate: Sequence[int] | None = None,
    name: str | None = None,
    data_format: str | None = None,
    filters: Any = None,
    dilations: Sequence[int] | None = None,
) -> Tensor:
    """Convolution over as many spatial axes as the filter has.

    Dilations are taken by the kernels themselves; TF 1.14 goes through SpaceToBatchND instead.

    Args:
      input: [batch, spatial..., channels], or the channels second for formats that start with NC.
      filter: [spatial..., in_channels, out_channels].
      padding: `"SAME"` or `"VALID"`.
      strides: one int per spatial axis.
      dilation_rate: one int per spatial axis.
      name: the name scope.
      data_format: `"NWC"`, `"NHWC"`, `"NDHWC"` or their NC forms.
      filters: the same as `filter`.
      dilations: the same as `dilation_rate`.

    Raises:
      ValueError: the input has not 1 to 3 spatial axes, or strides and dilations are both above 1.
    """
    filter = deprecated_argument_lookup("filters", filters, "filter", filter)
    rates = deprecated_argument_lookup("dilations", dilations, "dilation_rate", dilation_rate)
    with name_scope(name, "convolution", [input, filter]) as scope:
        input = convert_to_tensor(input, name="input")
        filter = convert_to_tensor(filter, name="filter")
        rank = input.shape.ndims or filter.shape.ndims
        if rank is None or not 3 <= rank <= 5:
            raise ValueError(f"Input tensor must have rank 3, 4 or 5, but was {rank}.")
        steps = per_axis(strides, rank - 2, "strides")
        spread = per_axis(rates, rank - 2, "dilation_rate")
        if max(steps) > 1 and max(spread) > 1:
            raise ValueError("strides > 1 not supported in conjunction with dilation_rate > 1")
        channels_second = data_format is not None and data_format.startswith("NC")
        if rank == 3:
            width_format = "NCW" if channels_second else "NWC"
            return conv1d(
                input,
                filter,
                steps[0],
                padding,
                data_format=width_format,
                dilations=spread[0],
                name=scope,
            )
        convolve: Any = conv2d if rank == 4 else conv3d
        formats = ("NCHW", "NHWC") if rank == 4 else ("NCDHW", "NDHWC")
        tensor: Tensor = convolve(
            input,
            filter,
            _all_axes(steps, channels_second),
            padding,
            data_format=formats[0] if channels_second else formats[1],
            dilations=_all_axes(spread, channels_second),
            name=scope,
        )
    return tensor


def _all_axes(values: list[int], channels_second: bool) -> list[int]:
    return [1, 1, *values] if channels_second else [1, *values, 1]


def atrous_conv2d(
    value: Any, filters: Any, rate: int, padding: str, name: str | None = None
) -> Tensor:
    """2-D convolution with holes: the taps of the filter are `rate` elements apart.

    Args:
      value: [batch, height, width, channels].
      filters: [height, width, in_channels, out_channels].
      rate: the distance between taps.
      padding: `"SAME"` or `"VALID"`.
      name: the name scope.
    """
    return convolution(value, filters, padding, dilation_rate=[rate, rate], name=name)


def atrous_conv2d_transpose(
    value: Any, filters: Any, output_shape: Any, rate: int, padding: str, name: str | None = None
) -> Tensor:
    """The transpose of `atrous_conv2d`.

    Args:
      value: [batch, height, width, in_channels].
      filters: [height, width, output_channels, in_channels].
      output_shape: the shape of the result.
      rate: the distance between taps.
      padding: `"SAME"` or `"VALID"`.
      name: the name scope.
    """
    with name_scope(name, "atrous_conv2d_transpose", [value, filters, output_shape]):
        return conv2d_transpose(
            value, filters, output_shape, [1, 1, 1, 1], padding, dilations=[1, rate, rate, 1]
        )


def conv_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: str = "SAME",
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """The transpose of `convolution` over one to three spatial axes.

    Args:
      input: [batch, spatial..., in_channels], or the channels second.
      filters: [spatial..., output_channels, in_channels].
      output_shape: the shape of the result; its length tells how many axes there are.
      strides: an int, or one per spatial axis or per axis.
      padding: `"SAME"` or `"VALID"`.
      data_format: as `convolution`.
      dilations: as `strides`.
      name: the name scope.

    Raises:
      ValueError: `output_shape` has not 3 to 5 elements.
    """
    with name_scope(name, "conv_transpose", [input, filters, output_shape]) as scope:
        count = _length(output_shape)
        functions: dict[int, tuple[Any, str]] = {
            3: (conv1d_transpose, "NWC"),
            4: (conv2d_transpose, "NHWC"),
            5: (conv3d_transpose, "NDHWC"),
        }
        if count not in functions:
            raise ValueError(f"output_shape must be of length 3, 4 or 5 but was {count}.")
        transpose, default_format = functions[count]
        tensor: Tensor = transpose(
            input,
            filters,
            output_shape,
            strides,
            padding=padding,
            data_format=data_format or default_format,
            dilations=dilations,
            name=scope,
        )
    return tensor


def _length(output_shape: Any) -> int | None:
    if isinstance(output_shape, Tensor):
        return output_shape.shape.num_elements()
    try:
        return len(output_shape)
    except TypeError:
        raise ValueError(
            f"output_shape must be a tensor or sized collection, got {output_shape!r}."
        ) from None
