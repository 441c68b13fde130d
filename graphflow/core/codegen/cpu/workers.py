"""Compiling kernels in processes of their own: on several cores, and without the program's GIL.

A worker is a Python process that reads the names of library kernels, a line each, compiles them
into the cache, and answers each with a byte; an empty line ends it. The program then finds the
kernels in the cache, and never imports Numba. Whatever does not come back (a worker that could not
be started, a cache that cannot be written, an entry that is damaged) the program compiles itself.
"""

from __future__ import annotations

import gc
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

from . import cache
from .library import Kernel, compile_into_cache, is_cached

# A worker needs as long to start as two or three kernels to be compiled.
_FEWEST = 4

Progress = Callable[[Kernel], None]

_running: list[subprocess.Popen[bytes]] = []
_lock = threading.Lock()


def compile_missing(
    kernels: Sequence[Kernel], most_workers: int, progress: Progress | None = None
) -> None:
    """Compiles those kernels that are not in the cache, if they are worth starting workers for.

    Args:
      kernels: generated ones among them are left out: they are compiled in no time.
      most_workers: how many processes may be started.
      progress: called with each kernel that is done, from any thread.
    """
    missing = [kernel for kernel in kernels if not kernel.source and not is_cached(kernel)]
    if len(missing) < _FEWEST or not _can_start():
        return
    waiting: queue.SimpleQueue[Kernel] = queue.SimpleQueue()
    for kernel in missing:
        waiting.put(kernel)
    count = max(1, min(most_workers, len(missing) // 2))
    threads = [
        threading.Thread(target=_drive, args=(waiting, progress), daemon=True) for _ in range(count)
    ]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    except BaseException:  # the user has lost patience
        stop()
        raise


def stop() -> None:
    """Ends all workers at once; kernels that they have finished stay in the cache."""
    with _lock:
        for worker in _running:
            worker.kill()


def _can_start() -> bool:
    """Whether `sys.executable` is a Python: in a program that embeds Python it is not."""
    is_python = "python" in os.path.basename(sys.executable or "").lower()
    return is_python and not getattr(sys, "frozen", False)


def _drive(waiting: queue.SimpleQueue[Kernel], progress: Progress | None) -> None:
    """Starts a worker and gives it one kernel after the other; ends with it."""
    try:
        worker = _start()
    except OSError:
        return
    try:
        while True:
            try:
                kernel = waiting.get_nowait()
            except queue.Empty:
                break
            if not _ask(worker, kernel):
                return
            if progress is not None:
                progress(kernel)
        _write_line(worker, "")
    finally:
        with _lock:
            _running.remove(worker)
        for pipe in (worker.stdin, worker.stdout):
            if pipe is not None:
                pipe.close()
        worker.wait()


def _start() -> subprocess.Popen[bytes]:
    """A worker with this process's import path and cache folder, whatever made them."""
    program = f"import sys; sys.path[:] = {sys.path!r}\nfrom {__name__} import work; work()"
    environment = {**os.environ, "GRAPHFLOW_CACHE": str(cache.cache_folder())}
    with _lock:
        worker = subprocess.Popen(
            [sys.executable, "-c", program],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        _running.append(worker)
    return worker


def _ask(worker: subprocess.Popen[bytes], kernel: Kernel) -> bool:
    """Lets a worker compile a kernel; False when it has ended."""
    if not _write_line(worker, f"{kernel.name} {kernel.argument_count} {int(kernel.returns)}"):
        return False
    assert worker.stdout is not None
    return bool(worker.stdout.read(1))  # one byte a kernel; none at the end of the pipe


def _write_line(worker: subprocess.Popen[bytes], line: str) -> bool:
    assert worker.stdin is not None
    with suppress(OSError):
        worker.stdin.write(f"{line}\n".encode())
        return True
    return False


def _forget_in_child() -> None:
    """The workers of a forked process's parent are none of its business."""
    global _lock
    _lock = threading.Lock()
    for worker in _running:
        worker.returncode = 0
        for pipe in (worker.stdin, worker.stdout):
            if pipe is not None:
                pipe.close()  # unbuffered: nothing is written
    _running.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)


# --- in the worker -------------------------------------------------------------------------------


def work() -> None:
    """What a worker does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the program is interrupted, and says what to do
    gc.set_threshold(100_000, 50, 1000)  # a compiler makes many objects, most of which stay
    answers = os.dup(1)
    os.dup2(2, 1)  # what anybody prints is no answer
    for line in sys.stdin:
        if not line.strip():
            return
        name, argument_count, returns = line.split()
        compile_into_cache(Kernel(name, "", int(argument_count), returns == "1"))
        os.write(answers, b".")
