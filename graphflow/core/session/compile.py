"""The architecture on one screen: from fetches and feeds to something that runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ..base.config import get_config
from ..graph.operation import Operation
from ..graph.tensor import Tensor
from ..program.build import build_program
from ..program.interpreter import Interpreter


def compile_fetches(
    fetches: Sequence[Tensor], targets: Sequence[Operation], feeds: Sequence[Tensor]
) -> Interpreter:
    """Freezes what the fetches need and makes it ready to run.

    With `GRAPHFLOW_DEBUG=program` the program is printed, a node a line.
    """
    program = build_program(fetches, targets, feeds)
    if "program" in get_config().debug:
        sys.stderr.write(f"{program}\n")
    return Interpreter(program)
