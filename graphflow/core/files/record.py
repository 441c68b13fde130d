"""TFRecord files: records of bytes, each between its length and checksums of both.

    uint64 length | uint32 masked CRC of the length | data | uint32 masked CRC of the data

Numbers are little-endian. A compressed file is this, as one stream of zlib or gzip.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from types import TracebackType
from typing import BinaryIO, NamedTuple

from ..base import errors
from .crc32c import crc32c, crc32c_of_each, mask, unmask
from .os_errors import raise_os_errors_as_op_errors

_LENGTH = struct.Struct("<Q")
_CRC = struct.Struct("<I")
_HEADER_SIZE = _LENGTH.size + _CRC.size
# Records are checked, and written, in batches of about this many bytes.
_BATCH = 1 << 20
_WINDOW_BITS = {"ZLIB": zlib.MAX_WBITS, "GZIP": zlib.MAX_WBITS + 16}


class RecordWriter:
    """Writes a TFRecord file, over one that was there.

    Args:
      path: the file.
      compression: "", "ZLIB" or "GZIP".
      level, window_bits, mem_level, strategy: of zlib; its documentation explains them.

    Raises:
      ValueError: there is no such compression.
      OpError: the file system refuses; the class tells why.
    """

    def __init__(
        self,
        path: str,
        compression: str = "",
        *,
        level: int = zlib.Z_DEFAULT_COMPRESSION,
        window_bits: int | None = None,
        mem_level: int = zlib.DEF_MEM_LEVEL,
        strategy: int = zlib.Z_DEFAULT_STRATEGY,
    ) -> None:
        self._compressor = None
        default_bits = _window_bits(compression)
        if default_bits is not None:
            bits = default_bits if window_bits is None else window_bits
            self._compressor = zlib.compressobj(level, zlib.DEFLATED, bits, mem_level, strategy)
        with raise_os_errors_as_op_errors():
            self._file: BinaryIO = open(path, "wb")
        self._waiting: list[bytes] = []
        self._waiting_size = 0

    def write(self, record: bytes) -> None:
        """Appends a record; it is in the file after the next `flush` or `close`.

        Raises:
          FailedPreconditionError: the writer is closed.
          OpError: the file system refuses.
        """
        if self._file.closed:
            raise errors.FailedPreconditionError(None, None, "The record writer is closed")
        self._waiting.append(bytes(record))
        self._waiting_size += len(record)
        if self._waiting_size >= _BATCH:
            self._write_waiting()

    def flush(self) -> None:
        """Makes what was written readable for others."""
        self._write_waiting()
        with raise_os_errors_as_op_errors():
            if self._compressor is not None:
                self._file.write(self._compressor.flush(zlib.Z_SYNC_FLUSH))
            self._file.flush()

    def close(self) -> None:
        """Ends the file. A second call does nothing."""
        if self._file.closed:
            return
        try:
            self._write_waiting()
            with raise_os_errors_as_op_errors():
                if self._compressor is not None:
                    self._file.write(self._compressor.flush())
        finally:
            with raise_os_errors_as_op_errors():
                self._file.close()

    def __del__(self) -> None:
        # TF1's writer loses nothing either when a script forgets to close it.
        if hasattr(self, "_file"):
            self.close()

    def __enter__(self) -> RecordWriter:
        return self

    def __exit__(
        self,
        error_class: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _write_waiting(self) -> None:
        records, self._waiting, self._waiting_size = self._waiting, [], 0
        parts = []
        for record, crc in zip(records, crc32c_of_each(records), strict=True):
            length = _LENGTH.pack(len(record))
            parts += [length, _CRC.pack(mask(crc32c(length))), record, _CRC.pack(mask(crc))]
        data = b"".join(parts)
        with raise_os_errors_as_op_errors():
            self._file.write(data if self._compressor is None else self._compressor.compress(data))


class _Frame(NamedTuple):
    """A record as it stands in a file, its data not checked yet."""

    offset: int
    record: bytes
    masked_crc: int


def read_records(path: str, compression: str = "") -> Iterator[bytes]:
    """The records of a TFRecord file, one after the other.

    Args:
      path: the file.
      compression: "", "ZLIB" or "GZIP".

    Yields:
      The records. Those before a damaged one come before the error.

    Raises:
      ValueError: there is no such compression.
      DataLossError: a record is damaged or cut off, or the file is none of TFRecord's.
      OpError: the file cannot be read; the class tells why.
    """
    window_bits = _window_bits(compression)
    buffer, offset = bytearray(), 0
    for chunk in _chunks(path, window_bits):
        buffer += chunk
        while frames := _whole_frames(buffer, offset, path):
            size = sum(_HEADER_SIZE + len(frame.record) + _CRC.size for frame in frames)
            del buffer[:size]
            offset += size
            crcs = crc32c_of_each([frame.record for frame in frames])
            for frame, crc in zip(frames, crcs, strict=True):
                if crc != unmask(frame.masked_crc):
                    raise _damaged("corrupted", path, frame.offset)
                yield frame.record
    if buffer:
        raise _damaged("truncated", path, offset)


def _whole_frames(buffer: bytearray, offset: int, path: str) -> list[_Frame]:
    """The records at the beginning of `buffer`, up to the first damaged length.

    Raises:
      DataLossError: that of the first record is damaged.
    """
    frames: list[_Frame] = []
    start = 0
    while start + _HEADER_SIZE <= len(buffer):
        length_bytes = bytes(buffer[start : start + _LENGTH.size])
        (masked,) = _CRC.unpack_from(buffer, start + _LENGTH.size)
        if crc32c(length_bytes) != unmask(masked):
            if not frames:
                raise _damaged("corrupted", path, offset)
            break
        data_start = start + _HEADER_SIZE
        data_end = data_start + _LENGTH.unpack(length_bytes)[0]
        if data_end + _CRC.size > len(buffer):
            break
        (masked,) = _CRC.unpack_from(buffer, data_end)
        frames.append(_Frame(offset + start, bytes(buffer[data_start:data_end]), masked))
        start = data_end + _CRC.size
    return frames


def _chunks(path: str, window_bits: int | None) -> Iterator[bytes]:
    """What stands in a file, uncompressed."""
    with raise_os_errors_as_op_errors():
        file = open(path, "rb")
    with file:
        if window_bits is None:
            while data := _read(file, _BATCH):
                yield data
            return
        decompressor = None
        # Compressed data may be a thousandth of what it was.
        while data := _read(file, _BATCH >> 6):
            while data:
                # A file may be several streams, one after the other.
                if decompressor is None or decompressor.eof:
                    decompressor = zlib.decompressobj(window_bits)
                try:
                    yield decompressor.decompress(data)
                except zlib.error as error:
                    raise errors.DataLossError(
                        None, None, f"The compressed file {path} is corrupted: {error}"
                    ) from error
                data = decompressor.unused_data
        if decompressor is not None and not decompressor.eof:
            raise errors.DataLossError(None, None, f"The compressed file {path} is truncated")


def _read(file: BinaryIO, size: int) -> bytes:
    with raise_os_errors_as_op_errors():
        return file.read(size)


def _window_bits(compression: str) -> int | None:
    """The number that stands for a compression in zlib; None for none."""
    if not compression:
        return None
    if compression not in _WINDOW_BITS:
        raise ValueError(f"Not a valid compression_type: {compression!r}")
    return _WINDOW_BITS[compression]


def _damaged(how: str, path: str, offset: int) -> errors.DataLossError:
    return errors.DataLossError(None, None, f"{how} record at {offset} of {path}")
