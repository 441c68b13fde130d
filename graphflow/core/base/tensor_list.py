"""The run-time value of a TensorList: a sequence of arrays, never changed, only derived from.

A list made by a push shares the array of its elements with the list it was made from, so that a
stack that a loop pushes to and pops from costs one append a step.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from . import errors
from .dtypes import DType, variant
from .tensor_shape import TensorShape

_MANY = -1


class TensorList:
    """A list of arrays (or of TensorLists), any of which may not be set yet.

    Args:
      dtype: the type of the elements.
      element_shape: what is known of their shapes.
      items: the elements; None for one that is not set: it reads as zeros.

    Attributes:
      was_read: the positions that a TensorArray has read, here and in the lists derived from this.
    """

    __slots__ = ("_buffer", "_length", "_only", "dtype", "element_shape", "was_read")

    shape = ()  # a TensorList is one scalar of type variant

    def __init__(self, dtype: DType, element_shape: TensorShape, items: Iterable[Any] = ()) -> None:
        self.dtype = dtype
        self.element_shape = element_shape
        self._buffer = list(items)
        self._length = len(self._buffer)
        self._only: int | None = _MANY if any(i is not None for i in self._buffer) else None
        self.was_read: set[int] = set()

    def __len__(self) -> int:
        return self._length

    def __repr__(self) -> str:
        return f"TensorList({self.dtype.name}, {self.element_shape}, {len(self)} elements)"

    @property
    def top_shape(self) -> tuple[int, ...] | None:
        """The shape of the last element; None when there is none, or it is not set or a list."""
        top = self._buffer[self._length - 1] if self._length else None
        return None if top is None or isinstance(top, TensorList) else tuple(top.shape)

    @property
    def items(self) -> list[Any]:
        """The elements, as a new Python list."""
        return self._buffer[: self._length]

    def _view(self, buffer: list[Any], length: int, only: int | None = _MANY) -> TensorList:
        """A list of this type; `only` is the one element that is set, None when none is."""
        view = TensorList.__new__(TensorList)
        view.dtype, view.element_shape = self.dtype, self.element_shape
        view._buffer, view._length, view._only = buffer, length, only
        view.was_read = self.was_read
        return view

    def with_items(self, items: Iterable[Any]) -> TensorList:
        """A list of this type with other elements."""
        other = TensorList(self.dtype, self.element_shape, items)
        other.was_read = self.was_read
        return other

    def push(self, item: Any) -> TensorList:
        """The list with one more element at its end."""
        # Only the longest list that shares the buffer may append to it; others take a copy.
        buffer = self._buffer if len(self._buffer) == self._length else self.items
        buffer.append(item)
        return self._view(buffer, self._length + 1)

    def pop(self) -> tuple[TensorList, Any]:
        """The list without its last element, and that element.

        Raises:
          InvalidArgumentError: the list is empty.
        """
        if self._length == 0:
            raise errors.InvalidArgumentError(None, None, "Trying to pop from an empty list.")
        return self._view(self._buffer, self._length - 1), self._buffer[self._length - 1]

    def item(self, index: int) -> Any:
        """One element; None when it is not set."""
        return self._buffer[index]

    def replaced(self, index: int, item: Any) -> TensorList:
        """The list with another element at `index`."""
        items = self.items
        items[index] = item
        only = index if self._only is None or self._only == index else _MANY
        return self._view(items, self._length, only)

    def resized(self, size: int) -> TensorList:
        """The list cut off, or lengthened by elements that are not set."""
        items = self.items[:size]
        return self.with_items(items + [None] * (size - len(items)))

    def zeros(self) -> TensorList:
        """As many zeros as this list has elements."""
        items: Iterable[Any] = [None] * self._length
        if self.dtype == variant:
            items = (i.zeros() if isinstance(i, TensorList) else None for i in self.items)
        return TensorList(self.dtype, self.element_shape, items)

    def __add__(self, other: TensorList) -> TensorList:
        """Element by element; what is not set counts as zero.

        Raises:
          InvalidArgumentError: the lists are of different lengths.
        """
        if len(self) != len(other):
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Trying to add two lists of tensors of different lengths: {len(self)} and "
                f"{len(other)}",
            )
        # the gradient of reading one element: many of these are added up, one for each reading
        if other._only is None:
            return self
        if other._only != _MANY:
            index = other._only
            return self.replaced(index, _sum(self._buffer[index], other._buffer[index]))
        if self._only != _MANY:
            return other + self
        pairs = zip(self.items, other.items, strict=True)
        return self.with_items(_sum(a, b) for a, b in pairs)


def _sum(a: Any, b: Any) -> Any:
    if a is None or b is None:
        return b if a is None else a
    if isinstance(a, np.ndarray):
        return np.asarray(a + b, dtype=a.dtype)
    return a + b
