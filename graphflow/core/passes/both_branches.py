"""Branches so cheap that both are computed, and the result is chosen elementwise.

    If(p, x; then: Tanh(x), else: x)   ->   SelectV2(p, Tanh(x), x)

A branch that a value decides would end a plan's kernels: Python runs the one that is taken. What is
computed in vain must have no effect, must not be able to fail, and must cost less than that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..base import dtypes
from ..graph.op_def import find_op
from ..program.program import Node, Program, Value
from .failing import may_fail

if TYPE_CHECKING:
    from .inline import Builder

_MOST_WORK = 2e7  # multiplications, or elements that are computed: a tenth of a millisecond or two
_PRODUCTS = frozenset({"BatchMatMul", "BatchMatMulV2", "MatMul"})
_READS = frozenset({"ReadVariableOp"})  # have the mark of an effect, and none
_PURE = _READS | {"If"}  # if all in it is
_PLACEHOLDER = "FakeParam"  # what a branch gives where only the other one has a value


def have_effects(branches: Sequence[Program]) -> bool:
    """Whether a branch does more than compute values, or may."""
    return any(
        node.op.is_stateful and node.op.name not in _PURE
        for branch in branches
        for node in branch.nodes
    )


def both_branches(
    builder: Builder,
    node: Node,
    branches: Sequence[Program],
    inputs: Sequence[Any],
    controls: Sequence[int],
) -> list[Value] | None:
    """The outputs of an If, of whose branches both are computed.

    Args:
      builder: the program in the making.
      node: the If.
      branches: what it does when its predicate is true, and when it is false; without effects.
      inputs: the predicate, and what the branches take.
      controls: nodes that must have run.

    Returns:
      None where the branches may fail, cost too much, or give different shapes; what was added of
      them is to be taken back.
    """
    first = len(builder.nodes)
    results = [builder.add_program(branch, inputs[1:], controls) for branch in branches]
    added = builder.nodes[first:]
    if not all(map(_is_harmless, added)) or sum(_work(builder, n) for n in added) > _MOST_WORK:
        return None
    chosen = []
    for then, otherwise in zip(*results, strict=True):
        made = _choose(builder, node, inputs[0], then, otherwise)
        if made is None:
            return None
        chosen.append(made)
    return chosen


def _is_harmless(node: Node) -> bool:
    """Whether it does no harm that a node is computed in vain."""
    if node.op.name in _READS or node.op.name == _PLACEHOLDER:
        return True
    return not (node.op.is_stateful or dtypes.variant in node.output_dtypes or may_fail(node))


def _choose(builder: Builder, node: Node, pred: Value, then: Any, otherwise: Any) -> Value | None:
    if not isinstance(then, Value) or not isinstance(otherwise, Value):
        return None
    if then == otherwise or builder.nodes[otherwise.node].op.name == _PLACEHOLDER:
        return then
    if builder.nodes[then.node].op.name == _PLACEHOLDER:
        return otherwise
    shape, dtype = builder.shape_of(then), builder.type_of(then)
    if shape is None or shape != builder.shape_of(otherwise) or dtype == dtypes.string:
        return None
    select = find_op("SelectV2")
    assert select is not None
    (made,) = builder.add_node(select, [pred, then, otherwise], {"T": dtype.base_dtype}, node)
    return made


def _work(builder: Builder, node: Node) -> float:
    """What a node of known shape costs, more or less."""
    if node.op.name == _PLACEHOLDER:
        return 0.0
    elements = float(sum(math.prod(shape or ()) for shape in node.output_shapes))
    if node.op.name in _PRODUCTS:
        shape = builder.shape_of(node.inputs[0]) or (1, 1)
        inner = shape[-2 if node.attrs.get("transpose_a") or node.attrs.get("adj_x") else -1]
        return 2 * elements * inner
    return math.inf if "Conv" in node.op.name else elements
