"""Gather, GatherNd, OneHot, ScatterNd and mirrored padding on the CPU."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ....base import errors
from ....graph.op_def import OpDef
from ...lowering import Argument, Buffer, Lowering, Table
from ..gather import gather_nd_op, gather_op, gather_v2_op
from ..pad_tile import _checked_paddings, _mirror_sources, mirror_pad_op
from ..scatter import (
    one_hot_op,
    scatter_nd_non_aliasing_add_op,
    scatter_nd_op,
    tensor_scatter_add_op,
    tensor_scatter_sub_op,
    tensor_scatter_update_op,
)
from .boxes import BYTES_PER_NS, copy_view, require_fixed_size, stand_in
from .margins import fill
from .places import (
    ADD,
    SET,
    SUB,
    Failed,
    brackets,
    change_rows,
    index_kind,
    outside,
    outside_places,
    place_words,
)
from .views import known

_ROW_COST = 3.0  # ns of a place, beside its bytes


@gather_op.cpu
def gather_v1_cpu(node: Any, k: Lowering) -> None:
    gather(k, k.inputs[0], k.inputs[1], k.outputs[0], 0, 0)


@gather_v2_op.cpu
def gather_v2_cpu(node: Any, k: Lowering) -> None:
    params, indices = k.inputs[:2]
    axis, rank = known(k, 2), len(params.shape)
    k.require(axis.shape == () and -rank <= int(axis) < rank)
    batch = node.attrs["batch_dims"]
    batch += len(indices.shape) if batch < 0 else 0
    gather(k, params, indices, k.outputs[0], int(axis) % rank, batch)


def gather(k: Lowering, params: Buffer, indices: Buffer, y: Buffer, axis: int, batch: int) -> None:
    """Takes slices along an axis of params; the first `batch` dimensions belong together."""
    require_fixed_size(k, params)
    sizes = params.shape
    k.require(axis < len(sizes) and 0 <= batch <= min(len(indices.shape), axis))
    k.require(sizes[:batch] == indices.shape[:batch])
    wanted = (*sizes[:axis], *indices.shape[batch:], *sizes[axis + 1 :])
    k.require(y.shape == wanted and params.size > 0)
    if not y.size:
        return
    count = math.prod(indices.shape[batch:])
    parts = math.prod(sizes[batch:axis])
    is_flat = math.prod(sizes[:axis]) == 1
    places = place_words(k, indices, [sizes[axis]], by_item=is_flat)
    failure = outside("indices", indices, f"is not in [0, {sizes[axis]})")
    items = math.prod(sizes[:axis]) * count
    _take_rows(k, params, y, items, [*places, sizes[axis], count, parts], failure)


@gather_nd_op.cpu
def gather_nd_cpu(node: Any, k: Lowering) -> None:
    params, indices = k.inputs
    ending = f"does not index into param shape {brackets(params.shape)}"
    gather_places(k, params, indices, k.outputs[0], ending)


def gather_places(k: Lowering, params: Buffer, indices: Buffer, y: Buffer, ending: str) -> None:
    """Takes the parts of params that the last dimension of indices names.

    Args:
      ending: what an error says of a place that is outside.
    """
    require_fixed_size(k, params)
    k.require(len(indices.shape) > 0 and params.size > 0)
    depth = indices.shape[-1]
    k.require(depth <= len(params.shape))
    k.require(y.shape == (*indices.shape[:-1], *params.shape[depth:]))
    if not y.size:
        return
    places = place_words(k, indices, params.shape[:depth], by_item=True)
    items = math.prod(indices.shape[:-1])
    failure = outside_places(indices, depth, ending)
    _take_rows(k, params, y, items, [*places, 0, items, 1], failure)


def _take_rows(
    k: Lowering,
    params: Buffer,
    y: Buffer,
    items: int,
    words: Sequence[Argument],
    failure: Failed,
) -> None:
    k.call(
        "gather.rows",
        items,
        [k.write(y), k.read(params, whole=True), *words, y.nbytes // items, k.failure()],
        cost=items * _ROW_COST + 2 * y.nbytes / BYTES_PER_NS,
        failure=failure,
    )


@mirror_pad_op.cpu
def mirror_pad_cpu(node: Any, k: Lowering) -> None:
    x, (y,), paddings = k.inputs[0], k.outputs, known(k, 1)
    require_fixed_size(k, x)
    try:
        margins = _checked_paddings(stand_in(x), paddings)
        mode = node.attrs["mode"]
        sources = [_mirror_sources(n, *m, mode) for n, m in zip(x.shape, margins, strict=True)]
    except errors.InvalidArgumentError:
        k.require(False, "the reference says what is wrong")
    axes = [axis for axis, margin in enumerate(margins) if any(margin)]
    k.require(y.shape == tuple(len(places) for places in sources))
    if not y.size:
        return
    if not axes:
        whole = stand_in(x)
        copy_view(k, whole, whole, x, y)
    for axis in axes:
        places, rows = sources[axis], math.prod(x.shape[:axis])
        shape = (*x.shape[:axis], len(places), *x.shape[axis + 1 :])
        target = y if axis == axes[-1] else k.temporary_like(shape, x.dtype, "mirrored")
        limits = Table(np.array([x.shape[axis]], np.int64))
        words: list[Argument] = [Table(places.astype(np.int64)), 8, 1, limits]
        words += [x.shape[axis], len(places), rows]
        _take_rows(k, x, target, rows * len(places), words, _never)
        x = target


def _never(value: int, position: int) -> Exception:
    return errors.InternalError(None, None, f"a mirrored index {value} is outside")


# --- one-hot --------------------------------------------------------------------------------------


@one_hot_op.cpu
def one_hot_cpu(node: Any, k: Lowering) -> None:
    (indices, _, on, off), (y,) = k.inputs, k.outputs
    require_fixed_size(k, y)
    rank, axis = len(indices.shape), node.attrs["axis"]
    k.require(-1 <= axis <= rank and on.shape == off.shape == ())
    axis = rank if axis == -1 else axis
    outer, depth = math.prod(indices.shape[:axis]), y.shape[axis]
    k.require(y.size == indices.size * depth)
    if not y.size:
        return
    values: list[Argument] = [k.read(on, whole=True), k.read(off, whole=True), y.itemsize]
    inner = indices.size // outer
    words = [k.read(indices), index_kind(k, indices), depth, inner, *values]
    cost = y.nbytes / BYTES_PER_NS + _ROW_COST * indices.size
    k.call("gather.one_hot", outer, [k.write(y), *words], cost=cost)


# --- scatter --------------------------------------------------------------------------------------


@scatter_nd_op.cpu
def scatter_nd_cpu(node: Any, k: Lowering) -> None:
    indices, updates = k.inputs[:2]
    (y,) = k.outputs
    require_fixed_size(k, y)
    fill(k, y, Table(np.zeros(2, np.int64)))
    _scatter(k, ADD, y, indices, updates)


def _lower_tensor_scatter(op: OpDef, kind: int) -> None:
    @op.cpu
    def tensor_scatter_cpu(node: Any, k: Lowering) -> None:
        (x, indices, updates), (y,) = k.inputs, k.outputs
        require_fixed_size(k, x)
        k.require(x.shape == y.shape)
        whole = stand_in(x)
        copy_view(k, whole, whole, x, y)
        _scatter(k, kind, y, indices, updates)


for _op, _kind in {
    tensor_scatter_update_op: SET,
    tensor_scatter_add_op: ADD,
    tensor_scatter_sub_op: SUB,
    scatter_nd_non_aliasing_add_op: ADD,
}.items():
    _lower_tensor_scatter(_op, _kind)


def _scatter(k: Lowering, kind: int, y: Buffer, indices: Buffer, updates: Buffer) -> None:
    """Changes the parts of y that the last dimension of indices names."""
    k.require(len(indices.shape) > 0)
    outer, depth = indices.shape[:-1], indices.shape[-1]
    k.require(0 < depth <= len(y.shape) and updates.shape == (*outer, *y.shape[depth:]))
    failure = outside_places(indices, depth, f"does not index into shape {brackets(y.shape)}")
    change_rows(k, kind, y, indices, updates, y.shape[:depth], math.prod(outer), failure)
