"""Calls that do the same as an earlier one are left out, and their readers read its results.

The steps of a recurrence, taken apart, all pack the same weights for their products:

    pack W -> a, multiply x1 a, pack W -> b, multiply x2 b   ->   pack W -> a, multiply x1 a,
                                                                  multiply x2 a

Only calls that read what is there before the run (variables, constants, arguments) are compared: of
others, the program's nodes would have to be the same, and graphs seldom compute a thing twice.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..ops.lowering import Argument, Buffer, Call, Failure, Home, Operand, Storage, Table, Workspace
from .plan import HostStep, Source

_GIVEN = frozenset({Home.ARG, Home.CONSTANT, Home.VARIABLE})


def share_calls(
    items: Sequence[Call | HostStep],
) -> tuple[list[Call | HostStep], dict[Storage, Storage]]:
    """Leaves out calls that an earlier one makes superfluous.

    Args:
      items: all of a plan, in order.

    Returns:
      What is left, and for storages that nobody writes any more, those that hold the same.
    """
    return _Sharing(items).shared()


def instead_of(source: Source, replaced: dict[Storage, Storage]) -> Source:
    """The same value, where it is now."""
    return _moved(source, replaced) if isinstance(source, Buffer) else source


def _moved(buffer: Buffer, replaced: dict[Storage, Storage]) -> Buffer:
    storage = replaced.get(buffer.storage)
    return buffer if storage is None else replace(buffer, storage=storage)


class _Sharing:
    def __init__(self, items: Sequence[Call | HostStep]) -> None:
        self._items = items
        self._writers = Counter(
            operand.buffer.storage
            for item in items
            if isinstance(item, Call)
            for operand in item.operands
            if operand.writes
        )
        self._replaced: dict[Storage, Storage] = {}
        self._versions: dict[Storage, int] = defaultdict(int)
        self._host_steps = 0

    def shared(self) -> tuple[list[Call | HostStep], dict[Storage, Storage]]:
        left: list[Call | HostStep] = []
        known: dict[Any, Call] = {}
        for item in self._items:
            if isinstance(item, HostStep):
                self._host_steps += 1  # it may write any variable
                inputs = tuple(instead_of(source, self._replaced) for source in item.inputs)
                left.append(replace(item, inputs=inputs))
                continue
            if self._can_be_shared(item):
                earlier = known.setdefault(self._key(item), item)
                if earlier is not item:
                    self._put_instead(earlier, item)
                    continue
            left.append(self._redirected(item))
            for operand in item.operands:
                if operand.writes:
                    self._versions[operand.buffer.storage] += 1
        return left, self._replaced

    def _can_be_shared(self, call: Call) -> bool:
        if call.failure is not None or not call.operands:
            return False
        for operand in call.operands:
            storage = operand.buffer.storage
            if operand.reads and (operand.writes or storage.home not in _GIVEN):
                return False
            if operand.writes and (storage.home is not Home.ARENA or self._writers[storage] > 1):
                return False
        return True

    def _key(self, call: Call) -> Any:
        """Equal for calls that compute the same."""
        args = tuple(self._argument_key(arg) for arg in call.args)
        return call.kernel, call.items, call.blocks, args

    def _argument_key(self, arg: Argument) -> Any:
        if isinstance(arg, Operand):
            storage = arg.buffer.storage
            if arg.writes:
                return "written", storage.nbytes, arg.offset
            age = self._versions[storage], self._host_steps
            return "read", storage, age if storage.home is Home.VARIABLE else (), arg.offset
        if isinstance(arg, Table):
            return arg.data.dtype.str, arg.data.shape, arg.data.tobytes()
        assert not isinstance(arg, Failure)
        return arg if isinstance(arg, Workspace) else (type(arg), arg)

    def _put_instead(self, earlier: Call, later: Call) -> None:
        for old, new in zip(later.operands, earlier.operands, strict=True):
            if old.writes:
                self._replaced[old.buffer.storage] = new.buffer.storage

    def _redirected(self, call: Call) -> Call:
        if not any(operand.buffer.storage in self._replaced for operand in call.operands):
            return call
        args = [
            replace(arg, buffer=_moved(arg.buffer, self._replaced))
            if isinstance(arg, Operand)
            else arg
            for arg in call.args
        ]
        return replace(call, args=tuple(args))
