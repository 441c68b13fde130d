"""Groups: calls that a thread runs one after the other for the same few items.

    conv   100 images ─┐             group of 100 items, one image at a time:
    add    78400 rows  ├──  ->         conv (1) -> add (784 rows) -> pool (1)
    pool   100 images ─┘             what lies between them stays in a thread's scratch

Two calls can share a group when they have items in common and what the one writes, the other reads
item by item. Cheap calls are put together into serial groups: waiting costs more than they do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..ops.lowering import Access, Call, Home, Storage
from .plan import Group

SERIAL_COST = 8_000.0  # ns: less than waking the other threads gains
CHUNK_COST = 10_000.0  # ns: what a thread should get at once, at least
MAX_CHUNKS = 64  # shares of the work, for the balance between threads
STEP_BYTES = 192 << 10  # of operands in flight: they stay in a core's second-level cache
MIN_ITEMS = 8  # a group of fewer items leaves threads idle
LOOK_AHEAD = 64  # calls that are looked at for the next one of a group


def make_groups(calls: Sequence[Call]) -> list[Group]:
    """Divides the calls of a segment, in an order in which they can run, into groups."""
    left = list(calls)
    groups = []
    while left:
        taken = _take_group(left)
        chosen = set(map(id, taken))
        left = [call for call in left if id(call) not in chosen]
        groups.append(_make_group(taken))
    return groups


def _take_group(left: Sequence[Call]) -> list[Call]:
    """The next group's calls: the first one, and what can follow it."""
    taken = [left[0]]
    serial = left[0].cost < SERIAL_COST
    skipped = _Skipped()
    for call in left[1 : 1 + LOOK_AHEAD]:
        if skipped.must_precede(call):
            skipped.add(call)
        elif _writes_variable(call) and any(c.failure is not None for c in taken):
            skipped.add(call)  # a variable stays as it is when something failed before
        elif serial and call.cost < SERIAL_COST:
            taken.append(call)
        elif not serial and _fits(taken, call):
            taken.append(call)
        else:
            skipped.add(call)
    return taken


class _Skipped:
    """Calls that a group leaves to later ones."""

    def __init__(self) -> None:
        self._touched: set[Storage] = set()
        self._written: set[Storage] = set()
        self._can_fail = False

    def add(self, call: Call) -> None:
        """Adds one more."""
        self._can_fail |= call.failure is not None
        for operand in call.operands:
            self._touched.add(operand.buffer.storage)
            if operand.writes:
                self._written.add(operand.buffer.storage)

    def must_precede(self, call: Call) -> bool:
        """Whether a later call has to wait for one of them."""
        if self._can_fail and _writes_variable(call):
            return True
        return any(
            o.buffer.storage in (self._touched if o.writes else self._written)
            for o in call.operands
        )


def _writes_variable(call: Call) -> bool:
    return any(o.writes and o.buffer.storage.home is Home.VARIABLE for o in call.operands)


def _fits(taken: Sequence[Call], call: Call) -> bool:
    """Whether a call can join a parallel group."""
    items = math.gcd(call.items, *(c.items for c in taken))
    if items < MIN_ITEMS or items != min(call.items, *(c.items for c in taken)):
        return False
    related = False
    for earlier in taken:
        for a in earlier.operands:
            for b in call.operands:
                if a.buffer.storage is not b.buffer.storage:
                    continue
                by_item = a.access is b.access is Access.ITEM and not (a.offset or b.offset)
                if (a.writes or b.writes) and not by_item:
                    return False
                related |= by_item
    return related and _blocks_agree([*taken, call], items)


def _blocks_agree(calls: Sequence[Call], items: int) -> bool:
    """Whether blocks of all calls are the same ranges of the group's items."""
    sizes = {_block_items(call, items) for call in calls if call.blocks}
    return len(sizes) <= 1 and None not in sizes


def _block_items(call: Call, items: int) -> int | None:
    """A call's block in items of the group; None where it has no whole number of them."""
    factor = call.items // items
    block = -(-call.items // call.blocks)
    return block // factor if block % factor == 0 else None


def _make_group(calls: Sequence[Call]) -> Group:
    cost = sum(call.cost for call in calls)
    if len(calls) > 1 and all(call.cost < SERIAL_COST for call in calls) or cost < SERIAL_COST:
        return Group(tuple(calls), 1, tuple(c.items for c in calls), 1, 1, serial=True)
    items = min(call.items for call in calls)
    factors = tuple(call.items // items for call in calls)
    grain = 1
    for call, factor in zip(calls, factors, strict=True):
        grain = math.lcm(grain, -(-call.grain // factor))
    blocks = [_block_items(call, items) for call in calls if call.blocks]
    if blocks and blocks[0] is not None:
        chunk = blocks[0]
    else:
        shares = max(1, min(MAX_CHUNKS, int(cost / CHUNK_COST)))
        chunk = _round_up(max(1, -(-items // shares)), grain)
    step = chunk if len(calls) == 1 else min(chunk, _step(calls, items, grain))
    return Group(tuple(calls), items, factors, chunk, step, serial=False)


def _step(calls: Sequence[Call], items: int, grain: int) -> int:
    """How many items fit in the cache together."""
    seen: set[Storage] = set()
    for call in calls:
        for operand in call.operands:
            if operand.access is Access.ITEM:
                seen.add(operand.buffer.storage)
    per_item = sum(storage.nbytes for storage in seen) / max(items, 1)
    return max(grain, int(STEP_BYTES / max(per_item, 1)) // grain * grain)


def _round_up(number: int, multiple: int) -> int:
    return -(-number // multiple) * multiple


def scratch_of(group: Group, is_needed_later: set[Storage]) -> list[Storage]:
    """What a group writes and reads item by item, and nobody else needs."""
    if group.serial:
        return []
    written: dict[Storage, None] = {}
    excluded: set[Storage] = set()
    for call in group.calls:
        for operand in call.operands:
            storage = operand.buffer.storage
            is_own = storage.home is Home.ARENA and operand.access is Access.ITEM
            if not is_own or operand.offset or (operand.reads and storage not in written):
                excluded.add(storage)
            elif operand.writes:
                written[storage] = None
    return [
        s
        for s in written
        if s not in excluded and s not in is_needed_later and s.nbytes % group.items == 0
    ]
