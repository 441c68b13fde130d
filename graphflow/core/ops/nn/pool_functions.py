"""tf.nn's functions for max and average pooling in one, two and three dimensions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ... import ops
from ...base.deprecation import deprecated_argument_lookup
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import OpDef
from ...graph.scopes import name_scope
from ...graph.tensor import Tensor
from . import windows
from .pooling import avg_pool_3d_op, avg_pool_op, max_pool_3d_op, max_pool_op

_ARGUMENTS = """
      ksize: the window's size along each axis (an int or the spatial ones will do).
      strides: the distance between windows, likewise.
      padding: `"SAME"` or `"VALID"`; padding never counts.
      data_format: {formats}.
      name: the node's name.
"""


def all_axes(values: Any, data_format: str, name: str) -> list[int]:
    """A per-axis attribute given as one int, or for the spatial axes only, for all axes.

    Raises:
      ValueError: there are neither one, nor as many as spatial axes, nor as many as axes.
    """
    items = [values] if isinstance(values, int) else list(values)
    rank = len(data_format)
    if len(items) == rank:
        return items
    if len(items) not in (1, rank - 2):
        raise ValueError(f"{name} should be of length 1, {rank - 2} or {rank} but was {len(items)}")
    spatial = items * (rank - 2) if len(items) == 1 else items
    return [1, *spatial, 1] if windows.channels_last(data_format) else [1, 1, *spatial]


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
                ksize=all_axes(ksize, data_format, "ksize"),
                strides=all_axes(strides, data_format, "strides"),
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
                _with_width(all_axes(values, data_format, what), axis)
                for values, what in ((ksize, "ksize"), (strides, "strides"))
            )
            pooled = flat(rows, sizes, steps, padding, rows_format)
            tensor: Tensor = ops.array.squeeze(pooled, [axis], name=scope)
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
