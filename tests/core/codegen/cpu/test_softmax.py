"""The softmax kernels and the cross entropies against the NumPy references."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from core.codegen.cpu.calls import lower_and_run

from graphflow.core.base import errors
from graphflow.core.graph.op_def import find_op

TOLERANCES = {
    "float32": {"rtol": 3e-6, "atol": 1e-6},
    "float64": {"rtol": 1e-13, "atol": 1e-15},
}
SHAPES = [(1, 1), (7, 3), (5, 10), (4, 16), (3, 33), (2, 1000), (70, 8)]


def check(op_type: str, *inputs: np.ndarray) -> list[np.ndarray]:
    """Compares a lowering with the op's reference, and returns what it gave."""
    node = SimpleNamespace(name=op_type, type=op_type, attrs={})
    with np.errstate(all="ignore"):
        want: Any = find_op(op_type).reference(node, *inputs)
    want = want if isinstance(want, tuple) else (want,)
    dtype = inputs[0].dtype
    got = lower_and_run(op_type, {}, inputs, [w.shape for w in want], [dtype] * len(want))
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(a, b, **TOLERANCES[dtype.name])
    return got


def logits(shape, dtype, scale=4.0):
    return (scale * np.random.default_rng(0).normal(size=shape)).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("op_type", ["Softmax", "LogSoftmax"])
def test_softmax(op_type, dtype):
    for shape in [*SHAPES, (2, 3, 5, 7), (9,), (0, 3), (3, 0)]:
        check(op_type, logits(shape, dtype))
    check(op_type, logits((5, 21), dtype, 1000.0))


@pytest.mark.parametrize("op_type", ["Softmax", "LogSoftmax"])
def test_special_values(op_type):
    x = logits((6, 21), np.float32)
    x[0, 3], x[1, 20], x[2, 5], x[3, :] = np.nan, np.inf, -np.inf, -np.inf
    x[4, :] = np.nan
    check(op_type, x)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cross_entropy(dtype):
    rng = np.random.default_rng(1)
    for shape in SHAPES:
        labels = rng.uniform(size=shape)
        labels /= labels.sum(axis=1, keepdims=True)
        check("SoftmaxCrossEntropyWithLogits", logits(shape, dtype), labels.astype(dtype))
    x = logits((4, 19), dtype)
    x[0, 3], x[1, 18], x[2, 5] = np.nan, np.inf, -np.inf
    check("SoftmaxCrossEntropyWithLogits", x, np.eye(4, 19).astype(dtype))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("label_type", [np.int32, np.int64])
def test_sparse_cross_entropy(dtype, label_type):
    rng = np.random.default_rng(1)
    for shape in SHAPES:
        labels = rng.integers(0, shape[1], shape[0]).astype(label_type)
        check("SparseSoftmaxCrossEntropyWithLogits", logits(shape, dtype), labels)


@pytest.mark.parametrize("label", [-1, 10, 1 << 20])
def test_a_label_that_is_no_class(label):
    labels = np.array([3, label, 0], np.int32)
    with pytest.raises(errors.InvalidArgumentError, match=f"label value of {label} .*row 1"):
        lower_and_run(
            "SparseSoftmaxCrossEntropyWithLogits",
            {},
            [logits((3, 10), np.float32), labels],
            [(3,), (3, 10)],
            [np.float32] * 2,
        )
