"""Ops that turn axes round: ReverseV2, ReverseSequence, Roll."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...base import errors
from ...base.deprecation import deprecated_argument_lookup
from ...base.tensor_shape import TensorShape
from ...graph.op_def import define_op
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from .signatures import T, index_attr

_REVERSIBLE = (
    "T: {uint8, int8, uint16, int16, uint32, int32, uint64, int64, bool, bfloat16, half, float, "
    "double, complex64, complex128, string}"
)


def _fail(message: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(None, None, message)


def reverse_shape(context: ShapeContext) -> TensorShape:
    given, axes = context.shape(0), context.constant(1)
    context.with_rank(1, 1)
    if given.ndims is None or axes is None:
        return given
    seen = set()
    for axis in axes.tolist():
        if not -given.ndims <= axis < given.ndims:
            raise ValueError(
                f"'axis'[{axis}] = {axis} is out of valid range [0, {given.ndims - 1}]"
            )
        if axis % given.ndims in seen:
            raise ValueError(f"axis {axis % given.ndims} specified more than once.")
        seen.add(axis % given.ndims)
    return given


reverse_v2_op = define_op(
    "ReverseV2",
    ["tensor: T", "axis: Tidx"],
    ["output: T"],
    [index_attr("Tidx"), _REVERSIBLE],
    reverse_shape,
)


@reverse_v2_op.define
def reverse_v2_reference(node: Any, x: np.ndarray, axes: np.ndarray) -> np.ndarray:
    if axes.ndim != 1:
        raise _fail(f"'dims' must be 1-dimension, not {axes.ndim}")
    seen: set[int] = set()
    for index, axis in enumerate(axes.tolist()):
        if not -x.ndim <= axis < x.ndim:
            raise _fail(f"'axis'[{index}] = {axis} is out of valid range [0, {x.ndim - 1}")
        if axis % x.ndim in seen:
            raise _fail(f"axis {axis % x.ndim} specified more than once.")
        seen.add(axis % x.ndim)
    return np.flip(x, tuple(seen)) if seen else x


@reverse_v2_op.grad
def reverse_v2_grad(op: Any, dy: Any) -> list[Any]:
    return [reverse(dy, op.inputs[1]), None]


def reverse(tensor: Any, axis: Any, name: str | None = None) -> Tensor:
    """`tensor` with the order along some dimensions reversed.

    Args:
      tensor: any type.
      axis: int32 or int64 vector of dimensions.
      name: the node's name.
    """
    result: Tensor = reverse_v2_op(tensor, axis, name=name)
    return result


def reverse_sequence_shape(context: ShapeContext) -> TensorShape:
    given, lengths = context.shape(0), context.with_rank(1, 1)
    seq, batch = context.attrs["seq_dim"], context.attrs["batch_dim"]
    if given.ndims is None:
        return given
    if batch >= given.ndims:
        raise ValueError(f"batch_dim must be < input rank: {batch} vs. {given.ndims}")
    if seq >= given.ndims:
        raise ValueError(f"seq_dim must be < input rank: {seq} vs. {given.ndims}")
    sizes = given.as_list()
    merged = TensorShape([sizes[batch]]).merge_with(lengths)
    sizes[batch] = merged.as_list()[0]
    return TensorShape(sizes)


reverse_sequence_op = define_op(
    "ReverseSequence",
    ["input: T", "seq_lengths: Tlen"],
    ["output: T"],
    ["seq_dim: int", "batch_dim: int = 0", T, "Tlen: {int32, int64} = DT_INT64"],
    reverse_sequence_shape,
)


@reverse_sequence_op.define
def reverse_sequence_reference(node: Any, x: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    seq, batch = node.attrs["seq_dim"], node.attrs["batch_dim"]
    if lengths.ndim != 1:
        raise _fail(f"seq_lens input must be 1-dim, not {lengths.ndim}")
    if batch == seq:
        raise _fail(f"batch_dim == seq_dim == {seq}")
    if seq >= x.ndim:
        raise _fail(f"seq_dim must be < input.dims()( {seq} vs. {x.ndim})")
    if batch >= x.ndim:
        raise _fail(f"batch_dim must be < input.dims()( {batch} vs. {x.ndim})")
    if len(lengths) != x.shape[batch]:
        raise _fail(f"len(seq_lens) != input.dims({batch}), ({len(lengths)} vs. {x.shape[batch]})")
    limit = x.shape[seq]
    if lengths.size and lengths.min() < 0:
        raise _fail(f"seq_lens({int(lengths.argmin())}) < 0")
    if lengths.size and lengths.max() > limit:
        raise _fail(f"seq_lens({int(lengths.argmax())}) > input.dims({seq})")
    positions = np.broadcast_to(np.arange(limit), (len(lengths), limit))
    ends = lengths[:, np.newaxis].astype(np.int64)
    sources = np.where(positions < ends, ends - 1 - positions, positions)
    rows = np.moveaxis(x, (batch, seq), (0, 1))
    picked = rows[np.arange(len(lengths))[:, np.newaxis], sources]
    return np.moveaxis(picked, (0, 1), (batch, seq))


@reverse_sequence_op.grad
def reverse_sequence_grad(op: Any, dy: Any) -> list[Any]:
    attrs = op.node_attrs
    dx = reverse_sequence(
        dy, op.inputs[1], seq_axis=attrs["seq_dim"], batch_axis=attrs["batch_dim"]
    )
    return [dx, None]


def reverse_sequence(
    input: Any,
    seq_lengths: Any,
    seq_axis: int | None = None,
    batch_axis: int | None = None,
    name: str | None = None,
    seq_dim: int | None = None,
    batch_dim: int | None = None,
) -> Tensor:
    """Reverses the first `seq_lengths[i]` elements of batch entry i; the rest stays.

    Args:
      input: any type.
      seq_lengths: int32 or int64 [batch].
      seq_axis: the dimension that is reversed.
      batch_axis: the dimension of the entries; 0 by default.
      name: the node's name.
      seq_dim: the former name of `seq_axis`.
      batch_dim: the former name of `batch_axis`.
    """
    seq_axis = deprecated_argument_lookup("seq_axis", seq_axis, "seq_dim", seq_dim)
    batch_axis = deprecated_argument_lookup("batch_axis", batch_axis, "batch_dim", batch_dim)
    tensor: Tensor = reverse_sequence_op(
        input, seq_lengths, seq_dim=seq_axis, batch_dim=batch_axis, name=name
    )
    return tensor


def roll_shape(context: ShapeContext) -> TensorShape:
    given = context.shape(0)
    if given.ndims == 0:
        raise ValueError("Shape must be at least rank 1 but is rank 0")
    for index in (1, 2):
        context.with_rank_at_most(index, 1)
    shift, axis = context.shape(1), context.shape(2)
    if not shift.is_compatible_with(axis):
        raise ValueError(f"Dimension 0 in both shapes must be equal. Shapes are {shift} and {axis}")
    return given


roll_op = define_op(
    "Roll",
    ["input: T", "shift: Tshift", "axis: Taxis"],
    ["output: T"],
    [T, "Tshift: {int32, int64}", "Taxis: {int32, int64}"],
    roll_shape,
)


@roll_op.define
def roll_reference(node: Any, x: np.ndarray, shift: np.ndarray, axis: np.ndarray) -> np.ndarray:
    if x.ndim < 1:
        raise _fail("input must be 1-D or higher")
    if shift.ndim > 1:
        raise _fail(f"shift must be a scalar or a 1-D vector. Found: {list(shift.shape)}")
    if axis.ndim > 1:
        raise _fail(f"axis must be a scalar or a 1-D vector. Found: {list(axis.shape)}")
    if shift.shape != axis.shape:
        raise _fail("shift and axis must have the same size")
    for one in axis.reshape(-1).tolist():
        if not -x.ndim <= one < x.ndim:
            raise _fail(f"axis {one} is out of range")
    return np.roll(x, tuple(shift.reshape(-1).tolist()), tuple(axis.reshape(-1).tolist()))


@roll_op.grad
def roll_grad(op: Any, dy: Any) -> list[Any]:
    _, shift, axis = op.inputs
    return [roll(dy, ops.elementwise.negative(shift), axis), None, None]


def roll(input: Any, shift: Any, axis: Any, name: str | None = None) -> Tensor:
    """Moves elements along dimensions; what leaves at one end comes in at the other.

    Args:
      input: any type, rank 1 or more.
      shift: how far, a scalar or vector.
      axis: along which dimensions, shaped as `shift`.
      name: the node's name.
    """
    tensor: Tensor = roll_op(input, shift, axis, name=name)
    return tensor
