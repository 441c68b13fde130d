"""Max and average pooling in two and three dimensions, and their gradients."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes, errors
from ...base.tensor_shape import TensorShape
from ...graph.op_def import OpDef, define_op
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
    """The shape of the windows' grid; the depth shrinks where the window is deep."""
    attrs = context.attrs
    data_format = attrs.get("data_format", "NHWC")
    x = context.with_rank(0, len(data_format))
    for name in ("ksize", "strides"):
        if len(attrs[name]) != len(data_format):
            raise ValueError(
                f"{context.op_type} requires the {name} attribute to contain {len(data_format)} "
                f"values, but got: {len(attrs[name])}"
            )
        if min(attrs[name]) <= 0:
            raise ValueError(f"{name} must be positive, got {list(attrs[name])}")
    depth = data_format.index("C")
    channels = windows.output_size(
        x.as_list()[depth], attrs["ksize"][depth], attrs["strides"][depth], 1, attrs["padding"]
    )
    kernel = windows.pick_spatial(attrs["ksize"], data_format)
    return windows.window_shape(x, kernel, channels, {**attrs, "data_format": data_format})


def pool_axes(node: Any, shape: Sequence[int]) -> list[Axis]:
    """The spatial axes of a pooling node for a concrete input shape.

    Raises:
      UnimplementedError: the windows reach over images or, but for max pooling, over channels.
    """
    attrs = node.attrs
    data_format = attrs.get("data_format", "NHWC")
    windows.check_rank("tensor_in", shape, len(data_format))
    if attrs["ksize"][0] != 1 or attrs["strides"][0] != 1:
        raise _unimplemented("Pooling is not yet supported on the batch dimension.")
    if _is_deep(node):
        raise _unimplemented(f"{node.op.name} is not yet supported on the depth dimension.")
    return [
        windows.make_axis(size, kernel, stride, 1, attrs["padding"])
        for size, kernel, stride in zip(
            windows.pick_spatial(shape, data_format),
            windows.pick_spatial(attrs["ksize"], data_format),
            windows.pick_spatial(attrs["strides"], data_format),
            strict=True,
        )
    ]


def _is_deep(node: Any) -> bool:
    """Whether windows reach over channels."""
    depth = node.attrs.get("data_format", "NHWC").index("C")
    return bool(node.attrs["ksize"][depth] != 1 or node.attrs["strides"][depth] != 1)


def _unimplemented(message: str) -> errors.UnimplementedError:
    return errors.UnimplementedError(None, None, message)


def pool_taps(axes: Sequence[Axis]) -> list[tuple[int, ...]]:
    """The positions of the kernel in row-major order: the first of equal maxima wins."""
    return list(itertools.product(*(range(a.kernel) for a in axes)))


def _geometry(op: Any) -> dict[str, Any]:
    return {key: op.node_attrs[key] for key in _GEOMETRY}


# --- max -----------------------------------------------------------------------------------------


def max_pool_reference(node: Any, x: np.ndarray) -> np.ndarray:
    data_format = node.attrs["data_format"]
    if _is_deep(node):
        return _max_over_depth(node, x)
    axes = pool_axes(node, x.shape)
    lowest = _lowest_finite(x.dtype)
    padded = windows.pad_spatial(windows.to_channels_last(x, data_format), axes, lowest)
    result: np.ndarray | None = None
    for tap in pool_taps(axes):
        part = padded[windows.tap_region(axes, tap)]
        # TF starts from the lowest finite number, and NaN never exceeds what there is.
        result = np.fmax(lowest if result is None else result, part, out=result)
    assert result is not None
    return windows.from_channels_last(result, data_format)


def _max_over_depth(node: Any, x: np.ndarray) -> np.ndarray:
    """Windows over channels alone, side by side: all that TF has.

    Raises:
      UnimplementedError: the windows overlap, do not fit, or reach over space as well.
    """
    data_format = node.attrs["data_format"]
    size, step = (node.attrs[name][data_format.index("C")] for name in ("ksize", "strides"))
    windows.check_rank("tensor_in", x.shape, 4)
    images = windows.to_channels_last(x, data_format)
    if max(windows.pick_spatial(node.attrs["ksize"], data_format)) > 1:
        raise _unimplemented(
            "MaxPooling supports exactly one of pooling across depth or pooling across "
            f"width/height, got ksize {list(node.attrs['ksize'])}."
        )
    if images.shape[-1] % size:
        raise _unimplemented(
            "Depthwise max pooling requires the depth window to evenly divide the input depth, "
            f"got {size} and {images.shape[-1]}"
        )
    if size != step:
        raise _unimplemented(
            "Depthwise max pooling requires the depth window to equal the depth stride, "
            f"got {size} and {step}"
        )
    deep = images.reshape(*images.shape[:-1], -1, size)
    lowest = _lowest_finite(x.dtype)
    result: np.ndarray = np.fmax.reduce(deep, axis=-1, initial=lowest)
    return windows.from_channels_last(result, data_format)


def _lowest_finite(dtype: np.dtype[Any]) -> Any:
    return dtypes.as_dtype(dtype).min


def _wins(x: np.ndarray, y: np.ndarray, axes: Sequence[Axis]) -> Iterator[np.ndarray]:
    """For each position of the kernel, in order: the windows whose (first) maximum is there."""
    if x.size and x.min() > _lowest_finite(x.dtype):  # neither NaN nor -inf: y is among the x
        padded = windows.pad_spatial(x, axes, _lowest_finite(x.dtype))
        open_windows = np.ones(y.shape, dtype=bool)
        for tap in pool_taps(axes):
            wins = padded[windows.tap_region(axes, tap)] == y
            wins &= open_windows
            open_windows &= ~wins
            yield wins
    else:
        _, winners = first_maxima(x, axes)
        for number, _ in enumerate(pool_taps(axes)):
            yield winners == number


def first_maxima(x: np.ndarray, axes: Sequence[Axis]) -> tuple[np.ndarray, np.ndarray]:
    """Each window's maximum, and which position of the kernel it was found at.

    As TF walks through a window: from its first element on, whatever that is, to each one that is
    greater. So NaN counts where it comes first, and nowhere else; padding never does.

    Args:
      x: images with the channels last.
      axes: the spatial axes.

    Returns:
      (maxima, positions), [batch, out..., channels]; positions count row by row.
    """
    padded = windows.pad_spatial(x, axes)
    inside = windows.pad_spatial(np.ones((1, *x.shape[1:-1], 1), bool), axes, False)
    shape = (x.shape[0], *(a.out for a in axes), x.shape[-1])
    maxima = np.full(shape, _lowest_finite(x.dtype), x.dtype)
    positions = np.full(shape, -1, np.int64)
    for number, tap in enumerate(pool_taps(axes)):
        region = windows.tap_region(axes, tap)
        part = padded[region]
        wins = inside[region] & ((positions < 0) | (part > maxima))
        np.copyto(maxima, part, where=wins)
        np.copyto(positions, number, where=wins)
    return maxima, positions


def max_pool_grad_reference(node: Any, x: np.ndarray, y: np.ndarray, dy: np.ndarray) -> np.ndarray:
    data_format = node.attrs["data_format"]
    axes = pool_axes(node, x.shape)
    images, maxima, gradient = (windows.to_channels_last(a, data_format) for a in (x, y, dy))
    zero = dy.dtype.type(0)
    winners = _all_wins if len(axes) == 3 else _wins
    parts = (np.where(wins, gradient, zero) for wins in winners(images, maxima, axes))
    return windows.from_channels_last(_scattered(parts, images.shape, axes, x.dtype), data_format)


def _all_wins(x: np.ndarray, y: np.ndarray, axes: Sequence[Axis]) -> Iterator[np.ndarray]:
    """As `_wins`, but equal maxima all count: in three dimensions TF's CPU kernel has it so."""
    padded = windows.pad_spatial(x, axes, np.nan)
    for tap in pool_taps(axes):
        yield np.abs(padded[windows.tap_region(axes, tap)] - y) < 1e-5


def _scattered(parts: Any, shape: Sequence[int], axes: Sequence[Axis], dtype: Any) -> np.ndarray:
    """Adds one array per position of the kernel to the elements that the windows cover."""
    sizes = [a.size + a.pad_before + a.pad_after for a in axes]
    padded = np.zeros((shape[0], *sizes, shape[-1]), dtype=dtype)
    for tap, part in zip(pool_taps(axes), parts, strict=True):
        padded[windows.tap_region(axes, tap)] += part
    return padded[windows.inner_region(shape, axes)]


def max_pool_grad_grad_reference(
    node: Any, x: np.ndarray, y: np.ndarray, ddx: np.ndarray
) -> np.ndarray:
    data_format = node.attrs["data_format"]
    axes = pool_axes(node, x.shape)
    images, maxima, second = (windows.to_channels_last(a, data_format) for a in (x, y, ddx))
    padded = windows.pad_spatial(second, axes)
    result = np.zeros(maxima.shape, dtype=ddx.dtype)
    for tap, wins in zip(pool_taps(axes), _wins(images, maxima, axes), strict=True):
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
    return np.add.reduce([padded[windows.tap_region(axes, tap)] for tap in pool_taps(axes)])


def avg_pool_reference(node: Any, x: np.ndarray) -> np.ndarray:
    data_format = node.attrs["data_format"]
    axes = pool_axes(node, x.shape)
    padded = windows.pad_spatial(windows.to_channels_last(x, data_format), axes)
    total = sum(padded[windows.tap_region(axes, tap)] for tap in pool_taps(axes))
    mean = (total / _counts(axes)).astype(x.dtype)
    return windows.from_channels_last(mean, data_format)


def avg_pool_grad_reference(node: Any, sizes: np.ndarray, dy: np.ndarray) -> np.ndarray:
    data_format = node.attrs["data_format"]
    shape = [int(size) for size in sizes]
    axes = pool_axes(node, shape)
    gradient = windows.to_channels_last(dy, data_format)
    share = (gradient / _counts(axes)).astype(dy.dtype)
    parts = (share for _ in pool_taps(axes))
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
