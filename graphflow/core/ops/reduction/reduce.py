"""Reductions over axes: sums, means, products, extremes, and the logical ones."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes
from ...base.deprecation import deprecated_argument_lookup
from ...base.tensor_shape import TensorShape
from ...graph.constant_value import constant_value
from ...graph.op_def import OpDef, define_op
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from .axes import kept_shape, reduced_axes

NUMBERS = "T: numbertype"
ORDERED = "T: {realnumbertype, qint8, quint8, qint32, qint16, quint16}"  # all that can be compared


def reduction_shape(context: ShapeContext) -> TensorShape:
    """The input's shape without the reduced axes, or with 1 in their place."""
    given, keep = context.shape(0), context.attrs["keep_dims"]
    rank_of_axes = context.shape(1).ndims
    if rank_of_axes is not None and rank_of_axes > 1:
        raise ValueError(f"Shape must be at most rank 1 but is rank {rank_of_axes}")
    axes = context.constant(1)
    if given.ndims is None:
        all_known = axes is not None and axes.size == 0
        return given if all_known else TensorShape(None)
    if axes is None:
        return TensorShape([None] * given.ndims if keep else None)
    reduced = set()
    for axis in axes.reshape(-1).tolist():
        if not -given.ndims <= axis < given.ndims:
            raise ValueError(
                f"Invalid reduction dimension {axis} for input with {given.ndims} dimensions."
            )
        reduced.add(axis % given.ndims)
    sizes = given.as_list()
    if keep:
        return TensorShape([1 if i in reduced else n for i, n in enumerate(sizes)])
    return TensorShape([n for i, n in enumerate(sizes) if i not in reduced])


def _reduction_op(name: str, types: str) -> OpDef:
    value, attrs = ("T", [types]) if types else ("bool", [])
    return define_op(
        name,
        [f"input: {value}", "reduction_indices: Tidx"],
        [f"output: {value}"],
        ["keep_dims: bool = false", *attrs, "Tidx: {int32, int64} = DT_INT32"],
        reduction_shape,
    )


# --- references -----------------------------------------------------------------------------------

Axes = tuple[int, ...]


def _reference(reduce: Callable[[np.ndarray, Axes, bool], Any]) -> Callable[..., Any]:
    def reference(node: Any, x: np.ndarray, axes: np.ndarray) -> Any:
        return reduce(x, reduced_axes(x.ndim, axes), node.attrs["keep_dims"])

    return reference


def accumulator_type(dtype: np.dtype[Any]) -> Any:
    """The type in which values are added up: 16-bit floats lose too much in their own."""
    if dtypes.as_dtype(dtype) in (dtypes.float16, dtypes.bfloat16):
        return np.float32
    return dtype


def _sum(x: np.ndarray, axes: Axes, keep: bool) -> Any:
    return np.sum(x, axis=axes, keepdims=keep, dtype=accumulator_type(x.dtype))


def _mean(x: np.ndarray, axes: Axes, keep: bool) -> Any:
    count = math.prod(x.shape[axis] for axis in axes)
    if x.dtype.kind not in "iu":
        total = _sum(x, axes, keep)
        return np.divide(total, total.dtype.type(count))
    # the sum of small integers may exceed their type, their mean cannot
    total = np.sum(x, axis=axes, keepdims=keep, dtype=x.dtype if x.itemsize == 8 else np.int64)
    if count == 0:
        return np.zeros_like(total)
    # integers divide toward zero, as in C
    quotient = np.abs(total) // count
    return np.where(total < 0, -quotient, quotient)


def _prod(x: np.ndarray, axes: Axes, keep: bool) -> Any:
    return np.prod(x, axis=axes, keepdims=keep, dtype=accumulator_type(x.dtype))


def _euclidean_norm(x: np.ndarray, axes: Axes, keep: bool) -> Any:
    squares = np.square(np.abs(x.astype(accumulator_type(x.dtype), copy=False)))
    return np.sqrt(_sum(squares, axes, keep).astype(squares.dtype)).astype(x.dtype)


def _lowest(dtype: np.dtype[Any]) -> Any:
    return dtypes.as_dtype(dtype).min if dtype.kind in "iu" else -np.inf


def _highest(dtype: np.dtype[Any]) -> Any:
    return dtypes.as_dtype(dtype).max if dtype.kind in "iu" else np.inf


def _max(x: np.ndarray, axes: Axes, keep: bool) -> Any:
    # A neutral element makes nothing's maximum defined; where there is something, skip its cost.
    if x.size:
        return np.max(x, axis=axes, keepdims=keep)
    return np.max(x, axis=axes, keepdims=keep, initial=_lowest(x.dtype))


def _min(x: np.ndarray, axes: Axes, keep: bool) -> Any:
    if x.size:
        return np.min(x, axis=axes, keepdims=keep)
    return np.min(x, axis=axes, keepdims=keep, initial=_highest(x.dtype))


def _all(x: np.ndarray, axes: Axes, keep: bool) -> Any:
    return np.all(x, axis=axes, keepdims=keep)


def _any(x: np.ndarray, axes: Axes, keep: bool) -> Any:
    return np.any(x, axis=axes, keepdims=keep)


sum_op = _reduction_op("Sum", NUMBERS)
mean_op = _reduction_op("Mean", NUMBERS)
prod_op = _reduction_op("Prod", NUMBERS)
max_op = _reduction_op("Max", ORDERED)
min_op = _reduction_op("Min", ORDERED)
all_op = _reduction_op("All", "")
any_op = _reduction_op("Any", "")
euclidean_norm_op = _reduction_op("EuclideanNorm", NUMBERS)

sum_op.define(_reference(_sum))
mean_op.define(_reference(_mean))
prod_op.define(_reference(_prod))
max_op.define(_reference(_max))
min_op.define(_reference(_min))
all_op.define(_reference(_all))
any_op.define(_reference(_any))
euclidean_norm_op.define(_reference(_euclidean_norm))

all_op.no_grad()
any_op.no_grad()


# --- gradients ------------------------------------------------------------------------------------


def _keep_axes(op: Any, y: Tensor) -> Tensor:
    """A tensor shaped like the op's output, with size 1 in place of the reduced axes."""
    if op.node_attrs["keep_dims"]:
        return y
    x, axes = op.inputs[0], constant_value(op.inputs[1])
    if x.shape.ndims is None or axes is None:
        return ops.array.reshape(y, kept_shape(ops.array.shape(x), op.inputs[1]))
    reduced = reduced_axes(x.shape.ndims, axes)
    sizes = x.shape.as_list()
    kept = [1 if i in reduced else -1 if n is None else n for i, n in enumerate(sizes)]
    if kept.count(-1) <= 1:
        return ops.array.reshape(y, kept)
    for axis in reduced:
        y = ops.array.expand_dims(y, axis)
    return y


def _spread(op: Any, y: Tensor) -> Tensor:
    """The gradient of a sum: each element of the input gets that of the output it went into."""
    x = op.inputs[0]
    kept = _keep_axes(op, y)
    if x.shape.is_fully_defined() and kept.shape.is_fully_defined():
        sizes = x.shape.as_list()
        pairs = zip(sizes, kept.shape.as_list(), strict=True)
        multiples = [size if one == 1 else 1 for size, one in pairs]
        return ops.array.tile(kept, multiples)
    return ops.array.broadcast_to(kept, ops.array.shape(x))


@sum_op.grad
def sum_grad(op: Any, dy: Any) -> list[Any]:
    return [_spread(op, dy), None]


@mean_op.grad
def mean_grad(op: Any, dy: Any) -> list[Any]:
    x, y = op.inputs[0], op.outputs[0]
    if x.shape.is_fully_defined() and y.shape.is_fully_defined():
        count = x.shape.num_elements() // max(y.shape.num_elements(), 1)
        factor = ops.array.constant(count, dtype=dy.dtype.base_dtype)
    else:
        # as TF: an output without elements has no gradient to divide
        sizes = ops.array.size(x), ops.array.size(y)
        whole = ops.elementwise.floordiv(sizes[0], ops.elementwise.maximum(sizes[1], 1))
        factor = ops.elementwise.cast(whole, dy.dtype.base_dtype)
    return [ops.elementwise.truediv(_spread(op, dy), factor), None]


@max_op.grad
@min_op.grad
def extreme_grad(op: Any, dy: Any) -> list[Any]:
    """Elements that share the extreme share its gradient."""
    x, axes = op.inputs
    chosen = ops.elementwise.cast(
        ops.elementwise.equal(_keep_axes(op, op.outputs[0]), x), dy.dtype.base_dtype
    )
    count = sum_op(chosen, axes, keep_dims=True)
    return [ops.elementwise.divide(chosen, count) * _keep_axes(op, dy), None]


@prod_op.grad
def prod_grad(op: Any, dy: Any) -> list[Any]:
    """The product of the others, from both sides: no division, so that zeros are no exception."""
    x, axes = op.inputs
    shape = ops.array.shape(x)
    rank = ops.array.rank(x)
    reduced = ops.elementwise.cast(ops.array.reshape(axes, [-1]), dtypes.int32)
    reduced = ops.elementwise.floormod(reduced + rank, rank)
    others, _ = ops.array.setdiff1d(ops.array.range(0, rank), reduced)
    perm = ops.array.concat([reduced, others], 0)
    moved = ops.array.transpose(x, perm)
    sizes = [reduce_prod(ops.array.gather(shape, part)) for part in (reduced, others)]
    rows = ops.array.reshape(moved, ops.array.stack(sizes))
    before = ops.reduction.cumprod(rows, exclusive=True)
    after = ops.reduction.cumprod(rows, exclusive=True, reverse=True)
    product = ops.elementwise.conj(before) * ops.elementwise.conj(after)
    product = ops.array.reshape(product, ops.array.shape(moved))
    back = ops.array.transpose(product, ops.array.invert_permutation(perm))
    return [ops.array.reshape(_spread(op, dy) * back, shape), None]


@euclidean_norm_op.grad
def euclidean_norm_grad(op: Any, dy: Any) -> list[Any]:
    norm = _keep_axes(op, op.outputs[0])
    return [ops.elementwise.truediv(op.inputs[0], norm / _keep_axes(op, dy)), None]


# --- the public functions -------------------------------------------------------------------------


def reduction_indices_of(x: Any, axis: Any) -> Any:
    """The axes to reduce: those given, or all, as a constant where the rank is known."""
    if axis is not None:
        return axis
    rank = getattr(getattr(x, "shape", None), "ndims", None)
    if rank:
        return ops.array.constant(np.arange(rank, dtype=np.int32))
    return ops.array.range(0, ops.array.rank(x))


def _reduce(op_def: OpDef, x: Any, axis: Any, keepdims: Any, name: str | None) -> Tensor:
    keep = bool(keepdims)
    result: Tensor = op_def(x, reduction_indices_of(x, axis), keep_dims=keep, name=name)
    if axis is None and not keep and not result.shape.is_fully_defined():
        result.set_shape(())
    return result


def _public(op_def: OpDef, name: str, what: str, takes: str) -> Callable[..., Tensor]:
    """A reduction with TF1's arguments."""

    def function(
        input_tensor: Any,
        axis: Any = None,
        keepdims: bool | None = None,
        name: str | None = None,
        reduction_indices: Any = None,
        keep_dims: bool | None = None,
    ) -> Tensor:
        axis = deprecated_argument_lookup("axis", axis, "reduction_indices", reduction_indices)
        keepdims = deprecated_argument_lookup("keepdims", keepdims, "keep_dims", keep_dims)
        return _reduce(op_def, input_tensor, axis, keepdims, name)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"""{what} of elements across axes of a tensor.

    Args:
      input_tensor: {takes}.
      axis: the axes to reduce, an int or list, negative ones counted from the end; by default all.
      keepdims: whether reduced axes stay, with size 1.
      name: the node's name.
      reduction_indices: the former name of `axis`.
      keep_dims: the former name of `keepdims`.

    Returns:
      A tensor of the input's type.

    Raises:
      ValueError: an axis is out of range, or an argument is given under both of its names.
    """
    return function


reduce_sum = _public(sum_op, "reduce_sum", "The sum", "numbers")
reduce_mean = _public(mean_op, "reduce_mean", "The mean", "numbers; integers are rounded to zero")
reduce_prod = _public(prod_op, "reduce_prod", "The product", "numbers")
reduce_max = _public(max_op, "reduce_max", "The maximum", "real numbers")
reduce_min = _public(min_op, "reduce_min", "The minimum", "real numbers")
reduce_all = _public(all_op, "reduce_all", "The logical and", "bool")
reduce_any = _public(any_op, "reduce_any", "The logical or", "bool")


def reduce_euclidean_norm(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The root of the sum of squared magnitudes across axes.

    Args:
      input_tensor: numbers.
      axis: the axes to reduce, an int or list; by default all.
      keepdims: whether reduced axes stay, with size 1.
      name: the node's name.

    Returns:
      A tensor of the input's type.
    """
    return _reduce(euclidean_norm_op, input_tensor, axis, keepdims, name)
