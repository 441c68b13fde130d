"""TopKV2, InTopK and InTopKV2 on the CPU: a row is an item."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...lowering import Argument, Lowering, Table
from ..top_k import in_top_k_op, in_top_k_v2_op, top_k_v2_op
from .places import index_kind
from .views import known

_TYPES = {"float32": "f32", "float64": "f64", "int32": "i32", "int64": "i64"}
_NS_PER_BYTE = 0.1
_NS_PER_STEP = 3.0  # of an element in a heap
_SHORT = 256  # columns that a heap sorts as fast as NumPy does; of longer rows, a part
_LARGEST_PART = 4


@top_k_v2_op.cpu
def top_k_cpu(node: Any, k: Lowering) -> None:
    x, (values, indices), given = k.inputs[0], k.outputs, known(k, 1)
    k.require(x.kind in _TYPES and given.shape == () and len(x.shape) > 0)
    (*rows, columns), count = x.shape, int(given)
    k.require(0 <= count <= columns < 1 << 31, "the reference says what is wrong")
    k.require(columns <= _SHORT or count <= columns // _LARGEST_PART, "NumPy sorts faster")
    k.require(values.shape == indices.shape == (*rows, count))
    if not values.size:
        return
    # A row of random numbers gives a heap k at first, then ever fewer.
    kept = count * (1 + math.log(columns / count))
    steps = math.prod(rows) * (kept + count) * math.log2(count + 1)
    k.call(
        f"top_k.top_k_{_TYPES[x.kind]}",
        math.prod(rows),
        [k.read(x), k.write(values), k.write(indices), columns, count],
        cost=x.nbytes * _NS_PER_BYTE + steps * _NS_PER_STEP,
    )


@in_top_k_op.cpu
def in_top_k_cpu(node: Any, k: Lowering) -> None:
    _in_top_k(k, Table(np.array([node.attrs["k"]], np.int64)), 8)


@in_top_k_v2_op.cpu
def in_top_k_v2_cpu(node: Any, k: Lowering) -> None:
    most = k.inputs[2]
    k.require(most.shape == ())
    _in_top_k(k, k.read(most, whole=True), index_kind(k, most))


def _in_top_k(k: Lowering, most: Argument, kind: int) -> None:
    predictions, targets = k.inputs[:2]
    (y,) = k.outputs
    k.require(predictions.kind == "float32" and len(predictions.shape) == 2)
    k.require(targets.shape == y.shape == predictions.shape[:1])
    given: list[Argument] = [k.read(predictions), k.read(targets), index_kind(k, targets)]
    k.call(
        "top_k.in_top_k",
        y.size,
        [*given, most, kind, k.write(y), predictions.shape[1]],
        cost=predictions.nbytes * _NS_PER_BYTE,
    )
