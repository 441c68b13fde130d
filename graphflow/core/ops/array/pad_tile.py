"""Ops that make a tensor larger: Pad, MirrorPad, Tile."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...base import errors
from ...base.tensor_shape import TensorShape
from ...graph.constant_value import constant_value
from ...graph.indexed_slices import IndexedSlices
from ...graph.op_def import define_op
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from .signatures import T, index_attr

# --- Pad ------------------------------------------------------------------------------------------


def pad_shape(context: ShapeContext) -> TensorShape:
    given, paddings_shape = context.shape(0), context.with_rank(1, 2)
    rows, columns = paddings_shape.as_list()
    if columns not in (2, None):
        raise ValueError(f"Dimension must be 2 but is {columns}")
    rank = given.ndims if given.ndims is not None else rows
    if rank is None:
        return TensorShape(None)
    if rows is not None and rows != rank:
        raise ValueError(f"Shape must be rank {rows} but is rank {rank}")
    if given.ndims is None:
        return TensorShape([None] * rank)
    margins = _known_margins(context, rank)
    if any(margin is not None and margin < 0 for margin in margins):
        raise ValueError("Paddings must be non-negative")
    return TensorShape(
        [
            None if size is None or margin is None else size + margin
            for size, margin in zip(given.as_list(), margins, strict=True)
        ]
    )


def _known_margins(context: ShapeContext, rank: int) -> list[int | None]:
    """Before and after together, in each dimension, as far as they are known.

    `[[1, 2], [0, n]]` is a Pack of rows, which may be Packs again.
    """
    value, paddings = context.constant(1), context.inputs[1]
    if value is not None:
        if value.size and value.min() < 0:
            raise ValueError("Paddings must be non-negative")
        return [int(n) for n in value.sum(axis=1)]
    if (
        not context.is_of_a_run
        and paddings.op.type == "Pack"
        and paddings.op.node_attrs["axis"] == 0
    ):
        rows = [constant_value(row) for row in paddings.op.inputs]
        return [None if row is None else int(row.sum()) for row in rows]
    return [None] * rank


pad_op = define_op(
    "Pad",
    ["input: T", "paddings: Tpaddings"],
    ["output: T"],
    [T, index_attr("Tpaddings")],
    pad_shape,
)
pad_v2_op = define_op(
    "PadV2",
    ["input: T", "paddings: Tpaddings", "constant_values: T"],
    ["output: T"],
    [T, index_attr("Tpaddings")],
    pad_shape,
)


def _checked_paddings(x: np.ndarray, paddings: np.ndarray) -> list[tuple[int, int]]:
    if paddings.ndim != 2 or paddings.shape[1] != 2:
        raise errors.InvalidArgumentError(
            None, None, f"paddings must be a matrix with 2 columns: {list(paddings.shape)}"
        )
    if len(paddings) != x.ndim:
        raise errors.InvalidArgumentError(
            None,
            None,
            "The first dimension of paddings must be the rank of inputs"
            f"{list(paddings.shape)} {list(x.shape)}",
        )
    if paddings.size and paddings.min() < 0:
        before, after = paddings[(paddings < 0).any(axis=1)][0]
        raise errors.InvalidArgumentError(
            None, None, f"Paddings must be non-negative: {before} {after}"
        )
    return [(int(before), int(after)) for before, after in paddings]


def _padded(x: np.ndarray, paddings: np.ndarray, value: Any) -> np.ndarray:
    margins = _checked_paddings(x, paddings)
    result = np.empty(
        [n + before + after for n, (before, after) in zip(x.shape, margins, strict=True)], x.dtype
    )
    result[...] = value
    result[tuple(slice(b, b + n) for n, (b, _) in zip(x.shape, margins, strict=True))] = x
    return result


@pad_op.define
def pad_reference(node: Any, x: np.ndarray, paddings: np.ndarray) -> np.ndarray:
    return _padded(x, paddings, b"" if x.dtype == object else 0)


@pad_v2_op.define
def pad_v2_reference(
    node: Any, x: np.ndarray, paddings: np.ndarray, value: np.ndarray
) -> np.ndarray:
    return _padded(x, paddings, value)


@pad_op.grad
@pad_v2_op.grad
def pad_grad(op: Any, dy: Any) -> list[Any]:
    x, paddings = op.inputs[:2]
    column = ops.array.slice(paddings, [0, 0], ops.array.stack([ops.array.rank(x), 1]))
    begin = ops.array.reshape(column, [-1])
    dx = ops.array.slice(dy, begin, ops.array.shape(x, out_type=begin.dtype))
    return [dx] + [None] * (len(op.inputs) - 1)


# --- MirrorPad ------------------------------------------------------------------------------------

_MIRROR_ATTRS = [T, index_attr("Tpaddings"), "mode: {'REFLECT', 'SYMMETRIC'}"]

mirror_pad_op = define_op(
    "MirrorPad", ["input: T", "paddings: Tpaddings"], ["output: T"], _MIRROR_ATTRS, pad_shape
)


def mirror_pad_grad_shape(context: ShapeContext) -> TensorShape:
    given, paddings = context.shape(0), context.constant(1)
    if given.ndims is None:
        return TensorShape([None] * (context.with_rank(1, 2).as_list()[0] or 0) or None)
    if paddings is None:
        return TensorShape([None] * given.ndims)
    return TensorShape(
        [
            None if size is None else size - int(before) - int(after)
            for size, (before, after) in zip(given.as_list(), paddings, strict=True)
        ]
    )


mirror_pad_grad_op = define_op(
    "MirrorPadGrad",
    ["input: T", "paddings: Tpaddings"],
    ["output: T"],
    _MIRROR_ATTRS,
    mirror_pad_grad_shape,
)


def _mirror_sources(size: int, before: int, after: int, mode: str) -> np.ndarray:
    """For each position of a padded axis the one it mirrors."""
    edge = 0 if mode == "SYMMETRIC" else 1
    if max(before, after) > size - edge:
        limit = (
            f"no greater than the dimension size: {before}, {after} greater than {size}"
            if edge == 0
            else f"less than the dimension size: {before}, {after} not less than {size}"
        )
        raise errors.InvalidArgumentError(None, None, f"paddings must be {limit}")
    positions = np.arange(size)
    left = positions[edge : edge + before][::-1]
    right = positions[size - edge - after : size - edge][::-1]
    return np.concatenate([left, positions, right])


@mirror_pad_op.define
def mirror_pad_reference(node: Any, x: np.ndarray, paddings: np.ndarray) -> np.ndarray:
    for axis, (before, after) in enumerate(_checked_paddings(x, paddings)):
        sources = _mirror_sources(x.shape[axis], before, after, node.attrs["mode"])
        x = np.take(x, sources, axis=axis)
    return x


@mirror_pad_op.grad
def mirror_pad_grad(op: Any, dy: Any) -> list[Any]:
    return [mirror_pad_grad_op(dy, op.inputs[1], mode=op.node_attrs["mode"]), None]


@mirror_pad_grad_op.define
def mirror_pad_grad_reference(node: Any, dy: np.ndarray, paddings: np.ndarray) -> np.ndarray:
    for axis, (before, after) in enumerate(_checked_paddings(dy, paddings)):
        size = dy.shape[axis] - before - after
        sources = _mirror_sources(size, before, after, node.attrs["mode"])
        summed = np.zeros((size, *np.delete(dy.shape, axis)), dy.dtype)
        np.add.at(summed, sources, np.moveaxis(dy, axis, 0))
        dy = np.moveaxis(summed, 0, axis)
    return dy


@mirror_pad_grad_op.grad
def mirror_pad_grad_grad(op: Any, dz: Any) -> list[Any]:
    return [mirror_pad_op(dz, op.inputs[1], mode=op.node_attrs["mode"]), None]


def pad(
    tensor: Any,
    paddings: Any,
    mode: str = "CONSTANT",
    name: str | None = None,
    constant_values: Any = 0,
) -> Tensor:
    """`tensor` with a margin.

    Args:
      tensor: any type.
      paddings: int32 or int64 [rank, 2]: how much before and after, in each dimension.
      mode: `CONSTANT`, `REFLECT` (mirrored, without the edge) or `SYMMETRIC` (with it); in any
        case of letters.
      name: the node's name.
      constant_values: what the margin is filled with in `CONSTANT` mode.

    Raises:
      ValueError: the mode is none of these.
    """
    mode = mode.upper()
    result: Tensor
    if mode == "CONSTANT":
        if not isinstance(constant_values, Tensor) and constant_values == 0:
            result = pad_op(tensor, paddings, name=name)
        else:
            result = pad_v2_op(tensor, paddings, constant_values, name=name)
    elif mode in ("REFLECT", "SYMMETRIC"):
        result = mirror_pad_op(tensor, paddings, mode=mode, name=name)
    else:
        raise ValueError(f"Unknown padding mode: {mode}")
    return result


# --- Tile -----------------------------------------------------------------------------------------


def tile_shape(context: ShapeContext) -> TensorShape:
    given, count = context.shape(0), context.with_rank(1, 1).as_list()[0]
    if given.ndims is not None and count is not None and given.ndims != count:
        raise ValueError(f"Shape must be rank {count} but is rank {given.ndims}")
    rank = given.ndims if given.ndims is not None else count
    if rank is None:
        return TensorShape(None)
    multiples = context.constant_shape(1)
    if given.ndims is None or multiples.ndims is None:
        return TensorShape([None] * rank)
    return TensorShape(
        [
            None if size is None or times is None else size * times
            for size, times in zip(given.as_list(), multiples.as_list(), strict=True)
        ]
    )


tile_op = define_op(
    "Tile",
    ["input: T", "multiples: Tmultiples"],
    ["output: T"],
    [T, index_attr("Tmultiples")],
    tile_shape,
)


@tile_op.define
def tile_reference(node: Any, x: np.ndarray, multiples: np.ndarray) -> np.ndarray:
    if len(multiples) != x.ndim:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Expected multiples argument to be a vector of length {x.ndim} but got length "
            f"{len(multiples)}",
        )
    for axis, times in enumerate(multiples.tolist()):
        if times < 0:
            raise errors.InvalidArgumentError(
                None, None, f"Expected multiples[{axis}] >= 0, but got {times}"
            )
    return np.tile(x, tuple(multiples.tolist())) if x.ndim else x


@tile_op.grad
def tile_grad(op: Any, dy: Any) -> list[Any]:
    x, multiples = op.inputs
    array = ops.array
    sizes: Any = array.shape(x, out_type=multiples.dtype)
    # [m0, n0, m1, n1, ...]: the copies of each axis get an axis of their own, and are summed.
    parted: Any = array.reshape(array.transpose(array.stack([multiples, sizes])), [-1])
    axes = array.range(0, array.size(parted), 2)
    if isinstance(dy, IndexedSlices):
        rows = ops.elementwise.cast(sizes[0], dy.indices.dtype)
        dy = ops.reduction.unsorted_segment_sum(dy.values, dy.indices % rows, rows)
        parted = array.concat([[1], parted[1:]], axis=0)
    dx = ops.reduction.reduce_sum(array.reshape(dy, parted), axes)
    dx.set_shape(x.shape)
    return [dx, None]


def tile(input: Any, multiples: Any, name: str | None = None) -> Tensor:
    """`input` repeated `multiples[i]` times along each dimension i.

    Args:
      input: any type.
      multiples: int32 or int64 vector, one entry for each dimension.
      name: the node's name.
    """
    tensor: Tensor = tile_op(input, multiples, name=name)
    return tensor
