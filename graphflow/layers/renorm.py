"""Batch renormalization: what makes normalizing by a batch agree with normalizing by averages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core import ops
from ..core.graph.tensor import Tensor

CLIPPING_KEYS = ("rmax", "rmin", "dmax")


def renorm_corrections(
    mean: Tensor,
    stddev: Tensor,
    average_mean: Any,
    average_stddev: Any,
    epsilon: float,
    clipping: Mapping[str, Any],
) -> tuple[Tensor, Tensor]:
    """The r and d of `(x - mean) / stddev * r + d`, which is `(x - average_mean) / average_stddev`.

    That holds unless they are clipped.

    Args:
      mean: the batch's.
      stddev: the batch's.
      average_mean: a variable.
      average_stddev: a variable; taken for at least the root of `epsilon`.
      epsilon: the least variance.
      clipping: the bounds "rmin" and "rmax" of r, and "dmax" of d's magnitude, as far as wanted.
    """
    divisor = ops.elementwise.maximum(average_stddev, epsilon**0.5)
    r = stddev / divisor
    d = (mean - average_mean) / divisor
    if clipping.get("rmin") is not None:
        r = ops.elementwise.maximum(r, clipping["rmin"])
    if clipping.get("rmax") is not None:
        r = ops.elementwise.minimum(r, clipping["rmax"])
    if clipping.get("dmax") is not None:
        d = ops.elementwise.maximum(d, -clipping["dmax"])
        d = ops.elementwise.minimum(d, clipping["dmax"])
    return r, d
