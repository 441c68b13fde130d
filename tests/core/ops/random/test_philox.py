"""The generator: published vectors, counters that carry, stretches that do not overlap."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from graphflow.core.ops.random.numerics.philox import CHUNK, Philox, Stream, stateless_philox

ALL_ONES = 2**128 - 1


@pytest.mark.parametrize(
    ("counter", "key", "block"),
    [
        # kat_vectors of Random123, "philox4x32 10"
        (0, 0, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        (ALL_ONES, 2**64 - 1, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (
            0x03707344_13198A2E_85A308D3_243F6A88,
            0x299F31D0_A4093822,
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ],
)
def test_published_vectors(counter: int, key: int, block: str) -> None:
    (words,) = Stream(key, counter).blocks(0, 1)
    assert " ".join(f"{word:08x}" for word in words) == block


def test_blocks_are_the_same_however_they_are_asked_for() -> None:
    stream = Stream(key=12345, counter=7)
    count = 2 * CHUNK + 5
    blocks = stream.blocks(0, count)
    assert blocks.shape == (count, 4)
    assert blocks.dtype == np.uint32
    np.testing.assert_array_equal(stream.blocks(CHUNK - 3, 9), blocks[CHUNK - 3 : CHUNK + 6])
    np.testing.assert_array_equal(stream.skip(100).blocks(0, 3), blocks[100:103])
    scattered = np.array([count - 1, 0, CHUNK, 0])
    np.testing.assert_array_equal(stream.blocks_at(scattered), blocks[scattered])
    for first, part in stream.chunks(count):
        np.testing.assert_array_equal(part, blocks[first : first + len(part)])
    assert stream.blocks(0, 0).shape == (0, 4)


@pytest.mark.parametrize("counter", [2**32 - 2, 2**64 - 2, 2**96 - 2, ALL_ONES - 1])
def test_counters_carry_into_every_word(counter: int) -> None:
    stream = Stream(key=99, counter=counter)
    for index, block in enumerate(stream.blocks(0, 5)):
        alone = Stream(key=99, counter=(counter + index) % 2**128)
        np.testing.assert_array_equal(block, alone.blocks(0, 1)[0])


def test_reserving_advances() -> None:
    philox = Philox(3, 4)
    assert philox.reserve(0) == Stream(3, 4 << 64)
    assert philox.reserve(10) == Stream(3, 4 << 64)
    assert philox.reserve(2**64) == Stream(3, (4 << 64) + 10)
    assert philox.reserve(1) == Stream(3, (5 << 64) + 10)
    assert repr(philox) == f"Philox(key=0x3, counter={(5 << 64) + 11:#x})"


def test_negative_seeds_are_twos_complement() -> None:
    assert Philox(-1, -2).reserve(0) == Stream(2**64 - 1, (2**64 - 2) << 64)


def test_seeds_of_zero_are_drawn() -> None:
    streams = {Philox(0, 0).reserve(0) for _ in range(8)}
    assert len(streams) == 8
    assert Philox(0, 1).reserve(0) == Stream(0, 1 << 64)
    assert Philox(1, 0).reserve(0) == Stream(1, 0)


def test_threads_reserve_stretches_of_their_own() -> None:
    philox = Philox(1, 0)
    counters: list[int] = []

    def reserve() -> None:
        counters.extend(philox.reserve(3).counter for _ in range(500))

    threads = [threading.Thread(target=reserve) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counters) == list(range(0, 6000, 3))


def test_every_bit_of_a_stateless_seed_counts() -> None:
    seeds = [[0, 0], [1, 0], [0, 1], [2**40, 0], [0, 2**40], [-1, 0], [0, -1]]
    streams = {stateless_philox(np.array(seed)).reserve(0) for seed in seeds}
    assert len(streams) == len(seeds)
    small = np.array([-3, 5], np.int32)
    assert stateless_philox(small).reserve(0) == stateless_philox(small.astype(int)).reserve(0)
