"""Segments in any order, in order, and of chosen rows, against the NumPy references."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from core.codegen.cpu.calls import lower_and_run
from core.native import host_ops, plan_of, session
from hypothesis import given, settings
from hypothesis import strategies as st

import graphflow as tf
from graphflow.core.base import errors
from graphflow.core.graph.op_def import find_op

FLOATS = [np.float32, np.float64]
NUMBERS = [*FLOATS, np.int32, np.int64]
INDICES = [np.int32, np.int64]
SPARSE = ["SparseSegmentSum", "SparseSegmentMean", "SparseSegmentSqrtN"]


def reference(op_type: str, *inputs: np.ndarray) -> np.ndarray:
    return find_op(op_type).reference(SimpleNamespace(name=op_type, attrs={}), *inputs)


def run(op_type: str, rows: int, *inputs: np.ndarray, row_shape: Any = None) -> np.ndarray:
    shape = (rows, *(inputs[0].shape[1:] if row_shape is None else row_shape))
    return lower_and_run(op_type, {}, inputs, [shape], [inputs[0].dtype])[0]


def check(op_type: str, rows: int, *inputs: np.ndarray) -> None:
    tolerance = {np.dtype("float32"): 1e-6, np.dtype("float64"): 1e-14}.get(inputs[0].dtype, 0)
    want = reference(op_type, *inputs)
    got = run(op_type, rows, *inputs, row_shape=want.shape[1:])
    np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance)


def check_failure(op_type: str, rows: int, *inputs: np.ndarray) -> None:
    with pytest.raises(errors.InvalidArgumentError) as wanted:
        reference(op_type, *inputs)
    with pytest.raises(errors.InvalidArgumentError) as got:
        run(op_type, rows, *inputs)
    assert str(got.value) == str(wanted.value)


def draw_numbers(data: Any, rows: int, kinds: Any) -> np.ndarray:
    dtype = data.draw(st.sampled_from(kinds))
    columns = data.draw(st.sampled_from([(), (1,), (3,), (2, 17), (100,)]))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    return (8 * rng.standard_normal((rows, *columns))).astype(dtype)


def draw_ids(data: Any, count: int, highest: int) -> np.ndarray:
    values = [data.draw(st.integers(0, highest)) for _ in range(count)]
    return np.array(values, data.draw(st.sampled_from(INDICES)))


# --- ids in any order -----------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_unsorted(data):
    count, segments = data.draw(st.integers(1, 12)), data.draw(st.integers(1, 8))
    x = draw_numbers(data, count, NUMBERS)
    ids = draw_ids(data, count, segments) - 1  # -1 names no segment
    kind = data.draw(st.sampled_from(["Sum", "Prod", "Max", "Min"]))
    check(f"UnsortedSegment{kind}", segments, x, ids, np.array(segments, np.int32))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("kind", ["Prod", "Max", "Min"])
def test_unsorted_special_values(kind, dtype):
    x = np.random.default_rng(0).choice([np.nan, np.inf, -np.inf, 2, -3], (9, 37)).astype(dtype)
    ids = np.array([0, 1, 2, 0, 1, 1, 0, 3, 3], np.int32)
    with np.errstate(invalid="ignore"):
        check(f"UnsortedSegment{kind}", 5, x, ids, np.array(5, np.int32))


@pytest.mark.parametrize("kind", ["Prod", "Max", "Min"])
def test_unsorted_ids_outside(kind):
    x, ids = np.ones((3, 2), np.float32), np.array([0, 4, 9], np.int64)
    check_failure(f"UnsortedSegment{kind}", 4, x, ids, np.array(4, np.int32))


# --- sorted ids -----------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_sorted(data):
    count = data.draw(st.integers(1, 12))
    ids = np.sort(draw_ids(data, count, 8))
    check("SegmentSum", int(ids[-1]) + 1, draw_numbers(data, count, NUMBERS), ids)
    check("SegmentMean", int(ids[-1]) + 1, draw_numbers(data, count, FLOATS), ids)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_chosen_rows(data):
    rows, count = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 12))
    ids, indices = np.sort(draw_ids(data, count, 8)), draw_ids(data, count, rows - 1)
    segments = int(ids[-1]) + 1
    for op_type in SPARSE:
        x = draw_numbers(data, rows, NUMBERS if op_type == SPARSE[0] else FLOATS)
        check(op_type, segments, x, indices, ids)
        more = segments + 2
        check(op_type + "WithNumSegments", more, x, indices, ids, np.array(more, np.int32))


@pytest.mark.parametrize("ids", [[-3, -1], [0, 1, 0, 2], [-1, 0, 1], [0, 0, 9, 1], [1, 1, 0]])
def test_ids_out_of_order(ids):
    ids = np.array(ids, np.int32)
    x, rows = np.ones((len(ids), 3), np.float32), max(1, int(ids[-1]) + 1)
    for op_type in ("SegmentSum", "SegmentMean"):
        check_failure(op_type, rows, x, ids)
    for op_type in SPARSE:
        check_failure(op_type, rows, x, np.zeros(len(ids), np.int64), ids)


@pytest.mark.parametrize("op_type", SPARSE)
def test_bad_choices(op_type):
    x, ids = np.ones((3, 4), np.float32), np.array([0, 0, 1, 5])
    check_failure(op_type, 6, x, np.array([2, 0, 3, -1]), ids)
    check_failure(op_type, 6, x, np.array([2, -7, 3, 1]), ids[::-1].copy())
    op_type += "WithNumSegments"
    check_failure(op_type, 5, x, np.array([2, 0, 1, 1]), ids, np.array(5, np.int32))


# --- gradients ------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_gradients(data):
    segments, rows = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 6))
    count = data.draw(st.integers(1, 12))
    dy = draw_numbers(data, segments, FLOATS)
    indices = draw_ids(data, count, rows - 1)
    ids = draw_ids(data, count, segments - 1)  # no need to be sorted
    for op_type in SPARSE:
        check(op_type + "Grad", rows, dy, indices, ids, np.array(rows, np.int32))


@pytest.mark.parametrize("op_type", SPARSE)
def test_gradients_of_bad_choices(op_type):
    dy, rows = np.ones((3, 2), np.float32), np.array(4, np.int32)
    for indices, ids in (([0, 9], [0, 3]), ([0, 9], [7, 2]), ([1, 4], [0, 1]), ([-1, 4], [0, 1])):
        check_failure(op_type + "Grad", 4, dy, np.array(indices), np.array(ids), rows)


# --- in plans -------------------------------------------------------------------------------------


def test_constant_ids_say_how_many_segments_there_are():
    x, ids = tf.placeholder(tf.float32, [4, 3]), tf.constant([0, 0, 1, 4])
    made = [tf.segment_sum(x, ids), tf.segment_mean(x, ids)]
    made += [tf.sparse_segment_sum(x, [3, 1, 1, 0], ids)]
    assert [y.shape.as_list() for y in made] == [[None, 3]] * 3
    assert host_ops(plan_of([2.0 * y for y in made], [x])) == []
    value = np.arange(12, dtype=np.float32).reshape(4, 3)
    with session() as sess, session(jit="off") as numpy:
        for got, want in zip(*(s.run(made, {x: value}) for s in (sess, numpy)), strict=True):
            np.testing.assert_array_equal(got, want)
    assert host_ops(plan_of(tf.segment_sum(x, tf.placeholder(tf.int32, [4])), [x])) != []


def test_bad_ids_leave_variables_as_they_are():
    v = tf.Variable(tf.ones([5, 3]))
    ids, indices = tf.placeholder(tf.int32, [4]), tf.placeholder(tf.int32, [4])
    loss = tf.reduce_sum(tf.sparse_segment_mean(v, indices, ids, num_segments=1))
    step = tf.train.GradientDescentOptimizer(1.0).minimize(loss)
    with session(threads=2) as sess:
        sess.run(tf.global_variables_initializer())
        sess.run(step, {ids: [0, 0, 0, 0], indices: [0, 1, 1, 4]})
        want = np.array([0.75, 0.5, 1, 1, 0.75], np.float32)[:, None].repeat(3, 1)
        for bad in (
            {ids: [0, 1, 0, 0], indices: [0, 1, 1, 4]},
            {ids: [0] * 4, indices: [0, 5, 1, 1]},
        ):
            with pytest.raises(tf.errors.InvalidArgumentError):
                sess.run(step, bad)
        np.testing.assert_array_equal(sess.run(v), want)
