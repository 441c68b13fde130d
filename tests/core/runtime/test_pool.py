"""The pool: any number of threads gives the same bits; forks, interruptions, other callers."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from core.native import host_ops, last_plan, native_plans, session

import graphflow as tf
from graphflow.core.base.config import Config
from graphflow.core.codegen.cpu.library import WORK
from graphflow.core.runtime import cores, executable, pool
from graphflow.core.runtime.pool import Pool, get_pool

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")

SECONDS = 60  # a child that hangs is killed after these


def large_product() -> tuple[Any, dict[Any, np.ndarray]]:
    """A tensor that several threads work on, and its feeds."""
    x = tf.placeholder(tf.float32, [200, 300])
    w = tf.constant(np.random.default_rng(0).random((300, 200), np.float32))
    feed = {x: np.random.default_rng(1).random((200, 300), np.float32)}
    return tf.nn.softmax(tf.matmul(tf.tanh(x), w)), feed


# --- how many threads -----------------------------------------------------------------------------


def training_step() -> tuple[list[Any], dict[Any, np.ndarray]]:
    """A small LeNet with batch norm and dropout, and what else sums, draws or scatters."""
    rng = np.random.default_rng(0)
    tf.set_random_seed(11)
    images, labels = tf.placeholder(tf.float32, [37, 14, 14, 3]), tf.placeholder(tf.int32, [37])

    def weights(*shape: int) -> Any:
        return tf.Variable((rng.standard_normal(shape) * 0.1).astype(np.float32))

    h = tf.nn.conv2d(images, weights(5, 5, 3, 8), [1, 1, 1, 1], "SAME") + weights(8)
    h, _, _ = tf.nn.fused_batch_norm(h, weights(8) + 1.0, weights(8))
    h = tf.nn.max_pool(tf.nn.relu(h), [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
    h = tf.nn.conv2d(h, weights(3, 3, 8, 16), [1, 2, 2, 1], "VALID")
    h = tf.nn.avg_pool(tf.nn.relu(h), [1, 2, 2, 1], [1, 1, 1, 1], "SAME")
    h = tf.nn.dropout(tf.reshape(h, [37, 144]), keep_prob=0.5)
    table = weights(50, 10)
    logits = tf.matmul(h, weights(144, 10)) + tf.gather(table, labels)
    loss = tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    )
    step = tf.train.AdamOptimizer(0.01).minimize(loss)
    sums = [tf.reduce_sum(images, axes) for axes in (None, [0], [0, 2], [1, 2, 3], [3])]
    extra = [tf.nn.log_softmax(logits), tf.random_normal([999]), tf.argmax(logits, 1)]
    feed = {
        images: rng.random((37, 14, 14, 3), np.float32),
        labels: rng.integers(0, 10, 37, np.int32),
    }
    return [loss, logits, step, *sums, *extra], feed


def bits_of(threads: int) -> list[bytes]:
    """All that three steps compute, and the variables after them."""
    tf.reset_default_graph()
    fetches, feed = training_step()
    found: list[Any] = []
    with session(threads) as sess:
        sess.run(tf.global_variables_initializer())
        for _ in range(3):
            found += [value for value in sess.run(fetches, feed) if value is not None]
        found += sess.run(tf.global_variables())
        assert host_ops(last_plan(sess)) == []
        assert native_plans(sess)[-1]._pool.threads == threads
    return [np.asarray(value).tobytes() for value in found]


def test_any_number_of_threads_gives_the_same_bits() -> None:
    one = bits_of(1)
    for threads in (2, 7, 64):
        assert bits_of(threads) == one, f"{threads} threads give other bits"


def test_the_environment_and_the_config_say_how_many_threads(monkeypatch) -> None:
    monkeypatch.setattr(executable, "get_config", lambda: Config(jit="now", threads=3))
    x = tf.placeholder(tf.float32, [3])
    for config, threads in (
        (None, 3),
        (tf.ConfigProto(), 3),
        (tf.ConfigProto(intra_op_parallelism_threads=5), 5),
    ):
        with tf.Session(config=config) as sess:
            sess.run(x + 1.0, {x: np.zeros(3)})
            assert [plan._pool.threads for plan in native_plans(sess)] == [threads]


def test_zero_threads_are_all_cores() -> None:
    x = tf.placeholder(tf.float32, [3])
    with session(0) as sess:
        sess.run(x + 1.0, {x: np.zeros(3)})
        assert native_plans(sess)[0]._pool is get_pool(cores.available_cores())


def test_a_run_that_finds_the_pool_busy_goes_on_alone() -> None:
    y, feed = large_product()
    with session(3) as sess:
        wanted = sess.run(y, feed)
        busy = native_plans(sess)[0]._pool._busy
        with busy:
            np.testing.assert_array_equal(sess.run(y, feed), wanted)


# --- threads that come late -----------------------------------------------------------------------


def test_nobody_waits_for_a_thread_that_does_not_come(monkeypatch) -> None:
    monkeypatch.setattr(pool, "_pools", {})
    monkeypatch.setattr(Pool, "_start", lambda self: setattr(self, "_started", True))
    y, feed = large_product()
    with session(1) as sess:
        wanted = sess.run(y, feed)
    with session(3) as sess:
        for _ in range(3):
            np.testing.assert_array_equal(sess.run(y, feed), wanted)


def test_threads_that_come_and_go_do_no_harm(monkeypatch) -> None:
    """Workers come in the middle of runs, after their end, and in the next ones."""
    c_function = pool._c_function

    def late(kernel: Any) -> Any:
        function = c_function(kernel)
        if kernel is not WORK:
            return function

        def work(*words: int) -> int:
            time.sleep(random.random() * 2e-3)
            return int(function(*words))

        return work

    monkeypatch.setattr(pool, "_pools", {})
    monkeypatch.setattr(pool, "_c_function", late)
    monkeypatch.setattr(pool, "_SPINS", 50)
    random.seed(1)
    fetches, feed = training_step()
    y, product_feed = large_product()
    with session(1) as sess:
        wanted = sess.run(y, product_feed)
    with session(4) as sess:
        sess.run(tf.global_variables_initializer())
        for _ in range(60):
            np.testing.assert_array_equal(sess.run(y, product_feed), wanted)
            assert np.isfinite(sess.run(fetches[0], feed))
        (used,) = {plan._pool for plan in native_plans(sess)}
        while used._job[pool._TEAM] != pool.CLOSED:  # one may just look in
            time.sleep(1e-3)


# --- forks ----------------------------------------------------------------------------------------


def status_of_child(work: Callable[[], None]) -> int:
    """Forks a child that works and exits; its exit status."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            signal.alarm(SECONDS)
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_forked_child_goes_on_with_plans_of_its_parent() -> None:
    y, feed = large_product()
    v = tf.Variable(np.zeros((200, 200), np.float32))
    update = v.assign_add(y)
    with session(3) as sess:
        sess.run(v.initializer)
        wanted = sess.run(y, feed)
        sess.run(update.op, feed)

        def work() -> None:
            for _ in range(3):
                np.testing.assert_array_equal(sess.run(y, feed), wanted)
            sess.run(update.op, feed)
            np.testing.assert_array_equal(sess.run(v), 2 * wanted)
            z = tf.exp(y)  # and makes plans of its own
            np.testing.assert_allclose(sess.run(z, feed), np.exp(wanted), rtol=1e-6)

        assert status_of_child(work) == 0
        np.testing.assert_array_equal(sess.run(v), wanted)
        np.testing.assert_array_equal(sess.run(y, feed), wanted)


def test_a_child_forked_while_the_pool_is_busy_goes_on() -> None:
    """The lock of a thread that the child has not is no lock of the child's."""
    y, feed = large_product()
    with session(3) as sess:
        wanted = sess.run(y, feed)

        def work() -> None:
            np.testing.assert_array_equal(sess.run(y, feed), wanted)
            assert not native_plans(sess)[0]._pool._busy.locked()

        with native_plans(sess)[0]._pool._busy:
            assert status_of_child(work) == 0


def _send_sum(sess: tf.Session, y: Any, feed: Any, sender: Any) -> None:
    sender.send(sess.run(y, feed))


def test_multiprocessing_can_fork_a_process_that_has_run() -> None:
    y, feed = large_product()
    with session(3) as sess:
        wanted = sess.run(y, feed)
        context = multiprocessing.get_context("fork")
        receiver, sender = context.Pipe(duplex=False)
        child = context.Process(target=_send_sum, args=(sess, y, feed, sender))
        child.start()
        assert receiver.poll(SECONDS)
        np.testing.assert_array_equal(receiver.recv(), wanted)
        child.join(SECONDS)
        assert child.exitcode == 0


# --- interruptions --------------------------------------------------------------------------------


class Interrupted:
    """A pool's method that is interrupted before it is called, in the middle, or after it."""

    def __init__(self, function: Callable[..., Any], before: bool) -> None:
        self.function, self.before, self.is_due = function, before, False

    def __call__(self, *args: Any) -> Any:
        if self.is_due and self.before:
            self.is_due = False
            raise KeyboardInterrupt
        result = self.function(*args)
        if self.is_due:
            self.is_due = False
            raise KeyboardInterrupt
        return result


@pytest.mark.parametrize("parked", [False, True])
@pytest.mark.parametrize("name", ["_reset", "_publish", "_wake_workers", "_wake_worker"])
@pytest.mark.parametrize("before", [True, False])
def test_ctrl_c_leaves_no_worker_waiting(monkeypatch, before, name, parked) -> None:
    """A worker may have its job by then: the run has to come to its end."""
    monkeypatch.setattr(pool, "_SPINS", 0 if parked else 20_000)
    monkeypatch.setattr(pool, "_pools", {})
    y, feed = large_product()
    with session(3) as sess:
        wanted = sess.run(y, feed)
        (plan,) = native_plans(sess)
        used = plan._pool
        runs = [1] * int(used._job[0])
        method = Interrupted(getattr(used, name), before)
        monkeypatch.setattr(used, name, method)
        run = used._run
        monkeypatch.setattr(used, "_run", lambda *words: (runs.append(1), run(*words)))
        for _ in range(5):
            method.is_due = True
            try:
                sess.run(y, feed)
            except KeyboardInterrupt:
                assert not method.is_due
            assert not used._busy.locked()
            assert used._job[0] == len(runs), "a job was published, and this thread not part of it"
            method.is_due = False
            np.testing.assert_array_equal(sess.run(y, feed), wanted)


def test_workers_that_park_are_woken(monkeypatch) -> None:
    monkeypatch.setattr(pool, "_SPINS", 0)
    monkeypatch.setattr(pool, "_pools", {})
    y, feed = large_product()
    with session(4) as sess:
        wanted = sess.run(y, feed)
        for _ in range(50):
            np.testing.assert_array_equal(sess.run(y, feed), wanted)


def test_sessions_share_the_pool_of_as_many_threads() -> None:
    found: list[Pool] = []
    threads = [threading.Thread(target=lambda: found.append(get_pool(6))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(made) for made in found}) == 1


# --- the end of the process -----------------------------------------------------------------------


def outcome(program: str, **environment: str) -> tuple[int, str, str]:
    """Runs a program in a process of its own: exit status, output, errors."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(program)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=4 * SECONDS,
    )
    return done.returncode, done.stdout, done.stderr


def test_a_process_ends_while_kernels_are_compiled(tmp_path) -> None:
    program = """
        import threading
        import numpy as np
        import graphflow as tf
        from graphflow.core.codegen.cpu import library

        begun, load = threading.Event(), library._load

        def load_and_say(kernel):
            begun.set()
            return load(kernel)

        library._load = load_and_say
        x = tf.placeholder(tf.float32, [2, 8, 8, 3])
        y = tf.nn.relu(tf.nn.conv2d(x, tf.ones([3, 3, 3, 4]), [1, 1, 1, 1], "SAME"))
        with tf.Session() as sess:
            print(sess.run(tf.reduce_sum(y), {x: np.ones((2, 8, 8, 3))}))
        assert begun.wait(60)
        """
    status, out, err = outcome(program, GRAPHFLOW_JIT="auto", GRAPHFLOW_CACHE=str(tmp_path))
    assert (status, out, err) == (0, "11616.0\n", "")


@pytest.mark.parametrize("spins", [0, 1_000_000])
def test_a_process_ends_with_workers_that_wait_or_spin(spins: int) -> None:
    program = f"""
        import numpy as np
        import graphflow as tf
        from graphflow.core.runtime import pool

        pool._SPINS = {spins}
        x = tf.placeholder(tf.float32, [200, 300])
        y = tf.matmul(x, x, transpose_b=True)
        sess = tf.Session()
        print(sess.run(y, {{x: np.ones((200, 300))}})[0, 0])
        """
    status, out, err = outcome(program, GRAPHFLOW_JIT="now", GRAPHFLOW_NUM_THREADS="4")
    assert (status, out, err) == (0, "300.0\n", "")
