"""Runs of native plans: whose arrays are whose, several threads, failures and interruptions."""

from __future__ import annotations

import gc
import threading
from typing import Any

import numpy as np
import pytest
from core.native import host_ops, last_plan, native_plans, session

import graphflow as tf
from graphflow.core.base.ref import Ref
from graphflow.core.runtime import native
from graphflow.core.runtime.instance import Instance
from graphflow.core.runtime.native import NativePlan, Running

RANDOM = np.random.default_rng(0)


# --- what users get, and what they gave -----------------------------------------------------------


def test_fetches_are_copies_whatever_made_them() -> None:
    kept = np.ones(3, np.float32)
    x = tf.placeholder(tf.float32, [3])
    text = tf.placeholder(tf.string, [2])
    v = tf.Variable(np.ones(3, np.float32))
    fetches = {
        "constant": tf.constant([1.0, 2.0, 3.0]),
        "strings": tf.constant(["a", "b"]),
        "fed": x,
        "identity": tf.identity(x),
        "fed text": tf.identity(text),
        "python": tf.py_func(lambda: kept, [], tf.float32),
        "variable": v,
        "read": v.read_value(),
        "kernel": x + 1.0,
    }
    feeds = {x: np.zeros(3, np.float32), text: np.array([b"c", b"d"], object)}
    with session() as sess:
        sess.run(v.initializer)
        first = sess.run(fetches, feeds)
        wanted = {name: value.copy() for name, value in first.items()}
        for name, value in first.items():
            value[...] = b"changed" if value.dtype == object else 77
            others = [other for key, other in first.items() if key != name]
            assert not any(np.shares_memory(value, other) for other in others), name
        second = sess.run(fetches, feeds)
    for name, value in wanted.items():
        np.testing.assert_array_equal(second[name], value, err_msg=name)
    np.testing.assert_array_equal(kept, 1)
    np.testing.assert_array_equal(feeds[x], 0)
    np.testing.assert_array_equal(feeds[text], [b"c", b"d"])


def misaligned(array: np.ndarray) -> np.ndarray:
    raw = np.zeros(array.nbytes + 1, np.uint8)
    raw[1:] = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    return raw[1:].view(array.dtype).reshape(array.shape)


def read_only(array: np.ndarray) -> np.ndarray:
    copy = array.copy()
    copy.flags.writeable = False
    return copy


FED = {
    "misaligned": misaligned,
    "big endian": lambda a: a.astype(a.dtype.newbyteorder(">")),
    "read only": read_only,
    "reversed": lambda a: a[::-1].copy()[::-1],
    "every second": lambda a: np.repeat(a, 2, axis=1)[:, ::2],
    "transposed": np.asfortranarray,
    "list": lambda a: a.tolist(),
    "subclass": lambda a: a.view(np.recarray),
}


@pytest.mark.parametrize("size", [7, 80], ids=["small", "large"])  # small ones are copied
@pytest.mark.parametrize("how", FED)
def test_arrays_are_fed_in_any_layout_and_stay_as_they_are(how: str, size: int) -> None:
    x = tf.placeholder(tf.float32, [None, None])
    fetches = [tf.exp(x) * 2.0, tf.matmul(x, x, transpose_b=True), tf.reduce_sum(x, 0)]
    array = RANDOM.random((size, size), np.float32)
    with session() as sess:
        wanted = sess.run(fetches, {x: array})
        fed: Any = FED[how](array)
        before = fed.copy()
        got = sess.run(fetches, {x: fed})
        assert len(native_plans(sess)) == 1
    for one, other in zip(got, wanted, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(fed, before)


def test_feeds_of_no_element_and_of_no_dimension() -> None:
    x = tf.placeholder(tf.float32, None)
    y = tf.exp(x) + 1.0
    with session() as sess:
        assert sess.run(y, {x: 0.0}) == 2.0
        assert sess.run(y, {x: np.zeros((2, 0, 3))}).shape == (2, 0, 3)
        assert sess.run(tf.reduce_sum(y), {x: np.zeros((0, 4))}) == 0.0
        m = tf.placeholder(tf.float32, [None, None])
        product = tf.matmul(m, m, transpose_b=True)
        np.testing.assert_array_equal(sess.run(product, {m: np.zeros((3, 0))}), np.zeros((3, 3)))
        assert sess.run(product, {m: np.zeros((0, 3))}).shape == (0, 0)


# --- variables ------------------------------------------------------------------------------------


def test_a_plan_that_failed_has_changed_what_it_has_changed(monkeypatch) -> None:
    """What another plan has computed ahead of a variable counts no more."""
    w = tf.Variable(np.ones((64, 48), np.float32))
    x = tf.placeholder(tf.float32, [None, 48])
    folded = tf.matmul(x, tf.tanh(w) * 2.0, transpose_b=True)
    ids = tf.placeholder(tf.int32, [1])
    table = tf.placeholder(tf.float32, [5])
    update = w.assign_add(np.ones((64, 48)))
    with tf.control_dependencies([update]):
        fails = tf.py_func(lambda i: i, [ids], tf.int32)
    fails.set_shape([1])
    gathered = tf.gather(table, fails)
    feed = {x: np.ones((9, 48), np.float32)}
    with session() as sess:
        sess.run(w.initializer)
        np.testing.assert_allclose(sess.run(folded, feed), 96 * np.tanh(1.0), rtol=1e-5)
        assert last_plan(sess).prologue, "nothing was computed ahead: the test tests nothing"
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"= 7 is not in \[0, 5\)"):
            sess.run([update.op, gathered], {ids: [7], table: np.zeros(5)})
        np.testing.assert_array_equal(sess.run(w), np.full((64, 48), 2.0))
        np.testing.assert_allclose(sess.run(folded, feed), 96 * np.tanh(2.0), rtol=1e-5)


def test_a_prologue_runs_again_only_when_a_variable_has_changed(monkeypatch) -> None:
    w = tf.Variable(np.ones(2000, np.float32))
    x = tf.placeholder(tf.float32, [2000])
    y = tf.reduce_sum(tf.exp(w)) + x
    plus, new = w.assign_add(tf.ones(2000)), tf.placeholder(tf.float32, [2000])
    assign = w.assign(new)
    runs: list[int] = []
    run_groups = NativePlan._run_groups

    def counting(self: NativePlan, instance: Instance, table: int, groups: Any) -> None:
        if groups is self.plan.prologue:
            runs.append(len(groups))
        run_groups(self, instance, table, groups)

    monkeypatch.setattr(NativePlan, "_run_groups", counting)
    feed = {x: np.zeros(2000, np.float32)}
    with session() as sess:
        sess.run(w.initializer)
        for _ in range(3):
            assert sess.run(y, feed)[0] == pytest.approx(2000 * np.e)
        assert len(runs) == 1
        sess.run(plus.op)
        for _ in range(2):
            assert sess.run(y, feed)[0] == pytest.approx(2000 * np.e**2)
        assert len(runs) == 2
        sess.run(assign.op, {new: np.zeros(2000)})
        assert sess.run(y, feed)[0] == pytest.approx(2000)
        w.load(np.ones(2000), sess)
        assert sess.run(y, feed)[0] == pytest.approx(2000 * np.e)
        assert len(runs) == 4


def test_kernels_read_a_variables_memory_that_another_thread_gives_up(monkeypatch) -> None:
    """A value that is replaced during a run stays in memory until the run ends."""
    v = tf.Variable(np.ones(100_000, np.float32))
    x = tf.placeholder(tf.float32, [])
    y = v * x
    bind = NativePlan._bind

    def replace_after(self: NativePlan, run: Running) -> None:
        bind(self, run)
        if self is reader:  # as a run in another thread would, and a third one, natively
            run.refs[0].value = np.full(100_000, 5, np.float32)
            self._own(run.refs[0], 0)
            gc.collect()
            filler.append(np.full(100_000, 9, np.float32))

    filler: list[np.ndarray] = []
    reader = None
    with session() as sess:
        sess.run(v.initializer)
        sess.run(y, {x: 2.0})
        reader = native_plans(sess)[-1]
        monkeypatch.setattr(NativePlan, "_bind", replace_after)
        for _ in range(3):
            assert sess.run(y, {x: 2.0}).tolist() in ([2.0] * 100_000, [10.0] * 100_000)
    assert len(filler) == 3


def test_a_shape_that_another_thread_changes_is_noticed(monkeypatch) -> None:
    v = tf.Variable(np.ones(5000, np.float32), name="v")
    sleep = tf.py_func(lambda: v_ref[0].__setattr__("value", np.ones(3, np.float32)), [], [])
    with tf.control_dependencies([sleep]):
        y = tf.py_func(lambda: np.float32(1), [], tf.float32)
    y.set_shape([])
    v_ref: list[Ref] = []
    with session() as sess:
        sess.run(v.initializer)
        (cell,) = sess._state.variables.values()
        v_ref.append(cell)
        with pytest.raises(tf.errors.AbortedError, match="shape of v was changed"):
            sess.run(v * y)
        assert sess.run(v).shape == (3,)


@pytest.mark.parametrize("threads", [1, 2])
def test_updates_of_several_threads_are_not_lost(threads: int) -> None:
    v = tf.Variable(np.zeros(3000, np.float32))
    w = tf.Variable(np.zeros(3000, np.float32))
    ones = tf.ones([3000])
    one_way = tf.group(v.assign_add(ones), w.assign_sub(ones))
    other_way = tf.group(w.assign_add(ones), v.assign_sub(2 * ones))
    start = threading.Barrier(3)

    def work(op: tf.Operation) -> None:
        start.wait()
        for _ in range(100):
            sess.run(op)

    with session(threads) as sess:
        sess.run(tf.global_variables_initializer())
        run_in_threads(work, [one_way, one_way, other_way])
        np.testing.assert_array_equal(sess.run(v), 0)
        np.testing.assert_array_equal(sess.run(w), -100)


def run_in_threads(work: Any, items: list[Any]) -> None:
    threads = [threading.Thread(target=work, args=(item,)) for item in items]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


def test_a_host_step_may_wait_for_another_run_of_the_session() -> None:
    """As a queue does: the run holds no lock meanwhile, though it updates the same variable."""
    v = tf.Variable(np.zeros(3, np.float32))
    started, done = threading.Event(), threading.Event()

    def wait() -> np.float32:
        started.set()
        assert done.wait(60)
        return np.float32(1)

    slow = tf.py_func(wait, [], tf.float32)
    slow.set_shape([])
    noise = tf.random_uniform([3], seed=1)
    slow_update = v.assign_add(tf.fill([3], slow) + 0.0 * noise)
    update = v.assign_add([10.0, 10.0, 10.0])
    with session() as sess:
        sess.run(v.initializer)
        waiting = threading.Thread(target=sess.run, args=(slow_update.op,), daemon=True)
        waiting.start()
        assert started.wait(60)
        other = threading.Thread(target=sess.run, args=([update.op, noise],), daemon=True)
        other.start()
        other.join(60)
        finished = not other.is_alive()
        done.set()
        waiting.join(60)
        other.join(60)
        np.testing.assert_array_equal(sess.run(v), 11)
    assert finished


@pytest.mark.parametrize("threads", [1, 2])
def test_a_run_inside_of_a_run(threads: int) -> None:
    v = tf.Variable(np.zeros(5000, np.float32))
    inner = v.assign_add(tf.ones([5000]))
    before = v.read_value()

    def run_inner(value: np.ndarray) -> np.ndarray:
        sess.run(inner.op)
        return value + sess.run(tf.reduce_max(v, name="max"))

    with tf.control_dependencies([before]):
        made = tf.py_func(run_inner, [tf.constant(10.0)], tf.float32)
    made.set_shape([])
    with tf.control_dependencies([made]):
        update = v.assign_add(tf.fill([5000], made))
    with session(threads) as sess:
        sess.run(v.initializer)
        for _ in range(3):
            was = sess.run(v)[0]
            got = sess.run([made, update])
            assert got[0] == 10 + was + 1
            np.testing.assert_array_equal(got[1], was + 1 + got[0])


# --- shapes that only Python knows ----------------------------------------------------------------


@pytest.mark.parametrize("declared", [100, 100_000], ids=["copied", "used in place"])
def test_a_declared_shape_that_is_wrong_is_an_error(declared: int) -> None:
    """Kernels would read what is behind the array."""
    y = tf.py_func(lambda: np.ones(10, np.float32), [], tf.float32, name="liar")
    y.set_shape([declared])
    with session() as sess, pytest.raises(tf.errors.InvalidArgumentError) as caught:
        sess.run(tf.exp(y))
    message = str(caught.value)
    assert "gave a value of shape [10], but the graph was told (by set_shape, perhaps)" in message
    assert f"[{declared}]" in message
    assert "node liar" in message and "test_native.py" in message


def test_host_steps_split_a_plan_where_shapes_depend_on_values() -> None:
    x = tf.placeholder(tf.float32, [6])
    y = tf.exp(x)
    picked = tf.boolean_mask(y, y > 1.0)
    places = tf.where(y > 1.0)
    values, index = tf.unique(tf.cast(y, tf.int32))
    text = tf.py_func(
        lambda a: np.array([b"%d" % i for i in a.ravel()], object), [places], tf.string
    )
    python = tf.py_func(lambda a: a * 2, [y], tf.float32)
    python.set_shape([6])
    back = tf.tanh(python) + y
    fetches = [picked, places, values, index, text, back]
    array = np.array([-1.0, 1.0, 2.0, 0.5, -2.0, 1.0], np.float32)
    with session() as sess, session(jit="off") as reference:
        got = sess.run(fetches, {x: array})
        for one, other in zip(got, reference.run(fetches, {x: array}), strict=True):
            if one.dtype == object:
                np.testing.assert_array_equal(one, other)
            else:
                np.testing.assert_allclose(one, other, rtol=1e-6)
        plan = last_plan(sess)
        assert {"PyFunc", "Where", "Unique"} <= {*host_ops(plan)}
        assert [type(step).__name__ for step in plan.steps].count("Segment") >= 2


# --- failures -------------------------------------------------------------------------------------


def failing_nodes() -> dict[str, tuple[Any, Any, str]]:
    """Nodes named `culprit`, feeds under which they fail, and what they say."""
    ids, labels = tf.placeholder(tf.int32, [None]), tf.placeholder(tf.int32, [None])
    table, logits = tf.placeholder(tf.float32, [5, 4]), tf.placeholder(tf.float32, [2, 4])
    zeros = {ids: [1, 7], table: np.zeros((5, 4)), labels: [3, 9], logits: np.zeros((2, 4))}
    loss = tf.nn.sparse_softmax_cross_entropy_with_logits
    return {
        "gather": (tf.gather(table, ids, name="culprit_1"), zeros, r"indices\[1\] = 7 is not in"),
        "division": (
            tf.floordiv(ids, labels - 3, name="culprit_2"),
            zeros,
            "Integer division by zero",
        ),
        "modulo": (
            tf.floormod(ids, labels - 3, name="culprit_3"),
            zeros,
            "Integer division by zero",
        ),
        "labels": (
            loss(labels=labels, logits=logits, name="culprit_4"),
            zeros,
            "label value of 9 which is outside the valid range",
        ),
    }


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("which", ["gather", "division", "modulo", "labels"])
def test_a_kernel_that_fails_says_so_and_what_waits_for_it_does_not_happen(
    which: str, threads: int
) -> None:
    tensor, feed, message = failing_nodes()[which]
    before = tf.Variable(np.zeros(4, np.float32))
    after = tf.Variable(np.zeros(4, np.float32))
    first = before.assign_add(tf.ones(4))
    with tf.control_dependencies([tensor]):
        last = after.assign_add(tf.ones(4))
    good = {key: np.where(np.asarray(v) > 4, 2, v) for key, v in feed.items()}
    with session(threads) as sess:
        sess.run(tf.global_variables_initializer())
        for _ in range(2):
            with pytest.raises(tf.errors.InvalidArgumentError, match=message) as caught:
                sess.run([tensor, first.op, last.op], feed)
            text = str(caught.value)
            assert "culprit" in text and "test_native.py" in text
            np.testing.assert_array_equal(sess.run(after), 0)
        if which == "gather":  # what failed before is forgotten
            sess.run([tensor, first.op, last.op], good)
            np.testing.assert_array_equal(sess.run(after), 1)
        if which in ("gather", "labels"):
            assert any(c.failure is not None for p in native_plans(sess) for c in p.plan.calls)


def test_memory_that_is_not_there_is_tensorflows_error(monkeypatch) -> None:
    x = tf.placeholder(tf.float32, [None])
    v = tf.Variable(0.0)

    def allocate(nbytes: int) -> np.ndarray:
        raise MemoryError("Unable to allocate")

    with session() as sess:
        sess.run(v.initializer)
        sess.run(x * v, {x: np.zeros(5)})
        native_plans(sess)[-1]._idle.clear()
        monkeypatch.setattr(Instance, "allocate", staticmethod(allocate))
        with pytest.raises(tf.errors.ResourceExhaustedError, match="Unable to allocate"):
            sess.run(x * v, {x: np.zeros(5)})


# --- interruptions --------------------------------------------------------------------------------


def test_a_session_that_is_closed_during_a_run_cancels_it() -> None:
    v = tf.Variable(np.zeros(3, np.float32))
    started, closed = threading.Event(), threading.Event()

    def wait() -> np.float32:
        started.set()
        assert closed.wait(60)
        return np.float32(1)

    slow = tf.py_func(wait, [], tf.float32)
    slow.set_shape([])
    caught: list[BaseException] = []

    def run() -> None:
        try:
            sess.run(v.assign_add(tf.fill([3], slow)).op)
        except Exception as error:
            caught.append(error)

    sess = session()
    sess.run(v.initializer)
    with sess.as_default():
        thread = threading.Thread(target=run)
        thread.start()
        assert started.wait(60)
        sess.close()
        closed.set()
        thread.join(60)
    assert [type(error) for error in caught] == [tf.errors.CancelledError]


def test_ctrl_c_in_a_run_ends_the_run_only(monkeypatch) -> None:
    """It arrives when the kernels are done; memory and locks are free for the next run."""
    v = tf.Variable(np.zeros(50_000, np.float32))
    update = v.assign_add(tf.ones([50_000]))
    run_groups = NativePlan._run_groups

    def interrupted(self: NativePlan, *args: Any) -> None:
        run_groups(self, *args)
        if interrupts:
            raise interrupts.pop()

    monkeypatch.setattr(native.NativePlan, "_run_groups", interrupted)
    interrupts: list[BaseException] = []
    ids = tf.placeholder(tf.int32, [2])
    gathered = tf.gather(tf.constant(np.ones(5, np.float32)), ids)
    with session(2) as sess:
        sess.run(v.initializer)
        sess.run(update.op)
        interrupts.append(KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            sess.run(update.op)
        interrupts.append(KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            sess.run(gathered, {ids: [1, 7]})
        np.testing.assert_array_equal(sess.run(gathered, {ids: [1, 2]}), 1)
        run_in_threads(lambda op: sess.run(op), [update.op])
        np.testing.assert_array_equal(sess.run(v), 3)
        assert len(native_plans(sess)[1]._idle) == 1


# --- profiles -------------------------------------------------------------------------------------


def test_run_metadata_has_a_time_for_each_node_of_a_native_plan() -> None:
    x = tf.placeholder(tf.float32, [64, 64], name="x")
    h = tf.nn.relu(tf.matmul(x, x, name="product"), name="relu")
    python = tf.py_func(lambda a: a, [h], tf.float32, name="python")
    python.set_shape([64, 64])
    y = tf.reduce_sum(tf.exp(python, name="grown") + 1.0, name="total")
    options, metadata = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE), tf.RunMetadata()
    with session() as sess:
        sess.run(y, {x: np.ones((64, 64))}, options, metadata)
        assert len(native_plans(sess)) == 1
    stats = metadata.step_stats.dev_stats[0].node_stats
    names = [stat.node_name for stat in stats]
    assert {"product", "python", "grown", "total"} <= {*names}
    assert all(stat.all_start_micros > 0 and stat.all_end_rel_micros >= 0 for stat in stats)
    assert "total = Sum()" in [stat.timeline_label for stat in stats]
