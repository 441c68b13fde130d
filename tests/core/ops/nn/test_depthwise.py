"""Depthwise convolution's backprop ops are the gradients of the convolution."""

from __future__ import annotations

import numpy as np
import pytest

import graphflow as tf


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_backprops_equal_the_gradients(padding):
    rng = np.random.default_rng(0)
    options = {"strides": [1, 2, 2, 1], "padding": padding}
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.constant(rng.standard_normal((2, 5, 6, 3)))
        w = tf.constant(rng.standard_normal((3, 2, 3, 2)))
        y = tf.nn.depthwise_conv2d_native(x, w, **options)
        dy = tf.constant(rng.standard_normal(y.shape.as_list()))
        expected = session.run(tf.gradients(y, [x, w], [dy]))
        dx = tf.nn.depthwise_conv2d_native_backprop_input([2, 5, 6, 3], w, dy, **options)
        dw = tf.nn.depthwise_conv2d_native_backprop_filter(x, [3, 2, 3, 2], dy, **options)
        value = session.run([dx, dw, tf.reduce_sum(y * dy)])
        np.testing.assert_allclose(value[0], expected[0])
        np.testing.assert_allclose(value[1], expected[1])
        # The convolution is linear in each argument, so each gradient gives the sum back.
        np.testing.assert_allclose(np.sum(value[0] * session.run(x)), value[2])
        np.testing.assert_allclose(np.sum(value[1] * session.run(w)), value[2])


def test_channels_must_match():
    with tf.Graph().as_default(), pytest.raises(ValueError, match="Dimensions must be equal"):
        tf.nn.depthwise_conv2d(np.ones((1, 4, 4, 3)), np.ones((2, 2, 2, 1)), [1] * 4, "SAME")
