"""Max and average pooling in two and three dimensions, and their gradients."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ... import ops
from ...base.tensor_shape import TensorShape
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import OpDef, define_op
from ...graph.scopes import name_scope
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from ..shape_rules import same_as_input, same_as_input_number
from . import windows
from .windows import Axis

_ATTRS_2D = [
    "ksize: list(int) >= 4",
    "strides: list(int) >= 4",
    "padding: {'SAME', 'VALID'}",
    "data_format: {'NHWC', 'NCHW'} = 'NHWC'",
]
_ATTRS_3D = [
    "ksize: list(int) >= 5",
    "strides: list(int) >= 5",
    "padding: {'SAME', 'VALID'}",
    "data_format: {'NDHWC', 'NCDHW'} = 'NDHWC'",
]
_GEOMETRY = ("ksize", "strides", "padding", "data_format")
_FLOATS = "T: {half, bfloat16, float, double}"
_MAX_TYPES = "{half, bfloat16, float, double, int32, int64, uint8, int16, int8, uint16, qint8}"


def pool_shape(context: ShapeContext) -> TensorShape:
    attrs = context.attrs
    data_format = attrs["data_format"]
    x = context.with_rank(0, len(data_format))
    channels = x.as_list()[data_format.index("C")]
    kernel = windows.pick_spatial(attrs["ksize"], data_format)
    return windows.window_shape(x, kernel, channels, attrs)


def _axes(node: Any, shape: Sequence[int]) -> list[Axis]:
    attrs = node.attrs
    data_format = attrs["data_format"]
    return [
        windows.make_axis(size, kernel, stride, 1, attrs["padding"])
        for size, kernel, stride in zip(
            windows.pick_spatial(shape, data_format),
            windows.pick_spatial(attrs["ksize"], data_format),
            windows.pick_spatial(attrs["strides"], data_format),
            strict=True,
        )
    ]


def _taps(axes: Sequence[Axis]) -> list[tuple[int, ...]]:
    """The positions of the kernel in row-major order: the first of equal maxima wins."""
    return list(itertools.product(*(range(a.kernel) for a in axes)))


def _geometry(op: Any) -> dict[str, Any]:
    return {key: op.node_attrs[key] for key in _GEOMETRY}


# --- max -----------------------------------------------------------------------------------------


def max_pool_reference(node: Any, x: np.ndarray) -> np.ndarray:
    data_format = node.attrs["data_format"]
    axes = _axes(node, x.shape)
    padded = _padded_with_lowest(windows.to_channels_last(x, data_format), axes)
    result: np.ndarray | None = None
    for tap in _taps(axes):
        part = padded[windows.tap_region(axes, tap)]
        result = part.copy() if result is None else np.maximum(result, part, out=result)
    assert result is not None
    return windows.from_channels_last(result, data_format)


def _padded_with_lowest(x: np.ndarray, axes: Sequence[Axis]) -> np.ndarray:
    lowest = -np.inf if x.dtype.kind not in "iu" else np.iinfo(x.dtype).min
    return windows.pad_spatial(x, axes, lowest)


def _wins(x: np.ndarray, y: np.ndarray, axes: Sequence[Axis]) -> Iterator[np.ndarray]:
    """For each position of the kernel, in order: the windows whose (first) maximum is there."""
    padded = _padded_with_lowest(x, axes)
    open_windows = np.ones(y.shape, dtype=bool)
    for tap in _taps(axes):
        wins = padded[windows.tap_region(axes, tap)] == y
        wins &= open_windows
        open_windows &= ~wins
        yield wins


def max_pool_grad_reference(node: Any, x: np.ndarray, y: np.ndarray, dy: np.ndarray) -> np.ndarray:
    data_format = node.attrs["data_format"]
    axes = _axes(node, x.shape)
    images, maxima, gradient = (windows.to_channels_last(a, data_format) for a in (x, y, dy))
    zero = dy.dtype.type(0)
    parts = (np.where(wins, gradient, zero) for wins in _wins(images, maxima, axes))
    return windows.from_channels_last(_scattered(parts, images.shape, axes, x.dtype), data_format)


def _scattered(parts: Any, shape: Sequence[int], axes: Sequence[Axis], dtype: Any) -> np.ndarray:
    """Adds one array per position of the kernel to the elements that the windows cover."""
    sizes = [a.size + a.pad_before + a.pad_after for a in axes]
    padded = np.zeros((shape[0], *sizes, shape[-1]), dtype=dtype)
    for tap, part in zip(_taps(axes), parts, strict=True):
        padded[windows.tap_region(axes, tap)] += part
    return padded[windows.inner_region(shape, axes)]


def max_pool_grad_grad_reference(
    node: Any, x: np.ndarray, y: np.ndarray, ddx: np.ndarray
) -> np.ndarray:
    data_format = node.attrs["data_format"]
    axes = _axes(node, x.shape)
    images, maxima, second = (windows.to_channels_last(a, data_format) for a in (x, y, ddx))
    padded = windows.pad_spatial(second, axes)
    result = np.zeros(maxima.shape, dtype=ddx.dtype)
    for tap, wins in zip(_taps(axes), _wins(images, maxima, axes), strict=True):
        np.copyto(result, padded[windows.tap_region(axes, tap)], where=wins)
    return windows.from_channels_last(result, data_format)


def _define_max_pool(suffix: str, attrs: list[str], types: str) -> tuple[OpDef, OpDef, OpDef]:
    pool = define_op(
        f"MaxPool{suffix}",
        inputs=["input: T"],
        outputs=["output: T"],
        attrs=[*attrs[:3], _with_vector_format(attrs[3], types), types],
        shape=pool_shape,
    )
    grad = define_op(
        f"MaxPool{suffix}Grad",
        inputs=["orig_input: T", "orig_output: T", "grad: T"]
        if not suffix
        else ["orig_input: TInput", "orig_output: TInput", "grad: T"],
        outputs=["output: T"],
        attrs=[*attrs, *_grad_types(suffix)],
        shape=same_as_input,
    )
    grad_grad = define_op(
        f"MaxPool{suffix}GradGrad",
        inputs=["orig_input: T", "orig_output: T", "grad: T"],
        outputs=["output: T"],
        attrs=[*attrs, "T: realnumbertype"],
        shape=same_as_input_number(1),
    )
    pool.define(max_pool_reference)
    grad.define(max_pool_grad_reference)
    grad_grad.define(max_pool_grad_grad_reference)

    def pool_gradient(op: Any, dy: Tensor) -> Tensor:
        tensor: Tensor = grad(op.inputs[0], op.outputs[0], dy, **_geometry(op))
        return tensor

    def grad_gradient(op: Any, ddx: Tensor) -> list[Tensor]:
        x, y = op.inputs[0], op.inputs[1]
        zeros = ops.array.zeros_like
        return [zeros(x), zeros(y), grad_grad(x, y, ddx, **_geometry(op))]

    def grad_grad_gradient(op: Any, dy: Tensor) -> list[Tensor]:
        x, y = op.inputs[0], op.inputs[1]
        zeros = ops.array.zeros_like
        return [zeros(x), zeros(y), grad(x, y, dy, **_geometry(op))]

    pool.grad(pool_gradient)
    grad.grad(grad_gradient)
    grad_grad.grad(grad_grad_gradient)
    return pool, grad, grad_grad


def _with_vector_format(attr: str, types: str) -> str:
    return attr.replace("'NCHW'", "'NCHW', 'NCHW_VECT_C'") if "qint8" in types else attr


def _grad_types(suffix: str) -> list[str]:
    if not suffix:
        return ["T: realnumbertype = DT_FLOAT"]
    floats = "{half, bfloat16, float} = DT_FLOAT"
    return [f"T: {floats}", f"TInput: {floats}"]


max_pool_op, max_pool_grad_op, max_pool_grad_grad_op = _define_max_pool(
    "", _ATTRS_2D, f"T: {_MAX_TYPES} = DT_FLOAT"
)
max_pool_3d_op, max_pool_3d_grad_op, max_pool_3d_grad_grad_op = _define_max_pool(
    "3D", _ATTRS_3D, "T: {half, bfloat16, float}"
)


# --- average -------------------------------------------------------------------------------------


def _counts(axes: Sequence[Axis]) -> np.ndarray:
    """How many elements each window covers, padding not counted; [1, out..., 1]."""
    ones = np.ones((1, *(a.size for a in axes), 1))
    padded = windows.pad_spatial(ones, axes)
    return np.add.reduce([padded[windows.tap_region(axes, tap)] for tap in _taps(axes)])


def avg_pool_reference(node: Any, x: np.ndarray) -> np.ndarray:
    data_format = node.attrs["data_format"]
    axes = _axes(node, x.shape)
    padded = windows.pad_spatial(windows.to_channels_last(x, data_format), axes)
    total = sum(padded[windows.tap_region(axes, tap)] for tap in _taps(axes))
    mean = (total / _counts(axes)).astype(x.dtype)
    return windows.from_channels_last(mean, data_format)


def avg_pool_grad_reference(node: Any, sizes: np.ndarray, dy: np.ndarray) -> np.ndarray:
    data_format = node.attrs["data_format"]
    shape = [int(size) for size in sizes]
    axes = _axes(node, shape)
    gradient = windows.to_channels_last(dy, data_format)
    share = (gradient / _counts(axes)).astype(dy.dtype)
    parts = (share for _ in _taps(axes))
    channels = shape[data_format.index("C")]
    images_shape = [shape[0], *windows.pick_spatial(shape, data_format), channels]
    return windows.from_channels_last(_scattered(parts, images_shape, axes, dy.dtype), data_format)


def _define_avg_pool(suffix: str, attrs: list[str]) -> tuple[OpDef, OpDef]:
    pool = define_op(
        f"AvgPool{suffix}",
        inputs=["value: T" if not suffix else "input: T"],
        outputs=["output: T"],
        attrs=[*attrs, _FLOATS],
        shape=pool_shape,
    )
    grad = define_op(
        f"AvgPool{suffix}Grad",
        inputs=["orig_input_shape: int32", "grad: T"],
        outputs=["output: T"],
        attrs=[*attrs, _FLOATS],
        shape=lambda context: context.constant_shape(0),
    )
    pool.define(avg_pool_reference)
    grad.define(avg_pool_grad_reference)

    def pool_gradient(op: Any, dy: Tensor) -> Tensor:
        tensor: Tensor = grad(ops.array.shape(op.inputs[0]), dy, **_geometry(op))
        return tensor

    def grad_gradient(op: Any, ddx: Tensor) -> list[Any]:
        return [ops.array.stop_gradient(op.inputs[0]), pool(ddx, **_geometry(op))]

    pool.grad(pool_gradient)
    grad.grad(grad_gradient)
    return pool, grad


avg_pool_op, avg_pool_grad_op = _define_avg_pool("", _ATTRS_2D)
avg_pool_3d_op, avg_pool_3d_grad_op = _define_avg_pool("3D", _ATTRS_3D)


# --- the public functions ------------------------------------------------------------------------


def _make_pool(op_def: OpDef, name: str, text: str) -> Callable[..., Tensor]:
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
        value = input if value is None else value
        data_format = data_format or default_format
        with name_scope(name, op_def.name, [value]) as scope:
            value = convert_to_tensor(value, name="input")
            tensor: Tensor = op_def(
                value,
                ksize=_all_axes(ksize, data_format, "ksize"),
                strides=_all_axes(strides, data_format, "strides"),
                padding=padding,
                data_format=data_format,
                name=scope,
            )
        return tensor

    pool.__name__ = pool.__qualname__ = name
    pool.__doc__ = f"""{text} over windows of the input.

    Args:
      value: a tensor of rank {rank} in `data_format`.
      ksize: the window's size along each axis (an int or the spatial ones will do).
      strides: the distance between windows, likewise.
      padding: `"SAME"` or `"VALID"`; padding never counts.
      data_format: `"{default_format}"`, or with the channels second.
      name: the node's name.
      input: the same as `value`.
    """
    return pool


def _all_axes(values: Any, data_format: str, name: str) -> list[int]:
    """A per-axis attribute given as one int, or for the spatial axes only, for all axes."""
    items = [values] if isinstance(values, int) else list(values)
    rank = len(data_format)
    if len(items) == rank:
        return items
    if len(items) not in (1, rank - 2):
        raise ValueError(f"{name} should be of length 1, {rank - 2} or {rank}, got {len(items)}")
    spatial = items * (rank - 2) if len(items) == 1 else items
    return [1, *spatial, 1] if windows.channels_last(data_format) else [1, 1, *spatial]


max_pool = _make_pool(max_pool_op, "max_pool", "The maximum")
avg_pool = _make_pool(avg_pool_op, "avg_pool", "The mean")
max_pool3d = _make_pool(max_pool_3d_op, "max_pool3d", "The maximum")
avg_pool3d = _make_pool(avg_pool_3d_op, "avg_pool3d", "The mean")
