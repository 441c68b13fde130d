"""Sums over segments on the CPU: zeros, to which rows are added one after the other."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...array.cpu.margins import fill
from ...array.cpu.places import ADD, SKIPS_NEGATIVE, change_rows, outside
from ...lowering import Lowering, Table
from ..unsorted_segment import unsorted_segment_sum_op


@unsorted_segment_sum_op.cpu
def unsorted_segment_sum_cpu(node: Any, k: Lowering) -> None:
    data, ids = k.inputs[:2]
    (y,) = k.outputs
    rank = len(ids.shape)
    k.require(data.shape[:rank] == ids.shape and y.shape[1:] == data.shape[rank:])
    k.require(y.shape[0] > 0 and y.dtype == data.dtype)
    fill(k, y, Table(np.zeros(2, np.int64)))
    failure = outside("segment_ids", ids, f"is out of range [0, {y.shape[0]})")
    count = math.prod(ids.shape)
    change_rows(k, ADD, y, ids, data, [y.shape[0]], count, failure, skips=SKIPS_NEGATIVE)
