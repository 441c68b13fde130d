"""Ops about values that occur more than once: Unique, ListDiff."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...base import dtypes, errors
from ...base.tensor_shape import TensorShape
from ...graph.op_def import define_op
from ...graph.shape_context import ShapeContext
from .signatures import T, index_attr


def _unique_shapes(context: ShapeContext) -> list[TensorShape]:
    given = context.with_rank(0, 1)
    return [TensorShape([None]), given, TensorShape([None])][: context.num_outputs]


unique_op = define_op(
    "Unique", ["x: T"], ["y: T", "idx: out_idx"], [T, index_attr("out_idx")], _unique_shapes
)
unique_op.no_grad()
unique_with_counts_op = define_op(
    "UniqueWithCounts",
    ["x: T"],
    ["y: T", "idx: out_idx", "count: out_idx"],
    [T, index_attr("out_idx")],
    _unique_shapes,
)
unique_with_counts_op.no_grad()


def _by_first_occurrence(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The distinct values in the order in which they first occur, their places and counts."""
    if x.ndim != 1:
        raise errors.InvalidArgumentError(None, None, "unique expects a 1D vector.")
    equal_nan = x.dtype.kind not in "fc"  # NaNs are no equals; objects know no NaN
    _, first, inverse, counts = np.unique(
        x, return_index=True, return_inverse=True, return_counts=True, equal_nan=equal_nan
    )
    order = np.argsort(first, kind="stable")
    position = np.empty_like(order)
    position[order] = np.arange(len(order))
    return x[first[order]], position[inverse], counts[order]


@unique_op.define
def unique_reference(node: Any, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return _by_first_occurrence(x)[:2]


@unique_with_counts_op.define
def unique_with_counts_reference(
    node: Any, x: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return _by_first_occurrence(x)


def unique(x: Any, out_idx: Any = dtypes.int32, name: str | None = None) -> Any:
    """The distinct values of a vector, in the order in which they first occur.

    Args:
      x: a vector.
      out_idx: int32 or int64.
      name: the node's name.

    Returns:
      A namedtuple: `y`, the values; `idx`, such that `x[i] == y[idx[i]]`.
    """
    return unique_op(x, out_idx=out_idx, name=name)


def unique_with_counts(x: Any, out_idx: Any = dtypes.int32, name: str | None = None) -> Any:
    """`unique`, and `count`: how often each value occurs."""
    return unique_with_counts_op(x, out_idx=out_idx, name=name)


list_diff_op = define_op(
    "ListDiff",
    ["x: T", "y: T"],
    ["out: T", "idx: out_idx"],
    [T, index_attr("out_idx")],
    lambda context: [TensorShape([None])] * 2,
)
list_diff_op.no_grad()


@list_diff_op.define
def list_diff_reference(node: Any, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    for name, value in (("x", x), ("y", y)):
        if value.ndim != 1:
            raise errors.InvalidArgumentError(None, None, f"{name} should be a 1D vector.")
    kept = np.flatnonzero(~np.isin(x, y))
    return x[kept], kept


def setdiff1d(x: Any, y: Any, index_dtype: Any = dtypes.int32, name: str | None = None) -> Any:
    """The values of vector `x` that are not in `y`, repeated ones included.

    Returns:
      A namedtuple: `out`, the values, in order; `idx`, their positions in `x`.
    """
    return list_diff_op(x, y, out_idx=index_dtype, name=name)
