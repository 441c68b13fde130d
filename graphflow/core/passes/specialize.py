"""Works out all shapes for the fed arrays of one run, and evaluates what depends on shapes alone.

    Shape(x: float32[100,28,28,1])            ->  Const [100, 28, 28, 1]
    Reshape(x, Pack(StridedSlice(Shape(x))))  ->  float32[100,784]

What a node's shape rule cannot say, because it depends on values, stays unknown; the plan leaves
such nodes, and those that read them, to the NumPy references.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..base import dtypes, errors
from ..base.tensor_list import TensorList
from ..base.tensor_shape import TensorShape
from ..graph.op_def import OpDef, find_op
from ..graph.shape_context import ShapeContext
from ..program.program import ARG, CONSTANTS, Node, Program, Value
from .inline import CannotInline, inline

_MAX_FOLDED = 1 << 16  # elements; a larger value is cheaper computed than kept

Shape = tuple[int, ...]


def specialize(
    program: Program, arg_shapes: Sequence[Shape], top_shapes: Sequence[Shape | None] = ()
) -> Program:
    """The program for fed arrays of given shapes.

    Args:
      program: from the graph.
      arg_shapes: a shape for each `_Arg`.
      top_shapes: the shape of the last element, for each `_Arg` that is a list; None for others.

    Returns:
      The same nodes with `output_shapes`, those whose values are known now as `Const`; loops and
      branches in place where it is known how they run.
    """
    try:
        return _Specializer(arg_shapes, top_shapes, inlines=True).specialized(program)
    except CannotInline:
        return _Specializer(arg_shapes, top_shapes, inlines=False).specialized(program)


class _Specializer:
    """The new program in the making."""

    def __init__(
        self, arg_shapes: Sequence[Shape], top_shapes: Sequence[Shape | None], inlines: bool
    ) -> None:
        self.nodes: list[Node] = []
        self.known: dict[Value, np.ndarray] = {}
        self._arg_shapes = arg_shapes
        self._top_shapes = top_shapes
        self._tops: dict[Value, Shape] = {}
        self._inlines = inlines
        self._behind: dict[int, tuple[int, ...]] = {}

    def specialized(self, program: Program) -> Program:
        args = []
        for index in program.args:
            node = program.nodes[index]
            shape = self._arg_shapes[node.attrs["index"]]
            self.nodes.append(dataclasses.replace(node, output_shapes=(shape,)))
            value = Value(len(self.nodes) - 1, 0)
            args.append(value)
            top = self._top_shapes[node.attrs["index"]] if self._top_shapes else None
            if top is not None:
                self._tops[value] = top
        results = self.add_program(program, args, ())
        if any(isinstance(value, TensorList) for value in results):
            raise CannotInline("a list is a result")
        targets = [new for index in program.targets for new in self._behind.get(index, ())]
        arg_nodes = tuple(value.node for value in args)
        return Program(tuple(self.nodes), arg_nodes, tuple(results), tuple(targets))

    def add_program(
        self, program: Program, args: Sequence[Any], controls: Sequence[int]
    ) -> list[Any]:
        """Adds the nodes of a program, or of a body; gives its results.

        Args:
          program: what to add.
          args: what its `_Arg`s stand for.
          controls: what all its nodes wait for.
        """
        new: dict[Value, Any] = {}
        behind: dict[int, tuple[int, ...]] = {}  # by old node, what waiting for it means
        for index, node in enumerate(program.nodes):
            if node.op is ARG:
                new[Value(index, 0)] = args[node.attrs["index"]]
                continue
            waits = [n for c in node.controls for n in behind.get(c, ())]
            first = len(self.nodes)
            inputs = [new[value] for value in node.inputs]
            made = self._add(node, inputs, sorted({*controls, *waits}))
            for output, value in enumerate(made):
                new[Value(index, output)] = value
            values = {value.node for value in made if isinstance(value, Value)}
            behind[index] = tuple(sorted({*range(first, len(self.nodes)), *values}))
        self._behind = behind
        return [new[value] for value in program.results]

    def _add(self, node: Node, inputs: Sequence[Any], controls: Sequence[int]) -> list[Any]:
        """Adds a node, or what it is taken apart into; gives its outputs."""
        if self._inlines:
            made = inline(self, node, inputs, controls)
            if made is not None:
                return made
        return list(self._append(node, inputs, controls))

    def _append(self, node: Node, inputs: Sequence[Value], controls: Sequence[int]) -> list[Value]:
        node = dataclasses.replace(node, inputs=tuple(inputs), controls=tuple(controls))
        index = len(self.nodes)
        values = _fold(node, self.nodes, self.known, self._tops)
        if values is None:
            shapes = _infer(node, self.nodes, self.known, self._tops)
            self.nodes.append(dataclasses.replace(node, output_shapes=shapes))
        else:
            for output, value in enumerate(values):
                self.known[Value(index, output)] = value
            shapes = tuple(value.shape for value in values)
            self.nodes.append(_as_constant(dataclasses.replace(node, output_shapes=shapes), values))
        return [Value(index, output) for output in range(len(node.output_dtypes))]

    # --- for what is taken apart -----------------------------------------------------------------

    def shape_of(self, value: Value) -> Shape | None:
        """The shape of a value, if it is known."""
        return self.nodes[value.node].output_shapes[value.output]

    def type_of(self, value: Value) -> dtypes.DType:
        """The type of a value."""
        return self.nodes[value.node].output_dtypes[value.output]

    def add_node(
        self, op: OpDef, inputs: Sequence[Value], attrs: dict[str, Any], like: Node, count: int = 1
    ) -> list[Value]:
        """Adds a node that the old program does not have, under the name of another."""
        node = dataclasses.replace(
            like,
            op=op,
            attrs=attrs,
            inputs=tuple(inputs),
            input_dtypes=tuple(self.type_of(value).base_dtype for value in inputs),
            output_dtypes=(attrs["T"],) * count,
        )
        return self._append(node, inputs, ())

    def add_constant(self, value: np.ndarray, dtype: dtypes.DType, like: Node) -> Value:
        """Adds a Const."""
        op = find_op("Const")
        assert op is not None
        node = dataclasses.replace(
            like,
            op=op,
            attrs={"value": value, "dtype": dtype},
            inputs=(),
            input_dtypes=(),
            output_dtypes=(dtype,),
        )
        (made,) = self._append(node, (), ())
        return made

    def take_back(self, first: int) -> None:
        """Forgets the nodes from number `first` on, which nobody reads."""
        del self.nodes[first:]
        for facts in (self.known, self._tops):
            for value in [value for value in facts if value.node >= first]:
                del facts[value]


class _ProgramShapes(ShapeContext):
    """A shape rule's view of a program's node."""

    is_of_a_run = True

    def __init__(
        self,
        node: Node,
        nodes: Sequence[Node],
        known: dict[Value, np.ndarray],
        tops: dict[Value, Shape],
    ) -> None:
        self._node = node
        self._known = known
        self._tops = tops
        self._values = node.inputs
        self._given = [_TypedInput(nodes[v.node], v.output) for v in node.inputs]
        self.attrs = dict(node.attrs)
        self.shapes = [given.shape for given in self._given]

    @property
    def num_outputs(self) -> int:
        return len(self._node.output_dtypes)

    @property
    def op_type(self) -> str:
        return self._node.op.name

    @property
    def inputs(self) -> tuple[Any, ...]:
        return tuple(self._given)

    def constant(self, index: int) -> np.ndarray | None:
        return self._known.get(self._values[index])

    def top_shape(self, index: int) -> TensorShape:
        return TensorShape(self._tops.get(self._values[index]))

    def constant_shape(self, index: int) -> TensorShape:
        value = self.constant(index)
        if value is not None:
            return TensorShape([None if size < 0 else int(size) for size in value.reshape(-1)])
        given = self.shapes[index]
        length = given.as_list()[0] if given.ndims == 1 else None
        return TensorShape(None if length is None else [None] * length)


class _TypedInput:
    """What a shape rule may ask of an input besides its shape: its type, and where it is from."""

    def __init__(self, node: Node, output: int) -> None:
        self.dtype = node.output_dtypes[output]
        shape = node.output_shapes[output]
        self.shape = TensorShape(shape) if shape is not None else _declared_shape(node, output)
        self.op = node.source
        self.value_index = output


def _declared_shape(node: Node, output: int) -> TensorShape:
    """What the graph knew of a shape that is still not known in full."""
    if node.source is None or output >= len(node.source.outputs):
        return TensorShape(None)
    shape: TensorShape = node.source.outputs[output].shape
    return shape


def _infer(
    node: Node, nodes: Sequence[Node], known: dict[Value, np.ndarray], tops: dict[Value, Shape]
) -> tuple[Shape | None, ...]:
    count = len(node.output_dtypes)
    if node.op.shape is None:
        return (None,) * count
    try:
        shapes = node.op.shape(_ProgramShapes(node, nodes, known, tops))
    except (ValueError, TypeError, AttributeError, IndexError):
        return (None,) * count  # the reference will say at run time what is wrong
    given = [shapes] if isinstance(shapes, TensorShape) else list(shapes)
    inferred = [_concrete(TensorShape(shape)) for shape in given]
    return tuple(
        shape if shape is not None else _concrete(_declared_shape(node, i))
        for i, shape in enumerate(inferred)
    )


def _concrete(shape: TensorShape) -> Shape | None:
    if not shape.is_fully_defined():
        return None
    return tuple(size for size in shape.as_list() if size is not None)


def _fold(
    node: Node, nodes: Sequence[Node], known: dict[Value, np.ndarray], tops: dict[Value, Shape]
) -> list[np.ndarray] | None:
    """The values of a node that depends on nothing but shapes and constants, else None."""
    op = node.op
    if op.name == "Const":
        return [node.attrs["value"]]
    if op is CONSTANTS:
        return list(node.attrs["values"])
    if op.name == "VariableShape":
        return _fold_variable_shape(node, nodes)
    if op.is_stateful or op.takes_context or op.reference is None or op.name == "FakeParam":
        return None
    if not node.output_dtypes or any(not _is_plain(t) for t in node.output_dtypes):
        return None
    if op.name in ("Shape", "ShapeN", "Size", "Rank"):
        return _fold_shapes(node, nodes)
    if any(value not in known for value in node.inputs):
        return None
    shapes = _infer(node, nodes, known, tops)
    if any(shape is not None and math.prod(shape) > _MAX_FOLDED for shape in shapes):
        return None
    if None in shapes and sum(known[value].size for value in node.inputs) > _MAX_FOLDED:
        return None
    try:
        with np.errstate(all="ignore"):
            result = op.reference(node, *(known[value] for value in node.inputs))
    except (ValueError, TypeError, ArithmeticError, LookupError, errors.OpError):
        return None  # the same error comes at run time, with the node's name
    values = result if isinstance(result, tuple) else (result,)
    return [
        np.asarray(value, dtype=dtype.as_numpy_dtype)
        for value, dtype in zip(values, node.output_dtypes, strict=True)
    ]


def _is_plain(dtype: dtypes.DType) -> bool:
    return not dtype._is_ref_dtype and dtype not in (dtypes.resource, dtypes.variant)


def _fold_shapes(node: Node, nodes: Sequence[Node]) -> list[np.ndarray] | None:
    shapes = [nodes[v.node].output_shapes[v.output] for v in node.inputs]
    if any(shape is None for shape in shapes):
        return None
    kinds = [dtype.as_numpy_dtype for dtype in node.output_dtypes]
    measures: dict[str, Any] = {"Size": math.prod, "Rank": len}
    of = measures.get(node.op.name, tuple)
    return [np.asarray(of(s), dtype=k) for s, k in zip(shapes, kinds, strict=True)]


def _fold_variable_shape(node: Node, nodes: Sequence[Node]) -> list[np.ndarray] | None:
    """The shape of a variable that can have no other: the one that its handle declares."""
    shape = nodes[node.inputs[0].node].attrs.get("shape")
    if not isinstance(shape, TensorShape) or not shape.is_fully_defined():
        return None
    return [np.array(shape.as_list(), node.output_dtypes[0].as_numpy_dtype)]


def _as_constant(node: Node, values: list[np.ndarray]) -> Node:
    """The node as a constant of the values it was found to have.

    It waits for what it would have read: a failure there is a failure still.
    """
    if len(values) == 1:
        op = find_op("Const")
        attrs: dict[str, Any] = {"value": values[0], "dtype": node.output_dtypes[0]}
    else:
        op, attrs = CONSTANTS, {"values": tuple(values), "T": node.output_dtypes}
    assert op is not None
    controls = tuple(sorted({*node.controls, *(value.node for value in node.inputs)}))
    return dataclasses.replace(
        node, op=op, attrs=attrs, inputs=(), input_dtypes=(), controls=controls
    )
