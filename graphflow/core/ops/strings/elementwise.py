"""What ops on each text have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np


def text_array(texts: Iterable[bytes], shape: tuple[int, ...]) -> np.ndarray:
    """A string tensor's array: NumPy would make a vector of bytes one of fixed length."""
    array = np.empty(shape, object)
    array.ravel()[:] = list(texts)
    return array


def each_text(texts: np.ndarray, change: Callable[[bytes], bytes]) -> np.ndarray:
    """A function of each text, in the shape of the texts."""
    return text_array(map(change, texts.ravel()), texts.shape)


def each_text_as(texts: np.ndarray, dtype: Any, value: Callable[[bytes], Any]) -> np.ndarray:
    """A number for each text, in the shape of the texts."""
    return np.array([value(text) for text in texts.ravel()], dtype).reshape(texts.shape)


def character_starts(text: bytes) -> list[int]:
    """Where the UTF-8 characters of a text begin, and after them its end.

    A text that begins inside a character has its first one there.
    """
    if not text:
        return [0]
    starts = [i for i, byte in enumerate(text) if byte & 0xC0 != 0x80 or i == 0]
    return [*starts, len(text)]
