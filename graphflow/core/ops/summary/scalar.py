"""ScalarSummary: a number by its tag."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ...base import compat, errors
from ...graph.op_def import define_op
from ...graph.tensor import Tensor
from ..shape_rules import scalar_shape
from .scope import collect, new_summary, serialized, summary_scope

scalar_summary_op = define_op(
    "ScalarSummary",
    inputs=["tags: string", "values: T"],
    outputs=["summary: string"],
    attrs=["T: realnumbertype"],
    shape=scalar_shape,
)
scalar_summary_op.no_grad()


@scalar_summary_op.define
def scalar_summary_reference(node: Any, tags: np.ndarray, values: np.ndarray) -> np.ndarray:
    if tags.shape != values.shape and not tags.size == values.size == 1:
        tag = f" (tag '{compat.as_text(tags.ravel()[0])}')" if tags.size == 1 else ""
        raise errors.InvalidArgumentError(
            None,
            None,
            f"tags and values not the same shape: {list(tags.shape)} != {list(values.shape)}{tag}",
        )
    summary = new_summary()
    for tag, value in zip(tags.ravel(), values.ravel(), strict=True):
        summary.value.add(tag=compat.as_text(tag), simple_value=float(value))
    return serialized(summary)


def scalar(
    name: str, tensor: Any, collections: Iterable[str] | None = None, family: str | None = None
) -> Tensor:
    """A summary of one number.

    Args:
      name: the node's name, which with its scopes is the tag.
      tensor: a real number, a scalar.
      collections: what to add the summary to; `GraphKeys.SUMMARIES` by default.
      family: a prefix of the tag, by which TensorBoard groups.

    Returns:
      A string, a scalar: the serialized Summary.

    Raises:
      InvalidArgumentError: in a run; the tensor is no scalar.
    """
    with summary_scope(name, family, values=[tensor]) as (tag, scope):
        return collect(scalar_summary_op(tag, tensor, name=scope), collections)
