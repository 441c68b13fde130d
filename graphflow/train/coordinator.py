"""Coordinator: threads that stop together, and hand the first error to whoever waits for them."""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..core.base import errors

_logger = logging.getLogger(__name__)


class Coordinator:
    """What a group of threads asks whether to stop.

    Args:
      clean_stop_exception_types: exceptions that end the threads without being an error;
        OutOfRangeError by default.
    """

    def __init__(
        self, clean_stop_exception_types: Iterable[type[BaseException]] | None = None
    ) -> None:
        types = (
            (errors.OutOfRangeError,)
            if clean_stop_exception_types is None
            else (clean_stop_exception_types)
        )
        self._clean_stop_exception_types = tuple(types)
        self._lock = threading.Lock()
        self._stop_event = threading.Event()
        self._error: BaseException | None = None
        self._joined = False
        self._registered_threads: set[threading.Thread] = set()

    def request_stop(self, ex: Any = None) -> None:
        """Asks the threads to stop.

        Args:
          ex: an exception, or what `sys.exc_info()` gave; `join` raises the first one given.

        Raises:
          Exception: the one given, after `join` has returned.
        """
        with self._lock:
            error = self._as_error(ex)
            if self._joined and error is not None:
                raise error
            if self._stop_event.is_set():
                return
            if error is not None and self._error is None:
                _logger.info("Error reported to Coordinator: %s, %s", type(error), error)
                self._error = error
            self._stop_event.set()

    def _as_error(self, ex: Any) -> BaseException | None:
        error = ex
        if isinstance(ex, tuple):
            error = ex[1] if len(ex) == 3 else None
            if not isinstance(error, BaseException):
                return ValueError(
                    f"ex must be a tuple or sys.exc_info must return the current exception: {ex}"
                )
        return None if isinstance(error, self._clean_stop_exception_types) else error

    def clear_stop(self) -> None:
        """Forgets the request and the error."""
        with self._lock:
            self._joined = False
            self._error = None
            self._stop_event.clear()

    def should_stop(self) -> bool:
        """Whether a stop was asked for."""
        return self._stop_event.is_set()

    @contextlib.contextmanager
    def stop_on_exception(self) -> Iterator[None]:
        """Turns any exception of the `with` block into a request to stop."""
        try:
            yield
        except BaseException:
            self.request_stop(ex=sys.exc_info())

    def wait_for_stop(self, timeout: float | None = None) -> bool:
        """Waits until a stop is asked for; whether it was.

        Args:
          timeout: the most seconds to wait.
        """
        return self._stop_event.wait(timeout)

    def register_thread(self, thread: threading.Thread) -> None:
        """Adds a thread that `join` waits for."""
        with self._lock:
            self._registered_threads.add(thread)

    def join(
        self,
        threads: Iterable[threading.Thread] | None = None,
        stop_grace_period_secs: float = 120,
        ignore_live_threads: bool = False,
    ) -> None:
        """Waits for the threads to end, and raises the error that was reported.

        Args:
          threads: threads besides the registered ones.
          stop_grace_period_secs: how long they may take after a stop was asked for.
          ignore_live_threads: whether those that take longer are fine.

        Raises:
          RuntimeError: a thread still runs.
          Exception: the first one given to `request_stop`.
        """
        with self._lock:
            members = list(self._registered_threads | set(threads or ()))
        while any(t.is_alive() for t in members) and not self.wait_for_stop(1.0):
            pass
        end = time.monotonic() + stop_grace_period_secs
        for thread in members:
            if thread.is_alive():
                thread.join(max(0.0, end - time.monotonic()))
        stragglers = " ".join(t.name for t in members if t.is_alive())
        with self._lock:
            self._joined = True
            self._registered_threads = set()
            if self._error is not None:
                raise self._error
        if not stragglers:
            return
        message = f"Coordinator stopped with threads still running: {stragglers}"
        if not ignore_live_threads:
            raise RuntimeError(message)
        _logger.info(message)

    @property
    def joined(self) -> bool:
        return self._joined

    def raise_requested_exception(self) -> None:
        """Raises the error that was reported, if there is one."""
        with self._lock:
            if self._error is not None:
                raise self._error


class LooperThread(threading.Thread):
    """A thread that does one thing again and again until its Coordinator stops.

    Args:
      coord: the Coordinator.
      timer_interval_secs: the time from one to the next; None for no pause.
      target: the function called; or override `run_loop`.
      args: its positional arguments.
      kwargs: its keyword arguments.

    Raises:
      ValueError: `coord` is no Coordinator, or there are arguments without a function.
    """

    def __init__(
        self,
        coord: Coordinator,
        timer_interval_secs: float | None,
        target: Callable[..., Any] | None = None,
        args: Any = None,
        kwargs: Any = None,
    ) -> None:
        if not isinstance(coord, Coordinator):
            raise ValueError(f"'coord' argument must be a Coordinator: {coord}")
        if target is None and (args or kwargs):
            raise ValueError("'args' and 'kwargs' argument require that you also pass 'target'")
        super().__init__(daemon=True)
        self._coord = coord
        self._timer_interval_secs = timer_interval_secs
        self._looped = target
        self._loop_args, self._loop_kwargs = args or (), kwargs or {}
        coord.register_thread(self)

    @staticmethod
    def loop(
        coord: Coordinator,
        timer_interval_secs: float | None,
        target: Callable[..., Any],
        args: Any = None,
        kwargs: Any = None,
    ) -> LooperThread:
        """Makes such a thread and starts it."""
        looper = LooperThread(coord, timer_interval_secs, target, args, kwargs)
        looper.start()
        return looper

    def run(self) -> None:
        with self._coord.stop_on_exception():
            self.start_loop()
            if self._timer_interval_secs is None:
                while not self._coord.should_stop():
                    self.run_loop()
            else:
                due = time.time()
                while not self._coord.wait_for_stop(due - time.time()):
                    due += self._timer_interval_secs
                    self.run_loop()
            self.stop_loop()

    def start_loop(self) -> None:
        """Called before the first round."""

    def stop_loop(self) -> None:
        """Called after the last round."""

    def run_loop(self) -> None:
        """One round."""
        if self._looped is not None:
            self._looped(*self._loop_args, **self._loop_kwargs)
