"""One line of a terminal that says what is being done, and goes when it is done."""

from __future__ import annotations

import sys
from time import monotonic
from typing import TextIO


class TerminalLine:
    """Shows one text in the place of another; nothing where the stream is not a terminal.

    Args:
      stream: standard error if it is not given.
      delay: seconds in which nothing is shown: what is done by then needs no line.
    """

    def __init__(self, stream: TextIO | None = None, delay: float = 0.0) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._start = monotonic() + delay
        self._is_shown = False

    def show(self, text: str) -> None:
        """Replaces what is shown."""
        if self._stream.isatty() and monotonic() >= self._start:
            self._write(text)
            self._is_shown = True

    def clear(self) -> None:
        """Leaves the line empty."""
        if self._is_shown:
            self._write("")
            self._is_shown = False

    def _write(self, text: str) -> None:
        self._stream.write(f"\r\x1b[K{text}")
        self._stream.flush()
