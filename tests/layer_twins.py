"""A layer made by graphflow and by TensorFlow, and all that can be seen of both compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import graphflow

# Nodes that TensorFlow and graphflow name alike; others differ in how shapes are computed.
_NAMED = {
    "AvgPool",
    "AvgPool3D",
    "BiasAdd",
    "Conv2D",
    "Conv3D",
    "DepthwiseConv2dNative",
    "MaxPool",
    "MaxPool3D",
    "Relu",
    "VariableV2",
}


def assert_twins(
    oracle: Any,
    make: Callable[[Any, Any], Any],
    shape: tuple[int, ...],
    placed: tuple[Any, ...] | None = None,
    more_nodes: tuple[str, ...] = (),
) -> None:
    """Names, shapes, values, losses and gradients are TensorFlow's.

    Args:
      oracle: TensorFlow.
      make: from a framework and an input to an output.
      shape: the shape of the input's value.
      placed: the placeholder's shape, if it is not the same.
      more_nodes: types of further nodes whose names must agree.
    """
    nodes = _NAMED.union(more_nodes)
    ours, theirs = (
        _seen(framework, make, shape, shape if placed is None else placed, nodes)
        for framework in (graphflow, oracle)
    )
    assert ours[0] == theirs[0]
    for got, expected in zip(ours[1], theirs[1], strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)


def _seen(
    tf: Any,
    make: Callable[[Any, Any], Any],
    shape: tuple[int, ...],
    placed: tuple[Any, ...],
    nodes: set[str],
) -> tuple[Any, list[np.ndarray]]:
    with tf.Graph().as_default() as graph, tf.Session() as session:
        x = tf.placeholder(tf.float32, placed, name="x")
        y = make(tf, x)
        variables = tf.global_variables()
        names = {
            "output": (y.name, y.shape.as_list()),
            "variables": [(v.name, v.shape.as_list()) for v in variables],
            "trained": [v.name for v in tf.trainable_variables()],
            "nodes": sorted(_name_in_tf1(op) for op in graph.get_operations() if op.type in nodes),
        }
        losses = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
        gradients = tf.gradients(tf.reduce_sum(tf.square(y)), [x, *variables])
        for variable in variables:
            variable.load(value_of(variable.shape.as_list()), session)
        fetched = session.run([y, gradients, losses], {x: value_of(shape)})
        return names, [fetched[0], *fetched[1], *fetched[2]]


def _name_in_tf1(op: Any) -> str:
    # TF 1.14 makes `conv1d/conv1d/Conv2D`, TF 2 one that is named `conv1d/Conv1D`.
    return str(op.name.replace("/Conv1D", "/conv1d/Conv2D"))


def value_of(shape: Any) -> np.ndarray:
    """A value that depends only on the shape."""
    return np.random.default_rng(len(shape)).standard_normal(shape).astype(np.float32)
