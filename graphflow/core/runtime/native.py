"""Running a plan: arrays in, kernels and host steps in turn, arrays out that the caller owns."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base import errors
from ..base.ref import Ref, locked
from ..graph.func_graph import FuncGraph
from ..ops.lowering import Buffer, Home
from ..ops.random.common import philox_of
from ..ops.random.cpu.philox import state_words, take_words
from ..plan.plan import Group, HostStep, HostValue, Plan, Segment, Source, Step
from ..program.continuation import CONTINUE
from ..program.interpreter import Interpreter, StepTime, node_error, run_together, shapes_in
from ..program.program import ARG, Node, waiting_together
from .context import RunContext
from .instance import Instance, aligned_copy, is_copied, load_kernels, place_constants
from .pool import Pool
from .simple_run import SimpleRun, simple_run

if TYPE_CHECKING:
    from .executable import Executable

_SMALL_COST = 25_000.0  # ns: a plan that other threads would not make faster
_MAX_IDLE_INSTANCES = 8

# Arrays whose addresses kernels were given, by home and index: a run keeps them until its end.
Kept = dict[tuple[Home, int], np.ndarray]


@dataclass(slots=True)
class Running:
    """One run under way.

    Attributes:
      instance: the memory that its kernels work in.
      host: what Python holds, by the plan's numbers.
      refs: the cells of the plan's variables; a queue where a body is given one.
      context: the session's side.
      segment: the next segment's number.
      kept: arrays whose addresses kernels were given.
    """

    instance: Instance
    host: list[Any]
    refs: Sequence[Ref]
    context: RunContext
    segment: int = 1
    kept: Kept = field(default_factory=dict)


class NativePlan:
    """A plan with its kernels loaded; may be run by several threads at once.

    Args:
      plan: what to do.
      pool: the threads that run it.

    Attributes:
      simple_run: from arguments to results, for a plan that needs no more than that; or None.
    """

    instance_class = Instance

    def __init__(self, plan: Plan, pool: Pool) -> None:
        self.plan = plan
        self._pool = pool
        self._kernels = load_kernels(plan)
        self._constants = place_constants(plan, self.instance_class.allocate)
        self._host_steps = _HostSteps(plan)
        self._idle: list[Instance] = []
        self._is_small = sum(g.cost for g in plan.groups if not g.serial) < _SMALL_COST
        self._can_fail = any(call.failure is not None for call in plan.calls)
        self._turns = _turns(plan)
        self._written = {id(step): _written(step) for step in plan.steps}
        self._steady = self._find_steady()
        self.simple_run: SimpleRun | None = (
            simple_run(self._make_ready) if self._is_simple() else None
        )
        self._over_read = {
            (o.buffer.storage.home, o.buffer.storage.index)
            for call in plan.calls
            for o in call.operands
            if o.over_read
        }

    def _find_steady(self) -> list[int]:
        """The variables that the prologue reads."""
        found = {
            o.buffer.storage.index
            for group in self.plan.prologue
            for call in group.calls
            for o in call.operands
            if o.buffer.storage.home is Home.VARIABLE
        }
        return sorted(found)

    def _is_simple(self) -> bool:
        """Whether runs need nothing but small arguments and one small segment's kernels."""
        plan = self.plan
        outside = [o.buffer.storage for call in plan.calls for o in call.operands]
        return (
            self._is_small
            and len(plan.steps) == 1
            and not plan.generators
            and not plan.variables
            and isinstance(plan.steps[0], Segment)
            and not self._can_fail
            and all(isinstance(r, Buffer) and r.storage.home is Home.ARENA for r in plan.results)
            and all(s.home in (Home.ARENA, Home.CONSTANT) or is_copied(s) for s in outside)
        )

    def run(self, args: Sequence[Any], context: RunContext) -> list[Any] | None:
        """Runs the plan.

        Args:
          args: an array for each `_Arg`, of the planned shapes; a Ref for one that is a variable.
          context: the session's side.

        Returns:
          The results, copies that the caller owns; None when a variable has no value, or another
          shape than was planned: then nothing was done.

        Raises:
          OpError: of TF's class, naming the node that failed.
        """
        refs = self._find_refs(args, context) if self.plan.variables else ()
        if refs is None:
            return None
        if self.simple_run is not None and context.step_times is None:
            return self.simple_run(args)
        instance = self._take_instance()
        try:
            return self._run(Running(instance, self._host_values(args, refs), refs, context))
        finally:
            self._give_back(instance)

    def _take_instance(self) -> Instance:
        """Memory for one run; of an earlier run if there is some."""
        try:
            return self._idle.pop()  # atomic, and faster than a lock
        except IndexError:
            pass
        try:
            return self.instance_class(
                self.plan, self._pool.threads, self._constants, self._kernels
            )
        except MemoryError as error:
            raise errors.ResourceExhaustedError(
                None, None, f"out of memory for a run's values: {error}"
            ) from error

    def _give_back(self, instance: Instance) -> None:
        if len(self._idle) < _MAX_IDLE_INSTANCES:
            self._idle.append(instance)

    def _find_refs(self, args: Sequence[Any], context: RunContext) -> list[Ref] | None:
        """The cells of the variables, if all are as planned."""
        refs: list[Ref] = []
        for use in self.plan.variables:
            if use.node.op is ARG:
                ref = args[use.node.attrs["index"]]  # a cell; or a queue, which no kernel touches
            else:
                ref = context.variable(use.node)
            if use.held is not None:
                value, (shape, dtype) = ref.value, use.held
                if value is None or value.shape != shape or ref.dtype != dtype:
                    return None
            refs.append(ref)
        return refs

    # --- one run ---------------------------------------------------------------------------------

    def _make_ready(self) -> Instance:
        """An instance for runs without variables: the prologue has run, once for all of them."""
        instance = self._take_instance()
        self._run_prologue(instance, ())
        return instance

    def _host_values(self, args: Sequence[Any], refs: Sequence[Ref]) -> list[Any]:
        """What Python holds when a run begins."""
        plan = self.plan
        host: list[Any] = [None] * plan.host_values
        for slot, value in zip(plan.arg_values, args, strict=True):
            host[slot] = value
        for slot, constant in plan.constant_values:
            host[slot] = constant
        for slot, ref in zip(plan.variable_values, refs, strict=True):
            host[slot] = ref
        return host

    def _run(self, run: Running) -> list[Any]:
        if self.plan.prologue:
            self._run_prologue(run.instance, run.refs)
        if self._host_steps:
            with np.errstate(all="ignore"):
                self._run_turns(run)
        else:
            self._run_turns(run)
        run.context.check_cancelled()
        return [self._result(source, run) for source in self.plan.results]

    def _run_turns(self, run: Running) -> None:
        for turn in self._turns:
            if isinstance(turn, Segment):
                self._run_segment(turn, run)
            elif isinstance(turn, HostStep):
                self._host_steps.run(turn, run)
            else:
                self._host_steps.run_together(turn, run)
                if self.plan.prologue:  # others may have changed variables meanwhile
                    self._run_prologue(run.instance, run.refs)

    def _run_segment(self, segment: Segment, run: Running) -> None:
        written = self._written[id(segment)]
        if not written and not self.plan.generators:
            self._run_kernels(segment, run)
            return
        # Not during host steps: they may wait for what another thread's run does.
        with run.context.state.update_lock, locked(*(run.refs[i] for i in written)):
            try:
                self._read_generators(run)
                self._run_kernels(segment, run)
            finally:  # what a failed run has changed is changed
                for index in written:
                    run.refs[index].version += 1
                self._advance_generators(run)

    def _run_kernels(self, segment: Segment, run: Running) -> None:
        instance, context = run.instance, run.context
        self._bind(run)
        table = instance.segments[run.segment][0]
        run.segment += 1
        if self._can_fail:
            instance.failure[0] = 0
        if context.step_times is None:
            self._run_groups(instance, table, segment.groups)
        else:
            self._run_timed(instance, segment, table, context)
        if self._can_fail and instance.failure[0]:
            raise self._failure(instance)

    def _read_generators(self, run: Running) -> None:
        for node, words in zip(self.plan.generators, run.instance.generators, strict=True):
            words[...] = state_words(philox_of(node, run.context))

    def _advance_generators(self, run: Running) -> None:
        for node, words in zip(self.plan.generators, run.instance.generators, strict=True):
            take_words(philox_of(node, run.context), words)

    def _run_prologue(self, instance: Instance, refs: Sequence[Ref]) -> None:
        """Runs the prologue unless it ran with the variables as they are."""
        places = [self._own(refs[index], index) for index in self._steady]
        state: list[tuple[object, int]] = [(refs[i].value, refs[i].version) for i in self._steady]
        before = instance.prologue_of
        if before is not None and all(
            a[0] is b[0] and a[1] == b[1] for a, b in zip(state, before, strict=True)
        ):
            return
        for index, (_, address) in zip(self._steady, places, strict=True):
            instance.set_address(Home.VARIABLE, index, address)
        instance.bind()
        self._run_groups(instance, instance.segments[0][0], self.plan.prologue)
        instance.prologue_of = state

    def _run_groups(self, instance: Instance, table: int, groups: Sequence[Group]) -> None:
        self._pool.run(table, len(groups), instance.failure_address, self._is_small)

    def _bind(self, run: Running) -> None:
        """Gives the kernels what is outside of the arena: small values as copies."""
        instance, host = run.instance, run.host
        for index, place in instance.copied:
            value = host[index]
            if value is not None:
                place[...] = value if value.ndim < 2 else value.reshape(-1)
        for home, index in instance.outside:
            if home is Home.VARIABLE:
                run.kept[home, index], address = self._own(run.refs[index], index)
            else:
                value = host[index]
                if value is None:
                    continue  # made by a host step that is still to come
                array = np.ascontiguousarray(value)
                if (home, index) in self._over_read or not array.flags.aligned:
                    array = aligned_copy(array)
                run.kept[home, index] = array
                address = array.ctypes.data
            instance.set_address(home, index, address)
        instance.bind()

    def _own(self, ref: Ref, index: int) -> tuple[np.ndarray, int]:
        """A variable's value, in memory that is the variable's alone, and the address of it.

        Kernels may use it as long as the array is kept: another thread's run can put another
        array into the variable at any time.

        Raises:
          AbortedError: another thread has given the variable another shape during the run.
        """
        owned, address = ref.place
        if owned is None or ref.value is not owned:
            with locked(ref):
                owned, address = ref.place
                if owned is None or ref.value is not owned:
                    owned = aligned_copy(ref.read(), self.instance_class.allocate)
                    address = owned.ctypes.data
                    ref.value, ref.place = owned, (owned, address)
        use = self.plan.variables[index]
        if use.held is not None and owned.shape != use.held[0]:
            words = f"the shape of {ref.name} was changed during a run that uses it"
            raise node_error(errors.AbortedError(None, None, words), use.node)
        return owned, address

    def _run_timed(
        self, instance: Instance, segment: Segment, table: int, context: RunContext
    ) -> None:
        """Runs a segment group by group, for a profile."""
        assert context.step_times is not None
        for g, group in enumerate(segment.groups):
            start = time.perf_counter()
            self._run_groups(instance, table + g * instance.group_bytes, [group])
            end = time.perf_counter()
            _share_time(group, start, end, context.step_times)
            if instance.failure[0]:
                return

    def _failure(self, instance: Instance) -> Exception:
        number, value, position = (int(word) for word in instance.failure[:3])
        instance.failure[:] = 0
        call = self.plan.calls[number - 1]
        assert call.failure is not None
        return node_error(call.failure(value, position), call.node)

    def _result(self, source: Source, run: Running) -> Any:
        if isinstance(source, HostValue):
            held = run.host[source.index]
            return held.copy() if isinstance(held, np.ndarray) else held
        storage = source.storage
        if storage.home is Home.VARIABLE:
            array = run.refs[storage.index].read().reshape(source.shape)
        elif storage.home in (Home.ARG, Home.HOST):
            array = np.asarray(run.host[storage.index]).reshape(source.shape)
        else:
            array = run.instance.view(source)
        return array.copy() if array.ndim else array[()]


class _HostSteps:
    """The host steps of a plan, made ready for the interpreter's way of running a node."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        steps = [step for step in plan.steps if isinstance(step, HostStep)]
        self._ready = {step.index: Interpreter.make_step(step.node, step.outputs) for step in steps}
        self._planned = {step.index: _planned_shapes(step) for step in steps}
        self._rest: Executable | None = None

    def __len__(self) -> int:
        return len(self._ready)

    def run(self, step: HostStep, run: Running) -> None:
        """Runs a node."""
        inputs, context = self._inputs(step, run), run.context
        if step.node.op is CONTINUE:
            self._continue(step, inputs, run)
            return
        start = time.perf_counter()
        self._ready[step.index].apply(inputs, run.host, context)
        self._check_shapes(step, run.host)
        if context.step_times is not None:
            end, shapes = time.perf_counter(), shapes_in(run.host, step.outputs)
            context.step_times.append(StepTime(step.node, start, end, shapes))

    def _continue(self, step: HostStep, inputs: Sequence[Any], run: Running) -> None:
        """Runs the rest of the program, by plans for the shapes that are known now."""
        from .executable import Executable

        program, context = step.node.attrs["program"], run.context
        if self._rest is None:
            self._rest = Executable(program, context.state.options)
        results = self._rest.run_body(inputs[: len(program.args)], context)
        for slot, result in zip(step.outputs, results, strict=True):
            run.host[slot] = result

    def run_together(self, steps: Sequence[HostStep], run: Running) -> None:
        """Runs nodes that may wait: one, or several that may wait for each other."""
        if len(steps) == 1:
            self.run(steps[0], run)
            return
        ready = [(self._ready[step.index], self._inputs(step, run)) for step in steps]
        run_together(ready, run.host, run.context)
        for step in steps:
            self._check_shapes(step, run.host)

    def _check_shapes(self, step: HostStep, host: Sequence[Any]) -> None:
        """Kernels trust the shapes that a node has in the graph; what Python computes may differ.

        Raises:
          InvalidArgumentError: an output has another shape than was declared.
        """
        for slot, planned in self._planned[step.index]:
            made = getattr(host[slot], "shape", None)
            if isinstance(made, tuple) and made != planned:
                message = (
                    f"{step.node.op.name} gave a value of shape {list(made)}, but the graph was "
                    f"told (by set_shape, perhaps) that its shape is {list(planned)}"
                )
                raise node_error(errors.InvalidArgumentError(None, None, message), step.node)

    def _inputs(self, step: HostStep, run: Running) -> list[Any]:
        return [self._value(source, run) for source in step.inputs]

    def _value(self, source: Source, run: Running) -> Any:
        """What a node reads: an array that stays as it is, whatever kernels do later."""
        if isinstance(source, HostValue):
            return run.host[source.index]
        home, index = source.storage.home, source.storage.index
        if home is Home.VARIABLE:
            return run.refs[index].read().reshape(source.shape).copy()
        if home in (Home.ARG, Home.HOST):
            return np.asarray(run.host[index]).reshape(source.shape)
        if home is Home.CONSTANT:
            assert source.storage.constant is not None
            return source.storage.constant.reshape(source.shape)
        return run.instance.view(source).copy()


def _turns(plan: Plan) -> list[Segment | HostStep | list[HostStep]]:
    """A plan's steps in order; in a list those that may wait for other runs, or for each other."""
    turns: list[Segment | HostStep | list[HostStep]] = []
    patient: dict[int, HostStep] = {}

    def end_patient() -> None:
        for group in waiting_together(plan.program, list(patient)):
            turns.append([patient[index] for index in group])
        patient.clear()

    for step in plan.steps:
        if isinstance(step, HostStep) and _may_wait(step.node):
            patient[step.index] = step
        else:
            end_patient()
            turns.append(step)
    end_patient()
    return turns


def _may_wait(node: Node) -> bool:
    """Whether a node, or one in its bodies, may wait for another run."""
    return node.op.may_wait or any(map(_waits_inside, node.attrs.values()))


def _waits_inside(attr: Any) -> bool:
    if isinstance(attr, tuple):
        return any(map(_waits_inside, attr))
    if not isinstance(attr, FuncGraph):
        return False
    ops = attr.get_operations()
    return any(op.op_def.may_wait or any(map(_waits_inside, op.node_attrs.values())) for op in ops)


def _written(step: Step) -> list[int]:
    """The variables that the kernels of a segment change."""
    if isinstance(step, HostStep):
        return []
    storages = [
        o.buffer.storage for g in step.groups for c in g.calls for o in c.operands if o.writes
    ]
    return sorted({s.index for s in storages if s.home is Home.VARIABLE})


def _planned_shapes(step: HostStep) -> list[tuple[int, tuple[int, ...]]]:
    """The host values that a step makes whose shapes are planned."""
    shapes = zip(step.outputs, step.node.output_shapes, strict=True)
    return [(slot, shape) for slot, shape in shapes if shape is not None]


def _share_time(group: Group, start: float, end: float, times: list[StepTime]) -> None:
    """Divides a group's time among the nodes of its calls, by estimate."""
    total = group.cost
    for call in group.calls:
        share = call.cost / total if total else 1 / len(group.calls)
        nodes = (*call.fused, call.node)
        for node in nodes:
            seconds = (end - start) * share / len(nodes)
            # what a fused node computes stays in registers
            shapes = tuple(node.output_shapes) if node is call.node else ()
            times.append(StepTime(node, start, start + seconds, shapes))
