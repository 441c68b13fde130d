"""Local response normalisation on the CPU: a pixel's channels at a time."""

from __future__ import annotations

import math
from typing import Any

from ...lowering import Argument, Buffer, Lowering
from ..regularize import lrn_grad_op, lrn_op

_PAD_BYTES = 64  # at least a vector


def _pixels(node: Any, k: Lowering, x: Buffer) -> tuple[int, int, int]:
    """The pixels of an image, the radius, and the bytes of a line of the workspace."""
    k.require(x.kind == "float32" and node.attrs["depth_radius"] >= 0)
    channels = x.shape[-1]
    radius = min(node.attrs["depth_radius"], channels)  # no neighbour is farther away
    line = (channels + 2 * radius) * x.itemsize + _PAD_BYTES
    return math.prod(x.shape[1:-1]), radius, -(-line // 64) * 64


def _numbers(node: Any) -> list[float]:
    return [float(node.attrs[name]) for name in ("bias", "alpha", "beta")]


@lrn_op.cpu
def lrn_cpu(node: Any, k: Lowering) -> None:
    (x,), (y,) = k.inputs, k.outputs
    pixels, radius, line = _pixels(node, k, x)
    if x.size == 0:
        return
    words = [pixels, x.shape[-1], radius, *_numbers(node)]
    k.call(
        "lrn.normalize_f32",
        x.shape[0],
        [k.read(x), k.write(y), k.workspace(line), *words],
        cost=x.size * (0.5 + 0.1 * radius),
    )


@lrn_grad_op.cpu
def lrn_grad_cpu(node: Any, k: Lowering) -> None:
    (dy, x, y), (dx,) = k.inputs, k.outputs
    pixels, radius, line = _pixels(node, k, x)
    if x.size == 0:
        return
    operands: list[Argument] = [
        k.read(dy),
        k.read(x),
        k.read(y),
        k.write(dx),
        k.workspace(2 * line),
    ]
    words = [line, pixels, x.shape[-1], radius, *_numbers(node)]
    cost = x.size * (1.0 + 0.2 * radius)
    k.call("lrn.normalize_grad_f32", x.shape[0], [*operands, *words], cost=cost)
