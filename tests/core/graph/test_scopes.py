"""Scopes: what holds for the nodes made inside, in which thread, and when it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

import graphflow as tf
from graphflow.protos.graph_pb2 import AttrValue


def _in_two_threads(
    scope: Callable[[int], AbstractContextManager[Any]], make: Callable[[], tf.Operation]
) -> list[tf.Operation]:
    """A node of each thread, made while both of them are in scopes."""
    both_inside = threading.Barrier(2)
    made: dict[int, tf.Operation] = {}

    def work(index: int) -> None:
        with scope(index):
            both_inside.wait()
            made[index] = make()
            both_inside.wait()

    threads = [threading.Thread(target=work, args=(index,)) for index in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [made[index] for index in range(2)]


def test_threads_have_name_scopes_of_their_own():
    graph = tf.get_default_graph()
    with graph.name_scope("main"):
        nodes = _in_two_threads(
            lambda index: graph.name_scope(f"thread_{index}"), lambda: graph.create_op("NoOp", [])
        )
        assert graph.get_name_scope() == "main"
    assert [node.name for node in nodes] == ["thread_0/NoOp", "thread_1/NoOp"]


def test_threads_never_get_the_same_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread is stopped between looking a name up and taking it, and another one tries."""
    graph = tf.get_default_graph()
    names: list[str] = []

    class Names(dict[str, int]):
        def get(self, key: str, default: Any = None) -> Any:
            count = super().get(key, default)
            if not others:
                other = threading.Thread(target=lambda: names.append(graph.unique_name("x")))
                others.append(other)
                other.start()
                other.join(0.05)  # it ends within this time only if nothing holds it up
            return count

    others: list[threading.Thread] = []
    monkeypatch.setattr(graph, "_names_in_use", Names())
    names.append(graph.unique_name("x"))
    others[0].join()
    assert sorted(names) == ["x", "x_1"]


def test_threads_can_have_other_scopes_of_their_own():
    graph = tf.get_default_graph()
    beside = [tf.no_op(), tf.no_op()]

    def make() -> tf.Operation:
        return graph.create_op("NoOp", [])

    with graph.device("/job:worker"):
        graph.switch_to_thread_local()
        nodes = _in_two_threads(lambda index: graph.device(f"/gpu:{index}"), make)
        assert [n.device for n in nodes] == [f"/job:worker/device:GPU:{i}" for i in range(2)]
        graph.switch_to_thread_local()
        assert make().device == "/job:worker"
    nodes = _in_two_threads(lambda index: graph.control_dependencies([beside[index]]), make)
    assert [node.control_inputs for node in nodes] == [[op] for op in beside]
    nodes = _in_two_threads(lambda index: graph.colocate_with(beside[index]), make)
    assert [node.colocation_groups() for node in nodes] == [[b"loc:@NoOp"], [b"loc:@NoOp_1"]]
    assert make().device == ""


def test_the_root_can_be_entered_again():
    with tf.name_scope("a"), tf.name_scope("/") as scope:
        assert scope == "/"
        assert tf.no_op().name == "NoOp"
    with tf.name_scope("b//") as scope:
        assert scope == "b//"


def test_device_scopes_are_left_in_order():
    outer = tf.device("/gpu:0")
    outer.__enter__()
    with tf.device("/gpu:1"), pytest.raises(RuntimeError, match="without proper scope nesting"):
        outer.__exit__(None, None, None)


def test_attributes_of_a_scope():
    graph = tf.get_default_graph()

    def attributes() -> dict[str, Any]:
        node = tf.no_op()
        return {key: node.get_attr(key) for key in ("_A", "_B") if key in node.node_attrs}

    with graph._attr_scope({"_A": AttrValue(s=b"one")}):
        with graph._attr_scope({"_A": None, "_B": AttrValue(s=b"two")}):
            assert attributes() == {"_B": b"two"}
        assert attributes() == {"_A": b"one"}
    assert attributes() == {}


def test_init_scope_leaves_branches():
    def branch() -> Any:
        with tf.name_scope("inside"), tf.init_scope():
            lifted.append(tf.constant(1.0))
        return tf.constant(2.0)

    lifted: list[Any] = []
    before = tf.no_op()
    with tf.device("/gpu:3"), tf.control_dependencies([before]):
        tf.cond(tf.constant(True), branch, branch)
    assert [t.name for t in lifted] == ["cond/inside/Const:0", "cond/inside_1/Const:0"]
    for constant in lifted:
        assert constant.graph is tf.get_default_graph()
        assert constant.device == "/device:GPU:3"
        assert constant.op.control_inputs == []


def test_init_scope_leaves_graphs_that_are_marked_as_functions():
    outer, function = tf.Graph(), tf.Graph()
    function._building_function = True
    with outer.as_default(), tf.device("/cpu:0"), function.as_default():
        with tf.init_scope():
            assert tf.get_default_graph() is outer
            assert tf.no_op().device == "/device:CPU:0"
        with tf.device("/gpu:0"), tf.init_scope():
            assert tf.no_op().device == "/device:GPU:0"
        assert tf.no_op().device == ""
