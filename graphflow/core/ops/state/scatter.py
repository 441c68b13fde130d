"""ScatterUpdate/Add/Sub/Mul/Div/Min/Max and ScatterNd...: parts of a variable changed.

Each kind of update is one function on arrays; an op on references and one on handles are made of
it. Updates of one row several times in an op are all applied, in order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ... import ops
from ...base import errors
from ...base.ref import Ref, locked
from ...base.tensor_shape import TensorShape
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import OpDef, define_op
from ...graph.scopes import name_scope
from ...graph.shape_context import ShapeContext
from ..array.unique_rows import without_padding
from ..shape_rules import merged_shape
from .assign import written_shape
from .resources import handle_data

# (target, index, updates): changes `target[index]` in place, once for each of the indices.
InPlace = Callable[[np.ndarray, Any, np.ndarray], None]


def _set(target: np.ndarray, index: Any, updates: np.ndarray) -> None:
    target[index] = updates[()]  # a string itself, not an array around it


def _divide(target: np.ndarray, index: Any, updates: np.ndarray) -> None:
    if target.dtype.kind not in "iu":
        np.divide.at(target, index, updates)
        return
    # Integers are divided towards zero, as in C: sizes first, then signs.
    magnitude, sign = np.abs(target), np.sign(target)
    np.floor_divide.at(magnitude, index, np.abs(updates))
    np.multiply.at(sign, index, np.sign(updates))
    target[...] = magnitude * sign


_IN_PLACE: dict[str, InPlace] = {
    "Update": _set,
    "Add": np.add.at,
    "Sub": np.subtract.at,
    "Mul": np.multiply.at,
    "Div": _divide,
    "Min": np.minimum.at,
    "Max": np.maximum.at,
}


# --- rows: indices into the first dimension ------------------------------------------------------


def scatter_rows(in_place: InPlace, ref: Ref, indices: np.ndarray, updates: np.ndarray) -> None:
    """Updates `ref[indices]`.

    Args:
      in_place: the kind of update.
      ref: the variable's cell, [n, ...].
      indices: integers of any shape.
      updates: `indices.shape + ref.shape[1:]`, or a scalar.

    Raises:
      InvalidArgumentError: shapes do not fit, or an index is outside; nothing is changed.
    """
    with locked(ref):
        value = ref.read()
        if value.ndim == 0:
            raise _invalid(f"params must be at least 1-D, got shape {written_shape(value.shape)}")
        wanted = indices.shape + value.shape[1:]
        if updates.ndim and updates.shape != wanted:
            raise _invalid(
                "Must have updates.shape = indices.shape + params.shape[1:] or updates.shape = [], "
                f"got updates.shape {written_shape(updates.shape)}, indices.shape "
                f"{written_shape(indices.shape)}, params.shape {written_shape(value.shape)}"
            )
        bad = (indices < 0) | (indices >= value.shape[0])
        if bad.any():
            position = tuple(np.argwhere(bad)[0])
            raise _invalid(
                f"indices{_written_position(position)} = {indices[position]} is not in "
                f"[0, {value.shape[0]})"
            )
        changed = value.copy()
        in_place(changed, indices, np.broadcast_to(updates, wanted))
        ref.value = changed


def _invalid(message: str) -> errors.OpError:
    return errors.InvalidArgumentError(None, None, message)


def _written_position(position: Sequence[Any]) -> str:
    return "[" + ",".join(str(i) for i in position) + "]" if position else ""


def scatter_shape(context: ShapeContext) -> TensorShape:
    _check_rows(context, context.shape(0))
    return context.shape(0)


def resource_scatter_shape(context: ShapeContext) -> list[TensorShape]:
    data = handle_data(context.inputs[0])
    if data is not None:
        _check_rows(context, data.shape)
    return []


def _check_rows(context: ShapeContext, variable: TensorShape) -> None:
    indices, updates = context.shape(1), context.shape(2)
    row = TensorShape(None) if variable.ndims is None else variable.with_rank_at_least(1)[1:]
    if updates.ndims != 0:
        merged_shape(updates, indices.concatenate(row))


_EXTREMA = "T: {half, bfloat16, float, double, int32, int64}"


def _define_scatter(kind: str, type_attr: str, locking: str) -> tuple[OpDef, OpDef]:
    """`Scatter<kind>` and `ResourceScatter<kind>`."""
    in_place = _IN_PLACE[kind]
    by_reference = define_op(
        f"Scatter{kind}",
        inputs=["ref: Ref(T)", "indices: Tindices", "updates: T"],
        outputs=["output_ref: Ref(T)"],
        attrs=[type_attr, "Tindices: {int32, int64}", f"use_locking: bool = {locking}"],
        shape=scatter_shape,
        is_stateful=True,
    )
    by_reference.no_grad()
    by_handle = define_op(
        f"ResourceScatter{kind}",
        inputs=["resource: resource", "indices: Tindices", "updates: dtype"],
        attrs=[
            "dtype: type" if kind == "Update" else "dtype: numbertype",
            "Tindices: {int32, int64}",
        ],
        shape=resource_scatter_shape,
        is_stateful=True,
    )
    by_handle.no_grad()

    @by_reference.define
    def scatter_reference(node: Any, ref: Ref, indices: np.ndarray, updates: np.ndarray) -> Ref:
        scatter_rows(in_place, ref, *without_padding(node.attrs, indices, updates))
        return ref

    @by_handle.define
    def resource_scatter_reference(
        node: Any, ref: Ref, indices: np.ndarray, updates: np.ndarray
    ) -> None:
        scatter_rows(in_place, ref, *without_padding(node.attrs, indices, updates))

    return by_reference, by_handle


scatter_update_op, resource_scatter_update_op = _define_scatter("Update", "T: type", "true")
scatter_add_op, resource_scatter_add_op = _define_scatter("Add", "T: numbertype", "false")
scatter_sub_op, resource_scatter_sub_op = _define_scatter("Sub", "T: numbertype", "false")
scatter_mul_op, resource_scatter_mul_op = _define_scatter("Mul", "T: numbertype", "false")
scatter_div_op, resource_scatter_div_op = _define_scatter("Div", "T: numbertype", "false")
scatter_min_op, resource_scatter_min_op = _define_scatter("Min", _EXTREMA, "false")
scatter_max_op, resource_scatter_max_op = _define_scatter("Max", _EXTREMA, "false")


# --- anywhere: the last dimension of the indices is a position -----------------------------------


def scatter_positions(
    in_place: InPlace, ref: Ref, indices: np.ndarray, updates: np.ndarray, policy: str = ""
) -> None:
    """Updates `ref[indices[i]]` for each position `indices[i]`.

    Args:
      in_place: the kind of update.
      ref: the variable's cell.
      indices: [..., depth], or a vector of positions in the first dimension.
      updates: `indices.shape[:-1] + ref.shape[depth:]`.
      policy: `"IGNORE"` leaves out positions that are outside.

    Raises:
      InvalidArgumentError: shapes do not fit, or a position is outside; nothing is changed.
    """
    with locked(ref):
        value = ref.read()
        if indices.ndim == 1:
            indices = indices[:, None]
        _check_positions(value.shape, indices, updates)
        depth = indices.shape[-1]
        bad = ((indices < 0) | (indices >= np.array(value.shape[:depth]))).any(axis=-1)
        if policy == "IGNORE":
            indices, updates = indices[~bad], updates[~bad]
        elif bad.any():
            position = tuple(np.argwhere(bad)[0])
            raise _invalid(
                f"indices{_written_position(position)} = "
                f"[{', '.join(str(i) for i in indices[position])}] does not index into shape "
                f"{written_shape(value.shape)}"
            )
        changed = value.copy()
        in_place(changed, tuple(np.moveaxis(indices, -1, 0)), updates)
        ref.value = changed


def _check_positions(shape: tuple[int, ...], indices: np.ndarray, updates: np.ndarray) -> None:
    depth = indices.shape[-1]
    if not shape:
        raise _invalid(f"Output must be at least 1-D, got shape: {written_shape(shape)}")
    if 0 in shape and indices.size and updates.size:
        raise _invalid(
            "Indices and updates specified for empty output.  indices shape: "
            f"{written_shape(indices.shape)}"
        )
    if indices.shape[0] != (updates.shape or (None,))[0]:
        raise _invalid(
            "The outermost dimension of updates and indices must match. Got indices.shape "
            f"{written_shape(indices.shape)}, updates.shape {written_shape(updates.shape)}"
        )
    if depth > len(shape) or updates.shape != indices.shape[:-1] + shape[depth:]:
        raise _invalid(
            "Must have updates.shape = indices.shape[:batch_dim] + params_shape[slice_dim:], got "
            f"updates.shape: {written_shape(updates.shape)}, indices.shape: "
            f"{written_shape(indices.shape)}, params_shape: {written_shape(shape)}, slice_dim: "
            f"{depth}, and batch_dim: {indices.ndim - 1}"
        )


def scatter_nd_shape(context: ShapeContext) -> TensorShape:
    _check_static_positions(context, context.shape(0))
    return context.shape(0)


def resource_scatter_nd_shape(context: ShapeContext) -> list[TensorShape]:
    data = handle_data(context.inputs[0])
    if data is not None:
        _check_static_positions(context, data.shape)
    return []


def _check_static_positions(context: ShapeContext, variable: TensorShape) -> None:
    indices = context.shape(1).with_rank_at_least(1)
    updates = context.shape(2).with_rank_at_least(1)
    if 0 in (variable.as_list() if variable.ndims is not None else ()):
        if indices.num_elements() and updates.num_elements():
            raise ValueError("Indices and updates specified for empty output tensor")
    if indices.ndims is None or updates.ndims is None or indices.as_list()[-1] is None:
        return
    batch, depth = indices[:-1], indices.as_list()[-1]
    assert depth is not None
    if not updates[: batch.ndims].is_compatible_with(batch):
        raise ValueError(
            f"The outer {batch.ndims} dimensions of indices.shape={indices} must match the outer "
            f"{batch.ndims} dimensions of updates.shape={updates}"
        )
    if variable.ndims is None:
        return
    part, inner = variable[depth:], updates[batch.ndims :]
    if not inner.is_compatible_with(part):
        raise ValueError(
            f"The inner {part.ndims} dimensions of input.shape={variable} must match the inner "
            f"{inner.ndims} dimensions of updates.shape={updates}"
        )


def _define_scatter_nd(kind: str, type_attr: str, locking: str) -> tuple[OpDef, OpDef]:
    """`ScatterNd<kind>` and `ResourceScatterNd<kind>`."""
    in_place = _IN_PLACE[kind]
    attrs = ["Tindices: {int32, int64}", "bad_indices_policy: string = ''"]
    by_reference = define_op(
        f"ScatterNd{kind}",
        inputs=["ref: Ref(T)", "indices: Tindices", "updates: T"],
        outputs=["output_ref: Ref(T)"],
        attrs=[*attrs, type_attr, f"use_locking: bool = {locking}"],
        shape=scatter_nd_shape,
        is_stateful=True,
    )
    by_reference.no_grad()
    by_handle = define_op(
        f"ResourceScatterNd{kind}",
        inputs=["ref: resource", "indices: Tindices", "updates: T"],
        attrs=[*attrs, "T: type", "use_locking: bool = true"],
        shape=resource_scatter_nd_shape,
        is_stateful=True,
    )
    by_handle.no_grad()

    @by_reference.define
    def scatter_nd_reference(node: Any, ref: Ref, indices: np.ndarray, updates: np.ndarray) -> Ref:
        policy = node.attrs["bad_indices_policy"]
        scatter_positions(in_place, ref, indices, updates, policy)
        return ref

    @by_handle.define
    def resource_scatter_nd_reference(
        node: Any, ref: Ref, indices: np.ndarray, updates: np.ndarray
    ) -> None:
        policy = node.attrs["bad_indices_policy"]
        scatter_positions(in_place, ref, indices, updates, policy)

    return by_reference, by_handle


scatter_nd_update_op, resource_scatter_nd_update_op = _define_scatter_nd(
    "Update", "T: type", "true"
)
scatter_nd_add_op, resource_scatter_nd_add_op = _define_scatter_nd("Add", "T: numbertype", "false")
scatter_nd_sub_op, resource_scatter_nd_sub_op = _define_scatter_nd("Sub", "T: numbertype", "false")


# --- public functions, for variables of both kinds -----------------------------------------------


def _scatter(
    by_reference: OpDef,
    by_handle: OpDef,
    ref: Any,
    indices: Any,
    updates: Any,
    locking: Any,
    name: Any,
) -> Any:
    if ref.dtype._is_ref_dtype:
        return by_reference(ref, indices, updates, use_locking=locking, name=name)
    updates = convert_to_tensor(updates, dtype=ref.dtype)
    return ref._lazy_read(by_handle(ref.handle, indices, updates, name=name))


def scatter_update(
    ref: Any, indices: Any, updates: Any, use_locking: bool = True, name: str | None = None
) -> Any:
    """Sets rows of a variable: `ref[indices] = updates`.

    Args:
      ref: a Variable, [n, ...].
      indices: int32 or int64 rows, of any shape.
      updates: the new rows, `indices.shape + ref.shape[1:]`, or a scalar. Where an index occurs
        twice, the last one wins.
      use_locking: accepted; graphflow always locks.
      name: the node's name.

    Returns:
      The variable's reference (a read after the change, for a resource variable).

    Raises:
      ValueError: the shapes are known not to fit.
      InvalidArgumentError: (in a run) an index is outside; the variable stays as it was.
    """
    return _scatter(
        scatter_update_op, resource_scatter_update_op, ref, indices, updates, use_locking, name
    )


def scatter_add(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Adds to rows of a variable; as `scatter_update`, repeated indices add up."""
    return _scatter(
        scatter_add_op, resource_scatter_add_op, ref, indices, updates, use_locking, name
    )


def scatter_sub(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Subtracts from rows of a variable; as `scatter_add`."""
    return _scatter(
        scatter_sub_op, resource_scatter_sub_op, ref, indices, updates, use_locking, name
    )


def scatter_mul(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Multiplies rows of a variable; as `scatter_add`."""
    return _scatter(
        scatter_mul_op, resource_scatter_mul_op, ref, indices, updates, use_locking, name
    )


def scatter_div(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Divides rows of a variable (integers towards zero); as `scatter_add`."""
    return _scatter(
        scatter_div_op, resource_scatter_div_op, ref, indices, updates, use_locking, name
    )


def scatter_min(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Takes minima with rows of a variable; as `scatter_add`."""
    return _scatter(
        scatter_min_op, resource_scatter_min_op, ref, indices, updates, use_locking, name
    )


def scatter_max(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Takes maxima with rows of a variable; as `scatter_add`."""
    return _scatter(
        scatter_max_op, resource_scatter_max_op, ref, indices, updates, use_locking, name
    )


def scatter_nd_update(
    ref: Any, indices: Any, updates: Any, use_locking: bool = True, name: str | None = None
) -> Any:
    """Sets parts of a variable at positions.

    Args:
      ref: a Variable.
      indices: int32 or int64 [..., depth]: positions in the first `depth` dimensions.
      updates: the new parts, `indices.shape[:-1] + ref.shape[depth:]`.
      use_locking: accepted; graphflow always locks.
      name: the node's name.

    Returns:
      As `scatter_update`.

    Raises:
      ValueError: the shapes are known not to fit.
      InvalidArgumentError: (in a run) a position is outside; the variable stays as it was.
    """
    return _scatter(
        scatter_nd_update_op,
        resource_scatter_nd_update_op,
        ref,
        indices,
        updates,
        use_locking,
        name,
    )


def scatter_nd_add(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Adds to parts of a variable; as `scatter_nd_update`, repeated positions add up."""
    return _scatter(
        scatter_nd_add_op, resource_scatter_nd_add_op, ref, indices, updates, use_locking, name
    )


def scatter_nd_sub(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Subtracts from parts of a variable; as `scatter_nd_add`."""
    return _scatter(
        scatter_nd_sub_op, resource_scatter_nd_sub_op, ref, indices, updates, use_locking, name
    )


def batch_scatter_update(
    ref: Any, indices: Any, updates: Any, use_locking: bool = True, name: str | None = None
) -> Any:
    """Sets rows in each batch of a variable: `ref[b, indices[b, i]] = updates[b, i]`.

    Args:
      ref: a Variable.
      indices: int32 or int64; all but the last dimension are batch dimensions.
      updates: `indices.shape + ref.shape[indices.ndim:]`.
      use_locking: accepted; graphflow always locks.
      name: a name scope for the nodes.

    Returns:
      As `scatter_update`.

    Raises:
      ValueError: the rank of `indices` is unknown.
    """
    with name_scope(name):
        indices = convert_to_tensor(indices, name="indices")
        rank = indices.shape.ndims
        if rank is None:
            raise ValueError("batch_gather does not allow indices with unknown shape.")
        sizes = ops.array.shape(indices)
        rows = ops.array.expand_dims(indices, axis=-1)
        columns = []
        for axis in range(rank - 1):
            shape: list[Any] = [1] * (rank + 1)
            shape[axis] = sizes[axis]
            numbers = ops.array.reshape(ops.array.range(0, sizes[axis], 1), shape)
            numbers = ops.elementwise.cast(numbers, rows.dtype)
            columns.append(numbers * ops.array.ones_like(rows))
        positions = ops.array.concat([*columns, rows], axis=-1)
        return scatter_nd_update(ref, positions, updates, use_locking=use_locking)
