"""When native plans take over, what happens where there can be none, and what is printed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from core.native import native_plans, session

import graphflow as tf
from graphflow.core.base.config import Config
from graphflow.core.program.interpreter import Interpreter
from graphflow.core.runtime import background, executable, make_native
from graphflow.core.session import compile as session_compile


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What would be done in the background, to be done when a test says so."""
    waiting: list[Any] = []
    monkeypatch.setattr(executable, "in_background", waiting.append)
    return waiting


@pytest.fixture
def interpreted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Grows by the number of nodes of each program that the interpreter runs."""
    runs: list[int] = []
    run_body = Interpreter.run_body

    def counting(self: Interpreter, args: Any, context: Any) -> list[Any]:
        runs.append(len(self.program.nodes))
        return run_body(self, args, context)

    monkeypatch.setattr(Interpreter, "run_body", counting)
    return runs


def small() -> tuple[Any, Any]:
    x = tf.placeholder(tf.float32, [None])
    return x, tf.exp(x) + 1.0


# --- tiers ----------------------------------------------------------------------------------------


def test_off_never_plans(jobs, interpreted) -> None:
    x, y = small()
    with session(jit="off") as sess:
        for _ in range(50):
            sess.run(y, {x: [0.0]})
        assert native_plans(sess) == jobs == []
    assert len(interpreted) == 50


def test_now_plans_at_the_first_run(jobs, interpreted) -> None:
    x, y = small()
    with session(jit="now") as sess:
        sess.run(y, {x: [0.0]})
        assert len(native_plans(sess)) == 1
    assert interpreted == jobs == []


def test_auto_interprets_until_a_plan_is_ready(jobs, interpreted) -> None:
    x, y = small()
    with session(jit="auto") as sess:
        for _ in range(30):
            np.testing.assert_array_equal(sess.run(y, {x: [0.0]}), [2.0])
        assert len(interpreted) == 30
        assert native_plans(sess) == []
        (job,) = jobs  # asked for once
        job()
        assert len(native_plans(sess)) == 1
        np.testing.assert_array_equal(sess.run(y, {x: [0.0]}), [2.0])
        assert len(interpreted) == 30
        sess.run(y, {x: [0.0, 0.0]})  # shapes of their own
        assert len(interpreted) == 31


def test_runs_leave_time_to_the_compiler(jobs, monkeypatch) -> None:
    slept: list[float] = []
    now = 0.0

    def sleep(seconds: float) -> None:
        nonlocal now
        slept.append(seconds)
        now += seconds

    def clock() -> float:
        nonlocal now
        now += 0.01  # so long takes all that is measured
        return now

    monkeypatch.setattr(executable, "perf_counter", clock)
    monkeypatch.setattr(executable, "sleep", sleep)
    x, y = small()
    with session(jit="auto") as sess:
        sess.run(y, {x: [0.0]})
        while not jobs:
            assert slept == []
            sess.run(y, {x: [0.0]})
        sess.run(y, {x: [0.0]})
        assert slept  # the plan is being made
        jobs[0]()
        slept.clear()
        sess.run(y, {x: [0.0]})
        assert slept == []


def test_nobody_waits_for_a_plan_that_could_not_be_made(jobs, monkeypatch) -> None:
    monkeypatch.setattr(make_native, "load_plan", fail)
    x, y = small()
    with session(jit="auto") as sess:
        while not jobs:
            sess.run(y, {x: [0.0]})
        with pytest.raises(RuntimeError):
            jobs[0]()
        monkeypatch.setattr(executable, "sleep", None)
        np.testing.assert_array_equal(sess.run(y, {x: [0.0]}), [2.0])


def test_a_plan_takes_over_between_runs_that_update(jobs) -> None:
    v = tf.Variable(np.zeros(3, np.float32))
    update = v.assign_add([1.0, 2.0, 3.0])
    with session(jit="auto") as sess:
        sess.run(v.initializer)
        for step in range(1, 60):
            np.testing.assert_array_equal(sess.run(update), np.array([1, 2, 3]) * step)
            if step == 40:
                for job in jobs:
                    job()
        assert len(native_plans(sess)) == 1


@pytest.mark.parametrize("is_cached", [False, True])
def test_a_heavy_program_is_planned_at_once_if_nothing_is_to_be_compiled(
    monkeypatch, jobs, interpreted, is_cached
) -> None:
    monkeypatch.setattr(make_native, "is_ready", lambda kernel: is_cached)
    x = tf.placeholder(tf.float32, [1, 4, 4, 3])
    y = tf.nn.conv2d(x, tf.ones([1, 1, 3, 2]), [1, 1, 1, 1], "SAME")
    with session(jit="auto") as sess:
        assert sess.run(y, {x: np.ones((1, 4, 4, 3))})[0, 0, 0, 0] == 3.0
        assert (len(native_plans(sess)), len(interpreted), len(jobs)) == (
            (1, 0, 0) if is_cached else (0, 1, 1)
        )


def test_many_shapes_do_not_pile_up_plans(monkeypatch) -> None:
    monkeypatch.setattr(executable, "_MAX_PLANS", 3)
    x, y = small()
    with session() as sess:
        for size in (1, 2, 3, 4, 1, 5, 2):
            np.testing.assert_array_equal(sess.run(y, {x: np.zeros(size)}), np.full(size, 2.0))
            assert len(native_plans(sess)) <= 3


# --- where no native code can be made -------------------------------------------------------------


def fail(*_: Any, **__: Any) -> None:
    raise RuntimeError("LLVM ERROR: no such instruction")


WARNING = "could not make native code and goes on with NumPy: RuntimeError.'LLVM ERROR"


@pytest.mark.parametrize("stage", ["plan_program", "load_plan"])
@pytest.mark.parametrize("jit", ["now", "auto"])
def test_a_program_that_cannot_be_compiled_is_interpreted(monkeypatch, jit, stage) -> None:
    """With one warning; heavy programs are planned by the first run itself."""
    monkeypatch.setattr(make_native, stage, fail)
    monkeypatch.setattr(make_native, "is_compiled", lambda plan: True)
    x = tf.placeholder(tf.float32, [1, 4, 4, 3])
    v = tf.Variable(0.0)
    y = tf.nn.conv2d(x, tf.ones([1, 1, 3, 2]), [1, 1, 1, 1], "SAME")
    update = v.assign_add(tf.reduce_sum(y))
    feed = {x: np.ones((1, 4, 4, 3))}
    with session(jit=jit) as sess:
        sess._state.options = executable.ExecutionOptions("off")
        sess.run(v.initializer)
        sess._state.options = executable.ExecutionOptions(jit)
        with pytest.warns(RuntimeWarning, match=WARNING) as caught:
            assert sess.run(update, feed) == 96.0
        assert len(caught) == 1
        assert sess.run(update, feed) == 192.0


def test_the_background_goes_on_after_a_job_that_failed() -> None:
    done = threading.Event()
    with pytest.warns(RuntimeWarning, match=WARNING):
        background.in_background(fail)
        background.in_background(done.set)
        assert done.wait(60)


def test_an_interrupted_compilation_is_tried_again(monkeypatch) -> None:
    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    x, y = small()
    with session() as sess:
        with monkeypatch.context() as patch:
            patch.setattr(make_native, "load_plan", interrupt)
            with pytest.raises(KeyboardInterrupt):
                sess.run(y, {x: [0.0]})
        sess.run(y, {x: [0.0]})
        assert len(native_plans(sess)) == 1


# --- bodies ---------------------------------------------------------------------------------------


def test_loops_run_the_native_plans_of_their_bodies(interpreted) -> None:
    n = tf.placeholder(tf.int32, [])  # not known when the program is planned
    start = tf.placeholder(tf.float32, [50, 50])

    def body(i: Any, m: Any) -> tuple[Any, Any]:
        return i + 1, tf.tanh(tf.matmul(m, m)) + tf.cast(i, tf.float32)

    _, last = tf.while_loop(lambda i, m: i < n, body, [0, start])
    feed = {start: np.full((50, 50), 0.01, np.float32), n: 5}
    with session(jit="off") as sess:
        wanted = sess.run(last, feed)
    interpreted.clear()
    with session() as sess:
        np.testing.assert_allclose(sess.run(last, feed), wanted, rtol=1e-5)
        bodies = [shaped for _, e in sess._state._bodies.values() for shaped in e._shaped.values()]
        assert len(bodies) == 2  # the condition and the body
        assert all(shaped.plan is not None for shaped in bodies)
    assert interpreted == []


def test_scan_runs_the_native_plan_of_its_body(interpreted) -> None:
    rows = tf.placeholder(tf.float32, [None, 8])
    sums = tf.scan(lambda total, row: total * 0.5 + row, rows)
    feed = {rows: np.arange(48, dtype=np.float32).reshape(6, 8)}
    with session(jit="off") as sess:
        wanted = sess.run(sums, feed)
    interpreted.clear()
    with session() as sess:
        np.testing.assert_allclose(sess.run(sums, feed), wanted, rtol=1e-6)
    assert interpreted == []


def test_both_branches_are_planned_when_they_are_taken(interpreted) -> None:
    x = tf.placeholder(tf.float32, [3])
    y = tf.cond(tf.reduce_sum(x) > 0.0, lambda: tf.exp(x), lambda: tf.negative(x))
    with session() as sess:
        np.testing.assert_allclose(sess.run(y, {x: np.ones(3)}), np.exp(np.ones(3)), rtol=1e-6)
        np.testing.assert_array_equal(sess.run(y, {x: -np.ones(3)}), 1)
    assert interpreted == []


# --- what users can see ---------------------------------------------------------------------------


def test_each_stage_can_be_printed(monkeypatch, capfd) -> None:
    x = tf.placeholder(tf.float32, [4, 2], name="x")
    w = tf.Variable(np.ones((2, 3), np.float32), name="w")
    h = tf.nn.relu(tf.matmul(x, w, name="product") + 1.0, name="relu")
    y = tf.py_func(lambda a: a, [h * 2.0], tf.float32, name="python")
    shown = {}
    with session() as sess:
        sess.run(w.initializer)
    for stage in ("program", "passes", "plan", "source"):
        for module in (session_compile, make_native):
            monkeypatch.setattr(
                module, "get_config", lambda stage=stage: Config(debug=frozenset({stage}))
            )
        with session() as sess:
            sess._state.options = executable.ExecutionOptions("off")
            sess.run(w.initializer)
            sess._state.options = executable.ExecutionOptions("now", 1)
            capfd.readouterr()
            sess.run(y, {x: np.ones((4, 2))})
        out, shown[stage] = capfd.readouterr()
        assert out == ""
    assert "MatMul(%0, %" in shown["program"]
    assert "float32  # product" in shown["program"]
    assert shown["program"].splitlines()[-1].startswith("return %")
    assert "float32[4, 3]  # product" in shown["passes"]
    assert "arena " in shown["plan"] and "group 0: " in shown["plan"]
    assert "# product" in shown["plan"]
    assert "host   PyFunc  # python" in shown["plan"]
    assert "Relu+Mul:" in shown["source"]
    assert len({*shown.values()}) == 4


def test_nothing_is_printed_unless_asked_for(capfd) -> None:
    x, y = small()
    with session() as sess:
        sess.run(y, {x: [0.0]})
    assert capfd.readouterr() == ("", "")
