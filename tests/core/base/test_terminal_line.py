"""The line of a terminal that says what is being done."""

from __future__ import annotations

import io

from graphflow.core.base.terminal_line import TerminalLine


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_one_text_takes_the_place_of_another() -> None:
    terminal = Terminal()
    line = TerminalLine(terminal)
    line.show("1/2")
    line.show("2/2")
    line.clear()
    line.clear()
    assert terminal.getvalue() == "\r\x1b[K1/2\r\x1b[K2/2\r\x1b[K"


def test_what_is_done_at_once_needs_no_line() -> None:
    terminal = Terminal()
    line = TerminalLine(terminal, delay=60.0)
    line.show("1/2")
    line.clear()
    assert terminal.getvalue() == ""


def test_nothing_is_written_into_a_file() -> None:
    file = io.StringIO()
    line = TerminalLine(file)
    line.show("1/2")
    line.clear()
    assert file.getvalue() == ""
