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
