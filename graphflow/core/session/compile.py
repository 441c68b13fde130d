"""The architecture on one screen: from fetches and feeds to something that runs."""

from __future__ import annotations

from collections.abc import Sequence

from ..graph.operation import Operation
from ..graph.tensor import Tensor
from ..program.build import build_program
from ..program.interpreter import Interpreter


def compile_fetches(
    fetches: Sequence[Tensor], targets: Sequence[Operation], feeds: Sequence[Tensor]
) -> Interpreter:
    """Freezes what the fetches need and makes it ready to run."""
    program = build_program(fetches, targets, feeds)
    return Interpreter(program)
