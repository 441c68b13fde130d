"""The sorted string table that `.index` files and V1 checkpoints are: LevelDB's format.

    data block ... data block | metaindex block (empty) | index block | footer

A block holds entries in the order of their keys, each without the prefix that it shares with the
key before it, except at every 16th, a restart, whose offsets end the block. After a block stand its
compression and a masked CRC of both. The index block maps a key that no key of a data block
exceeds to the block's place. Numbers in entries and places are varints.
"""

from __future__ import annotations

import os
import struct
from bisect import bisect_left
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from ..base import errors
from .crc32c import crc32c, mask, unmask
from .snappy import uncompress
from .varint import decode_varint, encode_varint

_BLOCK_SIZE = 1 << 18
_RESTART_INTERVAL = 16
_NO_COMPRESSION, _SNAPPY = 0, 1
_TRAILER = struct.Struct("<BI")  # compression, masked CRC
_MAGIC = (0xDB4775248B80FB57).to_bytes(8, "little")
_HANDLES_SIZE = 40
_FOOTER_SIZE = _HANDLES_SIZE + len(_MAGIC)


class _Handle(NamedTuple):
    """The place of a block in the file, its trailer not counted."""

    offset: int
    size: int

    @property
    def end(self) -> int:
        return self.offset + self.size + _TRAILER.size

    def encode(self) -> bytes:
        return encode_varint(self.offset) + encode_varint(self.size)

    @classmethod
    def decode(cls, data: bytes, start: int = 0) -> tuple[_Handle, int]:
        offset, position = decode_varint(data, start)
        size, position = decode_varint(data, position)
        return cls(offset, size), position


def _footer(metaindex: _Handle, index: _Handle) -> bytes:
    return (metaindex.encode() + index.encode()).ljust(_HANDLES_SIZE, b"\0") + _MAGIC


class _BlockBuilder:
    def __init__(self, restart_interval: int) -> None:
        self._restart_interval = restart_interval
        self._entries = bytearray()
        self._restarts = [0]
        self._since_restart = 0
        self._last_key = b""

    def add(self, key: bytes, value: bytes) -> None:
        shared = 0
        if self._since_restart < self._restart_interval:
            shared = len(os.path.commonprefix([key, self._last_key]))
        else:
            self._restarts.append(len(self._entries))
            self._since_restart = 0
        for number in (shared, len(key) - shared, len(value)):
            self._entries += encode_varint(number)
        self._entries += key[shared:]
        self._entries += value
        self._last_key = key
        self._since_restart += 1

    @property
    def size(self) -> int:
        """Of the block, when it ended here."""
        return len(self._entries) + 4 * len(self._restarts) + 4

    def finish(self) -> bytes:
        count = len(self._restarts)
        return bytes(self._entries) + struct.pack(f"<{count + 1}I", *self._restarts, count)


class TableWriter:
    """Writes a table, uncompressed.

    Args:
      file: where to write; it stays open.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._offset = 0
        self._block = _BlockBuilder(_RESTART_INTERVAL)
        self._index = _BlockBuilder(restart_interval=1)
        self._last_key: bytes | None = None
        # The last key and the place of a block that waits for the next key to be known: the key of
        # its index entry lies between the two.
        self._waiting: tuple[bytes, _Handle] | None = None

    def add(self, key: bytes, value: bytes) -> None:
        """Appends an entry.

        Raises:
          ValueError: the key is not greater than the last one.
        """
        if self._last_key is not None and key <= self._last_key:
            raise ValueError(
                f"Keys must come in increasing order: {key!r} after {self._last_key!r}"
            )
        if self._waiting is not None:
            block_key, handle = self._waiting
            self._index.add(_separator(block_key, key), handle.encode())
            self._waiting = None
        self._block.add(key, value)
        self._last_key = key
        if self._block.size >= _BLOCK_SIZE:
            self._waiting = key, self._write(self._block)
            self._block = _BlockBuilder(_RESTART_INTERVAL)

    def finish(self) -> None:
        """Writes what ends the table."""
        if self._last_key is not None and self._waiting is None:
            self._waiting = self._last_key, self._write(self._block)
        metaindex = self._write(_BlockBuilder(_RESTART_INTERVAL))
        if self._waiting is not None:
            block_key, handle = self._waiting
            self._index.add(_successor(block_key), handle.encode())
        index = self._write(self._index)
        self._file.write(_footer(metaindex, index))

    def _write(self, block: _BlockBuilder) -> _Handle:
        data = block.finish()
        handle = _Handle(self._offset, len(data))
        checked = data + bytes([_NO_COMPRESSION])
        self._file.write(data + _TRAILER.pack(_NO_COMPRESSION, mask(crc32c(checked))))
        self._offset = handle.end
        return handle


def _separator(key: bytes, following: bytes) -> bytes:
    """A short key in [key, following)."""
    shared = len(os.path.commonprefix([key, following]))
    if shared < len(key) and key[shared] < 0xFF and key[shared] + 1 < following[shared]:
        return key[:shared] + bytes([key[shared] + 1])
    return key


def _successor(key: bytes) -> bytes:
    """A short key that is not less than `key`."""
    for place, byte in enumerate(key):
        if byte != 0xFF:
            return key[:place] + bytes([byte + 1])
    return key


class Table:
    """Reads a table, a block when it is needed.

    Args:
      path: the file.

    Raises:
      DataLossError: the file is no table, or damaged.
      OSError: it cannot be read.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        with open(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            if size < _FOOTER_SIZE:
                raise self._damaged(f"{size} bytes are too few for a table")
            file.seek(-_FOOTER_SIZE, os.SEEK_END)
            metaindex, index = self._read_footer(file.read(_FOOTER_SIZE), size - _FOOTER_SIZE)
            self._read_block(file, metaindex)  # to check it: there is nothing in it
            entries = self._read_block(file, index)
        self._last_keys = [key for key, _ in entries]
        try:
            self._blocks = [_Handle.decode(value)[0] for _, value in entries]
        except ValueError as error:
            raise self._damaged(f"the place of a block is unreadable: {error}") from error

    def get(self, key: bytes) -> bytes | None:
        """The value of `key`, or None."""
        place = bisect_left(self._last_keys, key)
        if place == len(self._blocks):
            return None
        with open(self.path, "rb") as file:
            return dict(self._read_block(file, self._blocks[place])).get(key)

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        """The entries, in the order of their keys."""
        with open(self.path, "rb") as file:
            for block in self._blocks:
                yield from self._read_block(file, block)

    def _read_footer(self, footer: bytes, footer_offset: int) -> tuple[_Handle, _Handle]:
        """The places of the metaindex and index blocks."""
        if not footer.endswith(_MAGIC):
            raise self._damaged("it does not end like a table (bad magic number)")
        try:
            metaindex, position = _Handle.decode(footer)
            index, _ = _Handle.decode(footer, position)
        except ValueError as error:
            raise self._damaged(f"the footer is unreadable: {error}") from error
        # The footer is the one part without a checksum, but nothing in it is free to vary.
        fits = metaindex.end == index.offset and index.end == footer_offset
        if not fits or footer != _footer(metaindex, index):
            raise self._damaged("the footer does not fit the file")
        return metaindex, index

    def _read_block(self, file: BinaryIO, handle: _Handle) -> list[tuple[bytes, bytes]]:
        where = f"the block at byte {handle.offset}"
        if handle.end > os.fstat(file.fileno()).st_size:
            raise self._damaged(f"{where} is cut off")
        file.seek(handle.offset)
        data = file.read(handle.size)
        trailer = file.read(_TRAILER.size)
        compression, masked = _TRAILER.unpack(trailer)
        if crc32c(trailer[:1], crc32c(data)) != unmask(masked):
            raise self._damaged(f"{where} does not match its checksum")
        try:
            if compression == _SNAPPY:
                data = uncompress(data)
            elif compression != _NO_COMPRESSION:
                raise ValueError(f"compression {compression} is not known")
            return list(_entries(data))
        except ValueError as error:
            raise self._damaged(f"{where} is unreadable: {error}") from error

    def _damaged(self, reason: str) -> errors.DataLossError:
        return errors.DataLossError(None, None, f"Cannot read the table {self.path}: {reason}.")


def _entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The entries of an uncompressed block.

    Raises:
      ValueError: it is not a block.
    """
    end = len(block) - 4
    if end >= 0:
        end -= 4 * int.from_bytes(block[end:], "little")
    if end < 0:
        raise ValueError("its list of restarts is longer than it is")
    position, key = 0, b""
    while position < end:
        shared, position = decode_varint(block, position)
        unshared, position = decode_varint(block, position)
        value_size, position = decode_varint(block, position)
        key_end = position + unshared
        value_end = key_end + value_size
        if shared > len(key) or value_end > end:
            raise ValueError("an entry reaches beyond the block")
        key = key[:shared] + block[position:key_end]
        yield key, block[key_end:value_end]
        position = value_end
