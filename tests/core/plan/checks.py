"""What every plan keeps, checked anew from the plan alone."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from graphflow.core.ops.lowering import Access, Buffer, Home, Storage
from graphflow.core.plan.memory import ALIGNMENT, SLACK
from graphflow.core.plan.plan import Group, HostStep, Plan, Segment


def check_plan(plan: Plan) -> None:
    """Checks a plan's memory and the order of its calls."""
    check_memory(plan)
    check_order(plan)


def moments(plan: Plan) -> list[Any]:
    """The groups and host steps in the order in which they run."""
    found: list[Any] = list(plan.prologue)
    for step in plan.steps:
        found += step.groups if isinstance(step, Segment) else [step]
    return found


def lifetimes(plan: Plan) -> dict[Storage, tuple[int, int]]:
    """From when to when each storage of the arena is used; a result, until the end."""
    used: dict[Storage, list[int]] = defaultdict(list)
    order = moments(plan)
    for time, moment in enumerate(order):
        if isinstance(moment, HostStep):
            storages = [s.storage for s in moment.inputs if isinstance(s, Buffer)]
        else:
            storages = [o.buffer.storage for call in moment.calls for o in call.operands]
        for storage in storages:
            used[storage].append(time)
            if time < len(plan.prologue):  # it is not computed again in the next run
                used[storage].append(len(order))
    for source in plan.results:
        if isinstance(source, Buffer):
            used[source.storage].append(len(order))
    return {s: (min(t), max(t)) for s, t in used.items() if s.home is Home.ARENA}


def check_memory(plan: Plan) -> None:
    """No two values that are needed at one time share memory, and each has room for a vector."""
    lives = lifetimes(plan)
    scratch = {s for placed in plan.scratch.values() for s in placed}
    assert set(lives) == set(plan.offsets) | scratch
    assert not scratch & set(plan.offsets)
    placed = sorted(plan.offsets.items(), key=lambda item: item[1])
    for i, (storage, start) in enumerate(placed):
        end = start + storage.nbytes + SLACK
        assert start % ALIGNMENT == 0
        assert 0 <= start and end <= plan.arena_bytes
        first, last = lives[storage]
        for other, other_start in placed[i + 1 :]:
            if other_start >= end:
                break
            assert lives[other][0] > last or lives[other][1] < first, (
                f"{storage.name} at {start} and {other.name} at {other_start} overlap"
            )
    _check_scratch(plan, lives)


def _check_scratch(plan: Plan, lives: dict[Storage, tuple[int, int]]) -> None:
    order = moments(plan)
    for number, placed in plan.scratch.items():
        group = plan.groups[number]
        time = order.index(group)
        spans = []
        for storage, start in placed.items():
            assert lives[storage] == (time, time), f"{storage.name} is needed outside of its group"
            end = start + group.step * (storage.nbytes // group.items) + SLACK
            assert start % ALIGNMENT == 0 and end <= plan.scratch_bytes
            spans.append((start, end))
        spans.sort()
        assert all(a[1] <= b[0] for a, b in zip(spans, spans[1:], strict=False))


def check_order(plan: Plan) -> None:
    """What is read has been written, item by item within a group; variables in program order."""
    written: set[Storage] = set()
    index_of = {id(node): i for i, node in enumerate(plan.program.nodes)}
    last_write: dict[int, int] = {}
    for moment in moments(plan):
        if isinstance(moment, HostStep):
            for source in moment.inputs:
                if isinstance(source, Buffer) and source.storage.home is Home.ARENA:
                    assert source.storage in written, f"{source.storage.name} is read too early"
            continue
        in_group: dict[Storage, Access] = {}
        for call in moment.calls:
            for operand in call.operands:
                storage = operand.buffer.storage
                if operand.reads and storage.home is Home.ARENA:
                    assert storage in written, f"{storage.name} is read before it is written"
                if not moment.serial and storage in in_group:
                    by_item = in_group[storage] is operand.access is Access.ITEM
                    assert by_item, f"{storage.name} is not used item by item in its group"
            for operand in call.operands:
                if operand.writes:
                    written.add(operand.buffer.storage)
                    if not moment.serial:
                        in_group[operand.buffer.storage] = operand.access
                if operand.writes and operand.buffer.storage.home is Home.VARIABLE:
                    variable = operand.buffer.storage.index
                    assert last_write.get(variable, -1) <= index_of[id(call.node)]
                    last_write[variable] = index_of[id(call.node)]
        _check_items(moment)
    for source in plan.results:
        if isinstance(source, Buffer) and source.storage.home is Home.ARENA:
            assert source.storage in written or source.storage.nbytes == 0


def _check_items(group: Group) -> None:
    for call, factor in zip(group.calls, group.factors, strict=True):
        assert group.serial or call.items == group.items * factor
        if call.blocks and not group.serial:
            block = -(-call.items // call.blocks)
            assert group.chunk * factor % block == 0 or call.blocks == 1
