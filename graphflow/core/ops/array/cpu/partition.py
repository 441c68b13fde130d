"""DynamicStitch on the CPU, where its indices are known: rows set one after the other."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ....base import errors
from ...lowering import Lowering, Table
from ..partition import dynamic_stitch_op, parallel_dynamic_stitch_op
from .boxes import require_fixed_size
from .margins import fill
from .places import SET, change_rows
from .views import known


@dynamic_stitch_op.cpu
@parallel_dynamic_stitch_op.cpu
def dynamic_stitch_cpu(node: Any, k: Lowering) -> None:
    count, (y,) = len(k.inputs) // 2, k.outputs
    require_fixed_size(k, y)
    k.require(len(y.shape) > 0)
    places = [known(k, i) for i in range(count)]
    for where, data in zip(places, k.inputs[count:], strict=True):
        k.require(bool(((where >= 0) & (where < y.shape[0])).all()))
        k.require(data.shape == (*where.shape, *y.shape[1:]), "the reference says what is wrong")
    if not y.size:
        return
    named = np.concatenate([where.reshape(-1) for where in places])
    if len(np.unique(named)) < y.shape[0]:
        fill(k, y, Table(np.zeros(2, np.int64)))
    for indices, data in zip(k.inputs[:count], k.inputs[count:], strict=True):
        rows = math.prod(indices.shape)
        change_rows(k, SET, y, indices, data, [y.shape[0]], rows, _never)


def _never(value: int, position: int) -> Exception:
    return errors.InternalError(None, None, f"a known index {value} is outside")
