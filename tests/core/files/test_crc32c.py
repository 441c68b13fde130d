"""CRC-32C against its definition, bit by bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphflow.core.files import crc32c as module
from graphflow.core.files.crc32c import crc32c, crc32c_of_each, mask, unmask

RANDOM = np.random.default_rng(0).bytes((1 << 22) + 5000)
# Around each change of method: the loop, the table's row, what folding leaves, and the pieces.
LENGTHS = [0, 1, 3, 4, 7, 8, 99, 100, 101, 1023, 1024, 1025, 5685, 5686, 45480, 45481, 45488, 60001]
LENGTHS += [(1 << 22) - 1, 1 << 22, (1 << 22) + 1, (1 << 22) + 3, (1 << 22) + 4097]


def by_definition(data: bytes) -> int:
    state = 0xFFFFFFFF
    for byte in data:
        state ^= byte
        for _ in range(8):
            state = state >> 1 ^ (0x82F63B78 if state & 1 else 0)
    return state ^ 0xFFFFFFFF


@pytest.mark.parametrize(
    ("data", "crc"),
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        # RFC 3720, B.4
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
    ],
)
def test_published_values(data: bytes, crc: int) -> None:
    assert crc32c(data) == crc


def test_definition_at_the_short_lengths() -> None:
    for length in range(300):
        assert crc32c(RANDOM[:length]) == by_definition(RANDOM[:length])
    assert crc32c(RANDOM[:20000]) == by_definition(RANDOM[:20000])


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("start", [0, 1])
def test_every_method_gives_the_same(length: int, start: int) -> None:
    data = RANDOM[start : start + length]
    value = 0x12345678
    by_bytes = module._short_remainder(data, value ^ 0xFFFFFFFF) ^ 0xFFFFFFFF
    assert crc32c(data, value) == by_bytes
    assert crc32c(memoryview(data), value) == by_bytes
    assert crc32c(np.frombuffer(data, np.uint8), value) == by_bytes


@given(st.lists(st.integers(0, 20000), max_size=4))
def test_continues_from_a_value(lengths: list[int]) -> None:
    value, start = 0, 0
    for length in lengths:
        value = crc32c(RANDOM[start : start + length], value)
        start += length
    assert value == crc32c(RANDOM[:start])


@given(st.lists(st.binary(max_size=1100)))
def test_of_each(messages: list[bytes]) -> None:
    assert crc32c_of_each(messages) == [crc32c(message) for message in messages]


def test_of_each_of_more_than_a_batch() -> None:
    messages = [RANDOM[i : i + i % 1200] for i in range(1500)]
    assert crc32c_of_each(messages) == [crc32c(message) for message in messages]


@given(st.integers(0, 2**32 - 1))
def test_mask(crc: int) -> None:
    assert unmask(mask(crc)) == crc
    assert mask(crc) != crc


def test_mask_value() -> None:
    assert mask(0) == 0xA282EAD8
    assert mask(0x00018000) == 0xA282EAD8 + 3


def test_the_multiple_that_folding_uses() -> None:
    def power(exponent: int) -> int:
        """x^exponent modulo P, highest power in the highest bit."""
        state = 1
        for _ in range(exponent):
            state <<= 1
            if state >> 32:
                state ^= 0x11EDC6F41
        return state

    assert power(module.A) ^ power(module.B) ^ power(module.C) ^ 1 == 0
