"""ReverseSequence and Roll on the CPU: rows that change places along an axis."""

from __future__ import annotations

import itertools
import math
from typing import Any

from ....base import errors
from ...lowering import Argument, Lowering
from ..reverse import reverse_sequence_op, roll_op
from .boxes import (
    BYTES_PER_NS,
    FEW_ITEMS,
    Dimension,
    copy_nest,
    offset_of,
    require_fixed_size,
    stand_in,
)
from .places import index_kind
from .views import known

_ROW_COST = 2.0  # ns of a row, beside its bytes
_MOST_ROLLED = 3  # axes that are rolled at once: each doubles the pieces


@reverse_sequence_op.cpu
def reverse_sequence_cpu(node: Any, k: Lowering) -> None:
    (x, lengths), (y,) = k.inputs, k.outputs
    seq, batch = node.attrs["seq_dim"], node.attrs["batch_dim"]
    require_fixed_size(k, x)
    rank = len(x.shape)
    k.require(0 <= seq < rank and 0 <= batch < rank and seq != batch, "the reference says why")
    k.require(lengths.shape == x.shape[batch : batch + 1] and x.size > 0)
    limit = x.shape[seq]
    low, high = sorted((seq, batch))
    outer, n = math.prod(x.shape[:low]), x.shape[low]
    middle, m = math.prod(x.shape[low + 1 : high]), x.shape[high]
    is_inner = seq == high
    row_bytes = x.itemsize * math.prod(x.shape[high + 1 :])
    rows = outer * n * middle * m
    # Whole entries of the batch where there are enough: then an item of the result comes from the
    # same item of x. Else runs of rows, or single ones, wherever they come from.
    is_by_entry = is_inner and outer * n >= FEW_ITEMS
    items = outer * n if is_by_entry else outer * n * middle
    items = items if items >= FEW_ITEMS else rows

    def failure(length: int, entry: int) -> Exception:
        wrong = "< 0" if length < 0 else f"> input.dims({seq})"
        return errors.InvalidArgumentError(None, None, f"seq_lens({entry}) {wrong}")

    sizes: list[Argument] = [n, middle, m, int(is_inner), rows // items, row_bytes]
    given: list[Argument] = [k.read(lengths, whole=True), index_kind(k, lengths)]
    k.call(
        "reverse.sequences",
        items,
        [
            k.write(y),
            k.read(x, whole=not is_by_entry),
            *given,
            lengths.size,
            limit,
            *sizes,
            k.failure(),
        ],
        cost=rows * _ROW_COST + 2 * y.nbytes / BYTES_PER_NS,
        failure=failure,
    )


@roll_op.cpu
def roll_cpu(node: Any, k: Lowering) -> None:
    """Copies the pieces that stay together: two along each axis that is rolled."""
    x, (y,), shift, axis = k.inputs[0], k.outputs, known(k, 1), known(k, 2)
    require_fixed_size(k, x)
    rank = len(x.shape)
    k.require(x.size > 0 and shift.shape == axis.shape and shift.ndim <= 1)
    shifts = [0] * rank
    for by, place in zip(shift.reshape(-1).tolist(), axis.reshape(-1).tolist(), strict=True):
        k.require(-rank <= place < rank, "the reference says what is wrong")
        shifts[place] += by
    pieces: list[list[tuple[slice, slice]]] = []
    for n, by in zip(x.shape, shifts, strict=True):
        by %= n
        parts = [(slice(0, n - by), slice(by, n)), (slice(n - by, n), slice(0, by))]
        pieces.append(parts if by else parts[:1])
    k.require(sum(len(parts) > 1 for parts in pieces) <= _MOST_ROLLED)
    whole = stand_in(x)
    for piece in itertools.product(*pieces):
        source, target = whole[tuple(s for s, _ in piece)], whole[tuple(t for _, t in piece)]
        strides = zip(source.shape, source.strides, target.strides, strict=True)
        nest = [Dimension(*loop) for loop in strides]
        start, end = offset_of(source, whole), offset_of(target, whole)
        copy_nest(k, nest, x, y, start, end, is_partial=True)
