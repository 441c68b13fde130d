"""Runs in threads of their own, and a way to know that one waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import graphflow as tf

LIMIT = 60.0  # seconds after which a test fails instead of hanging


class Runs:
    """The runs of one session that a test starts beside its own."""

    def __init__(self, session: Any, pool: ThreadPoolExecutor) -> None:
        self.session = session
        self._pool = pool

    def start(self, fetches: Any, **arguments: Any) -> Future[Any]:
        """Runs in another thread."""
        return self._pool.submit(self.session.run, fetches, **arguments)

    def start_waiting(self, fetches: Any, queue: Any, **arguments: Any) -> Future[Any]:
        """Runs in another thread, and comes back when that waits for the queue."""
        state = self.session.run(queue.queue_ref)
        before = waiting(state)
        future = self.start(fetches, **arguments)
        until(lambda: waiting(state) > before or future.done())
        assert not future.done(), f"did not wait: {future}"
        return future


def waiting(state: Any) -> int:
    """How many requests wait for a queue."""
    return len(state._enqueues) + len(state._dequeues)


def until(condition: Callable[[], bool]) -> None:
    """Comes back when something is so."""
    end = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.001)


@contextmanager
def session_runs(jit_level: int) -> Iterator[Runs]:
    """A session of the default graph, at an OptimizerOptions.global_jit_level: -1 off, 2 now."""
    config = tf.ConfigProto()
    config.graph_options.optimizer_options.global_jit_level = jit_level
    pool = ThreadPoolExecutor(8)
    with tf.Session(config=config) as session:
        try:
            yield Runs(session, pool)
        finally:
            session.close()  # whoever still waits is cancelled, so that the pool can end
    pool.shutdown()
