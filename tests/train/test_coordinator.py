"""Coordinator: threads stop together, and the first error reaches whoever joins them."""

from __future__ import annotations

import sys
import threading

import pytest

import graphflow as tf


def test_the_first_error_is_raised() -> None:
    coordinator = tf.train.Coordinator()

    def fail() -> None:
        with coordinator.stop_on_exception():
            raise ValueError("first")

    def wait() -> None:
        coordinator.wait_for_stop()

    threads = [threading.Thread(target=target) for target in (fail, wait)]
    for thread in threads:
        thread.start()
    with pytest.raises(ValueError, match="first"):
        coordinator.join(threads)
    assert coordinator.joined and coordinator.should_stop()
    with pytest.raises(ValueError, match="first"):
        coordinator.raise_requested_exception()
    with pytest.raises(KeyError):
        coordinator.request_stop(KeyError("late"))
    coordinator.clear_stop()
    assert not coordinator.should_stop()
    coordinator.raise_requested_exception()


def test_the_end_of_input_is_no_error() -> None:
    coordinator = tf.train.Coordinator()
    try:
        raise tf.errors.OutOfRangeError(None, None, "end")
    except tf.errors.OutOfRangeError:
        coordinator.request_stop(sys.exc_info())
    coordinator.join()


def test_a_thread_that_does_not_end() -> None:
    coordinator = tf.train.Coordinator()
    event = threading.Event()
    thread = threading.Thread(target=event.wait, name="stubborn")
    thread.start()
    coordinator.request_stop()
    with pytest.raises(RuntimeError, match="still running: stubborn"):
        coordinator.join([thread], stop_grace_period_secs=0.01)
    coordinator.join([thread], stop_grace_period_secs=0.01, ignore_live_threads=True)
    event.set()
    thread.join()


def test_loops() -> None:
    coordinator = tf.train.Coordinator()
    rounds: list[int] = []

    def target(number: int, step: int) -> None:
        rounds.append(number)
        if len(rounds) == 3:
            coordinator.request_stop()

    looper = tf.train.LooperThread.loop(coordinator, 0.0, target, args=(1,), kwargs={"step": 2})
    coordinator.join()
    assert rounds == [1, 1, 1] and not looper.is_alive()
    with pytest.raises(ValueError, match="must be a Coordinator"):
        tf.train.LooperThread(None, 0.0)
    with pytest.raises(ValueError, match="also pass 'target'"):
        tf.train.LooperThread(coordinator, 0.0, args=(1,))
