"""Fused elementwise kernels: which nodes can be part of one, and what a unit of them computes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from ..ops.fused_body import TYPES, FusedBody, FusedInput, FusedStep, can_fuse, step_attrs
from ..ops.lowering import Access, Buffer, Call, KernelName, Operand
from ..program.program import Node, Program, Value
from ..program.variables import Uses, is_native, root_of, values_of, variable_type
from .units import MAX_FUSED_VALUES, Shape, Unit

# Updates of a variable by one value, as the op that computes the new value.
_ASSIGNMENTS = {
    "Assign": None,
    "AssignVariableOp": None,
    "AssignAdd": "AddV2",
    "AssignAddVariableOp": "AddV2",
    "AssignSub": "Sub",
    "AssignSubVariableOp": "Sub",
}
_NANOSECONDS_PER_BYTE = 0.1


def elementwise_shape(program: Program, uses: Uses, index: int) -> Shape | None:
    """The shape over which a node can be computed element by element; None if it cannot."""
    node = program.nodes[index]
    inputs = _value_inputs(node, uses, index)
    cells = _cell_count(node)
    if index not in uses.copied and cells is None:
        return None
    shapes = [_shape(program, uses, value) for value in node.inputs]
    if any(shapes[i] is None for i in inputs) or not _has_body(program, uses, index, inputs):
        return None
    shape = shapes[0] if cells else node.output_shapes[0]
    if shape is None or any(s != shape for s in node.output_shapes if s is not None and not cells):
        return None
    given = [_seen_shape(node, i, shapes[i] or (), shape) for i in inputs]
    if any(s is None or not _broadcasts(s, shape) for s in given):
        return None
    if len(inputs) + len(node.output_dtypes) + (cells or 0) > MAX_FUSED_VALUES:
        return None
    if cells and not _fits_cells(program, uses, node, shapes, cells):
        return None
    return shape


def _fits_cells(
    program: Program, uses: Uses, node: Node, shapes: Sequence[Shape | None], cells: int
) -> bool:
    """Whether variables can be updated element by element: all else is like them, or a scalar."""
    if any(node.inputs[i] not in uses.variable_of for i in range(cells)):
        return False
    alike = range(len(shapes)) if node.op.name in _ASSIGNMENTS else range(cells)
    return all(shapes[i] == shapes[0] for i in alike) and all(
        shape in (shapes[0], ()) for shape in shapes
    )


def _cell_count(node: Node) -> int | None:
    """How many variables an elementwise node writes; None if it is not elementwise."""
    if node.op.name in _ASSIGNMENTS:
        return 1
    if node.op.name == "BiasAdd":
        return 0
    return None if node.op.scalar_body is None else node.op.scalar_cells


def _has_body(program: Program, uses: Uses, index: int, inputs: Sequence[int]) -> bool:
    """Whether the types of a node are such that its body is right for them."""
    node = program.nodes[index]
    given = [_kind(program, uses, node.inputs[i]) for i in inputs]
    cells = _cell_count(node) or 0
    made = given[:cells] or [_kind(program, uses, v) for v in values_of(index, node)]
    if not TYPES.issuperset([*given, *made]):
        return False
    if index in uses.copied or node.op.name == "BiasAdd" or node.op.name in _ASSIGNMENTS:
        return True
    return can_fuse(node.op, node.attrs, given, made)


def _kind(program: Program, uses: Uses, value: Value) -> str:
    """NumPy's name of a value's type; of a cell, of the variable's."""
    dtype = program.nodes[value.node].output_dtypes[value.output]
    variable = uses.variable_of.get(value)
    if variable is not None:
        held = variable_type(program.nodes[uses.names[variable]])
        dtype = dtype if held is None else held[1]
    return np.dtype(dtype.base_dtype.as_numpy_dtype).name if is_native(dtype) else dtype.name


def _value_inputs(node: Node, uses: Uses, index: int) -> list[int]:
    """The inputs that the computation reads."""
    if index in uses.copied:
        return [0]
    if node.op.name in _ASSIGNMENTS and _ASSIGNMENTS[node.op.name] is None:
        return [1]
    return list(range(len(node.inputs)))


def _shape(program: Program, uses: Uses, value: Value) -> Shape | None:
    """A value's shape; of a cell, the shape of the variable."""
    variable = uses.variable_of.get(value)
    if variable is None:
        return program.nodes[value.node].output_shapes[value.output]
    held = variable_type(program.nodes[uses.names[variable]])
    return None if held is None else held[0]


def _seen_shape(node: Node, index: int, shape: Shape, full: Shape) -> Shape | None:
    """The shape by which an input is broadcast."""
    if node.op.name == "BiasAdd" and index == 1 and node.attrs["data_format"] == "NCHW":
        return (*shape, *(1,) * (len(full) - 2))
    if node.op.name == "Select" and shape != full and shape != ():
        return None  # a vector of conditions chooses rows
    return shape


def _broadcasts(shape: Shape, full: Shape) -> bool:
    if len(shape) > len(full):
        return False
    ours = full[len(full) - len(shape) :]
    return all(a in (1, b) for a, b in zip(shape, ours, strict=True))


# --- bodies --------------------------------------------------------------------------------------


def fused_call(
    program: Program,
    uses: Uses,
    unit: Unit,
    buffers: Mapping[Value, Buffer],
    stored: Sequence[Value],
) -> Call:
    """The kernel call of a fused unit.

    Args:
      program, uses: as planned.
      unit: the nodes.
      buffers: of all values that the unit reads or stores, and of variables by their cells.
      stored: the outputs of the unit's nodes that somebody else reads.
    """
    builder = _BodyBuilder(program, uses, unit, buffers)
    for index in unit.nodes:
        builder.add_node(index)
    for value in stored:
        builder.store(value)
    return builder.call()


class _BodyBuilder:
    """Collects the inputs, steps and outputs of a fused kernel."""

    def __init__(
        self, program: Program, uses: Uses, unit: Unit, buffers: Mapping[Value, Buffer]
    ) -> None:
        self._program, self._uses, self._unit, self._buffers = program, uses, unit, buffers
        self._members = set(unit.nodes)
        self._inputs: dict[tuple[Any, Shape], int] = {}
        self._input_buffers: list[tuple[Buffer, Shape]] = []
        self._steps: list[tuple[str, tuple[tuple[str, Any], ...], tuple[Any, ...], Any]] = []
        self._results: dict[Value, tuple[str, int]] = {}
        self._outputs: list[tuple[tuple[str, int], Buffer]] = []
        self._step_values = 0
        self._cells: dict[int | None, tuple[str, int]] = {}  # what variables were given so far

    # A value is ("input", i) or ("step", i) until all inputs are known; then it becomes a number.

    def add_node(self, index: int) -> None:
        node = self._program.nodes[index]
        args = [self._argument(node, i) for i in _value_inputs(node, self._uses, index)]
        if index in self._uses.copied:
            self._results[Value(index, 0)] = args[0]
            return
        if node.op.name in _ASSIGNMENTS:
            op_name = _ASSIGNMENTS[node.op.name]
            result = args[0] if op_name is None else self._step(op_name, (), args, node)[0]
            self._write_cells(node, [result], 1)
            return
        cells = node.op.scalar_cells
        if node.op.name == "BiasAdd":
            results = self._step("AddV2", (), args, node)
        else:
            results = self._step(node.op.name, step_attrs(node.op, node.attrs), args, node, cells)
        self._write_cells(node, results, cells)
        if not cells:
            for output, result in enumerate(results):
                self._results[Value(index, output)] = result

    def _argument(self, node: Node, i: int) -> tuple[str, int]:
        root = root_of(node.inputs[i], self._uses)
        variable = self._uses.variable_of.get(root)
        if variable in self._cells:
            return self._cells[variable]
        if root.node in self._members and root in self._results:
            return self._results[root]
        buffer = self._buffers[root]
        given = node.inputs[i]
        shape = self._program.nodes[given.node].output_shapes[given.output]
        if given in self._uses.variable_of or shape is None:
            shape = buffer.shape  # a handle is a scalar, what it stands for is not
        seen = _seen_shape(node, i, shape, self._unit.shape)
        assert seen is not None
        key = (buffer.storage, seen)
        if key not in self._inputs:
            self._inputs[key] = len(self._input_buffers)
            self._input_buffers.append((buffer, seen))
        return "input", self._inputs[key]

    def _step(
        self,
        name: str,
        attrs: tuple[tuple[str, Any], ...],
        args: Sequence[tuple[str, int]],
        node: Node,
        cells: int = 0,
    ) -> list[tuple[str, int]]:
        if cells or name != node.op.name and node.op.name in _ASSIGNMENTS:
            buffer = self._buffers[root_of(node.inputs[0], self._uses)]
            kinds = (buffer.kind,) * max(cells, 1)
        else:
            kinds = tuple(np.dtype(d.as_numpy_dtype).name for d in node.output_dtypes)
        self._steps.append((name, attrs, tuple(args), kinds))
        numbers = range(self._step_values, self._step_values + len(kinds))
        self._step_values += len(kinds)
        return [("step", number) for number in numbers]

    def _write_cells(self, node: Node, results: Sequence[tuple[str, int]], count: int) -> None:
        for i in range(count):
            buffer = self._buffers[root_of(node.inputs[i], self._uses)]
            self._outputs.append((results[i], buffer))
            variable = self._uses.variable_of[root_of(node.inputs[i], self._uses)]
            self._cells[variable] = results[i]

    def store(self, value: Value) -> None:
        self._outputs.append((self._results[value], self._buffers[value]))

    def call(self) -> Call:
        shapes = [shape for _, shape in self._input_buffers]
        sizes, varies = _collapse(self._unit.shape, shapes)
        count = len(self._input_buffers)

        def number(value: tuple[str, int]) -> int:
            return value[1] if value[0] == "input" else count + value[1]

        body = FusedBody(
            rank=len(sizes),
            inputs=tuple(
                FusedInput(buffer.kind, flags)
                for (buffer, _), flags in zip(self._input_buffers, varies, strict=True)
            ),
            steps=tuple(
                FusedStep(name, attrs, tuple(number(a) for a in args), kinds)
                for name, attrs, args, kinds in self._steps
            ),
            outputs=tuple(number(value) for value, _ in self._outputs),
        )
        items = prod(sizes[:-1]) if len(sizes) > 1 else prod(sizes)
        operands: list[Any] = list(sizes)
        for (buffer, _), flags in zip(self._input_buffers, varies, strict=True):
            by_item = all(flags[:-1]) if len(sizes) > 1 else all(flags)
            access = Access.ITEM if by_item else Access.WHOLE
            operands.append(Operand(buffer, access, reads=True, writes=False))
        for _, buffer in self._outputs:
            operands.append(Operand(buffer, Access.ITEM, reads=False, writes=True))
        nodes = self._program.nodes
        name = "+".join(dict.fromkeys(nodes[i].op.name for i in self._unit.nodes))
        moved = sum(o.buffer.nbytes for o in operands if isinstance(o, Operand))
        flops = prod(self._unit.shape) * len(self._steps)
        return Call(
            KernelName(name, body),
            items,
            tuple(operands),
            nodes[self._unit.nodes[-1]],
            cost=moved * _NANOSECONDS_PER_BYTE + flops * 0.05,
            fused=tuple(nodes[i] for i in self._unit.nodes[:-1]),
        )


def _collapse(shape: Shape, inputs: Sequence[Shape]) -> tuple[list[int], list[tuple[bool, ...]]]:
    """Merges dimensions along which all inputs move, or stay, together.

    Returns:
      The sizes of the merged dimensions, and for each input whether it moves along them.
    """
    merged: list[tuple[int, tuple[bool, ...]]] = []
    for axis, size in enumerate(shape):
        if size == 1:
            continue
        flags = []
        for given in inputs:
            at = axis - (len(shape) - len(given))
            flags.append(at >= 0 and given[at] != 1)
        if merged and merged[-1][1] == tuple(flags):
            merged[-1] = (merged[-1][0] * size, merged[-1][1])
        else:
            merged.append((size, tuple(flags)))
    sizes = [size for size, _ in merged]
    return sizes, [tuple(flags[i] for _, flags in merged) for i in range(len(inputs))]
