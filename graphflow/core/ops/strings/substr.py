"""Substr: parts of texts, by position and length."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...base import errors
from ...base.tensor_shape import TensorShape
from ...graph.op_def import define_op
from ...graph.shape_context import ShapeContext, shape_text
from ...graph.tensor import Tensor
from ..shape_rules import broadcast
from .case import UNIT
from .elementwise import character_starts, text_array


def substr_shape(context: ShapeContext) -> TensorShape:
    pos, length = context.shape(1), context.shape(2)
    if pos.ndims is not None and length.ndims is not None and pos.ndims != length.ndims:
        raise ValueError(f"Shape must be rank {length.ndims} but is rank {pos.ndims}")
    if not pos.is_compatible_with(length):
        raise ValueError(
            f"pos and len shapes must match: {shape_text(pos)} vs. {shape_text(length)}"
        )
    return broadcast(context)


substr_op = define_op(
    "Substr",
    inputs=["input: string", "pos: T", "len: T"],
    outputs=["output: string"],
    attrs=["T: {int32, int64}", UNIT],
    shape=substr_shape,
)
substr_op.no_grad()


@substr_op.define
def substr_reference(
    node: Any, texts: np.ndarray, positions: np.ndarray, lengths: np.ndarray
) -> np.ndarray:
    if positions.shape != lengths.shape:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"pos and len should have the same shape, got: {list(positions.shape)} "
            f"vs. {list(lengths.shape)}",
        )
    try:
        texts, positions, lengths = np.broadcast_arrays(texts, positions, lengths)
    except ValueError:
        raise errors.InvalidArgumentError(
            None, None, f"Incompatible shapes: {list(texts.shape)} vs. {list(positions.shape)}"
        ) from None
    cut = _bytes_of if node.attrs["unit"] == "BYTE" else _characters_of
    items = zip(texts.ravel(), positions.ravel().tolist(), lengths.ravel().tolist(), strict=True)
    parts = []
    for index, (text, position, length) in enumerate(items):
        part = cut(text, position, length)
        if part is None:
            raise errors.InvalidArgumentError(
                None, None, f"pos {position} out of range for string {text!r} at index {index}"
            )
        parts.append(part)
    return text_array(parts, texts.shape)


def _bytes_of(text: bytes, position: int, length: int) -> bytes | None:
    start = position + len(text) if position < 0 else position
    if not 0 <= start <= len(text):
        return None
    return text[start:] if length < 0 else text[start : start + length]


def _characters_of(text: bytes, position: int, length: int) -> bytes | None:
    starts = character_starts(text)
    count = len(starts) - 1
    first = position + count if position < 0 else position
    if not 0 <= first <= count:
        return None
    end = min(first + max(length, 0), count)
    return text[starts[first] : starts[end]]


def substr(input: Any, pos: Any, len: Any, name: str | None = None, unit: str = "BYTE") -> Tensor:
    """Parts of texts.

    Args:
      input: strings of any shape.
      pos: where each part starts, from the end if negative; broadcast against `input`.
      len: how long it is at most, of the shape of `pos`.
      name: the node's name.
      unit: whether these count "BYTE" or "UTF8_CHAR".

    Returns:
      Strings of the broadcast shape.

    Raises:
      ValueError: the shapes do not fit, or another unit. In a run, InvalidArgumentError: a part
        starts outside its text.
    """
    return substr_op(input, pos, len, unit=unit, name=name)
