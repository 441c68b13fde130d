"""Programs that go on as programs of their own where shapes become known in a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from core.native import (
    assert_same_numbers,
    host_ops,
    last_plan,
    native_plans,
    op_names,
    program_of,
    session,
)

import graphflow as tf
from graphflow.core.passes.continue_later import continue_later
from graphflow.core.passes.drop_dead import drop_dead
from graphflow.core.program.program import Program, verify

X = np.random.default_rng(0).standard_normal((9, 4)).astype(np.float32)


def split(fetches: Any, feeds: Sequence[Any], shapes: Any = None) -> Program:
    """The program after the pass, which changes no number of it."""
    whole = drop_dead(program_of(fetches, feeds, shapes))
    program = continue_later(whole)
    verify(program)
    for node in program.nodes:
        if "program" in node.attrs:
            verify(node.attrs["program"])
    return program


def rest_of(program: Program) -> Program:
    """The program of the only `_Continue`."""
    (rest,) = [node.attrs["program"] for node in program.nodes if node.op.name == "_Continue"]
    return rest


def positive(x: Any) -> Any:
    """The rows whose first element is positive: nobody knows how many."""
    return tf.boolean_mask(x, x[:, 0] > 0)


def dense(x: Any, units: int) -> Any:
    w = tf.Variable(np.ones((x.shape[-1].value, units), np.float32) * 0.1, use_resource=False)
    return tf.nn.relu(tf.matmul(x, w) + tf.Variable(tf.zeros([units]), use_resource=False))


# --- what the pass does ---------------------------------------------------------------------------


def test_the_rest_has_what_is_not_needed_before() -> None:
    x = tf.placeholder(tf.float32, [9, 4])
    before = tf.exp(x)
    y = tf.reduce_sum(tf.nn.softmax(positive(before) * 2.0 + 1.0)) + tf.reduce_sum(tf.tanh(x))
    program = split(y, [x])
    assert "Softmax" not in op_names(program) and "Tanh" not in op_names(program)
    assert "Exp" in op_names(program) and "Where" in op_names(program)
    assert {"Softmax", "Tanh", "Sum"} <= set(op_names(rest_of(program)))
    assert_same_numbers(drop_dead(program_of(y, [x])), program, [X])


def test_few_nodes_stay() -> None:
    x = tf.placeholder(tf.float32, [9, 4])
    y = positive(x) * 2.0
    assert "_Continue" not in op_names(split([y, tf.shape(y)], [x]))


def test_known_shapes_stay() -> None:
    x = tf.placeholder(tf.float32, [9, 4])
    hidden = tf.py_func(lambda v: v, [x], tf.float32)
    hidden.set_shape([9, 4])
    y = tf.nn.softmax(tf.exp(hidden) * 2.0 + 1.0)
    assert "_Continue" not in op_names(split(y, [x]))


def test_constants_and_variables_are_not_passed() -> None:
    x = tf.placeholder(tf.float32, [9, 4])
    y = dense(dense(positive(x), 5), 6) + 1.0
    rest = rest_of(split(y, [x]))
    passed = [rest.nodes[index].output_dtypes[0] for index in rest.args]
    assert passed == [tf.float32, tf.int64]  # x, and which rows
    assert op_names(rest).count("MatMul") == 2


def test_results_of_both_parts_and_what_they_share() -> None:
    x = tf.placeholder(tf.float32, [9, 4])
    before, constant = tf.exp(x), tf.constant(3.0)
    y = tf.nn.softmax(positive(before) * constant + 1.0)
    fetches = [y, before, constant, tf.reduce_sum(before), tf.reduce_sum(y * y), y]
    program = split(fetches, [x])
    assert "_Continue" in op_names(program)
    assert_same_numbers(drop_dead(program_of(fetches, [x])), program, [X])


def test_a_source_behind_another_is_met_again() -> None:
    x = tf.placeholder(tf.float32, [9, 4])
    y = positive(tf.nn.softmax(positive(x) + 1.0) * 3.0 - 0.5)
    y = tf.nn.softmax(tf.exp(y) * 2.0 + 1.0)
    assert "Where" in op_names(rest_of(split(y, [x])))
    with session() as sess:
        wanted = session(jit="off").run(y, {x: X})
        np.testing.assert_allclose(sess.run(y, {x: X}), wanted, rtol=1e-6)


# --- what runs compute ----------------------------------------------------------------------------


def trained(make: Callable[[Any], Any], jit: str) -> list[np.ndarray]:
    """Losses and variables of three steps on different numbers of rows."""
    tf.reset_default_graph()
    tf.set_random_seed(3)
    x = tf.placeholder(tf.float32, [None, 4])
    loss = make(x)
    step = tf.train.AdamOptimizer(0.1).minimize(loss)
    found = []
    with session(2, jit=jit) as sess:
        sess.run(tf.global_variables_initializer())
        for rows in (9, 9, 7, 9, 8):
            found.append(sess.run([loss, step], {x: X[:rows]})[0])
        found += sess.run(tf.global_variables())
        if jit == "now":
            assert host_ops(last_plan(sess)) == [] or "_Continue" in host_ops(last_plan(sess))
    return found


def repeated(h: Any) -> Any:
    return tf.while_loop(lambda i, _: i < 3, lambda i, h: (i + 1, tf.tanh(h)), [0, h])[1]


def chosen(x: Any, h: Any) -> Any:
    return tf.cond(tf.reduce_sum(x) > 0, lambda: tf.reduce_sum(h), lambda: tf.reduce_mean(h))


NETS: dict[str, Callable[[Any], Any]] = {
    "mask": lambda x: tf.reduce_mean(dense(positive(x), 5) ** 2),
    "python": lambda x: tf.reduce_mean(
        dense(tf.reshape(tf.py_func(lambda v: v[1:], [x], tf.float32), [-1, 4]), 5) ** 2
    ),
    "dropout": lambda x: tf.reduce_mean(tf.nn.dropout(dense(positive(x), 5), rate=0.5, seed=1)),
    "loop": lambda x: tf.reduce_sum(repeated(dense(positive(x), 5))),
    "branch": lambda x: chosen(x, dense(positive(x), 5)),
    "two sources": lambda x: (
        tf.reduce_mean(dense(positive(x), 3)) + tf.reduce_mean(dense(positive(-x), 3))
    ),
}


@pytest.mark.parametrize("name", NETS)
def test_training_is_as_interpreted(name: str) -> None:
    for ours, wanted in zip(trained(NETS[name], "now"), trained(NETS[name], "off"), strict=True):
        np.testing.assert_allclose(ours, wanted, rtol=1e-5, atol=1e-6)


def test_the_rest_is_planned_for_the_shapes_that_it_meets() -> None:
    x = tf.placeholder(tf.float32, [None, 4])
    y = dense(positive(x), 5) + 1.0
    few, many = np.ones((3, 4), np.float32), np.ones((6, 4), np.float32)
    with session() as sess:
        sess.run(tf.global_variables_initializer())
        for rows in (few, many, few):
            assert sess.run(y, {x: rows}).shape == (len(rows), 5)
        rests = [plan._host_steps._rest for plan in native_plans(sess)[1:]]
        assert len(rests) == 2  # x is fed with two shapes
        for rest in rests:
            assert rest is not None
            (shaped,) = rest._shaped.values()
            assert host_ops(shaped.plan.plan) == []


@pytest.mark.parametrize("use_resource", [False, True])
def test_updates_and_reads_keep_their_order(use_resource: bool) -> None:
    x = tf.placeholder(tf.float32, [9, 4])
    v = tf.Variable(1.0, use_resource=use_resource)
    early = v.read_value()  # is needed first
    rows = positive(x * early)
    with tf.control_dependencies([rows]):
        assigned = v.assign(5.0)
    with tf.control_dependencies([assigned]):
        late = v.read_value()
    y = tf.reduce_sum(tf.exp(rows * 0.0) * late * 2.0)
    fetches = [early, late, y, tf.shape(rows)[0]]
    assert "_Continue" in op_names(split(fetches, [x]))
    with session() as sess:
        for _ in range(2):
            sess.run(v.initializer)
            before, after, total, count = sess.run(fetches, {x: X})
            assert (before, after, total) == (1.0, 5.0, 10.0 * 4 * count)
            assert sess.run(v) == 5.0


def test_a_variable_written_before_is_read_after() -> None:
    x = tf.placeholder(tf.float32, [9, 4])
    v = tf.Variable(1.0, use_resource=False)
    with tf.control_dependencies([v.assign_add(1.0)]):
        rows = positive(x * v.read_value())
    y = tf.reduce_sum(tf.exp(rows * 0.0) * v * 2.0)
    with session() as sess:
        sess.run(v.initializer)
        for step in (2, 3):
            total, count = sess.run([y, tf.shape(rows)[0]], {x: X})
            assert total == 2 * step * 4 * count


def test_what_may_wait_behind_a_source_stays() -> None:
    x = tf.placeholder(tf.float32, [9, 4])
    queue = tf.FIFOQueue(4, [tf.float32])
    put = queue.enqueue([tf.nn.softmax(tf.exp(positive(x)) * 2.0 + 1.0)])
    assert "_Continue" not in op_names(split([put], [x]))


def test_what_waits_for_nothing_of_the_rest_comes_first() -> None:
    x = tf.placeholder(tf.float32, [9, 4])
    queue = tf.FIFOQueue(4, [tf.float32])
    y = tf.reduce_sum(tf.nn.softmax(tf.exp(positive(x)) * 2.0 + 1.0))
    fetches = [y, queue.dequeue(), queue.enqueue([2.0])]
    assert "QueueDequeueV2" in op_names(split(fetches, [x]))
    with session() as sess:
        assert sess.run(fetches, {x: X})[1] == 2.0


def test_a_dequeued_batch_is_computed_natively() -> None:
    queue = tf.FIFOQueue(4, [tf.float32])
    x = tf.reshape(queue.dequeue(), [-1, 4])
    y = tf.reduce_sum(dense(x, 5) * 2.0)
    with session() as sess:
        sess.run(tf.global_variables_initializer())
        for rows in (3, 3, 2):
            sess.run(queue.enqueue([X[:rows]]))
            wanted = np.maximum(X[:rows] @ np.full((4, 5), 0.1), 0).sum() * 2
            np.testing.assert_allclose(sess.run(y), wanted, rtol=1e-5)
        assert "_Continue" in [op for plan in native_plans(sess) for op in host_ops(plan.plan)]


def test_errors_name_the_node_of_the_rest() -> None:
    x = tf.placeholder(tf.float32, [9, 4])
    rows = tf.exp(positive(x)) * 2.0 + 1.0
    y = tf.gather(rows, 100, name="too_far")
    with session() as sess:
        with pytest.raises(tf.errors.InvalidArgumentError, match="too_far"):
            sess.run(y, {x: X})


def test_a_profile_shows_the_nodes_of_the_rest() -> None:
    x = tf.placeholder(tf.float32, [9, 4])
    y = tf.nn.softmax(positive(x) * 2.0 + 1.0, name="shares")
    metadata = tf.RunMetadata()
    options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
    with session() as sess:
        sess.run(y, {x: X}, options, metadata)
    names = [
        node.node_name for device in metadata.step_stats.dev_stats for node in device.node_stats
    ]
    assert "shares" in names


def test_shapes_that_never_come_again_are_not_planned(monkeypatch) -> None:
    from graphflow.core.runtime import make_native

    planned: list[Any] = []
    plan_program = make_native.plan_program
    monkeypatch.setattr(
        make_native, "plan_program", lambda *args: (planned.append(args), plan_program(*args))[1]
    )
    x = tf.placeholder(tf.float32, [None])
    y = tf.exp(x) + 1.0
    with session() as sess:
        for size in range(1, 30):
            np.testing.assert_array_equal(sess.run(y, {x: np.zeros(size)}), [2.0] * size)
        assert len(planned) == 8
        for _ in range(2):
            sess.run(y, {x: np.zeros(29)})
        assert len(planned) == 9
