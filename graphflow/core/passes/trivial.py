"""Nodes that, for the shapes at hand, do nothing but give their input another shape.

Sum(x, axes=[])            ->  x       the gradient of an addition that did not broadcast
Mean(x [5, 1], axes=[1])   ->  Reshape(x, [5])
Tile(x, [1, 1]), Pad(x, [[0, 0]]), BroadcastTo(x, its shape), Transpose(x [1, n])  ->  Reshape
EnsureShape(x), whose shape fits, and each output of IdentityN                     ->  Reshape
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np

from ..base import dtypes
from ..graph.op_def import find_op
from ..program.program import Node, Program, Value
from .rewriter import Rewriter

Test = Callable[[Rewriter, Node], bool]


def drop_trivial(program: Program) -> Program:
    """Replaces nodes that only reshape by reshapes, which cost nothing."""
    rewriter = Rewriter(program)
    reshape = find_op("Reshape")
    assert reshape is not None
    for index, node in enumerate(program.nodes):
        is_trivial = _TESTS.get(node.op.name)
        if is_trivial is None or not is_trivial(rewriter, rewriter.nodes[index]):
            continue
        for output, (shape, dtype) in enumerate(
            zip(node.output_shapes, node.output_dtypes, strict=True)
        ):
            if shape is None or not rewriter.is_read(Value(index, output)):
                continue
            sizes = rewriter.add_constant(index, np.array(shape, np.int64), dtypes.int64)
            attrs = {"T": dtype, "Tshape": dtypes.int64}
            x = rewriter.input(rewriter.nodes[index], output)
            view = rewriter.add(index, reshape, [x, sizes], attrs, [shape], [dtype])
            rewriter.replace(Value(index, output), view)
    return rewriter.finished()


def _keeps_size(rewriter: Rewriter, node: Node) -> bool:
    """Whether the output has as many elements as the first input."""
    given = rewriter.shape(rewriter.input(node, 0))
    made = node.output_shapes[0]
    return given is not None and made is not None and prod(given) == prod(made)


def _reduces_nothing(rewriter: Rewriter, node: Node) -> bool:
    return _keeps_size(rewriter, node) and prod(node.output_shapes[0] or ()) > 0


def _moves_only_ones(rewriter: Rewriter, node: Node) -> bool:
    """Whether a transposition keeps the order of the dimensions that are not 1."""
    given = rewriter.shape(rewriter.input(node, 0))
    order = rewriter.constant(rewriter.input(node, 1))
    if given is None or order is None:
        return False
    moved = [int(axis) for axis in order if given[int(axis)] != 1]
    return moved == sorted(moved)


def _holds_arrays(rewriter: Rewriter, node: Node) -> bool:
    """Whether all outputs are arrays, neither variables nor lists."""
    return all(d.base_dtype == d and d not in _NO_ARRAYS for d in node.output_dtypes)


_NO_ARRAYS = (dtypes.resource, dtypes.variant)
_TESTS: dict[str, Test] = {
    "BroadcastTo": _keeps_size,
    "EnsureShape": _keeps_size,  # with one that does not fit, the output's shape is not known
    "IdentityN": _holds_arrays,
    "Max": _reduces_nothing,
    "Mean": _reduces_nothing,
    "Min": _reduces_nothing,
    "Pad": _keeps_size,
    "PadV2": _keeps_size,
    "Prod": _reduces_nothing,
    "Slice": _keeps_size,
    "Sum": _reduces_nothing,
    "Tile": _keeps_size,
    "Transpose": _moves_only_ones,
}
