"""The batch normalisation kernels against the NumPy references."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from core.codegen.cpu.calls import lower_and_run
from hypothesis import given, settings
from hypothesis import strategies as st

from graphflow.core.graph.op_def import find_op
from graphflow.core.ops.lowering import NoKernel

SHAPES = [
    (2, 3, 4, 5),
    (1, 1, 1, 3),
    (3, 5, 5, 16),
    (1, 40, 41, 33),
    (40, 2, 3, 70),
    (2, 24, 24, 64),
]
PLANES = [
    (2, 5, 3, 4),
    (3, 7, 1, 1),
    (40, 70, 2, 3),
    (2, 3, 40, 41),  # more elements than are summed at once
    (1, 2, 64, 96),  # a plane is several items
    (2, 1, 80, 60),
    (2, 3, 4, 5, 6),
]
CASES = [
    *((shape, "NHWC") for shape in SHAPES),
    *((shape, "NCHW" if len(shape) == 4 else "NCDHW") for shape in PLANES),
    ((2, 3, 4, 5, 6), "NDHWC"),
]


def attributes(is_training: bool, factor: float = 1.0, data_format: str = "NHWC") -> dict[str, Any]:
    return {
        "epsilon": 1e-3,
        "exponential_avg_factor": factor,
        "data_format": data_format,
        "is_training": is_training,
    }


def reference(op_type: str, attrs: dict[str, Any], outputs: int, *inputs: np.ndarray) -> Any:
    node = SimpleNamespace(
        name=op_type, type=op_type, attrs=attrs, output_dtypes=[np.float32] * outputs
    )
    return find_op(op_type).reference(node, *inputs)


def run(
    op_type: str, attrs: dict[str, Any], want: Any, *inputs: np.ndarray, ranges: int = 3
) -> list[np.ndarray]:
    shapes = [np.shape(w) for w in want]
    return lower_and_run(op_type, attrs, inputs, shapes, [np.float32] * len(want), ranges=ranges)


def values(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def axes_but_channels(shape, data_format):
    return tuple(i for i in range(len(shape)) if i != data_format.index("C"))


@pytest.mark.parametrize(("shape", "data_format"), CASES)
@pytest.mark.parametrize("factor", [1.0, 0.25])
def test_training(shape, data_format, factor):
    channels = shape[data_format.index("C")]
    x = 3 + 2 * values(shape)
    vectors = [values(channels, seed) for seed in range(1, 5)]
    vectors[3] = np.abs(vectors[3])
    if factor == 1:
        vectors[2:] = [np.zeros(0, np.float32)] * 2
    attrs = attributes(True, factor, data_format)
    want = reference("FusedBatchNormV3", attrs, 6, x, *vectors)
    for a, b in zip(run("FusedBatchNormV3", attrs, want, x, *vectors), want, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


@settings(max_examples=60, deadline=None)
@given(
    shape=st.tuples(*[st.integers(1, 5)] * 2, *[st.integers(1, 40)] * 2),
    is_training=st.booleans(),
    ranges=st.integers(1, 5),
)
def test_any_planes(shape, is_training, ranges):
    """Forward and back, however the items are divided."""
    x, dy = 1 + values(shape), values(shape, 1)
    scale, offset, mean = (values(shape[1], seed) for seed in range(2, 5))
    variance = np.abs(values(shape[1], 5))
    attrs = attributes(is_training, data_format="NCHW")
    inputs = (x, scale, offset, mean, variance)
    want = reference("FusedBatchNorm", attrs, 5, *inputs)
    for a, b in zip(run("FusedBatchNorm", attrs, want, *inputs, ranges=ranges), want, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=2e-5)
    inputs = (dy, x, scale, *want[3:])
    want = reference("FusedBatchNormGrad", attrs, 5, *inputs)
    got = run("FusedBatchNormGrad", attrs, want, *inputs, ranges=ranges)
    for a, b in zip(got, want, strict=True):
        # A channel of one or two elements has a variance near epsilon: all is divided by its root.
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=5e-5 * max(1, np.abs(b).max(initial=0)))


@pytest.mark.parametrize("data_format", ["NHWC", "NCHW"])
def test_ranges_of_items_do_not_change_a_bit(data_format):
    """Threads take what ranges they can get."""
    x, dy = values((4, 24, 24, 4)), values((4, 24, 24, 4), 1)
    vectors = [values(x.shape[data_format.index("C")], seed) for seed in range(4)]
    vectors[3] = np.abs(vectors[3])
    attrs = attributes(True, 0.5, data_format)
    for op_type, inputs in [
        ("FusedBatchNorm", (x, *vectors)),
        ("FusedBatchNormGrad", (dy, x, *vectors[:1], *vectors[2:])),
    ]:
        want = reference(op_type, attrs, 5, *inputs)
        whole, *divided = (run(op_type, attrs, want, *inputs, ranges=n) for n in (1, 2, 64))
        for outputs in divided:
            for a, b in zip(outputs, whole, strict=True):
                np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("data_format", ["NHWC", "NCHW"])
def test_a_large_mean_costs_no_accuracy(data_format):
    """Sums of squares would lose all digits of the variance."""
    x = 3000 + values((4, 20, 20, 20))
    ones, zeros, none = np.ones(20, np.float32), np.zeros(20, np.float32), np.zeros(0, np.float32)
    attrs = attributes(True, data_format=data_format)
    want = reference("FusedBatchNorm", attrs, 5, x, ones, zeros, none, none)
    got = run("FusedBatchNorm", attrs, want, x, ones, zeros, none, none)
    exact, axes = x.astype(np.float64), axes_but_channels(x.shape, data_format)
    np.testing.assert_allclose(got[3], exact.mean(axes), rtol=1e-6)
    np.testing.assert_allclose(got[4], exact.var(axes), rtol=1e-4)


@pytest.mark.parametrize(("shape", "data_format"), CASES)
def test_inference(shape, data_format):
    vectors = [values(shape[data_format.index("C")], seed) for seed in range(1, 5)]
    vectors[3] = np.abs(vectors[3])
    x, attrs = values(shape), attributes(False, data_format=data_format)
    want = reference("FusedBatchNormV2", attrs, 5, x, *vectors)
    for a, b in zip(run("FusedBatchNormV2", attrs, want, x, *vectors), want, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(("shape", "data_format"), CASES)
@pytest.mark.parametrize("is_training", [True, False])
def test_gradients(shape, data_format, is_training):
    x, dy = 1 + values(shape), values(shape, 1)
    scale = values(shape[data_format.index("C")], 2)
    axes = axes_but_channels(shape, data_format)
    mean, variance = x.mean(axes), x.var(axes)
    space = np.zeros(0, np.float32)
    attrs = attributes(is_training, data_format=data_format)
    inputs = (dy, x, scale, mean, variance, space)
    want = reference("FusedBatchNormGradV3", attrs, 5, *inputs)
    for a, b in zip(run("FusedBatchNormGradV3", attrs, want, *inputs), want, strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=1e-5 * max(1, np.abs(b).max(initial=0)))


@pytest.mark.parametrize("data_format", ["NHWC", "NCHW"])
def test_infinite_and_missing_values_stay_in_their_channel(data_format):
    x = values((2, 5, 5, 20))
    x[0, 1, 2, 3], x[1, 2, 3, 19] = np.nan, np.inf
    if data_format == "NCHW":
        x = np.ascontiguousarray(x.transpose(0, 3, 1, 2))
    ones, zeros, none = np.ones(20, np.float32), np.zeros(20, np.float32), np.zeros(0, np.float32)
    attrs = attributes(True, data_format=data_format)
    with np.errstate(invalid="ignore"):
        want = reference("FusedBatchNorm", attrs, 5, x, ones, zeros, none, none)[0]
    y = run("FusedBatchNorm", attrs, [x, *[ones] * 4], x, ones, zeros, none, none)[0]
    y, want = (np.moveaxis(a, data_format.index("C"), -1) for a in (y, want))
    assert np.isnan(y[..., [3, 19]]).all()
    good = [c for c in range(20) if c not in (3, 19)]
    np.testing.assert_allclose(y[..., good], want[..., good], rtol=1e-5, atol=1e-5)


def test_a_wrong_rank_is_left_to_the_reference():
    x, vector = values((4, 6)), values(6)
    with pytest.raises(NoKernel, match="rank"):
        run("FusedBatchNorm", attributes(True), [x, *[vector] * 4], x, *[vector] * 4)
