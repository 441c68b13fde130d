"""Which scopes a graph is in: what `with` blocks around the code say about the next node."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from .device import DeviceFunction

if TYPE_CHECKING:
    from .operation import Operation


class ControlScope:
    """One `control_dependencies` block: what to wait for, and the nodes made inside so far."""

    def __init__(self, ops: list[Operation]) -> None:
        self.ops = ops
        self.seen: set[Operation] = set()


class Scopes:
    """The blocks that a graph is in, outermost first; entering and leaving one replaces its list.

    Attributes:
      control: the blocks of `control_dependencies`.
      devices: the device functions.
      colocation: the operations to be placed with.
    """

    def __init__(self) -> None:
        self.control: list[ControlScope] = []
        self.devices: list[DeviceFunction] = []
        self.colocation: list[Operation] = []


class ThreadScopes(threading.local, Scopes):
    """`Scopes` of each thread, which begin as the given ones."""

    def __init__(self, outer: Scopes) -> None:
        super().__init__()
        self.control = outer.control
        self.devices = outer.devices
        self.colocation = outer.colocation


class ThreadNaming(threading.local):
    """The name scope that a thread is in, without a trailing slash.

    Threads that build one graph together are in name scopes of their own, as in TF1.
    """

    def __init__(self, scope: str = "") -> None:
        super().__init__()
        self.scope = scope
