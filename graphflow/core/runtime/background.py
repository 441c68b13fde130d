"""One thread that plans and compiles while runs go on."""

from __future__ import annotations

import atexit
import contextlib
import os
import queue
import threading
import warnings
from collections.abc import Callable, Iterator

from ..codegen.cpu import workers

_SECONDS_TO_END = 10.0  # longer than any kernel takes to compile

Job = Callable[[], None]

_jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
_lock = threading.Lock()
_thread: threading.Thread | None = None
_current: Job | None = None
_is_ending = threading.Event()


class _Ended(BaseException):
    """The process ends: what is not compiled yet will not be needed."""


def in_background(job: Job) -> None:
    """Runs a job when those before it are done."""
    global _thread
    _jobs.put(job)
    with _lock:
        if _thread is None or not _thread.is_alive():
            _thread = threading.Thread(target=_work, name="graphflow-compiler", daemon=True)
            _thread.start()


def stop_if_ending() -> None:
    """Called between the steps of a job: ends the thread when the process ends."""
    if _is_ending.is_set() and threading.current_thread() is _thread:
        raise _Ended


def _work() -> None:
    global _current
    while True:
        _current = _jobs.get()
        if _current is None:
            return
        try:
            stop_if_ending()
            with going_on_without():
                _current()
        except _Ended:
            return
        _current = None


@contextlib.contextmanager
def going_on_without() -> Iterator[None]:
    """Where native code cannot be made, the interpreter goes on; the user should still know."""
    try:
        yield
    except Exception as error:
        warnings.warn(
            f"graphflow could not make native code and goes on with NumPy: {error!r}",
            RuntimeWarning,
            stacklevel=1,
        )


@atexit.register
def _end() -> None:
    """No kernel may be half-way through LLVM when its libraries are torn down."""
    _is_ending.set()
    workers.stop()
    _jobs.put(None)
    if _thread is not None:
        _thread.join(_SECONDS_TO_END)


def _restart_in_child() -> None:
    """A forked child, which has its parent's jobs but not the thread, begins them anew."""
    global _jobs, _lock, _thread
    unfinished = [_current]
    while not _jobs.empty():
        unfinished.append(_jobs.get_nowait())
    _jobs, _lock, _thread = queue.SimpleQueue(), threading.Lock(), None
    for job in unfinished:
        if job is not None:
            in_background(job)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_restart_in_child)
