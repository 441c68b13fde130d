"""TopKV2 and InTopK against the NumPy references."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from core.codegen.cpu.calls import lower_and_run
from core.native import host_ops, plan_of
from hypothesis import given, settings
from hypothesis import strategies as st

import graphflow as tf
from graphflow.core.graph.op_def import find_op

TYPES = [np.float32, np.float64, np.int32, np.int64]
SPECIAL = [-np.inf, -1.0, -0.0, 0.0, 1.0, np.inf, np.nan]


def reference(op_type: str, attrs: dict[str, Any], *inputs: np.ndarray) -> Any:
    return find_op(op_type).reference(SimpleNamespace(name=op_type, attrs=attrs), *inputs)


def check_top_k(x: np.ndarray, k: int) -> None:
    for is_sorted in (True, False):
        attrs, count = {"sorted": is_sorted}, np.array(k, np.int32)
        want = reference("TopKV2", attrs, x, count)
        shape = want[0].shape
        got = lower_and_run("TopKV2", attrs, [x, count], [shape, shape], [x.dtype, np.int32])
        np.testing.assert_array_equal(got[1], want[1])
        np.testing.assert_array_equal(got[0], want[0])


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_top_k(data):
    dtype = data.draw(st.sampled_from(TYPES))
    rows = data.draw(st.sampled_from([(), (1,), (3,), (2, 3), (0,)]))
    columns = data.draw(st.sampled_from([0, 1, 2, 7, 16, 17, 33, 100, 256]))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    highest = data.draw(st.sampled_from([2, 20, 10**6]))  # the lower, the more are equal
    x = rng.integers(-highest, highest, (*rows, columns)).astype(dtype)
    check_top_k(x, data.draw(st.integers(0, columns)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("k", [1, 5, 37])
def test_top_k_of_special_values(dtype, k):
    x = np.random.default_rng(0).choice(SPECIAL, (60, 37)).astype(dtype)
    x[0], x[1], x[2, 5:] = np.nan, -np.inf, np.nan
    check_top_k(x, k)


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_top_k_of_extreme_integers(dtype):
    lowest, highest = np.iinfo(dtype).min, np.iinfo(dtype).max
    x = np.random.default_rng(0).choice([lowest, -1, 0, highest], (9, 21)).astype(dtype)
    for k in (1, 5, 21):
        check_top_k(x, k)


@pytest.mark.parametrize("step", [1, -1])
def test_top_k_of_rows_in_order(step):
    x = np.arange(1000, dtype=np.float32)[::step]
    for k in (1, 10, 250):
        check_top_k(x, k)


def test_rows_with_too_few_columns_are_left_to_the_reference():
    x = tf.placeholder(tf.float32, [None, None])
    assert host_ops(plan_of(list(tf.nn.top_k(x, 5)), [x], [(2, 4)])) == ["TopKV2"]


def test_long_rows_are_left_to_numpy_to_sort():
    x = tf.placeholder(tf.float32, [2, 1000])
    assert host_ops(plan_of([tf.argsort(x)], [x])) == ["TopKV2"]


def check_in_top_k(predictions: np.ndarray, targets: np.ndarray, k: int) -> None:
    shape, attrs = [targets.shape], {"k": k}
    want = reference("InTopK", attrs, predictions, targets)
    (got,) = lower_and_run("InTopK", attrs, [predictions, targets], shape, [np.bool_])
    np.testing.assert_array_equal(got, want)
    inputs = [predictions, targets, np.array(k, targets.dtype)]
    (got,) = lower_and_run("InTopKV2", {}, inputs, shape, [np.bool_], unknown=[2])
    np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("index_type", [np.int32, np.int64])
@pytest.mark.parametrize("classes", [0, 1, 10, 16, 33, 1000])
def test_in_top_k(index_type, classes):
    rng = np.random.default_rng(0)
    for rows in (0, 1, 50):
        predictions = rng.integers(0, 30, (rows, classes)).astype(np.float32)
        targets = rng.integers(-1, classes + 1, rows).astype(index_type)  # some are no class
        for k in (-1, 0, 1, 5, classes):
            check_in_top_k(predictions, targets, k)


@pytest.mark.parametrize("special", SPECIAL)
def test_in_top_k_of_special_values(special):
    predictions = np.random.default_rng(0).standard_normal((40, 37)).astype(np.float32)
    targets = np.arange(40) % 37
    for row in range(1, 40):
        predictions[row, (3 * row) % 37] = special
    predictions[::7] = 1
    check_in_top_k(predictions, targets, 3)
