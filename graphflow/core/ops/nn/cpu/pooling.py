"""Pooling on the CPU: kernels that take an image at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ...lowering import Buffer, Lowering, Operand
from ..masked_pooling import max_pool_grad_from_mask_op, max_pool_with_mask_op
from ..pooling import (
    avg_pool_grad_op,
    avg_pool_op,
    max_pool_grad_op,
    max_pool_op,
    pool_axes,
)
from ..windows import Axis

SUFFIX = {"float32": "f32", "float64": "f64"}
BYTES_PER_NS = 10.0  # a thread's share of the memory's bandwidth


def _suffix(k: Lowering, buffer: Buffer) -> str:
    k.require(buffer.kind in SUFFIX, "pooling kernels are for float32 and float64")
    return SUFFIX[buffer.kind]


def _geometry(k: Lowering, node: Any, shape: Sequence[int]) -> tuple[int, list[Axis], list[int]]:
    """The number of images, the axes of one, and the kernels' words for its windows."""
    data_format = node.attrs["data_format"]
    k.require(data_format in ("NHWC", "NCHW"))
    require_spatial(node, k)
    axes = pool_axes(node, shape)
    images, channels = shape[0], shape[data_format.index("C")]
    if data_format == "NCHW":
        images, channels = images * channels, 1
    return images, axes, window_words(axes, channels)


def require_spatial(node: Any, k: Lowering) -> None:
    """Leaves windows over images or channels to the reference."""
    for axis in (0, node.attrs["data_format"].index("C")):
        flat = node.attrs["ksize"][axis] == node.attrs["strides"][axis] == 1
        k.require(flat, "windows reach over images or channels")


def window_words(axes: Sequence[Axis], channels: int) -> list[int]:
    """The kernels' words for the windows of images."""
    height, width = axes
    words = [height.size, width.size, channels, height.out, width.out]
    for name in ("kernel", "stride", "pad_before"):
        words += [getattr(height, name), getattr(width, name)]
    return words


def covers(axes: Sequence[Axis]) -> bool:
    """Whether every element of the image lies in exactly one window."""
    return all(a.stride == a.kernel and a.out * a.stride - a.pad_before >= a.size for a in axes)


def _call(
    k: Lowering, kernel: str, images: int, operands: Sequence[Operand], words: Sequence[int]
) -> None:
    if math.prod(k.outputs[0].shape) == 0:
        return
    cost = sum(operand.buffer.nbytes for operand in operands) / BYTES_PER_NS
    k.call(f"pool.{kernel}", images, [*operands, *words], cost=cost)


@max_pool_op.cpu
def max_pool_cpu(node: Any, k: Lowering) -> None:
    (x,), (y,) = k.inputs, k.outputs
    kernel = f"maximum_{_suffix(k, x)}"
    images, _, words = _geometry(k, node, x.shape)
    _call(k, kernel, images, [k.read(x), k.write(y)], words)


@max_pool_with_mask_op.cpu
def max_pool_with_mask_cpu(node: Any, k: Lowering) -> None:
    (x,), (y, mask) = k.inputs, k.outputs
    kernel = f"max_with_mask_{_suffix(k, x)}"
    images, axes, words = _geometry(k, node, x.shape)
    k.require(math.prod(a.kernel for a in axes) <= 256, "more taps than a byte can tell apart")
    _call(k, kernel, images, [k.read(x), k.write(y), k.write(mask)], words)


@max_pool_grad_op.cpu
def max_pool_grad_cpu(node: Any, k: Lowering) -> None:
    """Finds the maxima again, as TF does: the pooled values are not read."""
    (x, _, dy), (dx,) = k.inputs, k.outputs
    kernel = f"max_grad_{_suffix(k, x)}"
    images, axes, words = _geometry(k, node, x.shape)
    _call(k, kernel, images, [k.read(x), k.read(dy), k.write(dx)], [covers(axes), *words])


@max_pool_grad_from_mask_op.cpu
def max_pool_grad_from_mask_cpu(node: Any, k: Lowering) -> None:
    (mask, dy), (dx,) = k.inputs, k.outputs
    kernel = f"max_grad_from_mask_{_suffix(k, dy)}"
    images, axes, words = _geometry(k, node, dx.shape)
    _call(k, kernel, images, [k.read(mask), k.read(dy), k.write(dx)], [covers(axes), *words])


@avg_pool_op.cpu
def avg_pool_cpu(node: Any, k: Lowering) -> None:
    (x,), (y,) = k.inputs, k.outputs
    kernel = f"average_{_suffix(k, x)}"
    images, _, words = _geometry(k, node, x.shape)
    _call(k, kernel, images, [k.read(x), k.write(y)], words)


@avg_pool_grad_op.cpu
def avg_pool_grad_cpu(node: Any, k: Lowering) -> None:
    """The shape of the image is that of the result, which the plan knows."""
    (_, dy), (dx,) = k.inputs, k.outputs
    kernel = f"average_grad_{_suffix(k, dy)}"
    images, axes, words = _geometry(k, node, dx.shape)
    _call(k, kernel, images, [k.read(dy), k.write(dx)], [covers(axes), *words])
