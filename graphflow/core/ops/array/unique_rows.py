"""_UniqueRows: the distinct indices of rows in a vector whose length is known before the run.

It stands only in Programs, where a pass puts it in place of a Unique whose result names rows to be
changed (`passes/unique_rows.py`). The vector of distinct indices is filled up with `NO_ROW`; ops
that take it have the attribute `PADDED`, and leave such rows out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...base import errors
from ...graph.op_def import define_op
from .signatures import index_attr
from .unique import unique_reference

PADDED = "_padded"  # the attribute of nodes whose indices may be NO_ROW


def no_row(dtype: np.dtype[Any]) -> int:
    """The index that stands for no row: the lowest of its type."""
    return int(np.iinfo(dtype).min)


unique_rows_op = define_op(
    "_UniqueRows",
    ["indices: Tindices"],
    ["rows: Tindices", "places: out_idx"],
    ["Tindices: {int32, int64}", index_attr("out_idx")],
    lambda context: [context.with_rank(0, 1)] * 2,
)
unique_rows_op.no_grad()


@unique_rows_op.define
def unique_rows_reference(node: Any, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if (indices == no_row(indices.dtype)).any():
        raise outside_of_everything(no_row(indices.dtype), int(np.argmin(indices)))
    distinct, places = unique_reference(node, indices)
    rows = np.full_like(indices, no_row(indices.dtype))
    rows[: len(distinct)] = distinct
    return rows, places


def outside_of_everything(index: int, position: int) -> errors.OpError:
    """The error of an index that no variable can have."""
    return errors.InvalidArgumentError(
        None, None, f"indices[{position}] = {index} is outside of every variable"
    )


def without_padding(
    attrs: Mapping[str, Any], indices: np.ndarray, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The indices that name rows, and what belongs to them.

    Args:
      attrs: of the node that changes rows.
      indices: [n].
      rows: [n, ...], or a scalar.
    """
    if not attrs.get(PADDED):
        return indices, rows
    kept = indices != no_row(indices.dtype)
    return indices[kept], rows[kept] if rows.ndim else rows
