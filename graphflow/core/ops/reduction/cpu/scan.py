"""Cumsum and Cumprod on the CPU."""

from __future__ import annotations

import math
from typing import Any

from ...lowering import Lowering
from ..scan import cumprod_op, cumsum_op
from .reduce import NUMBERS

_NS_PER_BYTE = 0.3


def _lowering(kernel: str) -> Any:
    def lowering(node: Any, k: Lowering) -> None:
        x, y, axis = k.inputs[0], k.outputs[0], k.constants[1]
        k.require(x.kind in NUMBERS and axis is not None and axis.ndim == 0 and x.size > 0)
        assert axis is not None
        position = int(axis)
        k.require(-len(x.shape) <= position < len(x.shape), "there is no such axis")
        position %= len(x.shape)
        outer, inner = math.prod(x.shape[:position]), math.prod(x.shape[position + 1 :])
        flags = [node.attrs["exclusive"], node.attrs["reverse"]]
        k.call(
            f"reduce_scan.{kernel}_{NUMBERS[x.kind]}",
            outer,
            [k.read(x), k.write(y), x.shape[position], inner, *flags],
            cost=(x.nbytes + y.nbytes) * _NS_PER_BYTE,
        )

    return lowering


cumsum_op.cpu(_lowering("sum"))
cumprod_op.cpu(_lowering("product"))
