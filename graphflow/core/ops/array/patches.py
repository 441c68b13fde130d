"""The windows of images and volumes, laid out in the depth."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ... import ops
from ...base.deprecation import deprecated_argument_lookup
from ...base.tensor_shape import TensorShape
from ...graph.op_def import define_op
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor


def _window(size: int, kernel: int, stride: int, rate: int, padding: str) -> tuple[int, int]:
    """How many windows there are along an axis, and how much padding comes before it."""
    reach = (kernel - 1) * rate + 1
    if padding == "VALID":
        return max(0, -(-(size - reach + 1) // stride)), 0
    count = -(-size // stride)
    return count, max(0, (count - 1) * stride + reach - size) // 2


def _window_axes(attrs: Mapping[str, Any], sizes: Sequence[int]) -> list[np.ndarray]:
    """For each spatial axis the positions of the windows' elements: [windows, kernel]."""
    axes = []
    for i, size in enumerate(sizes, start=1):
        kernel, stride, rate = attrs["ksizes"][i], attrs["strides"][i], _rate(attrs, i)
        count, before = _window(size, kernel, stride, rate, attrs["padding"])
        starts = np.arange(count) * stride - before
        axes.append(starts[:, np.newaxis] + np.arange(kernel) * rate)
    return axes


def _rate(attrs: Mapping[str, Any], axis: int) -> int:
    rate: int = attrs["rates"][axis] if "rates" in attrs else 1  # volumes have none
    return rate


def patches_shape(context: ShapeContext) -> TensorShape:
    attrs, rank = context.attrs, 4 if context.op_type == "ExtractImagePatches" else 5
    given = context.with_rank(0, rank)
    for name in ("ksizes", "strides", "rates"):
        values = attrs.get(name, [1] * rank)
        if len(values) != rank:
            raise ValueError(f"{name} requires {rank} values, got {len(values)}")
        if values[0] != 1 or values[-1] != 1:
            raise ValueError(f"{name} must be 1 in the batch and depth dimensions")
    batch, *sizes, depth = given.as_list()
    kernel = attrs["ksizes"]
    counts = [
        None
        if size is None
        else _window(size, kernel[i], attrs["strides"][i], _rate(attrs, i), attrs["padding"])[0]
        for i, size in enumerate(sizes, start=1)
    ]
    return TensorShape([batch, *counts, None if depth is None else depth * math.prod(kernel)])


def _extract(node: Any, x: np.ndarray) -> np.ndarray:
    """Takes window elements axis by axis; positions outside the image are zero."""
    sizes = x.shape[1:-1]
    axes = _window_axes(node.attrs, sizes)
    spatial = len(sizes)
    index: list[Any] = [slice(None)]
    inside = np.ones((1,) * (2 * spatial), bool)
    for axis, (positions, size) in enumerate(zip(axes, sizes, strict=True)):
        form = [1] * (2 * spatial)
        form[axis], form[spatial + axis] = positions.shape
        shaped = positions.reshape(form)
        inside = inside & (shaped >= 0) & (shaped < size)
        index.append(np.clip(shaped, 0, size - 1))
    taken = x[tuple(index)]
    taken = np.where(inside[..., np.newaxis], taken, np.zeros((), x.dtype))
    depth = math.prod(node.attrs["ksizes"]) * x.shape[-1]
    return taken.reshape(len(x), *(len(positions) for positions in axes), depth)


def _summed_patches(op: Any, dy: Any, attr_names: Sequence[str]) -> list[Any]:
    """The gradient: patches of the pixels' numbers tell where each element came from."""
    array = ops.array
    sizes: Any = array.shape(op.inputs[0])
    spatial = sizes[1:-1]
    pixels = ops.reduction.reduce_prod(spatial)
    numbers = array.reshape(array.range(1, pixels + 1), array.concat([[1], spatial, [1]], 0))
    windows = {name: op.node_attrs[name] for name in attr_names}
    sources = array.reshape(op.op_def(numbers, **windows), [-1])  # 0 is the padding
    flat = array.reshape(dy, array.stack([sizes[0], array.size(sources), sizes[-1]]))
    by_source = array.transpose(flat, [1, 0, 2])
    summed = ops.reduction.unsorted_segment_sum(by_source, sources, pixels + 1)[1:]
    return [array.reshape(array.transpose(summed, [1, 0, 2]), sizes)]


extract_image_patches_op = define_op(
    "ExtractImagePatches",
    ["images: T"],
    ["patches: T"],
    [
        "ksizes: list(int) >= 4",
        "strides: list(int) >= 4",
        "rates: list(int) >= 4",
        "T: {realnumbertype, bool, complex64, complex128}",
        "padding: {'SAME', 'VALID'}",
    ],
    patches_shape,
)


extract_image_patches_op.define(_extract)


@extract_image_patches_op.grad
def extract_image_patches_grad(op: Any, dy: Any) -> list[Any]:
    return _summed_patches(op, dy, ("ksizes", "strides", "rates", "padding"))


def extract_image_patches(
    images: Any,
    ksizes: Any = None,
    strides: Any = None,
    rates: Any = None,
    padding: str | None = None,
    name: str | None = None,
    sizes: Any = None,
) -> Tensor:
    """The windows of images, each as a vector in the depth.

    Args:
      images: [batch, height, width, depth].
      ksizes: [1, rows, columns, 1], the size of a window.
      strides: [1, rows, columns, 1], the distance of windows.
      rates: [1, rows, columns, 1], the distance of the pixels in a window.
      padding: `SAME` or `VALID`.
      name: the node's name.
      sizes: another name of `ksizes`.

    Returns:
      [batch, windows down, windows across, rows * columns * depth].
    """
    ksizes = deprecated_argument_lookup("sizes", sizes, "ksizes", ksizes)
    tensor: Tensor = extract_image_patches_op(
        images, ksizes=ksizes, strides=strides, rates=rates, padding=padding, name=name
    )
    return tensor


extract_volume_patches_op = define_op(
    "ExtractVolumePatches",
    ["input: T"],
    ["patches: T"],
    [
        "ksizes: list(int) >= 5",
        "strides: list(int) >= 5",
        "T: realnumbertype",
        "padding: {'SAME', 'VALID'}",
    ],
    patches_shape,
)
extract_volume_patches_op.define(_extract)


@extract_volume_patches_op.grad
def extract_volume_patches_grad(op: Any, dy: Any) -> list[Any]:
    return _summed_patches(op, dy, ("ksizes", "strides", "padding"))


def extract_volume_patches(
    input: Any, ksizes: Any, strides: Any, padding: str, name: str | None = None
) -> Tensor:
    """The windows of volumes, each as a vector in the depth.

    Args:
      input: [batch, planes, rows, columns, depth].
      ksizes: [1, planes, rows, columns, 1], the size of a window.
      strides: [1, planes, rows, columns, 1], the distance of windows.
      padding: `SAME` or `VALID`.
      name: the node's name.

    Returns:
      [batch, windows in each direction, elements of a window * depth].
    """
    tensor: Tensor = extract_volume_patches_op(
        input, ksizes=ksizes, strides=strides, padding=padding, name=name
    )
    return tensor
