"""tf.nn.convolution and atrous_conv2d: one function for one to three spatial dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ... import ops
from ...base.deprecation import deprecated_argument_lookup
from ...graph.conversion import convert_to_tensor
from ...graph.scopes import name_scope
from ...graph.tensor import Tensor
from .conv1d import conv1d
from .conv2d import conv2d, conv2d_transpose
from .conv3d import conv3d


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
        steps = _per_axis(strides, rank - 2, "strides")
        spread = _per_axis(rates, rank - 2, "dilation_rate")
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


def _per_axis(values: Any, count: int, name: str) -> list[int]:
    items = [1] * count if values is None else list(values)
    if len(items) != count:
        raise ValueError(f"len({name})={len(items)} but should be {count}")
    if min(items) < 1:
        raise ValueError(f"all values of {name} must be positive")
    return items


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


def pool(
    input: Any,
    window_shape: Sequence[int],
    pooling_type: str,
    padding: str,
    dilation_rate: Sequence[int] | None = None,
    strides: Sequence[int] | None = None,
    name: str | None = None,
    data_format: str | None = None,
    dilations: Sequence[int] | None = None,
) -> Tensor:
    """Max or average pooling over one to three spatial axes.

    Args:
      input: [batch, spatial..., channels], or the channels second.
      window_shape: one int per spatial axis.
      pooling_type: `"MAX"` or `"AVG"`.
      padding: `"SAME"` or `"VALID"`.
      dilation_rate: ones only; pooling with holes is not in graphflow.
      strides: one int per spatial axis.
      name: the name scope.
      data_format: as `convolution`.
      dilations: the same as `dilation_rate`.

    Raises:
      ValueError: an unknown type, a wrong rank, or a dilation above 1.
    """
    axes = len(window_shape)
    rates = _per_axis(dilations if dilation_rate is None else dilation_rate, axes, "dilation_rate")
    if max(rates) > 1:
        raise ValueError(f"pooling windows cannot be dilated in graphflow, got {rates}")
    if pooling_type not in ("MAX", "AVG"):
        raise ValueError(f'pooling_type must be "MAX" or "AVG", got {pooling_type!r}')
    steps = _per_axis(strides, axes, "strides")
    second = data_format is not None and data_format.startswith("NC")
    with name_scope(name, f"{pooling_type.lower()}_pool", [input]):
        input = convert_to_tensor(input, name="input")
        if input.shape.ndims not in (None, axes + 2):
            raise ValueError(f"input must have rank {axes + 2}, got {input.shape.ndims}")
        sizes = list(window_shape)
        if axes == 1:  # as images of height one
            sizes, steps = [1, *sizes], [1, *steps]
            input = ops.array.expand_dims(input, 2 if second else 1)
        flat = len(sizes) == 2
        functions: dict[tuple[str, bool], Any] = {
            ("MAX", True): ops.nn.max_pool,
            ("AVG", True): ops.nn.avg_pool,
            ("MAX", False): ops.nn.max_pool3d,
            ("AVG", False): ops.nn.avg_pool3d,
        }
        formats = ("NCHW", "NHWC") if flat else ("NCDHW", "NDHWC")
        result: Tensor = functions[pooling_type, flat](
            input,
            _all_axes(sizes, second),
            _all_axes(steps, second),
            padding,
            data_format=formats[0] if second else formats[1],
        )
        if axes == 1:
            result = ops.array.squeeze(result, [2 if second else 1])
    return result
