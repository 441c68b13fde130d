"""What a run may touch besides its inputs: the session's variables, op state and bodies."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
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
      resources: queues, readers and their like, by (kind, container, name).
      options: how programs are run.
      update_lock: held while kernels change variables in place, or advance random generators.
    """

    def __init__(self, options: ExecutionOptions | None = None) -> None:
        self.options = options or default_options()
        self.update_lock = threading.RLock()
        self.lock = threading.RLock()
        self.variables: dict[tuple[str, str], Ref] = {}
        self.op_states: dict[Any, Any] = {}
        self.resources: dict[tuple[str, str, str], Any] = {}
        self._private_names: dict[str, str] = {}
        self._sleepers: set[threading.Event] = set()
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

    def private_name(self, node_name: str) -> str:
        """What messages call a resource without a shared name: TensorFlow numbers them."""
        with self.lock:
            number = len(self._private_names)
            return self._private_names.setdefault(node_name, f"_{number}_{node_name}")

    def reset(self, containers: Sequence[str]) -> None:
        """Forgets the variables and resources in containers (all of them when none is named)."""
        with self.lock:
            for key in list(self.variables):
                if not containers or key[0] in containers:
                    del self.variables[key]
            for kind, container, name in list(self.resources):
                if not containers or container in containers:
                    del self.resources[kind, container, name]

    def close(self) -> None:
        """Cancels the runs that wait for something, and frees what the session holds."""
        self.closed.set()
        with self.lock:
            for wakes in self._sleepers:
                wakes.set()
        self.variables.clear()
        self.resources.clear()

    @contextlib.contextmanager
    def woken_by_close(self, wakes: threading.Event) -> Iterator[None]:
        """While inside, closing the session sets this event too."""
        with self.lock:
            self._sleepers.add(wakes)
        try:
            yield
        finally:
            with self.lock:
                self._sleepers.discard(wakes)


class RunContext:
    """What references registered with `define_with_context` get.

    Attributes:
      state: the session's state.
      step_times: when each step ran, when the run is profiled.
      wakes_together: while nodes that wait together are begun, the event that wakes them all; an
        op that would wait raises StillWaiting then.
      begun: what the op that is called next had begun before.
    """

    def __init__(self, state: SessionState, profile: bool = False, timeout_in_ms: int = 0) -> None:
        self.state = state
        self._deadline = time.monotonic() + timeout_in_ms / 1000 if timeout_in_ms else None
        self.step_times: list[StepTime] | None = [] if profile else None
        self.wakes_together: threading.Event | None = None
        self.begun: Any = None

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

    def resource(
        self, kind: str, node: Node, make: Callable[[str], T], by_node_name: bool = False
    ) -> T:
        """The queue or reader that a node names; nodes of one shared name share it.

        Args:
          kind: what it is; a queue and a reader may have one name.
          node: has the attributes `container` and `shared_name`.
          make: from the name that messages call it by to a new one.
          by_node_name: whether a node without a shared name shares under its own name.

        Raises:
          InvalidArgumentError: the shared name is one that TensorFlow keeps for itself.
        """
        shared_name = node.attrs["shared_name"] or (node.name if by_node_name else "")
        if shared_name.startswith("_"):
            raise errors.InvalidArgumentError(
                None, None, f"shared_name cannot start with '_':{shared_name}"
            )

        def make_named() -> T:
            return make(shared_name or self.state.private_name(node.name))

        # a node of its own name is told from nodes that share one
        key = (kind, node.attrs["container"], shared_name or f"_{node.name}")
        found: T = self.state.get_or_make(self.state.resources, key, make_named)
        return found

    def call(
        self, function: FuncGraph, args: Sequence[Any], outputs: tuple[int, ...] | None = None
    ) -> list[Any]:
        """Runs the body of a branch or loop for all its outputs, or for some of them."""
        return self.state.body(function, outputs).run_body(args, self)

    def take_begun(self) -> Any:
        """What this op had begun before in this run, or None; to be asked for once."""
        begun, self.begun = self.begun, None
        return begun

    def wait(self, wakes: threading.Event, is_over: Callable[[], bool]) -> None:
        """Waits for what another run does.

        Args:
          wakes: set by whoever makes `is_over` true.
          is_over: whether there is nothing left to wait for.

        Raises:
          CancelledError: the session was closed meanwhile.
          DeadlineExceededError: the run's timeout is over.
        """
        with self.state.woken_by_close(wakes):
            while not is_over():
                self.check_cancelled()
                left = None
                if self._deadline is not None:
                    left = max(0.0, self._deadline - time.monotonic())
                wakes.wait(left)

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
