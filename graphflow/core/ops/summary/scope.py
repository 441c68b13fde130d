"""What all summaries share: names, tags, collections and the message itself."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ...base import compat, errors
from ...graph.collection_keys import GraphKeys
from ...graph.scopes import add_to_collection, name_scope
from ...graph.tensor import Tensor

_logger = logging.getLogger("graphflow")
_NOT_IN_NAMES = re.compile(r"[^-/\w.]")


@contextmanager
def summary_scope(
    name: str | None,
    family: str | None = None,
    default_name: str | None = None,
    values: Sequence[Any] = (),
) -> Iterator[tuple[str, str]]:
    """Enters the scope of a summary.

    Args:
      name: the summary's name; what a node's name cannot have becomes `_`.
      family: a prefix of the tag, by which TensorBoard groups.
      default_name: the name when there is none.
      values: the tensors that the summary takes.

    Yields:
      The tag and the scope; the scope is the node's name.
    """
    name, family = clean_tag(name), clean_tag(family)
    with name_scope(name if family is None else f"{family}/{name}", default_name, values) as scope:
        tag = scope.rstrip("/")
        yield (tag if family is None else f"{family}/{tag}"), scope


def clean_tag(name: str | None) -> str | None:
    """A name as nodes can have it."""
    if name is None:
        return None
    cleaned = _NOT_IN_NAMES.sub("_", name).lstrip("/")
    if cleaned != name:
        _logger.info("Summary name %s is illegal; using %s instead.", name, cleaned)
    return cleaned


def collect(
    summary: Tensor,
    collections: Iterable[str] | None,
    default: Sequence[str] = (GraphKeys.SUMMARIES,),
) -> Tensor:
    """Adds a summary to collections, and returns it."""
    for key in default if collections is None else collections:
        add_to_collection(key, summary)
    return summary


def new_summary() -> Any:
    """An empty Summary message."""
    from ....protos.event_pb2 import Summary

    return Summary()


def serialized(message: Any) -> np.ndarray:
    """A message as an op gives it back."""
    return np.array(message.SerializeToString(), dtype=object)


def tag_of(tag: np.ndarray) -> str:
    """The tag given to an op.

    Raises:
      InvalidArgumentError: it is no scalar.
    """
    if tag.size != 1:
        raise errors.InvalidArgumentError(
            None, None, f"tags must be scalar, but the shape is {list(tag.shape)}"
        )
    text: str = compat.as_text(tag.ravel()[0])
    return text


def tags_of_outputs(tag: str, kind: str, limit: int, count: int) -> list[str]:
    """The tags of the first examples of a batch; the form depends on the limit alone."""
    if limit == 1:
        return [f"{tag}/{kind}"][:count]
    return [f"{tag}/{kind}/{index}" for index in range(min(limit, count))]
