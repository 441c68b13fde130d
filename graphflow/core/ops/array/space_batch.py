"""Ops that move blocks of space into the batch or depth, and back.

SpaceToBatchND reads a padded axis of size n as n/b blocks of b; the positions within a block become
a dimension in front of the batch. SpaceToDepth does so with the channels.
"""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from ...base import errors
from ...base.deprecation import deprecated_argument_lookup
from ...base.tensor_shape import TensorShape
from ...graph.op_def import define_op
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from .signatures import T, index_attr


def _fail(message: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(None, None, message)


# --- space and batch ------------------------------------------------------------------------------


def _blocks(context: ShapeContext) -> tuple[TensorShape, int]:
    """The shape of the input, and the number of its spatial dimensions (all, if unknown)."""
    given = context.shape(0)
    block, margins = context.with_rank(1, 1), context.with_rank(2, 2)
    rows, _ = TensorShape([block.as_list()[0], 2]).merge_with(margins).as_list()
    if rows is None:
        return given, given.ndims or 0
    return context.with_rank_at_least(0, rows + 1), rows


def _space_to_batch_sizes(
    given: TensorShape, spatial: int, block: np.ndarray | None, paddings: np.ndarray | None
) -> TensorShape:
    if given.ndims is None:
        return given
    sizes = given.as_list()
    if block is None:
        return TensorShape([None if i <= spatial else n for i, n in enumerate(sizes)])
    if block.size and block.min() < 1:
        raise ValueError(f"block_shape must be positive: {block.tolist()}")
    if paddings is not None and paddings.size and paddings.min() < 0:
        raise ValueError(f"paddings cannot be negative: {paddings.tolist()}")
    sizes[0] = None if sizes[0] is None else sizes[0] * int(block.prod())
    for i, factor in enumerate(block.tolist(), start=1):
        size = sizes[i]
        if size is None or paddings is None:
            sizes[i] = None
            continue
        padded = size + int(paddings[i - 1].sum())
        if padded % factor:
            raise ValueError(f"Dimension size must be evenly divisible by {factor} but is {padded}")
        sizes[i] = padded // factor
    return TensorShape(sizes)


def _batch_to_space_sizes(
    given: TensorShape, spatial: int, block: np.ndarray | None, crops: np.ndarray | None
) -> TensorShape:
    if given.ndims is None:
        return given
    sizes = given.as_list()
    if block is None:
        return TensorShape([None if i <= spatial else n for i, n in enumerate(sizes)])
    if block.size and block.min() < 1:
        raise ValueError(f"block_shape must be positive: {block.tolist()}")
    if crops is not None and crops.size and crops.min() < 0:
        raise ValueError(f"crops cannot be negative: {crops.tolist()}")
    if sizes[0] is not None:
        if sizes[0] % int(block.prod()):
            raise ValueError(
                f"Dimension size must be evenly divisible by {int(block.prod())} but is {sizes[0]}"
            )
        sizes[0] //= int(block.prod())
    for i, factor in enumerate(block.tolist(), start=1):
        size = sizes[i]
        if size is None or crops is None:
            sizes[i] = None
            continue
        cropped = size * factor - int(crops[i - 1].sum())
        if cropped < 0:
            raise ValueError(f"Negative dimension size caused by cropping: {crops.tolist()}")
        sizes[i] = cropped
    return TensorShape(sizes)


def _check_blocks(x: np.ndarray, block: np.ndarray, margins: np.ndarray, what: str) -> None:
    if block.ndim != 1:
        raise _fail(f"block rank should be 1, got shape {list(block.shape)}")
    if x.ndim < 1 + len(block):
        raise _fail(f"input rank should be >= {1 + len(block)} instead of {x.ndim}")
    if margins.shape != (len(block), 2):
        raise _fail(f"{what} should have shape [{len(block)}, 2] instead of {list(margins.shape)}")
    if block.size and block.min() < 1:
        raise _fail("All values in block_shape must be positive")
    if margins.size and margins.min() < 0:
        raise _fail(f"{what} cannot be negative: {margins.tolist()}")


def _into_batch(x: np.ndarray, block: np.ndarray, paddings: np.ndarray) -> np.ndarray:
    _check_blocks(x, block, paddings, "paddings")
    count = len(block)
    rest = x.ndim - 1 - count
    x = np.pad(x, [(0, 0), *paddings.tolist(), *[(0, 0)] * rest])
    split: list[int] = [len(x)]
    for size, factor in zip(x.shape[1:], block.tolist(), strict=False):
        if size % factor:
            axis = len(split) // 2
            raise _fail(
                f"padded_shape[{axis}]={size} is not divisible by block_shape[{axis}]={factor}"
            )
        split += [size // factor, factor]
    blocks = x.reshape(*split, *x.shape[1 + count :])
    within = [2 + 2 * i for i in builtins.range(count)]
    between = [1 + 2 * i for i in builtins.range(count)]
    tail = builtins.range(1 + 2 * count, blocks.ndim)
    moved = blocks.transpose(*within, 0, *between, *tail)
    sizes = [split[axis] for axis in between]
    return moved.reshape(len(x) * int(block.prod()), *sizes, *x.shape[1 + count :])


def _out_of_batch(x: np.ndarray, block: np.ndarray, crops: np.ndarray) -> np.ndarray:
    _check_blocks(x, block, crops, "crops")
    count, factors = len(block), block.tolist()
    product = int(block.prod())
    if len(x) % product:
        raise _fail(
            f"Input batch dimension ({len(x)}) is not divisible by product of block sizes "
            f"({product})"
        )
    blocks = x.reshape(*factors, len(x) // product, *x.shape[1:])
    order = [count]
    for i in builtins.range(count):
        order += [count + 1 + i, i]
    order += builtins.range(2 * count + 1, blocks.ndim)
    sizes = [size * factor for size, factor in zip(x.shape[1:], factors, strict=False)]
    whole = blocks.transpose(order).reshape(len(x) // product, *sizes, *x.shape[1 + count :])
    kept = [slice(None)]
    for size, (before, after) in zip(sizes, crops.tolist(), strict=True):
        if before + after > size:
            left = size - before - after
            raise _fail(f"cropped_shape[{len(kept) - 1}]={left} must be non-negative")
        kept.append(slice(before, size - after))
    return whole[tuple(kept)]


space_to_batch_nd_op = define_op(
    "SpaceToBatchND",
    ["input: T", "block_shape: Tblock_shape", "paddings: Tpaddings"],
    ["output: T"],
    [T, index_attr("Tblock_shape"), index_attr("Tpaddings")],
    lambda context: _space_to_batch_sizes(
        *_blocks(context), context.constant(1), context.constant(2)
    ),
)
batch_to_space_nd_op = define_op(
    "BatchToSpaceND",
    ["input: T", "block_shape: Tblock_shape", "crops: Tcrops"],
    ["output: T"],
    [T, index_attr("Tblock_shape"), index_attr("Tcrops")],
    lambda context: _batch_to_space_sizes(
        *_blocks(context), context.constant(1), context.constant(2)
    ),
)


@space_to_batch_nd_op.define
def space_to_batch_nd_reference(
    node: Any, x: np.ndarray, block: np.ndarray, paddings: np.ndarray
) -> np.ndarray:
    return _into_batch(x, block, paddings)


@batch_to_space_nd_op.define
def batch_to_space_nd_reference(
    node: Any, x: np.ndarray, block: np.ndarray, crops: np.ndarray
) -> np.ndarray:
    return _out_of_batch(x, block, crops)


@space_to_batch_nd_op.grad
def space_to_batch_nd_grad(op: Any, dy: Any) -> list[Any]:
    return [batch_to_space_nd(dy, op.inputs[1], op.inputs[2]), None, None]


@batch_to_space_nd_op.grad
def batch_to_space_nd_grad(op: Any, dy: Any) -> list[Any]:
    return [space_to_batch_nd(dy, op.inputs[1], op.inputs[2]), None, None]


def space_to_batch_nd(
    input: Any, block_shape: Any, paddings: Any, name: str | None = None
) -> Tensor:
    """Moves the positions within blocks of the spatial dimensions into the batch.

    Args:
      input: [batch, space_1, ..., space_m, ...].
      block_shape: [m]; each padded spatial size is a multiple of its entry.
      paddings: [m, 2], zeros put before and after.
      name: the node's name.

    Returns:
      [batch * prod(block_shape), padded_1 / block_1, ..., ...].
    """
    tensor: Tensor = space_to_batch_nd_op(input, block_shape, paddings, name=name)
    return tensor


def batch_to_space_nd(input: Any, block_shape: Any, crops: Any, name: str | None = None) -> Tensor:
    """The inverse of `space_to_batch_nd`; `crops` are cut off where it padded."""
    tensor: Tensor = batch_to_space_nd_op(input, block_shape, crops, name=name)
    return tensor


def _square(context: ShapeContext) -> np.ndarray:
    context.with_rank(0, 4)
    return np.array([context.attrs["block_size"]] * 2)


space_to_batch_op = define_op(
    "SpaceToBatch",
    ["input: T", "paddings: Tpaddings"],
    ["output: T"],
    [T, index_attr("Tpaddings"), "block_size: int >= 2"],
    lambda context: _space_to_batch_sizes(
        context.shape(0), 2, _square(context), context.constant(1)
    ),
)
batch_to_space_op = define_op(
    "BatchToSpace",
    ["input: T", "crops: Tidx"],
    ["output: T"],
    [T, "block_size: int >= 2", index_attr("Tidx")],
    lambda context: _batch_to_space_sizes(
        context.shape(0), 2, _square(context), context.constant(1)
    ),
)


@space_to_batch_op.define
def space_to_batch_reference(node: Any, x: np.ndarray, paddings: np.ndarray) -> np.ndarray:
    return _into_batch(x, np.array([node.attrs["block_size"]] * 2), paddings)


@batch_to_space_op.define
def batch_to_space_reference(node: Any, x: np.ndarray, crops: np.ndarray) -> np.ndarray:
    return _out_of_batch(x, np.array([node.attrs["block_size"]] * 2), crops)


@space_to_batch_op.grad
def space_to_batch_grad(op: Any, dy: Any) -> list[Any]:
    return [batch_to_space_op(dy, op.inputs[1], block_size=op.node_attrs["block_size"]), None]


@batch_to_space_op.grad
def batch_to_space_grad(op: Any, dy: Any) -> list[Any]:
    return [space_to_batch_op(dy, op.inputs[1], block_size=op.node_attrs["block_size"]), None]


def space_to_batch(
    input: Any,
    paddings: Any,
    block_size: int | None = None,
    name: str | None = None,
    block_shape: Any = None,
) -> Tensor:
    """`space_to_batch_nd` of images [batch, height, width, depth] with square blocks.

    Args:
      input: rank 4.
      paddings: [2, 2].
      block_size: the edge of a block.
      name: the node's name.
      block_shape: another name of `block_size`.
    """
    block_size = deprecated_argument_lookup("block_shape", block_shape, "block_size", block_size)
    block = np.array([block_size, block_size], dtype=np.int64)
    result = space_to_batch_nd(input, block, paddings, name=name)
    result.set_shape(result.shape.with_rank(4))
    return result


def batch_to_space(
    input: Any,
    crops: Any,
    block_size: int | None = None,
    name: str | None = None,
    block_shape: Any = None,
) -> Tensor:
    """`batch_to_space_nd` of images [batch, height, width, depth] with square blocks.

    Args:
      input: rank 4.
      crops: [2, 2].
      block_size: the edge of a block.
      name: the node's name.
      block_shape: another name of `block_size`.
    """
    block_size = deprecated_argument_lookup("block_shape", block_shape, "block_size", block_size)
    block = np.array([block_size, block_size], dtype=np.int64)
    result = batch_to_space_nd(input, block, crops, name=name)
    result.set_shape(result.shape.with_rank(4))
    return result


# --- space and depth ------------------------------------------------------------------------------


def _depth_sizes(context: ShapeContext, into_depth: bool) -> TensorShape:
    given = context.with_rank(0, 4)
    block, layout = context.attrs["block_size"], context.attrs["data_format"]
    if layout == "NCHW_VECT_C":
        raise ValueError("the layout NCHW_VECT_C is for quantized types, which graphflow has not")
    batch, *rest = given.as_list() if given.ndims is not None else [None] * 4
    height, width, depth = rest if layout == "NHWC" else (rest[1], rest[2], rest[0])
    if into_depth:
        height, width = (_divided(size, block) for size in (height, width))
        depth = None if depth is None else depth * block * block
    else:
        height, width = (None if size is None else size * block for size in (height, width))
        depth = _divided(depth, block * block)
    if layout == "NHWC":
        return TensorShape([batch, height, width, depth])
    return TensorShape([batch, depth, height, width])


def _divided(size: int | None, factor: int) -> int | None:
    if size is None:
        return None
    if size % factor:
        raise ValueError(f"Dimension size must be evenly divisible by {factor} but is {size}")
    return size // factor


_DEPTH_ATTRS = [
    T,
    "block_size: int >= 2",
    "data_format: {'NHWC', 'NCHW', 'NCHW_VECT_C'} = 'NHWC'",
]
space_to_depth_op = define_op(
    "SpaceToDepth",
    ["input: T"],
    ["output: T"],
    _DEPTH_ATTRS,
    lambda context: _depth_sizes(context, into_depth=True),
)
depth_to_space_op = define_op(
    "DepthToSpace",
    ["input: T"],
    ["output: T"],
    _DEPTH_ATTRS,
    lambda context: _depth_sizes(context, into_depth=False),
)


@space_to_depth_op.define
def space_to_depth_reference(node: Any, x: np.ndarray) -> np.ndarray:
    block = node.attrs["block_size"]
    is_nchw = node.attrs["data_format"] == "NCHW"
    if is_nchw:
        x = x.transpose(0, 2, 3, 1)
    n, h, w, c = x.shape
    if h % block or w % block:
        raise _fail(f"Image height {h} and width {w} should be divisible by block_size: {block}")
    blocks = x.reshape(n, h // block, block, w // block, block, c).transpose(0, 1, 3, 2, 4, 5)
    result = blocks.reshape(n, h // block, w // block, block * block * c)
    return result.transpose(0, 3, 1, 2) if is_nchw else result


@depth_to_space_op.define
def depth_to_space_reference(node: Any, x: np.ndarray) -> np.ndarray:
    block = node.attrs["block_size"]
    is_nchw = node.attrs["data_format"] == "NCHW"
    if is_nchw:
        x = x.transpose(0, 2, 3, 1)
    n, h, w, c = x.shape
    if c % (block * block):
        raise _fail(f"Input depth dimension {c} should be divisible by: {block * block}")
    blocks = x.reshape(n, h, w, block, block, c // block**2).transpose(0, 1, 3, 2, 4, 5)
    result = blocks.reshape(n, h * block, w * block, c // block**2)
    return result.transpose(0, 3, 1, 2) if is_nchw else result


@space_to_depth_op.grad
def space_to_depth_grad(op: Any, dy: Any) -> Any:
    attrs = op.node_attrs
    return depth_to_space(dy, attrs["block_size"], data_format=attrs["data_format"])


@depth_to_space_op.grad
def depth_to_space_grad(op: Any, dy: Any) -> Any:
    attrs = op.node_attrs
    return space_to_depth(dy, attrs["block_size"], data_format=attrs["data_format"])


def space_to_depth(
    input: Any, block_size: int, name: str | None = None, data_format: str = "NHWC"
) -> Tensor:
    """Moves square blocks of images into the depth.

    Args:
      input: images; height and width are multiples of `block_size`.
      block_size: the edge of a block, at least 2.
      name: the node's name.
      data_format: `NHWC` or `NCHW`.
    """
    tensor: Tensor = space_to_depth_op(
        input, block_size=block_size, data_format=data_format, name=name
    )
    return tensor


def depth_to_space(
    input: Any, block_size: int, name: str | None = None, data_format: str = "NHWC"
) -> Tensor:
    """The inverse of `space_to_depth`.

    Args:
      input: images; the depth is a multiple of `block_size` squared.
      block_size: the edge of a block, at least 2.
      name: the node's name.
      data_format: `NHWC` or `NCHW`.
    """
    tensor: Tensor = depth_to_space_op(
        input, block_size=block_size, data_format=data_format, name=name
    )
    return tensor
