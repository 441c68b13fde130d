"""tf.nn's functions for max and average pooling in one, two and three dimensions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ... import ops
from ...base.deprecation import deprecated_argument_lookup
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import OpDef
from ...graph.scopes import name_scope
from ...graph.tensor import Tensor
from . import windows
from .pooling import avg_pool_3d_op, avg_pool_op, max_pool_3d_op, max_pool_op
from .space_to_batch import with_space_to_batch

_ARGUMENTS = """
      ksize: the window's size along each axis (an int or the spatial ones will do).
      strides: the distance between windows, likewise.
      padding: `"SAME"` or `"VALID"`; padding never counts.
      data_format: {formats}.
      name: the node's name.
"""


def _make_pool(op_def: OpDef, function: str, text: str) -> Callable[..., Tensor]:
    """The function for one op type, as TF1 has it: `value` first, `input` as its other name."""
    rank = 5 if op_def.name.endswith("3D") else 4
    default_format = "NDHWC" if rank == 5 else "NHWC"

    def pool(
        value: Any = None,
        ksize: Any = None,
        strides: Any = None,
        padding: str = "SAME",
        data_format: str = default_format,
        name: str | None = None,
        input: Any = None,
    ) -> Tensor:
        value = deprecated_argument_lookup("input", input, "value", value)
        data_format = data_format or default_format
        with name_scope(name, op_def.name, [value]) as scope:
            value = convert_to_tensor(value, name="input")
            tensor: Tensor = op_def(
                value,
                ksize=windows.all_axes(ksize, data_format, "ksize"),
                strides=windows.all_axes(strides, data_format, "strides"),
                padding=padding,
                data_format=data_format,
                name=scope,
            )
        return tensor

    pool.__name__ = pool.__qualname__ = function
    arguments = _ARGUMENTS.format(formats=f'`"{default_format}"`, or with the channels second')
    pool.__doc__ = f"""{text} over windows of the input.

    Args:
      value: a tensor of rank {rank} in `data_format`.{arguments}      input: the same as `value`.
    """
    return pool


max_pool = _make_pool(max_pool_op, "max_pool", "The maximum")
avg_pool = _make_pool(avg_pool_op, "avg_pool", "The mean")
max_pool3d = _make_pool(max_pool_3d_op, "max_pool3d", "The maximum")
avg_pool3d = _make_pool(avg_pool_3d_op, "avg_pool3d", "The mean")


def max_pool2d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str = "NHWC",
    name: str | None = None,
) -> Tensor:
    """`max_pool` of [batch, height, width, channels]; arguments as there."""
    return max_pool(input, ksize, strides, padding, data_format, name)


def _make_pool_1d(name: str, flat: Callable[..., Tensor], text: str) -> Callable[..., Tensor]:
    """Pooling over one axis, as pooling of images of width one."""

    def pool(
        input: Any,
        ksize: Any,
        strides: Any,
        padding: str,
        data_format: str | None = "NWC",
        name: str | None = None,
    ) -> Tensor:
        data_format = data_format or "NWC"
        if data_format not in ("NWC", "NCW"):
            raise ValueError(f'data_format must be "NWC" or "NCW", got {data_format!r}')
        with name_scope(name, scope_name, [input]) as scope:
            rows_format = "NHWC" if data_format == "NWC" else "NCHW"
            axis = 2 if data_format == "NWC" else 3
            rows = ops.array.expand_dims(convert_to_tensor(input, name="input"), axis)
            sizes, steps = (
                _with_width(windows.all_axes(values, data_format, what), axis)
                for values, what in ((ksize, "ksize"), (strides, "strides"))
            )
            pooled = flat(rows, sizes, steps, padding, rows_format, name=scope)
            tensor: Tensor = ops.array.squeeze(pooled, [axis])
        return tensor

    scope_name = "MaxPool1d" if name.startswith("max") else "AvgPool1D"  # spelled so in TF
    pool.__name__ = pool.__qualname__ = name
    pool.__doc__ = f"""{text} over windows of sequences.

    Args:
      input: [batch, width, channels], or in the NCW order.{
        _ARGUMENTS.format(formats='`"NWC"` or `"NCW"`')
    }
    Raises:
      ValueError: an unknown format.
    """
    return pool


def _with_width(values: list[int], axis: int) -> list[int]:
    return [*values[:axis], 1, *values[axis:]]


max_pool1d = _make_pool_1d("max_pool1d", max_pool, "The maximum")
avg_pool1d = _make_pool_1d("avg_pool1d", avg_pool, "The mean")


def _make_pool_of_any_rank(name: str, by_axes: dict[int, Callable[..., Tensor]]) -> Any:
    """TF 2's functions: the input's rank, or the format's, chooses one of the three."""

    def pool(
        input: Any,
        ksize: Any,
        strides: Any,
        padding: str,
        data_format: str | None = None,
        name: str | None = None,
    ) -> Tensor:
        tensor = convert_to_tensor(input)
        rank = len(data_format) if data_format is not None else tensor.shape.ndims
        axes = 2 if rank is None else rank - 2
        if axes not in by_axes:
            raise ValueError(
                f"Input tensor must be of rank 3, 4 or 5 but was {rank}: pooling is over one, two "
                "or three spatial axes."
            )
        default = {1: "NWC", 2: "NHWC", 3: "NDHWC"}[axes]
        return by_axes[axes](
            tensor, ksize, strides, padding, data_format=data_format or default, name=name
        )

    pool.__name__ = pool.__qualname__ = name
    pool.__doc__ = f"""`{name.removesuffix("_v2")}` over one to three spatial axes.

    Args:
      input: a tensor of rank 3, 4 or 5.{
        _ARGUMENTS.format(formats="by default the one of that rank with the channels last")
    }
    Raises:
      ValueError: the rank is another one.
    """
    return pool


max_pool_v2 = _make_pool_of_any_rank("max_pool_v2", {1: max_pool1d, 2: max_pool, 3: max_pool3d})
avg_pool_v2 = _make_pool_of_any_rank("avg_pool_v2", {1: avg_pool1d, 2: avg_pool, 3: avg_pool3d})


_BY_TYPE: dict[str, dict[int, Callable[..., Tensor]]] = {
    "MAX": {1: max_pool1d, 2: max_pool, 3: max_pool3d},
    "AVG": {1: avg_pool1d, 2: avg_pool, 3: avg_pool3d},
}


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
    """Max or average pooling over one to three spatial axes, with holes in the windows if asked.

    Args:
      input: [batch, spatial..., channels], or the channels second.
      window_shape: one int per spatial axis.
      pooling_type: `"MAX"` or `"AVG"`.
      padding: `"SAME"` or `"VALID"`. With dilations above one the padding of `"SAME"` counts as
        zeros, as in TF.
      dilation_rate: one int per spatial axis, the distance between the elements of a window.
      strides: one int per spatial axis; no larger than the window.
      name: the name scope.
      data_format: as `convolution`.
      dilations: the same as `dilation_rate`.

    Raises:
      ValueError: an unknown type, a wrong rank or number of entries, strides above the window, or
        strides and dilations that are both above 1.
    """
    rates = deprecated_argument_lookup("dilations", dilations, "dilation_rate", dilation_rate)
    axes = len(window_shape)
    with name_scope(name, f"{pooling_type.lower()}_pool", [input]) as scope:
        input = convert_to_tensor(input, name="input")
        spread = windows.per_axis(rates, axes, "dilation_rate")
        steps = windows.per_axis(strides, axes, "strides")
        _check_pool(input, window_shape, pooling_type, steps, spread)
        second = data_format is not None and data_format.startswith("NC")
        formats = {1: ("NWC", "NCW"), 2: ("NHWC", "NCHW"), 3: ("NDHWC", "NCDHW")}

        def slide(images: Tensor, _: int, converted: str) -> Tensor:
            return _BY_TYPE[pooling_type][axes](
                images, window_shape, steps, converted, formats[axes][second], name=scope
            )

        return with_space_to_batch(
            input, spread, padding, slide, window_shape, data_format=data_format
        )


def _check_pool(
    input: Tensor,
    window_shape: Sequence[int],
    pooling_type: str,
    steps: Sequence[int],
    spread: Sequence[int],
) -> None:
    axes = len(window_shape)
    if pooling_type not in _BY_TYPE or axes not in _BY_TYPE[pooling_type]:
        raise ValueError(f"{axes}-D {pooling_type} pooling is not supported.")
    if input.shape.ndims not in (None, axes + 2):
        raise ValueError(f"input must have rank {axes + 2}, got shape {input.shape}")
    if max(steps) > 1 and max(spread) > 1:
        raise ValueError("strides > 1 not supported in conjunction with dilation_rate > 1")
    if any(step > size for step, size in zip(steps, window_shape, strict=True)):
        raise ValueError(
            "strides > window_shape not supported due to inconsistency between CPU and GPU "
            f"implementations, got strides {list(steps)} and window_shape {list(window_shape)}"
        )
