"""`GRAPHFLOW_DEBUG=guard`: no kernel writes where it should not, or reads what nobody has written.

    before a run      the memory of values is filled with bytes that are NaN
    before a group    all that its kernels could reach is copied
    after it          a byte that differs, and is of no operand that they write, is an error

What can be reached is the arena, the threads' scratch and workspaces, the variables, the fed arrays
and the constants, with the words around each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..base import errors
from ..ops.lowering import Home, Workspace
from ..plan.memory import padded
from ..plan.plan import Group, Plan
from ..program.interpreter import node_error
from .instance import Instance
from .native import NativePlan, Running
from .pool import Pool

_POISON = 0xFF  # as any float type, NaN
_GUARD_WORD = 0xA5
_GUARD_BYTES = 4096

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Region:
    """Memory that kernels could reach.

    Attributes:
      name: what it is.
      block: all its bytes.
      writable: the ranges of them that the kernels may change.
    """

    name: str
    block: np.ndarray
    writable: Sequence[Range]

    def first_change(self, before: np.ndarray) -> int | None:
        """The first byte that has changed, and is not writable."""
        start = 0
        for begin, end in [*sorted(self.writable), (self.block.size, self.block.size)]:
            changed = self.block[start:begin] != before[start:begin]
            if changed.any():
                return start + int(changed.argmax())
            start = max(start, end)
        return None


def _region(name: str, array: np.ndarray, writable: Sequence[Range] = ()) -> Region:
    """The region of an array and what is around it; ranges count from the array's first byte."""
    around = array.base
    if not isinstance(around, np.ndarray) or around.dtype != np.uint8 or around.ndim != 1:
        around = array.reshape(-1).view(np.uint8)
    start = array.ctypes.data - around.ctypes.data
    return Region(name, around, [(start + begin, start + end) for begin, end in writable])


class GuardedInstance(Instance):
    """An instance whose memory lies between guard words.

    Attributes:
      arrays: the arrays from outside that the kernels have been given.
      variables: the variables' values that they have, by index.
    """

    @staticmethod
    def allocate(nbytes: int) -> np.ndarray:
        """Memory on a cache line, between guard words."""
        block = np.full(nbytes + 2 * _GUARD_BYTES + 64, _GUARD_WORD, np.uint8)
        start = _GUARD_BYTES + -block.ctypes.data % 64
        return block[start : start + nbytes]

    def poison(self) -> None:
        """Makes everything that the next run reads before it has written it show."""
        for memory in (self.arena, self.scratch, self.workspace):
            memory[...] = _POISON
        self.prologue_of = None
        self.arrays: list[np.ndarray] = []
        self.variables: dict[int, np.ndarray] = {}

    def regions(self, number: int) -> list[Region]:
        """All memory, as the kernels of a group may use it."""
        group = self.plan.groups[number]
        written = {o.buffer.storage for call in group.calls for o in call.operands if o.writes}
        updated = {storage.index for storage in written if storage.home is Home.VARIABLE}
        arena = [
            (at, at + storage.nbytes)
            for storage, at in self.plan.offsets.items()
            if storage in written
        ]
        scratch: list[Range] = []
        workspace: list[Range] = []
        for thread in range(self.threads):
            for storage, at in self.plan.scratch.get(number, {}).items():
                at += thread * self.plan.scratch_bytes
                scratch.append((at, at + group.step * group.bytes_per_item(storage)))
            for call in group.calls:
                at = thread * self.workspace_bytes
                for arg in call.args:
                    if isinstance(arg, Workspace):
                        workspace.append((at, at + arg.nbytes))
                        at += padded(arg.nbytes)
        return [
            _region("the arena", self.arena, arena),
            _region("the threads' scratch memory", self.scratch, scratch),
            _region("the threads' workspaces", self.workspace, workspace),
            *(_region("a constant", array) for array in self.constants.values()),
            *(_region("an array from outside", array) for array in self.arrays),
            *(
                _region("a variable", value, [(0, value.nbytes)] if index in updated else [])
                for index, value in self.variables.items()
            ),
        ]


class GuardedPlan(NativePlan):
    """A plan that looks after each group at what its kernels have changed.

    A run raises InternalError when a kernel has changed what it should not.
    """

    instance_class = GuardedInstance

    def __init__(self, plan: Plan, pool: Pool) -> None:
        super().__init__(plan, pool)
        self.simple_run = None

    def _take_instance(self) -> Instance:
        instance = super()._take_instance()
        assert isinstance(instance, GuardedInstance)
        instance.poison()
        return instance

    def _bind(self, run: Running) -> None:
        super()._bind(run)
        instance, kept = run.instance, run.kept
        assert isinstance(instance, GuardedInstance)
        instance.arrays = [a for (home, _), a in kept.items() if home is not Home.VARIABLE]
        instance.variables = {i: a for (home, i), a in kept.items() if home is Home.VARIABLE}

    def _run_groups(self, instance: Instance, table: int, groups: Sequence[Group]) -> None:
        assert isinstance(instance, GuardedInstance)
        first = (table - instance.segments[0][0]) // instance.group_bytes
        for g, group in enumerate(groups):
            regions = instance.regions(first + g)
            before = [region.block.copy() for region in regions]
            super()._run_groups(instance, table + g * instance.group_bytes, [group])
            for region, old in zip(regions, before, strict=True):
                place = region.first_change(old)
                if place is not None:
                    raise _overrun(group, region, place)
            if instance.failure[0]:
                return


def _overrun(group: Group, region: Region, place: int) -> Exception:
    """What is raised for a byte that has changed."""
    kernels = ", ".join(call.kernel.name for call in group.calls)
    nodes = ", ".join(repr(node.name) for call in group.calls for node in (*call.fused, call.node))
    message = (
        f"a kernel has written outside of its operands: in {region.name}"
        f"{_distance(region.writable, place)}. Kernels: {kernels}; nodes: {nodes}. "
        "This is a bug of graphflow's: please report it."
    )
    return node_error(errors.InternalError(None, None, message), group.calls[-1].node)


def _distance(writable: Sequence[Range], place: int) -> str:
    """How far a byte is from what may be written."""
    if not writable:
        return ""
    begin, end = min(writable, key=lambda r: min(abs(place - r[0]), abs(place - r[1])))
    if place < begin:
        return f", {begin - place} bytes before what they may write"
    return f", {place - end} bytes after the end of what they may write"
