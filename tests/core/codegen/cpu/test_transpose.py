"""Transposition against NumPy: squares, edges, planes of every order."""

from __future__ import annotations

import numpy as np
import pytest
from core.codegen.cpu.calls import lower_and_run
from hypothesis import given, settings
from hypothesis import strategies as st

TYPES = [np.int8, np.float16, np.float32, np.int64, np.complex128]


def check(x: np.ndarray, perm) -> None:
    want = x.transpose(perm)
    axes = np.array(perm, np.int32)
    (got,) = lower_and_run("Transpose", {}, [x, axes], [want.shape], [x.dtype])
    np.testing.assert_array_equal(got, want)


def numbers(shape, dtype) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 100, shape).astype(dtype)


@pytest.mark.parametrize("dtype", TYPES)
def test_matrices(dtype):
    for rows in (1, 3, 16, 17, 64, 131):
        for columns in (2, 4, 15, 16, 33, 96):
            check(numbers((rows, columns), dtype), (1, 0))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", [(9, 7, 5, 3), (2, 8, 8, 64), (1, 14, 6, 33), (16, 1, 20, 1)])
def test_images(dtype, shape):
    check(numbers(shape, dtype), (0, 3, 1, 2))
    check(numbers(shape, dtype), (0, 2, 3, 1))


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_permutation(data):
    rank = data.draw(st.integers(1, 6))
    shape = [data.draw(st.sampled_from([0, 1, 2, 3, 8, 17])) for _ in range(min(rank, 4))]
    shape += [2] * (rank - len(shape))
    perm = data.draw(st.permutations(range(rank)))
    check(numbers(shape, data.draw(st.sampled_from(TYPES))), perm)


def test_special_values_are_kept():
    x = np.array([[np.nan, np.inf], [-0.0, -np.inf]] * 9, np.float32)
    want = x.T
    (got,) = lower_and_run("Transpose", {}, [x, np.array([1, 0])], [want.shape], [x.dtype])
    assert got.tobytes() == want.copy().tobytes()
