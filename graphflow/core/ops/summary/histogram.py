"""HistogramSummary: how values are distributed, in TensorFlow's buckets."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable
from typing import Any

import numpy as np

from ...base import errors
from ...graph.op_def import define_op
from ...graph.tensor import Tensor
from ..shape_rules import scalar_shape
from .scope import collect, new_summary, serialized, summary_scope, tag_of

histogram_summary_op = define_op(
    "HistogramSummary",
    inputs=["tag: string", "values: T"],
    outputs=["summary: string"],
    attrs=["T: realnumbertype = DT_FLOAT"],
    shape=scalar_shape,
)
histogram_summary_op.no_grad()


@functools.cache
def bucket_limits() -> np.ndarray:
    """The upper ends of the buckets: each a tenth wider than the one nearer to zero."""
    positive = []
    limit = 1e-12
    while limit < 1e20:
        positive.append(limit)
        limit *= 1.1
    positive.append(sys.float_info.max)
    limits = np.array(positive)
    return np.concatenate([-limits[::-1], [0.0], limits])


def fill_histogram(proto: Any, values: np.ndarray) -> None:
    """Counts finite values into a HistogramProto; neighbouring empty buckets become one."""
    limits = bucket_limits()
    largest = sys.float_info.max
    numbers = values.ravel().astype(np.float64)
    proto.min = numbers.min(initial=largest)
    proto.max = numbers.max(initial=-largest)
    proto.num = numbers.size
    # One after the other, as TensorFlow adds them: the last bit is the same.
    proto.sum = np.add.accumulate(numbers)[-1] if numbers.size else 0.0
    proto.sum_squares = np.add.accumulate(numbers * numbers)[-1] if numbers.size else 0.0
    bucket = np.searchsorted(limits, numbers, side="right")
    counts = np.bincount(np.minimum(bucket, len(limits) - 1), minlength=len(limits))
    # A bucket is written if it has values, or if it is the last empty one before one that has.
    is_last_empty = (counts == 0) & np.append(counts[1:] > 0, True)
    written = np.flatnonzero((counts > 0) | is_last_empty)
    proto.bucket_limit.extend(limits[written])
    proto.bucket.extend(counts[written].astype(np.float64))


@histogram_summary_op.define
def histogram_summary_reference(node: Any, tag: np.ndarray, values: np.ndarray) -> np.ndarray:
    summary = new_summary()
    value = summary.value.add(tag=tag_of(tag))
    if values.dtype.kind not in "biu":
        for what, test in (("Nan", np.isnan), ("Infinity", np.isinf)):
            if test(values).any():
                raise errors.InvalidArgumentError(
                    None, None, f"{what} in summary histogram for: {node.name}"
                )
    fill_histogram(value.histo, values)
    return serialized(summary)


def histogram(
    name: str, values: Any, collections: Iterable[str] | None = None, family: str | None = None
) -> Tensor:
    """A summary of how values are distributed.

    Args:
      name: the node's name, which with its scopes is the tag.
      values: real numbers, of any shape.
      collections: what to add the summary to; `GraphKeys.SUMMARIES` by default.
      family: a prefix of the tag, by which TensorBoard groups.

    Returns:
      A string, a scalar: the serialized Summary.

    Raises:
      InvalidArgumentError: in a run; a value is not finite.
    """
    with summary_scope(name, family, "HistogramSummary", [values]) as (tag, scope):
        return collect(histogram_summary_op(tag, values, name=scope), collections)
