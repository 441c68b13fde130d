"""Ops on queues: tested by runs that hand elements to each other."""

from __future__ import annotations

from . import OpCase

CASES: list[OpCase] = []

_KINDS = "tests/core/ops/queues/test_kinds.py"
_WAITING = "tests/core/ops/queues/test_waiting.py"
_OLD = "tests/core/ops/queues/test_old_handles.py"

_FILES = {
    "FIFOQueue": _KINDS,
    "PaddingFIFOQueue": _KINDS,
    "PriorityQueue": _KINDS,
    "RandomShuffleQueue": _KINDS,
    "QueueEnqueue": _WAITING,
    "QueueEnqueueMany": _WAITING,
    "QueueDequeue": _WAITING,
    "QueueDequeueMany": _WAITING,
    "QueueDequeueUpTo": _WAITING,
    "QueueClose": _WAITING,
    "QueueIsClosed": _WAITING,
    "QueueSize": _WAITING,
}

_MAPS = "tests/core/ops/queues/test_sparse_maps.py"

TESTED_ELSEWHERE = {
    "FakeQueue": _OLD,
    "AddSparseToTensorsMap": _MAPS,
    "AddManySparseToTensorsMap": _MAPS,
    "TakeManySparseFromTensorsMap": _MAPS,
    **{f"{op_type}V2": file for op_type, file in _FILES.items()},
    **dict.fromkeys(_FILES, _OLD),
}
