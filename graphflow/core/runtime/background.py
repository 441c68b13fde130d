"""One thread that plans and compiles while runs go on."""

from __future__ import annotations

import atexit
import queue
import threading
import warnings
from collections.abc import Callable

_SECONDS_TO_END = 10.0  # longer than any kernel takes to compile

_jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
_lock = threading.Lock()
_thread: threading.Thread | None = None
_is_ending = threading.Event()


def in_background(job: Callable[[], None]) -> None:
    """Runs a job when those before it are done."""
    global _thread
    with _lock:
        if _thread is None or not _thread.is_alive():
            _thread = threading.Thread(target=_work, name="graphflow-compiler", daemon=True)
            _thread.start()
            atexit.register(_end)
    _jobs.put(job)


def _work() -> None:
    while not _is_ending.is_set():
        job = _jobs.get()
        if job is None:
            return
        try:
            job()
        except Exception as error:  # the interpreter goes on; the user should still know
            warnings.warn(
                f"graphflow could not make native code and goes on with NumPy: {error!r}",
                RuntimeWarning,
                stacklevel=1,
            )


def _end() -> None:
    """At exit: no kernel may be half-way through LLVM when its libraries are torn down."""
    _is_ending.set()
    _jobs.put(None)
    if _thread is not None:
        _thread.join(_SECONDS_TO_END)
