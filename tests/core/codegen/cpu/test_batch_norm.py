"""The batch normalisation kernels against the NumPy references."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from core.codegen.cpu.calls import lower_and_run

from graphflow.core.graph.op_def import find_op

SHAPES = [
    (2, 3, 4, 5),
    (1, 1, 1, 3),
    (3, 5, 5, 16),
    (1, 40, 41, 33),
    (40, 2, 3, 70),
    (2, 24, 24, 64),
]


def attributes(is_training: bool, factor: float = 1.0) -> dict[str, Any]:
    return {
        "epsilon": 1e-3,
        "exponential_avg_factor": factor,
        "data_format": "NHWC",
        "is_training": is_training,
    }


def reference(op_type: str, attrs: dict[str, Any], outputs: int, *inputs: np.ndarray) -> Any:
    node = SimpleNamespace(
        name=op_type, type=op_type, attrs=attrs, output_dtypes=[np.float32] * outputs
    )
    return find_op(op_type).reference(node, *inputs)


def run(op_type: str, attrs: dict[str, Any], want: Any, *inputs: np.ndarray) -> list[np.ndarray]:
    shapes = [np.shape(w) for w in want]
    return lower_and_run(op_type, attrs, inputs, shapes, [np.float32] * len(want))


def values(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("factor", [1.0, 0.25])
def test_training(shape, factor):
    channels = shape[-1]
    x = 3 + 2 * values(shape)
    vectors = [values(channels, seed) for seed in range(1, 5)]
    vectors[3] = np.abs(vectors[3])
    if factor == 1:
        vectors[2:] = [np.zeros(0, np.float32)] * 2
    attrs = attributes(True, factor)
    want = reference("FusedBatchNormV3", attrs, 6, x, *vectors)
    for a, b in zip(run("FusedBatchNormV3", attrs, want, x, *vectors), want, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


def test_a_large_mean_costs_no_accuracy():
    """Sums of squares would lose all digits of the variance."""
    x = 3000 + values((4, 20, 20, 20))
    ones, zeros, none = np.ones(20, np.float32), np.zeros(20, np.float32), np.zeros(0, np.float32)
    attrs = attributes(True)
    want = reference("FusedBatchNorm", attrs, 5, x, ones, zeros, none, none)
    got = run("FusedBatchNorm", attrs, want, x, ones, zeros, none, none)
    exact = x.astype(np.float64).reshape(-1, 20)
    np.testing.assert_allclose(got[3], exact.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(got[4], exact.var(axis=0), rtol=1e-4)


@pytest.mark.parametrize("shape", SHAPES[:4])
def test_inference(shape):
    vectors = [values(shape[-1], seed) for seed in range(1, 5)]
    vectors[3] = np.abs(vectors[3])
    x, attrs = values(shape), attributes(False)
    want = reference("FusedBatchNormV2", attrs, 5, x, *vectors)
    for a, b in zip(run("FusedBatchNormV2", attrs, want, x, *vectors), want, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("is_training", [True, False])
def test_gradients(shape, is_training):
    x, dy = 1 + values(shape), values(shape, 1)
    scale = values(shape[-1], 2)
    rows = x.reshape(-1, shape[-1])
    mean, variance = rows.mean(axis=0), rows.var(axis=0)
    space = np.zeros(0, np.float32)
    attrs = attributes(is_training)
    inputs = (dy, x, scale, mean, variance, space)
    want = reference("FusedBatchNormGradV3", attrs, 5, *inputs)
    for a, b in zip(run("FusedBatchNormGradV3", attrs, want, *inputs), want, strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=1e-5 * max(1, np.abs(b).max(initial=0)))


def test_infinite_and_missing_values_stay_in_their_channel():
    x = values((2, 5, 5, 20))
    x[0, 1, 2, 3], x[1, 2, 3, 19] = np.nan, np.inf
    ones, zeros, none = np.ones(20, np.float32), np.zeros(20, np.float32), np.zeros(0, np.float32)
    attrs = attributes(True)
    with np.errstate(invalid="ignore"):
        want = reference("FusedBatchNorm", attrs, 5, x, ones, zeros, none, none)
    y = run("FusedBatchNorm", attrs, want, x, ones, zeros, none, none)[0]
    assert np.isnan(y[..., [3, 19]]).all()
    good = [c for c in range(20) if c not in (3, 19)]
    np.testing.assert_allclose(y[..., good], want[0][..., good], rtol=1e-5, atol=1e-5)
