"""Making a plan: units, their kernel calls or host steps, segments, groups, memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..base import dtypes
from ..base.dtypes import DType
from ..ops import cpu_lowerings
from ..ops.lowering import Buffer, Call, Home, Lowering, NoKernel, Storage
from ..program.program import ARG, CONSTANTS, Node, Program, Value
from ..program.variables import (
    cell_inputs,
    find_uses,
    is_cell,
    is_native,
    root_of,
    values_of,
    variable_type,
)
from .fusion import elementwise_shape, fused_call
from .groups import make_groups, scratch_of
from .memory import Lifetime, lay_out, padded
from .plan import HostStep, HostValue, Plan, Segment, Source, Step, VariableUse
from .prologue import find_prologue
from .share import instead_of, share_calls
from .units import Unit, make_units


def make_plan(program: Program) -> Plan:
    """Plans a specialized program for the CPU."""
    cpu_lowerings.load()
    return _Planner(program).make()


class _Planner:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.uses = find_uses(program)
        self.host_count = 0
        self.host_of: dict[Value, HostValue] = {}
        self.buffers: dict[Value, Buffer] = {}
        self.constants: dict[Value, np.ndarray] = {}
        self.host_constants: list[tuple[int, np.ndarray]] = []
        self.variables: list[VariableUse] = []
        self.variable_values: list[int] = []
        self.variable_buffers: dict[int, Buffer] = {}
        self.items: list[Call | HostStep] = []
        self.generators: dict[str, tuple[Node, Buffer]] = {}
        self._unit_number: dict[Value, int] = {}
        self.arg_values = tuple(self._new_host_value(Value(i, 0)).index for i in program.args)

    def make(self) -> Plan:
        self._add_given_values()
        units = make_units(
            self.program,
            self.uses,
            lambda index: elementwise_shape(self.program, self.uses, index),
        )
        self._read_by = self._find_readers(units)
        for unit in units:
            self._plan_unit(unit)
        found = [self._source(value) for value in self.program.results]
        self.items, moved = share_calls(self.items)
        results = tuple(instead_of(source, moved) for source in found)
        calls = [item for item in self.items if isinstance(item, Call)]
        prologue = find_prologue(calls, self.uses.written)
        steps = self._make_steps({id(call) for call in prologue})
        plan = Plan(
            self.program,
            steps,
            results,
            tuple(self.variables),
            self.host_count,
            self.arg_values,
            tuple(self.variable_values),
            tuple(self.host_constants),
            generators=tuple(node for node, _ in self.generators.values()),
            prologue=tuple(make_groups(prologue)),
        )
        return _with_memory(plan)

    # --- values ----------------------------------------------------------------------------------

    def _new_host_value(self, value: Value) -> HostValue:
        made = HostValue(self.host_count)
        self.host_count += 1
        self.host_of[value] = made
        return made

    def _add_given_values(self) -> None:
        """Buffers of what is there before the run: arguments, constants, variables."""
        for index, node in enumerate(self.program.nodes):
            if node.op is ARG:
                shape = node.output_shapes[0]
                if not is_cell(node.output_dtypes[0]) and is_native(node.output_dtypes[0]):
                    assert shape is not None
                    slot = self.host_of[Value(index, 0)].index
                    self.buffers[Value(index, 0)] = _buffer(
                        node.output_dtypes[0], shape, Home.ARG, slot, node.name
                    )
            elif node.op.name == "Const" or node.op is CONSTANTS:
                values = [node.attrs["value"]] if node.op is not CONSTANTS else node.attrs["values"]
                for value, array in zip(values_of(index, node), values, strict=True):
                    self._add_constant(value, array, node)
        for number, index in enumerate(self.uses.names):
            self._add_variable(number, index)

    def _add_constant(self, value: Value, array: np.ndarray, node: Node) -> None:
        dtype = node.output_dtypes[value.output]
        self.constants[value] = array
        if is_native(dtype):
            made = _buffer(dtype, array.shape, Home.CONSTANT, -1, node.name)
            made.storage.constant = array
            self.buffers[value] = made
        else:
            self.host_constants.append((self._new_host_value(value).index, array))

    def _add_variable(self, number: int, index: int) -> None:
        node = self.program.nodes[index]
        value = Value(index, 0)
        if value not in self.host_of:
            self._new_host_value(value)
        held = variable_type(node)
        if held is not None:
            shape, dtype = held
            self.variable_buffers[number] = _buffer(dtype, shape, Home.VARIABLE, number, node.name)
        self.variables.append(VariableUse(node, held, number in self.uses.written))
        self.variable_values.append(self.host_of[value].index)

    def _buffer_of(self, value: Value) -> Buffer | None:
        """The memory of a value, with the value's own shape; None where Python holds it."""
        root = root_of(value, self.uses)
        variable = self.uses.variable_of.get(root)
        found = self.buffers.get(root) if variable is None else self.variable_buffers.get(variable)
        shape = self.program.nodes[value.node].output_shapes[value.output]
        if found is None or variable is not None and value == root:
            return found
        return None if shape is None else Buffer(found.storage, shape, found.dtype)

    def _source(self, value: Value) -> Source:
        """Where a result, or a host step's input, is."""
        if is_cell(self.program.nodes[value.node].output_dtypes[value.output]):
            return self._cell(value)
        root = root_of(value, self.uses)
        buffer = self._buffer_of(value)
        if buffer is None and root != value and self._adopt(root):
            buffer = self._buffer_of(value)
        return self.host_of[root] if buffer is None else buffer

    def _cell(self, value: Value) -> Source:
        variable = self.uses.variable_of.get(value)
        if variable is None:
            return self.host_of[value]
        return HostValue(self.variable_values[variable])

    # --- units -----------------------------------------------------------------------------------

    def _find_readers(self, units: Sequence[Unit]) -> dict[Value, set[int]]:
        """The numbers of the units that read each value; -1 stands for the results."""
        readers: dict[Value, set[int]] = {}
        for number, unit in enumerate(units):
            for index in unit.nodes:
                for value in self.program.nodes[index].inputs:
                    readers.setdefault(root_of(value, self.uses), set()).add(number)
                for value in values_of(index, self.program.nodes[index]):
                    self._unit_number[value] = number
        for value in self.program.results:
            readers.setdefault(root_of(value, self.uses), set()).add(-1)
        return readers

    def _plan_unit(self, unit: Unit) -> None:
        if unit.is_fused:
            self._plan_fused(unit)
            return
        (index,) = unit.nodes
        node = self.program.nodes[index]
        if node.op is ARG or node.op.name == "NoOp" or Value(index, 0) in self.constants:
            return
        if Value(index, 0) in self.uses.variable_of and not node.inputs:
            return
        if not self._plan_kernel(index, node):
            self._plan_host(index, node)

    def _plan_fused(self, unit: Unit) -> None:
        stored = []
        for index in unit.nodes:
            node = self.program.nodes[index]
            for value in values_of(index, node):
                if is_cell(node.output_dtypes[value.output]):
                    continue
                own = self._unit_number[value]
                if self._read_by.get(value, set()) - {own}:
                    shape = node.output_shapes[value.output]
                    assert shape is not None
                    dtype = node.output_dtypes[value.output]
                    self.buffers[value] = _buffer(dtype, shape, Home.ARENA, -1, node.name)
                    stored.append(value)
        if not all(self._has_memory(unit, index) for index in unit.nodes):
            for value in stored:
                del self.buffers[value]
            for index in unit.nodes:
                self._plan_host(index, self.program.nodes[index])
            return
        lookup = _Lookup(self)
        call = fused_call(self.program, self.uses, unit, lookup, stored)
        if call.items:
            self.items.append(call)

    def _has_memory(self, unit: Unit, index: int) -> bool:
        """Whether all that a fused node reads from outside, and writes, is in memory."""
        node = self.program.nodes[index]
        inside = set(unit.nodes)
        for value in node.inputs:
            root = root_of(value, self.uses)
            if root.node in inside or self._buffer_of(value) is not None:
                continue
            if not self._adopt(root):
                return False
        return True

    def _adopt(self, root: Value) -> bool:
        """Gives kernels access to an array that a host step makes."""
        node = self.program.nodes[root.node]
        shape, dtype = node.output_shapes[root.output], node.output_dtypes[root.output]
        held = self.host_of.get(root)
        if held is None or shape is None or not is_native(dtype):
            return False
        self.buffers[root] = _buffer(dtype, shape, Home.HOST, held.index, node.name)
        return True

    def _plan_kernel(self, index: int, node: Node) -> bool:
        """Calls a node's kernels, if it has some for its types and shapes."""
        if node.op.cpu_lowering is None:
            return False
        inputs = []
        for value in node.inputs:
            buffer = self._buffer_of(value)
            if buffer is None and self._adopt(root_of(value, self.uses)):
                buffer = self._buffer_of(value)
            if buffer is None:
                return False
            inputs.append(buffer)
        outputs = self._output_buffers(index, node)
        if outputs is None:
            return False
        is_random = node.op.is_stateful and "seed" in node.attrs
        if is_random:
            inputs.append(self._generator(node))
        known = [self.constants.get(root_of(v, self.uses)) for v in node.inputs]
        lowering = Lowering(node, inputs, outputs, known, written=self.uses.written)
        try:
            node.op.cpu_lowering(node, lowering)
        except NoKernel:
            if is_random:
                del self.generators[node.name]  # for no other copy of the node either
            return False
        for value, buffer in zip(values_of(index, node), outputs, strict=True):
            if value not in self.uses.variable_of:
                self.buffers[value] = buffer
        self.items += [call for call in lowering.calls if call.items]
        return True

    def _generator(self, node: Node) -> Buffer:
        """The state of a random op's generator."""
        if node.name not in self.generators:  # the body of a loop comes many times
            made = _buffer(dtypes.int64, (4,), Home.STATE, len(self.generators), node.name)
            self.generators[node.name] = (node, made)
        return self.generators[node.name][1]

    def _output_buffers(self, index: int, node: Node) -> list[Buffer] | None:
        outputs = []
        for value in values_of(index, node):
            shape, dtype = node.output_shapes[value.output], node.output_dtypes[value.output]
            variable = self.uses.variable_of.get(value)
            if variable is not None:
                held = self.variable_buffers.get(variable)
            elif shape is None or not is_native(dtype):
                held = None
            else:
                held = _buffer(dtype, shape, Home.ARENA, -1, node.name)
            if held is None:
                return None
            outputs.append(held)
        return outputs

    def _plan_host(self, index: int, node: Node) -> None:
        outputs = []
        for value in values_of(index, node):
            if value not in self.host_of:
                self._new_host_value(value)
            outputs.append(self.host_of[value].index)
        inputs = []
        for i, value in enumerate(node.inputs):
            inputs.append(self._cell(value) if i in cell_inputs(node) else self._source(value))
        self.items.append(HostStep(index, node, tuple(inputs), tuple(outputs)))

    # --- steps -----------------------------------------------------------------------------------

    def _make_steps(self, prologue: set[int]) -> tuple[Step, ...]:
        steps: list[Step] = []
        calls: list[Call] = []
        for item in [*self.items, None]:
            if isinstance(item, Call):
                if id(item) not in prologue:
                    calls.append(item)
                continue
            if calls:
                steps.append(Segment(tuple(make_groups(calls))))
                calls = []
            if item is not None:
                steps.append(item)
        return tuple(steps)


class _Lookup(dict[Value, Buffer]):
    """The planner's buffers, found through views and variables."""

    def __init__(self, planner: _Planner) -> None:
        super().__init__()
        self._planner = planner

    def __getitem__(self, value: Value) -> Buffer:
        found = self._planner._buffer_of(value)
        assert found is not None, f"no memory for {value}"
        return found


def _buffer(dtype: DType, shape: tuple[int, ...], home: Home, index: int, name: str) -> Buffer:
    kind = np.dtype(dtype.base_dtype.as_numpy_dtype)
    nbytes = int(np.prod(shape, dtype=np.int64)) * kind.itemsize
    return Buffer(Storage(home, nbytes, index, None, name), tuple(shape), dtype.base_dtype)


# --- memory --------------------------------------------------------------------------------------


def _with_memory(plan: Plan) -> Plan:
    """Places what lives in the arena, and what a thread's scratch can hold."""
    last: dict[Storage, int] = {}
    first: dict[Storage, int] = {}

    def touch(storage: Storage, time: int) -> None:
        if storage.home is Home.ARENA:
            first.setdefault(storage, time)
            last[storage] = max(last.get(storage, 0), time)

    end = len(plan.steps) + len(plan.groups)
    for time, group in enumerate(plan.prologue):
        for call in group.calls:
            for operand in call.operands:
                touch(operand.buffer.storage, time)
                touch(operand.buffer.storage, end)  # until the next time that it is computed
    time = len(plan.prologue)
    for step in plan.steps:
        if isinstance(step, HostStep):
            for source in step.inputs:
                if isinstance(source, Buffer):
                    touch(source.storage, time)
            time += 1
            continue
        for group in step.groups:
            for call in group.calls:
                for operand in call.operands:
                    touch(operand.buffer.storage, time)
            time += 1
    for source in plan.results:
        if isinstance(source, Buffer):
            touch(source.storage, end)
    scratch, scratch_bytes = _place_scratch(plan, first, last)
    in_scratch = {storage for offsets in scratch.values() for storage in offsets}
    lives = [Lifetime(s, first[s], last[s]) for s in first if s not in in_scratch]
    offsets, arena_bytes = lay_out(lives)
    return replace(
        plan, offsets=offsets, scratch=scratch, arena_bytes=arena_bytes, scratch_bytes=scratch_bytes
    )


def _place_scratch(
    plan: Plan, first: dict[Storage, int], last: dict[Storage, int]
) -> tuple[dict[int, dict[Storage, int]], int]:
    scratch: dict[int, dict[Storage, int]] = {}
    most = 0
    number = time = len(plan.prologue)
    for step in plan.steps:
        if isinstance(step, HostStep):
            time += 1
            continue
        for group in step.groups:
            elsewhere = {s for s in last if last[s] > time or first[s] < time}
            offset = 0
            placed = {}
            for storage in scratch_of(group, elsewhere):
                placed[storage] = offset
                offset += padded(group.step * group.bytes_per_item(storage))
            if placed:
                scratch[number] = placed
            most = max(most, offset)
            number += 1
            time += 1
    return scratch, most
