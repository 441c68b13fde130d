"""Samplers of class numbers [0, range): TensorFlow's numbers, and their expected counts."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from ...base import errors
from ..random.numerics.philox import Stream

_WORD = 0xFFFFFFFF
_MOST_UPDATES = 2**31 - 1  # TF counts in int32


class Words:
    """The 32-bit words of a stream of Philox blocks, one by one."""

    def __init__(self, stream: Stream) -> None:
        self._words = self._each(stream)

    @staticmethod
    def _each(stream: Stream) -> Iterator[int]:
        start, count = 0, 32
        while True:
            yield from stream.blocks(start, count).ravel().tolist()
            start, count = start + count, min(2 * count, 1024)

    def word(self) -> int:
        return next(self._words)

    def two_words(self) -> int:
        low = self.word()
        return low | self.word() << 32

    def single(self) -> np.float32:
        """A float32 in [0, 1), of 23 random bits."""
        return np.float32((self.word() & 0x7FFFFF) * 2.0**-23)

    def double(self) -> float:
        """A float in [0, 1), of 52 random bits."""
        high = self.word() & 0xFFFFF
        return float(high << 32 | self.word()) * 2.0**-52

    def below(self, limit: int) -> int:
        """An integer in [0, limit) from 32-bit words, none more likely than another."""
        return _unbiased(self.word, limit, _WORD)

    def below_64(self, limit: int) -> int:
        """The same from 64-bit words."""
        return _unbiased(self.two_words, limit, 2**64 - 1)


def _unbiased(draw: Callable[[], int], limit: int, most: int) -> int:
    if limit & (limit - 1) == 0:
        return draw() & (limit - 1)
    excess = most % limit + 1  # so many draws would make small numbers more likely
    while (number := draw()) < excess:
        pass
    return number % limit


class RangeSampler(ABC):
    """Takes batches of numbers from [0, size)."""

    def __init__(self, size: int) -> None:
        self.size = size

    @abstractmethod
    def sample(self, words: Words, count: int, unique: bool) -> tuple[np.ndarray, int]:
        """`count` numbers, distinct if asked, and how many draws that took."""

    @abstractmethod
    def expected_counts(self, values: np.ndarray, count: int, tries: int) -> np.ndarray:
        """How often each value is expected in a batch of `count` that took `tries` draws."""


class AllSampler(RangeSampler):
    """Every number, once."""

    def sample(self, words: Words, count: int, unique: bool) -> tuple[np.ndarray, int]:
        return np.arange(count), count

    def expected_counts(self, values: np.ndarray, count: int, tries: int) -> np.ndarray:
        return np.ones(values.shape, np.float32)


class DrawingSampler(RangeSampler):
    """Draws number after number, and again where numbers must be distinct."""

    @abstractmethod
    def draw(self, words: Words) -> int:
        """One number."""

    @abstractmethod
    def probabilities(self, values: np.ndarray) -> np.ndarray:
        """The probability, float32, of each value in one draw."""

    def sample(self, words: Words, count: int, unique: bool) -> tuple[np.ndarray, int]:
        if not unique:
            return np.array([self.draw(words) for _ in range(count)], np.int64), count
        picked: dict[int, None] = {}
        tries = 0
        while len(picked) < count:
            tries += 1
            picked.setdefault(self.draw(words))
        return np.array(list(picked), np.int64), tries

    def expected_counts(self, values: np.ndarray, count: int, tries: int) -> np.ndarray:
        """P * count, or the probability 1 - (1 - p)^tries of being in a batch of distinct ones."""
        p = self.probabilities(values)
        if tries == count:
            return p * np.float32(count)
        result: np.ndarray = -np.expm1(np.float32(tries) * np.log1p(-p))
        return result


class UniformSampler(DrawingSampler):
    """All numbers alike."""

    def draw(self, words: Words) -> int:
        return words.below_64(self.size)

    def probabilities(self, values: np.ndarray) -> np.ndarray:
        return np.full(values.shape, 1 / self.size, np.float32)


class LogUniformSampler(DrawingSampler):
    """Zipf's law for classes sorted by frequency: P(k) = log((k + 2) / (k + 1)) / log(size + 1)."""

    def draw(self, words: Words) -> int:
        return (int(math.exp(words.double() * math.log1p(self.size))) - 1) % self.size

    def probabilities(self, values: np.ndarray) -> np.ndarray:
        ratio = np.log((values + 2.0) / (values + 1.0)) / math.log1p(self.size)
        return ratio.astype(np.float32)


class LearnedUnigramSampler(DrawingSampler):
    """As frequent as the true classes seen so far, each counted one time more."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self._weights = np.ones(size, np.int64)
        self._upper: np.ndarray | None = None  # cumulative weights; None after an update

    def draw(self, words: Words) -> int:
        if self._upper is None:
            self._upper = np.cumsum(self._weights)
        index = words.below(int(self._upper[-1]))
        return int(np.searchsorted(self._upper, index, side="right"))

    def probabilities(self, values: np.ndarray) -> np.ndarray:
        weights = self._weights[values].astype(np.float32)
        result: np.ndarray = weights / np.float32(self._weights.sum())
        return result

    def update(self, values: np.ndarray) -> None:
        """Counts the true classes of a run."""
        room = _MOST_UPDATES - int(self._weights.sum())
        np.add.at(self._weights, values.ravel()[:room], 1)
        self._upper = None


class FixedUnigramSampler(DrawingSampler):
    """Given frequencies, drawn by Walker's alias method: a column, then it or its other owner."""

    def __init__(self, size: int, weights: np.ndarray) -> None:
        super().__init__(size)
        if len(weights) != size:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"range_max is {size}, but there are {len(weights)} unigrams and reserved ids",
            )
        self._weights = weights
        self._total = np.cumsum(weights, dtype=np.float32)[-1]
        self._shares, self._others = _alias_table(weights)

    def draw(self, words: Words) -> int:
        share = words.single()
        column = words.below(self.size)
        return column if share < self._shares[column] else self._others[column]

    def probabilities(self, values: np.ndarray) -> np.ndarray:
        known = (values >= 0) & (values < self.size)
        found = self._weights[np.where(known, values, 0)] / self._total
        return np.where(known, found, np.float32(0))


def _alias_table(weights: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """The share of each column that its own number has, and the number that owns the rest."""
    scaled = (weights * np.float32(len(weights))).astype(np.float64) / float(weights.sum(dtype="d"))
    others = list(range(len(weights)))
    low = [i for i, share in enumerate(scaled) if share < 1]
    high = [i for i, share in enumerate(scaled) if share >= 1]
    while high and low:
        short, tall = low.pop(), high.pop()
        others[short] = tall
        scaled[tall] -= 1 - scaled[short]
        (low if scaled[tall] < 1 else high).append(tall)
    scaled[high + low] = 1  # rounding errors left these a little off
    return scaled.astype(np.float32), others


def unigram_weights(
    unigrams: Sequence[float], distortion: float, num_reserved_ids: int, num_shards: int, shard: int
) -> np.ndarray:
    """This shard's zeros for reserved ids, then its part of the frequencies ** distortion.

    As in TF the frequencies are dealt out as if only this shard's reserved ids came before them.
    """
    reserved = len(range(shard, num_reserved_ids, num_shards))
    dealt = list(unigrams)[(shard - reserved) % num_shards :: num_shards]
    weights = np.asarray(dealt, np.float32) ** np.float32(distortion)
    return np.concatenate([np.zeros(reserved, np.float32), weights])


def read_unigrams(path: str) -> list[float]:
    """The last column of a file of comma-separated values.

    Raises:
      NotFoundError: there is no such file.
      InvalidArgumentError: a line does not end in a number.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise errors.NotFoundError(None, None, f"{path}; No such file or directory") from None
    unigrams = []
    for line in lines:
        try:
            unigrams.append(float(line.rsplit(",", 1)[-1]))
        except ValueError:
            raise errors.InvalidArgumentError(
                None, None, f"Wrong vocabulary format at line: {line}"
            ) from None
    return unigrams
