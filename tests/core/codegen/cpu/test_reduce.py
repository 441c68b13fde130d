"""The reduction kernels against the NumPy references."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from core.codegen.cpu.calls import lower_and_run
from hypothesis import given, settings
from hypothesis import strategies as st

from graphflow.core.graph.op_def import find_op

REDUCTIONS = ["Sum", "Mean", "Prod", "Max", "Min"]
BYTES = {"float32": 1e-5, "float64": 1e-13}


def run(op_type: str, inputs: list[np.ndarray], attrs: dict[str, Any]) -> None:
    """Compares a lowering with the op's reference."""
    node = SimpleNamespace(name=op_type, type=op_type, attrs=attrs)
    with np.errstate(all="ignore"):
        want = np.asarray(find_op(op_type).reference(node, *inputs)).astype(inputs[0].dtype)
    (got,) = lower_and_run(op_type, attrs, inputs, [want.shape], [want.dtype])
    tolerance = BYTES.get(want.dtype.name, 0)
    scale = np.abs(inputs[0]).sum() / max(want.size, 1) if tolerance and want.size else 0
    scale = scale if np.isfinite(scale) and op_type in ("Sum", "BiasAddGrad") else 0
    np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance * scale)


def reduce(op_type: str, x: np.ndarray, axes: Any, keep: bool = False) -> None:
    run(op_type, [x, np.array(axes, np.int32)], {"keep_dims": keep})


def values(shape, dtype, seed=0):
    rng = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "i":
        return rng.integers(-50, 50, shape).astype(dtype)
    return rng.uniform(0.5, 1.5, shape).astype(dtype) * rng.choice([-1, 1], shape).astype(dtype)


SHAPES = [
    ((3, 5, 7), (0,)),
    ((3, 5, 7), (1,)),
    ((3, 5, 7), (2,)),
    ((3, 5, 7), (0, 2)),
    ((4, 3, 6, 5), (1, 3)),
    ((4, 1, 6, 5), (0, 1, 2, 3)),
    ((3, 4), ()),
    ((), ()),
    ((8, 9, 64), (0, 1)),  # four vectors across
    ((16, 33, 37), (0, 1)),  # blocks, and columns to the last one
    ((16, 33, 37), (0, 1, 2)),  # blocks of a scalar
    ((19, 40, 23), (0, 2)),  # two passes, blocks in the second
    ((2, 16384, 3), (1,)),  # a long axis behind a short one
    ((3, 30000), (1,)),
    ((5, 6000), (0,)),  # few long rows
    ((16411,), (0,)),  # a prime number of elements
]


@pytest.mark.parametrize(("shape", "axes"), SHAPES)
@pytest.mark.parametrize("op_type", ["Sum", "Max"])
def test_axes(op_type, shape, axes):
    reduce(op_type, values(shape, np.float32), axes)


@pytest.mark.parametrize("op_type", REDUCTIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32, np.int64])
def test_types(op_type, dtype):
    if op_type == "Mean" and dtype == np.int32:
        pytest.skip("left to the reference: its sum may exceed int32")
    for shape, axes in [((3, 5, 7), (0, 2)), ((6, 70), (0,)), ((5, 150), (1,)), ((9,), (0,))]:
        reduce(op_type, values(shape, dtype), axes, keep=True)


@pytest.mark.parametrize("op_type", ["All", "Any"])
def test_bool(op_type):
    rng = np.random.default_rng(0)
    for shape, axes in [((6, 40), (0,)), ((6, 40), (1,)), ((20000,), (0,)), ((2, 3, 4), (0, 2))]:
        for share in (0.02, 0.98):
            reduce(op_type, rng.uniform(size=shape) < share, axes)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_shapes(data):
    shape = data.draw(st.lists(st.integers(1, 20), max_size=4))
    axes = data.draw(st.sets(st.integers(0, len(shape) - 1))) if shape else ()
    op_type = data.draw(st.sampled_from(["Sum", "Max"]))
    reduce(op_type, values(shape, np.float32), sorted(axes), data.draw(st.booleans()))


@pytest.mark.parametrize("op_type", REDUCTIONS)
def test_special_values(op_type):
    rng = np.random.default_rng(0)
    x = rng.choice([1.0, -2.0, np.nan, np.inf, -np.inf], (40, 37), p=[0.5, 0.4, 0.04, 0.03, 0.03])
    for axes in [(0,), (1,), (0, 1)]:
        reduce(op_type, x.astype(np.float32), axes)


def test_long_sums_are_exact():
    """As NumPy's: the error does not grow with the number of elements."""
    x = np.full(1 << 22, 0.1, np.float32)
    (got,) = lower_and_run(
        "Sum", {"keep_dims": False}, [x, np.array([0], np.int32)], [()], [x.dtype]
    )
    np.testing.assert_allclose(got, x.astype(np.float64).sum(), rtol=1e-6)


@pytest.mark.parametrize(("shape", "axes"), [((48, 30, 33), (0, 1)), ((1 << 17,), (0,))])
def test_the_division_among_threads_does_not_show(shape, axes):
    inputs = [values(shape, np.float32), np.array(axes, np.int32)]
    outputs = [[n for i, n in enumerate(shape) if i not in axes]], [np.float32]
    sums = [
        lower_and_run("Sum", {"keep_dims": False}, inputs, *outputs, ranges=ranges)[0]
        for ranges in (1, 2, 64)
    ]
    np.testing.assert_array_equal(sums[0], sums[1])
    np.testing.assert_array_equal(sums[0], sums[2])


@pytest.mark.parametrize("data_format", ["NHWC", "NCHW"])
def test_bias_add_grad(data_format):
    for shape in [(5, 12), (3, 4, 5, 6), (20, 10, 10, 33)]:
        run("BiasAddGrad", [values(shape, np.float32)], {"data_format": data_format})


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_l2_loss(dtype):
    for shape in [(), (3,), (37, 41), (50, 1000)]:
        run("L2Loss", [values(shape, dtype)], {})
