"""ExtractImagePatches: the windows of images, laid out in the depth."""

from __future__ import annotations

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


def patches_shape(context: ShapeContext) -> TensorShape:
    given, attrs = context.with_rank(0, 4), context.attrs
    for name in ("ksizes", "strides", "rates"):
        if len(attrs[name]) != 4:
            raise ValueError(f"{name} requires 4 values, got {len(attrs[name])}")
        if attrs[name][0] != 1 or attrs[name][3] != 1:
            raise ValueError(f"{name} must be 1 in the batch and depth dimensions")
    batch, height, width, depth = given.as_list()
    kernel = attrs["ksizes"]
    outputs = [
        None
        if size is None
        else _window(size, kernel[i], attrs["strides"][i], attrs["rates"][i], attrs["padding"])[0]
        for i, size in ((1, height), (2, width))
    ]
    return TensorShape([batch, *outputs, None if depth is None else depth * kernel[1] * kernel[2]])


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


@extract_image_patches_op.define
def extract_image_patches_reference(node: Any, x: np.ndarray) -> np.ndarray:
    attrs = node.attrs
    batch, *sizes, depth = x.shape
    axes = []
    for i, size in enumerate(sizes, start=1):
        count, before = _window(
            size, attrs["ksizes"][i], attrs["strides"][i], attrs["rates"][i], attrs["padding"]
        )
        starts = np.arange(count) * attrs["strides"][i] - before
        axes.append(starts[:, np.newaxis] + np.arange(attrs["ksizes"][i]) * attrs["rates"][i])
    rows, columns = axes[0][:, np.newaxis, :, np.newaxis], axes[1][np.newaxis, :, np.newaxis, :]
    inside = (rows >= 0) & (rows < sizes[0]) & (columns >= 0) & (columns < sizes[1])
    taken = x[:, np.clip(rows, 0, sizes[0] - 1), np.clip(columns, 0, sizes[1] - 1)]
    taken = np.where(inside[..., np.newaxis], taken, np.zeros((), x.dtype))
    return taken.reshape(batch, len(axes[0]), len(axes[1]), -1)


@extract_image_patches_op.grad
def extract_image_patches_grad(op: Any, dy: Any) -> list[Any]:
    """Patches of the pixels' numbers tell where each element of the patches came from."""
    array, attrs = ops.array, op.node_attrs
    sizes: Any = array.shape(op.inputs[0])
    pixels = sizes[1] * sizes[2]
    numbers = array.reshape(
        array.range(1, pixels + 1), array.stack([1, sizes[1], sizes[2], 1])
    )  # 0 is the padding
    windows = {name: attrs[name] for name in ("ksizes", "strides", "rates", "padding")}
    sources = array.reshape(extract_image_patches_op(numbers, **windows), [-1])
    flat = array.reshape(dy, array.stack([sizes[0], array.size(sources), sizes[3]]))
    by_source = array.transpose(flat, [1, 0, 2])
    summed = ops.reduction.unsorted_segment_sum(by_source, sources, pixels + 1)[1:]
    images = array.transpose(summed, [1, 0, 2])
    return [array.reshape(images, sizes)]


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
