"""tf.layers.dropout: what is dropped, when, and the nodes of TensorFlow's."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from made_by_layers import graph_of

import graphflow as tf


def test_nodes_are_tensorflows(oracle: ModuleType) -> None:
    def make(tf: Any) -> None:
        x = tf.placeholder(tf.float32, [None, 3], name="x")
        for training in (True, False, tf.constant(False), tf.placeholder(tf.bool, [])):
            tf.layers.dropout(x, training=training)

    assert graph_of(tf, make) == graph_of(oracle, make)


@pytest.mark.parametrize("training", [True, 1, np.True_], ids=repr)
def test_training_drops_and_scales(training: Any) -> None:
    y = tf.layers.dropout(tf.ones([40, 50]), rate=0.2, seed=1, training=training)
    with tf.Session() as session:
        value = session.run(y)
    np.testing.assert_allclose(np.unique(value), [0, 1.25])
    assert abs((value == 0).mean() - 0.2) < 0.05


@pytest.mark.parametrize("training", [False, 0], ids=repr)
def test_inputs_stay_without_training(training: Any) -> None:
    x = tf.ones([4, 5])
    y = tf.layers.dropout(x, training=training)
    assert y.op.type == "Identity"
    assert tf.layers.Dropout()(x).op.type == "Identity"


def test_a_run_may_decide() -> None:
    training = tf.placeholder_with_default(False, [])
    x = tf.ones([10, 10])
    y = tf.layers.dropout(x, training=training)
    dx = tf.gradients(y, x)[0]
    with tf.Session() as session:
        for value in session.run([y, dx]):
            np.testing.assert_array_equal(value, np.ones([10, 10]))
        value, slopes = session.run([y, dx], {training: True})
    np.testing.assert_array_equal(np.unique(value), [0, 2])
    np.testing.assert_array_equal(value, slopes)


def test_noise_shape_takes_sizes_of_the_inputs() -> None:
    x = tf.placeholder(tf.float32, [None, 6, 5])
    layer = tf.layers.Dropout(noise_shape=(None, 1, None))
    with tf.Session() as session:
        value = session.run(layer(x, training=True), {x: np.ones([4, 6, 5])})
    np.testing.assert_array_equal(value, np.broadcast_to(value[:, :1], [4, 6, 5]))
    assert len(np.unique(value)) == 2


def test_rate_may_be_a_tensor() -> None:
    rate = tf.placeholder(tf.float32, [])
    y = tf.layers.dropout(tf.ones([8, 8]), rate, training=True)
    with tf.Session() as session:
        np.testing.assert_array_equal(session.run(y, {rate: 0.0}), np.ones([8, 8]))


def test_a_layer_is_made_from_its_configuration() -> None:
    layer = tf.layers.Dropout(0.3, noise_shape=[1, 2], seed=4, name="drop")
    again = tf.layers.Dropout.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    assert again.compute_output_shape([2, 3]) == [2, 3]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"training": None}, TypeError, "must be a bool or a bool tensor, not None"),
        ({"training": 2}, TypeError, "not 2"),
        ({"training": True, "rate": 1.5}, ValueError, "rate"),
        ({"training": True, "noise_shape": [None]}, ValueError, "as many dimensions"),
    ],
)
def test_what_is_refused(arguments: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        tf.layers.dropout(tf.ones([2, 3]), **arguments)
