"""Ops that cut a tensor into several: Split, SplitV, Unpack."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...base import errors
from ...base.tensor_shape import Dimension, TensorShape
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import define_op
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from ..shape_rules import normalized_axis
from .signatures import T


def split_shape(context: ShapeContext) -> list[TensorShape]:
    given, count = context.shape(1), context.num_outputs
    axis = context.constant(0)
    if given.ndims is None:
        return [TensorShape(None)] * count
    if axis is None:
        return [TensorShape([None] * given.ndims)] * count
    where = normalized_axis(int(axis), given.ndims)
    sizes = given.as_list()
    total = sizes[where]
    if total is not None:
        if total % count:
            raise ValueError(
                f"Dimension size must be evenly divisible by {count} but is {total}: number of "
                "ways to split should evenly divide the split dimension"
            )
        sizes[where] = total // count
    return [TensorShape(sizes)] * count


split_op = define_op(
    "Split",
    ["split_dim: int32", "value: T"],
    ["output: num_split * T"],
    ["num_split: int >= 1", T],
    split_shape,
)


def _checked_axis(axis: np.ndarray, rank: int) -> int:
    if axis.size != 1:
        raise errors.InvalidArgumentError(
            None, None, "split_dim_tensor must have exactly one element."
        )
    where = int(axis.reshape(()))
    if not -rank <= where < rank:
        raise errors.InvalidArgumentError(
            None, None, f"-input rank(-{rank}) <= split_dim < input rank ({rank}), but got {where}"
        )
    return where % rank


@split_op.define
def split_reference(node: Any, axis: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, ...]:
    where, count = _checked_axis(axis, value.ndim), node.attrs["num_split"]
    if value.shape[where] % count:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Number of ways to split should evenly divide the split dimension, but got split_dim "
            f"{where} (size = {value.shape[where]}) and num_split {count}",
        )
    return tuple(np.split(value, count, axis=where))


@split_op.grad
def split_grad(op: Any, *dys: Any) -> list[Any]:
    return [None, ops.array.concat(list(dys), op.inputs[0])]


def split_v_shape(context: ShapeContext) -> list[TensorShape]:
    given, count = context.shape(0), context.num_outputs
    context.with_rank(1, 1)
    lengths, axis = context.constant(1), context.constant(2)
    if given.ndims is None:
        return [TensorShape(None)] * count
    if axis is None:
        return [TensorShape([None] * given.ndims)] * count
    where = normalized_axis(int(axis.reshape(())), given.ndims)
    sizes = given.as_list()
    if lengths is None:
        known = sizes[where] if count == 1 else None
        return [TensorShape([*sizes[:where], known, *sizes[where + 1 :]])] * count
    parts = [None if n == -1 else int(n) for n in lengths]
    total = sizes[where]
    if total is not None:
        given_total = sum(n for n in parts if n is not None)
        if None in parts:
            if given_total > total:
                raise ValueError(
                    f"can't split axis of size {total} into pieces of size "
                    f"[{','.join(str(n) for n in lengths)}]"
                )
            if parts.count(None) == 1:
                parts[parts.index(None)] = total - given_total
        elif given_total != total:
            raise ValueError(
                f"can't split axis of size {total} into pieces of size "
                f"[{','.join(str(n) for n in lengths)}]"
            )
    return [TensorShape([*sizes[:where], part, *sizes[where + 1 :]]) for part in parts]


split_v_op = define_op(
    "SplitV",
    ["value: T", "size_splits: Tlen", "split_dim: int32"],
    ["output: num_split * T"],
    ["num_split: int >= 1", T, "Tlen: {int32, int64} = DT_INT64"],
    split_v_shape,
)


@split_v_op.define
def split_v_reference(
    node: Any, value: np.ndarray, lengths: np.ndarray, axis: np.ndarray
) -> tuple[np.ndarray, ...]:
    where = _checked_axis(axis, value.ndim)
    if len(lengths) != node.attrs["num_split"]:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"size of the split_tensor must be 1-D and have the same elements as outputs got "
            f"{len(lengths)} elements for {node.attrs['num_split']} outputs",
        )
    parts = lengths.astype(np.int64)
    total = value.shape[where]
    missing = parts == -1
    if missing.sum() > 1:
        raise errors.InvalidArgumentError(None, None, "There can only be one -1 in the input.")
    known = int(parts[~missing].sum())
    if (parts < -1).any() or (known != total and not missing.any()) or known > total:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Determined shape must either match input shape along split_dim exactly if fully "
            f"specified, or be less than the size of the input along split_dim if not fully "
            f"specified.  Got: {known}",
        )
    parts[missing] = total - known
    return tuple(np.split(value, np.cumsum(parts)[:-1], axis=where))


@split_v_op.grad
def split_v_grad(op: Any, *dys: Any) -> list[Any]:
    return [ops.array.concat(list(dys), op.inputs[2]), None, None]


def split(
    value: Any,
    num_or_size_splits: Any,
    axis: Any = 0,
    num: int | None = None,
    name: str = "split",
) -> list[Tensor]:
    """Cuts a tensor along one dimension.

    Args:
      value: the tensor.
      num_or_size_splits: the number of equal parts, or a vector of the parts' sizes (one may be
        -1: what is left).
      axis: the dimension.
      num: the number of sizes, when it cannot be seen.
      name: the node's name.

    Raises:
      ValueError: the number of parts is unknown, or the parts do not fit.
    """
    if isinstance(num_or_size_splits, int | np.integer | Dimension):
        parts: list[Tensor] = split_op(axis, value, num_split=int(num_or_size_splits), name=name)
        return parts
    lengths = convert_to_tensor(num_or_size_splits)
    if lengths.shape.ndims == 0:
        raise ValueError(
            "Rank-0 tensors are not supported as the num_or_size_splits argument to split. "
            f"Argument provided: {num_or_size_splits}"
        )
    if num is None:
        num = lengths.shape.as_list()[0] if lengths.shape.ndims is not None else None
        if num is None:
            raise ValueError(f"Cannot infer num from shape {num_or_size_splits}")
    parts = split_v_op(value, lengths, axis, num_split=num, name=name)
    return parts


def unpack_shape(context: ShapeContext) -> list[TensorShape]:
    given = context.shape(0)
    if given.ndims is None:
        return [TensorShape(None)] * context.num_outputs
    sizes = given.as_list()
    axis = normalized_axis(context.attrs["axis"], given.ndims)
    length = sizes.pop(axis)
    if length is not None and length != context.attrs["num"]:
        raise ValueError(f"Dimension must be {context.attrs['num']} but is {length}")
    return [TensorShape(sizes)] * context.num_outputs


unpack_op = define_op(
    "Unpack",
    ["value: T"],
    ["output: num * T"],
    ["num: int >= 0", T, "axis: int = 0"],
    unpack_shape,
)


@unpack_op.define
def unpack_reference(node: Any, value: np.ndarray) -> tuple[np.ndarray, ...]:
    axis, num = node.attrs["axis"], node.attrs["num"]
    if not -value.ndim <= axis < value.ndim:
        raise errors.InvalidArgumentError(
            None, None, f"axis = {axis} not in [{-value.ndim}, {value.ndim})"
        )
    if value.shape[axis] != num:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Input shape axis {axis % value.ndim} must equal {num}, got shape "
            f"[{','.join(str(n) for n in value.shape)}]",
        )
    return tuple(np.moveaxis(value, axis, 0))


@unpack_op.grad
def unpack_grad(op: Any, *dys: Any) -> Any:
    return ops.array.stack(list(dys), axis=op.node_attrs["axis"])


def unstack(
    value: Any, num: int | None = None, axis: int = 0, name: str = "unstack"
) -> list[Tensor]:
    """The slices of a tensor along one dimension, as a list.

    Args:
      value: a tensor of rank 1 or more.
      num: the length of the dimension; taken from the shape by default.
      axis: the dimension.
      name: the node's name.

    Raises:
      ValueError: the length is unknown, or the axis is out of range.
    """
    if num is None:
        value = convert_to_tensor(value)
        rank = value.shape.ndims
        if rank is not None:
            if not -rank <= axis < rank:
                raise ValueError(f"axis = {axis} not in [{-rank}, {rank})")
            num = value.shape.as_list()[axis]
        if num is None:
            raise ValueError(f"Cannot infer num from shape {value.shape}")
    parts: list[Tensor] = unpack_op(value, num=num, axis=axis, name=name)
    return parts
