"""From a program and the shapes of its arguments to a plan with its kernels loaded."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ..base.config import get_config
from ..codegen.cpu.elementwise import describe
from ..passes.pipeline import run_passes
from ..plan.make import make_plan
from ..plan.plan import Plan
from ..program.program import Program
from .native import NativePlan
from .pool import available_cores, get_pool


def make_native(
    program: Program, arg_shapes: Sequence[tuple[int, ...]], threads: int
) -> NativePlan:
    """Plans a program and gets its kernels, from the cache or the compiler.

    Args:
      program: from the graph.
      arg_shapes: a shape for each `_Arg`.
      threads: how many threads run it; 0 for all cores.
    """
    rewritten = run_passes(program, arg_shapes)
    _show("passes", str(rewritten))
    plan = make_plan(rewritten)
    _show("plan", str(plan))
    _show_sources(plan)
    return NativePlan(plan, get_pool(threads or available_cores()))


def _show(stage: str, text: str) -> None:
    """Prints a stage for whoever set `GRAPHFLOW_DEBUG` to see it."""
    if stage in get_config().debug:
        sys.stderr.write(f"{text}\n")


def _show_sources(plan: Plan) -> None:
    if "source" in get_config().debug:
        for name in dict.fromkeys(call.kernel for call in plan.calls):
            if name.body is not None:
                sys.stderr.write(f"{name.name}:\n{describe(name.body)}\n")
