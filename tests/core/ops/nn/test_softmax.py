"""Softmax along an axis that only the run knows."""

from __future__ import annotations

import numpy as np
import pytest

import graphflow as tf

_LOGITS = np.random.default_rng(0).standard_normal((2, 3, 4)).astype(np.float32)


@pytest.mark.parametrize("axis", [-3, -2, -1, 0, 1, 2])
def test_fed_axis(axis):
    with tf.Graph().as_default(), tf.Session() as session:
        fed = tf.placeholder_with_default(axis, [])
        expected = np.exp(_LOGITS) / np.exp(_LOGITS).sum(axis, keepdims=True)
        np.testing.assert_allclose(session.run(tf.nn.softmax(_LOGITS, fed)), expected, rtol=1e-5)


@pytest.mark.parametrize("function", [tf.nn.softmax, tf.nn.log_softmax])
@pytest.mark.parametrize("axis", [-4, 3, 100])
def test_axis_out_of_range(function, axis):
    with tf.Graph().as_default(), tf.Session() as session:
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"in the range \[-3, 3\)"):
            function(_LOGITS, axis)
        fed, logits = tf.placeholder(tf.int32, []), tf.placeholder(tf.float32)
        for along in function(_LOGITS, fed), function(logits, fed), function(logits, axis):
            with pytest.raises(tf.errors.InvalidArgumentError, match=r"not in \[0, 3\)"):
                session.run(along, {fed: axis, logits: _LOGITS})


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (1,), (2, 0, 4), (1, 1)])
@pytest.mark.parametrize("axis", [0, -1])
def test_unusual_shapes(oracle, shape, axis):
    values = []
    for framework in tf, oracle:
        with framework.Graph().as_default(), framework.Session() as session:
            logits = framework.constant(np.ones(shape, np.float32))
            outputs = [f(logits, axis) for f in (framework.nn.softmax, framework.nn.log_softmax)]
            gradient = framework.gradients(outputs[0], logits)[0]
            values.append(session.run([*outputs, gradient]))
    for mine, theirs in zip(*values, strict=True):
        assert mine.shape == theirs.shape
        np.testing.assert_allclose(mine, theirs, rtol=1e-6, atol=1e-7)


def test_large_and_infinite_logits():
    logits = np.float32([[1e30, 1e30, -1e30], [-np.inf, 0, 0], [88, -88, 0]])
    with tf.Graph().as_default(), tf.Session() as session:
        softmax, log_softmax = session.run([tf.nn.softmax(logits), tf.nn.log_softmax(logits)])
    np.testing.assert_allclose(softmax[:2], [[0.5, 0.5, 0], [0, 0.5, 0.5]], rtol=1e-6)
    np.testing.assert_allclose(log_softmax[2], [0, -176, -88], rtol=1e-6, atol=1e-30)
    assert log_softmax[1, 0] == -np.inf


def test_logits_must_be_floats_and_have_an_axis():
    with pytest.raises(TypeError, match="int32 not in list of allowed values"):
        tf.nn.softmax(tf.constant([1, 2]))
    with pytest.raises(ValueError, match="rank"):
        tf.nn.softmax(tf.constant(1.0))
