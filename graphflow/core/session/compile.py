"""The architecture on one screen: from fetches and feeds to something that runs.

program = build_program(...)                 # what the fetches need of the graph, frozen
Executable(program)                          # runs it with the NumPy references, until
    program = run_passes(program, shapes)    # PASSES: rewrites, for the shapes that were fed
    plan = make_plan(program)                # units -> kernel calls -> groups -> one arena
    NativePlan(plan)                         # kernels from cache or compiler; runs in the pool
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ..base.config import get_config
from ..graph.operation import Operation
from ..graph.tensor import Tensor
from ..program.build import build_program
from ..runtime.executable import Executable, ExecutionOptions


def compile_fetches(
    fetches: Sequence[Tensor],
    targets: Sequence[Operation],
    feeds: Sequence[Tensor],
    options: ExecutionOptions,
) -> Executable:
    """Freezes what the fetches need and makes it ready to run.

    Native code is made in `runtime/make_native.py`, when `options` say so. With
    `GRAPHFLOW_DEBUG=program` the program is printed, a node a line.
    """
    program = build_program(fetches, targets, feeds)
    if "program" in get_config().debug:
        sys.stderr.write(f"{program}\n")
    return Executable(program, options)
