"""Snappy, the compression of blocks in tables that older writers made: decoding only."""

from __future__ import annotations

from .varint import decode_varint

_LITERAL, _COPY_1, _COPY_2 = 0, 1, 2


def uncompress(data: bytes) -> bytes:
    """The bytes that were compressed to `data`.

    Raises:
      ValueError: `data` is not what Snappy writes.
    """
    size, position = decode_varint(data, 0)
    result = bytearray()
    while position < len(data):
        tag = data[position]
        kind, upper = tag & 3, tag >> 2
        position += 1
        if kind == _LITERAL:
            # 60 to 63: the length stands in the next one to four bytes.
            extra = max(0, upper - 59)
            length = 1 + (_number(data, position, extra) if extra else upper)
            position += extra + length
            result += data[position - length : position]
        else:
            if kind == _COPY_1:
                extra, length = 1, 4 + (upper & 7)
                offset = upper >> 3 << 8 | _number(data, position, 1)
            else:
                extra = 2 if kind == _COPY_2 else 4
                length = 1 + upper
                offset = _number(data, position, extra)
            position += extra
            if not 0 < offset <= len(result):
                raise ValueError("a copy from before the beginning")
            # A copy may read what it writes: then the last `offset` bytes repeat.
            start = len(result) - offset
            pattern = result[start : start + length]
            result += (pattern * (length // len(pattern) + 1))[:length]
    if position != len(data) or len(result) != size:
        raise ValueError(f"{len(result)} bytes uncompressed, {size} expected")
    return bytes(result)


def _number(data: bytes, position: int, size: int) -> int:
    field = data[position : position + size]
    if len(field) != size:
        raise ValueError("cut off inside an element")
    return int.from_bytes(field, "little")
