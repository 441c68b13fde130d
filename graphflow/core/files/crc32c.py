"""CRC-32C, the checksum of TFRecord, event and checkpoint files, at memory speed in NumPy.

A message is a polynomial over GF(2), its first bit the highest power of x; its CRC is, but for two
complements, the remainder of message(x) * x^32 modulo Castagnoli's P(x). Remainders add up, so a
message of up to 1024 bytes needs one lookup for each byte, in a table by place and value, and XOR.

Longer messages are *folded* first: x^5685 + x^1362 + x^426 + 1 is a multiple of P, so a bit may be
added to three later places in place of where it stands,

    x^5685 = x^1362 + x^426 + 1   (mod P),

and since Q(x)^(2^k) = Q(x^(2^k)) over GF(2), the same holds with whole bytes or 64-bit words as
places. Folding is nothing but XOR of long runs of words, and leaves 5685 bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Data: TypeAlias = bytes | bytearray | memoryview | npt.NDArray[np.uint8]
Bytes: TypeAlias = npt.NDArray[np.uint8]
Words: TypeAlias = npt.NDArray[np.uint32]

# P(x) without x^32. CRC-32C takes the lowest bit of a byte first, so x^31 is the lowest bit here.
POLYNOMIAL = 0x82F63B78
# Its multiple x^A + x^B + x^C + 1: of the four-term multiples, one with a small A, which is what
# folding leaves, and a large A - B, which is how many places are folded at once.
A, B, C = 5685, 1362, 426

# The places of the lookup table, which is 256 times as many words: 1 MB.
_ROW = 1024
# Below this many bytes a plain loop is quicker than NumPy's calls.
_SHORT = 100
# Long messages are taken in pieces: folding works on a copy.
_PIECE = 1 << 22
_ALL_ONES = 0xFFFFFFFF


def crc32c(data: Data, value: int = 0) -> int:
    """The CRC-32C of `data`, or of a longer message that ends with it.

    Args:
      data: contiguous bytes.
      value: the CRC of what comes before `data`: `crc32c(b, crc32c(a)) == crc32c(a + b)`.

    Returns:
      The checksum, in [0, 2^32).
    """
    message = np.frombuffer(data, np.uint8)
    state = value ^ _ALL_ONES
    for start in range(0, message.size, _PIECE):
        state = _remainder(message[start : start + _PIECE], state)
    return state ^ _ALL_ONES


def crc32c_of_each(messages: Sequence[Data]) -> list[int]:
    """`[crc32c(message) for message in messages]`, several times as quick for short messages."""
    crcs = [0] * len(messages)
    batch = []
    for i, message in enumerate(messages):
        if 4 <= len(message) <= _ROW:
            batch.append(i)
        else:
            crcs[i] = crc32c(message)
    # A batch is as wide as its longest message, and a few hundred KB in all.
    batch.sort(key=lambda i: len(messages[i]))
    for start in range(0, len(batch), 256):
        some = batch[start : start + 256]
        remainders = _row_remainders(_right_aligned([messages[i] for i in some]))
        for i, remainder in zip(some, remainders.tolist(), strict=True):
            crcs[i] = remainder ^ _ALL_ONES
    return crcs


def mask(crc: int) -> int:
    """What files store in place of a CRC: the CRC of data with CRCs in it would be a weak one."""
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & _ALL_ONES


def unmask(masked: int) -> int:
    """The CRC that `mask` made `masked` of."""
    rotated = (masked - 0xA282EAD8) & _ALL_ONES
    return (rotated >> 17 | rotated << 15) & _ALL_ONES


def _remainder(message: Bytes, state: int) -> int:
    """The state after `message`, a piece at most."""
    if message.size < _SHORT:
        return _short_remainder(message.tobytes(), state)
    # Zeros in front of a message change nothing, and a state is worth the same as its four bytes
    # added to the first four of the message.
    padding = -message.size % 8
    places = np.zeros(padding + message.size, np.uint8)
    places[padding:] = message
    places[padding : padding + 4] ^= np.frombuffer(state.to_bytes(4, "little"), np.uint8)
    rest = _fold(_fold(places.view("<u8")).view(np.uint8))
    rows = np.zeros((-(-rest.size // _ROW), _ROW), np.uint8)
    rows.reshape(-1)[rows.size - rest.size :] = rest
    state = 0
    for row_remainder in _row_remainders(rows).tolist():
        state = _after_zero_row(state) ^ row_remainder
    return state


def _shift_byte(state: int) -> int:
    """The remainder of state(x) * x^8, for a state of one byte."""
    for _ in range(8):
        state = state >> 1 ^ (POLYNOMIAL if state & 1 else 0)
    return state


_SHIFTED_BYTE = tuple(map(_shift_byte, range(256)))


def _short_remainder(message: bytes, state: int) -> int:
    for byte in message:
        state = _SHIFTED_BYTE[(state ^ byte) & 0xFF] ^ state >> 8
    return state


def _fold(places: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Adds all places but the last A, in order, to places behind them; returns those A."""
    start, end = 0, max(0, places.size - A)
    while start < end:
        stop = min(start + A - B, end)
        head = places[start:stop]
        for distance in (A - B, A - C, A):
            places[start + distance : stop + distance] ^= head
        start = stop
    return places[end:]


def _row_remainders(rows: Bytes) -> Words:
    """The state after each row of `rows`, (count, width <= 1024), from a state of zero."""
    width = rows.shape[1]
    first = np.arange(_ROW - width, _ROW, dtype=np.intp) << 8
    remainders: Words = np.bitwise_xor.reduce(_by_place().reshape(-1).take(rows + first), axis=1)
    return remainders


def _right_aligned(messages: Iterable[Data]) -> Bytes:
    """The messages with the state that a CRC begins with added, zeros in front, one in a row."""
    arrays = [np.frombuffer(message, np.uint8) for message in messages]
    rows = np.zeros((len(arrays), max(array.size for array in arrays)), np.uint8)
    for row, array in zip(rows, arrays, strict=True):
        start = row.size - array.size
        row[start:] = array
        row[start : start + 4] ^= 0xFF
    return rows


@cache
def _by_place() -> Words:
    """(1024, 256): the state after a row that is zero but for one byte, by its place and value."""
    # Row n: the state after the byte and n zeros. n zeros take a state to what its four bytes as a
    # message come to, the last of them followed by n - 4 zeros; so the table doubles itself.
    table = np.empty((_ROW, 256), np.uint32)
    for zeros in range(4):
        table[zeros] = [_short_remainder(bytes([byte, *bytes(zeros)]), 0) for byte in range(256)]
    known = 4
    while known < _ROW:
        last = table[:known]
        b = last.astype("<u4").view(np.uint8).reshape(known, 256, 4)
        table[known : 2 * known] = (
            table[known - 1].take(b[..., 0])
            ^ table[known - 2].take(b[..., 1])
            ^ table[known - 3].take(b[..., 2])
            ^ table[known - 4].take(b[..., 3])
        )
        known *= 2
    return table[::-1].copy()


def _after_zero_row(state: int) -> int:
    """The state after 1024 zeros."""
    table = _by_place()
    first, second, third, fourth = state.to_bytes(4, "little")
    return int(table[0, first] ^ table[1, second] ^ table[2, third] ^ table[3, fourth])
