"""VariableV2 and its kin: where a value that outlives a run is kept."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...base.ref import Ref
from ...base.tensor_shape import TensorShape
from ...graph.op_def import define_op
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from ..shape_rules import same_as_input, scalar_shape

_SIGNATURE: dict[str, Any] = {
    "outputs": ["ref: Ref(dtype)"],
    "attrs": [
        "shape: shape",
        "dtype: type",
        "container: string = ''",
        "shared_name: string = ''",
    ],
    "is_stateful": True,
}


def declared_shape(context: ShapeContext) -> TensorShape:
    shape: TensorShape = context.attrs["shape"]
    return shape


def legacy_shape(context: ShapeContext) -> TensorShape:
    """Before VariableV2, a scalar's shape was also written for an unknown one."""
    shape = declared_shape(context)
    return shape if shape.ndims else TensorShape(None)


variable_v2_op = define_op("VariableV2", shape=declared_shape, **_SIGNATURE)
variable_v2_op.no_grad()
# In graphs written before TF 0.12.
variable_op = define_op("Variable", shape=legacy_shape, **_SIGNATURE)
variable_op.no_grad()


@variable_v2_op.define_with_context
def variable_v2_reference(node: Any, context: Any) -> Ref:
    cell: Ref = context.variable(node)
    return cell


@variable_op.define_with_context
def variable_reference(node: Any, context: Any) -> Ref:
    cell: Ref = context.variable(node)
    return cell


is_variable_initialized_op = define_op(
    "IsVariableInitialized",
    inputs=["ref: Ref(dtype)"],
    outputs=["is_initialized: bool"],
    attrs=["dtype: type"],
    shape=scalar_shape,
    is_stateful=True,
)
is_variable_initialized_op.no_grad()


@is_variable_initialized_op.define
def is_variable_initialized_reference(node: Any, ref: Ref) -> np.ndarray:
    return np.array(ref.value is not None)


def is_variable_initialized(ref: Any, name: str | None = None) -> Tensor:
    """Whether a variable (or its reference) has a value, as a bool scalar."""
    tensor: Tensor
    if ref.dtype._is_ref_dtype:
        tensor = is_variable_initialized_op(ref, name=name)
    else:
        tensor = ref.is_initialized(name=name)
    return tensor


temporary_variable_op = define_op(
    "TemporaryVariable",
    outputs=["ref: Ref(dtype)"],
    attrs=["shape: shape", "dtype: type", "var_name: string = ''"],
    shape=declared_shape,
    is_stateful=True,
)
temporary_variable_op.no_grad()


@temporary_variable_op.define
def temporary_variable_reference(node: Any) -> Ref:
    shape, dtype = node.attrs["shape"], node.attrs["dtype"]
    value = np.zeros(shape.as_list(), dtype.as_numpy_dtype)
    return Ref(node.attrs["var_name"] or node.name, dtype, shape, value)


destroy_temporary_variable_op = define_op(
    "DestroyTemporaryVariable",
    inputs=["ref: Ref(T)"],
    outputs=["value: T"],
    attrs=["T: type", "var_name: string"],
    shape=same_as_input,
    is_stateful=True,
)
destroy_temporary_variable_op.no_grad()


@destroy_temporary_variable_op.define
def destroy_temporary_variable_reference(node: Any, ref: Ref) -> np.ndarray:
    value = ref.read()
    ref.value = None
    return value
