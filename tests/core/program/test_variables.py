"""Variables in plans: reads keep their value, updates keep their order, what is steady is kept."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from core.native import host_ops, last_plan, plan_of, program_of, session
from core.plan.checks import check_plan

import graphflow as tf
from graphflow.core.ops.lowering import Home
from graphflow.core.program.variables import find_uses
from graphflow.core.variables.resource_variable import is_resource_variable

SIZE = 3000  # more than what a run copies


@pytest.fixture(params=[False, True], ids=["reference", "resource"])
def v(request) -> Any:
    return tf.Variable(np.ones(SIZE, np.float32), name="v", use_resource=request.param)


def run(fetches: Any, runs: int = 2) -> list[Any]:
    """What runs give natively, which is what they give when they are interpreted."""
    found = []
    for jit in ("now", "off"):
        with session(jit=jit) as sess:
            sess.run(tf.global_variables_initializer())
            found.append([sess.run(fetches) for _ in range(runs)])
            found[-1].append(sess.run(tf.global_variables()))
            if jit == "now":
                check_plan(last_plan(sess))
                assert host_ops(last_plan(sess)) == []
    for one, other in zip(*found, strict=True):
        for a, b in zip(flat(one), flat(other), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-6)
    return found[0]


def flat(values: Any) -> list[Any]:
    if isinstance(values, list):
        return [item for value in values for item in flat(value)]
    return [] if values is None else [values]


def test_a_value_that_was_read_before_an_update_stays(v) -> None:
    before = v.read_value()
    with tf.control_dependencies([before]):
        update = v.assign_add(tf.fill([SIZE], 2.0))
    with tf.control_dependencies([update]):
        after = v.read_value()
        late = before * 10.0  # reads `before` when the variable is another
    for number, (b, _, a, product) in enumerate(run([before, update, after, late])[:2]):
        assert (b[0], a[0]) == (1 + 2 * number, 3 + 2 * number)
        # As in TF: what was read of a reference is its memory, of a resource a value.
        assert product[0] == 10 * (b[0] if is_resource_variable(v) else a[0])


def test_a_read_is_a_copy_only_where_it_is_needed_after_a_write() -> None:
    v = tf.Variable(np.ones(SIZE, np.float32), use_resource=False)
    read = v.read_value()
    early = read * 2.0
    assert not find_uses(program_of(early)).copied
    with tf.control_dependencies([early]):
        update = v.assign_add(tf.ones([SIZE]))
    assert not find_uses(program_of([early, update.op])).copied
    assert len(find_uses(program_of([read, update.op])).copied) == 1


def test_updates_keep_their_order(v) -> None:
    first = v.assign_add(tf.fill([SIZE], 1.0))
    with tf.control_dependencies([first]):
        second = v.assign(v.read_value() * 3.0)
    with tf.control_dependencies([second]):
        third = v.assign_sub(tf.fill([SIZE], 2.0))
    results = run([first.op, second.op, third.op])
    assert results[-1][0][0] == ((1 + 1) * 3 - 2 + 1) * 3 - 2


def test_a_variable_that_is_updated_twice_in_one_kernel(v) -> None:
    """Both updates are elementwise and fuse; the second one builds on the first."""
    first = v.assign_add(tf.fill([SIZE], 1.0))
    with tf.control_dependencies([first]):
        second = v.assign_add(tf.fill([SIZE], 10.0))
    with tf.control_dependencies([second]):
        read = v.read_value() * 2.0
    assert run([second.op, read])[0][1][0] == 24.0


def test_variables_that_swap_their_values(v) -> None:
    w = tf.Variable(np.full(SIZE, 5, np.float32), name="w")
    old_v, old_w = v.read_value(), w.read_value()
    with tf.control_dependencies([old_v, old_w]):
        swap = [v.assign(old_w).op, w.assign(old_v).op]
    assert [float(x[0]) for x in run(swap, runs=1)[-1]] == [5.0, 1.0]


def test_an_update_by_what_another_update_gives(v) -> None:
    w = tf.Variable(np.zeros(SIZE, np.float32), name="w")
    update = v.assign_add(tf.ones([SIZE]))
    chained = w.assign_add(update * 2.0)
    results = run([chained.op])
    assert [float(x[0]) for x in results[-1]] == [3.0, 10.0]


def test_a_variable_that_a_gradient_step_and_a_read_share(v) -> None:
    loss = tf.reduce_sum(tf.square(v)) / SIZE
    step = tf.train.GradientDescentOptimizer(SIZE / 4).minimize(loss)
    assert [float(x[0]) for x in run([loss, step])[:2]] == [1.0, 0.25]


def test_reading_the_variable_itself_beside_an_update(v) -> None:
    update = v.assign_add(tf.ones([SIZE]))
    first, _ = run([v, update.op])[:2]
    assert first[0].shape == (SIZE,)


def test_what_depends_on_steady_variables_is_computed_once() -> None:
    x = tf.placeholder(tf.float32, [4, 30])
    w = tf.Variable(np.ones((30, 20), np.float32), name="w")
    steps = tf.Variable(0, name="steps")
    y = tf.matmul(x, tf.exp(w)) + 1.0
    plan = plan_of(y, [x])
    assert [c.kernel.name for g in plan.prologue for c in g.calls][0] == "Exp"
    # An update of another variable changes nothing about that; one of this variable does.
    plan = plan_of([y, steps.assign_add(1).op], [x])
    assert "Exp" in [c.kernel.name for g in plan.prologue for c in g.calls]
    plan = plan_of([y, w.assign_add(tf.ones([30, 20])).op], [x])
    assert not plan.prologue


def test_a_prologue_writes_only_the_arena_and_draws_nothing() -> None:
    v = tf.Variable(np.ones(SIZE, np.float32))
    noise = tf.random_uniform([SIZE], seed=1) + v.read_value()
    picked = tf.gather(v.read_value(), tf.constant([1, 2]))
    plan = plan_of([noise, picked, v.read_value() * 2.0])
    calls = [call for group in plan.prologue for call in group.calls]
    assert [call.kernel.name for call in calls] == ["Mul"]
    for call in calls:
        assert call.failure is None
        assert all(o.buffer.storage.home is not Home.STATE for o in call.operands)


def test_host_steps_read_and_write_variables_in_order() -> None:
    v = tf.Variable(np.zeros(SIZE, np.float32), name="v", use_resource=False)
    first = v.assign_add(tf.ones([SIZE]))
    with tf.control_dependencies([first]):
        seen = tf.py_func(lambda a: a * 10, [v.read_value()], tf.float32)
    seen.set_shape([SIZE])
    with tf.control_dependencies([seen]):
        second = v.assign(seen + v.read_value())
    with session() as sess:
        sess.run(v.initializer)
        for wanted in (11.0, 132.0):
            sess.run(second.op)
            assert sess.run(v)[0] == wanted
        assert host_ops(last_plan(sess)) == []  # of the read


@pytest.mark.parametrize("computed", [False, True])
def test_an_update_waits_for_what_its_values_wait_for(computed: bool) -> None:
    """TF gives the control input to the constant, from which alone the update is made."""
    x = tf.placeholder(tf.int32, [2])
    updated = tf.Variable(np.zeros(4, np.float32), use_resource=False)
    with tf.control_dependencies([tf.floordiv(6, x)]):
        ones = tf.ones([4])
        update = updated.assign_add(ones * tf.cast(x[0], tf.float32) if computed else ones)
    assert not update.op.control_inputs
    with session() as sess:
        sess.run(updated.initializer)
        with pytest.raises(tf.errors.InvalidArgumentError, match="division by zero"):
            sess.run(update.op, {x: [1, 0]})
        np.testing.assert_array_equal(sess.run(updated), 0)
        sess.run(update.op, {x: [1, 2]})
        np.testing.assert_array_equal(sess.run(updated), 1)
