"""Training steps of nets of volumes: native plans against the references, for any threads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from core.native import host_ops, last_plan, session

import graphflow as tf

X = np.random.default_rng(0).normal(size=(20, 4, 8, 8, 16)).astype(np.float32)


def loss_and_gradients(data_format: str, threads: int, jit: str = "now") -> list[Any]:
    """Of two convolutions and two pools, the second time that they are run."""
    is_last = data_format.endswith("C")

    def spread(values: list[int]) -> list[int]:
        return [1, *values, 1] if is_last else [1, 1, *values]

    rng = np.random.default_rng(1)
    with tf.Graph().as_default(), session(threads, jit) as sess:
        x = tf.placeholder(tf.float32, X.shape if is_last else (20, 16, 4, 8, 8))
        w = tf.constant(rng.normal(size=(3, 3, 3, 16, 32)).astype(np.float32) * 0.1)
        v = tf.constant(rng.normal(size=(2, 3, 1, 32, 5)).astype(np.float32) * 0.1)
        b = tf.constant(rng.normal(size=32).astype(np.float32))
        y = tf.nn.conv3d(x, w, [1] * 5, "SAME", data_format=data_format)
        y = tf.nn.relu(y + (b if is_last else tf.reshape(b, [32, 1, 1, 1])))
        pool = spread([2, 3, 2]), spread([2, 2, 2]), "SAME", data_format
        y = tf.nn.max_pool3d(y, *pool)
        y = tf.nn.conv3d(y, v, spread([1, 2, 1]), "SAME", data_format=data_format)
        loss = tf.reduce_sum(tf.square(tf.nn.avg_pool3d(y, *pool)))
        fetches = [loss, *tf.gradients(loss, [x, w, v, b])]
        feeds = {x: X if is_last else np.moveaxis(X, -1, 1)}
        sess.run(fetches, feeds)
        values = sess.run(fetches, feeds)
        if jit == "now":
            assert host_ops(last_plan(sess)) == []
    return list(values)


@pytest.mark.parametrize("data_format", ["NDHWC", "NCDHW"])
def test_native_steps(data_format: str) -> None:
    one, *others = [loss_and_gradients(data_format, threads) for threads in (1, 2, 3)]
    for other in others:
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)
    expected = loss_and_gradients(data_format, 1, "off")
    for a, b in zip(one, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4 * np.abs(b).max())
