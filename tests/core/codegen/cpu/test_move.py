"""The kernels that move elements (`move`), as ops run them, against the NumPy references."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from core.codegen.cpu.calls import lower_and_run
from hypothesis import given, settings
from hypothesis import strategies as st

from graphflow.core.base import dtypes, errors
from graphflow.core.graph.op_def import find_op
from graphflow.core.ops.lowering import NoKernel

TYPES = [np.uint8, np.int16, np.float32, np.float64, np.complex128]


def check(op_type: str, attrs: dict[str, Any], *inputs: np.ndarray) -> None:
    """Compares a lowering with the op's reference, bit for bit."""
    op = find_op(op_type)
    types = [dtypes.as_dtype(inputs[0].dtype)]
    node = SimpleNamespace(name=op_type, op=op, attrs=attrs, output_dtypes=types)
    want = op.reference(node, *inputs)
    want = want if isinstance(want, tuple) else (want,)
    shapes, kinds = [w.shape for w in want], [w.dtype for w in want]
    got = lower_and_run(op_type, attrs, inputs, shapes, kinds)
    for g, w in zip(got, want, strict=True):
        np.testing.assert_array_equal(g, w)


def numbers(shape, dtype) -> np.ndarray:
    """Different elements, as far as the type has room."""
    return (np.arange(np.prod(shape, dtype=int)) % 251 + 1).reshape(shape).astype(dtype)


def ints(*values) -> np.ndarray:
    return np.array(values, np.int32)


@pytest.mark.parametrize("dtype", TYPES)
def test_slices(dtype):
    x = numbers((9, 5, 7), dtype)
    check("Slice", {}, x, ints(1, 0, 2), ints(7, -1, 4))
    check("Slice", {}, x, ints(0, 2, 0), ints(9, 3, 7))
    masks = dict.fromkeys(["begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask"], 0)
    attrs = {**masks, "shrink_axis_mask": 0}
    check("StridedSlice", attrs, x, ints(8, 0, 6), ints(0, 5, 0), ints(-2, 1, -3))
    check("StridedSlice", {**attrs, "shrink_axis_mask": 2}, x, ints(0, 3), ints(9, 4), ints(1, 1))
    check(
        "StridedSlice", {**attrs, "end_mask": 1}, numbers(100_003, dtype), ints(1), ints(0), ints(3)
    )


@pytest.mark.parametrize("dtype", TYPES)
def test_gradients_of_slices(dtype):
    shape = ints(9, 5, 7)
    masks = dict.fromkeys(["begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask"], 0)
    attrs = {**masks, "shrink_axis_mask": 2}

    def run(dy, *index):
        op = find_op("StridedSliceGrad")
        want = op.reference(SimpleNamespace(attrs=attrs), shape, *index, dy)
        inputs = [shape, *index, dy]
        (got,) = lower_and_run("StridedSliceGrad", attrs, inputs, [want.shape], [dtype])
        np.testing.assert_array_equal(got, want)

    run(numbers((9, 7), dtype), ints(0, -1), ints(9, 0), ints(1, 1))
    run(numbers((4, 3), dtype), ints(8, 2, 6), ints(0, 3, 0), ints(-2, 1, -2))


@pytest.mark.parametrize("dtype", TYPES)
def test_repeats(dtype):
    x = numbers((3, 1, 5), dtype)
    check("BroadcastTo", {}, x, ints(2, 3, 4, 5))
    check("BroadcastTo", {}, x[:, :, :1], ints(3, 70, 33))
    check("Tile", {}, x, ints(9, 2, 3))
    check("Tile", {}, numbers((3,), dtype), ints(5))
    check("ReverseV2", {}, x, ints(0, 2))
    check("ReverseV2", {}, numbers((20, 37), dtype), ints(-1))
    check("ReverseV2", {}, numbers((20, 37), dtype), ints(0))


@pytest.mark.parametrize("dtype", TYPES)
def test_pads(dtype):
    x = numbers((9, 4, 5, 3), dtype)
    margins = np.array([[0, 0], [1, 2], [3, 0], [0, 0]], np.int32)
    check("Pad", {}, x, margins)
    check("Pad", {}, x, margins[::-1].copy())
    check("PadV2", {}, x, margins + 1, np.array(77, dtype))
    check("Pad", {}, np.zeros((0, 3), dtype), np.array([[2, 1], [0, 2]], np.int32))
    check("PadV2", {}, numbers((11,), dtype), np.array([[20, 33]], np.int32), np.array(3, dtype))


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_any_pad(data):
    rank = data.draw(st.integers(1, 5))
    shape = [data.draw(st.integers(0, 6)) for _ in range(rank)]
    shape[0] = data.draw(st.sampled_from([1, 8, 17]))
    margins = [[data.draw(st.sampled_from([0, 0, 1, 5])) for _ in "ab"] for _ in shape]
    dtype = data.draw(st.sampled_from(TYPES))
    check("PadV2", {}, numbers(shape, dtype), np.array(margins, np.int64), np.array(9, dtype))


@pytest.mark.parametrize("dtype", TYPES)
def test_joins_and_parts(dtype):
    for axis in (0, 1, -1):
        sizes = [2, 1, 0, 40]
        parts = [numbers([s if i == axis % 3 else 9 for i in range(3)], dtype) for s in sizes]
        check("ConcatV2", {}, *parts, np.array(axis, np.int32))
        whole = np.concatenate(parts, axis)
        check("SplitV", {"num_split": 4}, whole, ints(2, 1, 0, -1), np.array(axis, np.int32))
    check("Split", {"num_split": 3}, np.array(1, np.int32), numbers((9, 6, 7), dtype))  # type first
    for axis in (0, 2, -1):
        check("Pack", {"axis": axis}, *(numbers((9, 4), dtype) + dtype(i) for i in range(5)))
        check("Unpack", {"axis": axis, "num": 4}, numbers((4, 4, 4), dtype))
    check("Pack", {"axis": 0}, np.array(5, dtype), np.array(6, dtype))


def test_long_joins_are_divided():
    parts = [numbers(n, np.float32) for n in (10_001, 3, 20_000, 1)]
    check("ConcatV2", {}, *parts, np.array(0, np.int32))
    check("SplitV", {"num_split": 2}, np.concatenate(parts), ints(30_003, 2), np.array(0, np.int32))


@pytest.mark.parametrize("dtype", TYPES)
def test_fills(dtype):
    for shape in ((), (0, 3), (7, 3), (5, 2, 4096), (13, 5003)):
        check("ZerosLike", {}, numbers(shape, dtype))
        check("OnesLike", {}, numbers(shape, dtype))
        dims = np.array(shape, np.int32)
        (got,) = lower_and_run("Fill", {}, [dims, np.array(123, dtype)], [shape], [dtype])
        np.testing.assert_array_equal(got, np.full(shape, 123, dtype))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("data_format", ["NHWC", "NCHW"])
def test_space_and_depth(dtype, data_format):
    x = numbers((9, 12, 4, 8), dtype)
    for block in (2, 4):
        attrs = {"block_size": block, "data_format": data_format}
        if data_format == "NHWC" or block == 2:
            check("SpaceToDepth", attrs, x if data_format == "NHWC" else x[:, :, :, :].copy())
        y = numbers((2, 16, 16, 16), dtype)
        check("DepthToSpace", attrs, y)


@pytest.mark.parametrize("dtype", TYPES)
def test_space_and_batch(dtype):
    x = numbers((4, 5, 6, 3), dtype)
    paddings = np.array([[1, 0], [2, 1]], np.int32)
    check("SpaceToBatchND", {}, x, ints(2, 3), paddings)
    check("SpaceToBatchND", {}, x, ints(5), np.array([[0, 0]], np.int32))
    y = numbers((12, 5, 6, 3), dtype)
    check("BatchToSpaceND", {}, y, ints(2, 3), paddings)
    check("BatchToSpaceND", {}, y, ints(4), np.array([[0, 0]], np.int32))
    check("SpaceToBatch", {"block_size": 2}, x, np.array([[1, 0], [1, 1]], np.int32))
    check("BatchToSpace", {"block_size": 2}, y, np.array([[1, 0], [1, 1]], np.int32))


def test_scalars_have_no_views():
    nothing, scalar = np.zeros(0, np.int32), np.array(5, np.float32)
    with pytest.raises(NoKernel):
        lower_and_run("Slice", {}, [scalar, nothing, nothing], [()], [np.float32])
    check("Transpose", {}, scalar, nothing)
    check("BroadcastTo", {}, scalar, ints(2, 3))


def check_at(op_type: str, attrs: dict[str, Any], *inputs: np.ndarray, unknown=(1,)) -> None:
    """A slice at a place that the lowering does not know; places outside fail as the reference."""
    op = find_op(op_type)
    types = [inputs[0].dtype]

    def run(want_shape):
        return lower_and_run(op_type, attrs, inputs, [want_shape], types, unknown=unknown)[0]

    try:
        want = op.reference(SimpleNamespace(attrs=attrs), *inputs)
    except errors.InvalidArgumentError as error:
        shape = tuple(inputs[2]) if op_type == "Slice" else inputs[0].shape[1:]
        with pytest.raises(errors.InvalidArgumentError) as got:
            run(shape)
        assert str(got.value) == str(error)
    else:
        np.testing.assert_array_equal(run(want.shape), want)


@pytest.mark.parametrize("index_type", [np.int32, np.int64])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.complex128])
def test_slices_at_places_that_are_inputs(dtype, index_type):
    x = numbers((9, 5, 7), dtype)
    for begin in ([0, 0, 0], [4, 3, 2], [5, 0, 0], [0, -1, 0], [10, 0, 0]):
        sizes = np.array([5, 2, 5], index_type)
        check_at("Slice", {}, x, np.array(begin, index_type), sizes)
    masks = dict.fromkeys(["begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask"], 0)
    for i in (0, 8, -9, 9, -10):
        attrs = {**masks, "shrink_axis_mask": 1}
        index = (np.array([n], index_type) for n in (i, i + 1, 1))
        check_at("StridedSlice", attrs, x, *index, unknown=(1, 2))
    attrs = {**masks, "shrink_axis_mask": 0b1001, "begin_mask": 2, "end_mask": 2}
    index = [np.array(n, index_type) for n in ([3, 99, 0, 2], [4, -99, 0, 3], [1, 1, 1, 1])]
    check_at("StridedSlice", {**attrs, "new_axis_mask": 4}, x, *index, unknown=(1, 2))
    index = [np.array(n, index_type) for n in ([99, -2], [-99, -1], [1, 1])]
    attrs = {**masks, "ellipsis_mask": 1, "shrink_axis_mask": 2}
    check_at("StridedSlice", attrs, x, *index, unknown=(1, 2))
    index = [np.array(n, index_type) for n in ([3, -2, 5], [4, -1, 6], [1, 1, 1])]
    attrs = {**masks, "shrink_axis_mask": 7}
    check_at("StridedSlice", attrs, x, *index, unknown=(1, 2))
    check_at("StridedSlice", attrs, x, *index, unknown=())


@pytest.mark.parametrize("dtype", TYPES)
def test_diagonals(dtype):
    for shape in ((4,), (9, 5), (2, 3, 20)):
        check("MatrixDiag", {}, numbers(shape, dtype))
    for shape in ((4, 4), (9, 5, 7), (2, 6, 3)):
        x = numbers(shape, dtype)
        check("MatrixDiagPart", {}, x)
        diagonal = numbers((*shape[:-2], min(shape[-2:])), dtype) + dtype(3)
        check("MatrixSetDiag", {}, x, diagonal)
        for lower, upper in ((0, 0), (1, -1), (-1, 2), (3, 3)):
            check("MatrixBandPart", {}, x, np.array(lower), np.array(upper))
    check("Diag", {}, numbers((3, 4), dtype))
    check("DiagPart", {}, numbers((3, 4, 3, 4), dtype))


def test_bad_shapes_are_left_to_the_reference():
    x, y = numbers((2, 3), np.float32), numbers((2, 4), np.float32)
    with pytest.raises(NoKernel):
        lower_and_run("ConcatV2", {}, [x, y, np.array(0, np.int32)], [(4, 3)], [np.float32])
    with pytest.raises(NoKernel):
        lower_and_run("Slice", {}, [x, ints(1, 1), ints(2, 2)], [(2, 2)], [np.float32])
    with pytest.raises(NoKernel):
        lower_and_run("Pack", {"axis": 0}, [x, y], [(2, 2, 3)], [np.float32])
