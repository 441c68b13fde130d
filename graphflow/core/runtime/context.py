"""What a run may touch besides its inputs: the session's variables, op state and bodies."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from ..base import errors
from ..base.ref import Ref
from ..graph.func_graph import FuncGraph
from ..program.build import build_program
from ..program.interpreter import StepTime
from ..program.program import Node
from .executable import Executable, ExecutionOptions, default_options

T = TypeVar("T")


class SessionState:
    """All that outlives a run, shared by the threads of one session.

    Attributes:
      variables: the cells of variables, by (container, name).
      op_states: what single nodes remember between runs (random state, iterators), by name.
      options: how programs are run.
      update_lock: held while kernels change variables in place, or advance random generators.
    """

    def __init__(self, options: ExecutionOptions | None = None) -> None:
        self.options = options or default_options()
        self.update_lock = threading.RLock()
        self.lock = threading.RLock()
        self.variables: dict[tuple[str, str], Ref] = {}
        self.op_states: dict[Any, Any] = {}
        self._bodies: dict[Any, tuple[int, Executable]] = {}
        self.closed = threading.Event()

    def get_or_make(self, states: dict[Any, T], key: Any, make: Callable[[], T]) -> T:
        """The state under `key`, made by the first thread that asks."""
        state = states.get(key)
        if state is None:
            with self.lock:
                state = states.get(key)
                if state is None:
                    state = states[key] = make()
        return state

    def body(self, function: FuncGraph, outputs: tuple[int, ...] | None = None) -> Executable:
        """The body of a branch or loop, ready to compute all its outputs or some of them."""
        cached = self._bodies.get((function, outputs))
        if cached is None or cached[0] != function._change_count:
            results = function.outputs
            if outputs is not None:
                results = [results[index] for index in outputs]
            program = build_program(results, function.control_outputs, function.inputs)
            cached = (function._change_count, Executable(program, self.options))
            self._bodies[function, outputs] = cached
        return cached[1]

    def reset(self, containers: Sequence[str]) -> None:
        """Forgets the variables in containers (all of them when none is named)."""
        with self.lock:
            for key in list(self.variables):
                if not containers or key[0] in containers:
                    del self.variables[key]


class RunContext:
    """What references registered with `define_with_context` get.

    Attributes:
      state: the session's state.
      step_times: when each step ran, when the run is profiled.
    """

    def __init__(self, state: SessionState, profile: bool = False, timeout_in_ms: int = 0) -> None:
        self.state = state
        self._deadline = time.monotonic() + timeout_in_ms / 1000 if timeout_in_ms else None
        self.step_times: list[StepTime] | None = [] if profile else None

    def variable(self, node: Node) -> Ref:
        """The cell of a variable node."""
        name = node.attrs["shared_name"] or node.name
        key = (node.attrs["container"], name)
        make = lambda: Ref(name, node.attrs["dtype"], node.attrs["shape"])  # noqa: E731
        return self.state.get_or_make(self.state.variables, key, make)

    def op_state(self, node: Node, make: Callable[[], T]) -> T:
        """What this node remembers between the runs of the session."""
        state: T = self.state.get_or_make(self.state.op_states, node.name, make)
        return state

    def call(
        self, function: FuncGraph, args: Sequence[Any], outputs: tuple[int, ...] | None = None
    ) -> list[Any]:
        """Runs the body of a branch or loop for all its outputs, or for some of them."""
        return self.state.body(function, outputs).run_body(args, self)

    def check_cancelled(self) -> None:
        """Ends the run when the session was closed meanwhile, or when the run takes too long.

        Raises:
          CancelledError: it was closed.
          DeadlineExceededError: the run's timeout is over.
        """
        if self.state.closed.is_set():
            raise errors.CancelledError(None, None, "Session was closed.")
        if self._deadline is not None and time.monotonic() > self._deadline:
            raise errors.DeadlineExceededError(
                None, None, "Timed out waiting for notification: the run's timeout_in_ms is over"
            )
