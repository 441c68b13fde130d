"""group and no_op: what is waited for, and the nodes, which are TensorFlow's."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

import graphflow


def several(tf: Any) -> None:
    v = tf.Variable(1.0)
    tf.no_op()
    tf.group(name="empty")
    tf.group(v.initializer, [v.assign_add(1.0), {"x": tf.constant(1.0)}], name="some")
    with tf.device("/gpu:0"):
        c = tf.constant(1.0)
    tf.group(c, v.initializer)
    tf.group(tf.IndexedSlices(tf.constant([1.0]), tf.constant([0])))


def nodes(tf: Any) -> list[Any]:
    with tf.Graph().as_default() as graph:
        several(tf)
        return [
            (op.name, op.type, sorted(c.name for c in op.control_inputs), op.device)
            for op in graph.get_operations()
        ]


def test_nodes(oracle: ModuleType) -> None:
    assert nodes(graphflow) == nodes(oracle)


def test_running_a_group_runs_its_members() -> None:
    tf = graphflow
    a, b = tf.Variable(1.0), tf.Variable(1.0, use_resource=True)
    step = tf.group(a.assign_add(1.0), b.assign_add(2.0))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run(step) is None
        assert session.run([a, b]) == [2.0, 3.0]


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="Unknown keyword arguments: nme"):
        graphflow.group(nme="x")
    for bad in (3, None):
        with pytest.raises(TypeError, match=r"tf.group\(\) takes zero or more"):
            graphflow.group(bad)
