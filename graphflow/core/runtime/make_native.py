"""From a program and the shapes of its arguments to a plan, and to its kernels."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Sequence

from ..base.config import get_config
from ..base.terminal_line import TerminalLine
from ..codegen.cpu.elementwise import describe
from ..codegen.cpu.library import PLAN_KERNELS, Kernel, is_ready
from ..codegen.cpu.workers import compile_missing
from ..passes.pipeline import run_passes
from ..plan.make import make_plan
from ..plan.plan import Plan
from ..program.program import Program
from .background import stop_if_ending
from .cores import available_cores
from .instance import all_kernels, kernel_of
from .native import NativePlan
from .pool import get_pool

_SECONDS_WITHOUT_A_WORD = 2.0


def plan_program(
    program: Program,
    arg_shapes: Sequence[tuple[int, ...]],
    top_shapes: Sequence[tuple[int, ...] | None] = (),
) -> Plan:
    """Plans a program.

    Args:
      program: from the graph.
      arg_shapes: a shape for each `_Arg`.
      top_shapes: the shape of the last element, for each `_Arg` that is a list; None for others.
    """
    rewritten = run_passes(program, arg_shapes, top_shapes)
    _show("passes", str(rewritten))
    plan = make_plan(rewritten)
    _show("plan", str(plan))
    _show_sources(plan)
    return plan


def is_compiled(plan: Plan) -> bool:
    """Whether the code of all kernels is in the cache."""
    return all(is_ready(kernel_of(name)) for name in all_kernels(plan))


def load_plan(plan: Plan, threads: int, shows_progress: bool = False) -> NativePlan:
    """Gets a plan's kernels, from the cache or the compiler.

    Args:
      plan: the plan.
      threads: how many threads run it; 0 for all cores.
      shows_progress: whether somebody waits and wants to know for what.
    """
    kind = NativePlan
    if "guard" in get_config().debug:
        from .guard import GuardedPlan

        kind = GuardedPlan
    _compile_kernels(plan, shows_progress)
    return kind(plan, get_pool(threads or available_cores()))


def _compile_kernels(plan: Plan, shows_progress: bool) -> None:
    """Compiles what is in no cache, as far as that is worth processes of their own."""
    line, count = TerminalLine(delay=_SECONDS_WITHOUT_A_WORD), itertools.count(1)

    def show(kernel: Kernel) -> None:
        line.show(f"graphflow compiles, this once: {next(count)} kernels so far, {kernel.name}")

    names = sorted(all_kernels(plan), key=lambda name: name.name)
    kernels = [*PLAN_KERNELS, *map(kernel_of, names)]
    try:
        compile_missing(kernels, available_cores(), show if shows_progress else None)
    finally:
        line.clear()
    stop_if_ending()


def _show(stage: str, text: str) -> None:
    """Prints a stage for whoever set `GRAPHFLOW_DEBUG` to see it."""
    if stage in get_config().debug:
        sys.stderr.write(f"{text}\n")


def _show_sources(plan: Plan) -> None:
    if "source" in get_config().debug:
        for name in dict.fromkeys(call.kernel for call in plan.calls):
            if name.body is not None:
                sys.stderr.write(f"{name.name}:\n{describe(name.body)}\n")
