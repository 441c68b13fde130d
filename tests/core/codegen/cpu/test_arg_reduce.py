"""ArgMax, ArgMin and the scans against the NumPy references."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from core.codegen.cpu.calls import lower_and_run

from graphflow.core.graph.op_def import find_op

TYPES = [np.float32, np.float64, np.int32, np.int64]
CASES = [((7,), 0), ((5, 10), 1), ((5, 10), 0), ((2, 40, 3), 1), ((3, 4, 33), -2), ((2, 300), -1)]


def run(op_type: str, attrs: dict[str, Any], x: np.ndarray, axis: int, dtype: Any) -> None:
    node = SimpleNamespace(name=op_type, type=op_type, attrs=attrs)
    where = np.array(axis, np.int32)
    want = np.asarray(find_op(op_type).reference(node, x, where)).astype(dtype)
    (got,) = lower_and_run(op_type, attrs, [x, where], [want.shape], [dtype])
    tolerance = {np.float32: 1e-5, np.float64: 1e-13}.get(dtype, 0)
    np.testing.assert_allclose(got, want, rtol=tolerance)


@pytest.mark.parametrize("op_type", ["ArgMax", "ArgMin"])
@pytest.mark.parametrize("dtype", TYPES)
def test_arg_extremes(op_type, dtype):
    rng = np.random.default_rng(0)
    for shape, axis in CASES:
        x = rng.integers(-5, 5, shape).astype(dtype)  # many equal ones
        for index_type in (np.int32, np.int64):
            run(op_type, {}, x, axis, index_type)


@pytest.mark.parametrize("op_type", ["ArgMax", "ArgMin"])
def test_special_values(op_type):
    rng = np.random.default_rng(0)
    x = rng.choice([1.0, 2.0, np.nan, np.inf, -np.inf], (60, 37), p=[0.4, 0.3, 0.1, 0.1, 0.1])
    x[0], x[1], x[2], x[3, 5:] = np.nan, -np.inf, np.inf, np.nan
    for axis in (0, 1):
        run(op_type, {}, x.astype(np.float32), axis, np.int64)
    few = np.array([[np.nan, 3, 2], [-np.inf, -np.inf, np.nan], [np.inf, np.inf, np.nan]])
    for axis in (0, 1):
        run(op_type, {}, few.astype(np.float32), axis, np.int64)


@pytest.mark.parametrize("op_type", ["Cumsum", "Cumprod"])
@pytest.mark.parametrize("dtype", TYPES)
def test_scans(op_type, dtype):
    rng = np.random.default_rng(0)
    for shape, axis in CASES:
        x = rng.integers(-3, 4, shape).astype(dtype)
        for exclusive in (False, True):
            for reverse in (False, True):
                run(op_type, {"exclusive": exclusive, "reverse": reverse}, x, axis, dtype)
