"""The kernels of matrix products against NumPy: both schedules, all transposes, batches."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from core.codegen.cpu.calls import lower_and_run
from hypothesis import example, given, settings
from hypothesis import strategies as st

from graphflow.core.graph.op_def import find_op
from graphflow.core.ops.linalg.fused_matmul import fused_matmul_op
from graphflow.core.ops.lowering import NoKernel

FLOATS = [np.float32, np.float64]
CLOSE = {np.float32: {"rtol": 1e-5, "atol": 1e-4}, np.float64: {"rtol": 1e-13, "atol": 1e-12}}
FEW_ROWS, MANY_ROWS = 100, 400  # on both sides of what the lowering takes for few


def reference(op_type: str, attrs: dict[str, Any], *inputs: np.ndarray) -> Any:
    node = SimpleNamespace(attrs=attrs, op=SimpleNamespace(name=op_type))
    return find_op(op_type).reference(node, *inputs)


def normal(rng: np.random.Generator, shape: tuple[int, ...], transposed: bool, dtype: Any) -> Any:
    """A matrix, or a batch of them, that is of a shape once it is transposed."""
    stored = (*shape[:-2], shape[-1], shape[-2]) if transposed else shape
    return rng.normal(size=stored).astype(dtype)


def check(op_type: str, attrs: dict[str, Any], *inputs: np.ndarray, ranges: int = 3) -> np.ndarray:
    expected = reference(op_type, attrs, *inputs)
    (got,) = lower_and_run(
        op_type, attrs, inputs, [expected.shape], [expected.dtype], ranges=ranges
    )
    np.testing.assert_allclose(got, expected, **CLOSE[inputs[0].dtype.type])
    return got


def check_matmul(m: int, k: int, n: int, ta: bool, tb: bool, dtype: Any) -> None:
    rng = np.random.default_rng(m + 1000 * k + 1000000 * n)
    a, b = normal(rng, (m, k), ta, dtype), normal(rng, (k, n), tb, dtype)
    check("MatMul", {"transpose_a": ta, "transpose_b": tb}, a, b)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("tb", [False, True])
@pytest.mark.parametrize("ta", [False, True])
@pytest.mark.parametrize("m", [FEW_ROWS, MANY_ROWS])
def test_transposes(m, ta, tb, dtype):
    check_matmul(m, 300, 150, ta, tb, dtype)


SIZES = st.sampled_from([1, 2, 3, 4, 5, 7, 8, 13, 14, 15, 16, 17, 28, 31, 32, 33, 48, 63, 65])


@settings(max_examples=60, deadline=None)
@given(SIZES, SIZES, SIZES, st.booleans(), st.booleans(), st.sampled_from(FLOATS))
def test_small_sizes(m, k, n, ta, tb, dtype):
    check_matmul(m, k, n, ta, tb, dtype)


@settings(max_examples=40, deadline=None)
@given(st.integers(321, 600), SIZES, SIZES, st.booleans(), st.booleans(), st.sampled_from(FLOATS))
@example(330, 1, 1, True, False, np.float32)
@example(400, 3, 10, True, False, np.float32)
def test_many_rows(m, k, n, ta, tb, dtype):
    check_matmul(m, k, n, ta, tb, dtype)


@pytest.mark.parametrize("k", [255, 256, 257, 515])
def test_depths(k):
    """K is cut into equal parts, the last a little shorter."""
    check_matmul(FEW_ROWS, k, 40, False, True, np.float32)
    check_matmul(MANY_ROWS, k, 40, True, False, np.float32)


@pytest.mark.parametrize(
    ("m", "k", "n"), [(0, 3, 4), (3, 0, 4), (3, 4, 0), (MANY_ROWS, 0, 5), (0, 0, 0), (1, 0, 1)]
)
@pytest.mark.parametrize("transposed", [False, True])
def test_empty(m, k, n, transposed):
    check_matmul(m, k, n, transposed, transposed, np.float32)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("transposed", [False, True])
def test_vectors(transposed, dtype):
    """A row times a matrix, a matrix times a column, row times column, column times row."""
    for m, k, n in [(1, 500, 300), (500, 300, 1), (1, 777, 1), (300, 1, 300)]:
        check_matmul(m, k, n, transposed, not transposed, dtype)


@pytest.mark.parametrize("m", [FEW_ROWS, MANY_ROWS])
def test_values_of_no_size(m):
    """NaN and infinities reach their own row and column and no other."""
    rng = np.random.default_rng(0)
    a = rng.normal(size=(m, 70)).astype(np.float32)
    b = rng.normal(size=(70, 50)).astype(np.float32)
    a[3, 5], a[20, 69], b[60, 49] = np.nan, np.inf, -np.inf
    with np.errstate(invalid="ignore"):
        check("MatMul", {"transpose_a": False, "transpose_b": False}, a, b)


@pytest.mark.parametrize("m", [FEW_ROWS, MANY_ROWS])
def test_same_bits_for_any_ranges(m):
    rng = np.random.default_rng(1)
    a = rng.normal(size=(m, 600)).astype(np.float32)
    b = rng.normal(size=(600, 900)).astype(np.float32)
    attrs = {"transpose_a": False, "transpose_b": False}
    one, many = (check("MatMul", attrs, a, b, ranges=ranges) for ranges in (1, 7))
    np.testing.assert_array_equal(one, many)


@pytest.mark.parametrize(
    ("a_batch", "b_batch"),
    [
        ((3,), (3,)),
        ((4,), ()),
        ((), (4,)),
        ((2, 1), (3,)),
        ((1, 3), (2, 1)),
        ((0,), (1,)),
        ((11,), (11,)),
        ((3, 1), (5,)),
        ((9, 1), (1,)),
        ((), (10,)),
    ],
)
@pytest.mark.parametrize(("adj_x", "adj_y"), [(False, False), (True, True), (False, True)])
def test_batches(a_batch, b_batch, adj_x, adj_y):
    rng = np.random.default_rng(2)
    x = normal(rng, (*a_batch, 37, 20), adj_x, np.float32)
    y = normal(rng, (*b_batch, 20, 33), adj_y, np.float32)
    check("BatchMatMulV2", {"adj_x": adj_x, "adj_y": adj_y}, x, y)


@pytest.mark.parametrize("batch", [3, 9])
@pytest.mark.parametrize("k", [0, 40, 300])
def test_a_batch_of_large_matrices(batch, k):
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(batch, 130, k)), rng.normal(size=(batch, k, 50))
    check("BatchMatMul", {"adj_x": False, "adj_y": False}, x, y)


@pytest.mark.parametrize("batch", [5, 8])
def test_a_batch_of_vectors(batch):
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(batch, 1, 40)), rng.normal(size=(batch, 40, 1))
    check("BatchMatMul", {"adj_x": False, "adj_y": False}, x, y)


@pytest.mark.parametrize("m", [1, FEW_ROWS, MANY_ROWS])
@pytest.mark.parametrize("activation", ["", "Relu"])
@pytest.mark.parametrize("n", [1, 10, 75])
def test_bias_and_activation(m, activation, n):
    rng = np.random.default_rng(5)
    a = rng.normal(size=(m, 30)).astype(np.float32)
    b = rng.normal(size=(n, 30)).astype(np.float32)
    bias = rng.normal(size=n).astype(np.float32)
    attrs = {"transpose_a": False, "transpose_b": True, "activation": activation}
    check(fused_matmul_op.name, attrs, a, b, bias)


def test_the_fused_op_is_its_parts():
    rng = np.random.default_rng(6)
    a, b, bias = rng.normal(size=(5, 3)), rng.normal(size=(3, 4)), rng.normal(size=4)
    attrs = {"transpose_a": False, "transpose_b": False, "activation": "Relu"}
    got = check(fused_matmul_op.name, attrs, a, b, bias)
    np.testing.assert_allclose(got, np.maximum(a @ b + bias, 0))


def test_hints_of_sparsity_change_nothing():
    a = np.eye(5, dtype=np.float32)
    attrs = {"transpose_a": False, "transpose_b": True, "a_is_sparse": True, "b_is_sparse": False}
    check("SparseMatMul", attrs, a, np.arange(15, dtype=np.float32).reshape(3, 5))


def test_relu_keeps_nan():
    a = np.array([[np.nan], [-1], [2]], np.float32)
    attrs = {"transpose_a": False, "transpose_b": False, "activation": "Relu"}
    got = check(fused_matmul_op.name, attrs, a, np.ones((1, 1), np.float32), np.zeros(1, "f"))
    assert np.isnan(got[0, 0]) and got[1, 0] == 0 and got[2, 0] == 2


def test_other_types_are_left_to_the_reference():
    a = np.ones((2, 2), np.int32)
    attrs = {"transpose_a": False, "transpose_b": False}
    with pytest.raises(NoKernel):
        lower_and_run("MatMul", attrs, [a, a], [(2, 2)], [np.int32])
