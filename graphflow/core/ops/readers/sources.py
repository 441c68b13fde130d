"""What a reader makes of one work unit, mostly a file: its records, one by one."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Protocol

from ...base import compat, errors
from ...files.os_errors import raise_os_errors_as_op_errors
from ...files.record import read_records

Record = tuple[bytes, bytes]


class Source(Protocol):
    """The records of a work unit.

    Attributes:
      ends_with_its_record: whether the unit is finished with its only record, and not when the next
        one is asked for.
    """

    ends_with_its_record: bool

    def next_record(self) -> Record | None:
        """The next key and value; None at the end. A failure comes again when asked again."""

    def close(self) -> None:
        """Closes the file, if there is one."""


class Itself:
    """The work unit as its only record."""

    ends_with_its_record = True

    def __init__(self, work: bytes) -> None:
        self._work = work

    def next_record(self) -> Record:
        return self._work, self._work

    def close(self) -> None:
        """There is nothing to close."""


class WholeFile:
    """A file as its only record, by its name."""

    ends_with_its_record = True

    def __init__(self, work: bytes) -> None:
        self._work = work

    def next_record(self) -> Record:
        with raise_os_errors_as_op_errors(), open(compat.as_str(self._work), "rb") as file:
            return self._work, file.read()

    def close(self) -> None:
        """The file is open only while it is read."""


class Lines:
    """The lines of a file, without their ends, by name and number.

    Args:
      work: the file's name.
      skip_header_lines: how many lines at the beginning are no records.
    """

    ends_with_its_record = False

    def __init__(self, work: bytes, skip_header_lines: int) -> None:
        self._work = work
        self._file = _opened(work)
        self._number = 0
        for _ in range(skip_header_lines):
            if self._line() is None:
                break

    def _line(self) -> bytes | None:
        with raise_os_errors_as_op_errors():
            line = self._file.readline()
        ended = line.endswith(b"\n")
        line = line.removesuffix(b"\n").removesuffix(b"\r")
        if not line and not ended:
            return None
        self._number += 1
        return line

    def next_record(self) -> Record | None:
        line = self._line()
        return None if line is None else (b"%s:%d" % (self._work, self._number), line)

    def close(self) -> None:
        self._file.close()


class FixedLengthRecords:
    """Pieces of a file of one length, by name and number.

    Args:
      work: the file's name.
      header_bytes: how many bytes at the beginning belong to none.
      record_bytes: how long a record is.
      footer_bytes: how many bytes at the end belong to none.
      hop_bytes: how far it is from one record to the next; 0 for its length.
      encoding: "", "ZLIB" or "GZIP".

    Raises:
      OutOfRangeError: the file is shorter than its header.
    """

    ends_with_its_record = False

    def __init__(
        self,
        work: bytes,
        header_bytes: int,
        record_bytes: int,
        footer_bytes: int,
        hop_bytes: int,
        encoding: str,
    ) -> None:
        self._work = work
        self._length = record_bytes
        self._footer = footer_bytes
        self._hop = hop_bytes or record_bytes
        self._number = 0
        self._ahead = b""  # read already: a record and the footer after it, or what overlaps
        self._file = _decoded(_opened(work), encoding)
        if len(self._read(header_bytes)) < header_bytes:
            self._file.close()
            raise errors.OutOfRangeError(None, None, "reached end of file")

    def _read(self, count: int) -> bytes:
        with raise_os_errors_as_op_errors():
            return self._file.read(count)

    def next_record(self) -> Record | None:
        if self._number:
            beyond = self._hop - len(self._ahead)
            self._ahead = self._ahead[self._hop :]
            if beyond > 0 and len(self._read(beyond)) < beyond:
                return None
        self._ahead += self._read(self._length + self._footer - len(self._ahead))
        if len(self._ahead) < self._length + self._footer:
            return None
        key = b"%s:%d" % (self._work, self._number)
        self._number += 1
        return key, self._ahead[: self._length]

    def close(self) -> None:
        self._file.close()


class TFRecords:
    """The records of a TFRecord file, by name and place.

    Args:
      work: the file's name.
      compression: "", "ZLIB" or "GZIP".
    """

    ends_with_its_record = False
    _AROUND = 16  # bytes of a record's length and checksums

    def __init__(self, work: bytes, compression: str) -> None:
        self._work = work
        _opened(work).close()  # a file that is not there is an error of the start
        self._records: Iterator[bytes] = read_records(compat.as_str(work), compression)
        self._offset = 0
        self._damage: errors.OpError | None = None

    def next_record(self) -> Record | None:
        if self._damage is not None:
            raise self._damage
        try:
            record = next(self._records, None)
        except errors.OpError as error:
            self._damage = type(error)(None, None, error.message)
            raise
        if record is None:
            return None
        key = b"%s:%d" % (self._work, self._offset)
        self._offset += len(record) + self._AROUND
        return key, record

    def close(self) -> None:
        self._records = iter(())


def _opened(work: bytes) -> BinaryIO:
    with raise_os_errors_as_op_errors():
        return open(compat.as_str(work), "rb")


def _decoded(file: BinaryIO, encoding: str) -> BinaryIO:
    if encoding not in ("ZLIB", "GZIP"):
        return file
    with raise_os_errors_as_op_errors(), file:
        data = file.read()
    try:
        return io.BytesIO(gzip.decompress(data) if encoding == "GZIP" else zlib.decompress(data))
    except (zlib.error, EOFError) as error:
        raise errors.DataLossError(None, None, f"cannot decompress {file.name}: {error}") from None
