"""A reader at run time: takes work units from a queue, and gives their records."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ...base import dtypes, errors
from ..queues.queue import Queue
from .sources import Record, Source

_LOOK_UP = 0.05  # seconds after which a run that waits for its turn sees whether it is cancelled


class Reader:
    """What the runs of a session share of a reader.

    Args:
      name: as messages call it, with its kind.
      open_work: from a work unit to its records.
      has_state: whether its state can be saved; only where it is between two work units.
    """

    def __init__(
        self, name: str, open_work: Callable[[bytes], Source], has_state: bool = False
    ) -> None:
        self.handle = np.empty((), object)
        self.handle[()] = self
        self._name = name
        self._open_work = open_work
        self._has_state = has_state
        self._lock = threading.Lock()
        self._source: Source | None = None
        self._clear()

    def _clear(self) -> None:
        if self._source is not None:
            self._source.close()
        self._source = None
        self._work = b""
        self._started = self._finished = 0
        self.records_produced = 0

    @property
    def work_units_completed(self) -> int:
        """How many work units have been read to their end."""
        return self._finished

    @contextmanager
    def _turn(self, context: Any) -> Iterator[None]:
        """One run at a time; the others are cancelled while they wait, if they must be."""
        while not self._lock.acquire(timeout=_LOOK_UP):
            context.check_cancelled()
        try:
            yield
        finally:
            self._lock.release()

    def read(self, queue: Queue, context: Any) -> Record:
        """The next key and value; waits for a work unit if there is none.

        Args:
          queue: has the work units, strings.
          context: the run's.

        Raises:
          OutOfRangeError: the queue is closed, and empty.
          OpError: the work unit cannot be read.
        """
        with self._turn(context):
            while True:
                record = self._next_record(queue, context)
                if record is not None:
                    return record

    def read_up_to(self, count: int, queue: Queue, context: Any) -> list[Record]:
        """The next records, of one work unit or several, not more than `count`.

        Args, Raises: as `read`. The end of a work unit also ends what has been begun.
        """
        records: list[Record] = []
        with self._turn(context):
            while len(records) < count:
                record = self._next_record(queue, context)
                if record is not None:
                    records.append(record)
                if self._source is None and records:
                    break
        return records

    def _next_record(self, queue: Queue, context: Any) -> Record | None:
        """A record; None when that was the end of a work unit."""
        if self._source is None:
            work = _work_unit(queue, context)
            self._source = self._open_work(work)
            self._work = work
            self._started += 1
        record = self._source.next_record()
        if record is not None:
            self.records_produced += 1
        if record is None or self._source.ends_with_its_record:
            self._source.close()
            self._source = None
            self._finished = self._started
        return record

    def reset(self, context: Any) -> None:
        """As it was in the beginning."""
        with self._turn(context):
            self._clear()

    # --- states ----------------------------------------------------------------------------------

    def serialized_state(self, context: Any) -> bytes:
        """How far it has come.

        Raises:
          UnimplementedError: readers of this kind cannot say.
        """
        from ....protos.reader_base_pb2 import ReaderBaseState

        if not self._has_state:
            raise errors.UnimplementedError(None, None, "Reader SerializeState")
        with self._turn(context):
            state = ReaderBaseState(
                work_started=self._started,
                work_finished=self._finished,
                num_records_produced=self.records_produced,
                current_work=self._work,
            )
        return state.SerializeToString()

    def restore_state(self, serialized: bytes, context: Any) -> None:
        """Takes over how far another one had come.

        Raises:
          UnimplementedError: readers of this kind cannot.
          InvalidArgumentError: that is no such state; the reader is reset.
        """
        from google.protobuf.message import DecodeError

        from ....protos.reader_base_pb2 import ReaderBaseState

        if not self._has_state:
            raise errors.UnimplementedError(None, None, "Reader RestoreState")
        with self._turn(context):
            self._clear()
            try:
                state = ReaderBaseState.FromString(serialized)
            except DecodeError:
                raise errors.InvalidArgumentError(
                    None, None, f"Could not parse state for {self._name}: {serialized!r}"
                ) from None
            counts = state.work_started, state.work_finished, state.num_records_produced
            if min(counts) < 0:
                raise errors.InvalidArgumentError(
                    None, None, f"Unexpected negative value when restoring in {self._name}: {state}"
                )
            if state.work_started > state.work_finished:
                raise errors.InvalidArgumentError(
                    None,
                    None,
                    "Inconsistent work started vs. finished when restoring in "
                    f"{self._name}: {state}",
                )
            self._started, self._finished, self.records_produced = counts
            self._work = state.current_work


def _work_unit(queue: Queue, context: Any) -> bytes:
    (work, *more) = queue.dequeue(context)
    if more:
        raise errors.InvalidArgumentError(None, None, "Expected single component queue")
    if queue.spec.types[0] != dtypes.string:
        raise errors.InvalidArgumentError(None, None, "Expected queue with single string component")
    if work.size != 1:
        raise errors.InvalidArgumentError(
            None, None, "Expected to dequeue a one-element string tensor"
        )
    unit: bytes = work.item()
    return unit
