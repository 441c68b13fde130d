"""Units: what is planned as one: a node, or elementwise nodes that become one fused kernel.

Nodes that compute element by element over the same shape are joined along their data: the values
between them stay in registers. A unit runs at one time, so that it may not contain a path that
leaves it and comes back.

        conv                     conv
          |                        |
         add                    [add, relu]
          |           ->           |
         relu                      |
        /    \\                  /    \\
      pool   mul               pool   mul     (mul reads pool too: it cannot join)
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from ..graph.op_def import TOGETHER
from ..program.program import Node, Program, Value
from ..program.variables import Uses, root_of

MAX_FUSED_NODES = 48
MAX_FUSED_VALUES = 24  # inputs and outputs of one kernel: each is an address in a register

Shape = tuple[int, ...]


@dataclass(eq=False, slots=True)
class Unit:
    """Nodes that are planned together.

    Attributes:
      nodes: in program order.
      is_fused: whether they become one elementwise kernel.
      shape: of a fused unit, the shape that it runs over.
      before: units that must have run.
      after: units that wait for this one.
      newest: the last node of it, and of all units that it waits for, however far.
    """

    nodes: list[int]
    is_fused: bool = False
    shape: Shape = ()
    before: set[Unit] = field(default_factory=set)
    after: set[Unit] = field(default_factory=set)
    newest: int = -1


def make_units(
    program: Program, uses: Uses, elementwise_shape: Callable[[int], Shape | None]
) -> list[Unit]:
    """Divides a program into units.

    Args:
      program: specialized.
      uses: of its variables and views; views belong to no unit.
      elementwise_shape: the shape that a node runs over if it can be fused, else None.

    Returns:
      The units, in an order in which they can run.
    """
    unit_of: dict[int, Unit] = {}
    for index, node in enumerate(program.nodes):
        if Value(index, 0) in uses.view_of and index not in uses.copied:
            continue
        shape = elementwise_shape(index)
        unit = Unit([index], shape is not None, shape or (), newest=index)
        sources = [root_of(value, uses).node for value in node.inputs]
        unit.before = {unit_of[s] for s in sources if s in unit_of}
        unit.before |= {unit_of[s] for s in uses.order.get(index, ()) if s in unit_of}
        for earlier in unit.before:
            earlier.after.add(unit)
        unit_of[index] = unit
        if shape is not None:
            for source in sorted(set(sources), reverse=True):
                _join(unit_of, source, index)
    patience = {unit: program.nodes[i].op.patience for i, unit in unit_of.items()}
    hosted = {unit for i, unit in unit_of.items() if _is_hosted(program.nodes[i], unit)}
    return _in_order(list(dict.fromkeys(unit_of.values())), patience, hosted)


def _is_hosted(node: Node, unit: Unit) -> bool:
    """Whether a unit runs in Python, as far as one can tell before it is planned."""
    return not unit.is_fused and bool(node.inputs) and node.op.cpu_lowering is None


def _join(unit_of: dict[int, Unit], source: int, index: int) -> None:
    """Makes one unit of the producer's and the node's, where that is allowed."""
    first, second = unit_of.get(source), unit_of[index]
    if first is None or first is second or not first.is_fused or first.shape != second.shape:
        return
    if len(first.nodes) + len(second.nodes) > MAX_FUSED_NODES:
        return
    if _is_reachable_around(first, second):
        return
    _merge(unit_of, first, second)


def _is_reachable_around(first: Unit, second: Unit) -> bool:
    """Whether `second` waits for a unit that waits for `first` (or the other way round)."""
    return _waits_through(second, first) or _waits_through(first, second)


def _waits_through(late: Unit, early: Unit) -> bool:
    """Whether `late` waits for another unit that waits for `early`."""
    last = early.nodes[-1]
    seen: set[Unit] = {early}
    stack = [unit for unit in late.before if unit.newest >= last]
    while stack:
        unit = stack.pop()
        if unit in seen:
            continue
        seen.add(unit)
        if early in unit.before:
            return True
        # A unit that waits for `early` has its nodes behind it, or waits for one that has.
        stack.extend(u for u in unit.before if u.newest >= last and u not in seen)
    return False


def _merge(unit_of: dict[int, Unit], first: Unit, second: Unit) -> None:
    """Moves the nodes of `first` into `second`."""
    second.nodes = sorted(first.nodes + second.nodes)
    for node in first.nodes:
        unit_of[node] = second
    for unit in first.before:
        unit.after.discard(first)
        if unit is not second:
            unit.after.add(second)
            second.before.add(unit)
    for unit in first.after:
        unit.before.discard(first)
        if unit is not second:
            unit.before.add(second)
            second.after.add(unit)
    second.before.discard(first)
    second.after.discard(first)
    _let_know(second)


def _let_know(merged: Unit) -> None:
    """Tells the units that wait for a merged one what they wait for now."""
    stack = list(merged.after)
    while stack:
        unit = stack.pop()
        if unit.newest < merged.newest:
            unit.newest = merged.newest
            stack.extend(unit.after)


def _in_order(
    units: Sequence[Unit], patience: Mapping[Unit, int], hosted: Collection[Unit]
) -> list[Unit]:
    """Topological order, near to the program's; patient units when no others can run.

    What runs in Python comes together, as does what lies between: every change costs a run some
    microseconds.
    """
    waiting = {unit: len(unit.before) for unit in units}
    ready: dict[bool, list[tuple[int, int, Unit]]] = {False: [], True: []}

    def add(unit: Unit) -> None:
        heapq.heappush(ready[unit in hosted], (patience[unit], unit.nodes[-1], unit))

    for unit in units:
        if waiting[unit] == 0:
            add(unit)
    order: list[Unit] = []
    kind = True
    while ready[True] or ready[False]:
        if not ready[kind] or ready[not kind] and ready[not kind][0][0] < ready[kind][0][0]:
            kind = not kind
        how, _, unit = heapq.heappop(ready[kind])
        done = [unit]
        while ready[kind] and how == ready[kind][0][0] == TOGETHER:
            done.append(heapq.heappop(ready[kind])[2])
        order += done
        for unit in done:
            for later in unit.after:
                waiting[later] -= 1
                if waiting[later] == 0:
                    add(later)
    assert len(order) == len(units), "fusion made a cycle"
    return order
