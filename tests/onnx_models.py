"""A graph frozen, made an ONNX model, and compared: what the tests here do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import graphflow as tf
from graphflow.formats.onnx import check_onnx, to_onnx

SAME = "the same in onnxruntime and graphflow"


def frozen(build: Callable[[], Any]) -> tuple[Any, list[str]]:
    """The GraphDef of what a function builds, with values for its variables, and its outputs."""
    with tf.Graph().as_default() as graph, tf.Session() as session:
        tf.set_random_seed(1)
        results = build()
        results = list(results) if isinstance(results, list | tuple) else [results]
        session.run(tf.global_variables_initializer())
        graph_def = tf.graph_util.convert_variables_to_constants(
            session, graph.as_graph_def(), [tensor.op.name for tensor in results]
        )
    return graph_def, [tensor.name for tensor in results]


def assert_same(
    build: Callable[[], Any],
    feeds: Mapping[str, Any] | None = None,
    constants: Mapping[str, Any] | None = None,
) -> Any:
    """Makes a model, sees that it computes what the graph does, and gives it."""
    graph_def, outputs = frozen(build)
    model = to_onnx(graph_def, outputs, constants=constants)
    found = check_onnx(model, graph_def, outputs, constants, feeds)
    assert found.startswith(SAME), found
    return model


def counts(model: Any) -> Counter[str]:
    """How many nodes of each type there are."""
    return Counter(node.op_type for node in model.graph.node)


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)
