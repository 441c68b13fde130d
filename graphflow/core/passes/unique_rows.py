"""Sums of gradients for rows that occur several times, in arrays whose size is known.

How often rows repeat depends on values: nothing behind a Unique has a shape that could be planned.
Where all of it only serves to change rows of variables, as in the updates of embeddings, it becomes

    rows, idx = Unique(indices [n])                      rows [n], idx = _UniqueRows(indices)
    sums = UnsortedSegmentSum(dy, idx, Shape(rows)[0])   sums = UnsortedSegmentSum(dy, idx, n)
    ScatterAdd(m, rows, sums * 0.1)                      the same, `PADDED`

with `rows` filled up by an index that stands for no row. What is computed for these rows goes
nowhere: between the sums and the changes of variables only elementwise ops are let through, and
reads of the same rows, `Gather(m, Maximum(rows, 0))`.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence

import numpy as np

from ..base import dtypes
from ..graph.op_def import find_op
from ..ops.array.unique_rows import PADDED, unique_rows_op
from ..program.program import Node, Program, Value
from .rewriter import Rewriter, Shape

_SCATTERS = frozenset(
    f"{prefix}Scatter{kind}"
    for prefix in ("", "Resource")
    for kind in ("Update", "Add", "Sub", "Mul", "Div", "Min", "Max")
)
_UPDATES = ("SparseApply", "ResourceSparseApply")


def pad_unique_rows(program: Program) -> Program:
    """Gives the sums of repeated rows a known size, where they only change variables."""
    rewriter = Rewriter(program)
    for index, node in enumerate(program.nodes):
        if node.op.name == "Unique" and node.attrs["T"] in (dtypes.int32, dtypes.int64):
            shape = rewriter.shape(rewriter.input(node, 0))
            if shape is not None and len(shape) == 1 and shape[0] > 0:
                padding = _Padding(rewriter, index, shape[0])
                if padding.reaches_variables_only():
                    padding.apply()
    return rewriter.finished()


class _Padding:
    """What becomes longer if one Unique gives as many rows as it is given.

    Attributes:
      shapes: the values that get rows for padding, and their shapes then.
    """

    def __init__(self, rewriter: Rewriter, unique: int, count: int) -> None:
        self._rewriter = rewriter
        self._unique = unique
        self._rows, self._places = Value(unique, 0), Value(unique, 1)
        self._count = count
        self.shapes: dict[Value, Shape] = {self._rows: (count,)}
        self._counts: set[Value] = set()  # how many rows there are
        self._sums: list[int] = []
        self._gathers: list[int] = []
        self._changes: list[int] = []

    def reaches_variables_only(self) -> bool:
        """Whether nothing that gets longer is seen by anybody; finds out what does."""
        waiting: list[int] = []
        reached: set[int] = set()
        self._reach(self._rows, waiting, reached)
        while waiting:  # in the program's order: all that a node reads has been looked at
            index = heapq.heappop(waiting)
            if not self._follow(index):
                return False
            output = Value(index, 0)
            if output not in self.shapes and output not in self._counts:
                continue
            if self._rewriter.is_result(output):
                return False
            self._reach(output, waiting, reached)
        return bool(self._changes) and not self._rewriter.is_result(self._rows)

    def _reach(self, value: Value, waiting: list[int], reached: set[int]) -> None:
        for index in self._rewriter.readers(value):
            if index not in reached:
                reached.add(index)
                heapq.heappush(waiting, index)

    def _follow(self, index: int) -> bool:
        """Looks at a reader; False where padding may not reach it."""
        node = self._rewriter.nodes[index]
        inputs = [self._rewriter.current(value) for value in node.inputs]
        if node.op.name == "Shape" and inputs == [self._rows] or self._counts.intersection(inputs):
            return self._follow_count(index, inputs)
        if self._changes_rows(node, inputs):
            self._changes.append(index)
            return True
        shape = self._gathered_shape(node, inputs)
        if shape is not None:
            self._gathers.append(index)
        else:
            shape = self._elementwise_shape(node, inputs)
        if shape is not None:
            self.shapes[Value(index, 0)] = shape
        return shape is not None

    # --- the number of rows, which only sums may ask for

    def _follow_count(self, index: int, inputs: Sequence[Value]) -> bool:
        node = self._rewriter.nodes[index]
        if node.op.name == "Shape" or self._is_first_element(node, inputs):
            self._counts.add(Value(index, 0))
            return True
        if node.op.name != "UnsortedSegmentSum" or inputs[1] != self._places:
            return False
        data = self._rewriter.shape(inputs[0])
        is_scalar = self._rewriter.producer(inputs[2]).op.name == "StridedSlice"
        if not is_scalar or data is None or data[:1] != (self._count,):
            return False
        self.shapes[Value(index, 0)] = data
        self._sums.append(index)
        return True

    def _is_first_element(self, node: Node, inputs: Sequence[Value]) -> bool:
        """Whether a node is `x[0]` of its input."""
        if node.op.name != "StridedSlice" or inputs[0] not in self._counts:
            return False
        bounds = [self._rewriter.constant(inputs[i]) for i in (1, 3)]
        begin, stride = (None if b is None else b.tolist() for b in bounds)
        only_shrinks = node.attrs["shrink_axis_mask"] == 1 and not (
            node.attrs["begin_mask"] or node.attrs["ellipsis_mask"] or node.attrs["new_axis_mask"]
        )
        return only_shrinks and begin == [0] and stride == [1]

    # --- what is computed for the rows, and where it goes

    def _changes_rows(self, node: Node, inputs: Sequence[Value]) -> bool:
        """Whether a node changes the rows of a variable that this Unique names."""
        is_scatter = node.op.name in _SCATTERS
        if not is_scatter and not node.op.name.startswith(_UPDATES):
            return False
        read = dict(zip((arg.name for arg in node.op.inputs), inputs, strict=True))
        changed, new = read.pop("indices"), read.pop("updates" if is_scatter else "grad")
        if changed != self._rows or any(value in self.shapes for value in read.values()):
            return False
        return new in self.shapes or self._rewriter.shape(new) == ()

    def _gathered_shape(self, node: Node, inputs: Sequence[Value]) -> Shape | None:
        """The padded shape of the rows of an array that this Unique names."""
        if node.op.name not in ("Gather", "GatherV2") or inputs[1] != self._rows:
            return None
        if node.op.name == "GatherV2":
            axis = self._rewriter.constant(inputs[2])
            if axis is None or axis != 0 or node.attrs["batch_dims"]:
                return None
        sizes = None if inputs[0] in self.shapes else self._rewriter.shape(inputs[0])
        return (self._count, *sizes[1:]) if sizes else None

    def _elementwise_shape(self, node: Node, inputs: Sequence[Value]) -> Shape | None:
        """The padded shape of an elementwise node that treats all rows alike."""
        if node.op.scalar_body is None or node.op.is_stateful or len(node.output_dtypes) != 1:
            return None
        if not node.output_dtypes[0].is_floating:
            return None  # dividing integers can fail
        shapes = [self.shapes.get(v, self._rewriter.shape(v)) for v in inputs]
        known = [shape for shape in shapes if shape is not None]
        if len(known) < len(shapes) or self._rows in inputs:
            return None
        rank = max(map(len, known))
        for value, shape in zip(inputs, known, strict=True):
            if (len(shape) == rank and shape[0] != 1) != (value in self.shapes):
                return None
        try:
            return np.broadcast_shapes(*known)
        except ValueError:
            return None  # the reference will say at run time what is wrong

    # --- rewriting

    def apply(self) -> None:
        """Puts the padded nodes in place of the others."""
        rewriter, count = self._rewriter, self._count
        node = rewriter.nodes[self._unique]
        attrs = {"Tindices": node.attrs["T"], "out_idx": node.attrs["out_idx"]}
        shapes = ((count,), (count,))
        rows = rewriter.add(
            self._unique,
            unique_rows_op,
            [rewriter.input(node, 0)],
            attrs,
            shapes,
            node.output_dtypes,
        )
        for index in self._sums:
            self._sum_into(index, Value(rows.node, 1))
        if self._gathers:
            self._gather_some_row(rows)
        replaced = {self._unique, *self._sums, *self._gathers}
        for value, shape in self.shapes.items():
            if value.node not in replaced:
                rewriter.change(value.node, output_shapes=(shape,))
        for index in self._changes:
            rewriter.change(index, attrs={**rewriter.nodes[index].attrs, PADDED: True})
        rewriter.replace(self._rows, rows)
        rewriter.replace(self._places, Value(rows.node, 1))

    def _sum_into(self, index: int, places: Value) -> None:
        """A sum with a segment for each index there is."""
        rewriter, node = self._rewriter, self._rewriter.nodes[index]
        op = find_op("UnsortedSegmentSum")
        assert op is not None
        segments = rewriter.add_constant(index, np.int32(self._count), dtypes.int32)
        inputs: Sequence[Value] = [rewriter.input(node, 0), places, segments]
        attrs = {**node.attrs, "Tnumsegments": dtypes.int32}
        shapes = [self.shapes[Value(index, 0)]]
        sums = rewriter.add(index, op, inputs, attrs, shapes, node.output_dtypes)
        rewriter.replace(Value(index, 0), sums)

    def _gather_some_row(self, rows: Value) -> None:
        """Lets padding read the first row; other indices below 0 fail where rows are changed."""
        rewriter, dtype = self._rewriter, self._rewriter.nodes[rows.node].output_dtypes[0]
        maximum = find_op("Maximum")
        assert maximum is not None
        zero = rewriter.add_constant(self._unique, np.zeros((), dtype.as_numpy_dtype), dtype)
        shape = (self._count,)
        some = rewriter.add(self._unique, maximum, [rows, zero], {"T": dtype}, [shape], [dtype])
        for index in self._gathers:
            node = rewriter.nodes[index]
            inputs = [rewriter.input(node, i) for i in range(len(node.inputs))]
            inputs[1] = some
            shapes = [self.shapes[Value(index, 0)]]
            rewritten = rewriter.add(index, node.op, inputs, node.attrs, shapes, node.output_dtypes)
            rewriter.replace(Value(index, 0), rewritten)
