"""Batch normalisation: both modes, both layouts, moving statistics, second gradients, moments."""

from __future__ import annotations

from functools import partial
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from core import native

import graphflow as tf

_RANDOM = np.random.default_rng(0)
_X = _RANDOM.normal(1, 2, size=(3, 4, 2, 5)).astype(np.float32)
_SCALE, _OFFSET, _MEAN = _RANDOM.normal(size=(3, 5)).astype(np.float32)
_VARIANCE = _RANDOM.uniform(0.5, 2, size=5).astype(np.float32)


def _fused(tf: ModuleType, training: bool, data_format: str = "NHWC", **options: Any) -> Any:
    """(y, mean, variance, dx, dscale, doffset, second gradients), images with channels last."""
    second = data_format == "NCHW"
    to = (0, 3, 1, 2) if second else (0, 1, 2, 3)
    back = (0, 2, 3, 1) if second else (0, 1, 2, 3)
    with tf.Graph().as_default(), tf.Session() as session:
        x, scale, offset = (tf.constant(a) for a in (_X, _SCALE, _OFFSET))
        statistics = {} if training else {"mean": _MEAN, "variance": _VARIANCE}
        y, mean, variance = tf.nn.fused_batch_norm(
            tf.transpose(x, to),
            scale,
            offset,
            is_training=training,
            data_format=data_format,
            epsilon=0.01,
            **{**statistics, **options},
        )
        y = tf.transpose(y, back)
        weights = tf.constant(np.sin(np.arange(_X.size, dtype=np.float32)).reshape(_X.shape))
        first = tf.gradients(y * weights, [x, scale, offset])
        again = tf.gradients(first[0] * tf.cos(7 * weights) + tf.reduce_sum(first[1]), [x, scale])
        return session.run([y, mean, variance, *first, *again])


def _assert_close(mine: Any, theirs: Any, rtol: float = 2e-4, atol: float = 2e-5) -> None:
    for value, wanted in zip(mine, theirs, strict=True):
        assert value.shape == wanted.shape
        np.testing.assert_allclose(value, wanted, rtol, atol)


@pytest.mark.parametrize("data_format", ["NHWC", "NCHW"])
@pytest.mark.parametrize("training", [True, False])
def test_fused(oracle: ModuleType, training: bool, data_format: str) -> None:
    """TF's CPU kernel takes NCHW only with oneDNN, so that both are compared with its NHWC."""
    _assert_close(_fused(tf, training, data_format), _fused(oracle, training))


def _planes(tf: ModuleType, session: Any, x: Any, dy: Any, to: Any, data_format: str) -> list[Any]:
    """(y, mean, variance, dx, dscale, doffset) of fed images, behind and before other ops."""
    with tf.Graph().as_default(), session() as sess:
        fed, gradient = tf.placeholder(tf.float32, x.shape), tf.placeholder(tf.float32, x.shape)
        channels = x.shape[1]
        scale = tf.constant(np.linspace(0.5, 2, channels, dtype=np.float32))
        offset = tf.constant(np.linspace(-1, 1, channels, dtype=np.float32))
        before = tf.transpose(tf.nn.relu(fed), to)
        y, mean, variance = tf.nn.fused_batch_norm(before, scale, offset, data_format=data_format)
        y = tf.nn.relu(tf.transpose(y, np.argsort(to)))
        gradients = tf.gradients(y, [fed, scale, offset], gradient)
        found: list[Any] = sess.run([y, mean, variance, *gradients], {fed: x, gradient: dy})
        return found


@pytest.mark.parametrize("shape", [(8, 5, 9, 7), (1, 3, 64, 48), (16, 33, 14, 14)])
def test_planes_in_plans(oracle: ModuleType, shape: tuple[int, ...]) -> None:
    """The same bits for any number of threads, and what TF makes of the images in NHWC."""
    x, dy = (_RANDOM.normal(1, 2, shape).astype(np.float32) for _ in range(2))
    theirs = _planes(oracle, oracle.Session, x, dy, (0, 2, 3, 1), "NHWC")
    alone, *together = (
        _planes(tf, partial(native.session, threads), x, dy, (0, 1, 2, 3), "NCHW")
        for threads in (1, 2, 5)
    )
    _assert_close(alone, theirs, atol=1e-4)
    for found in together:
        for mine, expected in zip(found, alone, strict=True):
            np.testing.assert_array_equal(mine, expected)


@pytest.mark.parametrize("data_format", ["NHWC", "NCHW"])
def test_statistics_follow_a_convolution_image_by_image(data_format: str) -> None:
    x = tf.placeholder(tf.float32, (32, 16, 28, 28) if data_format == "NCHW" else (32, 28, 28, 16))
    w = tf.placeholder(tf.float32, (3, 3, 16, 8))
    y = tf.nn.conv2d(x, w, [1, 1, 1, 1], "SAME", data_format=data_format)
    y = tf.nn.fused_batch_norm(y, [1.0] * 8, [0.0] * 8, data_format=data_format)[0]
    plan = native.plan_of(y, [x, w])
    groups = [[call.kernel.name for call in group.calls] for group in plan.groups]
    (shared,) = (names for names in groups if names[-1].endswith(".statistics_f32"))
    assert "convolve" in shared[0]


def test_moving_statistics(oracle: ModuleType) -> None:
    options = {"mean": _MEAN, "variance": _VARIANCE, "exponential_avg_factor": 0.25}
    mine, theirs = _fused(tf, True, **options), _fused(oracle, True, **options)
    _assert_close(mine, theirs)
    rows = _X.reshape(-1, 5)
    np.testing.assert_allclose(mine[1], 0.75 * _MEAN + 0.25 * rows.mean(0), rtol=1e-5)
    np.testing.assert_allclose(mine[2], 0.75 * _VARIANCE + 0.25 * rows.var(0, ddof=1), rtol=1e-5)


def test_one_image_of_one_element(oracle: ModuleType) -> None:
    """There is no unbiased variance of one number: TF divides by one instead of by zero."""
    for framework in tf, oracle:
        with framework.Graph().as_default(), framework.Session() as session:
            x = framework.constant(np.float32([[[[3, 4]]]]))
            outputs = framework.nn.fused_batch_norm(x, [1.0, 2.0], [5.0, 6.0])
            y, mean, variance = session.run(outputs)
        assert y.ravel().tolist() == [5, 6]
        assert mean.tolist() == [3, 4]
        assert variance.tolist() == [0, 0]


def test_no_images_have_no_statistics(oracle: ModuleType) -> None:
    values = []
    for framework in tf, oracle:
        with framework.Graph().as_default(), framework.Session() as session:
            x, scale = framework.constant(_X[:0]), framework.constant(_SCALE)
            outputs = framework.nn.fused_batch_norm(x, scale, _OFFSET)
            gradients = framework.gradients(outputs[0], [x, scale])
            values.append(session.run([*outputs, *gradients]))
    for mine, theirs in zip(*values, strict=True):
        assert mine.shape == theirs.shape
        np.testing.assert_array_equal(mine, theirs)


def test_half_images_have_single_statistics(oracle: ModuleType) -> None:
    values = []
    for framework in tf, oracle:
        with framework.Graph().as_default(), framework.Session() as session:
            x = framework.constant(_X.astype(np.float16))
            values.append(session.run(framework.nn.fused_batch_norm(x, _SCALE, _OFFSET)))
    assert [v.dtype for v in values[0]] == [np.float16, np.float32, np.float32]
    _assert_close(values[0], values[1], rtol=2e-3, atol=2e-3)


def test_an_epsilon_below_cudnns_is_raised_to_it() -> None:
    y = tf.nn.fused_batch_norm(_X, _SCALE, _OFFSET, epsilon=1e-9)[0]
    np.testing.assert_allclose(y.op.get_attr("epsilon"), 1.001e-5, rtol=1e-6)


def test_errors_while_building() -> None:
    with pytest.raises(ValueError, match="must be provided for inference"):
        tf.nn.fused_batch_norm(_X, _SCALE, _OFFSET, is_training=False)
    with pytest.raises(ValueError, match="rank 1 but is rank 2"):
        tf.nn.fused_batch_norm(_X, [_SCALE], _OFFSET)
    with pytest.raises(ValueError, match="5 and 4"):
        tf.nn.fused_batch_norm(_X, _SCALE[:4], _OFFSET)
    with pytest.raises(ValueError, match="NHCW"):
        tf.nn.fused_batch_norm(_X, _SCALE, _OFFSET, data_format="NHCW")


# --- the composed form --------------------------------------------------------------------------


@pytest.mark.parametrize("scaled", [True, False])
@pytest.mark.parametrize("shifted", [True, False])
def test_composed(scaled: bool, shifted: bool) -> None:
    scale, offset = _SCALE if scaled else None, _OFFSET if shifted else None
    with tf.Session() as session:
        y = tf.nn.batch_normalization(_X, _MEAN, _VARIANCE, offset, scale, 0.1)
        found = session.run(y)
    expected = (_X - _MEAN) / np.sqrt(_VARIANCE + 0.1) * (_SCALE if scaled else 1)
    np.testing.assert_allclose(found, expected + (_OFFSET if shifted else 0), 1e-4, 1e-5)


def test_the_oldest_form_is_the_composed_one() -> None:
    with tf.Session() as session:
        for scaled in True, False:
            old = tf.nn.batch_norm_with_global_normalization(
                _X, _MEAN, _VARIANCE, _OFFSET, _SCALE, 0.1, scaled
            )
            scale = _SCALE if scaled else None
            new = tf.nn.batch_normalization(_X, _MEAN, _VARIANCE, _OFFSET, scale, 0.1)
            np.testing.assert_array_equal(*session.run([old, new]))


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("axes", [[0], [0, 1, 2], [1, 3], [-1]])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_moments(axes: list[int], keep: bool, dtype: Any) -> None:
    with tf.Session() as session:
        fed = tf.placeholder(tf.as_dtype(dtype))
        mean, variance = tf.nn.moments(fed, axes, keep_dims=keep)
        found = session.run([mean, variance], {fed: _X.astype(dtype)})
    x = _X.astype(dtype).astype(np.float64)
    rtol = 2e-3 if dtype is np.float16 else 1e-5
    assert found[0].dtype == dtype
    expected = [x.mean(tuple(axes), keepdims=keep), x.var(tuple(axes), keepdims=keep)]
    _assert_close(found, expected, rtol, rtol)


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("weights_shape", [(3, 1, 1, 1), (5,), (3, 4, 2, 5), ()])
def test_weighted_moments(weights_shape: Any, keep: bool) -> None:
    weights = _RANDOM.uniform(0.5, 2, size=weights_shape).astype(np.float32)
    with tf.Session() as session:
        moments = tf.nn.weighted_moments(_X, [0, 2], weights, keepdims=keep)
        found = session.run(moments)
        short = tf.nn.weighted_moments(_X.astype(np.float16), [0, 2], weights, keepdims=keep)
        assert [t.dtype for t in short] == [tf.float16] * 2
        _assert_close(session.run(short), found, 5e-3, 5e-3)
    everywhere = np.broadcast_to(weights, _X.shape)
    mean = np.average(_X, (0, 2), everywhere, keepdims=True)
    variance = np.average(np.square(_X - mean), (0, 2), everywhere, keepdims=True)
    expected = [m if keep else m.squeeze((0, 2)) for m in (mean, variance)]
    _assert_close(found, expected, 1e-5, 1e-5)


@pytest.mark.parametrize("shift", [None, 1.5])
@pytest.mark.parametrize("known", [True, False])
def test_statistics_in_parts(shift: float | None, known: bool) -> None:
    with tf.Session() as session:
        x = tf.constant(_X) if known else tf.placeholder(tf.float32)
        count, total, squares, used = tf.nn.sufficient_statistics(x, [0, 1, 2], shift)
        mean, variance = tf.nn.normalize_moments(count, total, squares, used)
        found = session.run([count, mean, variance], {} if known else {x: _X})
        if shift is not None:
            assert session.run(used) == shift
    assert found[0] == 24
    _assert_close(found[1:], [_X.mean((0, 1, 2)), _X.var((0, 1, 2))], 1e-4, 1e-4)
