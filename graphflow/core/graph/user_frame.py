"""The user's own line: which line of the script made a node.

Every Operation keeps the stack that made it, cheaply (code objects and line numbers); errors show
the innermost frame that is not graphflow's.
"""

from __future__ import annotations

import linecache
import os
import sys
from collections.abc import Sequence
from types import CodeType
from typing import NamedTuple

_PACKAGE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))) + os.sep

RawStack = Sequence[tuple[CodeType, int]]


class UserFrame(NamedTuple):
    """A place in a file. `line` is the source text, empty when the file cannot be read."""

    filename: str
    lineno: int
    name: str

    @property
    def line(self) -> str:
        return linecache.getline(self.filename, self.lineno).strip()

    def __str__(self) -> str:
        return f"{self.filename}:{self.lineno}"


def capture_stack() -> RawStack:
    """The caller's stack, innermost frame first."""
    stack = []
    frame = sys._getframe(1)
    while frame is not None:
        stack.append((frame.f_code, frame.f_lineno))
        frame = frame.f_back  # type: ignore[assignment]
    return stack


def is_internal_file(filename: str) -> bool:
    """Whether it is one of this package's own files."""
    return filename.startswith(_PACKAGE)


def user_frame(stack: RawStack) -> UserFrame:
    """The innermost frame outside this package (the outermost frame when all are inside)."""
    for code, lineno in stack:
        if not is_internal_file(code.co_filename):
            return UserFrame(code.co_filename, lineno, code.co_name)
    code, lineno = stack[-1]
    return UserFrame(code.co_filename, lineno, code.co_name)


def calling_user_frame() -> UserFrame:
    """The user's line that is running now."""
    return user_frame(capture_stack())
