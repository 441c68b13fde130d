"""What an op says that has begun and cannot finish before another op, or another run, has gone on.

Nodes of one run that are ready at the same time and may wait are all begun before any is waited
for (`program/interpreter.py`, `run_together`): one of them may be what another waits for.
"""

from __future__ import annotations

from typing import Protocol

from . import errors


class Request(Protocol):
    """What has been begun.

    Attributes:
      is_over: whether the op, called once more, will finish.
    """

    is_over: bool

    def withdraw(self) -> None:
        """Undoes it: nobody will call the op again."""

    def cancelled(self) -> errors.OpError:
        """The error that the op fails with when its run is cancelled."""


class StillWaiting(Exception):
    """Raised by an op that was asked not to wait.

    Args:
      request: what it has begun.
    """

    def __init__(self, request: Request) -> None:
        super().__init__()
        self.request = request
