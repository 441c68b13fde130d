"""Varints: seven bits to a byte, lowest first, the top bit set on all bytes but the last."""

from __future__ import annotations

_MOST_BYTES = 10


def encode_varint(value: int) -> bytes:
    """The varint of a number in [0, 2^64)."""
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def decode_varint(data: bytes, start: int) -> tuple[int, int]:
    """The number whose varint begins at `data[start]`, and where the varint ends.

    Raises:
      ValueError: the varint is cut off, or longer than that of a 64-bit number.
    """
    value = 0
    for place, byte in enumerate(data[start : start + _MOST_BYTES]):
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value, start + place + 1
    raise ValueError("varint without an end")
