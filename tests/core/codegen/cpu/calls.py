"""Runs the kernel calls of one node's lowering by themselves: no plan, no pool, poisoned memory.

Items are handed out in uneven ranges, last ones first where a call allows it, as threads might.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from graphflow.core.base import dtypes
from graphflow.core.codegen.cpu.library import Kernel, kernel_address
from graphflow.core.graph.op_def import find_op
from graphflow.core.ops import cpu_lowerings
from graphflow.core.ops.lowering import (
    Access,
    Argument,
    Buffer,
    Call,
    Failure,
    Home,
    Lowering,
    Operand,
    Storage,
    Table,
    Workspace,
)

KERNEL_TYPE = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)
SLACK = 64  # bytes after an operand that a kernel may read where it said so
GUARD = 64  # bytes around each buffer that must stay as they are
POISON = 0xA5


class Memory:
    """A buffer between two guards."""

    def __init__(self, nbytes: int, offset: int = 0) -> None:
        self.block = np.full(nbytes + 2 * GUARD + SLACK + 64, POISON, np.uint8)
        start = -self.block.ctypes.data % 64 + GUARD + offset
        self.bytes = self.block[start : start + nbytes]
        self.start, self.nbytes = start, nbytes

    def check(self) -> None:
        """Fails when something was written next to the buffer."""
        assert (self.block[: self.start] == POISON).all(), "written before the buffer"
        assert (self.block[self.start + self.nbytes :] == POISON).all(), "written after the buffer"


def lower_and_run(
    op_type: str,
    attrs: dict[str, Any],
    inputs: Sequence[np.ndarray],
    output_shapes: Sequence[Sequence[int]],
    output_types: Sequence[Any],
    cells: int = 0,
    ranges: int = 3,
    unknown: Sequence[int] = (),
) -> list[np.ndarray]:
    """The outputs of an op as its CPU lowering computes them.

    Args:
      op_type: the op's name; it must have a lowering.
      attrs: the node's attributes.
      inputs: the inputs' values; not changed.
      output_shapes: a shape per output.
      output_types: a NumPy type per output.
      cells: how many of the first inputs are variables; they are updated in place, and their new
        values come first in the result; an output is then the variable of its own number.
      ranges: into how many ranges the items of each call are divided.
      unknown: inputs whose values are not known to the lowering, however small.

    Returns:
      The variables' new values, then the outputs.

    Raises:
      NoKernel: the lowering refuses.
    """
    cpu_lowerings.load()
    op = find_op(op_type)
    assert op is not None and op.cpu_lowering is not None, f"{op_type} has no lowering"
    memories: dict[Storage, Memory] = {}

    def buffer(shape: Sequence[int], kind: Any, value: np.ndarray | None = None) -> Buffer:
        dtype = dtypes.as_dtype(kind)
        nbytes = int(np.prod(shape, dtype=np.int64)) * np.dtype(kind).itemsize
        made = Buffer(Storage(Home.ARENA, nbytes), tuple(shape), dtype)
        memories[made.storage] = memory = Memory(nbytes)
        if value is not None:
            memory.bytes[:] = np.ascontiguousarray(value).reshape(-1).view(np.uint8)
        return made

    given = [buffer(x.shape, x.dtype, x) for x in inputs]
    made = [buffer(s, t) for s, t in zip(output_shapes, output_types, strict=True)]
    outputs = given[:cells][: len(made)] + made[cells:] if cells else made
    node = SimpleNamespace(name=op_type, op=op, attrs=attrs)
    constants = [
        x if x.size <= 64 and i >= cells and i not in unknown else None
        for i, x in enumerate(inputs)
    ]
    lowering = Lowering(node, given, outputs, constants)
    op.cpu_lowering(node, lowering)
    for call in lowering.calls:
        run_call(call, memories, ranges)
    for memory in memories.values():
        memory.check()
    for x, b in list(zip(inputs, given, strict=True))[cells:]:
        old = np.ascontiguousarray(x).reshape(-1).view(np.uint8)
        assert (memories[b.storage].bytes == old).all(), "an input was changed"
    wanted = given[:cells] + (outputs if not cells else [])
    return [_array(b, memories[b.storage]) for b in wanted]


def run_call(call: Call, memories: dict[Storage, Memory], ranges: int) -> None:
    """Runs one call, range by range.

    Raises:
      Exception: what the call's `failure` makes of a failure that the kernel reported.
    """
    for operand in call.operands:
        storage = operand.buffer.storage
        if storage not in memories:
            memories[storage] = Memory(storage.nbytes)
        if operand.access is Access.ITEM and call.items:
            assert operand.buffer.nbytes % call.items == 0, "items do not divide an operand"
    record = np.zeros(8, np.int64)
    words, kept = block(call.args, memories, record)
    kernel = KERNEL_TYPE(kernel_address(_kernel(call)))
    for lo, hi in item_ranges(call, ranges):
        kernel(lo, hi, words.ctypes.data)
    if record[0]:
        assert call.failure is not None
        raise call.failure(int(record[1]), int(record[2]))
    for own in kept:
        if isinstance(own, Memory):
            own.check()


def _kernel(call: Call) -> Kernel:
    if call.kernel.body is None:
        return Kernel(call.kernel.name)
    from graphflow.core.codegen.cpu.elementwise import generate

    return Kernel(call.kernel.name, generate(call.kernel.body))


def item_ranges(call: Call, ranges: int) -> list[tuple[int, int]]:
    """Ranges that cover all items, whole blocks and grains each, in reverse order."""
    unit = max(call.grain, 1)
    if call.blocks:
        unit = -(-call.items // call.blocks)
    size = -(-call.items // ranges)
    size = max(unit, -(-size // unit) * unit)
    bounds = list(range(0, call.items, size))
    return [(lo, min(lo + size, call.items)) for lo in reversed(bounds)]


def block(
    args: Sequence[Argument], memories: dict[Storage, Memory], record: np.ndarray
) -> tuple[np.ndarray, list[Any]]:
    """The argument block of a call, and what must stay alive while it is used."""
    words: list[int] = []
    kept: list[Any] = []
    for arg in args:
        if isinstance(arg, Operand):
            memory = memories[arg.buffer.storage]
            words.append(memory.bytes.ctypes.data + arg.offset)
        elif isinstance(arg, Workspace):
            own = Memory(arg.nbytes)
            kept.append(own)
            words.append(own.bytes.ctypes.data)
        elif isinstance(arg, Table):
            kept.append(arg.data)
            words.append(arg.data.ctypes.data)
        elif isinstance(arg, Failure):
            words += [record.ctypes.data, 1]
        elif isinstance(arg, float):
            words.append(struct.unpack("q", struct.pack("d", arg))[0])
        else:
            words.append(int(arg))
    return np.array(words, np.int64), kept


def _array(buffer: Buffer, memory: Memory) -> np.ndarray:
    return memory.bytes.view(buffer.dtype.as_numpy_dtype).reshape(buffer.shape).copy()
