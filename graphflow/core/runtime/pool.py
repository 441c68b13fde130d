"""The pool: threads of our own that run plans together, as one program on many data.

A run publishes one job; every worker that comes in time runs the plan table and takes its share of
each group.
Workers spin for a while after a job, so that the next one starts without the operating system, and
then park on a lock. While one run uses the pool, others run on their own thread alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import threading
from collections.abc import Callable
from functools import cache, partial

import numpy as np

from ..codegen.cpu.library import (
    PUBLISH,
    RESET,
    RUN_ALONE,
    RUN_PLAN,
    WORK,
    Kernel,
    kernel_address,
)

_SPINS = 20_000  # polls before a worker parks: about half a millisecond
_WORDS = 48  # of a job, `kernels/plan_table.py`
_TEAM = 32
CLOSED = 1 << 32


class Pool:
    """Worker threads, and the memory by which they are told what to do.

    Args:
      threads: how many take part in a run, the caller's included.
    """

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._reset = _c_function(RESET)
        self._publish = _c_function(PUBLISH)
        self._run = _c_function(RUN_PLAN)
        self.forget_workers()

    def forget_workers(self) -> None:
        """Begins anew without threads: in a new pool, and in a forked child, which has none."""
        self._busy = threading.Lock()
        self._job = _aligned_words(_WORDS)
        self._job[_TEAM] = CLOSED
        self._parked = [False] * self.threads
        self._wake = [threading.Lock() for _ in range(self.threads)]
        self._started = False

    def run(self, table: int, groups: int, failure: int, is_small: bool = False) -> None:
        """Runs a plan table; returns when all its groups are done.

        Args:
          table: the address of the groups.
          groups: how many there are.
          failure: the address of the failure record.
          is_small: whether other threads would not help.
        """
        if is_small or self.threads == 1 or not self._busy.acquire(blocking=False):
            self._run(0, table, groups, failure)
            return
        try:
            if not self._started:
                self._start()
            self._run_together(table, groups, failure)
        finally:
            self._busy.release()

    def _run_together(self, table: int, groups: int, failure: int) -> None:
        job = self._job.ctypes.data
        self._reset(table, groups)
        generation = self._job[0]
        try:
            self._publish(job, table, groups, failure)
            self._wake_workers()
        except KeyboardInterrupt:
            if self._job[0] != generation:  # workers may be at it: it has to come to an end
                self._run(job, table, groups, failure)
            raise
        self._run(job, table, groups, failure)

    # A run publishes its job and then wakes those who have announced that they park; a worker
    # announces it and then looks for a job. Python's lock orders the four steps, so that nobody
    # sleeps through a job.

    def _wake_workers(self) -> None:
        for worker in range(1, self.threads):
            if self._parked[worker]:
                self._wake_worker(worker)

    def _wake_worker(self, worker: int) -> None:
        """Lets a worker go on, or not stop the next time that it would."""
        self._parked[worker] = False
        with contextlib.suppress(RuntimeError):  # somebody was interrupted while doing the same
            self._wake[worker].release()

    def _start(self) -> None:
        self._started = True
        work = _c_function(WORK)
        for worker in range(1, self.threads):
            self._wake[worker].acquire()
            thread = threading.Thread(
                target=self._work, args=(worker, work), name=f"graphflow-{worker}", daemon=True
            )
            thread.start()

    def _work(self, worker: int, work: Callable[..., int]) -> None:
        job = self._job.ctypes.data
        seen = 0
        while True:
            seen = work(job, worker, seen, _SPINS)
            self._parked[worker] = True
            if self._job[0] != seen:  # published while we announced
                if self._parked[worker]:
                    self._parked[worker] = False
                else:
                    self._wake[worker].acquire()
                continue
            self._wake[worker].acquire()
            self._parked[worker] = False


def run_alone(table: int, groups: int, failure: int) -> Callable[[], object]:
    """A function that runs a small plan on the calling thread, as fast as Python can call it.

    Args: as of `Pool.run`.
    """
    words = np.array([table, groups, failure], np.int64)
    # Python's lock is kept, as giving it up and getting it back takes longer than such a plan.
    function = ctypes.PYFUNCTYPE(None, ctypes.c_int64)(kernel_address(RUN_ALONE))
    argument = ctypes.c_int64(words.ctypes.data)
    argument.words = words  # type: ignore[attr-defined]  # kept as long as its address
    return partial(function, argument)


def _aligned_words(count: int) -> np.ndarray:
    """Zeroed int64 words on cache lines of their own."""
    words = np.zeros(count + 16, np.int64)
    start = -words.ctypes.data % 128 // 8
    return words[start : start + count]


@cache
def _c_function(kernel: Kernel) -> Callable[..., int]:
    """A kernel as a function that Python calls without its lock."""
    result = ctypes.c_int64 if kernel.returns else None
    kind = ctypes.CFUNCTYPE(result, *[ctypes.c_int64] * kernel.argument_count)
    return kind(kernel_address(kernel))


# --- the pools of this process -------------------------------------------------------------------

_pools: dict[int, Pool] = {}
_lock = threading.Lock()


def get_pool(threads: int) -> Pool:
    """The pool of so many threads; sessions that ask for as many share it."""
    pool = _pools.get(threads)
    if pool is None:
        with _lock:
            pool = _pools.setdefault(threads, Pool(threads))
    return pool


def _forget_workers() -> None:
    """In a forked child, where threads are not: they are started again when they are needed."""
    global _lock
    _lock = threading.Lock()
    for pool in _pools.values():  # plans that were made before the fork go on with them
        pool.forget_workers()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_workers)
