"""Segments on the CPU: rows of ids in any order, rows of sorted ids, rows chosen by index.

Ids in any order change the rows of a result that is filled first, one after the other. Where ids
are sorted, each segment is summed up at once; how many there are must be known when the plan is
made.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ....base import errors
from ....graph.op_def import OpDef
from ...array.cpu.margins import fill
from ...array.cpu.places import (
    ADD,
    MAX,
    MIN,
    MUL,
    SKIPS_NEGATIVE,
    Failed,
    change_rows,
    check_indices,
    column_bands,
    index_kind,
    outside,
)
from ...lowering import Argument, Buffer, Lowering, Table
from .. import sparse_segment as sparse
from ..segment import segment_mean_op, segment_sum_op
from ..unsorted_segment import (
    unsorted_segment_max_op,
    unsorted_segment_min_op,
    unsorted_segment_prod_op,
    unsorted_segment_sum_op,
)
from .reduce import NUMBERS

NO_FACTOR, BY_SIZE, BY_ROOT, OVER_SIZE = range(4)  # of the kernels `segments.sums`
_NEGATIVE, _FALLING, _TOO_MANY = 0, -1, -2  # what kernels report of ids
_FLOATS = ("float32", "float64")
_NS_PER_ID = 1.0
_BYTES_PER_NS = 8.0


# --- ids in any order -----------------------------------------------------------------------------


def _lower_unsorted(op: OpDef, kind: int) -> None:
    @op.cpu
    def unsorted_segment_cpu(node: Any, k: Lowering) -> None:
        data, ids = k.inputs[:2]
        (y,) = k.outputs
        rank = len(ids.shape)
        k.require(data.shape[:rank] == ids.shape and y.shape[1:] == data.shape[rank:])
        k.require(y.shape[0] > 0 and y.dtype == data.dtype and y.kind in NUMBERS)
        # What changes no element: 0 for sums, 1 for products, the other end for extremes.
        neutral = {ADD: 0, MUL: 1, MAX: y.dtype.min, MIN: y.dtype.max}[kind]
        fill(k, y, Table(np.full(16 // y.itemsize, neutral, y.dtype.as_numpy_dtype)))
        failure = outside("segment_ids", ids, f"is out of range [0, {y.shape[0]})")
        count = math.prod(ids.shape)
        change_rows(k, kind, y, ids, data, [y.shape[0]], count, failure, skips=SKIPS_NEGATIVE)


for _op, _kind in {
    unsorted_segment_sum_op: ADD,
    unsorted_segment_prod_op: MUL,
    unsorted_segment_max_op: MAX,
    unsorted_segment_min_op: MIN,
}.items():
    _lower_unsorted(_op, _kind)


# --- sorted ids -----------------------------------------------------------------------------------


@segment_sum_op.cpu
def segment_sum_cpu(node: Any, k: Lowering) -> None:
    _segments(k, k.inputs[0], None, k.inputs[1], NO_FACTOR)


@segment_mean_op.cpu
def segment_mean_cpu(node: Any, k: Lowering) -> None:
    k.require(k.inputs[0].kind in _FLOATS)
    _segments(k, k.inputs[0], None, k.inputs[1], OVER_SIZE)


def _lower_sparse(op: OpDef, factor: int) -> None:
    @op.cpu
    def sparse_segment_cpu(node: Any, k: Lowering) -> None:
        data, indices, ids = k.inputs[:3]
        _segments(k, data, indices, ids, factor)


for _ops, _factor in (
    ((sparse.sparse_segment_sum_op, sparse.sparse_segment_sum_with_num_segments_op), NO_FACTOR),
    ((sparse.sparse_segment_mean_op, sparse.sparse_segment_mean_with_num_segments_op), BY_SIZE),
    ((sparse.sparse_segment_sqrt_n_op, sparse.sparse_segment_sqrt_n_with_num_segments_op), BY_ROOT),
):
    for _op in _ops:
        _lower_sparse(_op, _factor)


def _segments(k: Lowering, data: Buffer, indices: Buffer | None, ids: Buffer, factor: int) -> None:
    """Sums up the rows of each segment: those of data, or those that the indices name."""
    (y,) = k.outputs
    k.require(data.kind in NUMBERS and data.dtype == y.dtype and len(ids.shape) == 1)
    k.require(data.size > 0 and ids.size > 0 and y.size > 0 and y.shape[1:] == data.shape[1:])
    rows, count = data.shape[0], ids.size
    by_index: list[Argument] = [0, 0]
    if indices is None:
        k.require(count == rows)
    else:
        k.require(indices.shape == ids.shape)
        by_index = [k.read(indices, whole=True), index_kind(k, indices)]
        check_indices(k, indices, rows, _bad_index(rows))
    given: list[Argument] = [k.read(ids, whole=True), index_kind(k, ids), count]
    _call_check(k, "segments.check_sorted", [*given, y.shape[0]], count, _bad_ids(y.shape[0]))
    columns = data.size // rows
    k.call(
        f"segments.sums_{NUMBERS[data.kind]}",
        y.shape[0],
        [k.write(y), k.read(data, whole=True), rows, *by_index, *given, columns, factor],
        cost=(y.nbytes + 2 * count * columns * data.itemsize) / _BYTES_PER_NS + count * _NS_PER_ID,
    )


def _bad_index(rows: int) -> Failed:
    def failure(value: int, position: int) -> Exception:
        return _invalid(f"Bad: indices[{position}] == {value} out of range [0, {rows})")

    return failure


def _bad_ids(segments: int) -> Failed:
    def failure(segment: int, what: int) -> Exception:
        if what == _NEGATIVE:
            return _invalid("segment ids must be >= 0")
        if what == _FALLING:
            return _invalid("segment ids are not increasing")
        if what == _TOO_MANY:
            return _invalid(f"segment ids must be < num_segments: {segment} >= {segments}")
        return _invalid(
            f"Segment id {segment} out of range [0, {what}), possibly because 'segment_ids' "
            "input is not sorted."
        )

    return failure


def _call_check(
    k: Lowering, kernel: str, words: Sequence[Argument], count: int, failure: Failed
) -> None:
    k.call(kernel, 1, [*words, k.failure()], cost=count * _NS_PER_ID, failure=failure)


def _invalid(message: str) -> Exception:
    return errors.InvalidArgumentError(None, None, message)


# --- gradients of sums of chosen rows -------------------------------------------------------------


def _lower_gradient(op: OpDef, factor: int) -> None:
    @op.cpu
    def sparse_segment_grad_cpu(node: Any, k: Lowering) -> None:
        dy, indices, ids = k.inputs[:3]
        (dx,) = k.outputs
        k.require(dy.kind in _FLOATS and dy.dtype == dx.dtype and dy.shape[1:] == dx.shape[1:])
        k.require(indices.shape == ids.shape and ids.size > 0 and dy.size > 0 and dx.size > 0)
        segments, rows, count = dy.shape[0], dx.shape[0], ids.size
        _check_gradient(k, indices, ids, segments, rows)
        given: list[Argument] = [k.read(ids, whole=True), index_kind(k, ids)]
        counts = k.temporary(8 * segments, "counts")
        words = [k.write(counts, whole=True), segments, *given, count]
        k.call("segments.sizes", 1, words, cost=count * _NS_PER_ID)
        fill(k, dx, Table(np.zeros(2, np.int64)))
        columns = dx.size // rows
        band, items = column_bands(columns * dx.itemsize)
        sums: list[Argument] = [k.read(dy, whole=True), segments, *given]
        to: list[Argument] = [k.read(indices, whole=True), index_kind(k, indices)]
        bands: list[Argument] = [columns, band // dx.itemsize, factor]
        moved = 3 * count * columns * dx.itemsize
        k.call(
            f"segments.spread_{NUMBERS[dx.kind]}",
            items,
            [k.update(dx, whole=True), rows, *to, *sums, k.read(counts, whole=True), count, *bands],
            cost=moved / _BYTES_PER_NS + count * items * _NS_PER_ID,
        )


def _check_gradient(k: Lowering, indices: Buffer, ids: Buffer, segments: int, rows: int) -> None:
    def too_many(value: int, position: int) -> Exception:
        return _invalid("Invalid number of segments")

    def bad_segment(value: int, position: int) -> Exception:
        return _invalid(f"Segment id {value} out of range [0, {segments}).")

    def bad_index(value: int, position: int) -> Exception:
        return _invalid(f"Index {value} out of range [0, {rows}).")

    words: list[Argument] = [k.read(ids, whole=True), index_kind(k, ids), ids.size, segments]
    _call_check(k, "segments.check_last", words, 1, too_many)
    check_indices(k, ids, segments, bad_segment)
    check_indices(k, indices, rows, bad_index)


for _op, _factor in {
    sparse.sparse_segment_sum_grad_op: NO_FACTOR,
    sparse.sparse_segment_mean_grad_op: BY_SIZE,
    sparse.sparse_segment_sqrt_n_grad_op: BY_ROOT,
}.items():
    _lower_gradient(_op, _factor)
