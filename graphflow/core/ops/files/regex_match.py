"""StaticRegexFullMatch, by which the savers of later TensorFlows tell where they write."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from ...base import compat, errors
from ...graph.op_def import define_op
from ..shape_rules import same_as_input

static_regex_full_match_op = define_op(
    "StaticRegexFullMatch",
    inputs=["input: string"],
    outputs=["output: bool"],
    attrs=["pattern: string"],
    shape=same_as_input,
)
static_regex_full_match_op.no_grad()


@static_regex_full_match_op.define
def static_regex_full_match_reference(node: Any, texts: np.ndarray) -> np.ndarray:
    pattern = node.attrs["pattern"]
    try:
        compiled = re.compile(compat.as_bytes(pattern))
    except re.error as error:
        raise errors.InvalidArgumentError(
            None, None, f"Invalid pattern: {pattern}, error: {error}"
        ) from None
    matched = [compiled.fullmatch(text) is not None for text in texts.ravel()]
    return np.array(matched, bool).reshape(texts.shape)
