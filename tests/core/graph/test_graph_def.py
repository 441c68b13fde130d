"""Graphs as GraphDefs: TensorFlow's own for the same script, and runnable by TensorFlow."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

import graphflow
from graphflow.core.graph.graph_def import attr_from_proto


def _build(tf: ModuleType) -> None:
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    with tf.name_scope("layer"), tf.device("/cpu:0"):
        w = tf.Variable([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], name="W")
        y = tf.add(tf.identity(x)[:, :2], tf.identity(w)[0], name="y")
    with tf.control_dependencies([y]):
        parts = tf.unstack(y, 2, axis=1, name="parts")
    tf.stack([parts[1], parts[0]], 1, name="swapped")
    tf.constant([b"a\xff", b""], name="strings")
    tf.constant([True, False], name="bools")
    tf.constant([1 + 2j], tf.complex64, name="complex")
    tf.constant([1.5, -2.0], tf.float16, name="half")
    tf.no_op(name="nothing")


def _graph_def(tf: ModuleType, **arguments: Any) -> Any:
    graph = tf.Graph()
    with graph.as_default():
        _build(tf)
    return graph.as_graph_def(**arguments)


def test_nodes_are_those_of_tensorflow(oracle: ModuleType) -> None:
    ours, theirs = _graph_def(graphflow, add_shapes=True), _graph_def(oracle, add_shapes=True)
    assert [node.name for node in ours.node] == [node.name for node in theirs.node]
    for mine, other in zip(ours.node, theirs.node, strict=True):
        assert (mine.op, mine.device, list(mine.input)) == (
            other.op,
            other.device,
            list(other.input),
        )
        attrs = {key: value.SerializeToString() for key, value in mine.attr.items()}
        wanted = {key: value.SerializeToString() for key, value in other.attr.items()}
        wanted.pop("_has_manual_control_dependencies", None)  # not written by TF1
        assert attrs == wanted


def test_tensorflow_runs_it(oracle: ModuleType) -> None:
    text = _graph_def(graphflow).SerializeToString()
    fed = np.arange(6, dtype=np.float32).reshape(2, 3)
    with oracle.Graph().as_default(), oracle.Session() as session:
        oracle.import_graph_def(oracle.GraphDef.FromString(text), name="")
        session.run("layer/W/Assign")
        swapped = session.run("swapped:0", {"x:0": fed})
    np.testing.assert_array_equal(swapped, (fed[:, :2] + [1.0, 2.0])[:, ::-1])


def test_only_newer_nodes() -> None:
    with graphflow.Graph().as_default() as graph:
        graphflow.constant(1.0, name="old")
        version = graph.version
        graphflow.constant(2.0, name="new")
    assert [node.name for node in graph.as_graph_def(from_version=version).node] == ["new"]


@pytest.mark.parametrize(
    "value",
    [
        np.arange(6, dtype=np.int64).reshape(2, 3),
        np.float32(2.5),
        np.zeros([0, 3], np.float32),
        np.array([1.5, 2.5], np.float16),
        np.array([1 + 2j, 3j], np.complex128),
        np.array([True, False]),
        np.array([b"x", b""], dtype=object),
    ],
    ids=lambda value: str(value.dtype),
)
def test_tensor_protos(value: Any, oracle: ModuleType) -> None:
    mine, other = graphflow.make_tensor_proto(value), oracle.make_tensor_proto(value)
    assert mine.SerializeToString() == other.SerializeToString()
    back = graphflow.make_ndarray(mine)
    assert back.dtype == value.dtype
    np.testing.assert_array_equal(back, value)


def test_a_single_element_stands_for_all() -> None:
    proto = graphflow.make_tensor_proto(7, shape=[2, 2])
    assert list(proto.int_val) == [7]
    np.testing.assert_array_equal(graphflow.make_ndarray(proto), [[7, 7], [7, 7]])
    with pytest.raises(TypeError, match="Expected Tensor's shape"):
        graphflow.make_tensor_proto([1, 2], shape=[3], verify_shape=True)
    with pytest.raises(ValueError, match="Too many elements"):
        graphflow.make_tensor_proto([1, 2, 3], shape=[2])


def test_attributes_come_back() -> None:
    with graphflow.Graph().as_default():
        op = graphflow.placeholder(graphflow.float32, [2, None], name="p").op
    attrs = {name: attr_from_proto(proto) for name, proto in op.node_def.attr.items()}
    assert attrs["dtype"] == graphflow.float32
    assert attrs["shape"].as_list() == [2, None]


def test_a_message_is_loaded_when_asked_for() -> None:
    assert graphflow.GraphDef().versions.producer == 0
    with pytest.raises(AttributeError, match="no attribute 'NoSuchDef'"):
        _ = graphflow.NoSuchDef
