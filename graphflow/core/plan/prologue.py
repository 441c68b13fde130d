"""What a plan needs to compute only once: calls that depend on nothing that changes between runs.

Weights that a run only reads are packed for their kernels, batch norms are folded, filters are
transformed: at inference all of this is the same in every run, until somebody writes a variable.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from ..ops.lowering import Call, Home, Storage


def find_prologue(calls: Sequence[Call], written_variables: set[int]) -> list[Call]:
    """The calls that depend on constants, and on variables that the plan does not write.

    Args:
      calls: all of a plan, in order.
      written_variables: those that the plan writes.
    """
    candidates = {id(call) for call in calls if call.failure is None}
    writers: dict[Storage, list[Call]] = defaultdict(list)
    for call in calls:
        for operand in call.operands:
            if operand.writes:
                writers[operand.buffer.storage].append(call)

    def is_steady(storage: Storage) -> bool:
        if storage.home is Home.VARIABLE:
            return storage.index not in written_variables
        if storage.home is Home.ARENA:
            return all(id(writer) in candidates for writer in writers[storage])
        return storage.home is Home.CONSTANT

    found = -1
    while found != len(candidates):
        found = len(candidates)
        for call in calls:
            if id(call) in candidates and not _is_pure(call, is_steady):
                candidates.discard(id(call))
    return [call for call in calls if id(call) in candidates]


def _is_pure(call: Call, is_steady: Callable[[Storage], bool]) -> bool:
    return all(
        is_steady(operand.buffer.storage)
        and (not operand.writes or operand.buffer.storage.home is Home.ARENA)
        for operand in call.operands
    )
