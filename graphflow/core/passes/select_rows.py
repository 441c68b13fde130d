"""Select by a vector of conditions, one for each row, as an elementwise op that broadcasts.

Select(c [n], x [n, m], y [n, m])  ->  SelectV2(Reshape(c, [n, 1]), x, y)

It is how recurrent nets keep the state of sequences that are over.
"""

from __future__ import annotations

import numpy as np

from ..base import dtypes
from ..graph.op_def import find_op
from ..program.program import Program, Value
from .rewriter import Rewriter


def select_rows(program: Program) -> Program:
    """Replaces selections of rows by selections that fuse with their neighbours."""
    rewriter = Rewriter(program)
    reshape, select = find_op("Reshape"), find_op("SelectV2")
    assert reshape is not None and select is not None
    for index, node in enumerate(program.nodes):
        if node.op.name != "Select":
            continue
        condition, then, otherwise = (rewriter.input(node, i) for i in range(3))
        rows, shape = rewriter.shape(condition), node.output_shapes[0]
        if rows is None or shape is None or len(rows) != 1 or len(shape) < 2:
            continue
        if rewriter.shape(then) != shape or rewriter.shape(otherwise) != shape:
            continue  # the reference will say at run time what is wrong
        if rows[0] != shape[0]:
            continue
        column = (rows[0], *[1] * (len(shape) - 1))
        sizes = rewriter.add_constant(index, np.array(column, np.int64), dtypes.int64)
        attrs = {"T": dtypes.bool, "Tshape": dtypes.int64}
        view = rewriter.add(index, reshape, [condition, sizes], attrs, [column], [dtypes.bool])
        dtype = node.output_dtypes[0]
        chosen = rewriter.add(
            index, select, [view, then, otherwise], {"T": dtype}, [shape], [dtype]
        )
        rewriter.replace(Value(index, 0), chosen)
    return rewriter.finished()
