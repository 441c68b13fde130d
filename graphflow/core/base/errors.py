"""What a failed graph or session raises: TensorFlow's error classes, one for each status code.

First stop of the pipeline: every later stage raises these. An error that knows its operation
also knows the line of the user's script that made it, and says so.
"""

from __future__ import annotations

import warnings
from typing import Any, ClassVar

OK = 0
CANCELLED = 1
UNKNOWN = 2
INVALID_ARGUMENT = 3
DEADLINE_EXCEEDED = 4
NOT_FOUND = 5
ALREADY_EXISTS = 6
PERMISSION_DENIED = 7
RESOURCE_EXHAUSTED = 8
FAILED_PRECONDITION = 9
ABORTED = 10
OUT_OF_RANGE = 11
UNIMPLEMENTED = 12
INTERNAL = 13
UNAVAILABLE = 14
DATA_LOSS = 15
UNAUTHENTICATED = 16


class OpError(Exception):
    """Failure of a graph, a session or one of its operations.

    Args:
      node_def: the NodeDef of the operation that failed, or None.
      op: the Operation that failed, or None.
      message: what went wrong.
      error_code: one of this module's status codes; by default the one that the class stands for.

    `str(error)` is the message, then the node's name and the user's line that made it.
    TF1 prints the whole stack of that line instead.
    """

    code: ClassVar[int] = UNKNOWN

    def __init__(self, node_def: Any, op: Any, message: str, error_code: int | None = None) -> None:
        super().__init__(message)
        self._node_def = node_def
        self._op = op
        self._message = message
        self._error_code = self.code if error_code is None else error_code

    @property
    def node_def(self) -> Any:
        """The NodeDef of the operation that failed, or None."""
        return self._node_def

    @property
    def op(self) -> Any:
        """The Operation that failed, or None."""
        return self._op

    @property
    def message(self) -> str:
        """What went wrong, without the place."""
        return self._message

    @property
    def error_code(self) -> int:
        """The status code."""
        return self._error_code

    def __str__(self) -> str:
        place = _place_of(self._op)
        # A run that re-raises an error with its text as message has the place in it already.
        if not place or place in self._message:
            return self._message
        return self._message + place

    def __reduce__(self) -> tuple[Any, ...]:
        # A graph does not travel to another process; the place it would have named does.
        message = self._message if self._op is None else str(self)
        return type(self), (self._node_def, None, message, self._error_code)


def _place_of(op: Any) -> str:
    """`\\n\\t [[node NAME (defined at FILE:LINE) ]]` and the source line, or "".

    A node made on account of others, as gradients are, is followed by these.
    """
    places = []
    while op is not None:
        places.append(_line_of(op))
        op = getattr(op, "_original_op", None)
    return "\n\t ...which was originally created as".join(places)


def _line_of(op: Any) -> str:
    frame = op.user_frame
    if frame is None:
        return f"\n\t [[node {op.name}]]"
    place = f"\n\t [[node {op.name} (defined at {frame.filename}:{frame.lineno}) ]]"
    source = frame.line.strip()
    return f"{place}\n\t {source}" if source else place


class UnknownError(OpError):
    """A failure of no known kind; `error_code` keeps the code that came with it."""

    code = UNKNOWN


class CancelledError(OpError):
    """The run was cancelled, for instance by closing its session or its queue."""

    code = CANCELLED


class InvalidArgumentError(OpError):
    """An operation got a value, shape or dtype that it cannot work with."""

    code = INVALID_ARGUMENT


class DeadlineExceededError(OpError):
    """A time limit passed before the operation ended."""

    code = DEADLINE_EXCEEDED


class NotFoundError(OpError):
    """A file, checkpoint key or other named thing is missing."""

    code = NOT_FOUND


class AlreadyExistsError(OpError):
    """A thing to be created is there already."""

    code = ALREADY_EXISTS


class PermissionDeniedError(OpError):
    """The process may not read or write what the operation needs."""

    code = PERMISSION_DENIED


class UnauthenticatedError(OpError):
    """The request carries no valid credentials."""

    code = UNAUTHENTICATED


class ResourceExhaustedError(OpError):
    """Memory, disk or a quota ran out."""

    code = RESOURCE_EXHAUSTED


class FailedPreconditionError(OpError):
    """The state does not allow the operation: most often a variable without a value yet."""

    code = FAILED_PRECONDITION


class AbortedError(OpError):
    """The operation was given up because of a concurrent one."""

    code = ABORTED


class OutOfRangeError(OpError):
    """An input was read past its end: an exhausted iterator, queue or counter."""

    code = OUT_OF_RANGE


class UnimplementedError(OpError):
    """The operation has no implementation for these arguments."""

    code = UNIMPLEMENTED


class InternalError(OpError):
    """The engine broke a promise to itself: a bug to report."""

    code = INTERNAL


class UnavailableError(OpError):
    """The engine cannot be reached at the moment."""

    code = UNAVAILABLE


class DataLossError(OpError):
    """Data is damaged beyond repair: a truncated file, a checksum that does not match."""

    code = DATA_LOSS


_CODE_TO_CLASS = {error_class.code: error_class for error_class in OpError.__subclasses__()}
_CLASS_TO_CODE: dict[type[BaseException], int] = {
    error_class: code for code, error_class in _CODE_TO_CLASS.items()
}


def exception_type_from_error_code(error_code: int) -> type[OpError]:
    """The class that stands for a status code.

    Args:
      error_code: a status code other than OK.

    Returns:
      The subclass of OpError.

    Raises:
      KeyError: no class stands for the code.
    """
    return _CODE_TO_CLASS[error_code]


def error_code_from_exception_type(cls: type[BaseException]) -> int | UnknownError:
    """The status code that a class stands for.

    Args:
      cls: one of this module's classes.

    Returns:
      The code; for any other class, as in TF1, a warning and an UnknownError *object*.
    """
    code = _CLASS_TO_CODE.get(cls)
    if code is not None:
        return code
    warnings.warn("Unknown class exception", stacklevel=2)
    return UnknownError(None, None, "Unknown class exception")
