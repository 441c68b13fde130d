"""An instance of a plan: its arena, its argument blocks and its table, for one run at a time.

The table's layout is `codegen/cpu/kernels/plan_table.py`'s. Every thread has an argument block of
its own for each call, as operands in scratch memory have an address per thread.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np

from ..codegen.cpu.elementwise import generate
from ..codegen.cpu.library import Kernel, kernel_address
from ..ops.lowering import (
    Argument,
    Buffer,
    Call,
    Failure,
    Home,
    KernelName,
    Operand,
    Storage,
    Table,
    Workspace,
)
from ..plan.memory import SLACK, padded
from ..plan.plan import Group, Plan, Segment
from .background import stop_if_ending
from .pool import run_alone

_GROUP_WORDS, _CALL_WORDS, _MOVE_WORDS = 8, 6, 4
_COUNTER_WORDS = 16  # counters of different groups are on cache lines of their own
_COPIED_BYTES = 4096
_EXTERNAL = (Home.ARG, Home.HOST, Home.VARIABLE)

Allocate = Callable[[int], np.ndarray]  # from a number of bytes to memory, uint8, on a cache line


def aligned_bytes(nbytes: int) -> np.ndarray:
    """Uninitialised memory on a cache line, with slack for the tails of vectors."""
    block = np.empty(nbytes + SLACK + 64, np.uint8)
    start = -block.ctypes.data % 64
    return block[start : start + nbytes]


def aligned_copy(array: np.ndarray, allocate: Allocate = aligned_bytes) -> np.ndarray:
    """A contiguous copy on a cache line, with slack."""
    copy = allocate(array.nbytes).view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


def is_copied(storage: Storage) -> bool:
    """Whether a value from outside is so small that every run copies it."""
    return storage.home in (Home.ARG, Home.HOST) and storage.nbytes <= _COPIED_BYTES


def kernel_of(name: KernelName) -> Kernel:
    """The code that a plan means by a name."""
    return Kernel(name.name) if name.body is None else Kernel(name.name, generate(name.body))


class Instance:
    """Memory and tables of a plan, ready to run.

    Args:
      plan: the plan.
      threads: how many threads may work on it.
      constants: the plan's constants, placed in memory.
      kernels: the address of each kernel.

    Attributes:
      arena: the memory of the plan's values.
      scratch, workspace: memory of the threads', one after the other.
      workspace_bytes: a thread's.
      failure: the record in which kernels report failures: call number, value, position.
      segments: the prologue's and then each segment's first group, and how many they have.
      prologue_of: the values and versions of the variables that the prologue ran with.
      failure_address: where that record is.
      outside: the arguments, variables and host values that kernels use where they are, as
        (home, index).
      generators: the state of each of the plan's random generators, int64 [4].
      copied: those that are so small that a run copies them: (host value, the flat place for it).
    """

    group_bytes = 8 * _GROUP_WORDS

    def __init__(
        self,
        plan: Plan,
        threads: int,
        constants: Mapping[Storage, np.ndarray],
        kernels: Mapping[KernelName, int],
    ) -> None:
        self.plan = plan
        self.threads = threads
        self.constants = constants
        self._kernels = kernels
        self.failure = np.zeros(8, np.int64)
        self.failure_address = self.failure.ctypes.data
        self.generators = [aligned_bytes(32).view(np.int64) for _ in plan.generators]
        self.prologue_of: list[tuple[object, int]] | None = None
        self.copied: list[tuple[int, np.ndarray]] = []
        self._small: dict[tuple[Home, int], np.ndarray] = {}
        self.arena = self.allocate(plan.arena_bytes)
        self.scratch = self.allocate(plan.scratch_bytes * threads)
        self.workspace_bytes = max((_workspace(call) for call in plan.calls), default=0)
        self.workspace = self.allocate(self.workspace_bytes * threads)
        self._views: dict[tuple[Storage, tuple[int, ...]], np.ndarray] = {}
        self._patches: dict[tuple[Home, int], list[tuple[int, int]]] = {}
        self._bind()

    @staticmethod
    def allocate(nbytes: int) -> np.ndarray:
        """Memory for kernels."""
        return aligned_bytes(nbytes)

    def view(self, buffer: Buffer) -> np.ndarray:
        """A buffer in the arena, or a constant, as an array on the same memory."""
        key = buffer.storage, buffer.shape
        found = self._views.get(key)
        if found is None:
            found = self._views[key] = self._make_view(buffer)
        return found

    @cached_property
    def run_alone(self) -> Callable[[], object]:
        """Runs the first segment on the calling thread."""
        return run_alone(*self.segments[1], self.failure_address)

    @cached_property
    def take_results(self) -> list[Callable[[], Any]]:
        """What gives each result that is in the arena: a copy, or a NumPy scalar."""
        views = [self.view(result) for result in self.plan.results if isinstance(result, Buffer)]
        return [view.copy if view.ndim else partial(view.__getitem__, ()) for view in views]

    def _make_view(self, buffer: Buffer) -> np.ndarray:
        if buffer.storage.home is Home.CONSTANT:
            return self.constants[buffer.storage].reshape(buffer.shape)
        start = self.plan.offsets.get(buffer.storage, 0)
        part = self.arena[start : start + buffer.nbytes]
        return part.view(buffer.dtype.as_numpy_dtype).reshape(buffer.shape)

    # --- building --------------------------------------------------------------------------------

    def _bind(self) -> None:
        """Writes the argument blocks and the table."""
        plan = self.plan
        blocks: list[list[int]] = []
        starts: list[int] = []
        at = 0
        for number, group in enumerate(plan.groups):
            for call in group.calls:
                starts.append(at)
                words = self._words(call, number, at, len(starts))
                blocks.append(words)
                at += len(words)
        one = np.array([word for words in blocks for word in words], np.int64)
        self._words_per_thread = at
        self._blocks = np.tile(one, (self.threads, 1))
        self._place_workspaces(starts)
        self._build_table(starts)
        self._index_patches()

    def _words(self, call: Call, group: int, start: int, number: int) -> list[int]:
        words: list[int] = []
        workspace = 0
        for arg in call.args:
            if isinstance(arg, Workspace):
                words.append(self.workspace.ctypes.data + workspace)
                workspace += padded(arg.nbytes)
            else:
                words += self._argument(arg, group, start + len(words), number)
        return words

    def _argument(self, arg: Argument, group: int, at: int, number: int) -> list[int]:
        if isinstance(arg, Operand):
            return [self._address(arg, group, at)]
        if isinstance(arg, Table):
            return [arg.data.ctypes.data]
        if isinstance(arg, Failure):
            return [self.failure.ctypes.data, number]
        if isinstance(arg, float):
            bits: int = struct.unpack("q", struct.pack("d", arg))[0]
            return [bits]
        return [int(arg)]  # type: ignore[arg-type]

    def _address(self, operand: Operand, group: int, at: int) -> int:
        storage = operand.buffer.storage
        if storage.home is Home.STATE:
            return int(self.generators[storage.index].ctypes.data)
        if is_copied(storage):
            return self._small_place(operand.buffer).ctypes.data + operand.offset
        if storage.home in _EXTERNAL:
            key = storage.home, storage.index
            self._patches.setdefault(key, []).append((at, operand.offset))
            return 0
        if storage.home is Home.CONSTANT:
            return self.constants[storage].ctypes.data + operand.offset
        if storage in self.plan.scratch.get(group, ()):
            return 0  # its moves set it
        return self.arena.ctypes.data + self.plan.offsets[storage] + operand.offset

    def _small_place(self, buffer: Buffer) -> np.ndarray:
        """Memory of the instance's own for a small array from outside."""
        key = buffer.storage.home, buffer.storage.index
        place = self._small.get(key)
        if place is None:
            place = aligned_bytes(buffer.storage.nbytes).view(buffer.dtype.as_numpy_dtype)
            self._small[key] = place
            self.copied.append((buffer.storage.index, place))
        return place

    def _place_workspaces(self, starts: Sequence[int]) -> None:
        """Gives every thread but the first its own workspace."""
        for call, start in zip(self.plan.calls, starts, strict=True):
            at = start
            for arg in call.args:
                if isinstance(arg, Workspace):
                    for thread in range(1, self.threads):
                        self._blocks[thread, at] += thread * self.workspace_bytes
                at += 2 if isinstance(arg, Failure) else 1

    def _build_table(self, starts: Sequence[int]) -> None:
        plan = self.plan
        calls = len(plan.calls)
        moves: list[list[int]] = []
        self._groups = np.zeros((len(plan.groups), _GROUP_WORDS), np.int64)
        self._calls = np.zeros((calls, _CALL_WORDS), np.int64)
        self._counters = np.zeros(len(plan.groups) * _COUNTER_WORDS + 16, np.int64)
        number = 0
        for g, group in enumerate(plan.groups):
            self._groups[g] = [
                len(group.calls),
                self._calls.ctypes.data + number * _CALL_WORDS * 8,
                group.items,
                group.chunk,
                group.step,
                self._counters.ctypes.data + g * _COUNTER_WORDS * 8,
                group.serial,
                any(call.failure is not None for call in group.calls),
            ]
            for call, factor in zip(group.calls, group.factors, strict=True):
                own = self._moves(call, group, g)
                self._calls[number] = [
                    self._kernels[call.kernel],
                    self._blocks.ctypes.data + starts[number] * 8,
                    self._words_per_thread * 8,
                    factor,
                    len(own),
                    len(moves),
                ]
                moves += own
                number += 1
        self._moves_table = np.array(moves, np.int64).reshape(-1, _MOVE_WORDS)
        self._calls[:, 5] = self._moves_table.ctypes.data + self._calls[:, 5] * _MOVE_WORDS * 8
        self.segments = self._find_segments()

    def _moves(self, call: Call, group: Group, number: int) -> list[list[int]]:
        """The words of a call that follow a thread's scratch."""
        placed = self.plan.scratch.get(number)
        if not placed:
            return []
        moves = []
        at = 0
        for arg in call.args:
            if isinstance(arg, Operand) and arg.buffer.storage in placed:
                storage = arg.buffer.storage
                base = self.scratch.ctypes.data + placed[storage]
                per_item = group.bytes_per_item(storage)
                moves.append([at, base, self.plan.scratch_bytes, per_item])
            at += 2 if isinstance(arg, Failure) else 1
        return moves

    def _find_segments(self) -> list[tuple[int, int]]:
        at = len(self.plan.prologue)
        found = [(self._groups.ctypes.data, at)]
        for step in self.plan.steps:
            if isinstance(step, Segment):
                address = self._groups.ctypes.data + at * _GROUP_WORDS * 8
                found.append((address, len(step.groups)))
                at += len(step.groups)
        return found

    # --- addresses of arrays from outside ---------------------------------------------------------

    def _index_patches(self) -> None:
        """Makes arrays of the words that hold each outside address."""
        self.outside = {key: i for i, key in enumerate(self._patches)}
        self._addresses = np.zeros(len(self._patches), np.int64)
        words, sources, offsets = [], [], []
        for key, places in self._patches.items():
            for at, offset in places:
                for thread in range(self.threads):
                    words.append(thread * self._words_per_thread + at)
                    sources.append(self.outside[key])
                    offsets.append(offset)
        self._patched = np.array(words, np.int64)
        self._patch_sources = np.array(sources, np.int64)
        self._patch_offsets = np.array(offsets, np.int64)
        self._flat = self._blocks.reshape(-1)
        self._is_bound = False

    def set_address(self, home: Home, index: int, address: int) -> None:
        """Says where an argument, a variable or a host value is."""
        at = self.outside[home, index]
        if self._addresses[at] != address:
            self._addresses[at] = address
            self._is_bound = False

    def bind(self) -> None:
        """Brings the argument blocks up to date with the addresses."""
        if not self._is_bound:
            self._flat[self._patched] = self._addresses[self._patch_sources] + self._patch_offsets
            self._is_bound = True


def _workspace(call: Call) -> int:
    return sum(padded(arg.nbytes) for arg in call.args if isinstance(arg, Workspace))


def place_constants(plan: Plan, allocate: Allocate) -> dict[Storage, np.ndarray]:
    """The plan's constants in memory that kernels can read."""
    placed: dict[Storage, np.ndarray] = {}
    buffers = [operand.buffer for call in plan.calls for operand in call.operands]
    buffers += [source for source in plan.results if isinstance(source, Buffer)]
    for step in plan.steps:
        buffers += [s for s in getattr(step, "inputs", ()) if isinstance(s, Buffer)]
    for buffer in buffers:
        storage = buffer.storage
        if storage.home is Home.CONSTANT and storage not in placed:
            assert storage.constant is not None
            placed[storage] = aligned_copy(storage.constant, allocate)
    return placed


def all_kernels(plan: Plan) -> set[KernelName]:
    """The distinct kernels of a plan."""
    return {call.kernel for call in plan.calls}


def load_kernels(plan: Plan) -> dict[KernelName, int]:
    """The addresses of a plan's kernels; those that are in no cache are compiled."""
    addresses = {}
    for name in all_kernels(plan):
        stop_if_ending()
        addresses[name] = kernel_address(kernel_of(name))
    return addresses
