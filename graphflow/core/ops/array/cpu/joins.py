"""Concat, Pack, Split and Unpack on the CPU: runs of the rows of one array are rows of others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...lowering import Argument, Buffer, Lowering
from ..join import concat_op, concat_v2_op, pack_op
from ..split import split_op, split_v_op, unpack_op
from .boxes import BYTES_PER_NS, LARGE_ITEM, require_fixed_size


@concat_op.cpu
def concat_cpu(node: Any, k: Lowering) -> None:
    _concatenate(k, k.inputs[1:], k.constants[0])


@concat_v2_op.cpu
def concat_v2_cpu(node: Any, k: Lowering) -> None:
    _concatenate(k, k.inputs[:-1], k.constants[-1])


def _concatenate(k: Lowering, parts: Sequence[Buffer], axis: np.ndarray | None) -> None:
    (y,) = k.outputs
    where = _axis(k, axis, len(y.shape))
    _require_parts(k, y, parts, where)
    _move_runs(k, y, parts, math.prod(y.shape[:where]), joins=True)


@split_op.cpu
def split_cpu(node: Any, k: Lowering) -> None:
    _split(k, k.inputs[1], k.constants[0])


@split_v_op.cpu
def split_v_cpu(node: Any, k: Lowering) -> None:
    lengths = k.constants[1]
    k.require(lengths is not None)
    assert lengths is not None
    x = k.inputs[0]
    axis = _axis(k, k.constants[2], len(x.shape))
    given = [int(n) for n in lengths.reshape(-1)]
    k.require(given.count(-1) < 2 and len(given) == len(k.outputs))
    sizes = [y.shape[axis] if len(y.shape) == len(x.shape) else -2 for y in k.outputs]
    k.require(all(n in (-1, size) for n, size in zip(given, sizes, strict=True)))
    _split(k, x, k.constants[2])


def _split(k: Lowering, x: Buffer, axis: np.ndarray | None) -> None:
    where = _axis(k, axis, len(x.shape))
    _require_parts(k, x, k.outputs, where)
    _move_runs(k, x, k.outputs, math.prod(x.shape[:where]), joins=False)


@pack_op.cpu
def pack_cpu(node: Any, k: Lowering) -> None:
    (y,) = k.outputs
    k.require(all(x.shape == k.inputs[0].shape for x in k.inputs))
    _stacked(node, k, y, k.inputs, joins=True)


@unpack_op.cpu
def unpack_cpu(node: Any, k: Lowering) -> None:
    _stacked(node, k, k.inputs[0], k.outputs, joins=False)


def _stacked(node: Any, k: Lowering, whole: Buffer, parts: Sequence[Buffer], joins: bool) -> None:
    require_fixed_size(k, whole)
    rank, axis = len(whole.shape), node.attrs["axis"]
    k.require(-rank <= axis < rank and whole.shape[axis % rank] == len(parts))
    _move_runs(k, whole, parts, math.prod(whole.shape[: axis % rank]), joins)


def _axis(k: Lowering, axis: np.ndarray | None, rank: int) -> int:
    """A constant axis, counted from the front."""
    k.require(axis is not None and axis.size == 1)
    assert axis is not None
    where = int(axis.reshape(()))
    k.require(-rank <= where < rank)
    return where % rank


def _require_parts(k: Lowering, whole: Buffer, parts: Sequence[Buffer], axis: int) -> None:
    """Leaves shapes that do not fit to the reference, which says so."""
    require_fixed_size(k, whole, *parts)
    for part in parts:
        k.require(len(part.shape) == len(whole.shape))
        pairs = enumerate(zip(part.shape, whole.shape, strict=True))
        k.require(all(i == axis or n == m for i, (n, m) in pairs))
    k.require(sum(part.shape[axis] for part in parts) == whole.shape[axis])


def _move_runs(k: Lowering, whole: Buffer, parts: Sequence[Buffer], rows: int, joins: bool) -> None:
    """Joins rows of the parts to rows of the whole, or the other way."""
    parts = [part for part in parts if part.size]
    if not parts:
        return
    is_chunked = rows == 1 and whole.nbytes >= 2 * LARGE_ITEM

    def operand(buffer: Buffer, writes: bool) -> Argument:
        return k.write(buffer, is_chunked) if writes else k.read(buffer, is_chunked)

    row_bytes = whole.nbytes // rows
    args: list[Argument] = [operand(whole, joins), row_bytes, len(parts)]
    if is_chunked:
        args.append(LARGE_ITEM)
    for part in parts:
        args += [operand(part, not joins), part.nbytes // rows]
    kernel = ("move.join" if joins else "move.part") + ("_chunks" if is_chunked else "")
    items = -(-row_bytes // LARGE_ITEM) if is_chunked else rows
    k.call(kernel, items, args, cost=2 * whole.nbytes / BYTES_PER_NS)
