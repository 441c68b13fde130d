"""Where the extremes are: ArgMax, ArgMin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...base import dtypes, errors
from ...base.deprecation import deprecated_argument_lookup
from ...base.tensor_shape import TensorShape
from ...graph.op_def import OpDef, define_op
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor


def arg_extreme_shape(context: ShapeContext) -> TensorShape:
    given = context.shape(0)
    context.with_rank(1, 0)
    if given.ndims is None:
        return TensorShape(None)
    if given.ndims <= 1:
        return TensorShape([])
    axis = context.constant(1)
    if axis is None:
        return TensorShape([None] * (given.ndims - 1))
    position = int(axis)
    if not -given.ndims <= position < given.ndims:
        raise ValueError(
            f"Dimension ({position}) must be in the range [{-given.ndims}, {given.ndims}), where "
            f"{given.ndims} is the number of dimensions in the input."
        )
    sizes = given.as_list()
    del sizes[position]
    return TensorShape(sizes)


def _arg_op(name: str, axis_types: str, output_types: str) -> OpDef:
    return define_op(
        name,
        ["input: T", "dimension: Tidx"],
        ["output: output_type"],
        [
            "T: {realnumbertype, qint8, quint8, qint32, qint16, quint16, bool}",
            f"Tidx: {axis_types} = DT_INT32",
            f"output_type: {output_types} = DT_INT64",
        ],
        arg_extreme_shape,
    )


arg_max_op = _arg_op("ArgMax", "{int16, int32, int64}", "{int16, uint16, int32, int64}")
arg_min_op = _arg_op("ArgMin", "{int32, int64}", "{int32, int64}")
arg_max_op.no_grad()
arg_min_op.no_grad()


def _reference(find: Callable[..., Any]) -> Callable[..., Any]:
    def reference(node: Any, x: np.ndarray, axis: np.ndarray) -> Any:
        position = int(axis)
        if not -x.ndim <= position < x.ndim:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Expected dimension in the range [{-x.ndim}, {x.ndim}), but got {position}",
            )
        if x.shape[position] == 0:
            sizes = ",".join(str(n) for n in x.shape)
            raise errors.InvalidArgumentError(
                None, None, f"Reduction axis {position} is empty in shape [{sizes}]"
            )
        return find(x, axis=position)

    return reference


def _argmax_of_numbers(x: np.ndarray, axis: int) -> Any:
    """The largest number's index: NaN is not one, other than for NumPy."""
    found = np.argmax(x, axis=axis)
    if x.dtype.kind in "iub":
        return found
    if np.isnan(np.take_along_axis(x, np.expand_dims(found, axis), axis)).any():
        return np.argmax(np.where(np.isnan(x), -np.inf, x), axis=axis)
    return found


arg_max_op.define(_reference(_argmax_of_numbers))
arg_min_op.define(_reference(np.argmin))


def argmax(
    input: Any,
    axis: Any = None,
    name: str | None = None,
    dimension: Any = None,
    output_type: Any = dtypes.int64,
) -> Tensor:
    """The index of the largest element along an axis; of the first among equals.

    Args:
      input: real numbers or bool.
      axis: the axis that is taken away, by default 0.
      name: the node's name.
      dimension: the former name of `axis`.
      output_type: int32 or int64.

    Returns:
      Indices.

    Raises:
      ValueError: the axis is out of range, or given under both names.
    """
    axis = deprecated_argument_lookup("axis", axis, "dimension", dimension)
    return arg_max(input, 0 if axis is None else axis, output_type, name)


def argmin(
    input: Any,
    axis: Any = None,
    name: str | None = None,
    dimension: Any = None,
    output_type: Any = dtypes.int64,
) -> Tensor:
    """The index of the smallest element along an axis; of the first among equals; see `argmax`."""
    axis = deprecated_argument_lookup("axis", axis, "dimension", dimension)
    return arg_min(input, 0 if axis is None else axis, output_type, name)


def arg_max(
    input: Any, dimension: Any, output_type: Any = dtypes.int64, name: str | None = None
) -> Tensor:
    """`argmax` with its first arguments."""
    tensor: Tensor = arg_max_op(input, dimension, output_type=output_type, name=name)
    return tensor


def arg_min(
    input: Any, dimension: Any, output_type: Any = dtypes.int64, name: str | None = None
) -> Tensor:
    """`argmin` with its first arguments."""
    tensor: Tensor = arg_min_op(input, dimension, output_type=output_type, name=name)
    return tensor
