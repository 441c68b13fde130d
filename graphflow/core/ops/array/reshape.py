"""Ops that give the same elements another shape: Reshape, Squeeze, ExpandDims."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...base import errors
from ...base.deprecation import deprecated_argument_lookup
from ...base.tensor_shape import TensorShape
from ...graph.op_def import define_op
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from ..shape_rules import normalized_axis
from .shapes import shape as shape_of
from .signatures import T, index_attr


def reshape_shape(context: ShapeContext) -> TensorShape:
    context.with_rank_at_most(1, 1)
    value = context.constant(1)
    given = context.shape(0)
    if value is None:
        return _partly_known_target(given, context.constant_shape(1))
    sizes = [int(n) for n in value]
    if sizes.count(-1) > 1 or any(n < -1 for n in sizes):
        raise ValueError(f"Cannot infer multiple unknown dimensions in shape {sizes}")
    total = given.num_elements()
    known = math.prod(n for n in sizes if n != -1)
    if -1 not in sizes:
        if total is not None and total != known:
            raise ValueError(
                f"Cannot reshape a tensor with {total} elements to shape {_brackets(sizes)} "
                f"({known} elements)"
            )
        return TensorShape(sizes)
    missing = _inferred_size(given, known, sizes)
    return TensorShape([missing if n == -1 else n for n in sizes])


def _inferred_size(given: TensorShape, known: int, sizes: list[int]) -> int | None:
    total = given.num_elements()
    if total is None or known == 0:
        return None
    if total % known:
        raise ValueError(
            f"Dimension size must be evenly divisible by {known} but is {total} for a reshape to "
            f"{_brackets(sizes)}"
        )
    return total // known


def _partly_known_target(given: TensorShape, target: TensorShape) -> TensorShape:
    """One missing size of the target follows from the number of elements."""
    total = given.num_elements()
    if total is None or target.ndims is None:
        return target
    sizes = target.as_list()
    if sizes.count(None) != 1:
        return target
    known = math.prod(n for n in sizes if n is not None)
    if known == 0 or total % known:
        return target
    return TensorShape([total // known if n is None else n for n in sizes])


def _brackets(sizes: list[int]) -> str:
    return "[" + ",".join(str(n) for n in sizes) + "]"


reshape_op = define_op(
    "Reshape",
    ["tensor: T", "shape: Tshape"],
    ["output: T"],
    [T, index_attr("Tshape")],
    reshape_shape,
)


@reshape_op.define
def reshape_reference(node: Any, x: np.ndarray, shape: np.ndarray) -> np.ndarray:
    if shape.ndim != 1:
        raise errors.InvalidArgumentError(
            None, None, f"sizes input must be 1-D, not {list(shape.shape)}"
        )
    sizes = shape.tolist()
    if sizes.count(-1) > 1:
        raise errors.InvalidArgumentError(
            None,
            None,
            "Only one input size may be -1, not both "
            + " and ".join(str(i) for i, n in enumerate(sizes) if n == -1),
        )
    if any(n < -1 for n in sizes):
        bad = next(i for i, n in enumerate(sizes) if n < -1)
        raise errors.InvalidArgumentError(
            None, None, f"Size {bad} must be non-negative, not {sizes[bad]}"
        )
    if -1 in sizes:
        sizes[sizes.index(-1)] = _missing_size(x.shape, sizes)
    count = math.prod(sizes)
    if count != x.size:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Input to reshape is a tensor with {x.size} values, but the requested shape has "
            f"{count}",
        )
    return x.reshape(sizes)


def _missing_size(given: tuple[int, ...], sizes: list[int]) -> int:
    """The size that -1 stands for. Zeros on both sides are left out: [0, 6] as [0, -1, 3]."""
    known = math.prod(n for n in sizes if n not in (-1, 0))
    total = math.prod(n for n in given if n or 0 not in sizes)
    if total % known:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Input to reshape is a tensor with {total} values, but the requested shape requires "
            f"a multiple of {known}",
        )
    return total // known


@reshape_op.grad
def reshape_grad(op: Any, dy: Any) -> list[Any]:
    return [reshape(dy, shape_of(op.inputs[0])), None]


def reshape(tensor: Any, shape: Any, name: str | None = None) -> Tensor:
    """The elements of `tensor` in another shape.

    Args:
      tensor: any type.
      shape: int32 or int64 vector; one entry may be -1, and is inferred.
      name: the node's name.

    Raises:
      ValueError: the numbers of elements are known and differ.
    """
    reshaped: Tensor = reshape_op(tensor, shape, name=name)
    return reshaped


def expand_dims_shape(context: ShapeContext) -> TensorShape:
    given = context.shape(0)
    axis = context.constant(1)
    if given.ndims is None:
        return TensorShape(None)
    if axis is None:
        return TensorShape([None] * (given.ndims + 1))
    if axis.size != 1:
        raise ValueError("'dim' input must be a tensor with a single value")
    value = int(axis.reshape(()))
    limit = given.ndims + 1
    if not -limit <= value < limit:
        raise ValueError(f"dim {value} not in the interval [{-limit}, {limit - 1}].")
    sizes = given.as_list()
    sizes.insert(value % limit, 1)
    return TensorShape(sizes)


expand_dims_op = define_op(
    "ExpandDims",
    ["input: T", "dim: Tdim"],
    ["output: T"],
    [T, index_attr("Tdim")],
    expand_dims_shape,
)


@expand_dims_op.define
def expand_dims_reference(node: Any, x: np.ndarray, axis: np.ndarray) -> np.ndarray:
    if axis.size != 1:
        raise errors.InvalidArgumentError(None, None, "'dim' must be a tensor with a single value")
    value, limit = int(axis.reshape(())), x.ndim + 1
    if not -limit <= value < limit:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Tried to expand dim index {value} for tensor with {x.ndim} dimensions.",
        )
    return np.expand_dims(x, value)


@expand_dims_op.grad
def expand_dims_grad(op: Any, dy: Any) -> list[Any]:
    return [reshape(dy, shape_of(op.inputs[0])), None]


def expand_dims(input: Any, axis: Any = None, name: str | None = None, dim: Any = None) -> Tensor:
    """`input` with a dimension of size 1 inserted.

    Args:
      input: any type.
      axis: where; from -rank - 1 to rank.
      name: the node's name.
      dim: the former name of `axis`.

    Raises:
      ValueError: neither or both of axis and dim are given, or the axis is out of range.
    """
    axis = deprecated_argument_lookup("axis", axis, "dim", dim)
    if axis is None:
        raise ValueError("Must specify an axis argument to tf.expand_dims()")
    tensor: Tensor = expand_dims_op(input, axis, name=name)
    return tensor


def squeeze_shape(context: ShapeContext) -> TensorShape:
    given = context.shape(0)
    if given.ndims is None:
        return TensorShape(None)
    sizes = given.as_list()
    if not context.attrs["squeeze_dims"]:
        if None in sizes:
            return TensorShape(None)
        return TensorShape([n for n in sizes if n != 1])
    axes = set()
    for axis in context.attrs["squeeze_dims"]:
        if not -given.ndims <= axis < given.ndims:
            raise ValueError(f"squeeze_dims[{axis}] not in [{-given.ndims},{given.ndims}).")
        axes.add(normalized_axis(axis, given.ndims))
    for axis in axes:
        if sizes[axis] not in (1, None):
            raise ValueError(
                f"Can not squeeze dim[{axis}], expected a dimension of 1, got {sizes[axis]}"
            )
    return TensorShape([n for i, n in enumerate(sizes) if i not in axes])


squeeze_op = define_op(
    "Squeeze", ["input: T"], ["output: T"], [T, "squeeze_dims: list(int) >= 0 = []"], squeeze_shape
)


@squeeze_op.define
def squeeze_reference(node: Any, x: np.ndarray) -> np.ndarray:
    axes = node.attrs["squeeze_dims"]
    if not axes:
        return x.reshape([n for n in x.shape if n != 1])
    for axis in axes:
        if not -x.ndim <= axis < x.ndim:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Tried to squeeze dim index {axis} for tensor with {x.ndim} dimensions.",
            )
        if x.shape[axis] != 1:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Can not squeeze dim[{axis % x.ndim}], expected a dimension of 1, got "
                f"{x.shape[axis]}",
            )
    return np.squeeze(x, tuple({axis % x.ndim for axis in axes}))


@squeeze_op.grad
def squeeze_grad(op: Any, dy: Any) -> Any:
    return reshape(dy, shape_of(op.inputs[0]))


def squeeze(
    input: Any, axis: Any = None, name: str | None = None, squeeze_dims: Any = None
) -> Tensor:
    """`input` without its dimensions of size 1.

    Args:
      input: any type.
      axis: the dimensions to take away, an int or list; by default all of size 1.
      name: the node's name.
      squeeze_dims: the former name of `axis`.

    Raises:
      ValueError: both axis and squeeze_dims are given, or a dimension is known to be larger.
    """
    axis = deprecated_argument_lookup("axis", axis, "squeeze_dims", squeeze_dims)
    axes = [axis] if np.isscalar(axis) else axis
    tensor: Tensor = squeeze_op(input, squeeze_dims=axes, name=name)
    return tensor
