"""StringLower, StringUpper, StringStrip, StringLength: simple functions of each text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...base import errors
from ...graph.op_def import OpDef, define_op
from ...graph.tensor import Tensor
from ..shape_rules import same_as_input
from .elementwise import each_text, each_text_as

UNIT = "unit: {'BYTE', 'UTF8_CHAR'} = 'BYTE'"


def _case_op(name: str, change: Callable[[Any], Any]) -> OpDef:
    op = define_op(
        name,
        inputs=["input: string"],
        outputs=["output: string"],
        attrs=["encoding: string = ''"],
        shape=same_as_input,
    )

    def change_characters(text: bytes) -> bytes:
        characters: str = change(text.decode("utf-8", "replace"))
        return characters.encode()

    @op.define
    def reference(node: Any, texts: np.ndarray) -> np.ndarray:
        encoding = node.attrs["encoding"]
        if encoding not in ("", "utf-8"):
            raise errors.InvalidArgumentError(
                None, None, f"only utf-8 or '' (no encoding) is supported, got {encoding!r}"
            )
        return each_text(texts, change_characters if encoding else change)

    op.no_grad()
    return op


string_lower_op = _case_op("StringLower", lambda text: text.lower())
string_upper_op = _case_op("StringUpper", lambda text: text.upper())

string_strip_op = define_op(
    "StringStrip", inputs=["input: string"], outputs=["output: string"], shape=same_as_input
)
string_strip_op.no_grad()


@string_strip_op.define
def string_strip_reference(node: Any, texts: np.ndarray) -> np.ndarray:
    return each_text(texts, bytes.strip)


string_length_op = define_op(
    "StringLength",
    inputs=["input: string"],
    outputs=["output: int32"],
    attrs=[UNIT],
    shape=same_as_input,
)
string_length_op.no_grad()


@string_length_op.define
def string_length_reference(node: Any, texts: np.ndarray) -> np.ndarray:
    if node.attrs["unit"] == "BYTE":
        return each_text_as(texts, np.int32, len)
    return each_text_as(texts, np.int32, lambda text: sum(byte & 0xC0 != 0x80 for byte in text))


def string_lower(input: Any, encoding: str = "", name: str | None = None) -> Tensor:
    """Texts in small letters.

    Args:
      input: strings of any shape.
      encoding: "" changes the letters of ASCII only, "utf-8" all that have two cases.
      name: the node's name.

    Returns:
      Strings of the same shape.

    Raises:
      InvalidArgumentError: in a run, another encoding.
    """
    return string_lower_op(input, encoding=encoding, name=name)


def string_upper(input: Any, encoding: str = "", name: str | None = None) -> Tensor:
    """Texts in capitals; otherwise as `string_lower`."""
    return string_upper_op(input, encoding=encoding, name=name)


def string_strip(input: Any, name: str | None = None) -> Tensor:
    """Texts without the white space at their ends."""
    return string_strip_op(input, name=name)


def string_length(input: Any, name: str | None = None, unit: str = "BYTE") -> Tensor:
    """How long texts are.

    Args:
      input: strings of any shape.
      name: the node's name.
      unit: "BYTE", or "UTF8_CHAR" to count characters.

    Returns:
      int32 numbers of the same shape.

    Raises:
      ValueError: another unit.
    """
    return string_length_op(input, unit=unit, name=name)
