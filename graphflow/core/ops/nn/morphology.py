"""Grayscale morphology: Dilation2D, the greatest of value plus filter over windows, and erosion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes, errors
from ...base.deprecation import deprecated_argument_lookup
from ...base.tensor_shape import TensorShape
from ...graph.op_def import define_op
from ...graph.scopes import name_scope
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from ..shape_rules import merged_dimension, same_as_input, same_as_input_number
from . import windows
from .windows import Axis

_ATTRS = [
    "T: realnumbertype",
    "strides: list(int) >= 4",
    "rates: list(int) >= 4",
    "padding: {'SAME', 'VALID'}",
]
_GEOMETRY = ("strides", "rates", "padding")


def dilation2d_shape(context: ShapeContext) -> TensorShape:
    attrs = context.attrs
    x, filters = context.with_rank(0, 4), context.with_rank(1, 3)
    for name in ("strides", "rates"):
        if len(attrs[name]) != 4:
            raise ValueError(
                f"Dilation2D requires the {name} attribute to contain 4 values, but got: "
                f"{len(attrs[name])}"
            )
        if min(attrs[name]) <= 0:
            raise ValueError(f"{name} must be positive, got {list(attrs[name])}")
    height, width, depth = filters.as_list()
    channels = merged_dimension(x.as_list()[3], depth)
    geometry = {**attrs, "dilations": attrs["rates"], "data_format": "NHWC"}
    return windows.window_shape(x, [height, width], channels, geometry)


dilation2d_op = define_op(
    "Dilation2D",
    inputs=["input: T", "filter: T"],
    outputs=["output: T"],
    attrs=_ATTRS,
    shape=dilation2d_shape,
)
dilation2d_backprop_input_op = define_op(
    "Dilation2DBackpropInput",
    inputs=["input: T", "filter: T", "out_backprop: T"],
    outputs=["in_backprop: T"],
    attrs=_ATTRS,
    shape=same_as_input,
)
dilation2d_backprop_filter_op = define_op(
    "Dilation2DBackpropFilter",
    inputs=["input: T", "filter: T", "out_backprop: T"],
    outputs=["filter_backprop: T"],
    attrs=_ATTRS,
    shape=same_as_input_number(1),
)


def _axes(node: Any, x: np.ndarray, filters: np.ndarray) -> list[Axis]:
    attrs = node.attrs
    windows.check_rank("input", x.shape, 4)
    windows.check_rank("filter", filters.shape, 3)
    if x.shape[3] != filters.shape[2]:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"input and filter must have the same depth: {x.shape[3]} vs {filters.shape[2]}",
        )
    return [
        windows.make_axis(
            x.shape[i],
            filters.shape[i - 1],
            attrs["strides"][i],
            attrs["rates"][i],
            attrs["padding"],
        )
        for i in (1, 2)
    ]


def _greatest(
    x: np.ndarray, filters: np.ndarray, axes: Sequence[Axis]
) -> tuple[np.ndarray, np.ndarray]:
    """The greatest sum of each window, and the (first) position of the filter that it is at.

    Padding takes no part; TF starts from the lowest finite number, at the first position inside.
    """
    padded = windows.pad_spatial(x, axes)
    inside = windows.pad_spatial(np.ones((1, *x.shape[1:3], 1), bool), axes, False)
    shape = (x.shape[0], *(a.out for a in axes), x.shape[3])
    greatest = np.full(shape, dtypes.as_dtype(x.dtype).min, x.dtype)
    positions = np.full(shape, -1)
    for number, tap in enumerate(np.ndindex(*filters.shape[:2])):
        region = windows.tap_region(axes, tap)
        sums = padded[region] + filters[tap]
        np.copyto(positions, number, where=inside[region] & (positions < 0))
        wins = inside[region] & (sums > greatest)
        np.copyto(greatest, sums, where=wins)
        np.copyto(positions, number, where=wins)
    return greatest, positions


@dilation2d_op.define
def dilation2d_reference(node: Any, x: np.ndarray, filters: np.ndarray) -> np.ndarray:
    return _greatest(x, filters, _axes(node, x, filters))[0]


def _shares(
    axes: Sequence[Axis], x: np.ndarray, filters: np.ndarray, dy: np.ndarray
) -> Iterator[tuple[tuple[int, ...], np.ndarray]]:
    """For each position of the filter: the gradients of the windows whose greatest sum is there."""
    _, positions = _greatest(x, filters, axes)
    if dy.shape != positions.shape:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"out_backprop has incompatible size: got {list(dy.shape)}, expected "
            f"{list(positions.shape)}",
        )
    for number, tap in enumerate(np.ndindex(*filters.shape[:2])):
        yield tap, np.where(positions == number, dy, dy.dtype.type(0))


@dilation2d_backprop_input_op.define
def dilation2d_backprop_input_reference(
    node: Any, x: np.ndarray, filters: np.ndarray, dy: np.ndarray
) -> np.ndarray:
    axes = _axes(node, x, filters)
    sizes = [a.size + a.pad_before + a.pad_after for a in axes]
    padded = np.zeros((x.shape[0], *sizes, x.shape[3]), x.dtype)
    for tap, share in _shares(axes, x, filters, dy):
        padded[windows.tap_region(axes, tap)] += share
    return padded[windows.inner_region(x.shape, axes)]


@dilation2d_backprop_filter_op.define
def dilation2d_backprop_filter_reference(
    node: Any, x: np.ndarray, filters: np.ndarray, dy: np.ndarray
) -> np.ndarray:
    axes = _axes(node, x, filters)
    result = np.zeros(filters.shape, filters.dtype)
    for tap, share in _shares(axes, x, filters, dy):
        result[tap] = share.sum(axis=(0, 1, 2))
    return result


@dilation2d_op.grad
def dilation2d_grad(op: Any, dy: Tensor) -> list[Tensor]:
    x, filters = op.inputs
    attrs = {name: op.node_attrs[name] for name in _GEOMETRY}
    return [
        dilation2d_backprop_input_op(x, filters, dy, **attrs),
        dilation2d_backprop_filter_op(x, filters, dy, **attrs),
    ]


def dilation2d(
    input: Any,
    filter: Any = None,
    strides: Any = None,
    rates: Any = None,
    padding: str | None = None,
    name: str | None = None,
    filters: Any = None,
    dilations: Any = None,
) -> Tensor:
    """Over windows, the greatest of `input + filter`, channel by channel.

    Args:
      input: [batch, height, width, channels].
      filter: [height, width, channels].
      strides: 4 ints, the distance between windows.
      rates: 4 ints, the distance between the elements of a window.
      padding: `"SAME"` or `"VALID"`; padding never counts.
      name: the node's name.
      filters: the same as `filter`.
      dilations: the same as `rates`.
    """
    filter = deprecated_argument_lookup("filters", filters, "filter", filter)
    rates = deprecated_argument_lookup("dilations", dilations, "rates", rates)
    tensor: Tensor = dilation2d_op(
        input, filter, strides=strides, rates=rates, padding=padding, name=name
    )
    return tensor


def erosion2d(
    value: Any, kernel: Any, strides: Any, rates: Any, padding: str, name: str | None = None
) -> Tensor:
    """Over windows, the least of `value - kernel`, the kernel turned around by 180 degrees.

    Args:
      value: [batch, height, width, channels].
      kernel: [height, width, channels].
      strides: 4 ints, the distance between windows.
      rates: 4 ints, the distance between the elements of a window.
      padding: `"SAME"` or `"VALID"`.
      name: the name scope.
    """
    with name_scope(name, "erosion2d", [value, kernel]) as scope:
        negated = ops.elementwise.negative(value)
        turned = ops.array.reverse(kernel, [0, 1])
        dilated = dilation2d(negated, turned, strides, rates, padding, name=scope)
        tensor: Tensor = ops.elementwise.negative(dilated)
    return tensor
