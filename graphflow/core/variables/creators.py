"""How `tf.Variable(...)` comes to a variable: through the creators of the scopes, then by kind."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

from ..graph.stacks import get_default_graph
from .ref_variable import RefVariable
from .resource_variable import ResourceVariable
from .variable import Variable

# Keys that are no strings are no collections of the user's.
_CREATORS = ("__variable_creators",)

_resource_by_default = False


def enable_resource_variables() -> None:
    """Makes resource variables where neither `use_resource` nor the scope says which kind."""
    global _resource_by_default
    _resource_by_default = True


def disable_resource_variables() -> None:
    """Makes reference variables by default, as in TF1: the state at the start."""
    global _resource_by_default
    _resource_by_default = False


def resource_variables_enabled() -> bool:
    """Whether resource variables are made by default."""
    return _resource_by_default


def create_variable(**arguments: Any) -> Any:
    """The variable that the creators in force make of `tf.Variable`'s arguments."""
    creator: Callable[..., Any] = _create_by_kind
    for entry in get_default_graph().get_collection(_CREATORS):
        creator = functools.partial(entry.creator, creator)
    return creator(**arguments)


def _create_by_kind(use_resource: bool | None = None, **arguments: Any) -> Variable:
    from .variable_scope import get_variable_scope  # its scopes make variables through this module

    if use_resource is None:
        use_resource = get_variable_scope().use_resource
    if use_resource is None:
        use_resource = _resource_by_default
    return kind_of_variable(use_resource)(**arguments)


def kind_of_variable(is_resource: bool) -> type[Variable]:
    """ResourceVariable or RefVariable."""
    return ResourceVariable if is_resource else RefVariable


@contextlib.contextmanager
def variable_creator_scope(variable_creator: Callable[..., Any]) -> Iterator[None]:
    """Passes the making of variables inside through a function.

    Args:
      variable_creator: `(next_creator, **arguments) -> variable`; it may change the arguments of
        `tf.Variable`, passed as keywords, and calls `next_creator(**arguments)` to make one.

    Raises:
      RuntimeError: (on leaving) a block entered later is still open.
    """
    entries = get_default_graph().get_collection_ref(_CREATORS)
    entry = _Entry(variable_creator)
    entries.append(entry)
    try:
        yield
    finally:
        if entries[-1] is not entry:
            raise RuntimeError("Exiting variable_creator_scope without proper nesting.")
        entries.pop()


class _Entry:
    """One block: the same creator may be in force several times."""

    def __init__(self, creator: Callable[..., Any]) -> None:
        self.creator = creator
