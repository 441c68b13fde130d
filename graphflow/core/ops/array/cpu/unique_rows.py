"""_UniqueRows on the CPU: one pass with a hash table."""

from __future__ import annotations

from typing import Any

from ...lowering import Argument, Lowering
from ..unique_rows import outside_of_everything, unique_rows_op
from .places import index_kind

_NS_PER_INDEX = 5.0


@unique_rows_op.cpu
def unique_rows_cpu(node: Any, k: Lowering) -> None:
    (indices,), (rows, places) = k.inputs, k.outputs
    count = indices.size
    k.require(0 < count < 1 << 30)  # the table's entries are int32
    length = 1 << (2 * count - 1).bit_length()  # at most half full
    table = k.temporary(4 * length, "hash table")
    made: list[Argument] = [
        k.write(rows, whole=True),
        k.write(places, whole=True),
        index_kind(k, places),
    ]
    given: list[Argument] = [k.read(indices, whole=True), index_kind(k, indices), count]
    k.call(
        "gather.unique_rows",
        1,
        [*made, *given, k.write(table, whole=True), length, k.failure()],
        cost=count * _NS_PER_INDEX,
        failure=outside_of_everything,
    )
