"""Small plans without variables: the quick way of `run` and of callables."""

from __future__ import annotations

import gc
import threading

import numpy as np
import pytest

import graphflow as tf
from graphflow.core.runtime.executable import ExecutionOptions


@pytest.fixture
def session() -> tf.Session:
    made = tf.Session()
    made._state.options = ExecutionOptions("now", 2)
    return made


def quick_runs(session: tf.Session) -> int:
    return sum(run.quick is not None for run in session._prepared._runs.values())


def test_a_scalar_in_and_one_out(session: tf.Session) -> None:
    a = tf.placeholder(tf.float32, [])
    b = a * 2.0 + 1.0
    call = session.make_callable(b, [a])
    for value in (3.0, 4, np.float32(5), np.array(6.0), np.array(7, np.float32), True):
        expected = np.float32(2) * np.float32(value) + 1
        results = [session.run(b, {a: value}), call(value)]
        gc.collect()  # the memory that runs use stays
        assert results == [expected, expected]
        assert all(type(result) is np.float32 for result in results)
    assert quick_runs(session) == 1


def test_values_at_the_edge_of_a_type(session: tf.Session) -> None:
    a = tf.placeholder(tf.float32, [])
    call = session.make_callable(a * 1.0, [a])
    call(1.0)
    assert np.isnan(call(float("nan")))
    assert call(float("-inf")) == -np.inf
    assert np.signbit(call(-0.0))
    assert call(0.1) == np.float32(0.1)
    assert call(1e-45) == np.float32(1e-45)


def test_several_arguments_and_results(session: tf.Session) -> None:
    x, n = tf.placeholder(tf.float32, [2, 3]), tf.placeholder(tf.int32, [])
    fetches = [x + tf.cast(n, tf.float32), tf.negative(n), x * x]
    feed = {x: np.arange(6.0).reshape(2, 3), n: 4}
    for _ in range(3):
        got = session.run(fetches, feed)
        np.testing.assert_array_equal(got[0], feed[x] + 4)
        np.testing.assert_array_equal(got[2], feed[x] ** 2)
        assert got[1] == -4
    assert quick_runs(session) == 1


def test_what_does_not_fit_is_refused_as_ever(session: tf.Session) -> None:
    a = tf.placeholder(tf.float32, [], name="a")
    b = a + 1.0
    call = session.make_callable(b, [a])
    assert call(1.0) == session.run(b, {a: 1.0}) == 2.0
    for run in (call, lambda value: session.run(b, {a: value})):
        with pytest.raises(ValueError, match=r"Cannot feed value of shape \(2,\) for Tensor 'a:0'"):
            run([1.0, 2.0])
        with pytest.raises(ValueError, match="could not convert string to float"):
            run("one")
        assert run(3.0) == 4.0
    with pytest.raises(TypeError, match="expected 1 feed values, got 2"):
        call(1.0, 2.0)
    with pytest.raises(TypeError, match="accept_options=True"):
        call(1.0, options=tf.RunOptions())
    session.close()
    with pytest.raises(RuntimeError, match="closed Session"):
        call(1.0)


def test_shapes_that_are_not_fixed(session: tf.Session) -> None:
    x = tf.placeholder(tf.float32, [None])
    y = x + 1.0
    call = session.make_callable(y, [x])
    for length in (1, 4, 0, 1, 4):
        np.testing.assert_array_equal(call(np.zeros(length)), np.ones(length))
        np.testing.assert_array_equal(session.run(y, {x: np.zeros(length)}), np.ones(length))


def test_nodes_added_later_count(session: tf.Session) -> None:
    a = tf.placeholder(tf.float32, [])
    call = session.make_callable(a + 1.0, [a])
    assert [call(1.0), call(1.0)] == [2.0, 2.0]
    b = a + 2.0
    assert [call(1.0), session.run(b, {a: 1.0}), call(2.0)] == [2.0, 3.0, 3.0]


def test_results_are_the_callers(session: tf.Session) -> None:
    x = tf.placeholder(tf.float32, [3])
    call = session.make_callable(x * 2.0, [x])
    first = call(np.ones(3))
    first[:] = 9.0
    second = call(np.ones(3, np.float32))
    np.testing.assert_array_equal(second, [2, 2, 2])
    assert first is not second


def test_several_threads_share_a_callable(session: tf.Session) -> None:
    x = tf.placeholder(tf.float32, [50])
    call = session.make_callable([tf.reduce_sum(x), tf.exp(x)], [x])
    wrong: list[float] = []
    start = threading.Barrier(4)

    def work(value: float) -> None:
        start.wait()
        for _ in range(500):
            total, grown = call(np.full(50, value, np.float32))
            if total != 50 * value or not np.allclose(grown, np.exp(value)):
                wrong.append(value)

    threads = [threading.Thread(target=work, args=(value,)) for value in (0.0, 1.0, 2.0, 3.0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
