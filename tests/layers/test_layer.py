"""tf.layers.Layer against TensorFlow's: names, scopes, variables, losses and updates."""

from __future__ import annotations

import copy
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import graphflow
from graphflow.layers.naming import to_snake_case

tf = graphflow


def dense_of(tf: Any) -> Any:
    """A small layer of a framework."""

    class MyDense(tf.layers.Layer):
        def __init__(self, units: int = 2, regularizer: Any = None, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.units, self.regularizer = units, regularizer

        def build(self, shape: Any) -> None:
            self.kernel = self.add_weight(
                "kernel", [int(shape[-1]), self.units], regularizer=self.regularizer
            )
            self.fixed = self.add_weight(
                "fixed", [self.units], initializer=tf.zeros_initializer(), trainable=False
            )
            super().build(shape)

        def call(self, inputs: Any) -> Any:
            self.add_update(tf.assign(self.fixed, tf.reduce_sum(inputs, 0)[: self.units]))
            return tf.matmul(inputs, self.kernel) + self.fixed

    return MyDense


def inputs_of(tf: Any) -> Any:
    return tf.placeholder(tf.float32, [None, 3], name="x")


def twice(tf: Any) -> Any:
    layer, x = dense_of(tf)(), inputs_of(tf)
    layer(x)
    with tf.name_scope("elsewhere"):
        layer(x)
    return [layer]


def several(tf: Any) -> Any:
    made = [dense_of(tf)(), dense_of(tf)(name="mine"), dense_of(tf)(), dense_of(tf)(name="mine")]
    x = inputs_of(tf)
    for layer in made:
        layer(x)
    return made


def in_scopes(tf: Any) -> Any:
    x, made = inputs_of(tf), []
    with tf.variable_scope("outer", regularizer=lambda v: tf.reduce_sum(v) * 0.5):
        made.append(dense_of(tf)())
        made[0](x)
        with tf.name_scope("names"):
            made.append(dense_of(tf)())
            made[1](x)
    made.append(dense_of(tf)(_scope="given"))
    made[2](x)
    made.append(dense_of(tf)(_scope="given", _reuse=True))
    made[3](x)
    made.append(dense_of(tf)())
    made[4](x, scope="called")
    return made


def regularized(tf: Any) -> Any:
    layer = dense_of(tf)(
        regularizer=lambda v: tf.reduce_sum(tf.square(v)),
        activity_regularizer=lambda y: tf.reduce_sum(y),
    )
    x = inputs_of(tf)
    layer(x)
    layer(x)
    return [layer]


def untrained(tf: Any) -> Any:
    layer = dense_of(tf)(trainable=False, dtype=tf.float64)
    layer(tf.placeholder(tf.float64, [None, 3], name="x"))
    return [layer]


def copied(tf: Any) -> Any:
    layer = dense_of(tf)(name="copied")
    again = copy.deepcopy(layer)
    x = inputs_of(tf)
    layer(x)
    again(x)
    return [layer, again]


def described(tf: Any, make: Callable[[Any], Any]) -> Any:
    """All that can be seen of the layers and of the graph."""
    with tf.Graph().as_default() as graph:
        layers = make(tf)
        keys = tf.GraphKeys
        collections = {
            key: [item.name for item in tf.get_collection(key)]
            for key in (keys.TRAINABLE_VARIABLES, keys.GLOBAL_VARIABLES, keys.UPDATE_OPS)
        }
        collections["losses"] = len(tf.get_collection(keys.REGULARIZATION_LOSSES))
        nodes = {op.name for op in graph.get_operations() if op.type in ("MatMul", "Assign")}
        return collections, nodes, [describe(layer) for layer in layers]


def describe(layer: Any) -> Any:
    return {
        "name": layer.name,
        "scope": layer.scope_name,
        "dtype": layer.dtype,
        "trainable": [v.name for v in layer.trainable_variables],
        "non_trainable": [v.name for v in layer.non_trainable_weights],
        "weights": [v.name for v in layer.weights],
        "losses": len(layer.losses),
        "unconditional_losses": len(layer.get_losses_for(None)),
        "updates": [update.name for update in layer.updates],
        "unconditional_updates": len(layer.get_updates_for(None)),
        "params": layer.count_params(),
    }


@pytest.mark.parametrize(
    "make", [twice, several, in_scopes, regularized, untrained, copied], ids=lambda f: f.__name__
)
def test_layers_are_tensorflows(oracle: ModuleType, make: Any) -> None:
    assert described(tf, make) == described(oracle, make)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Dense", "dense"),
        ("Conv2D", "conv2d"),
        ("Conv2DTranspose", "conv2d_transpose"),
        ("BasicLSTMCell", "basic_lstm_cell"),
        ("GRUCell", "gru_cell"),
        ("_Hidden", "private__hidden"),
    ],
)
def test_snake_case(name: str, expected: str) -> None:
    assert to_snake_case(name) == expected


def test_partitioned_weights(oracle: ModuleType) -> None:
    def names(tf: Any) -> Any:
        with tf.Graph().as_default():
            layer = tf.layers.Layer(name="parts")
            made = layer.add_weight("w", [4, 2], partitioner=tf.fixed_size_partitioner(2))
            return [part.name for part in made], len(layer.trainable_weights)

    assert names(tf) == names(oracle)


def test_loops_make_variables_outside() -> None:
    layer, x = dense_of(tf)(regularizer=tf.nn.l2_loss), tf.ones([2, 2])
    with tf.name_scope("loop"):
        result = tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, layer(y)), [0, x])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        value, loss, kernel = session.run([result[1], layer.losses[0], layer.kernel])
    assert value.shape == (2, 2)
    np.testing.assert_allclose(loss, np.square(kernel).sum() / 2, rtol=1e-5)


def test_numbers_become_tensors() -> None:
    made = tf.layers.Layer()(np.ones([2, 2], np.float32))
    assert made.dtype == tf.float32


def test_scope_is_passed_to_calls_that_take_it() -> None:
    class Scoped(tf.layers.Layer):
        def call(self, inputs: Any, scope: Any = None) -> Any:
            assert scope.name == "scoped"
            return inputs

    Scoped()(tf.ones([1]))


def nothing(layer: Any) -> Any:
    class Nothing(tf.layers.Layer):
        def call(self, inputs: Any) -> Any:
            return None

    return Nothing()(tf.ones([1]))


@pytest.mark.parametrize(
    ("use", "error", "message"),
    [
        (lambda layer: tf.layers.Layer(units=3), TypeError, "Keyword argument not understood"),
        (lambda layer: layer.scope_name, ValueError, "No name available for layer scope"),
        (lambda layer: layer.count_params(), ValueError, "isn't built"),
        (lambda layer: setattr(layer, "input_spec", 3), TypeError, "instance of InputSpec"),
        (nothing, ValueError, "not None"),
        (
            lambda layer: layer.add_weight(
                "w", [1], trainable=True, synchronization=tf.VariableSynchronization.ON_READ
            ),
            ValueError,
            "ON_READ only for non-trainable",
        ),
    ],
)
def test_what_is_refused(use: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        use(tf.layers.Layer())
