"""Slice: a block of a tensor."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from ... import ops
from ...base import errors
from ...base.tensor_shape import TensorShape
from ...graph.op_def import define_op
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from .signatures import T


def slice_shape(context: ShapeContext) -> TensorShape:
    given = context.shape(0)
    begin_shape = context.with_rank(1, 1).merge_with(context.with_rank(2, 1))
    rank = begin_shape.as_list()[0]
    if given.ndims is not None:
        if rank is not None and rank != given.ndims:
            raise ValueError(f"Shape must be rank {rank} but is rank {given.ndims}")
        rank = given.ndims
    if rank is None:
        return TensorShape(None)
    begin, size = context.constant(1), context.constant(2)
    if size is None:
        return context.constant_shape(2).merge_with([None] * rank)
    available = [None] * rank if given.ndims is None else given.as_list()
    result: list[int | None] = []
    for i in builtins.range(rank):
        wanted, start, total = int(size[i]), None if begin is None else int(begin[i]), available[i]
        if wanted < -1:
            raise ValueError(f"Slice size {wanted} must be >= -1")
        if wanted == -1 and start is not None and total is not None and start > total:
            raise ValueError(f"Negative dimension size caused by subtracting {start} from {total}")
        if wanted >= 0:
            result.append(wanted)
        else:
            result.append(None if total is None or start is None else total - start)
    return TensorShape(result)


slice_op = define_op(
    "Slice",
    ["input: T", "begin: Index", "size: Index"],
    ["output: T"],
    [T, "Index: {int32, int64}"],
    slice_shape,
)


@slice_op.define
def slice_reference(node: Any, x: np.ndarray, begin: np.ndarray, size: np.ndarray) -> np.ndarray:
    if len(begin) != x.ndim or len(size) != x.ndim:
        raise errors.InvalidArgumentError(
            None,
            None,
            "Expected begin and size arguments to be 1-D tensors of size "
            f"{x.ndim}, but got shapes {list(begin.shape)} and {list(size.shape)} instead.",
        )
    index = []
    for i, (start, count) in enumerate(zip(begin.tolist(), size.tolist(), strict=True)):
        if not 0 <= start <= x.shape[i]:
            raise errors.InvalidArgumentError(
                None, None, f"Expected begin[{i}] in [0, {x.shape[i]}], but got {start}"
            )
        room = x.shape[i] - start
        count = room if count == -1 else count
        if not 0 <= count <= room:
            raise errors.InvalidArgumentError(
                None, None, f"Expected size[{i}] in [0, {room}], but got {count}"
            )
        index.append(builtins.slice(start, start + count))
    return x[tuple(index)]


@slice_op.grad
def slice_grad(op: Any, dy: Any) -> list[Any]:
    x, begin = op.inputs[:2]
    taken = ops.array.shape(op.outputs[0], out_type=begin.dtype)
    whole: Any = ops.array.shape(x, out_type=begin.dtype)
    column = ops.array.stack([ops.array.rank(x), 1])
    before = ops.array.reshape(begin, column)
    after = ops.array.reshape(whole - taken - begin, column)
    return [ops.array.pad(dy, ops.array.concat([before, after], 1)), None, None]


def slice(input_: Any, begin: Any, size: Any, name: str | None = None) -> Tensor:
    """The block of `size` elements that starts at `begin`.

    Args:
      input_: the tensor.
      begin: int32 or int64 vector, from 0.
      size: as `begin`; -1 takes all that is left in a dimension.
      name: the node's name.
    """
    tensor: Tensor = slice_op(input_, begin, size, name=name)
    return tensor
