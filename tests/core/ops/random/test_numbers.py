"""The numbers are TensorFlow's: for every type, for odd sizes, and in later runs too."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from op_cases import raw

import graphflow

SHAPES = [(), (0,), (1,), (5,), (3, 7), (2, 0, 3), (1030,), (40_001,)]
FLOATS = ["float16", "bfloat16", "float32", "float64"]
RUNS = 3


def runs(tf: ModuleType, build: Callable[[Any], Any]) -> list[np.ndarray]:
    """What a node gives in consecutive runs of a session."""
    with tf.Graph().as_default(), tf.Session() as session:
        fetch = build(tf)
        return [session.run(fetch) for _ in range(RUNS)]


def assert_same(
    oracle: ModuleType, build: Callable[[Any], Any], ulps: int = 0, rtol: float = 0.0
) -> None:
    """The op gives TensorFlow's numbers, but for `ulps` units in the last place."""
    for mine, theirs in zip(runs(graphflow, build), runs(oracle, build), strict=True):
        assert mine.dtype == theirs.dtype
        assert mine.shape == theirs.shape
        if ulps:
            np.testing.assert_array_max_ulp(mine, theirs, ulps)
        elif rtol:
            np.testing.assert_allclose(mine, theirs, rtol, atol=0)
        else:
            np.testing.assert_array_equal(mine, theirs)


def _shape(shape: tuple[int, ...]) -> np.ndarray:
    return np.array(shape, np.int32)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", FLOATS)
def test_uniform(oracle: ModuleType, dtype: str, shape: tuple[int, ...]) -> None:
    assert_same(
        oracle,
        lambda tf: raw(
            tf, "RandomUniform", shape=_shape(shape), dtype=tf.as_dtype(dtype), seed=5, seed2=7
        ),
    )


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("op", ["RandomStandardNormal", "TruncatedNormal"])
def test_normal(oracle: ModuleType, op: str, dtype: str, shape: tuple[int, ...]) -> None:
    assert_same(
        oracle,
        lambda tf: raw(tf, op, shape=_shape(shape), dtype=tf.as_dtype(dtype), seed=5, seed2=7),
        ulps=2 if dtype == "float64" else 0,
    )


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("dtype", "low", "high"),
    [
        (np.int32, 0, 10),
        (np.int32, -7, 3**19),
        (np.int32, -(2**31), 2**31 - 1),
        (np.int64, 0, 10),
        (np.int64, -(3**39), 7**22),
        (np.int64, -(2**63), 2**63 - 1),
    ],
)
def test_uniform_int(
    oracle: ModuleType, dtype: Any, low: int, high: int, shape: tuple[int, ...]
) -> None:
    bounds = {"minval": dtype(low), "maxval": dtype(high)}
    assert_same(
        oracle,
        lambda tf: raw(tf, "RandomUniformInt", shape=_shape(shape), **bounds, seed=5, seed2=7),
    )


@pytest.mark.parametrize(
    "value",
    [
        np.arange(10),
        np.arange(1),
        np.arange(0),
        np.float32(3),
        np.arange(24).reshape(6, 4),
        np.arange(7).reshape(1, 7),
        np.zeros((3, 0)),
        np.arange(60_001, dtype=np.uint16),
        np.array([True, False, True]),
    ],
    ids=lambda value: str(np.shape(value)),
)
def test_shuffle(oracle: ModuleType, value: np.ndarray) -> None:
    assert_same(oracle, lambda tf: raw(tf, "RandomShuffle", value=value, seed=3, seed2=4))


def test_shuffle_of_strings(oracle: ModuleType) -> None:
    assert_same(oracle, lambda tf: tf.random_shuffle(["a", "b", "c", "d", "e"], seed=3))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize(
    ("batch", "classes", "samples"),
    [(1, 5, 3), (4, 7, 10), (3, 2, 1), (2, 1000, 5), (0, 3, 4), (3, 3, 0), (5, 4, 33)],
)
def test_multinomial(
    oracle: ModuleType, batch: int, classes: int, samples: int, dtype: str
) -> None:
    logits = np.random.default_rng(1).normal(size=(batch, classes)).astype(dtype)
    assert_same(
        oracle, lambda tf: raw(tf, "Multinomial", logits=logits, num_samples=samples, seed=3)
    )


def test_multinomial_of_logits_that_are_not_finite(oracle: ModuleType) -> None:
    inf, nan = np.inf, np.nan
    logits = np.float32([[0, -inf, 1], [inf, 0, 2], [nan, 0, 0], [-inf, -inf, -inf]])
    assert_same(oracle, lambda tf: raw(tf, "Multinomial", logits=logits, num_samples=20, seed=3))


ALPHAS = [np.array(1.0), np.array([0.5, 1.0, 2.5, 30.0]), np.array([[0.2, 0.3], [0.99, 1e4]])]


@pytest.mark.parametrize("shape", [(), (0,), (3,), (50, 7)])
@pytest.mark.parametrize("alpha", ALPHAS, ids=lambda alpha: str(alpha.shape))
@pytest.mark.parametrize(("dtype", "ulps"), [("float16", 0), ("float32", 1), ("float64", 4)])
def test_gamma(
    oracle: ModuleType, dtype: str, ulps: int, alpha: np.ndarray, shape: tuple[int, ...]
) -> None:
    alpha = alpha.astype(dtype)
    arguments = {"shape": _shape(shape), "alpha": alpha, "seed": 3, "seed2": 4}
    assert_same(oracle, lambda tf: raw(tf, "RandomGamma", **arguments), ulps=ulps)


RATES = [np.array(3.0), np.array([0.5, 9.99, 10, 30, 1e4]), np.array([[0, 0.3], [15, 6e4]])]


@pytest.mark.parametrize("shape", [(), (0,), (3,), (50, 7)])
@pytest.mark.parametrize("rate", [*RATES, np.zeros(0)], ids=lambda rate: str(rate.shape))
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32", "int64"])
def test_poisson(oracle: ModuleType, dtype: str, rate: np.ndarray, shape: tuple[int, ...]) -> None:
    arguments = {"shape": _shape(shape), "rate": rate.astype(np.float32), "seed": 3, "seed2": 4}
    assert_same(
        oracle, lambda tf: raw(tf, "RandomPoissonV2", dtype=tf.as_dtype(dtype), **arguments)
    )


INF = np.inf
BOUNDS = [
    # mean, deviation, minimum, maximum                  proposal
    (0.0, 1.0, -2.0, 2.0),  # normal
    (0.0, 1.0, -1.5, INF),  # normal, one-sided
    (0.0, 1.0, -INF, 0.5),  # normal, turned around
    (0.0, 1.0, -1.0, 1.0),  # uniform
    (0.0, 2.0, 0.1, 0.2),  # uniform, narrow
    (0.0, 1.0, 3.0, 3.2),  # uniform, in the tail
    (0.0, 1.0, 3.0, INF),  # exponential
    (5.0, 2.0, -INF, 1.0),  # exponential, turned around
]


@pytest.mark.parametrize("shape", [(0,), (1,), (7,), (250,), (3, 5), (4, 200)])
@pytest.mark.parametrize("bounds", BOUNDS, ids=str)
@pytest.mark.parametrize(("dtype", "rtol"), [("float32", 2e-4), ("float64", 1e-12)])
def test_parameterized_truncated_normal(
    oracle: ModuleType,
    dtype: str,
    rtol: float,
    bounds: tuple[float, ...],
    shape: tuple[int, ...],
) -> None:
    """A vector of parameters sets the batches of the shape; scalars let TF choose its own."""
    each = shape[0] if len(shape) == 2 else None
    parameters = [np.array(b, dtype) if each is None else np.full(each, b, dtype) for b in bounds]
    names = ("means", "stdevs", "minvals", "maxvals")
    arguments: dict[str, Any] = dict(zip(names, parameters, strict=True))
    arguments |= {"shape": _shape(shape), "seed": 3, "seed2": 4}
    build = lambda tf: raw(tf, "ParameterizedTruncatedNormal", **arguments)  # noqa: E731
    assert_same(oracle, build, rtol=rtol)


@pytest.mark.parametrize("seed", [[5, -6], [0, 0], [2**31 - 1, -(2**31)], [2**62, 5 - 2**40]])
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    "op", ["StatelessRandomUniform", "StatelessRandomNormal", "StatelessTruncatedNormal"]
)
def test_stateless(oracle: ModuleType, op: str, dtype: str, seed: list[int]) -> None:
    assert_same(
        oracle,
        lambda tf: raw(tf, op, shape=_shape((33,)), seed=np.array(seed), dtype=tf.as_dtype(dtype)),
        ulps=2 if dtype == "float64" else 0,
    )


@pytest.mark.parametrize("seed_type", [np.int32, np.int64])
def test_stateless_integers_and_classes(oracle: ModuleType, seed_type: Any) -> None:
    seed = np.array([11, -12], seed_type)
    bounds = {"minval": np.int32(-5), "maxval": np.int32(9)}
    assert_same(
        oracle,
        lambda tf: raw(tf, "StatelessRandomUniformInt", shape=[33], seed=seed, **bounds),
    )
    logits = np.float32([[0.1, 2, 1], [3, 0, 2]])
    assert_same(
        oracle,
        lambda tf: raw(tf, "StatelessMultinomial", logits=logits, num_samples=9, seed=seed),
    )
