"""Conversions between bytes, text and paths, and the scalar types that TF1 code tests for.

Used wherever a name, a path or a string attribute enters: TF1 took bytes and text alike.
"""

from __future__ import annotations

import datetime
import numbers
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

integral_types = (numbers.Integral, np.integer)
real_types = (numbers.Real, np.integer, np.floating)
complex_types = (numbers.Complex, np.number)
bytes_or_text_types = (bytes, str)

# The day of TF 1.14's release: what TF1 code asks `forward_compatible` about is compared with it.
_RELEASE_DAY = datetime.date(2019, 6, 19)
_horizon = _RELEASE_DAY


def as_bytes(bytes_or_text: bytes | bytearray | str, encoding: str = "utf-8") -> bytes:
    """Converts text or a bytearray to bytes.

    Args:
      bytes_or_text: bytes are returned as they are.
      encoding: how text is encoded.

    Returns:
      The bytes.

    Raises:
      TypeError: the value is no string.
    """
    if isinstance(bytes_or_text, bytes):
        return bytes_or_text
    if isinstance(bytes_or_text, bytearray):
        return bytes(bytes_or_text)
    if isinstance(bytes_or_text, str):
        return bytes_or_text.encode(encoding)
    raise TypeError(f"Expected binary or unicode string, got {bytes_or_text!r}")


def as_text(bytes_or_text: bytes | bytearray | str, encoding: str = "utf-8") -> str:
    """Converts bytes to text.

    Args:
      bytes_or_text: text is returned as it is.
      encoding: how bytes are decoded.

    Returns:
      The text.

    Raises:
      TypeError: the value is no string.
    """
    if isinstance(bytes_or_text, str):
        return bytes_or_text
    if isinstance(bytes_or_text, (bytes, bytearray)):
        return bytes_or_text.decode(encoding)
    raise TypeError(f"Expected binary or unicode string, got {bytes_or_text!r}")


as_str = as_text


def as_str_any(value: Any) -> str:
    """`str(value)`, except that bytes are decoded."""
    return as_text(value) if isinstance(value, bytes) else str(value)


def path_to_str(path: Any) -> Any:
    """The text of a path object; anything else comes back as it is."""
    return as_str_any(path.__fspath__()) if hasattr(path, "__fspath__") else path


def forward_compatible(year: int, month: int, day: int) -> bool:
    """Whether a reader of this program's graphs is newer than the given day.

    Args:
      year: the day's year.
      month: its month, from 1.
      day: its day of the month, from 1.

    Returns:
      True when the day lies before the release that is followed here, TF 1.14, or before the
      horizon set by `forward_compatibility_horizon`.
    """
    return _horizon > datetime.date(year, month, day)


@contextmanager
def forward_compatibility_horizon(year: int, month: int, day: int) -> Iterator[None]:
    """Moves the day that `forward_compatible` compares with, inside a `with` block.

    Args:
      year: the day's year.
      month: its month, from 1.
      day: its day of the month, from 1.
    """
    global _horizon
    previous = _horizon
    _horizon = datetime.date(year, month, day)
    try:
        yield
    finally:
        _horizon = previous
