"""MergeSummary: all values of several summaries in one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ...base import errors
from ...graph.collection_keys import GraphKeys
from ...graph.op_def import define_op
from ...graph.scopes import get_collection, name_scope
from ...graph.tensor import Tensor
from ..shape_rules import scalar_shape
from .scope import clean_tag, collect, new_summary, serialized

merge_summary_op = define_op(
    "MergeSummary",
    inputs=["inputs: N * string"],
    outputs=["summary: string"],
    attrs=["N: int >= 1"],
    shape=scalar_shape,
)
merge_summary_op.no_grad()


@merge_summary_op.define
def merge_summary_reference(node: Any, *inputs: np.ndarray) -> np.ndarray:
    from google.protobuf.message import DecodeError

    merged, tags = new_summary(), set()
    for text in (text for array in inputs for text in array.ravel()):
        try:
            summary = type(merged).FromString(text)
        except DecodeError:
            raise errors.InvalidArgumentError(
                None, None, "Could not parse one of the summary inputs"
            ) from None
        for value in summary.value:
            if value.tag and value.tag in tags:
                raise errors.InvalidArgumentError(
                    None, None, f"Duplicate tag {value.tag} found in summary inputs"
                )
            tags.add(value.tag)
        merged.MergeFrom(summary)
    return serialized(merged)


def merge(
    inputs: Sequence[Any], collections: Iterable[str] | None = None, name: str | None = None
) -> Tensor:
    """One summary with the values of several.

    Args:
      inputs: serialized Summaries.
      collections: what to add the summary to; none by default.
      name: a scope, `Merge` by default.

    Returns:
      A string, a scalar: the serialized Summary.

    Raises:
      InvalidArgumentError: in a run; two values have one tag.
    """
    name = clean_tag(name)
    with name_scope(name, "Merge", inputs):
        return collect(merge_summary_op(inputs, name=name), collections, ())


def merge_all(
    key: str = GraphKeys.SUMMARIES, scope: str | None = None, name: str | None = None
) -> Tensor | None:
    """One summary with the values of all summaries of the graph.

    Args:
      key: the collection that they are in.
      scope: a regular expression that the beginnings of their names match.
      name: a scope, `Merge` by default.

    Returns:
      A string, a scalar: the serialized Summary; None when there is none to merge.
    """
    summaries = get_collection(key, scope=scope)
    return merge(summaries, name=name) if summaries else None
