"""Plan: what a program's run does, step by step, in memory that is laid out already.

steps     host step | segment | host step | segment | ...
segment   group | group | ...              run natively, by all threads, without Python
group     call, call, ...                  for some items at a time
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..base.dtypes import DType
from ..ops.lowering import Buffer, Call, Storage
from ..program.program import Node, Program


@dataclass(frozen=True, slots=True)
class Group:
    """Calls that are run one after the other for a few items at a time.

    Attributes:
      calls: in order.
      items: of the group; each call has `items * factor` of its own.
      factors: per call.
      chunk: items that a thread takes at once.
      step: items that all calls process before the next ones.
      serial: whether one thread does it all; waiting for others costs more than the work.
    """

    calls: tuple[Call, ...]
    items: int
    factors: tuple[int, ...]
    chunk: int
    step: int
    serial: bool

    @property
    def cost(self) -> float:
        """Estimated nanoseconds on one thread."""
        return sum(call.cost for call in self.calls)

    def bytes_per_item(self, storage: Storage) -> int:
        """The part of a storage that belongs to an item of the group."""
        return storage.nbytes // max(self.items, 1)


@dataclass(frozen=True, slots=True)
class Segment:
    """Groups between two host steps."""

    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class HostStep:
    """A node that the NumPy reference runs.

    Attributes:
      inputs: a buffer with known memory; or a number: the host value at that index.
      outputs: per output the index of the host value that it becomes.
    """

    index: int
    node: Node
    inputs: tuple[Source, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class HostValue:
    """A value that Python holds: of a host step, an argument, a variable's cell."""

    index: int


Source = Buffer | HostValue
Step = Segment | HostStep


@dataclass(frozen=True, slots=True)
class VariableUse:
    """A variable of a plan.

    Attributes:
      node: the node that names it.
      held: shape and type that the kernels were given; a run in which they differ is interpreted.
        None for a variable that only host steps use.
      is_written: whether the plan may change it.
    """

    node: Node
    held: tuple[tuple[int, ...], DType] | None
    is_written: bool


@dataclass(frozen=True)
class Plan:
    """A program made ready for one set of shapes.

    Attributes:
      steps: in order.
      results: where the results are when all steps have run.
      variables: the variables that kernels touch.
      host_values: how many values Python holds during a run.
      arg_values: the host value of each argument.
      variable_values: the host value of each variable's cell, by its index in `variables`.
      generators: the nodes whose random generators kernels read and advance.
      constant_values: constants that kernels cannot read, with their host values.
      offsets: where each storage is in the arena.
      scratch: storages that live in a thread's scratch, by group: their offsets in it.
      arena_bytes, scratch_bytes: the sizes.
      prologue: groups that depend on constants and on variables that the plan does not write;
        they run again only when such a variable has changed (weights packed, norms folded).
    """

    program: Program
    steps: tuple[Step, ...]
    results: tuple[Source, ...]
    variables: tuple[VariableUse, ...]
    host_values: int
    arg_values: tuple[int, ...]
    variable_values: tuple[int, ...]
    constant_values: tuple[tuple[int, np.ndarray], ...] = ()
    generators: tuple[Node, ...] = ()
    offsets: dict[Storage, int] = field(default_factory=dict)
    scratch: dict[int, dict[Storage, int]] = field(default_factory=dict)
    arena_bytes: int = 0
    scratch_bytes: int = 0
    prologue: tuple[Group, ...] = ()

    @property
    def groups(self) -> list[Group]:
        """All groups, in order, those of the prologue first."""
        later = [g for step in self.steps if isinstance(step, Segment) for g in step.groups]
        return [*self.prologue, *later]

    @property
    def calls(self) -> list[Call]:
        """All calls, in order."""
        return [call for group in self.groups for call in group.calls]

    def __str__(self) -> str:
        """A listing for `GRAPHFLOW_DEBUG=plan`."""
        lines = [f"arena {self.arena_bytes} bytes, scratch {self.scratch_bytes} bytes a thread"]
        for number, group in enumerate(self.prologue):
            lines += ["once:"] if number == 0 else []
            lines += self._group_lines(number, group)
        number = len(self.prologue)
        for step in self.steps:
            if isinstance(step, HostStep):
                lines.append(f"host   {step.node.op.name}  # {step.node.name}")
                continue
            for group in step.groups:
                lines += self._group_lines(number, group)
                number += 1
        return "\n".join(lines)

    def _group_lines(self, number: int, group: Group) -> list[str]:
        how = "serial" if group.serial else f"chunks of {group.chunk}, by {group.step}"
        scratch = self.scratch.get(number, {})
        held = f", {len(scratch)} values in scratch" if scratch else ""
        lines = [f"group {number}: {group.items} items, {how}, {group.cost / 1e3:.0f} us{held}"]
        for call, factor in zip(group.calls, group.factors, strict=True):
            times = f" x{factor}" if factor != 1 else ""
            lines.append(f"    {call.kernel.name}{times}  # {call.node.name}")
        return lines
