"""What an assertion can decide, and what it says, while the graph is being built."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core.base import errors
from ..core.graph.constant_value import constant_value
from ..core.graph.tensor import Tensor

# What TF1 looks through. graphflow knows more values early, but an assertion that TF1 leaves to the
# run may stand in a branch that is never taken, so it must not fail here.
_BY_VALUE = frozenset(
    {"Cast", "ConcatV2", "ConcatOffset", "Equal", "Fill", "NotEqual", "Pack", "Range"}
)
_BY_SHAPE = frozenset({"Const", "Rank", "Shape", "ShapeN", "Size"})


def static_value(tensor: Tensor) -> np.ndarray | None:
    """The value of a tensor where TF1 too knows it before a run, else None."""
    return constant_value(tensor) if _is_static(tensor) else None


def _is_static(tensor: Tensor) -> bool:
    op = tensor.op
    if op.type in _BY_SHAPE:
        return True
    return op.type in _BY_VALUE and all(_is_static(source) for source in op.inputs)


def require(holds: Any, data: Sequence[Any]) -> None:
    """Fails with `data`, a line each, values in place of tensors, unless `holds`.

    Raises:
      InvalidArgumentError: the condition does not hold.
    """
    if not holds:
        raise errors.InvalidArgumentError(None, None, "\n".join(_text(item) for item in data))


def _text(item: Any) -> str:
    value = static_value(item) if isinstance(item, Tensor) else None
    return str(item if value is None else value)


def prefix(message: str | None, end: str = "  ") -> str:
    """The beginning of an error that is raised now: the user's words and what sets them off."""
    return f"{message}{end}" if message else ""
