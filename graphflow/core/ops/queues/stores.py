"""Where a queue keeps its elements, and in what order it gives them back.

An element is a tuple of arrays, one for each component. Used under the queue's lock.
"""

from __future__ import annotations

import heapq
from collections import deque
from typing import Any, Protocol

from ..nn.range_samplers import Words
from ..random.numerics.philox import Philox

Element = tuple[Any, ...]

_EVER = 1 << 64  # blocks of random bits: more than will ever be drawn


class Store(Protocol):
    """What a queue asks of a store.

    Attributes:
      gives_in_parts: whether elements of one batch may be taken before all of them are there.
    """

    gives_in_parts: bool

    def __len__(self) -> int: ...

    def push(self, element: Element) -> None: ...

    def pop(self) -> Element: ...

    def give_back(self, element: Element) -> None:
        """Puts the element that was taken last where it was."""


class FifoStore:
    """First in, first out."""

    gives_in_parts = True

    def __init__(self) -> None:
        self._elements: deque[Element] = deque()

    def __len__(self) -> int:
        return len(self._elements)

    def push(self, element: Element) -> None:
        self._elements.append(element)

    def pop(self) -> Element:
        return self._elements.popleft()

    def give_back(self, element: Element) -> None:
        self._elements.appendleft(element)


class ShuffledStore:
    """In the random order of TensorFlow's RandomShuffleQueue for the same seeds.

    Args:
      seed, seed2: of the op; both 0 for another order each time.
    """

    gives_in_parts = True

    def __init__(self, seed: int, seed2: int) -> None:
        self._elements: list[Element] = []
        self._words = Words(Philox(seed, seed2).reserve(_EVER))

    def __len__(self) -> int:
        return len(self._elements)

    def push(self, element: Element) -> None:
        self._elements.append(element)

    def pop(self) -> Element:
        # the last element takes the place of the one that is taken, as in TensorFlow
        index = self._words.word() % len(self._elements)
        last = self._elements.pop()
        if index == len(self._elements):
            return last
        taken, self._elements[index] = self._elements[index], last
        return taken

    def give_back(self, element: Element) -> None:
        self._elements.append(element)


class SortedStore:
    """The smallest first component first; among equals, first in, first out."""

    gives_in_parts = False  # or a smaller one might come while others are held back

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Element]] = []
        self._pushed = 0

    def __len__(self) -> int:
        return len(self._heap)

    def push(self, element: Element) -> None:
        self._pushed += 1  # tells equal priorities apart, so that arrays are never compared
        heapq.heappush(self._heap, (int(element[0]), self._pushed, element))

    def pop(self) -> Element:
        return heapq.heappop(self._heap)[2]

    def give_back(self, element: Element) -> None:
        self.push(element)
