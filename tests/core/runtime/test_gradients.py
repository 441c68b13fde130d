"""Gradients by native plans alone, in float64 against numeric differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from core.native import host_ops, last_plan, session

import graphflow as tf

STEP = 1e-5


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    """Numbers of both signs, none near to another or to 0: no maximum changes by a small step."""
    count = int(np.prod(shape))
    places = np.random.default_rng(seed + count).permutation(count)
    return ((places - count / 2 + 0.25) * (3.0 / max(count, 1))).reshape(shape)


def pool(function: Any, size: int, stride: int, padding: str) -> Callable[..., Any]:
    return lambda x: function(x, [1, size, size, 1], [1, stride, stride, 1], padding)


def conv(stride: int, padding: str, dilation: int = 1) -> Callable[..., Any]:
    return lambda x, w: tf.nn.conv2d(
        x, w, [1, stride, stride, 1], padding, dilations=[1, dilation, dilation, 1]
    )


def conv_channels_first(x: Any, w: Any) -> Any:
    return tf.nn.conv2d(x, w, [1, 1, 1, 1], "SAME", data_format="NCHW")


def transposed_conv(x: Any, w: Any) -> Any:
    return tf.nn.conv2d_transpose(x, w, [2, 8, 8, 2], [1, 2, 2, 1])


def moments_norm(x: Any, scale: Any, offset: Any) -> Any:
    mean, variance = tf.nn.moments(x, [0, 1, 2])
    return tf.nn.batch_normalization(x, mean, variance, offset, scale, 1e-3)


def soft_loss(x: Any, y: Any) -> Any:
    labels = tf.stop_gradient(tf.nn.softmax(y))
    return tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=x)


def sparse_loss(x: Any) -> Any:
    labels = tf.constant([1, 0, 3, 3])
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=x)


def gathered(x: Any) -> Any:
    return tf.gather(x, tf.constant([3, 0, 3, 1]))


def small_net(x: Any, w: Any, b: Any, dense: Any) -> Any:
    h = tf.nn.max_pool(tf.nn.relu(conv(1, "SAME")(x, w) + b), [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
    h = tf.reshape(h, [2, -1])
    return tf.nn.log_softmax(tf.tanh(tf.matmul(h, dense)))


CASES: dict[str, tuple[Callable[..., Any], list[tuple[int, ...]]]] = {
    "conv 3x3": (conv(1, "SAME"), [(2, 5, 6, 2), (3, 3, 2, 3)]),
    "conv 5x5": (conv(1, "VALID"), [(2, 7, 6, 1), (5, 5, 1, 2)]),
    "conv 1x1": (conv(1, "SAME"), [(2, 4, 4, 3), (1, 1, 3, 2)]),
    "conv stride": (conv(2, "SAME"), [(2, 7, 6, 2), (3, 3, 2, 3)]),
    "conv dilated": (conv(1, "SAME", 2), [(1, 7, 6, 2), (3, 3, 2, 2)]),
    "conv NCHW": (conv_channels_first, [(2, 2, 5, 6), (3, 3, 2, 3)]),
    "conv transposed": (transposed_conv, [(2, 4, 4, 3), (3, 3, 2, 3)]),
    "depthwise": (
        lambda x, w: tf.nn.depthwise_conv2d(x, w, [1, 1, 1, 1], "SAME"),
        [(2, 5, 6, 2), (3, 3, 2, 2)],
    ),
    "max pool": (pool(tf.nn.max_pool, 2, 2, "VALID"), [(2, 6, 6, 2)]),
    "max pool overlapping": (pool(tf.nn.max_pool, 3, 2, "SAME"), [(2, 7, 6, 2)]),
    "average pool": (pool(tf.nn.avg_pool, 3, 2, "SAME"), [(2, 7, 6, 2)]),
    "batch norm": (moments_norm, [(3, 4, 4, 2), (2,), (2,)]),
    "softmax": (tf.nn.softmax, [(4, 5)]),
    "softmax of axis 0": (lambda x: tf.nn.softmax(x, axis=0), [(4, 5)]),
    "log softmax": (tf.nn.log_softmax, [(4, 5)]),
    "cross entropy": (soft_loss, [(4, 5), (4, 5)]),
    "sparse cross entropy": (sparse_loss, [(4, 5)]),
    "sigmoid cross entropy": (
        lambda x, y: tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.sigmoid(y), logits=x),
        [(4, 5), (4, 5)],
    ),
    "matmul": (tf.matmul, [(4, 5), (5, 3)]),
    "matmul transposed": (
        lambda a, b: tf.matmul(a, b, transpose_a=True, transpose_b=True),
        [(5, 4), (3, 5)],
    ),
    "batch matmul": (tf.matmul, [(2, 4, 5), (2, 5, 3)]),
    "dense": (lambda x, w, b: tf.nn.relu(tf.matmul(x, w) + b), [(4, 5), (5, 3), (3,)]),
    "bias": (tf.nn.bias_add, [(2, 3, 3, 4), (4,)]),
    "gather": (gathered, [(4, 3)]),
    "concat": (lambda x, y: tf.concat([x, y * 2.0], 1), [(3, 2), (3, 4)]),
    "slices": (lambda x: x[1:, ::2] * 3.0, [(4, 5)]),
    "pad and transpose": (
        lambda x: tf.transpose(tf.pad(x, [[1, 0], [0, 2]])) * numbers(7, 5),
        [(4, 5)],
    ),
    "tile": (lambda x: tf.tile(x, [2, 3]) * numbers(8, 9), [(4, 3)]),
    "sum": (lambda x: tf.reduce_sum(x, [0, 2]), [(3, 4, 2)]),
    "mean and broadcast": (lambda x: x - tf.reduce_mean(x, 1, keepdims=True), [(3, 4)]),
    "max": (lambda x: tf.reduce_max(x, 1), [(3, 4)]),
    "product": (lambda x: tf.reduce_prod(x, 1), [(3, 4)]),
    "elementwise": (
        lambda x, y: tf.tanh(x * y) + tf.exp(x - y) * tf.sigmoid(x) + tf.sqrt(tf.abs(x) + 1.0),
        [(3, 4), (4,)],
    ),
    "net": (small_net, [(2, 6, 6, 1), (3, 3, 1, 2), (2,), (18, 3)]),
}


def loss_and_gradients(case: str, dtype: Any) -> tuple[list[Any], list[Any], list[np.ndarray]]:
    """Placeholders; a loss whose second derivatives are not 0, and its gradients; arrays."""
    function, shapes = CASES[case]
    arrays = [
        numbers(*shape, seed=i).astype(dtype.as_numpy_dtype) for i, shape in enumerate(shapes)
    ]
    xs = [tf.placeholder(dtype, shape) for shape in shapes]
    y = function(*xs)
    weights = numbers(*y.shape.as_list(), seed=9).astype(dtype.as_numpy_dtype)
    loss = tf.reduce_sum(y * weights + 0.1 * tf.square(y))
    grads = tf.gradients(loss, xs)
    dense = [tf.convert_to_tensor(g) for g in grads if g is not None]  # a gather's is sparse
    return xs, [loss, *dense], arrays


@pytest.mark.parametrize("case", CASES)
def test_float64_gradients_are_native_and_right(case: str) -> None:
    xs, fetches, arrays = loss_and_gradients(case, tf.float64)
    direction = [numbers(*a.shape, seed=5) for a in arrays]
    with session(2) as sess:
        feed = dict(zip(xs, arrays, strict=True))
        loss, *grads = sess.run(fetches, feed)
        assert host_ops(last_plan(sess)) == []
        if case in ("cross entropy", "sigmoid cross entropy"):
            direction[1:] = [np.zeros_like(d) for d in direction[1:]]
        ends = [
            sess.run(fetches[0], {x: a + s * STEP * d for x, a, d in zip(xs, arrays, direction)})
            for s in (1, -1)
        ]
    expected = (ends[0] - ends[1]) / (2 * STEP)
    along = sum(float((g * d).sum()) for g, d in zip(grads, direction, strict=False))
    assert np.isfinite(loss)
    assert along == pytest.approx(expected, rel=1e-6, abs=1e-6 * max(1.0, abs(loss)))


@pytest.mark.parametrize("case", CASES)
def test_float32_gradients_are_native_and_those_of_the_interpreter(case: str) -> None:
    xs, fetches, arrays = loss_and_gradients(case, tf.float32)
    feed = dict(zip(xs, arrays, strict=True))
    with session(2) as sess, session(jit="off") as reference:
        got = sess.run(fetches, feed)
        assert host_ops(last_plan(sess)) == []
        for one, other in zip(got, reference.run(fetches, feed), strict=True):
            scale = float(np.abs(other).max(initial=1.0))
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=2e-5 * scale)
