"""Softmax and its logarithm on the CPU: kernels that take a row at a time."""

from __future__ import annotations

from typing import Any

from ...lowering import Argument, Lowering
from ..softmax import log_softmax_op, softmax_op

SUFFIX = {"float32": "f32", "float64": "f64"}
_NS_PER_ELEMENT = 0.4  # an exponential, and the passes over what is in the cache


def row_cost(rows: int, classes: int) -> float:
    """The nanoseconds that rows take; a short one takes as long as its vector."""
    return rows * max(classes, 32) * _NS_PER_ELEMENT


def _lowering(kernel: str) -> Any:
    def lowering(node: Any, k: Lowering) -> None:
        (x,), (y,) = k.inputs, k.outputs
        k.require(x.kind in SUFFIX and len(x.shape) > 0)
        if x.size == 0:
            return
        classes = x.shape[-1]
        rows = x.size // classes
        words: list[Argument] = [k.read(x), k.write(y), classes]
        k.call(f"softmax.{kernel}_{SUFFIX[x.kind]}", rows, words, cost=row_cost(rows, classes))

    return lowering


softmax_op.cpu(_lowering("softmax"))
log_softmax_op.cpu(_lowering("log_softmax"))
