"""`graphflow COMMAND ...`: finds the command's module and calls it.

A module of a command has `add_parser(commands)`, which describes its arguments and names the
function that runs it: `parser.set_defaults(run=...)`, from the arguments to an exit status.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from . import cache, convert, inspect, show

COMMANDS = (inspect, show, convert, cache)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command.

    Args:
      arguments: the words after `graphflow`; those of this process when None.

    Returns:
      The exit status.
    """
    parser = argparse.ArgumentParser(prog="graphflow", description="TensorFlow 1's graphs, alone.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add_parser(commands)
    parsed = parser.parse_args(arguments)
    try:
        status: int = parsed.run(parsed)
        sys.stdout.flush()
    except BrokenPipeError:  # `| head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status
