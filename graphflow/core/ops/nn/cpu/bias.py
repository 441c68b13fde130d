"""Sums on the CPU that belong to neural networks: the gradient of a bias, and the L2 loss."""

from __future__ import annotations

from typing import Any

from ...lowering import Lowering
from ...reduction.cpu.reduce import NUMBERS, reduce
from ..bias import bias_add_grad_op
from ..regularize import l2_loss_op


@bias_add_grad_op.cpu
def bias_add_grad_cpu(node: Any, k: Lowering) -> None:
    (dy,), (db,) = k.inputs, k.outputs
    k.require(dy.kind in NUMBERS and dy.size > 0)
    channel = len(dy.shape) - 1 if node.attrs["data_format"] == "NHWC" else 1
    axes = [axis for axis in range(len(dy.shape)) if axis != channel]
    reduce(k, f"sum_{NUMBERS[dy.kind]}", dy, axes, db)


@l2_loss_op.cpu
def l2_loss_cpu(node: Any, k: Lowering) -> None:
    """The squares are summed first, then these sums, and the last of them is halved."""
    (x,), (y,) = k.inputs, k.outputs
    k.require(x.kind in ("float32", "float64") and x.size > 0)
    suffix, every = NUMBERS[x.kind], range(len(x.shape))
    reduce(k, f"sum_squares_{suffix}", x, every, y, 2.0, combine=f"sum_{suffix}")
