"""Gradients of loops and branches that a GraphDef of TensorFlow brings along."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import graphflow


@pytest.fixture
def functional_oracle(oracle: ModuleType) -> Iterator[ModuleType]:
    """TensorFlow with If and While nodes, whose bodies are functions of the GraphDef."""
    oracle.enable_control_flow_v2()
    yield oracle
    oracle.disable_control_flow_v2()


def power(tf: Any, x: Any) -> Any:
    return tf.while_loop(lambda i, a: i < 4, lambda i, a: (i + 1, a * x), [0, 1.0])[1]


def until_large(tf: Any, x: Any) -> Any:
    return tf.while_loop(lambda a: a < 50.0, lambda a: a * x + tf.sin(a), [x], maximum_iterations=9)


def branches(tf: Any, x: Any) -> Any:
    return tf.cond(x > 0.0, lambda: tf.exp(x) * x, lambda: tf.sin(x))


def nested(tf: Any, x: Any) -> Any:
    def inner(a: Any) -> Any:
        return tf.while_loop(lambda j, b: j < 2, lambda j, b: (j + 1, b * x), [0, a])[1]

    def body(i: Any, a: Any) -> Any:
        return i + 1, tf.cond(a > 2.0, lambda: a * x, lambda: inner(a))

    return tf.while_loop(lambda i, a: i < 3, body, [0, x])[1]


def mapped(tf: Any, x: Any) -> Any:
    return tf.reduce_sum(tf.map_fn(lambda t: t * t * x, tf.stack([x, 2 * x, x * x])))


def scanned(tf: Any, x: Any) -> Any:
    return tf.reduce_sum(tf.scan(lambda a, t: a * t + a, tf.stack([x, 2 * x, x * x])))


def derivatives(tf: Any, x: Any, y: Any) -> list[Any]:
    """y, its derivative and its second derivative at two places."""
    (dx,) = tf.gradients(y, x)
    (ddx,) = tf.gradients(dx, x)
    with tf.Session() as session:
        return [session.run([y, dx, ddx], {x: value}) for value in (1.5, -0.5)]


def as_tensorflow_1_writes(graph_def: Any) -> Any:
    """Without the attributes that list ops got later."""
    nodes = [n for function in graph_def.library.function for n in function.node_def]
    for node in [*graph_def.node, *nodes]:
        if node.op.startswith("TensorList"):
            node.attr.pop("Tshape", None)
    return graph_def


@pytest.mark.parametrize("build", [power, until_large, branches, nested, mapped, scanned])
def test_against_tensorflow(build: Callable[..., Any], functional_oracle: ModuleType) -> None:
    with functional_oracle.Graph().as_default() as graph:
        x = functional_oracle.placeholder(functional_oracle.float32, [], name="x")
        y = functional_oracle.identity(build(functional_oracle, x), name="y")
        written = graph.as_graph_def().SerializeToString()
        wanted = derivatives(functional_oracle, x, y)
    graph_def = as_tensorflow_1_writes(graphflow.GraphDef.FromString(written))
    x, y = graphflow.import_graph_def(graph_def, name="", return_elements=["x:0", "y:0"])
    np.testing.assert_allclose(derivatives(graphflow, x, y), wanted, 1e-5)


def test_loops_that_share_a_body(functional_oracle: ModuleType) -> None:
    """The gradient of one loop leaves the other one, of the same function, alone."""
    with functional_oracle.Graph().as_default() as graph:
        x = functional_oracle.placeholder(functional_oracle.float32, [], name="x")
        power(functional_oracle, x)
        graph_def = as_tensorflow_1_writes(
            graphflow.GraphDef.FromString(graph.as_graph_def().SerializeToString())
        )
    (loop,) = (node for node in graph_def.node if node.op in ("While", "StatelessWhile"))
    other = graph_def.node.add()
    other.CopyFrom(loop)
    other.name = "other"
    result = f"{loop.name}:3"
    x, first, second = graphflow.import_graph_def(
        graph_def, name="", return_elements=["x:0", result, "other:3"]
    )
    (slope,) = graphflow.gradients(first, x)
    with graphflow.Session() as session:
        assert session.run([first, second, slope], {x: 2.0}) == [16.0, 16.0, 32.0]
    (slope,) = graphflow.gradients(second, x)
    with graphflow.Session() as session:
        assert session.run(slope, {x: 2.0}) == 32.0
