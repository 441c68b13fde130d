"""Rows of core/ops/random: with a seed, the numbers are TensorFlow's.

That they agree to the bit, and in later runs, is seen in tests/core/ops/random.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import OpCase, floats, raw

_PLAIN: dict[str, Any] = {"grad": False}
_STATELESS: dict[str, Any] = {
    "grad": False,
    "graph_differs": "TF 2 splits a stateless op into one for the key and one for the numbers",
}
_SHAPE = np.array([3, 5], np.int32)
_SEED = np.array([5, -7], np.int64)


def _row(op: str, build: Any, label: str = "", **options: Any) -> OpCase:
    return OpCase(op, build, label=label, **(_PLAIN | options))


def _of_shape(op: str, label: str, **options: Any) -> OpCase:
    """A raw op whose shape is fed."""
    arguments = {"seed": 5, "seed2": 6} | options
    build = lambda tf, shape: raw(tf, op, shape=shape, **arguments)  # noqa: E731
    return OpCase(op, build, [_SHAPE], label=label, grad=False)


def _typed(op: str, label: str, dtype: str) -> OpCase:
    def build(tf: Any, shape: Any) -> Any:
        return raw(tf, op, shape=shape, seed=5, seed2=6, dtype=tf.as_dtype(dtype))

    return OpCase(op, build, [_SHAPE], label=label, grad=False)


def _stateless(op: str, build: Any, label: str = "", **options: Any) -> OpCase:
    return OpCase(op, build, [_SEED], label=label, **(_STATELESS | options))


_UNIFORM = [
    _row("RandomUniform", lambda tf: tf.random_uniform([3, 5], seed=1)),
    _row("RandomUniform", lambda tf: tf.random_uniform([4], -2.0, 3.0, seed=1), "bounds"),
    _row("RandomUniform", lambda tf: tf.random_uniform([4], maxval=3, seed=1), "maxval"),
    _row("RandomUniform", lambda tf: tf.random_uniform([], 1.0, 2.0, seed=1, name="u"), "scalar"),
    _row("RandomUniform", lambda tf: tf.random.uniform([], dtype=tf.float64, seed=1), "double"),
    *[_typed("RandomUniform", t, t) for t in ("float16", "bfloat16", "float64")],
    _row("RandomUniformInt", lambda tf: tf.random_uniform([9], 3, 17, tf.int32, seed=1)),
    _row(
        "RandomUniformInt", lambda tf: tf.random_uniform([9], -3, 2**40, tf.int64, seed=1), "int64"
    ),
    _of_shape("RandomUniformInt", "fed shape", minval=np.int32(2), maxval=np.int32(9)),
]

_NORMAL = [
    _row("RandomStandardNormal", lambda tf: tf.random_normal([3, 5], seed=1)),
    _row(
        "RandomStandardNormal",
        lambda tf: tf.random_normal([3], [1.0, 2.0, 3.0], 0.5, seed=1),
        "means",
    ),
    *[_typed("RandomStandardNormal", t, t) for t in ("float16", "bfloat16", "float64")],
    _row("TruncatedNormal", lambda tf: tf.truncated_normal([3, 5], stddev=0.1, seed=1)),
    _row(
        "TruncatedNormal",
        lambda tf: tf.truncated_normal([3], dtype=tf.float64, seed=1, name="t"),
        "double",
    ),
    *[_typed("TruncatedNormal", t, t) for t in ("float16", "bfloat16", "float64")],
    _of_shape(
        "ParameterizedTruncatedNormal",
        "",
        means=np.float32([0, 1, 5]),
        stdevs=np.float32([1, 2, 1]),
        minvals=np.float32([-2, 4, -np.inf]),
        maxvals=np.float32([2, 4.5, 2]),
    ),
]

_CHOICE = [
    OpCase("RandomShuffle", lambda tf, x: tf.random_shuffle(x, seed=1), [floats(6, 2)], **_PLAIN),
    OpCase(
        "RandomShuffle",
        lambda tf, x: tf.random.shuffle(x, seed=1, name="s"),
        [floats(9)],
        label="vector",
        **_PLAIN,
    ),
    OpCase("Multinomial", lambda tf, x: tf.multinomial(x, 7, seed=1), [floats(3, 4)], **_PLAIN),
    OpCase(
        "Multinomial",
        lambda tf, x: tf.random.categorical(x, 7, tf.int32, seed=1),
        [floats(3, 4, dtype=np.float64)],
        label="categorical",
        **_PLAIN,
    ),
    OpCase(
        "RandomUniformInt",
        lambda tf, x: tf.random_crop(x, [2, 3], seed=1),
        [floats(5, 7)],
        label="random_crop",
        **_PLAIN,
    ),
]

_GAMMA = [
    OpCase(
        ("RandomGamma", "RandomGammaGrad"),
        lambda tf, alpha: tf.random_gamma([3], alpha, seed=1),
        [floats(2, 2, low=0.3, high=4.0)],
        second_order=False,
        numeric=False,  # a difference of alphas flips rejections
    ),
    OpCase(
        ("RandomGamma", "RandomGammaGrad"),
        lambda tf, alpha, beta: tf.random_gamma([2, 3], alpha, beta, dtype=tf.float64, seed=1),
        [floats(2, 1, low=0.3, high=40, dtype=np.float64), floats(3, low=1, high=2).astype(float)],
        label="beta",
        second_order=False,
        numeric=False,
    ),
    OpCase(
        "RandomGammaGrad",
        lambda tf, alpha, x: raw(tf, "RandomGammaGrad", alpha=alpha, sample=x),
        [np.float64([[0.01], [0.7], [3], [900]]), np.float64([0.0, 1e-30, 0.01, 0.9, 3, 20, 880])],
        rtol=1e-6,  # Eigen's own accuracy
        grad=False,
    ),
    OpCase(
        "RandomPoissonV2",
        lambda tf, rate: tf.random_poisson(rate, [3], seed=1),
        [floats(2, 2, low=0.5, high=30.0)],
        **_PLAIN,
    ),
    OpCase(
        "RandomPoissonV2",
        lambda tf, rate: tf.random.poisson(rate, [3], dtype=tf.int32, seed=1),
        [floats(2, low=0.5, high=30.0, dtype=np.float64)],
        label="int32",
        **_PLAIN,
    ),
]

_STATELESS_ROWS = [
    _stateless("StatelessRandomUniform", lambda tf, s: tf.random.stateless_uniform([3, 5], s)),
    _stateless(
        "StatelessRandomUniform",
        lambda tf, s: tf.random.stateless_uniform([5], s, -1, 2, tf.float64),
        "bounds",
    ),
    _stateless(
        "StatelessRandomUniformInt",
        lambda tf, s: tf.random.stateless_uniform([5], s, -4, 90, tf.int32),
    ),
    _stateless(
        "StatelessRandomNormal", lambda tf, s: tf.random.stateless_normal([3, 5], s, 1.0, 2.0)
    ),
    _stateless(
        "StatelessTruncatedNormal",
        lambda tf, s: tf.random.stateless_truncated_normal([3, 5], s, 1.0, 2.0),
    ),
    _stateless(
        "StatelessMultinomial",
        lambda tf, s: tf.random.stateless_categorical(floats(3, 4), 7, s),
        graph_differs="",
    ),
    _stateless(
        "StatelessMultinomial",
        lambda tf, s: tf.random.stateless_multinomial(floats(3, 4), 7, s, tf.int32),
        "multinomial",
        graph_differs="",
    ),
]

# TF 2.21 removed it; TF 1.14 gives it the kernel of RandomPoissonV2.
TESTED_ELSEWHERE = {"RandomPoisson": "tests/core/ops/random/test_random_ops.py"}

CASES = [*_UNIFORM, *_NORMAL, *_CHOICE, *_GAMMA, *_STATELESS_ROWS]
