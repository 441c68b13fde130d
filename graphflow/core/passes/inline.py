"""Loops whose trips are known, and branches that are taken for sure, become part of the program.

    While(i = 0, i < 28, body)   ->   body; body; ... 28 times, its counter a constant each time
    If(True, ...)                ->   the branch

Shapes are known when a program is specialized, so that the trips of a recurrent net are too. The
lists of a loop (TensorArrays, and the stacks that its gradient reads) are then taken apart as well:
a value that is pushed in one place and popped in another is simply read there. What is left is a
straight program, which is planned as a whole and runs without Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ..base import dtypes, errors
from ..base.dtypes import DType
from ..base.tensor_list import TensorList
from ..graph.func_graph import FuncGraph
from ..graph.op_def import OpDef, find_op
from ..ops.control.tensor_list import check_reads
from ..program.build import build_program
from ..program.program import Node, Program, Value
from .both_branches import both_branches, have_effects

MAX_TRIPS = 1000
MAX_NODES = 40_000  # more than these take longer to plan than a few runs of the loop

Shape = tuple[int, ...]

# Lists are taken apart by the ops' own references, on lists whose elements are values to come.
_LIST_OPS = frozenset(
    """
    EmptyTensorList Identity TensorListGetItem TensorListLength TensorListPopBack
    TensorListPushBack TensorListReserve TensorListResize TensorListSetItem ZerosLike
    """.split()
)


class CannotInline(Exception):
    """A list of the program cannot be taken apart, or a loop's trips depend on values."""


class Builder(Protocol):
    """The program in the making, as `specialize` builds it."""

    known: dict[Value, np.ndarray]
    nodes: list[Node]

    def shape_of(self, value: Value) -> Shape | None: ...

    def type_of(self, value: Value) -> DType: ...

    def add_program(
        self, program: Program, args: Sequence[Any], controls: Sequence[int]
    ) -> list[Any]: ...

    def add_node(
        self, op: OpDef, inputs: Sequence[Value], attrs: dict[str, Any], like: Node, count: int = 1
    ) -> list[Value]: ...

    def add_constant(self, value: np.ndarray, dtype: DType, like: Node) -> Value: ...

    def take_back(self, first: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Element:
    """An element of a list that has been taken apart: a value of the program."""

    builder: Builder
    value: Value
    like: Node

    @property
    def shape(self) -> Shape:
        """Its shape.

        Raises:
          CannotInline: it is not known.
        """
        shape = self.builder.shape_of(self.value)
        if shape is None:
            raise CannotInline(f"{self.like.name} has elements of unknown shape")
        return shape

    def __add__(self, other: Any) -> Element:
        """What lists do with elements when they are added."""
        value = _as_value(self.builder, other, self.like)
        dtype = self.builder.type_of(self.value)
        attrs = {"N": 2, "T": dtype}
        (total,) = self.builder.add_node(_op("AddN"), [self.value, value], attrs, self.like)
        return Element(self.builder, total, self.like)


def inline(
    builder: Builder, node: Node, inputs: Sequence[Any], controls: Sequence[int]
) -> list[Any] | None:
    """The outputs of a node that is taken apart; None for any other node.

    Args:
      builder: the program in the making.
      node: of the program that is specialized.
      inputs: values of the new program; TensorLists of Elements where lists were taken apart.
      controls: nodes of the new program that must have run.

    Raises:
      CannotInline: a loop's trips, or what a list holds, are not known.
    """
    if node.op.name == "While":
        return _inline_while(builder, node, list(inputs), controls)
    if node.op.name == "If":
        return _inline_if(builder, node, inputs, controls)
    has_list = any(isinstance(value, TensorList) for value in inputs)
    if not has_list and dtypes.variant not in node.output_dtypes:
        return None
    try:
        return _inline_list(builder, node, inputs)
    except (errors.OpError, ValueError, IndexError) as error:
        raise CannotInline(f"{node.name}: {error}") from None


# --- loops and branches --------------------------------------------------------------------------


def _inline_while(
    builder: Builder, node: Node, state: list[Any], controls: Sequence[int]
) -> list[Any]:
    live = node.attrs["_live"]
    cond = _program_of(node.attrs["cond"], (0,))
    body = _program_of(node.attrs["body"], live)
    for _ in range(MAX_TRIPS):
        (goes_on,) = builder.add_program(cond, state, controls)
        value = builder.known.get(goes_on)
        if value is None:
            raise CannotInline(f"the values of {node.name} say when it ends")
        if not value.all():
            return state
        for index, made in zip(live, builder.add_program(body, state, controls), strict=True):
            state[index] = made
        if len(builder.nodes) > MAX_NODES:
            break
    raise CannotInline(f"{node.name} is too long")


def _inline_if(
    builder: Builder, node: Node, inputs: Sequence[Any], controls: Sequence[int]
) -> list[Any] | None:
    taken = _taken_branch(builder, node, inputs)
    if taken is not None:
        return builder.add_program(_whole(taken), inputs[1:], controls)
    branches = [_whole(node.attrs[key]) for key in ("then_branch", "else_branch")]
    if node.attrs["Tcond"] != dtypes.bool or have_effects(branches):
        return None
    first, made = len(builder.nodes), None
    with suppress(CannotInline):
        made = both_branches(builder, node, branches, inputs, controls)
    if made is None:
        builder.take_back(first)
    return made


def _whole(branch: FuncGraph) -> Program:
    return _program_of(branch, tuple(range(len(branch.outputs))))


def _taken_branch(builder: Builder, node: Node, inputs: Sequence[Any]) -> FuncGraph | None:
    """The branch that will be taken, if that is known."""
    pred = builder.known.get(inputs[0]) if isinstance(inputs[0], Value) else None
    if pred is None or pred.ndim > 0:
        return None
    branch: FuncGraph = node.attrs["then_branch" if bool(pred) else "else_branch"]
    return branch


def _program_of(function: FuncGraph, outputs: tuple[int, ...]) -> Program:
    results = [function.outputs[index] for index in outputs]
    return build_program(results, function.control_outputs, function.inputs)


# --- lists ---------------------------------------------------------------------------------------


def _inline_list(builder: Builder, node: Node, inputs: Sequence[Any]) -> list[Any]:
    name = node.op.name
    if name == "TensorListFromTensor":
        return [_from_tensor(builder, node, inputs)]
    if name == "TensorListStack":
        return [_stack(builder, node, inputs[0], range(len(inputs[0])))]
    if name == "TensorListGather":
        indices = [int(index) for index in _known(builder, inputs[1])]
        return [_stack(builder, node, inputs[0], indices)]
    if name == "AddN":
        total = inputs[0]
        for other in inputs[1:]:
            total = total + other
        return [total]
    if name not in _LIST_OPS or node.op.reference is None:
        raise CannotInline(f"{name} of a list")
    result = node.op.reference(node, *(_argument(builder, node, v) for v in inputs))
    results = result if isinstance(result, tuple) else (result,)
    return [_as_result(builder, node, i, value) for i, value in enumerate(results)]


def _argument(builder: Builder, node: Node, value: Any) -> Any:
    """What a list op's reference gets: lists, indices and shapes that are known, elements."""
    if isinstance(value, TensorList):
        return value
    known = builder.known.get(value)
    if known is not None:
        return known
    if builder.type_of(value) == dtypes.variant:
        raise CannotInline(f"{node.name} takes a list from outside")
    return Element(builder, value, node)


def _as_result(builder: Builder, node: Node, output: int, value: Any) -> Any:
    if isinstance(value, TensorList):
        return value
    if isinstance(value, Element):
        return value.value
    dtype = node.output_dtypes[output]
    return builder.add_constant(np.asarray(value, dtype.as_numpy_dtype), dtype, node)


def _from_tensor(builder: Builder, node: Node, inputs: Sequence[Any]) -> TensorList:
    tensor = inputs[0]
    shape, dtype = builder.shape_of(tensor), node.attrs["element_dtype"]
    if not shape:
        raise CannotInline(f"{node.name} takes a tensor of unknown shape")
    empty = find_op("EmptyTensorList")
    assert empty is not None and empty.reference is not None
    made: TensorList = empty.reference(node, _known(builder, inputs[1]), None)
    attrs = {"num": shape[0], "axis": 0, "T": dtype}
    rows = builder.add_node(_op("Unpack"), [tensor], attrs, node, shape[0]) if shape[0] else []
    return made.with_items(Element(builder, row, node) for row in rows)


def _stack(builder: Builder, node: Node, values: TensorList, indices: Sequence[int]) -> Value:
    if not indices or values.dtype == dtypes.variant:
        raise CannotInline(f"{node.name} stacks nothing, or lists")
    check_reads(node, values, indices)
    items = [values.item(index) for index in indices]
    given = next((item for item in items if item is not None), None)
    if given is None:
        raise CannotInline(f"{node.name} stacks elements that were not set")
    shape = tuple(given.shape)
    zeros = np.zeros(shape, values.dtype.as_numpy_dtype)
    if any(item is not None and tuple(item.shape) != shape for item in items):
        raise CannotInline(f"{node.name} stacks elements of different shapes")
    rows = [_as_value(builder, zeros if item is None else item, node) for item in items]
    attrs = {"N": len(rows), "axis": 0, "T": values.dtype}
    (stacked,) = builder.add_node(_op("Pack"), rows, attrs, node)
    return stacked


def _as_value(builder: Builder, item: Any, like: Node) -> Value:
    if isinstance(item, Element):
        return item.value
    return builder.add_constant(np.asarray(item), dtypes.as_dtype(item.dtype), like)


def _known(builder: Builder, value: Value) -> np.ndarray:
    known = builder.known.get(value)
    if known is None:
        raise CannotInline("an index or a shape that is not known")
    return known


def _op(name: str) -> OpDef:
    op = find_op(name)
    assert op is not None
    return op
