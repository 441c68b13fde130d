"""What an update rule is: one function on arrays, from which up to four ops are made.

A rule such as Adam's is written once, as `(var, *slots, *numbers, grad) -> (var, *slots)`. Its
parameters are the inputs of the ops in their order:

                  whole gradient         some rows: `grad` [n, ...] and `indices` [n]
    by reference  ApplyMomentum          SparseApplyMomentum
    by handle     ResourceApplyMomentum  ResourceSparseApplyMomentum

A rule is straight-line arithmetic with `scalar_math`: on arrays here, on vectors where a kernel is
made from it. A sparse op applies the same function to the rows it names. An update is all or
nothing: everything is checked and computed before the first cell gets its new value.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import ops
from ...base import errors
from ...base.ref import Ref, locked
from ...base.tensor_shape import TensorShape
from ...graph.op_def import OpDef, define_op
from ...graph.operation import Operation
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from ..array.unique_rows import without_padding
from ..state.assign import written_shape
from ..state.resources import handle_data

# (var, *slots, *numbers and gradient, **attributes) -> the new var and slots
Rule = Callable[..., Any]


@dataclass(frozen=True)
class UpdateOps:
    """The ops of one rule; those that TF does not have are None."""

    cells: tuple[str, ...]
    numbers: tuple[str, ...]
    dense: OpDef | None
    sparse: OpDef | None
    resource_dense: OpDef
    resource_sparse: OpDef | None

    def update(
        self,
        variable: Any,
        slots: Sequence[Any],
        gradient: Any,
        indices: Any = None,
        name: str | None = None,
        **arguments: Any,
    ) -> Operation:
        """Adds the node that updates a variable.

        Args:
          variable: a Variable of either kind.
          slots: its slot variables, in the rule's order.
          gradient: that of the whole variable, or of the rows `indices`.
          indices: the rows, [n], or None.
          name: the node's name.
          **arguments: the rule's numbers, scalars, which are cast to the variable's type; and its
            attributes.

        Returns:
          The Operation.
        """
        by_reference = variable.dtype._is_ref_dtype
        forms = (self.dense, self.sparse) if by_reference else self._resource_forms
        op_def = forms[indices is not None]
        assert op_def is not None, f"no op of this form for {self.resource_dense.name}"
        held = [variable, *slots] if by_reference else [v.handle for v in (variable, *slots)]
        for number in self.numbers:
            if number != "global_step":
                dtype = variable.dtype.base_dtype
                arguments[number] = ops.elementwise.cast(arguments[number], dtype)
        arguments.update(zip(self.cells, held, strict=True))
        if indices is not None:
            arguments["indices"] = indices
        arguments["delta" if "delta" in _input_names(op_def) else "grad"] = gradient
        node = op_def(name=name, **arguments)
        operation: Operation = node.op if isinstance(node, Tensor) else node
        return operation

    @property
    def _resource_forms(self) -> tuple[OpDef | None, OpDef | None]:
        return self.resource_dense, self.resource_sparse


def _input_names(op_def: OpDef) -> list[str]:
    return [arg.name for arg in op_def.inputs]


def define_update(
    name: str,
    slots: int = 0,
    attrs: Sequence[str] = (),
    by_reference: bool = True,
    sparse: bool = True,
) -> Callable[[Rule], UpdateOps]:
    """Makes the ops of a rule; decorates the rule's function.

    Args:
      name: what TF calls the rule: `"Adam"` for ApplyAdam.
      slots: how many parameters after the first are variables too.
      attrs: further attributes; the rule gets them by keyword.
      by_reference: whether there are ops on references.
      sparse: whether there are ops on rows.
    """

    def decorate(rule: Rule) -> UpdateOps:
        parameters = inspect.signature(rule).parameters.values()
        names = [p.name for p in parameters if p.kind is not p.KEYWORD_ONLY]
        cells = names[: slots + 1]

        def make(prefix: str, is_resource: bool, is_sparse: bool, wanted: bool) -> OpDef | None:
            if not wanted:
                return None
            inputs = _with_indices(names) if is_sparse else names
            return _define(f"{prefix}Apply{name}", rule, inputs, len(cells), attrs, is_resource)

        resource_dense = make("Resource", True, False, True)
        assert resource_dense is not None
        return UpdateOps(
            cells=tuple(cells),
            numbers=tuple(n for n in names[len(cells) :] if n not in ("grad", "delta")),
            dense=make("", False, False, by_reference),
            sparse=make("Sparse", False, True, by_reference and sparse),
            resource_dense=resource_dense,
            resource_sparse=make("ResourceSparse", True, True, sparse),
        )

    return decorate


def _with_indices(names: Sequence[str]) -> list[str]:
    """The inputs of the sparse form: the gradient is `grad` in all of them, indices follow it."""
    inputs: list[str] = []
    for name in names:
        inputs.extend(["grad", "indices"] if name in ("grad", "delta") else [name])
    return inputs


def _define(
    op_name: str,
    rule: Rule,
    names: list[str],
    cell_count: int,
    attrs: Sequence[str],
    is_resource: bool,
) -> OpDef:
    is_sparse = "indices" in names
    types = {"indices": "Tindices", "global_step": "int64"}
    cell_type = "resource" if is_resource else "Ref(T)"
    inputs = [f"{name}: {cell_type}" for name in names[:cell_count]]
    inputs += [f"{name}: {types.get(name, 'T')}" for name in names[cell_count:]]
    op = define_op(
        op_name,
        inputs=inputs,
        outputs=[] if is_resource else ["out: Ref(T)"],
        attrs=[
            "T: numbertype",
            *(["Tindices: {int32, int64}"] if is_sparse else []),
            "use_locking: bool = false",
            *attrs,
        ],
        shape=_shape_rule(names, cell_count, is_resource),
        is_stateful=True,
    )
    op.no_grad()
    if not is_sparse:
        op.scalar_for(cells=cell_count, when=_is_floating)(rule)
    attr_names = [attr.partition(":")[0] for attr in attrs]

    @op.define
    def update_reference(node: Any, *inputs: Any) -> Ref | None:
        cells, arguments = inputs[:cell_count], dict(zip(names, inputs, strict=True))
        given = {name: node.attrs[name] for name in attr_names}
        with locked(*cells):
            values = [cell.read() for cell in cells]
            others = {name: arguments[name] for name in names[cell_count:]}
            if is_sparse:
                pair = without_padding(node.attrs, others["indices"], others["grad"])
                others["indices"], others["grad"] = pair
            _check(names[:cell_count], values, others)
            update = _update_rows if is_sparse else _update_whole
            updated = update(rule, values, others, given)
            for cell, value, new in zip(cells, values, updated, strict=True):
                cell.value = np.asarray(new, dtype=value.dtype)
        return None if is_resource else cells[0]

    return op


def _is_floating(attrs: Mapping[str, Any]) -> bool:
    floating: bool = attrs["T"].is_floating
    return floating


def _as_tuple(result: Any) -> tuple[Any, ...]:
    return result if isinstance(result, tuple) else (result,)


# --- dense updates -------------------------------------------------------------------------------

# Elements at a time: what a rule computes on the way stays in the cache.
_BLOCK = 1 << 15


def _update_whole(
    rule: Rule, values: list[np.ndarray], others: dict[str, Any], attrs: dict[str, Any]
) -> list[np.ndarray]:
    """The rule applied to all elements, block by block, as every rule works by the element."""
    shape, size = values[0].shape, values[0].size
    if size <= 2 * _BLOCK:
        return list(_as_tuple(rule(*values, **others, **attrs)))
    name = "delta" if "delta" in others else "grad"
    flat = [value.reshape(-1) for value in values]
    gradient = others[name].reshape(-1)
    updated = [np.empty_like(value) for value in flat]
    for start in range(0, size, _BLOCK):
        block = slice(start, start + _BLOCK)
        arguments = {**others, name: gradient[block], **attrs}
        parts = _as_tuple(rule(*(value[block] for value in flat), **arguments))
        for whole, part in zip(updated, parts, strict=True):
            whole[block] = part
    return [value.reshape(shape) for value in updated]


# --- sparse updates ------------------------------------------------------------------------------


def _update_rows(
    rule: Rule, values: list[np.ndarray], others: dict[str, Any], attrs: dict[str, Any]
) -> list[np.ndarray]:
    """The rule applied to the rows `indices`, one after the other where a row occurs again."""
    indices, gradient = others.pop("indices"), others.pop("grad")
    gradient_name = "delta" if "delta" in inspect.signature(rule).parameters else "grad"
    updated = [value.copy() for value in values]
    for chosen in _rounds(indices):
        rows = indices[chosen]
        arguments = {**others, gradient_name: gradient[chosen]}
        parts = _as_tuple(rule(*(value[rows] for value in updated), **arguments, **attrs))
        for value, part in zip(updated, parts, strict=True):
            value[rows] = part
    return updated


def _rounds(indices: np.ndarray) -> list[np.ndarray]:
    """Positions of the indices, in groups within which no index occurs twice, in order."""
    order = np.argsort(indices, kind="stable")
    ordered = indices[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]][: len(ordered)])
    lengths = np.diff(np.r_[starts, len(ordered)])
    occurrence = np.arange(len(ordered)) - np.repeat(starts, lengths)
    return [order[occurrence == k] for k in range(lengths.max(initial=0))]


# --- checks --------------------------------------------------------------------------------------


def _check(cell_names: list[str], values: list[np.ndarray], others: dict[str, Any]) -> None:
    """Refuses values that do not fit together."""
    var = values[0]
    for name, value in zip(cell_names[1:], values[1:], strict=True):
        if value.shape != var.shape:
            raise _differ(cell_names[0], name, var, value)
    for name, value in others.items():
        if name not in ("grad", "delta", "indices") and value.shape not in ((), (1,)):
            raise _invalid(f"{name} is not a scalar: {written_shape(value.shape)}")
    if "indices" in others:
        _check_rows(var, others["indices"], others["grad"])
        return
    name = "delta" if "delta" in others else "grad"
    if others[name].shape != var.shape:
        raise _differ(cell_names[0], name, var, others[name])


def _check_rows(var: np.ndarray, indices: np.ndarray, grad: np.ndarray) -> None:
    if var.ndim == 0:
        raise _invalid("var must be at least 1 dimensional")
    if indices.ndim != 1:
        raise _invalid("indices must be one-dimensional")
    for axis in range(1, var.ndim):
        if grad.shape[axis : axis + 1] != (var.shape[axis],):
            raise _invalid(f"var and grad must match in dimension {axis}")
    if grad.shape[:1] != indices.shape:
        raise _invalid("grad must be the same size as indices in the first dimension.")
    outside = np.flatnonzero((indices < 0) | (indices >= var.shape[0]))
    if outside.size:
        at = outside[0]
        raise _invalid(f"Index {indices[at]} at offset {at} in indices is out of range")


def _differ(a: str, b: str, x: np.ndarray, y: np.ndarray) -> errors.OpError:
    shapes = f"{written_shape(x.shape)} {written_shape(y.shape)}"
    return _invalid(f"{a} and {b} do not have the same shape{shapes}")


def _invalid(message: str) -> errors.OpError:
    return errors.InvalidArgumentError(None, None, message)


def _shape_rule(
    names: list[str], cell_count: int, is_resource: bool
) -> Callable[[ShapeContext], list[TensorShape]]:
    def update_shape(context: ShapeContext) -> list[TensorShape]:
        shape = _cell_shape(context, 0)
        for index in range(1, cell_count):
            shape = shape.merge_with(_cell_shape(context, index))
        for index, name in enumerate(names):
            if name in ("grad", "delta"):
                indices = names.index("indices") if "indices" in names else None
                shape = _merge_gradient(context, shape, index, indices)
            elif index >= cell_count and name != "indices":
                context.with_rank(index, 0)
        return [] if is_resource else [shape]

    return update_shape


def _cell_shape(context: ShapeContext, index: int) -> TensorShape:
    if not context.inputs[index].dtype._is_ref_dtype:
        data = handle_data(context.inputs[index])
        return TensorShape(None) if data is None else data.shape
    return context.shape(index)


def _merge_gradient(
    context: ShapeContext, shape: TensorShape, index: int, indices: int | None
) -> TensorShape:
    gradient = context.shape(index)
    if indices is None:
        return shape.merge_with(gradient)
    count = context.with_rank(indices, 1)
    if gradient.ndims is None:
        return shape
    rows = gradient.with_rank_at_least(1)
    count.merge_with(rows[:1])
    return shape.merge_with(TensorShape([None]).concatenate(rows[1:]))
