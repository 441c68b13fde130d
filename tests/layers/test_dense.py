"""tf.layers.dense against TensorFlow's: nodes, collections, values, gradients, and what fails."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from made_by_layers import assert_same_numbers, graph_of

import graphflow as tf

X = np.random.RandomState(0).randn(5, 4, 3).astype(np.float32)


def named(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    y = tf.layers.dense(x, 4, activation=tf.nn.relu)
    y = tf.layers.dense(y, 4, activation="tanh", use_bias=False)
    y = tf.layers.dense(y, 2, name="logits")
    return [y, *tf.gradients(y, [x, *tf.trainable_variables()])]


def of_higher_rank(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, 4, 3], name="x")
    y = tf.layers.dense(x, 5, activation=tf.sigmoid)
    return [y, *tf.gradients(y, [x, *tf.trainable_variables()])]


def shared(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    made = [tf.layers.dense(x, 3, name="fc", kernel_regularizer=tf.nn.l2_loss)]
    made.append(tf.layers.dense(made[0], 3, name="fc", reuse=True))
    with tf.variable_scope("outer", reuse=tf.AUTO_REUSE):
        made.append(tf.layers.dense(x, 2, name="fc"))
        made.append(tf.layers.dense(x, 2, name="fc"))
    with tf.variable_scope("outer", reuse=True):
        made.append(tf.layers.dense(x, 2, name="fc"))
    layer = tf.layers.Dense(2)
    return [*made, layer(x), layer(x)]


def regularized(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    tf.layers.dense(
        x,
        2,
        kernel_regularizer=tf.nn.l2_loss,
        bias_regularizer=lambda v: tf.reduce_sum(tf.abs(v)),
        activity_regularizer=lambda y: tf.reduce_sum(y) * 0.1,
    )
    return tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)


def untrained(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    init = tf.constant_initializer(2.0)
    return [tf.layers.dense(x, 2, trainable=False, kernel_initializer=init, bias_initializer=init)]


CASES = [named, of_higher_rank, shared, regularized, untrained]


@pytest.mark.parametrize("make", CASES, ids=lambda f: f.__name__)
def test_is_tensorflows(oracle: ModuleType, make: Any) -> None:
    if make is not of_higher_rank:  # how gradients of Tensordot are named is not the layer's
        assert graph_of(tf, make) == graph_of(oracle, make)
    fed = X if make is of_higher_rank else X[0]
    assert_same_numbers(tf, oracle, make, [{"x": fed}])


def test_nodes_of_higher_rank(oracle: ModuleType) -> None:
    def make(tf: Any) -> Any:
        return tf.layers.dense(tf.placeholder(tf.float32, [None, 4, 3]), 5)

    assert graph_of(tf, make) == graph_of(oracle, make)


def test_layer_and_its_variables() -> None:
    layer = tf.layers.Dense(4, activation="relu", name="fc")
    y = layer(tf.ones([2, 3]))
    assert y.op.name == "fc/Relu"
    assert y.shape.as_list() == [2, 4]
    assert [v.op.name for v in layer.trainable_variables] == ["fc/kernel", "fc/bias"]
    assert layer.kernel.shape.as_list() == [3, 4]
    assert layer.compute_output_shape([None, 7, 3]).as_list() == [None, 7, 4]


def test_a_layer_is_made_from_its_configuration() -> None:
    layer = tf.layers.Dense(4, activation="tanh", use_bias=False, bias_initializer="ones")
    again = tf.layers.Dense.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()


def test_constraints_are_kept() -> None:
    layer = tf.layers.Dense(2, kernel_constraint=tf.abs, bias_constraint=tf.nn.relu)
    layer(tf.ones([1, 2]))
    assert layer.kernel.constraint is tf.abs
    assert layer.bias.constraint is tf.nn.relu


def test_learns_a_product() -> None:
    x = tf.placeholder(tf.float32, [None, 3])
    loss = tf.reduce_mean(tf.square(tf.layers.dense(x, 1) - tf.reduce_sum(x, 1, keepdims=True)))
    step = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for _ in range(200):
            session.run(step, {x: X.reshape(-1, 3)})
        assert session.run(loss, {x: X.reshape(-1, 3)}) < 1e-3


def unknown_size() -> Any:
    return tf.layers.dense(tf.placeholder(tf.float32, [3, None]), 2)


def taken() -> Any:
    tf.layers.dense(tf.ones([1, 2]), 2, name="fc")
    return tf.layers.dense(tf.ones([1, 2]), 2, name="fc")


def another_size() -> Any:
    layer = tf.layers.Dense(2)
    layer(tf.ones([1, 2]))
    return layer(tf.ones([1, 3]))


@pytest.mark.parametrize(
    ("use", "error", "message"),
    [
        (lambda: tf.layers.dense(tf.ones([3]), 2), ValueError, "expected min_ndim=2, found ndim=1"),
        (lambda: tf.layers.dense(tf.placeholder(tf.float32), 2), ValueError, "rank is undefined"),
        (unknown_size, ValueError, "last dimension of the inputs to `Dense` should be defined"),
        (lambda: tf.layers.dense(tf.ones([3, 2], tf.int32), 2), TypeError, "non-floating.* int32"),
        (lambda: tf.layers.dense(tf.ones([3, 2]), 2, name="a", reuse=True), ValueError, "a/kernel"),
        (taken, ValueError, "fc/kernel already exists"),
        (another_size, ValueError, "expected axis -1 .* value 2"),
        (lambda: tf.layers.Dense(2, kernel_regularizer="l2"), ValueError, "regularizer .*'l2'"),
        (lambda: tf.layers.Dense(2, activation="no"), ValueError, "Unknown activation"),
        (lambda: tf.layers.Dense(2, unit=2), TypeError, "not understood"),
        (lambda: tf.layers.Dense(2).compute_output_shape([3, None]), ValueError, "innermost"),
    ],
)
def test_what_is_refused(use: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        use()
