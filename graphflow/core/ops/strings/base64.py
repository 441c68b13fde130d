"""EncodeBase64 and DecodeBase64, in the alphabet that is safe in addresses."""

from __future__ import annotations

import base64
import re
from typing import Any

import numpy as np

from ...base import errors
from ...graph.op_def import define_op
from ...graph.tensor import Tensor
from ..shape_rules import same_as_input
from .elementwise import each_text

_OTHER_CHARACTER = re.compile(rb"[^A-Za-z0-9_-]")

encode_base64_op = define_op(
    "EncodeBase64",
    inputs=["input: string"],
    outputs=["output: string"],
    attrs=["pad: bool = false"],
    shape=same_as_input,
)
encode_base64_op.no_grad()


@encode_base64_op.define
def encode_base64_reference(node: Any, texts: np.ndarray) -> np.ndarray:
    if node.attrs["pad"]:
        return each_text(texts, base64.urlsafe_b64encode)
    return each_text(texts, lambda text: base64.urlsafe_b64encode(text).rstrip(b"="))


decode_base64_op = define_op(
    "DecodeBase64", inputs=["input: string"], outputs=["output: string"], shape=same_as_input
)
decode_base64_op.no_grad()


@decode_base64_op.define
def decode_base64_reference(node: Any, texts: np.ndarray) -> np.ndarray:
    return each_text(texts, _decoded)


def _decoded(text: bytes) -> bytes:
    digits = text
    if len(text) % 4 == 0:  # only a last group of four can be padded
        digits = text[:-2] + text[-2:].replace(b"==", b"").removesuffix(b"=")
    if len(digits) % 4 == 1:
        raise errors.InvalidArgumentError(None, None, "Base64 string length cannot be 1 modulo 4.")
    if _OTHER_CHARACTER.search(digits):
        raise errors.InvalidArgumentError(None, None, "Invalid character found in base64.")
    return base64.urlsafe_b64decode(digits + b"=" * (-len(digits) % 4))


def encode_base64(input: Any, pad: bool = False, name: str | None = None) -> Tensor:
    """Bytes as letters, digits, - and _.

    Args:
      input: strings of any shape.
      pad: whether = fills up the last group of four.
      name: the node's name.

    Returns:
      Strings of the same shape.
    """
    return encode_base64_op(input, pad=pad, name=name)


def decode_base64(input: Any, name: str | None = None) -> Tensor:
    """The bytes of which `encode_base64` made these texts, padded or not.

    Args:
      input: strings of any shape.
      name: the node's name.

    Returns:
      Strings of the same shape.

    Raises:
      InvalidArgumentError: in a run, a text is not of that kind.
    """
    return decode_base64_op(input, name=name)
