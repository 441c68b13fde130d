"""MaxPoolWithArgmax: maxima and the places they were found at, and its gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes, errors
from ...base.tensor_shape import TensorShape
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import define_op
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from ..shape_rules import same_as_input
from .pooling import first_maxima, pool_axes, pool_shape
from .windows import Axis, all_axes

_ATTRS = [
    "ksize: list(int) >= 4",
    "strides: list(int) >= 4",
    "padding: {'SAME', 'VALID'}",
    "include_batch_in_index: bool = false",
    "T: realnumbertype",
]
_GEOMETRY = ("ksize", "strides", "padding", "include_batch_in_index")


def max_pool_with_argmax_shape(context: ShapeContext) -> list[TensorShape]:
    return [pool_shape(context)] * 2


max_pool_with_argmax_op = define_op(
    "MaxPoolWithArgmax",
    inputs=["input: T"],
    outputs=["output: T", "argmax: Targmax"],
    attrs=[*_ATTRS, "Targmax: {int32, int64} = DT_INT64"],
    shape=max_pool_with_argmax_shape,
)
max_pool_grad_with_argmax_op = define_op(
    "MaxPoolGradWithArgmax",
    inputs=["input: T", "grad: T", "argmax: Targmax"],
    outputs=["output: T"],
    attrs=[*_ATTRS, "Targmax: {int32, int64}"],
    shape=same_as_input,
)
max_pool_grad_grad_with_argmax_op = define_op(
    "MaxPoolGradGradWithArgmax",
    inputs=["input: T", "grad: T", "argmax: Targmax"],
    outputs=["output: T"],
    attrs=[*_ATTRS, "Targmax: {int32, int64}"],
    shape=pool_shape,
)


@max_pool_with_argmax_op.define
def max_pool_with_argmax_reference(node: Any, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The place of an element is its index in the flattened image, or in the flattened batch."""
    axes = pool_axes(node, x.shape)
    maxima, taps = first_maxima(x, axes)
    rows, columns = (_places(axis, taps, i, axes) for i, axis in enumerate(axes))
    places = (rows * x.shape[2] + columns) * x.shape[3] + np.arange(x.shape[3])
    return maxima, places + _offsets(node, x)


def _places(axis: Axis, taps: np.ndarray, index: int, axes: Sequence[Axis]) -> np.ndarray:
    """Where on one axis of the image the winning positions of the kernel lie."""
    kernel = np.unravel_index(taps, [a.kernel for a in axes])[index]
    starts = np.arange(axis.out) * axis.stride - axis.pad_before
    shape = [1] * taps.ndim
    shape[1 + index] = axis.out
    result: np.ndarray = kernel + starts.reshape(shape)
    return result


def _offsets(node: Any, x: np.ndarray) -> np.ndarray:
    """What to add to places in an image to make them those that the node speaks of."""
    size = int(np.prod(x.shape[1:])) if node.attrs["include_batch_in_index"] else 0
    return (np.arange(x.shape[0]) * size).reshape(-1, 1, 1, 1)


def _in_images(node: Any, x: np.ndarray, argmax: np.ndarray) -> np.ndarray:
    """The places that a node was given as rows, one per image, of indices into flattened images.

    Raises:
      InvalidArgumentError: a place lies outside its image.
    """
    places = (argmax - _offsets(node, x)).reshape(x.shape[0], int(np.prod(argmax.shape[1:])))
    size = int(np.prod(x.shape[1:]))
    wrong = (places < 0) | (places >= size)
    if wrong.any():
        raise errors.InvalidArgumentError(
            None, None, f"argmax out of range: {places[wrong][0]} is not in [0, {size})"
        )
    return places


@max_pool_grad_with_argmax_op.define
def max_pool_grad_with_argmax_reference(
    node: Any, x: np.ndarray, dy: np.ndarray, argmax: np.ndarray
) -> np.ndarray:
    places = _in_images(node, x, argmax)
    result = np.zeros((x.shape[0], int(np.prod(x.shape[1:]))), x.dtype)
    images = np.arange(x.shape[0])[:, np.newaxis]
    np.add.at(result, (images, places), dy.reshape(places.shape))
    return result.reshape(x.shape)


@max_pool_grad_grad_with_argmax_op.define
def max_pool_grad_grad_with_argmax_reference(
    node: Any, x: np.ndarray, ddx: np.ndarray, argmax: np.ndarray
) -> np.ndarray:
    places = _in_images(node, x, argmax)
    images = ddx.reshape(x.shape[0], int(np.prod(x.shape[1:])))
    taken = np.take_along_axis(images, places, axis=1)
    return taken.reshape(argmax.shape)


def _geometry(op: Any) -> dict[str, Any]:
    return {key: op.node_attrs[key] for key in _GEOMETRY}


@max_pool_with_argmax_op.grad
def max_pool_with_argmax_grad(op: Any, dy: Tensor, _: Any) -> Tensor:
    tensor: Tensor = max_pool_grad_with_argmax_op(op.inputs[0], dy, op.outputs[1], **_geometry(op))
    return tensor


@max_pool_grad_with_argmax_op.grad
def max_pool_grad_with_argmax_grad(op: Any, ddx: Tensor) -> list[Any]:
    """TF has none; the op is linear in `grad`, so that second gradients cost nothing more."""
    x, _, argmax = op.inputs
    taken = max_pool_grad_grad_with_argmax_op(x, ddx, argmax, **_geometry(op))
    return [ops.array.zeros_like(x), taken, None]


@max_pool_grad_grad_with_argmax_op.grad
def max_pool_grad_grad_with_argmax_grad(op: Any, dy: Tensor) -> list[Any]:
    x, _, argmax = op.inputs
    spread = max_pool_grad_with_argmax_op(x, dy, argmax, **_geometry(op))
    return [ops.array.zeros_like(x), spread, None]


def max_pool_with_argmax(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str = "NHWC",
    Targmax: Any = None,
    name: str | None = None,
    output_dtype: Any = None,
    include_batch_in_index: bool = False,
) -> tuple[Tensor, Tensor]:
    """Max pooling that also tells where each maximum stands.

    Args:
      input: [batch, height, width, channels].
      ksize: the window's size along each axis.
      strides: the distance between windows.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NHWC"`.
      Targmax: int32 or int64 (the default), the type of the places.
      name: the node's name.
      output_dtype: the same as `Targmax`.
      include_batch_in_index: whether a place is counted from the start of the batch; else from
        the start of its image: `(row * width + column) * channels + channel`.

    Returns:
      (output, argmax). Of equal maxima the first is meant.

    Raises:
      ValueError: another data format, or both names of one argument.
    """
    if data_format != "NHWC":
        raise ValueError("Data formats other than 'NHWC' are not yet supported")
    if Targmax is not None and output_dtype is not None:
        raise ValueError("Cannot specify both 'Targmax' and 'output_dtype'.")
    kind = output_dtype if Targmax is None else Targmax
    pooled = max_pool_with_argmax_op(
        convert_to_tensor(input, name="input"),
        ksize=all_axes(ksize, data_format, "ksize"),
        strides=all_axes(strides, data_format, "strides"),
        padding=padding,
        Targmax=dtypes.int64 if kind is None else dtypes.as_dtype(kind),
        include_batch_in_index=include_batch_in_index,
        name=name,
    )
    result: tuple[Tensor, Tensor] = pooled
    return result
