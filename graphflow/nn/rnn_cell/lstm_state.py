"""LSTMStateTuple: the state of an LSTM."""

from __future__ import annotations

from typing import Any, NamedTuple


class _CellAndOutput(NamedTuple):
    c: Any
    h: Any


class LSTMStateTuple(_CellAndOutput):
    """The state of an LSTM, or the sizes of one: `c`, what the cell holds, and `h`, its output."""

    __slots__ = ()

    @property
    def dtype(self) -> Any:
        """The type of both.

        Raises:
          TypeError: they have different types.
        """
        if self.c.dtype != self.h.dtype:
            raise TypeError(f"Inconsistent internal state: {self.c.dtype} vs {self.h.dtype}")
        return self.c.dtype
