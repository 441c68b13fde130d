"""Random ops in sessions: state from run to run, shapes known and unknown, bad arguments."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from op_cases import raw

import graphflow as tf


def _run(fetches: Any, feeds: Any = None) -> Any:
    with tf.Session() as session:
        return session.run(fetches, feeds)


# --- state ----------------------------------------------------------------------------------------


def test_runs_go_on_and_sessions_start_anew() -> None:
    x = tf.random_uniform([4], seed=1)
    with tf.Session() as first, tf.Session() as second:
        a, b = first.run(x), first.run(x)
        assert not np.array_equal(a, b)
        np.testing.assert_array_equal(second.run(x), a)
        np.testing.assert_array_equal(second.run(x), b)


def test_ops_of_one_seed_are_apart() -> None:
    x, y = tf.random_uniform([4], seed=1), tf.random_uniform([4], seed=1)
    with tf.Session() as session:
        first = session.run(x)
        np.testing.assert_array_equal(session.run(y), first)
        later_x, later_y = session.run([x, y])
        np.testing.assert_array_equal(later_x, later_y)
        assert not np.array_equal(later_x, first)


def test_without_seeds_sessions_differ() -> None:
    x = tf.random_normal([4])
    assert not np.array_equal(_run(x), _run(x))


def test_a_graph_seed_makes_all_ops_repeatable_and_different() -> None:
    tf.set_random_seed(3)
    fetches = [tf.random_normal([4]) for _ in range(3)]
    first, again = _run(fetches), _run(fetches)
    np.testing.assert_array_equal(first, again)
    assert len({array.tobytes() for array in first}) == 3


def test_threads_of_a_session_share_the_state() -> None:
    x = tf.random_uniform([5], seed=1)
    drawn: list[bytes] = []
    with tf.Session() as session:
        work = lambda: drawn.extend(session.run(x).tobytes() for _ in range(20))  # noqa: E731
        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    with tf.Session() as session:
        expected = {session.run(x).tobytes() for _ in range(60)}
    assert set(drawn) == expected


def test_stateless_ops_forget() -> None:
    seed = tf.placeholder(tf.int32, [2])
    x = tf.random.stateless_normal([3], seed)
    with tf.Session() as session:
        first = session.run(x, {seed: [1, 2]})
        np.testing.assert_array_equal(session.run(x, {seed: [1, 2]}), first)
        assert not np.array_equal(session.run(x, {seed: [2, 1]}), first)


# --- distributions --------------------------------------------------------------------------------


def test_moments() -> None:
    normal, truncated, uniform, gamma, poisson, tail = _run(
        [
            tf.random_normal([100_000], 2.0, 3.0, seed=1),
            tf.truncated_normal([100_000], 2.0, 3.0, seed=1),
            tf.random_uniform([100_000], -1.0, 3.0, seed=1),
            tf.random_gamma([100_000], 2.5, 2.0, seed=1),
            tf.random_poisson(4.5, [100_000], seed=1),
            raw(
                tf,
                "ParameterizedTruncatedNormal",
                shape=[50_000],
                means=0.0,
                stdevs=2.0,
                minvals=np.float32(4),
                maxvals=np.float32(np.inf),
                seed=1,
            ),
        ]
    )
    assert normal.mean() == pytest.approx(2, abs=0.04)
    assert normal.std() == pytest.approx(3, abs=0.04)
    assert np.abs(truncated - 2).max() <= 6
    assert truncated.std() == pytest.approx(3 * 0.8796, abs=0.04)
    assert uniform.min() >= -1 and uniform.max() < 3
    assert uniform.mean() == pytest.approx(1, abs=0.02)
    assert gamma.mean() == pytest.approx(1.25, abs=0.01)
    assert gamma.var() == pytest.approx(0.625, abs=0.02)
    assert poisson.mean() == pytest.approx(4.5, abs=0.03)
    assert poisson.var() == pytest.approx(4.5, abs=0.1)
    assert tail.min() >= 4
    assert tail.mean() == pytest.approx(2 * 2.3732, abs=0.02)


def test_shuffle_permutes_rows() -> None:
    rows = np.arange(40).reshape(20, 2)
    shuffled = _run(tf.random_shuffle(rows, seed=2))
    assert not np.array_equal(shuffled, rows)
    np.testing.assert_array_equal(shuffled[np.argsort(shuffled[:, 0])], rows)


def test_crops_are_blocks() -> None:
    image = np.arange(8 * 9 * 3).reshape(8, 9, 3)
    crop = tf.random_crop(image, [4, 5, 3], seed=3)
    assert crop.shape.as_list() == [4, 5, 3]
    places = set()
    with tf.Session() as session:
        for _ in range(20):
            block = session.run(crop)
            row, column = divmod(int(block[0, 0, 0]) // 3, 9)
            np.testing.assert_array_equal(block, image[row : row + 4, column : column + 5])
            places.add((row, column))
    assert len(places) > 5


def test_gamma_is_never_zero() -> None:
    samples = _run(tf.random_gamma([1000], 1e-3, seed=1))
    assert samples.min() == np.finfo(np.float32).tiny


@pytest.mark.parametrize(
    ("alpha", "expected"), [(np.nan, np.nan), (-1.0, np.nan), (np.inf, np.inf), (0.0, 0.0)]
)
def test_gamma_at_the_edges(alpha: float, expected: float) -> None:
    """TF 1.14 never returns for the first two."""
    samples = _run(raw(tf, "RandomGamma", shape=[3], alpha=np.float32(alpha), seed=1))
    np.testing.assert_array_equal(samples, np.full(3, expected, np.float32))


@pytest.mark.parametrize(
    ("rate", "dtype", "expected"),
    [
        (np.nan, tf.float32, np.nan),
        (np.inf, tf.float32, np.inf),
        (np.inf, tf.int32, 0),
        (-1.0, tf.float32, 0),
        (-1e6, tf.int64, 0),
    ],
)
def test_poisson_at_the_edges(rate: float, dtype: Any, expected: float) -> None:
    samples = _run(tf.random_poisson(rate, [3], dtype, seed=1))
    np.testing.assert_array_equal(samples, np.full(3, expected, dtype.as_numpy_dtype))


def test_poisson_of_old_graphs() -> None:
    arguments = {"shape": [4], "rate": np.float32([3, 20]), "seed": 1, "seed2": 2}
    old = raw(tf, "RandomPoisson", **arguments)
    new = raw(tf, "RandomPoissonV2", dtype=tf.float32, **arguments)
    assert old.op.type == "RandomPoisson"
    np.testing.assert_array_equal(*_run([old, new]))


def test_parameters_of_a_truncated_normal_may_differ_from_row_to_row() -> None:
    from graphflow.core.ops.random import parameterized_truncated_normal

    x = parameterized_truncated_normal(
        [2, 50], [0.0, 10.0], 1.0, [-1.0, 9.5], [0.0, 12.0], seed=1, name="rows"
    )
    assert x.name == "rows/ParameterizedTruncatedNormal:0"
    low, high = _run(x)
    assert low.min() >= -1 and low.max() <= 0
    assert high.min() >= 9.5 and high.max() <= 12


# --- shapes ---------------------------------------------------------------------------------------


def test_shapes_may_hold_tensors_and_dimensions() -> None:
    batch = tf.placeholder(tf.int32, [])
    x = tf.random_normal([batch, tf.Dimension(3)], seed=1)
    assert x.shape.as_list() == [None, 3]
    assert _run(x, {batch: 4}).shape == (4, 3)
    assert tf.random_uniform(tf.TensorShape([2, 5])).shape == [2, 5]
    assert tf.random_uniform(np.array([2, 5], np.int64)).shape == [2, 5]
    assert tf.random_uniform(()).shape == []


def test_shapes_of_samples() -> None:
    alpha = tf.placeholder(tf.float32, [None, 3])
    assert tf.random_gamma([4], alpha).shape.as_list() == [4, None, 3]
    assert tf.random_poisson(alpha, [4, 2]).shape.as_list() == [4, 2, None, 3]
    logits = tf.placeholder(tf.float32, [None, 3])
    assert tf.multinomial(logits, 5).shape.as_list() == [None, 5]
    assert tf.multinomial(logits, tf.placeholder(tf.int32, [])).shape.as_list() == [None, None]
    assert tf.random_shuffle(logits).shape.as_list() == [None, 3]


# --- bad arguments --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: tf.random_uniform([2], dtype=tf.int8), ValueError, "Invalid dtype"),
        (lambda: tf.random_uniform([2], dtype=tf.int32), ValueError, "Must specify maxval"),
        (lambda: tf.random_uniform(5), ValueError, "must be rank 1 but is rank 0"),
        (lambda: tf.random_normal([2], dtype=tf.int32), TypeError, "int32"),
        (lambda: tf.random_uniform([-2]), ValueError, "-2|>= -1"),
        (lambda: tf.random_uniform([2], [1, 2], 4, tf.int32), ValueError, "must be rank 0"),
        (lambda: tf.multinomial([1.0, 2.0], 3), ValueError, "must be rank 2 but is rank 1"),
        (lambda: tf.multinomial([[1.0]], [3]), ValueError, "must be rank 0 but is rank 1"),
        (
            lambda: tf.random.stateless_uniform([2], [1, 2, 3]),
            ValueError,
            "Dimension must be 2 but is 3",
        ),
        (lambda: tf.random.stateless_uniform([2], [1, 2], dtype=tf.int64), ValueError, "maxval"),
        (lambda: tf.random_gamma([[2]], 1.0), ValueError, "must be rank 1 but is rank 2"),
    ],
)
def test_bad_arguments(build: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        build()


@pytest.mark.parametrize(
    ("build", "value", "message"),
    [
        (lambda x: tf.random_uniform(x), np.array([2, -3], np.int32), "Dimension -3 must be >= 0"),
        (lambda x: tf.random_uniform(x), np.array(3, np.int32), "shape must be a vector"),
        (
            lambda x: tf.random_uniform([2], x, 4, tf.int32),
            np.array(4, np.int32),
            "Need minval < maxval, got 4 >= 4",
        ),
        (
            lambda x: tf.random_uniform([2], x, 4, tf.int32),
            np.array([4, 5], np.int32),
            r"minval must be 0-D, got shape \[2\]",
        ),
        (
            lambda x: tf.multinomial([[1.0, 2.0]], x),
            np.array(-1, np.int32),
            "num_samples should be nonnegative, got -1",
        ),
        (
            lambda x: tf.multinomial([[1.0, 2.0]], x),
            np.array([1], np.int32),
            r"num_samples should be a scalar, got shape \[1\]",
        ),
        (
            lambda x: tf.multinomial(tf.cast(x, tf.float32), 2),
            np.zeros((3, 0), np.int32),
            "num_classes should be positive",
        ),
        (
            lambda x: tf.multinomial(tf.cast(x, tf.float32), 2),
            np.zeros(3, np.int32),
            r"logits should be a matrix, got shape \[3\]",
        ),
        (
            lambda x: tf.random.stateless_uniform([2], x),
            np.zeros(3, np.int32),
            r"seed must have shape \[2\], not \[3\]",
        ),
        (
            lambda x: tf.random_crop(tf.zeros([3, 3]), x),
            np.array([4, 1], np.int32),
            "Need value.shape >= size, got",
        ),
        (
            lambda x: tf.random_poisson(tf.cast(x, tf.float32) * 1e9, [2], tf.int32),
            np.array(7, np.int32),
            "beyond the largest int32",
        ),
    ],
)
def test_bad_values(build: Callable[[Any], Any], value: np.ndarray, message: str) -> None:
    x = tf.placeholder(tf.int32)
    fetch = build(x)
    with pytest.raises(tf.errors.InvalidArgumentError, match=message) as caught:
        _run(fetch, {x: value})
    assert caught.value.op is not None


def test_an_empty_result_excuses_an_empty_range() -> None:
    assert _run(tf.random_uniform([0], 5, 5, tf.int32)).shape == (0,)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ((0.0, -1.0, -1.0, 1.0), "Invalid parameters"),
        ((0.0, 1.0, 1.0, 1.0), "Invalid parameters"),
        ((0.0, 1.0, -np.inf, np.inf), "Invalid parameters"),
        ((0.0, 1.0, [-1.0, -1.0], 1.0), r"Input minvals should have length 1 or shape\[0\]"),
    ],
)
def test_bad_bounds(parameters: tuple[Any, ...], message: str) -> None:
    names = ("means", "stdevs", "minvals", "maxvals")
    arguments = {name: np.float32(value) for name, value in zip(names, parameters, strict=True)}
    fetch = raw(tf, "ParameterizedTruncatedNormal", shape=[3], **arguments)
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        _run(fetch)


def test_bounds_that_nothing_meets() -> None:
    arguments = {"means": np.nan, "stdevs": 1.0, "minvals": -1.0, "maxvals": 2.0}
    fetch = raw(tf, "ParameterizedTruncatedNormal", shape=[3], dtype=tf.float32, **arguments)
    with pytest.raises(tf.errors.InternalError, match="no sample was accepted"):
        _run(fetch)


# --- gradients ------------------------------------------------------------------------------------


def test_no_gradient_flows_into_parameters_of_integers_and_classes() -> None:
    logits = tf.placeholder(tf.float32, [2, 3])
    assert tf.gradients(tf.cast(tf.multinomial(logits, 2), tf.float32), logits) == [None]


def test_gradients_reach_mean_and_deviation() -> None:
    mean, deviation = tf.constant(1.0), tf.constant(2.0)
    x = tf.random_normal([5], mean, deviation, seed=1)
    dmean, ddeviation, sample = _run([*tf.gradients(x, [mean, deviation]), x])
    assert dmean == 5
    assert ddeviation == pytest.approx(((sample - 1) / 2).sum(), rel=1e-5)


def test_a_shuffle_has_no_gradient() -> None:
    x = tf.placeholder(tf.float32, [3])
    with pytest.raises(LookupError, match="RandomShuffle"):
        tf.gradients(tf.random_shuffle(x), x)


def test_float16_gamma_has_no_gradient() -> None:
    alpha = tf.placeholder(tf.float16, [3])
    with pytest.raises(TypeError, match="RandomGammaGrad"):
        tf.gradients(tf.random_gamma([2], alpha, dtype=tf.float16), alpha)
