"""`graphflow inspect FILE`: what a file of TensorFlow is, and what is in it."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from ..core.base import errors
from ..formats.describe import describe
from ..formats.recognize import recognize


def add_parser(commands: Any) -> None:
    """Adds the command to an argument parser's subcommands."""
    parser = commands.add_parser(
        "inspect",
        help="tell what a file of TensorFlow is, and what is in it",
        description="Tells what a file is: checkpoint (a prefix, or one of its files), SavedModel, "
        "MetaGraphDef, GraphDef (binary or text), event file, TFRecord file; and which variables, "
        "ops, signatures or tags are in it.",
    )
    parser.add_argument("file", metavar="FILE")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    try:
        for line in describe(recognize(arguments.file)):
            print(line)
    except errors.OpError as error:
        print(f"graphflow inspect: {error.message}", file=sys.stderr)
        return 1
    return 0
