"""Ops that give a view of their input a memory of its own, on the CPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ....base import errors
from ....graph.op_def import OpDef
from ...lowering import Buffer, Lowering
from ..pad_tile import tile_op
from ..reverse import reverse_v2_op, reverse_v2_reference
from ..shapes import broadcast_to_op, broadcast_to_reference
from ..space_batch import depth_to_space_op, space_to_depth_op
from ..transpose import transpose_op, transpose_reference
from .boxes import copy_view, require_fixed_size, stand_in


def known(k: Lowering, index: int) -> np.ndarray:
    """The value of an input that must be known when the plan is made."""
    value = k.constants[index]
    k.require(value is not None)
    assert value is not None
    return value


def write_view(k: Lowering, x: Buffer, y: Buffer, of: np.ndarray, view: np.ndarray) -> None:
    """Writes a view of x; where it is not of y's shape, the reference says what is wrong."""
    k.require(view.shape == y.shape)
    copy_view(k, view, of, x, y)


def _lower_as_view(op: OpDef, view_of: Callable[..., Any]) -> None:
    """Registers the lowering of an op whose reference gives a view of its first input."""

    @op.cpu
    def view_cpu(node: Any, k: Lowering) -> None:
        copy_known_view(node, k, view_of)


def copy_known_view(node: Any, k: Lowering, view_of: Callable[..., Any]) -> None:
    """Writes the view that a reference gives of the first input; the others are known."""
    x, (y,) = k.inputs[0], k.outputs
    require_fixed_size(k, x)
    whole = stand_in(x)
    others = [known(k, i) for i in range(1, len(k.inputs))]
    try:
        view = np.asarray(view_of(node, whole, *others))
    except errors.InvalidArgumentError:
        k.require(False, "the reference says what is wrong")
    k.require(not view.size or np.may_share_memory(view, whole), "NumPy copies scalars")
    write_view(k, x, y, whole, view)


for _op, _view_of in {
    transpose_op: transpose_reference,
    reverse_v2_op: reverse_v2_reference,
    broadcast_to_op: broadcast_to_reference,
}.items():
    _lower_as_view(_op, _view_of)


@tile_op.cpu
def tile_cpu(node: Any, k: Lowering) -> None:
    x, (y,) = k.inputs[0], k.outputs
    require_fixed_size(k, x)
    k.require(len(x.shape) == len(y.shape))
    k.require(all(n and m % n == 0 for n, m in zip(x.shape, y.shape, strict=True)))
    whole = stand_in(x)
    copies: list[int] = []
    sizes: list[int] = []
    for n, m in zip(x.shape, y.shape, strict=True):
        copies += [m // n, n]
        sizes += [1, n]
    copy_view(k, np.broadcast_to(whole.reshape(sizes), copies), whole, x, y)


def _blocks(k: Lowering, node: Any, image: Buffer) -> tuple[bool, int, tuple[int, ...]]:
    """Whether channels come first, the block's edge, and [n, h, w, c] of an image."""
    require_fixed_size(k, image)
    k.require(len(image.shape) == 4)
    is_nchw = node.attrs["data_format"] == "NCHW"
    n, *rest = image.shape
    h, w, c = (rest[1], rest[2], rest[0]) if is_nchw else rest
    return is_nchw, node.attrs["block_size"], (n, h, w, c)


@space_to_depth_op.cpu
def space_to_depth_cpu(node: Any, k: Lowering) -> None:
    x, (y,) = k.inputs[0], k.outputs
    is_nchw, b, (n, h, w, c) = _blocks(k, node, x)
    k.require(h % b == 0 and w % b == 0 and y.size == x.size)
    whole = stand_in(x)
    if is_nchw:
        view = whole.reshape(n, c, h // b, b, w // b, b).transpose(0, 3, 5, 1, 2, 4)
    else:
        view = whole.reshape(n, h // b, b, w // b, b, c).transpose(0, 1, 3, 2, 4, 5)
    copy_view(k, view, whole, x, y)


@depth_to_space_op.cpu
def depth_to_space_cpu(node: Any, k: Lowering) -> None:
    x, (y,) = k.inputs[0], k.outputs
    is_nchw, b, (n, h, w, c) = _blocks(k, node, x)
    k.require(c % (b * b) == 0 and y.size == x.size)
    whole = stand_in(x)
    if is_nchw:
        view = whole.reshape(n, b, b, c // b**2, h, w).transpose(0, 3, 4, 1, 5, 2)
    else:
        view = whole.reshape(n, h, w, b, b, c // b**2).transpose(0, 1, 3, 2, 4, 5)
    copy_view(k, view, whole, x, y)
