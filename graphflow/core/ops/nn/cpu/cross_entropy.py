"""The cross entropies on the CPU: a row's loss and the gradient of its logits together."""

from __future__ import annotations

from typing import Any

from ....base import errors
from ...lowering import Lowering
from ..cross_entropy import (
    softmax_cross_entropy_with_logits_op,
    sparse_softmax_cross_entropy_with_logits_op,
)
from .softmax import SUFFIX, row_cost


@softmax_cross_entropy_with_logits_op.cpu
def softmax_cross_entropy_cpu(node: Any, k: Lowering) -> None:
    (logits, labels), (loss, backprop) = k.inputs, k.outputs
    k.require(logits.kind in SUFFIX and logits.shape == labels.shape, "broadcast labels")
    rows, classes = logits.shape
    k.require(logits.size > 0)
    k.call(
        f"softmax.cross_entropy_{SUFFIX[logits.kind]}",
        rows,
        [k.read(logits), k.read(labels), k.write(loss), k.write(backprop), classes],
        cost=row_cost(rows, classes),
    )


@sparse_softmax_cross_entropy_with_logits_op.cpu
def sparse_softmax_cross_entropy_cpu(node: Any, k: Lowering) -> None:
    (logits, labels), (loss, backprop) = k.inputs, k.outputs
    k.require(logits.kind in SUFFIX and len(logits.shape) == 2 and logits.size > 0)
    k.require(labels.shape == logits.shape[:1])
    rows, classes = logits.shape

    def outside(label: int, row: int) -> Exception:
        return errors.InvalidArgumentError(
            None,
            None,
            f"Received a label value of {label} which is outside the valid range of "
            f"[0, {classes}), in row {row}.",
        )

    operands = [k.read(logits), k.read(labels), k.write(loss), k.write(backprop)]
    k.call(
        f"softmax.sparse_cross_entropy_{SUFFIX[logits.kind]}",
        rows,
        [*operands, classes, labels.itemsize, k.failure()],
        cost=row_cost(rows, classes),
        failure=outside,
    )
