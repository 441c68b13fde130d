"""ArgMax and ArgMin on the CPU."""

from __future__ import annotations

import math
from typing import Any

from ...lowering import Lowering
from ..arg_extremes import arg_max_op, arg_min_op
from .reduce import NUMBERS

_NS_PER_BYTE = 0.25
_INDICES = ("int32", "int64")


def _lowering(kernel: str) -> Any:
    def lowering(node: Any, k: Lowering) -> None:
        x, y, axis = k.inputs[0], k.outputs[0], k.constants[1]
        k.require(x.kind in NUMBERS and y.kind in _INDICES and axis is not None and x.size > 0)
        assert axis is not None
        position = int(axis)
        k.require(-len(x.shape) <= position < len(x.shape), "there is no such axis")
        position %= len(x.shape)
        outer, inner = math.prod(x.shape[:position]), math.prod(x.shape[position + 1 :])
        k.call(
            f"arg_reduce.{kernel}_{NUMBERS[x.kind]}",
            outer,
            [k.read(x), k.write(y), x.shape[position], inner, y.itemsize],
            cost=x.nbytes * _NS_PER_BYTE,
        )

    return lowering


arg_max_op.cpu(_lowering("arg_max"))
arg_min_op.cpu(_lowering("arg_min"))
