"""The first elements of an array as text, the way TensorFlow prints and reports values."""

from __future__ import annotations

from typing import Any

import numpy as np


def summarize_array(array: np.ndarray, limit: int) -> str:
    """The first `limit` elements (all when negative) with a `[...]` for each axis but the first."""
    if limit < 0:
        limit = array.size
    text = _Text(array.reshape(-1), limit)
    if array.ndim == 0:
        text.add_element()
    elif array.size:
        text.add_axis(array.shape)
    return "".join(text.parts) + ("..." if array.ndim > 1 and array.size > limit else "")


class _Text:
    """Text under construction: how many elements are in it, and how many may be."""

    def __init__(self, elements: np.ndarray, limit: int) -> None:
        self.parts: list[str] = []
        self._elements = elements
        self._limit = limit
        self._count = 0

    def add_element(self) -> None:
        self.parts.append(element_text(self._elements[self._count]))
        self._count += 1

    def add_axis(self, shape: tuple[int, ...]) -> None:
        size, *rest = shape
        for index in range(size):
            if self._count >= self._limit:
                if not rest:
                    self.parts.append("...")
                return
            if rest:
                self.parts.append("[")
                self.add_axis(tuple(rest))
                self.parts.append("]")
            else:
                self.parts.append(" " if index else "")
                self.add_element()


def element_text(element: Any) -> str:
    """One element, numbers with as few digits as read back to the same."""
    if isinstance(element, bytes):
        return element.decode(errors="replace")
    if isinstance(element, np.bool_):
        return str(int(element))
    if isinstance(element, np.complexfloating):
        return f"({element.real:g},{element.imag:g})"
    if isinstance(element, np.integer | str):
        return str(element)
    return _float_text(element)


def _float_text(element: Any) -> str:
    """As few digits as read back to the same number: the usual count, or the most needed."""
    few, most = (15, 17) if isinstance(element, np.float64) else (6, 9)
    text = f"{float(element):.{few}g}"
    return text if type(element)(float(text)) == element else f"{float(element):.{most}g}"
