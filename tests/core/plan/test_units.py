"""Elementwise nodes become units; units never wait for each other in a circle."""

from __future__ import annotations

from typing import Any

import networkx
import numpy as np
from core.native import host_ops, last_plan, plan_of, program_of, session
from core.plan.checks import check_plan
from core.runtime.random_graphs import RandomGraph, random_graphs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import graphflow as tf
from graphflow.core.plan.fusion import elementwise_shape
from graphflow.core.plan.units import MAX_FUSED_NODES, MAX_FUSED_VALUES, Unit, make_units
from graphflow.core.program.program import Program
from graphflow.core.program.variables import find_uses, root_of


def units_of(program: Program) -> list[Unit]:
    uses = find_uses(program)
    return make_units(program, uses, lambda index: elementwise_shape(program, uses, index))


def check_units(program: Program) -> list[Unit]:
    """That units are a partition, and stand in an order in which they can run."""
    uses = find_uses(program)
    units = units_of(program)
    place = {index: number for number, unit in enumerate(units) for index in unit.nodes}
    assert len(place) == sum(len(unit.nodes) for unit in units)
    graph = networkx.DiGraph()
    for index, node in enumerate(program.nodes):
        if index not in place:
            continue
        sources = {root_of(value, uses).node for value in node.inputs}
        for source in sources | uses.order.get(index, set()):
            if source in place and place[source] != place[index]:
                graph.add_edge(place[source], place[index])
                assert place[source] < place[index]
    assert networkx.is_directed_acyclic_graph(graph)
    return units


def fused_names(program: Program) -> list[list[str]]:
    """The op types of each fused unit."""
    units = check_units(program)
    return [[program.nodes[i].op.name for i in unit.nodes] for unit in units if unit.is_fused]


def kernels(plan: Any) -> list[str]:
    return [call.kernel.name for call in plan.calls]


def test_a_chain_becomes_one_kernel() -> None:
    x = tf.placeholder(tf.float32, [10])
    y = tf.tanh(tf.exp(x) * 2.0 + 1.0)
    assert fused_names(program_of(y, [x])) == [["Exp", "Mul", "AddV2", "Tanh"]]
    assert kernels(plan_of(y, [x])) == ["Exp+Mul+AddV2+Tanh"]


def test_a_path_that_leaves_a_unit_and_comes_back_divides_it() -> None:
    x = tf.placeholder(tf.float32, [4, 4])
    h = tf.exp(x)
    y = h * tf.matmul(h, h)
    assert fused_names(program_of(y, [x])) == [["Exp"], ["Mul"]]


def test_a_path_through_units_that_were_joined_before() -> None:
    """`late` and `e` may not join: late waits for u2, which waits for v1, which has joined with v2
    and so waits for e. All of u and u2 stand before e in the program."""
    a, b = tf.placeholder(tf.float32, [4, 4]), tf.placeholder(tf.float32, [1, 4])
    v1 = tf.exp(a)
    u = tf.matmul(v1, v1)
    u2 = tf.reduce_sum(tf.matmul(u, u), 0, keepdims=True)
    e = tf.tanh(b)
    v2 = v1 + e
    late = u2 + e
    program = program_of([v2, late], [a, b])
    assert fused_names(program) == [["Tanh"], ["Exp", "AddV2"], ["AddV2"]]
    check_plan(plan_of([v2, late], [a, b]))


def test_shapes_that_are_broadcast_are_computed_by_themselves() -> None:
    x, row = tf.placeholder(tf.float32, [5, 6]), tf.placeholder(tf.float32, [6])
    assert fused_names(program_of(x + tf.exp(row), [x, row])) == [["Exp"], ["AddV2"]]


def test_units_are_limited() -> None:
    x = tf.placeholder(tf.float32, [10])
    y = x
    for _ in range(2 * MAX_FUSED_NODES):
        y = tf.tanh(y)
    sizes = [len(names) for names in fused_names(program_of(y, [x]))]
    assert sizes == [MAX_FUSED_NODES, MAX_FUSED_NODES]


def test_a_kernel_of_more_values_than_there_are_registers() -> None:
    xs = [tf.placeholder(tf.float32, [10]) for _ in range(3 * MAX_FUSED_VALUES)]
    y = xs[0]
    for x in xs[1:]:
        y = y * x
    arrays = [np.full(10, 1 + i / 100, np.float32) for i in range(len(xs))]
    with session() as sess, session(jit="off") as reference:
        feed = dict(zip(xs, arrays, strict=True))
        np.testing.assert_allclose(sess.run(y, feed), reference.run(y, feed), rtol=1e-5)
        assert len(last_plan(sess).calls) == 2


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(random_graphs(size=50))
def test_units_of_random_graphs_can_run(graph: RandomGraph):
    check_units(program_of([*graph.fetches, *graph.updates], list(graph.feeds)))


@settings(max_examples=80)
@given(st.data())
def test_units_of_random_webs_can_run(data):
    """Elementwise nodes of two shapes, and nodes in between that are of none."""
    tf.reset_default_graph()
    wide = [tf.placeholder(tf.float32, [4, 4])]
    flat = [tf.placeholder(tf.float32, [1, 4])]
    feeds = [*wide, *flat]
    for _ in range(data.draw(st.integers(4, 24))):
        kind = data.draw(st.sampled_from(["wide", "flat", "product", "row", "spread"]))
        w, f = data.draw(st.sampled_from(wide)), data.draw(st.sampled_from(flat))
        if kind == "wide":
            wide.append(w + data.draw(st.sampled_from(wide)))
        elif kind == "flat":
            flat.append(f * data.draw(st.sampled_from(flat)))
        elif kind == "product":
            wide.append(tf.matmul(w, data.draw(st.sampled_from(wide))))
        elif kind == "row":
            flat.append(tf.reduce_max(w, 0, keepdims=True))
        else:
            wide.append(w - f)
    check_units(program_of([*wide, *flat], feeds))


# --- what fusion would swallow -------------------------------------------------------------------


def test_fetching_what_a_kernel_would_swallow() -> None:
    x = tf.placeholder(tf.float32, [2, 6, 6, 3])
    conv = tf.nn.conv2d(x, tf.ones([3, 3, 3, 4]), [1, 1, 1, 1], "SAME", name="conv")
    biased = conv + tf.constant([1.0, -30.0, 2.0, 3.0])
    active = tf.nn.relu(biased)
    pooled = tf.nn.max_pool(active, [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
    flat = tf.reshape(pooled, [2, 36])
    product = tf.matmul(flat, tf.ones([36, 5]))
    hidden = tf.nn.relu(product + tf.ones([5]))
    loss = tf.reduce_sum(tf.exp(hidden * 0.001))
    gradient = tf.gradients(loss, [x, conv, active])
    steps = [conv, biased, active, pooled, flat, product, hidden, loss, *gradient]
    feed = {x: np.random.default_rng(0).standard_normal((2, 6, 6, 3)).astype(np.float32)}
    with session(jit="off") as sess:
        wanted = sess.run(steps, feed)
    with session() as sess:
        for chosen in [[i] for i in range(len(steps))] + [[0, 2, 5], [*range(len(steps))]]:
            got = sess.run([steps[i] for i in chosen], feed)
            assert host_ops(last_plan(sess)) == []
            for i, value in zip(chosen, got, strict=True):
                np.testing.assert_allclose(value, wanted[i], rtol=1e-4, atol=1e-4)


def test_what_runs_in_python_comes_together() -> None:
    x = tf.placeholder(tf.float32, [20, 20])
    made = []
    for i in range(4):
        (found,) = tf.py_func(lambda v, i=i: v + i, [tf.matmul(x, x) * float(i)], [tf.float32])
        found.set_shape([20, 20])
        made.append(tf.matmul(found, x))
    plan = plan_of(made, [x])
    kinds = [type(step).__name__ for step in plan.steps]
    assert kinds == ["Segment", *["HostStep"] * 4, "Segment"]
