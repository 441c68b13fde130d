"""The NumPy interpreter: runs a Program node by node with the ops' references.

It defines what a Program means. Compiled plans are tested against it, and it runs what is too small
or too rare to compile.
"""

from __future__ import annotations

import itertools
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np

from ..base import dtypes, errors
from ..base.ref import Ref
from ..base.waiting import Request, StillWaiting
from .program import ARG, Node, Program, Value, waiting_together


class StepTime(NamedTuple):
    """When a node ran in a profiled run, in seconds, and the shapes of its outputs.

    A shape is None where the output is no array, or is not held by itself.
    """

    node: Node
    start: float
    end: float
    shapes: tuple[tuple[int, ...] | None, ...]


class Context(Protocol):
    """What the interpreter itself asks of a run's context (`runtime.context.RunContext`)."""

    step_times: list[StepTime] | None
    wakes_together: threading.Event | None
    begun: Any

    def check_cancelled(self) -> None: ...

    def wait(self, wakes: threading.Event, is_over: Callable[[], bool]) -> None: ...


@dataclass(frozen=True, slots=True)
class Step:
    """A node made ready: slots instead of values, and which arrays die after it."""

    node: Node
    function: Callable[..., Any]
    takes_context: bool
    inputs: tuple[int, ...]
    wants_ref: tuple[bool, ...]
    outputs: tuple[int, ...]
    numpy_types: tuple[Any, ...]
    released: tuple[int, ...]

    def apply(self, inputs: Sequence[Any], slots: list[Any], context: Context) -> None:
        """Runs the node on values, and puts its results in its slots.

        Raises:
          OpError: of TF's class, naming the node.
        """
        try:
            given = [
                value if ref or not isinstance(value, Ref) else value.read()
                for value, ref in zip(inputs, self.wants_ref, strict=True)
            ]
            if self.takes_context:
                result = self.function(self.node, context, *given)
            else:
                result = self.function(self.node, *given)
        except StillWaiting:
            raise
        except Exception as error:
            raise node_error(error, self.node) from error
        if len(self.outputs) == 1 and not isinstance(result, tuple):
            result = (result,)
        for slot, value, numpy_type in zip(
            self.outputs, result or (), self.numpy_types, strict=True
        ):
            slots[slot] = value if numpy_type is None else np.asarray(value, dtype=numpy_type)


class Interpreter:
    """A Program ready to run any number of times, from several threads at once."""

    def __init__(self, program: Program, keep_values: bool = False) -> None:
        self.program = program
        self._keep_values = keep_values
        self._slots = _assign_slots(program)
        self._slot_count = sum(len(node.output_dtypes) for node in program.nodes)
        self._arg_slots = [self._slots[Value(index, 0)] for index in program.args]
        self._result_slots = [self._slots[value] for value in program.results]
        self._step_of = self._make_steps()
        self._parts = self._make_parts()

    def _make_steps(self) -> dict[int, Step]:
        last_use = _last_uses(self.program)
        return {
            index: self._make_step(index, node, last_use)
            for index, node in enumerate(self.program.nodes)
            if node.op is not ARG
        }

    def _make_parts(self) -> list[list[Step]]:
        """The steps, cut before and after those that wait together."""
        parts: list[list[Step]] = [[]]
        patient: list[int] = []
        for index in (*self._step_of, None):
            if index is not None and self.program.nodes[index].op.waits_together:
                patient.append(index)
                continue
            for group in waiting_together(self.program, patient):
                if len(group) == 1:
                    parts[-1].append(self._step_of[group[0]])
                else:
                    parts += [[self._step_of[member] for member in group], []]
            patient.clear()
            if index is not None:
                parts[-1].append(self._step_of[index])
        return parts

    def _make_step(self, index: int, node: Node, last_use: dict[Value, int]) -> Step:
        own = [Value(index, output) for output in range(len(node.output_dtypes))]
        dying = (
            []
            if self._keep_values
            else [v for v in dict.fromkeys([*node.inputs, *own]) if last_use.get(v, index) == index]
        )
        return Step(
            node=node,
            function=_reference(node),
            takes_context=node.op.takes_context,
            inputs=tuple(self._slots[value] for value in node.inputs),
            wants_ref=tuple(_is_cell(dtype) for dtype in node.input_dtypes),
            outputs=tuple(self._slots[value] for value in own),
            numpy_types=tuple(_numpy_type(dtype) for dtype in node.output_dtypes),
            released=tuple(self._slots[value] for value in dying),
        )

    @staticmethod
    def make_step(node: Node, outputs: Sequence[int]) -> Step:
        """A node by itself, for a plan's host step; its outputs go to the given slots."""
        return Step(
            node=node,
            function=_reference(node),
            takes_context=node.op.takes_context,
            inputs=(),
            wants_ref=tuple(_is_cell(dtype) for dtype in node.input_dtypes),
            outputs=tuple(outputs),
            numpy_types=tuple(_numpy_type(dtype) for dtype in node.output_dtypes),
            released=(),
        )

    def run(self, args: Sequence[Any], context: Context) -> list[Any]:
        """Runs the program.

        Args:
          args: a value for each `_Arg`.
          context: the session's side: variables, random state, function bodies.

        Returns:
          The results: arrays, and `Ref`s where a result is a variable itself.

        Raises:
          OpError: of TF's class, naming the node that failed.
        """
        with np.errstate(all="ignore"):
            return self.run_body(args, context)

    def run_body(self, args: Sequence[Any], context: Context) -> list[Any]:
        """`run` inside of another run, which silences NumPy's warnings already."""
        slots = self.new_slots()
        for slot, value in zip(self._arg_slots, args, strict=True):
            slots[slot] = value
        self._run_steps(self._parts[0], slots, context)
        for together, steps in zip(self._parts[1::2], self._parts[2::2], strict=True):
            self._run_together(together, slots, context)
            self._run_steps(steps, slots, context)
        return [slots[slot] for slot in self._result_slots]

    def _run_steps(self, steps: Sequence[Step], slots: list[Any], context: Context) -> None:
        run_step = self._timed_step if context.step_times is not None else _run_step
        for step in steps:
            run_step(step, slots, context)
        context.check_cancelled()

    @staticmethod
    def _run_together(steps: Sequence[Step], slots: list[Any], context: Context) -> None:
        run_together([(s, [slots[slot] for slot in s.inputs]) for s in steps], slots, context)
        for step in steps:
            _release(step, slots)

    # A run in several parts: slots are made once, and nodes are run as they are asked for. The
    # interpreter must have been made with `keep_values`.

    def new_slots(self) -> list[Any]:
        """Room for every value of one run."""
        return [None] * self._slot_count

    def set_arg(self, slots: list[Any], index: int, value: Any) -> None:
        """Passes the value of one `_Arg`."""
        slots[self._arg_slots[index]] = value

    def run_nodes(self, nodes: Sequence[int], slots: list[Any], context: Context) -> None:
        """Runs some nodes; all that they read must have run."""
        with np.errstate(all="ignore"):
            self._run_steps([self._step_of[index] for index in nodes], slots, context)

    def value(self, slots: list[Any], value: Value) -> Any:
        """A value that has been computed."""
        return slots[self._slots[value]]

    @staticmethod
    def _timed_step(step: Step, slots: list[Any], context: Context) -> None:
        start = time.perf_counter()
        step.apply([slots[slot] for slot in step.inputs], slots, context)
        end = time.perf_counter()
        assert context.step_times is not None
        context.step_times.append(StepTime(step.node, start, end, shapes_in(slots, step.outputs)))
        _release(step, slots)


def run_together(
    steps: Sequence[tuple[Step, Sequence[Any]]], slots: list[Any], context: Context
) -> None:
    """Runs nodes that may wait for each other, or for other runs.

    Args:
      steps: the nodes, none of which needs another, with their inputs.
      slots: where their results go.
      context: the run's.

    Raises:
      OpError: one failed, or the run was cancelled; what the others had begun is undone.
    """
    start = time.perf_counter()
    wakes = threading.Event()
    waiting: list[tuple[Step, Sequence[Any], Request]] = []
    try:
        context.wakes_together = wakes
        for step, inputs in steps:
            try:
                step.apply(inputs, slots, context)
            except StillWaiting as still:
                waiting.append((step, inputs, still.request))
        context.wakes_together = None
        while waiting:
            _wait_for_one(waiting, wakes, context)
            wakes.clear()
            is_over = [request.is_over for _, _, request in waiting]
            over = list(itertools.compress(waiting, is_over))
            waiting = [item for item, done in zip(waiting, is_over, strict=True) if not done]
            for step, inputs, request in over:
                context.begun = request
                step.apply(inputs, slots, context)
    finally:
        context.wakes_together = context.begun = None
        for _, _, request in waiting:
            request.withdraw()
    if context.step_times is not None:
        end = time.perf_counter()
        context.step_times += [
            StepTime(step.node, start, end, shapes_in(slots, step.outputs)) for step, _ in steps
        ]


def _wait_for_one(
    waiting: Sequence[tuple[Step, Sequence[Any], Request]], wakes: threading.Event, context: Context
) -> None:
    step, _, request = waiting[0]
    try:
        context.wait(wakes, lambda: any(other.is_over for _, _, other in waiting))
    except errors.CancelledError as error:
        raise node_error(request.cancelled(), step.node) from error
    except errors.OpError as error:
        raise node_error(error, step.node) from error


def _run_step(step: Step, slots: list[Any], context: Context) -> None:
    step.apply([slots[slot] for slot in step.inputs], slots, context)
    _release(step, slots)


def _release(step: Step, slots: list[Any]) -> None:
    for slot in step.released:
        slots[slot] = None


def shapes_in(slots: Sequence[Any], outputs: Sequence[int]) -> tuple[tuple[int, ...] | None, ...]:
    """The shapes of the arrays in some slots, for a profile."""
    values = [slots[slot] for slot in outputs]
    return tuple(v.shape if isinstance(v, np.ndarray | np.generic) else None for v in values)


def _reference(node: Node) -> Callable[..., Any]:
    if node.op.reference is None:
        raise errors.UnimplementedError(
            None, node.source, f"op {node.op.name} has no implementation in graphflow"
        )
    return node.op.reference


def node_error(error: Exception, node: Node) -> errors.OpError:
    """The error as TF's class for it, naming the node and the user's line."""
    if isinstance(error, errors.OpError):
        if error.op is not None:
            return error
        return type(error)(None, node.source, error.message)
    if isinstance(error, MemoryError):
        return errors.ResourceExhaustedError(None, node.source, f"out of memory: {error}")
    unlike = re.match(r"operands could not be broadcast together with shapes (.*)", str(error))
    if unlike is not None:  # NumPy's words, of whatever op
        shapes = [f"[{sizes}]" for sizes in re.findall(r"\(([\d,]*?),?\)", unlike[1])]
        return errors.InvalidArgumentError(
            None, node.source, f"Incompatible shapes: {' vs. '.join(shapes)}"
        )
    given = ", ".join(str(dtype.name) for dtype in node.input_dtypes)
    text = f"{node.op.name} of ({given}): {error}"
    if isinstance(error, ValueError | IndexError | ZeroDivisionError | OverflowError):
        return errors.InvalidArgumentError(None, node.source, text)
    if isinstance(error, np.linalg.LinAlgError):
        return errors.InvalidArgumentError(None, node.source, text)
    return errors.InternalError(None, node.source, f"{type(error).__name__} in {text}")


def _numpy_type(dtype: dtypes.DType) -> Any:
    """The array type of an output; None for what is no array: variables, handles, lists."""
    if _is_cell(dtype) or dtype == dtypes.variant:
        return None
    return dtype.as_numpy_dtype


def _is_cell(dtype: dtypes.DType) -> bool:
    """Whether values of the type are variables themselves: references and handles."""
    return dtype._is_ref_dtype or dtype == dtypes.resource


def _assign_slots(program: Program) -> dict[Value, int]:
    slots: dict[Value, int] = {}
    for index, node in enumerate(program.nodes):
        for output in range(len(node.output_dtypes)):
            slots[Value(index, output)] = len(slots)
    return slots


def _last_uses(program: Program) -> dict[Value, int]:
    """The last node that reads each value; results are read by nobody, and live on."""
    last = {value: index for index, node in enumerate(program.nodes) for value in node.inputs}
    for value in program.results:
        last[value] = len(program.nodes)
    return last
