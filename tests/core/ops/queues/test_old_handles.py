"""Queues of GraphDefs from before TF 1.0, whose handles are references to strings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import graphflow as tf

KINDS = ["FIFOQueue", "RandomShuffleQueue", "PaddingFIFOQueue", "PriorityQueue"]


def old_graph_def(kind: str) -> Any:
    """A graph of today with one of each node on a queue, its op types those of old."""
    shapes: Any = [[]]
    with tf.Graph().as_default() as graph:
        if kind == "RandomShuffleQueue":
            queue = tf.RandomShuffleQueue(8, 0, tf.int32, shapes, name="q")
        else:
            queue = getattr(tf, kind)(8, tf.int32, shapes, name="q")
        x = tf.placeholder(tf.int64 if kind == "PriorityQueue" else tf.int32, name="x")
        element = [x, 3] if kind == "PriorityQueue" else [x]
        queue.enqueue(element, name="put")
        rows = [x, [3, 4]] if kind == "PriorityQueue" else [x]
        queue.enqueue_many(rows, name="put_rows")
        queue.dequeue(name="take")
        queue.dequeue_many(1, name="take_rows")
        queue.dequeue_up_to(5, name="take_up_to")
        queue.size(name="size")
        queue.is_closed(name="closed")
        queue.close(name="close")
        graph_def = graph.as_graph_def()
    for node in graph_def.node:
        if "Queue" in node.op:
            node.op = node.op.removesuffix("V2")
    return graph_def


@pytest.mark.parametrize("kind", KINDS)
def test_an_old_graph_runs(kind: str) -> None:
    tf.import_graph_def(old_graph_def(kind), name="")
    graph = tf.get_default_graph()
    assert graph.get_tensor_by_name("q:0").dtype == tf.string._as_ref
    assert graph.get_tensor_by_name("q:0").shape.as_list() == [2]
    with tf.Session() as session:
        session.run("put", {"x:0": 1})
        session.run("put_rows", {"x:0": [2, 2]})
        assert session.run("size:0") == 3
        taken = [np.ravel(session.run(name))[0] for name in ("take:0", "take_rows:0")]
        assert not session.run("closed:0")
        session.run("close")
        taken += session.run("take_up_to:0").tolist()
        assert sorted(taken) == [1, 2, 2]
        assert session.run("closed:0")
        with pytest.raises(tf.errors.OutOfRangeError, match=f"{kind} '_0_q' is closed"):
            session.run("take:0")


def test_a_queue_object_for_an_old_handle() -> None:
    tf.import_graph_def(old_graph_def("FIFOQueue"), name="")
    handle = tf.get_default_graph().get_tensor_by_name("q:0")
    queue = tf.QueueBase([tf.int32], [[]], None, handle)
    nodes = [queue.enqueue([1]), queue.dequeue().op, queue.size().op, queue.close()]
    assert [op.type for op in nodes] == ["QueueEnqueue", "QueueDequeue", "QueueSize", "QueueClose"]
    with tf.Session() as session:
        session.run(nodes[0])
        assert session.run(nodes[2].outputs[0]) == 1


def test_an_old_handle_of_a_queue_of_today() -> None:
    from graphflow.core.ops.queues import fake_queue_op

    queue = tf.FIFOQueue(4, tf.int32, shapes=[[]])
    old = tf.QueueBase([tf.int32], [[]], None, fake_queue_op(queue.queue_ref))
    with tf.Session() as session:
        session.run(old.enqueue([5]))
        assert session.run(queue.dequeue()) == 5


def test_a_handle_of_something_else() -> None:
    variable = tf.get_variable("v", [], use_resource=True)
    queue = tf.QueueBase([tf.int32], [[]], None, variable.handle)
    with (
        tf.Session() as session,
        pytest.raises(tf.errors.InvalidArgumentError, match="access a queue by the handle of a"),
    ):
        session.run(queue.size())
