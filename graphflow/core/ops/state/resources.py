"""VarHandleOp and the ops on handles: the resource twins of VariableV2, Assign and the rest.

The run-time value of a handle is the variable's cell (`base.ref.Ref`), the same one that a
VariableV2 of that name has in the session.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ... import ops
from ...base import dtypes, errors
from ...base.dtypes import DType
from ...base.ref import Ref, locked
from ...base.tensor_shape import TensorShape
from ...graph.indexed_slices import IndexedSlices
from ...graph.op_def import OpDef, define_op
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from ..shape_rules import merged_shape, no_outputs, scalar_shape
from .assign import assign_value, count_value, update_value


class HandleData(NamedTuple):
    """What a handle's variable is declared to be."""

    dtype: DType
    shape: TensorShape


def handle_data(handle: Tensor) -> HandleData | None:
    """What is known of the variable behind a handle, through captures and identities; or None."""
    source: Tensor | None = handle
    while source is not None and source.op.type != "VarHandleOp":
        if source.op.type == "Identity":
            source = source.op.inputs[0]
        else:
            source = source.graph._captured_source(source)
    if source is None:
        return None
    attrs = source.op.node_attrs
    return HandleData(attrs["dtype"], attrs["shape"])


def _variable_shape(context: ShapeContext) -> TensorShape:
    data = handle_data(context.inputs[0])
    return TensorShape(None) if data is None else data.shape


def _check_type(context: ShapeContext, dtype: DType) -> None:
    data = handle_data(context.inputs[0])
    if data is not None and data.dtype != dtype:
        raise ValueError(
            f"Trying to read variable with wrong dtype. Expected {data.dtype.name} got {dtype.name}"
        )


def _read(ref: Ref) -> np.ndarray:
    if ref.value is None:
        raise errors.FailedPreconditionError(
            None,
            None,
            f"Error while reading resource variable {ref.name} from Container: localhost. This "
            f"could mean that the variable was uninitialized. Not found: Resource localhost/"
            f"{ref.name} does not exist.",
        )
    return ref.read()


# --- the handle and the whole value --------------------------------------------------------------

var_handle_op = define_op(
    "VarHandleOp",
    outputs=["resource: resource"],
    attrs=[
        "container: string = ''",
        "shared_name: string = ''",
        "debug_name: string = ''",
        "dtype: type",
        "shape: shape",
        "allowed_devices: list(string) = []",
    ],
    shape=scalar_shape,
    is_stateful=True,
)
var_handle_op.no_grad()


@var_handle_op.define_with_context
def var_handle_reference(node: Any, context: Any) -> Ref:
    cell: Ref = context.variable(node)
    return cell


def read_variable_shape(context: ShapeContext) -> TensorShape:
    _check_type(context, context.attrs["dtype"])
    return _variable_shape(context)


read_variable_op = define_op(
    "ReadVariableOp",
    inputs=["resource: resource"],
    outputs=["value: dtype"],
    attrs=["dtype: type"],
    shape=read_variable_shape,
    is_stateful=True,
)


@read_variable_op.define
def read_variable_reference(node: Any, ref: Ref) -> np.ndarray:
    value = _read(ref)
    if ref.dtype != node.attrs["dtype"]:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Trying to read variable with wrong dtype. Expected {node.attrs['dtype'].name} got "
            f"{ref.dtype.name}",
        )
    return value


@read_variable_op.grad
def read_variable_grad(op: Any, dy: Any) -> Any:
    return dy


def assigned_shape(context: ShapeContext) -> list[TensorShape]:
    _check_type(context, context.attrs["dtype"])
    merged_shape(_variable_shape(context), context.shape(1))
    return []


assign_variable_op = define_op(
    "AssignVariableOp",
    inputs=["resource: resource", "value: dtype"],
    attrs=["dtype: type", "validate_shape: bool = false"],
    shape=assigned_shape,
    is_stateful=True,
)
assign_variable_op.no_grad()


@assign_variable_op.define
def assign_variable_reference(node: Any, ref: Ref, value: np.ndarray) -> None:
    if ref.dtype != node.attrs["dtype"]:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Trying to assign variable with wrong dtype. Expected {ref.dtype.name} got "
            f"{node.attrs['dtype'].name}",
        )
    assign_value(ref, value, node.attrs["validate_shape"])


def _define_update(name: str, operation: Callable[..., Any]) -> OpDef:
    op = define_op(
        name,
        inputs=["resource: resource", "value: dtype"],
        attrs=["dtype: type"],
        shape=assigned_shape,
        is_stateful=True,
    )
    op.no_grad()

    @op.define
    def update_reference(node: Any, ref: Ref, value: np.ndarray) -> None:
        update_value(ref, operation, value)

    return op


assign_add_variable_op = _define_update("AssignAddVariableOp", np.add)
assign_sub_variable_op = _define_update("AssignSubVariableOp", np.subtract)

var_is_initialized_op = define_op(
    "VarIsInitializedOp",
    inputs=["resource: resource"],
    outputs=["is_initialized: bool"],
    shape=scalar_shape,
    is_stateful=True,
)
var_is_initialized_op.no_grad()


@var_is_initialized_op.define
def var_is_initialized_reference(node: Any, ref: Ref) -> np.ndarray:
    return np.array(ref.value is not None)


def shape_vector_shape(context: ShapeContext) -> TensorShape:
    return TensorShape([_variable_shape(context).ndims])


variable_shape_op = define_op(
    "VariableShape",
    inputs=["input: resource"],
    outputs=["output: out_type"],
    attrs=["out_type: {int32, int64} = DT_INT32"],
    shape=shape_vector_shape,
    is_stateful=True,
)
variable_shape_op.no_grad()


@variable_shape_op.define
def variable_shape_reference(node: Any, ref: Ref) -> np.ndarray:
    return np.array(_read(ref).shape, dtype=node.attrs["out_type"].as_numpy_dtype)


destroy_resource_op = define_op(
    "DestroyResourceOp",
    inputs=["resource: resource"],
    attrs=["ignore_lookup_error: bool = true"],
    shape=no_outputs,
    is_stateful=True,
)
destroy_resource_op.no_grad()


@destroy_resource_op.define
def destroy_resource_reference(node: Any, ref: Ref) -> None:
    with locked(ref):
        if ref.value is None and not node.attrs["ignore_lookup_error"]:
            raise errors.NotFoundError(None, None, f"Resource localhost/{ref.name} does not exist.")
        ref.value = None


# Written by TensorFlow 2 before each read for a checkpoint; here reading never copies.
disable_copy_on_read_op = define_op(
    "DisableCopyOnRead", inputs=["resource: resource"], shape=no_outputs, is_stateful=True
)
disable_copy_on_read_op.no_grad()


@disable_copy_on_read_op.define
def disable_copy_on_read_reference(node: Any, ref: Ref) -> None:
    """Does nothing."""


def resource_counter_shape(context: ShapeContext) -> TensorShape:
    return _variable_shape(context).with_rank(0)


resource_count_up_to_op = define_op(
    "ResourceCountUpTo",
    inputs=["resource: resource"],
    outputs=["output: T"],
    attrs=["limit: int", "T: {int32, int64}"],
    shape=resource_counter_shape,
    is_stateful=True,
)
resource_count_up_to_op.no_grad()


@resource_count_up_to_op.define
def resource_count_up_to_reference(node: Any, ref: Ref) -> np.ndarray:
    return count_value(ref, node.attrs["limit"])


# --- reading parts -------------------------------------------------------------------------------


def resource_gather_shape(context: ShapeContext) -> TensorShape:
    batch = context.attrs["batch_dims"]
    shape, indices = _variable_shape(context), context.shape(1)
    if shape.ndims is None or indices.ndims is None:
        return TensorShape(None)
    return indices.concatenate(shape.with_rank_at_least(batch + 1)[batch + 1 :])


resource_gather_op = define_op(
    "ResourceGather",
    inputs=["resource: resource", "indices: Tindices"],
    outputs=["output: dtype"],
    attrs=[
        "batch_dims: int = 0",
        "validate_indices: bool = true",
        "dtype: type",
        "Tindices: {int32, int64}",
    ],
    shape=resource_gather_shape,
    is_stateful=True,
)


@resource_gather_op.define
def resource_gather_reference(node: Any, ref: Ref, indices: np.ndarray) -> np.ndarray:
    value, batch = _read(ref), node.attrs["batch_dims"]
    size = value.shape[batch]
    if indices.size and (indices.min() < 0 or indices.max() >= size):
        position = np.argwhere((indices < 0) | (indices >= size))[0]
        where = ",".join(str(i) for i in position)
        at = f"[{where}]" if where else ""
        raise errors.InvalidArgumentError(
            None, None, f"indices{at} = {indices[tuple(position)]} is not in [0, {size})"
        )
    if batch == 0:
        return np.take(value, indices, axis=0)
    leading = np.ix_(*(range(n) for n in value.shape[:batch]))
    extra = (1,) * (indices.ndim - batch)
    return np.asarray(value[(*(axis.reshape(axis.shape + extra) for axis in leading), indices)])


def _shape_of(handle: Tensor) -> Tensor:
    """A variable's shape: a constant where the graph knows it."""
    data = handle_data(handle)
    if data is None or not data.shape.is_fully_defined():
        shape: Tensor = variable_shape_op(handle)
        return shape
    return ops.array.constant(data.shape.as_list(), dtype=dtypes.int32)


@resource_gather_op.grad
def resource_gather_grad(op: Any, dy: Any) -> list[Any]:
    """Only the rows that were read have a gradient."""
    handle, indices = op.inputs
    shape = _shape_of(handle)
    count = ops.array.expand_dims(ops.array.size(indices), 0)
    values = ops.array.reshape(dy, ops.array.concat([count, shape[1:]], 0))
    return [IndexedSlices(values, ops.array.reshape(indices, count), shape), None]


def resource_gather_nd_shape(context: ShapeContext) -> TensorShape:
    shape, indices = _variable_shape(context), context.shape(1)
    if shape.ndims is None or indices.ndims is None:
        return TensorShape(None)
    depth = indices.as_list()[-1]
    return TensorShape(None) if depth is None else indices[:-1].concatenate(shape[depth:])


resource_gather_nd_op = define_op(
    "ResourceGatherNd",
    inputs=["resource: resource", "indices: Tindices"],
    outputs=["output: dtype"],
    attrs=["dtype: type", "Tindices: {int32, int64}"],
    shape=resource_gather_nd_shape,
    is_stateful=True,
)


@resource_gather_nd_op.define
def resource_gather_nd_reference(node: Any, ref: Ref, indices: np.ndarray) -> np.ndarray:
    value = _read(ref)
    depth = indices.shape[-1]
    bad = (indices < 0) | (indices >= np.array(value.shape[:depth]))
    if bad.any():
        position = np.argwhere(bad.any(axis=-1))[0]
        where = ",".join(str(i) for i in position)
        raise errors.InvalidArgumentError(
            None,
            None,
            f"indices[{where}] = {indices[tuple(position)].tolist()} does not index into param "
            f"shape {list(value.shape)}",
        )
    return np.asarray(value[tuple(np.moveaxis(indices, -1, 0))])


@resource_gather_nd_op.grad
def resource_gather_nd_grad(op: Any, dy: Any) -> list[Any]:
    handle, indices = op.inputs
    shape = variable_shape_op(handle, out_type=indices.dtype)
    return [ops.array.scatter_nd(indices, dy, shape), None]


# --- writing a slice -----------------------------------------------------------------------------

resource_strided_slice_assign_op = define_op(
    "ResourceStridedSliceAssign",
    inputs=["ref: resource", "begin: Index", "end: Index", "strides: Index", "value: T"],
    attrs=[
        "T: type",
        "Index: {int32, int64}",
        "begin_mask: int = 0",
        "end_mask: int = 0",
        "ellipsis_mask: int = 0",
        "new_axis_mask: int = 0",
        "shrink_axis_mask: int = 0",
    ],
    shape=no_outputs,
    is_stateful=True,
)
resource_strided_slice_assign_op.no_grad()


@resource_strided_slice_assign_op.define_with_context
def resource_strided_slice_assign_reference(
    node: Any, context: Any, ref: Ref, *arguments: np.ndarray
) -> None:
    by_reference = ops.array.strided_slice_assign_op.reference
    assert by_reference is not None
    by_reference(node, context, ref, *arguments)
