"""Arguments that changed their name in TF1's life: both names work, never at the same time.

Ops with such pairs (`keep_dims`/`keepdims`, `reduction_indices`/`axis`, `dim`/`axis`) call this
before they add anything to the graph.
"""

from __future__ import annotations

import logging
from typing import TypeVar

_T = TypeVar("_T")
_logger = logging.getLogger("graphflow")
_already_said: set[tuple[str, str]] = set()


def deprecated_argument_lookup(
    new_name: str, new_value: _T | None, old_name: str, old_value: _T | None
) -> _T | None:
    """The value of an argument with two names.

    The first use of an old name is noted once a process, at level INFO of the logger
    `graphflow`; TF1 warns.

    Args:
      new_name: today's name.
      new_value: what was passed under it, or None.
      old_name: the former name.
      old_value: what was passed under it, or None.

    Returns:
      The value that is not None, or None.

    Raises:
      ValueError: both are given.
    """
    if old_value is None:
        return new_value
    if new_value is not None:
        raise ValueError(f"Cannot specify both '{old_name}' and '{new_name}'")
    if (old_name, new_name) not in _already_said:
        _already_said.add((old_name, new_name))
        _logger.info("argument %r is the old name of %r", old_name, new_name)
    return old_value
