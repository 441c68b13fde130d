"""TF1's thread-local stacks: the default graph and the default session."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from .graph import Graph

T = TypeVar("T")


class DefaultStack(threading.local, Generic[T]):
    """A stack of defaults, one per thread, with `enforce_nesting` as in TF1."""

    def __init__(self) -> None:
        super().__init__()
        self.items: list[T] = []
        self.enforce_nesting = True

    def top(self) -> T | None:
        return self.items[-1] if self.items else None

    @contextlib.contextmanager
    def pushed(self, item: T) -> Iterator[T]:
        """Makes `item` the default inside the `with` block."""
        self.items.append(item)
        try:
            yield item
        finally:
            if self.enforce_nesting:
                if self.items[-1] is not item:
                    raise AssertionError(
                        f"Nesting violated for default stack of {type(item)} objects"
                    )
                self.items.pop()
            elif item in self.items:
                self.items.remove(item)


class _DefaultGraphStack(DefaultStack["Graph"]):
    """Ends in one global graph per process, shared by all threads, as in TF1."""

    global_graph: Graph | None = None
    _lock = threading.Lock()

    def default(self) -> Graph:
        return self.top() or self._global()

    def _global(self) -> Graph:
        from .graph import Graph

        with self._lock:
            if _DefaultGraphStack.global_graph is None:
                _DefaultGraphStack.global_graph = Graph()
            return _DefaultGraphStack.global_graph

    def reset(self) -> None:
        if self.items:
            raise AssertionError(
                "Do not use tf.reset_default_graph() to clear nested graphs. If you need a cleared "
                "graph, exit the nesting and create a new graph."
            )
        _DefaultGraphStack.global_graph = None


default_graphs = _DefaultGraphStack()
default_sessions: DefaultStack[Any] = DefaultStack()


def get_default_graph() -> Graph:
    """The graph that ops are added to: the innermost `as_default()`, else the global one."""
    return default_graphs.default()


def reset_default_graph() -> None:
    """Clears the global default graph.

    Raises:
      AssertionError: called inside a `with graph.as_default()` block, as in TF1.
    """
    default_graphs.reset()


def get_default_session() -> Any:
    """The session of the innermost `with session:` or `as_default()`, or None."""
    return default_sessions.top()
