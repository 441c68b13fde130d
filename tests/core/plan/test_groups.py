"""Which calls run together, item by item, and which wait for each other."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from graphflow.core.base import dtypes
from graphflow.core.ops.lowering import Access, Buffer, Call, Home, KernelName, Operand, Storage
from graphflow.core.plan.groups import MIN_ITEMS, make_groups, scratch_of

COSTLY, CHEAP = 1e6, 100.0


def buffer(home: Home = Home.ARENA, nbytes: int = 6400, name: str = "") -> Buffer:
    return Buffer(Storage(home, nbytes, name=name), (nbytes,), dtypes.uint8)


def use(made: Buffer, access: Access, writes: bool, offset: int = 0) -> Operand:
    return Operand(made, access, reads=not writes, writes=writes, offset=offset)


def read(made: Buffer, access: Access = Access.ITEM) -> Operand:
    return use(made, access, False)


def write(made: Buffer, access: Access = Access.ITEM) -> Operand:
    return use(made, access, True)


def call(*operands: Operand, items: int = 64, cost: float = COSTLY, **more: Any) -> Call:
    return Call(KernelName("k"), items, operands, SimpleNamespace(name="n"), cost=cost, **more)


def groups(*calls: Call) -> list[list[int]]:
    """The numbers of the calls of each group."""
    made = make_groups(calls)
    return [[calls.index(c) for c in group.calls] for group in made]


def test_calls_that_pass_values_item_by_item_share_a_group() -> None:
    a, b, c = buffer(), buffer(), buffer()
    assert groups(call(read(a), write(b)), call(read(b), write(c))) == [[0, 1]]


def test_items_of_one_call_can_be_several_of_another() -> None:
    a, b, c = buffer(), buffer(), buffer()
    first, second = call(read(a), write(b)), call(read(b), write(c), items=640)
    (group,) = make_groups([first, second])
    assert (group.items, group.factors) == (64, (1, 10))


@pytest.mark.parametrize(
    ("producer", "consumer"),
    [(Access.ITEM, Access.WHOLE), (Access.WHOLE, Access.ITEM), (Access.BLOCKS, Access.WHOLE)],
)
def test_a_call_that_needs_all_of_a_value_waits_for_it(producer, consumer) -> None:
    """Even where the two pass another value item by item."""
    a, b, c, shared = buffer(), buffer(), buffer(), buffer()
    first = call(read(a), write(shared), write(b, producer), blocks=producer is Access.BLOCKS)
    second = call(read(shared), read(b, consumer), write(c))
    assert groups(first, second) == [[0], [1]]


def test_a_value_that_both_only_read_binds_nobody() -> None:
    a, b, c = buffer(), buffer(), buffer()
    first, second = call(read(a), write(b)), call(read(a, Access.WHOLE), read(b), write(c))
    assert groups(first, second) == [[0, 1]]


def test_a_part_of_a_value_waits() -> None:
    a, b, c = buffer(), buffer(), buffer()
    second = call(use(b, Access.ITEM, False, offset=64), write(c))
    assert groups(call(read(a), write(b)), second) == [[0], [1]]


def test_strangers_do_not_share_a_group() -> None:
    assert groups(call(write(buffer())), call(write(buffer()))) == [[0], [1]]


@pytest.mark.parametrize("items", [(64, 48), (MIN_ITEMS - 1, MIN_ITEMS - 1), (60, 64)])
def test_items_that_do_not_agree(items) -> None:
    a, b, c = buffer(), buffer(), buffer()
    assert groups(
        call(read(a), write(b), items=items[0]), call(read(b), write(c), items=items[1])
    ) == [[0], [1]]


def test_blocks_of_a_group_are_the_same_ranges() -> None:
    a, b, c = buffer(), buffer(), buffer()
    first = call(read(a), write(b), write(buffer(), Access.BLOCKS), blocks=8)
    for blocks, expected in ((8, [[0, 1]]), (4, [[0], [1]])):
        second = call(read(b), write(c), write(buffer(), Access.BLOCKS), blocks=blocks)
        assert groups(first, second) == expected
    (group,) = make_groups([first, call(read(b), write(c))])
    assert group.chunk == 8


def test_a_call_passes_those_that_it_has_nothing_to_do_with() -> None:
    a, b, c, d, e = (buffer() for _ in range(5))
    first, stranger, third = (
        call(read(a), write(b)),
        call(read(d), write(e)),
        call(read(b), write(c)),
    )
    assert groups(first, stranger, third) == [[0, 2], [1]]


@pytest.mark.parametrize("hazard", ["reads", "overwrites", "writes what it reads"])
def test_a_call_does_not_pass_those_that_it_depends_on(hazard: str) -> None:
    a, b, c, d, e = (buffer() for _ in range(5))
    between, third = {
        "reads": (call(read(d), write(e)), call(read(b), read(e), write(c))),
        "overwrites": (call(read(d), write(c)), call(read(b), write(c))),
        "writes what it reads": (call(read(c), write(e)), call(read(b), write(c))),
    }[hazard]
    found = groups(call(read(a), write(b)), between, third)
    assert [number for numbers in found for number in numbers] == [0, 1, 2]


def test_cheap_calls_run_one_after_the_other() -> None:
    a, b = buffer(), buffer()
    calls = [call(read(a), write(b), cost=CHEAP), call(read(b, Access.WHOLE), cost=CHEAP, items=3)]
    (group,) = make_groups(calls)
    assert group.serial


def failing(*operands: Operand, cost: float = CHEAP) -> Call:
    return call(*operands, cost=cost, failure=lambda value, position: ValueError())


@pytest.mark.parametrize("cost", [CHEAP, COSTLY])
def test_a_variable_is_written_after_what_may_fail_before_it(cost: float) -> None:
    """In another group: between groups, threads see that a kernel has failed."""
    a, b, v = buffer(), buffer(), buffer(Home.VARIABLE)
    first, second = failing(read(a), write(b), cost=cost), call(read(b), write(v), cost=cost)
    assert groups(first, second) == [[0], [1]]
    unrelated = call(read(a), write(v), cost=cost)
    assert groups(first, unrelated) == [[0], [1]]
    # Nor does it pass a call that may fail and is in another group.
    between = failing(read(b, Access.WHOLE), write(buffer()), cost=COSTLY)
    found = groups(call(read(a), write(b), cost=COSTLY), between, call(read(b), write(v)))
    assert found == [[0], [1], [2]]


def test_scratch_is_for_what_only_a_group_uses() -> None:
    a, b, c, d = (buffer(name=name) for name in "abcd")
    (group,) = make_groups([call(read(a), write(b)), call(read(b), write(c))])
    assert scratch_of(group, set()) == [b.storage, c.storage]
    assert scratch_of(group, {c.storage}) == [b.storage]
    (group,) = make_groups([call(read(a), write(b)), call(read(b), read(c), write(d))])
    assert scratch_of(group, {d.storage}) == [b.storage]  # nobody has written c here
    (group,) = make_groups([call(read(a), write(b)), call(read(a), write(c), cost=COSTLY)])
    variable = buffer(Home.VARIABLE)
    (group,) = make_groups([call(read(a), write(b), write(variable)), call(read(b), write(c))])
    assert variable.storage not in scratch_of(group, set())


def test_a_value_that_items_do_not_divide_is_no_scratch() -> None:
    a, b, c = buffer(), buffer(nbytes=6401), buffer()
    (group,) = make_groups([call(read(a), write(b)), call(read(b), write(c))])
    assert scratch_of(group, {c.storage}) == []
