"""Pooling of volumes on the CPU: over each plane as over an image, then over the depth.

    [n, depth, height, width, c] -> [n, depth, rows, columns, c] -> [n, depths, rows, columns, c]

The maximum over a window is that of its planes' maxima. So with means, as all planes of a window
cover as many elements; and the gradient of means goes the same way back. To the kernels a plane is
an image; and a volume is one, for the pass over the depth: a row for each plane, one pixel wide.

The gradient of maxima has a kernel of its own, `codegen/cpu/kernels/pool_volumes.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...lowering import Argument, Buffer, Lowering
from ..pooling import (
    avg_pool_3d_grad_op,
    avg_pool_3d_op,
    max_pool_3d_grad_op,
    max_pool_3d_op,
    pool_axes,
)
from ..windows import Axis, make_axis
from .conv_geometry import ChannelsLast
from .pooling import BYTES_PER_NS, SUFFIX, covers, require_spatial, window_words

_Images = tuple[int, list[Axis], int]  # their number, their axes and their channels
_ONE_PIXEL = make_axis(1, 1, 1, 1, "VALID")


def _volume_axes(node: Any, k: Lowering, x: Buffer) -> list[Axis]:
    k.require(x.kind in SUFFIX, "pooling kernels are for float32 and float64")
    require_spatial(node, k)
    return pool_axes(node, x.shape)


@max_pool_3d_op.cpu
def max_pool_3d_cpu(node: Any, k: Lowering) -> None:
    _pool(node, k, "maximum")


@avg_pool_3d_op.cpu
def avg_pool_3d_cpu(node: Any, k: Lowering) -> None:
    _pool(node, k, "average")


def _pool(node: Any, k: Lowering, kernel: str) -> None:
    (x,), (y,) = k.inputs, k.outputs
    depth, *plane = axes = _volume_axes(node, k, x)
    if y.size == 0:
        return
    with ChannelsLast(node, k) as layout:
        x, y = layout.read(x), layout.write(y)
        planes = k.temporary_like(_between(x, axes), x.dtype, "pooled planes")
        _call(k, kernel, x, planes, _as_planes(x, plane))
        _call(k, kernel, planes, y, _as_columns(planes, depth))


@avg_pool_3d_grad_op.cpu
def avg_pool_3d_grad_cpu(node: Any, k: Lowering) -> None:
    (_, dy), (dx,) = k.inputs, k.outputs
    depth, *plane = axes = _volume_axes(node, k, dx)
    if dx.size == 0:
        return
    with ChannelsLast(node, k) as layout:
        dy, dx = layout.read(dy), layout.write(dx)
        planes = k.temporary_like(_between(dx, axes), dx.dtype, "gradients of planes")
        _call(k, "average_grad", dy, planes, _as_columns(planes, depth))
        _call(k, "average_grad", planes, dx, _as_planes(dx, plane))


def _call(k: Lowering, kernel: str, source: Buffer, to: Buffer, view: _Images) -> None:
    number, axes, channels = view
    args: list[Argument] = [k.read(source), k.write(to)]
    if kernel == "average_grad":
        args.append(covers(axes))
    args += window_words(axes, channels)
    cost = (source.nbytes + to.nbytes) / BYTES_PER_NS
    k.call(f"pool.{kernel}_{SUFFIX[to.kind]}", number, args, cost=cost)


def _between(x: Buffer, axes: Sequence[Axis]) -> tuple[int, ...]:
    """The shape of volumes whose planes are pooled, but not yet the depth."""
    depth, height, width = axes
    return (x.shape[0], depth.size, height.out, width.out, x.shape[4])


def _as_planes(x: Buffer, plane: list[Axis]) -> _Images:
    """Volumes as images, one for each plane."""
    return x.shape[0] * x.shape[1], plane, x.shape[4]


def _as_columns(planes: Buffer, depth: Axis) -> _Images:
    """Volumes as images with a row for each plane.

    Where windows divide the depth into equal parts, each is an image: more work to share.
    """
    n, _, height, width, channels = planes.shape
    if depth.kernel == depth.stride and depth.out * depth.kernel == depth.size:
        n, depth = n * depth.out, make_axis(depth.kernel, depth.kernel, depth.stride, 1, "VALID")
    return n, [depth, _ONE_PIXEL], height * width * channels


@max_pool_3d_grad_op.cpu
def max_pool_3d_grad_cpu(node: Any, k: Lowering) -> None:
    """Each element asks the windows that it is in: whether it is the maximum there, or as good."""
    (x, y, dy), (dx,) = k.inputs, k.outputs
    k.require(x.kind == dy.kind == "float32")
    axes = _volume_axes(node, k, x)
    if dx.size == 0:
        return
    with ChannelsLast(node, k) as layout:
        x, y, dy, dx = *(layout.read(b) for b in (x, y, dy)), layout.write(dx)
        k.call(
            "pool_volumes.max_grad",
            x.shape[0] * x.shape[1],
            [
                k.read(x),
                k.read(y, whole=True),
                k.read(dy, whole=True),
                k.write(dx),
                *(k.table(_windows_of_elements(axis)) for axis in axes),
                *x.shape[1:],
                *(axis.out for axis in axes),
            ],
            cost=2 * (x.nbytes + y.nbytes + dy.nbytes + dx.nbytes) / BYTES_PER_NS,
        )


def _windows_of_elements(axis: Axis) -> np.ndarray:
    """For each element along an axis: the first window that it is in, the one after the last."""
    place = np.arange(axis.size, dtype=np.int64) + axis.pad_before
    first = np.maximum(-((axis.kernel - 1 - place) // axis.stride), 0)
    last = np.minimum(place // axis.stride + 1, axis.out)
    return np.stack([first, last], axis=1)
