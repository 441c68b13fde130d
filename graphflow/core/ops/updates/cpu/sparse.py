"""Updates of some rows of a variable on the CPU; updates of all of it are fused elementwise.

    indices     gradient rows             variable and slot rows
    [ 5 ]       +-----------+             +-----------+
    [ 2 ]       |  item 1   |   rule ---> |   row 2   |
    [ 5 ]       +-----------+             +-----------+

The kernel is generated from the rule that the update of a whole variable has, too. All indices are
checked before the first row is changed. Where no row is named twice rows go to any thread, else to
one thread in order. Bytes: for each index a row of the gradient once, of the variable and of each
slot twice.
"""

from __future__ import annotations

import math
from typing import Any

from ....base import errors
from ....graph.op_def import OpDef
from ... import updates
from ...array.cpu.places import SKIPS_NONE, SKIPS_PADDING, check_indices
from ...array.unique_rows import PADDED
from ...fused_body import TYPES, FusedBody, FusedInput, FusedStep, can_fuse, step_attrs
from ...lowering import Access, Argument, Buffer, KernelName, Lowering, Operand
from ..rule import UpdateOps

_NS_PER_BYTE = 0.1


def _lower(op: OpDef, ops: UpdateOps) -> None:
    names = [arg.name for arg in op.inputs]
    at = names.index("indices")

    @op.cpu
    def sparse_update_cpu(node: Any, k: Lowering) -> None:
        inputs, indices = [*k.inputs[:at], *k.inputs[at + 1 :]], k.inputs[at]
        _update_rows(k, node, ops, inputs, names.index("grad"), indices)


def _update_rows(
    k: Lowering, node: Any, ops: UpdateOps, inputs: list[Buffer], at: int, indices: Buffer
) -> None:
    """Calls the kernel of a rule; what does not fit together is left to the reference.

    Args:
      inputs: the rule's arguments; number `at` is the gradient, the first are the variables.
      indices: [n].
    """
    cells, gradient = inputs[: len(ops.cells)], inputs[at]
    shape, dtype = cells[0].shape, cells[0].dtype
    numbers = [value for i, value in enumerate(inputs[len(cells) :], len(cells)) if i != at]
    k.require(len(shape) > 0 and cells[0].size > 0)
    k.require(all(cell.shape == shape and cell.dtype == dtype for cell in cells))
    k.require(all(number.shape in ((), (1,)) for number in numbers))
    k.require(len(indices.shape) == 1 and gradient.shape == (*indices.shape, *shape[1:]))
    kinds = [value.kind for value in inputs]
    k.require(TYPES.issuperset(kinds) and gradient.dtype == dtype)
    k.require(can_fuse(ops.resource_dense, node.attrs, kinds, kinds[: len(cells)]))
    if not indices.size:
        return
    body = _body(ops, node, kinds, at, indices.kind)
    rows = [*cells, gradient]
    words: list[Argument] = [indices.size, math.prod(shape[1:])]
    words += [_operand(k, value, value is gradient) for value in inputs]
    words += [k.update(cell, whole=True) for cell in cells]
    words += [k.read(indices)]
    is_padded = node.attrs.get(PADDED, False)
    skips = SKIPS_PADDING if is_padded else SKIPS_NONE
    check_indices(k, indices, shape[0], _outside, skips)
    cost = sum(2 * indices.size * math.prod(shape[1:]) * row.itemsize for row in rows)
    k.call(
        KernelName(node.op.name, body),
        indices.size,
        words,
        grain=1 if is_padded else indices.size,
        cost=cost * _NS_PER_BYTE,
    )


def _operand(k: Lowering, value: Buffer, is_gradient: bool) -> Operand:
    access = Access.ITEM if is_gradient else Access.WHOLE
    return Operand(value, access, reads=True, writes=False)


def _body(ops: UpdateOps, node: Any, kinds: list[str], at: int, indices: str) -> FusedBody:
    """The rule on rows: all of a row varies, numbers do not."""
    cells = len(ops.cells)
    inputs = [FusedInput(kind, (i < cells or i == at,) * 2) for i, kind in enumerate(kinds)]
    rule = ops.resource_dense
    attrs, arguments = step_attrs(rule, node.attrs), tuple(range(len(kinds)))
    step = FusedStep(rule.name, attrs, arguments, tuple(kinds[:cells]))
    outputs = tuple(range(len(kinds), len(kinds) + cells))
    return FusedBody(2, tuple(inputs), (step,), outputs, indices)


def _outside(value: int, position: int) -> Exception:
    message = f"Index {value} at offset {position} in indices is out of range"
    return errors.InvalidArgumentError(None, None, message)


for _ops in vars(updates).values():
    if isinstance(_ops, UpdateOps):
        for _op in (_ops.sparse, _ops.resource_sparse):
            if _op is not None:
                _lower(_op, _ops)
