"""Philox 4x32-10: random bits as a pure function of a 64-bit key and a 128-bit counter.

One counter gives one block of four 32-bit words; no state is carried from block to block, so any
block can be computed alone and in any order. TensorFlow keys the generator of every op with the
op's two seeds, and each run of the op takes the next stretch of counters.

Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3. SC 2011.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

WORDS = 4  # 32-bit words in a block
CHUNK = 16384  # blocks made at a time: 128 KB for each temporary, small enough for the L2 cache

_ROUNDS = 10
_LOW32 = 0xFFFFFFFF
_LOW64 = 0xFFFFFFFFFFFFFFFF
_LOW128 = (1 << 128) - 1
_MULTIPLIERS = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_KEY_STEPS = 0x9E3779B9, 0xBB67AE85
_MASK32 = np.uint64(_LOW32)
_SHIFT32 = np.uint64(32)

# What TF scrambles the seed of a stateless op with, so that any bits of the seed may be weak.
_SCRAMBLE_KEY = 0x02461E29_3EC8F720


@dataclass(frozen=True)
class Stream:
    """The blocks from one counter on: what an op may draw from during one run.

    Attributes:
      key: 64 bits.
      counter: 128 bits; the counter of block 0.
    """

    key: int
    counter: int

    def skip(self, count: int) -> Stream:
        """The stream without its first `count` blocks."""
        return Stream(self.key, (self.counter + count) & _LOW128)

    def blocks(self, start: int, count: int) -> np.ndarray:
        """The blocks `start .. start + count - 1`.

        Returns:
          uint32 [count, 4].
        """
        return self.blocks_at(np.arange(start, start + count, dtype=np.uint64))

    def blocks_at(self, indices: np.ndarray) -> np.ndarray:
        """The blocks with these indices.

        Args:
          indices: non-negative integers [n].

        Returns:
          uint32 [n, 4].
        """
        out = np.empty((len(indices), WORDS), np.uint32)
        for first in range(0, len(indices), CHUNK):
            part = slice(first, first + CHUNK)
            _philox(*self._counters(indices[part].astype(np.uint64)), self.key, out[part])
        return out

    def chunks(self, count: int) -> Iterator[tuple[int, np.ndarray]]:
        """The first `count` blocks in pieces that fit the cache: (index of the first, blocks)."""
        for first in range(0, count, CHUNK):
            yield first, self.blocks(first, min(CHUNK, count - first))

    def _counters(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Low and high 64 bits of `counter + indices`."""
        low = indices + np.uint64(self.counter & _LOW64)
        carry = low < indices
        return low, np.uint64(self.counter >> 64) + carry.astype(np.uint64)


class Philox:
    """The random state of one op: a key, and the counter that its next run starts from.

    Args:
      seed: 64 bits, becomes the key. Negative numbers stand for their two's complement.
      seed2: 64 bits, becomes the upper half of the first counter.

    Seeds (0, 0) stand for "no seed": both are then drawn from the operating system.
    """

    def __init__(self, seed: int, seed2: int) -> None:
        if seed == 0 and seed2 == 0:
            seed, seed2 = (int.from_bytes(os.urandom(8), "little") for _ in range(2))
        self._key = seed & _LOW64
        self._counter = (seed2 & _LOW64) << 64
        self._lock = threading.Lock()

    def reserve(self, count: int) -> Stream:
        """Takes `count` blocks: returns the stream of them and advances past them.

        Reserving nothing is a look at what comes next. Threads may reserve at the same time.
        """
        with self._lock:
            stream = Stream(self._key, self._counter)
            self._counter = stream.skip(count).counter
        return stream

    def __repr__(self) -> str:
        return f"Philox(key={self._key:#x}, counter={self._counter:#x})"


def stateless_philox(seed: np.ndarray) -> Philox:
    """The generator of a stateless op, which starts anew at each run.

    Args:
      seed: integers [2].
    """
    seed0, seed1 = (int(s) & _LOW64 for s in seed)
    mixed = Stream(_SCRAMBLE_KEY, seed0 | seed1 << 64).blocks(0, 1).view("<u8")[0]
    return Philox(*(int(m) for m in mixed))


def _philox(low: np.ndarray, high: np.ndarray, key: int, out: np.ndarray) -> None:
    """Writes the block of each counter to `out`, uint32 [n, 4].

    A round takes the words (a, b, c, d) and the round's key (k, m) to

        a' = hi(C * c) ^ b ^ k     b' = lo(C * c)     c' = hi(A * a) ^ d ^ m     d' = lo(A * a)

    Words live in uint64 arrays. b and d are left with garbage above their 32 bits, the whole
    product: they only ever meet a xor whose result is masked, so that one mask a word will do.
    """
    a, b, c, d = low & _MASK32, low >> _SHIFT32, high & _MASK32, high >> _SHIFT32
    multiplier_a, multiplier_c = _MULTIPLIERS
    k, m = key & _LOW32, key >> 32
    for _ in range(_ROUNDS):
        a *= multiplier_a
        c *= multiplier_c
        b ^= c >> _SHIFT32
        b ^= np.uint64(k)
        b &= _MASK32
        d ^= a >> _SHIFT32
        d ^= np.uint64(m)
        d &= _MASK32
        a, b, c, d = b, c, d, a
        k, m = (k + _KEY_STEPS[0]) & _LOW32, (m + _KEY_STEPS[1]) & _LOW32
    for word, values in enumerate((a, b, c, d)):
        out[:, word] = values  # the cast to 32 bits drops the garbage
