"""The axes that a reduction is over."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes, errors
from ...graph.tensor import Tensor


def reduced_axes(rank: int, axes: np.ndarray) -> tuple[int, ...]:
    """Axes in any order, counted from either end, possibly repeated, as sorted positions.

    Raises:
      InvalidArgumentError: one is out of range.
    """
    positions = set()
    for axis in axes.reshape(-1).tolist():
        if not -rank <= axis < rank:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Invalid reduction dimension ({axis} for input with {rank} dimension(s)",
            )
        positions.add(axis % rank)
    return tuple(sorted(positions))


def kept_shape(shape: Tensor, axes: Any) -> Tensor:
    """A shape with 1 in place of reduced axes, when the axes are known only in a run."""
    shape = ops.elementwise.cast(shape, dtypes.int32)
    axes = ops.array.reshape(ops.elementwise.cast(axes, dtypes.int32), [-1])
    rank = ops.array.size(shape)
    axes = ops.elementwise.floormod(axes + rank, rank)
    ones = ops.array.ones_like(axes)
    return ops.array.dynamic_stitch([ops.array.range(0, rank), axes], [shape, ones])
