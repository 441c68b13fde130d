"""Rows taken and changed by their numbers, against the NumPy references."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from core.codegen.cpu.calls import lower_and_run
from hypothesis import given, settings
from hypothesis import strategies as st

from graphflow.core.base import dtypes, errors
from graphflow.core.base.ref import Ref
from graphflow.core.base.tensor_shape import TensorShape
from graphflow.core.graph.op_def import find_op
from graphflow.core.ops.array.unique_rows import PADDED

TYPES = [np.uint8, np.float16, np.float32, np.float64, np.complex128]
INDICES = [np.int32, np.int64]


def reference(op_type: str, attrs: dict[str, Any], *inputs: Any) -> Any:
    op = find_op(op_type)
    return op.reference(SimpleNamespace(name=op_type, op=op, attrs=attrs), *inputs)


def check(op_type: str, attrs: dict[str, Any], *inputs: np.ndarray) -> None:
    want = reference(op_type, attrs, *inputs)
    (got,) = lower_and_run(op_type, attrs, inputs, [want.shape], [want.dtype])
    np.testing.assert_array_equal(got, want)


def check_failure(op_type: str, attrs: dict[str, Any], *inputs: np.ndarray, shape, dtype) -> None:
    """The reference and the kernels say the same of a bad index."""
    with pytest.raises(errors.InvalidArgumentError) as wanted:
        reference(op_type, attrs, *inputs)
    with pytest.raises(errors.InvalidArgumentError) as got:
        lower_and_run(op_type, attrs, inputs, [shape], [dtype])
    assert str(got.value) == str(wanted.value)


def numbers(shape, dtype) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 100, shape).astype(dtype)


def places(shape, limit, dtype=np.int32) -> np.ndarray:
    return np.random.default_rng(2).integers(0, limit, shape).astype(dtype)


# --- gather ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("index_type", INDICES)
def test_gather(dtype, index_type):
    for shape in ((7,), (7, 1), (7, 5, 33), (7, 70)):
        params = numbers(shape, dtype)
        check("Gather", {}, params, places((4, 3), 7, index_type))
        check("GatherV2", {"batch_dims": 0}, params, places((), 7, index_type), np.array(0))
    params = numbers((3, 7, 2, 4), dtype)
    for axis, limit in ((1, 7), (-1, 4), (2, 2)):
        attrs = {"batch_dims": 0}
        check("GatherV2", attrs, params, places((5, 2), limit, index_type), np.array(axis))


@pytest.mark.parametrize("dtype", [np.float32, np.int64])
def test_gather_in_batches(dtype):
    params = numbers((3, 2, 7, 4), dtype)
    for batch, axis, shape in ((1, 1, (3, 5)), (1, 2, (3, 5)), (2, 2, (3, 2, 6)), (1, 3, (3,))):
        indices = places(shape, params.shape[axis])
        check("GatherV2", {"batch_dims": batch}, params, indices, np.array(axis))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("index_type", INDICES)
def test_gather_nd(dtype, index_type):
    params = numbers((4, 4, 4, 5), dtype)
    for depth in (1, 2, 3):
        check("GatherNd", {}, params, places((6, 2, depth), 4, index_type))
    check("GatherNd", {}, params, places((2,), 4, index_type))


def test_gather_of_bad_indices():
    params = numbers((3, 4), np.float32)
    bad = np.array([[0, 1], [2, 3]], np.int32)
    check_failure("Gather", {}, params, bad, shape=(2, 2, 4), dtype=np.float32)
    scalar = np.array(-1)
    attrs = {"batch_dims": 0}
    inputs = params, scalar, np.array(1)
    check_failure("GatherV2", attrs, *inputs, shape=(3,), dtype=np.float32)
    for depth in (1, 2, 3):
        cube = numbers((2, 3, 4), np.float32)
        positions = np.zeros((2, 3, depth), np.int64)
        positions[1, 2] = [-7, 9, 2**19][:depth]
        shape = (2, 3, *cube.shape[depth:])
        check_failure("GatherNd", {}, cube, positions, shape=shape, dtype=np.float32)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_mirrored_padding(data):
    rank = data.draw(st.integers(1, 4))
    shape = [data.draw(st.integers(2, 6)) for _ in range(rank)]
    margins = [[data.draw(st.integers(0, n - 1)) for _ in "ab"] for n in shape]
    mode = data.draw(st.sampled_from(["REFLECT", "SYMMETRIC"]))
    x = numbers(shape, data.draw(st.sampled_from(TYPES)))
    check("MirrorPad", {"mode": mode}, x, np.array(margins, np.int32))


# --- one-hot --------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("index_type", [np.uint8, np.int8, np.int32, np.int64])
def test_one_hot(dtype, index_type):
    indices = np.array([[0, 3, 1], [2, 127, 4]]).astype(index_type)
    for axis in (-1, 0, 1, 2):
        values = np.array(5, np.int32), np.array(7, dtype), np.array(2, dtype)
        check("OneHot", {"axis": axis}, indices, *values)
    if index_type != np.uint8:
        check("OneHot", {"axis": -1}, -indices, np.array(3, np.int32), *values[1:])


# --- scatter --------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32, np.int64])
@pytest.mark.parametrize("index_type", INDICES)
def test_scatter_nd(dtype, index_type):
    for depth, shape in ((1, (5, 300)), (2, (3, 4)), (3, (3, 3, 4, 17)), (1, (9,))):
        indices = places((6, 2, depth), min(shape[:depth]), index_type)
        updates = numbers((6, 2, *shape[depth:]), dtype)
        check("ScatterNd", {}, indices, updates, np.array(shape, index_type))
        x = numbers(shape, dtype)
        for kind in ("Update", "Add", "Sub"):
            check(f"TensorScatter{kind}", {}, x, indices, updates)


def test_scatter_of_bad_places():
    indices, updates = np.array([[0, 0], [1, 5]]), np.ones((2, 3), np.float32)
    inputs = indices, updates, np.array([2, 4, 3])
    check_failure("ScatterNd", {}, *inputs, shape=(2, 4, 3), dtype=np.float32)


@pytest.mark.parametrize("index_type", [np.int16, np.int32, np.int64])
@pytest.mark.parametrize("dtype", [np.float32, np.int64])
def test_sums_of_segments(index_type, dtype):
    for columns in ((), (3,), (4, 50)):
        data = numbers((6, 5, *columns), dtype)
        ids = places((6, 5), 9, index_type) - index_type(2)  # negative ones are left out
        check("UnsortedSegmentSum", {}, data, ids, np.array(8, np.int32))
    inputs = data, ids, np.array(4, np.int32)
    check_failure("UnsortedSegmentSum", {}, *inputs, shape=(4, 4, 50), dtype=dtype)


def changed(op_type: str, attrs: dict[str, Any], start, indices, updates) -> Any:
    """A variable after a scatter, natively and by the reference."""
    cell = Ref("cell", dtypes.as_dtype(start.dtype), TensorShape(start.shape), start)
    with np.errstate(invalid="ignore"):
        reference(op_type, attrs, cell, indices, updates)
    outputs = [] if op_type.startswith("Resource") else [(start.shape, start.dtype)]
    got = lower_and_run(
        op_type,
        attrs,
        [start, indices, updates],
        [shape for shape, _ in outputs],
        [dtype for _, dtype in outputs],
        cells=1,
    )[0]
    return got, cell.read()


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32, np.int64])
@pytest.mark.parametrize("kind", ["Update", "Add", "Sub", "Mul", "Div", "Min", "Max"])
def test_scatter_into_variables(dtype, kind):
    for prefix in ("", "Resource"):
        for columns in ((), (3,), (5, 60)):
            start = numbers((7, *columns), dtype) - dtype(50)
            indices = places((4, 3), 7)
            updates = numbers((4, 3, *columns), dtype) - dtype(20)
            updates[updates == 0] = 1
            name = f"{prefix}Scatter{kind}"
            np.testing.assert_array_equal(*changed(name, {}, start, indices, updates))
            one = np.array(3, dtype)
            np.testing.assert_array_equal(*changed(name, {}, start, indices, one))


@pytest.mark.parametrize("kind", ["Update", "Add", "Sub"])
def test_scatter_nd_into_variables(kind):
    start, indices = numbers((4, 5, 70), np.float32), places((6, 2), 4)
    attrs = {"bad_indices_policy": ""}
    updates = numbers((6, 70), np.float32)
    np.testing.assert_array_equal(*changed(f"ScatterNd{kind}", attrs, start, indices, updates))


def test_reads_of_resources():
    value, batched = numbers((4, 3, 4, 5), np.float32), {"batch_dims": 1}
    cell = Ref("cell", dtypes.float32, TensorShape(value.shape), value)

    def run(op_type, attrs, indices, shape):
        return lower_and_run(op_type, attrs, [value, indices], [shape], [np.float32])[0]

    for op_type, attrs, indices in (
        ("ResourceGather", {"batch_dims": 0}, places((6, 2), 4)),
        ("ResourceGather", batched, places((4, 2), 3)),
        ("ResourceGatherNd", {}, places((6, 2), 3)),
    ):
        want = reference(op_type, attrs, cell, indices)
        np.testing.assert_array_equal(run(op_type, attrs, indices, want.shape), want)
    for op_type, attrs, indices, shape in (
        ("ResourceGather", {"batch_dims": 0}, np.array([[0], [-1]]), (2, 1, 3, 4, 5)),
        ("ResourceGatherNd", {}, np.array([[0, 1], [2, 3]]), (2, 4, 5)),
    ):
        with pytest.raises(errors.InvalidArgumentError) as wanted:
            reference(op_type, attrs, cell, indices)
        with pytest.raises(errors.InvalidArgumentError) as got:
            run(op_type, attrs, indices, shape)
        assert str(got.value) == str(wanted.value)


def test_special_values_in_extrema():
    start = np.array([1, np.nan, np.inf, -np.inf], np.float32)
    indices = np.array([0, 0, 1, 2, 3])
    updates = np.array([np.nan, 2, 3, np.nan, 5], np.float32)
    for kind in ("Min", "Max"):
        np.testing.assert_array_equal(*changed(f"Scatter{kind}", {}, start, indices, updates))


def test_a_bad_index_changes_nothing():
    start, indices = numbers((4, 100), np.float32), np.array([0, 1, 4])
    updates = numbers((3, 100), np.float32)
    with pytest.raises(errors.InvalidArgumentError, match=r"indices\[2\] = 4 is not in \[0, 4\)"):
        lower_and_run(
            "ScatterAdd", {}, [start, indices, updates], [start.shape], [np.float32], cells=1
        )


# --- distinct indices -----------------------------------------------------------------------------


def distinct(indices: np.ndarray, out_idx: Any) -> list[np.ndarray]:
    """The rows and places of `_UniqueRows`, natively; the reference gives the same."""
    attrs = {"out_idx": dtypes.as_dtype(out_idx)}
    wanted = reference("_UniqueRows", attrs, indices)
    types = [indices.dtype, out_idx]
    got = lower_and_run("_UniqueRows", attrs, [indices], [indices.shape] * 2, types)
    for g, w in zip(got, wanted, strict=True):
        np.testing.assert_array_equal(g, w)
    return got


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_distinct_rows(data):
    index_type, out_idx = (data.draw(st.sampled_from(INDICES)) for _ in "ab")
    limits = np.iinfo(index_type)
    index = st.one_of(st.integers(0, 6), st.integers(limits.min + 1, limits.max))
    given_indices = data.draw(st.lists(index, min_size=1, max_size=40))
    indices = np.array(given_indices, index_type)
    rows, places = distinct(indices, out_idx)
    count = len(set(given_indices))
    assert list(rows[:count]) == list(dict.fromkeys(given_indices))
    assert (rows[count:] == limits.min).all()
    np.testing.assert_array_equal(rows[places], indices)


def test_many_distinct_rows():
    rng = np.random.default_rng(3)
    for step in (1, 1 << 16, 3):  # what multiples of powers of two do to a hash
        indices = (rng.permutation(3000) * step).astype(np.int64)
        distinct(np.r_[indices, indices[::-1]], np.int32)


@pytest.mark.parametrize("index_type", INDICES)
def test_the_index_that_stands_for_no_row_is_refused(index_type):
    lowest = np.iinfo(index_type).min
    indices = np.array([3, lowest], index_type)
    attrs, types = {"out_idx": dtypes.int32}, [index_type, np.int32]
    wanted = rf"indices\[1\] = {lowest} is outside of every variable"
    with pytest.raises(errors.InvalidArgumentError, match=wanted):
        reference("_UniqueRows", attrs, indices)
    with pytest.raises(errors.InvalidArgumentError, match=wanted):
        lower_and_run("_UniqueRows", attrs, [indices], [(2,), (2,)], types)


@pytest.mark.parametrize("index_type", INDICES)
@pytest.mark.parametrize("kind", ["Update", "Add", "Max"])
def test_scatter_leaves_padding_out(kind, index_type):
    start = numbers((7, 3, 20), np.float32)
    indices = np.array([4, 0, *[np.iinfo(index_type).min] * 3], index_type)
    updates = numbers((5, 3, 20), np.float32) + 50
    for prefix in ("", "Resource"):
        got, want = changed(f"{prefix}Scatter{kind}", {PADDED: True}, start, indices, updates)
        np.testing.assert_array_equal(got, want)
        assert (got[[1, 2, 3, 5, 6]] == start[[1, 2, 3, 5, 6]]).all() and (got != start).any()
    indices[1] = -1  # negative, but no padding
    with pytest.raises(errors.InvalidArgumentError, match=r"indices\[1\] = -1 is not in \[0, 7\)"):
        lower_and_run(
            f"ResourceScatter{kind}", {PADDED: True}, [start, indices, updates], [], [], cells=1
        )
