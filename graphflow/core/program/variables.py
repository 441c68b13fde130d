"""Which values are variables, which are views of other values, and in what order they are used.

A kernel reads a variable where it is. So a value read from a variable stays valid until the next
write to it; where somebody needs it longer, the read is a copy.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from ..base import dtypes
from ..base.dtypes import DType
from ..graph.op_def import NONE
from .program import ARG, Node, Program, Value

ALIASES = frozenset(
    {
        "ExpandDims",
        "Identity",
        "PlaceholderWithDefault",
        "PreventGradient",
        "ReadVariableOp",
        "Reshape",
        "Snapshot",
        "Squeeze",
        "StopGradient",
    }
)
_ONLY_LOOK = frozenset({"IsVariableInitialized", "VarIsInitializedOp", "VariableShape"})


def is_cell(dtype: DType) -> bool:
    """Whether values of a type are variables: references and resource handles."""
    return dtype._is_ref_dtype or dtype == dtypes.resource


def is_native(dtype: DType) -> bool:
    """Whether kernels can be given values of a type."""
    base = dtype.base_dtype
    if base in (dtypes.string, dtypes.variant, dtypes.resource):
        return False
    return np.dtype(base.as_numpy_dtype).kind in "biufc"


def variable_type(node: Node) -> tuple[tuple[int, ...], DType] | None:
    """Shape and type of the variable that a node names, where kernels can work on it."""
    if node.op is ARG:
        shape, dtype = node.output_shapes[0], node.output_dtypes[0].base_dtype
    else:
        declared = node.attrs.get("shape")
        if declared is None or not declared.is_fully_defined():
            return None
        shape = tuple(int(size) for size in declared.as_list())
        dtype = node.attrs["dtype"].base_dtype
    return None if shape is None or not is_native(dtype) else (shape, dtype)


@dataclass
class Uses:
    """What a program's nodes do with variables and views.

    Attributes:
      variable_of: the variable (a number) behind a value that is a cell.
      names: the node that names each variable.
      view_of: for the output of a view, the value whose memory it is.
      copied: views of variables that must be copies.
      order: for each node, the nodes that must have run before it though it reads none of their
        values: accesses to one variable, and nodes with effects, keep the program's order; an
        effect comes after what it waits for. Nodes that may wait are no part of that order: one
        that comes later may be what an earlier one waits for.
      written: the variables that some node writes.
    """

    variable_of: dict[Value, int] = field(default_factory=dict)
    names: list[int] = field(default_factory=list)
    view_of: dict[Value, Value] = field(default_factory=dict)
    copied: set[int] = field(default_factory=set)
    order: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    written: set[int] = field(default_factory=set)


def find_uses(program: Program) -> Uses:
    """Works out how a program's values share memory and what order that asks for."""
    uses = Uses()
    _find_variables(program, uses)
    _find_views(program, uses)
    _find_copies(program, uses)
    _find_order(program, uses)
    return uses


def cell_inputs(node: Node) -> list[int]:
    """The inputs of a node that it takes as variables."""
    return [i for i, dtype in enumerate(node.input_dtypes) if is_cell(dtype)]


def writes_cells(node: Node) -> bool:
    """Whether a node may change the variables that it takes."""
    return node.op.name not in ALIASES and node.op.name not in _ONLY_LOOK


def _find_variables(program: Program, uses: Uses) -> None:
    known: dict[tuple[str, str], int] = {}
    for index, node in enumerate(program.nodes):
        for output, dtype in enumerate(node.output_dtypes):
            if not is_cell(dtype):
                continue
            value = Value(index, output)
            if node.inputs and cell_inputs(node):
                source = uses.variable_of.get(node.inputs[cell_inputs(node)[0]])
                if source is not None:
                    uses.variable_of[value] = source
            elif node.op is ARG or _holds_value(node):
                container = node.attrs.get("container", "arg")
                name = node.attrs.get("shared_name") or node.name
                if node.op is ARG:
                    name = f"{node.attrs['index']}"
                number = known.setdefault((container, name), len(uses.names))
                if number == len(uses.names):
                    uses.names.append(index)
                uses.variable_of[value] = number


def _holds_value(node: Node) -> bool:
    """Whether a node names a variable, and not a queue or a reader."""
    return "shared_name" in node.attrs and "dtype" in node.attrs


def _find_views(program: Program, uses: Uses) -> None:
    for index, node in enumerate(program.nodes):
        if node.op.name not in ALIASES or not node.inputs or is_cell(node.output_dtypes[0]):
            continue
        if not is_native(node.output_dtypes[0]):
            continue
        variable = uses.variable_of.get(root_of(node.inputs[0], uses))
        if variable is not None and variable_type(program.nodes[uses.names[variable]]) is None:
            continue
        shapes = node.output_shapes[0], program.nodes[node.inputs[0].node].output_shapes
        if shapes[0] is not None and shapes[1][node.inputs[0].output] is not None:
            uses.view_of[Value(index, 0)] = node.inputs[0]


def root_of(value: Value, uses: Uses) -> Value:
    """The value whose memory another one is, seen through views (but not through copies)."""
    while value in uses.view_of and value.node not in uses.copied:
        value = uses.view_of[value]
    return value


def _find_copies(program: Program, uses: Uses) -> None:
    """A view of a variable that is needed after the next write to the variable is a copy."""
    writes: dict[int, list[int]] = defaultdict(list)
    for index, node in enumerate(program.nodes):
        if writes_cells(node):
            for i in cell_inputs(node):
                variable = uses.variable_of.get(node.inputs[i])
                if variable is not None:
                    writes[variable].append(index)
                    uses.written.add(variable)
    last_use: dict[Value, int] = {value: len(program.nodes) for value in program.results}
    for index in range(len(program.nodes) - 1, -1, -1):
        node = program.nodes[index]
        own = last_use.get(Value(index, 0), index)
        use = own if Value(index, 0) in uses.view_of else index
        for value in node.inputs:
            last_use[value] = max(last_use.get(value, 0), use)
    for value in uses.view_of:
        source = root_of(uses.view_of[value], uses)
        variable = uses.variable_of.get(source)
        if variable is not None:
            until = last_use.get(value, value.node)
            if any(value.node < write < until for write in writes[variable]):
                uses.copied.add(value.node)
            elif until == len(program.nodes) and any(w > value.node for w in writes[variable]):
                uses.copied.add(value.node)


def _find_order(program: Program, uses: Uses) -> None:
    last_write: dict[int, int] = {}
    reads: dict[int, list[int]] = defaultdict(list)
    last_effect: int | None = None
    awaited = _awaited_by_values(program)
    for index, node in enumerate(program.nodes):
        if Value(index, 0) in uses.view_of and index not in uses.copied:
            continue
        written, read = _accesses(node, uses)
        for variable in read | written:
            if variable in last_write:
                uses.order[index].add(last_write[variable])
        for variable in written:
            uses.order[index].update(reads.pop(variable, ()))
            last_write[variable] = index
        for variable in read - written:
            reads[variable].append(index)
        has_effect = node.op.is_stateful and node.op.patience == NONE
        if has_effect and not written and not _names_variable(node):
            if last_effect is not None:
                uses.order[index].add(last_effect)
            last_effect = index
        if written or node.op.is_stateful:
            uses.order[index].update(awaited[index])
        uses.order[index].discard(index)


def _awaited_by_values(program: Program) -> list[frozenset[int]]:
    """For each node, what it and the nodes whose values it is computed from wait for.

    A constant or a view that waits is nothing that runs; who is computed from it must wait.
    """
    found: list[frozenset[int]] = []
    for node in program.nodes:
        groups = {id(group): group for value in node.inputs if (group := found[value.node])}
        own = frozenset(node.controls)
        if own or len(groups) > 1:
            found.append(own.union(*groups.values()))
        else:
            found.append(next(iter(groups.values()), own))
    return found


def _names_variable(node: Node) -> bool:
    return not node.inputs and any(is_cell(dtype) for dtype in node.output_dtypes)


def _accesses(node: Node, uses: Uses) -> tuple[set[int], set[int]]:
    """The variables that a node writes, and those that it reads."""
    cells = set(cell_inputs(node))
    written: set[int] = set()
    read: set[int] = set()
    for i, value in enumerate(node.inputs):
        variable = uses.variable_of.get(root_of(value, uses))
        if variable is not None:
            (written if i in cells and writes_cells(node) else read).add(variable)
    return written, read


def values_of(node_index: int, node: Node) -> Iterable[Value]:
    """The outputs of a node."""
    return (Value(node_index, output) for output in range(len(node.output_dtypes)))
