"""Executable: a program ready to run, first by the interpreter, then by native plans.

The first runs never wait for a compiler. A program that has cost some time is planned, and its
kernels are compiled, in the background, for the shapes that it met; when they are ready they take
over. Runs that come meanwhile leave the compiler some of the time, as a step by the interpreter is
worth a small part of what a native one is. `GRAPHFLOW_JIT=now` plans at the first run and waits,
`off` never does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter, sleep
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.config import get_config
from ..base.tensor_list import TensorList
from ..program.interpreter import Interpreter
from ..program.program import Program
from .background import going_on_without, in_background

if TYPE_CHECKING:
    from ..plan.plan import Plan
    from .context import RunContext
    from .simple_run import SimpleRun

_RUNS_BEFORE_PLAN = 20
_SECONDS_BEFORE_PLAN = 0.03
# One of these takes NumPy longer than planning the whole program takes.
_HEAVY = frozenset({"Conv2D", "Conv3D", "DepthwiseConv2dNative", "FusedBatchNormV3", "LRN"})
_MAX_PLANS = 64  # shapes of one program that are kept
_FEW_SHAPES = 8  # of a program that meets more, only those are planned that it meets again
# While a plan is being made a run waits so many times as long as the interpreter needs for it.
_PATIENCE = 2.0
_POLL_SECONDS = 1e-3

ShapeKey = tuple[Any, ...]


@dataclass(frozen=True)
class ExecutionOptions:
    """How programs are run.

    Attributes:
      jit: when native kernels are used: auto, now, off.
      threads: how many threads run a plan; 0 for all cores.
    """

    jit: str = "auto"
    threads: int = 0


@dataclass
class _Shaped:
    """What is known of a program with fed arrays of certain shapes."""

    runs: int = 0
    seconds: float = 0.0
    is_asked_for: bool = False
    to_load: Callable[[], None] | None = None  # compiles what the plan lacks, after the first run
    is_being_made: bool = False  # in the background
    plan: Any = None  # a NativePlan


class Executable:
    """A Program that can be run any number of times, from several threads at once."""

    def __init__(self, program: Program, options: ExecutionOptions) -> None:
        self.program = program
        self._interpreter = Interpreter(program)
        self._options = options
        self._shaped: dict[ShapeKey, _Shaped] = {}
        self._is_heavy = any(node.op.name in _HEAVY for node in program.nodes)

    def run(self, args: Sequence[Any], context: RunContext) -> list[Any]:
        """Runs the program.

        Args:
          args: a value for each `_Arg`.
          context: the session's side: variables, random state, function bodies.

        Returns:
          The results: arrays that the caller owns; a Ref where a result is a variable itself.

        Raises:
          OpError: of TF's class, naming the node that failed.
        """
        results = self._run_native(args, context)
        if results is not None:
            return results
        with np.errstate(all="ignore"):
            results = self._interpret(args, context)
        return [r.copy() if isinstance(r, np.ndarray) else r for r in results]

    def simple_run(self, args: Sequence[Any]) -> SimpleRun | None:
        """What runs the program on arguments of these shapes, if they are all that a run needs.

        Returns:
          From arguments to results that the caller owns: what `run` would do, with fewer steps.
          None while there is no native plan, and where it needs something of the session's.
        """
        shaped = self._shaped.get(_shape_key(args))
        if shaped is None or shaped.plan is None:
            return None
        found: SimpleRun | None = shaped.plan.simple_run
        return found

    def run_body(self, args: Sequence[Any], context: RunContext) -> list[Any]:
        """`run` inside of another run, whose results are read and never changed."""
        results = self._run_native(args, context)
        return self._interpret(args, context) if results is None else results

    def _run_native(self, args: Sequence[Any], context: RunContext) -> list[Any] | None:
        """The results by a native plan, if there is one for the arguments' shapes."""
        if self._options.jit == "off":
            return None
        shaped = self._shaped_for(args)
        if shaped.plan is None and not shaped.is_asked_for:
            try:
                with going_on_without():
                    if self._options.jit == "now":
                        if len(self._shaped) <= _FEW_SHAPES or shaped.runs:
                            self._make_plan(shaped, args)
                    elif self._is_heavy:
                        self._plan_if_cached(shaped, args)
            except KeyboardInterrupt:
                shaped.is_asked_for = False  # the next run tries again
                raise
        if shaped.is_being_made:
            _leave_time_for(shaped)
        if shaped.plan is None:
            return None
        results: list[Any] | None = shaped.plan.run(args, context)
        return results

    def _shaped_for(self, args: Sequence[Any]) -> _Shaped:
        key = _shape_key(args)
        shaped = self._shaped.get(key)
        if shaped is None:
            if len(self._shaped) >= _MAX_PLANS:
                self._shaped.clear()
            shaped = self._shaped.setdefault(key, _Shaped())
        return shaped

    def _interpret(self, args: Sequence[Any], context: RunContext) -> list[Any]:
        """The results by the interpreter; asks for a plan once that has taken long enough."""
        start = perf_counter()
        results = self._interpreter.run_body(args, context)
        if self._options.jit == "off":
            return results
        shaped = self._shaped_for(args)
        shaped.runs += 1
        if self._options.jit == "now":
            return results
        shaped.seconds += perf_counter() - start
        if shaped.to_load is not None:
            load, shaped.to_load = shaped.to_load, None
            _make_in_background(shaped, load)
        enough = shaped.runs >= _RUNS_BEFORE_PLAN or shaped.seconds >= _SECONDS_BEFORE_PLAN
        if enough and shaped.runs > 1 and not shaped.is_asked_for:
            shaped.is_asked_for = True
            _make_in_background(shaped, lambda: self._make_plan(shaped, args))
        return results

    def _make_plan(self, shaped: _Shaped, args: Sequence[Any]) -> None:
        """Plans the program for the shapes of some arguments; compiles what is not cached."""
        from .make_native import load_plan

        shaped.is_asked_for = True
        waits = self._options.jit == "now"
        shaped.plan = load_plan(self._plan_for(args), self._options.threads, shows_progress=waits)

    def _plan_if_cached(self, shaped: _Shaped, args: Sequence[Any]) -> None:
        """Plans a program whose first run would take longer than that, and uses the plan at once
        if nothing is left to compile. What is left is compiled in the background when the first run
        is over: beside the compiler it would take three times as long."""
        from .make_native import is_compiled, load_plan

        shaped.is_asked_for = True
        plan = self._plan_for(args)

        def load() -> None:
            shaped.plan = load_plan(plan, self._options.threads)

        if is_compiled(plan):
            load()
        else:
            shaped.to_load = load

    def _plan_for(self, args: Sequence[Any]) -> Plan:
        from .make_native import plan_program

        shapes = [tuple(np.shape(getattr(value, "value", value))) for value in args]
        tops = [value.top_shape if type(value) is TensorList else None for value in args]
        return plan_program(self.program, shapes, tops)


def _make_in_background(shaped: _Shaped, make: Callable[[], None]) -> None:
    def job() -> None:
        try:
            make()
        finally:
            shaped.is_being_made = False

    shaped.is_being_made = True
    in_background(job)


def _leave_time_for(shaped: _Shaped) -> None:
    """Waits for a plan for a while, so that the compiler has the cores to itself."""
    start = perf_counter()
    patience = _PATIENCE * shaped.seconds / max(shaped.runs, 1)
    while shaped.is_being_made and perf_counter() - start < patience - _POLL_SECONDS:
        sleep(_POLL_SECONDS)


def _shape_key(args: Sequence[Any]) -> ShapeKey:
    # Of a list the last element's shape counts as well: a loop's gradient takes it from a stack.
    return tuple(
        [
            ((), value.top_shape) if type(value) is TensorList else getattr(value, "shape", None)
            for value in args
        ]
    )


def default_options() -> ExecutionOptions:
    """What the environment asks for."""
    config = get_config()
    return ExecutionOptions(config.jit, config.threads)
