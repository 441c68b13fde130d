"""Ops about conditions: Where, boolean_mask, sequence_mask."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes
from ...base.tensor_shape import TensorShape
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import define_op
from ...graph.scopes import name_scope
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from .constant import constant
from .gather import gather
from .join import concat
from .range import range_op
from .reshape import expand_dims, reshape, squeeze
from .shapes import rank, shape


def where_shape(context: ShapeContext) -> TensorShape:
    return TensorShape([None, context.shape(0).ndims])


where_op = define_op(
    "Where", ["input: T"], ["index: int64"], ["T: {numbertype, bool} = DT_BOOL"], where_shape
)
where_op.no_grad()


@where_op.define
def where_reference(node: Any, x: np.ndarray) -> np.ndarray:
    return np.argwhere(x)


def where(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Tensor:
    """The places where `condition` holds; or elements of `x` there, and of `y` elsewhere.

    Args:
      condition: bool (or a number, without x and y); with x and y of their shape, or a vector that
        chooses rows.
      x: a tensor, or None.
      y: a tensor of the shape and type of `x`; None with it.
      name: the node's name.

    Returns:
      int64 [n, rank], the places in row-major order; or a tensor like `x`.

    Raises:
      ValueError: only one of x and y is given.
    """
    if (x is None) != (y is None):
        raise ValueError("x and y must both be non-None or both be None.")
    if x is not None:
        chosen: Tensor = ops.elementwise.select(condition, x, y, name=name)
        return chosen
    with name_scope(name, "Where", [condition]) as scope:
        condition = convert_to_tensor(condition, preferred_dtype=dtypes.bool, name="condition")
        tensor: Tensor = where_op(condition, name=scope)
        return tensor


def where_v2(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Tensor:
    """`where`; condition, x and y broadcast against each other."""
    if (x is None) != (y is None):
        raise ValueError("x and y must both be non-None or both be None.")
    if x is None:
        return where(condition, name=name)
    return ops.elementwise.select_v2(condition, x, y, name=name)


def boolean_mask(
    tensor: Any, mask: Any, name: str | None = "boolean_mask", axis: int | None = None
) -> Tensor:
    """The elements (or slices) of `tensor` where `mask` is true: `tensor[mask]` in NumPy.

    Args:
      tensor: any type.
      mask: bool, of known rank k above 0; of the shape `tensor.shape[axis:axis + k]`.
      name: the name scope.
      axis: the first dimension that the mask is about; 0 by default.

    Returns:
      A tensor where those k dimensions are one.

    Raises:
      ValueError: the shapes do not fit, or the rank of the mask is unknown or 0.
    """
    with name_scope(name, values=[tensor, mask]):
        tensor = convert_to_tensor(tensor, name="tensor")
        mask = convert_to_tensor(mask, name="mask")
        depth = mask.shape.ndims
        if depth == 0:
            raise ValueError("mask cannot be scalar.")
        if depth is None:
            raise ValueError(
                "Number of mask dimensions must be specified, even if some dimensions are None.  "
                "E.g. shape=[None] is ok, but shape=None is not."
            )
        first = 0 if axis is None else int(axis)
        known = tensor.shape
        known[first : first + depth].assert_is_compatible_with(mask.shape)
        sizes: Any = shape(tensor)
        leading = ops.reduction.reduce_prod(sizes[first : first + depth], [0])
        before: Any = shape(tensor)
        before = before[:first]
        after: Any = shape(tensor)
        parts = [before, [leading], after[first + depth :]]
        tensor = reshape(tensor, concat(parts, 0))
        tensor.set_shape(
            known[:first]
            .concatenate([known[first : first + depth].num_elements()])
            .concatenate(known[first + depth :])
        )
        places = squeeze(where(reshape(mask, [-1])), axis=[1])
        return gather(tensor, places, axis=first)


def sequence_mask(
    lengths: Any, maxlen: Any = None, dtype: Any = dtypes.bool, name: str | None = None
) -> Tensor:
    """True for the first `lengths[i]` elements of row i.

    Args:
      lengths: integers of any shape.
      maxlen: the length of the rows; the largest of `lengths` by default.
      dtype: the type of the result.
      name: the name scope.

    Returns:
      A tensor of shape `lengths.shape + [maxlen]`.

    Raises:
      ValueError: maxlen is no scalar.
    """
    with name_scope(name, "SequenceMask", [lengths, maxlen]):
        lengths = convert_to_tensor(lengths)
        if maxlen is None:
            maxlen = ops.reduction.reduce_max(lengths, _all_axes(lengths))
            maxlen = ops.elementwise.maximum(constant(0, maxlen.dtype), maxlen)
        else:
            maxlen = convert_to_tensor(maxlen)
        if maxlen.shape.ndims not in (None, 0):
            raise ValueError("maxlen must be scalar for sequence_mask")
        positions = range_op(constant(0, maxlen.dtype), maxlen, constant(1, maxlen.dtype))
        ends = ops.elementwise.cast(expand_dims(lengths, -1), maxlen.dtype)
        result: Tensor = ops.elementwise.less(positions, ends)
        if dtype is None or result.dtype.base_dtype == dtypes.as_dtype(dtype).base_dtype:
            return result
        mask: Tensor = ops.elementwise.cast(result, dtype)
        return mask


def _all_axes(x: Tensor) -> Tensor:
    if x.shape.ndims is not None:
        return constant(np.arange(x.shape.ndims), dtype=dtypes.int32)
    axes: Tensor = range_op(0, rank(x), 1)
    return axes
