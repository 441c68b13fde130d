"""Event files, which TensorBoard reads: TFRecord files of Event messages."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..base import errors
from .os_errors import raise_os_errors_as_op_errors
from .record import RecordWriter, read_records

if TYPE_CHECKING:
    from ...protos.event_pb2 import Event

_FILE_VERSION = "brain.Event:2"


class EventsWriter:
    """Writes a new event file; threads may share it.

    Args:
      logdir: the directory, made if need be.
      suffix: the end of the file's name.
      flush_secs: after how many seconds an event makes the ones before it readable for others.

    Attributes:
      path: the file, named by the second it was begun in, and by the machine.

    Raises:
      OpError: the file system refuses.
    """

    def __init__(self, logdir: str, suffix: str = "", flush_secs: float = 120) -> None:
        from ...protos.event_pb2 import Event

        self.path = _new_file(logdir, suffix)
        self._writer = RecordWriter(self.path)
        self._flush_secs = flush_secs
        self._next_flush = 0.0  # the first event can be read at once
        self._lock = threading.Lock()
        self.write(Event(wall_time=time.time(), file_version=_FILE_VERSION))

    def write(self, event: Event) -> None:
        """Appends an event.

        Raises:
          FailedPreconditionError: the writer is closed.
        """
        with self._lock:
            self._writer.write(event.SerializeToString())
            now = time.time()
            if now > self._next_flush:
                self._writer.flush()
                self._next_flush = now + self._flush_secs

    def flush(self) -> None:
        """Makes all events readable for others."""
        with self._lock:
            self._writer.flush()

    def close(self) -> None:
        """Ends the file."""
        with self._lock:
            self._writer.close()


def _new_file(logdir: str, suffix: str) -> str:
    """Makes a file whose name no other one has: files that begin later sort behind."""
    second = int(time.time())
    with raise_os_errors_as_op_errors():
        os.makedirs(logdir, exist_ok=True)
        while True:
            name = f"events.out.tfevents.{second:010d}.{socket.gethostname()}{suffix}"
            path = os.path.join(logdir, name)
            try:
                open(path, "xb").close()
            except FileExistsError:
                second += 1
            else:
                return path


def read_events(path: str) -> Iterator[Event]:
    """The events of a file.

    Args:
      path: the file.

    Yields:
      Event messages; those before a damaged one come before the error.

    Raises:
      DataLossError: a record is damaged or cut off, or holds no Event.
      OpError: the file cannot be read.
    """
    from google.protobuf.message import DecodeError

    from ...protos.event_pb2 import Event

    for number, record in enumerate(read_records(path)):
        try:
            yield Event.FromString(record)
        except DecodeError:
            raise errors.DataLossError(
                None, None, f"record {number} of {path} ({len(record)} bytes) holds no Event"
            ) from None
