"""Slots: the variables that an optimizer keeps beside each variable that it trains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core import ops
from ..core.base.tensor_shape import TensorShape
from ..core.graph.scopes import colocate_with
from ..core.graph.tensor import Tensor
from ..core.variables.initializers import Zeros
from ..core.variables.ref_variable import RefVariable
from ..core.variables.resource_variable import ResourceVariable
from ..core.variables.save_slice_info import SaveSliceInfo
from ..core.variables.variable import Variable
from ..core.variables.variable_scope import get_variable, get_variable_scope, variable_scope


def create_slot(primary: Any, val: Tensor, name: str, colocate_with_primary: bool = True) -> Any:
    """A slot with a given initial value.

    Args:
      primary: the Variable (or tensor) that it belongs to.
      val: the initial value, which also gives the type.
      name: the slot's name: it becomes `<primary>/<name>`.
      colocate_with_primary: whether it is placed where `primary` is.

    Returns:
      A Variable, which is not trainable.
    """
    validate = val.shape.is_fully_defined()
    return _create(primary, val, name, colocate_with_primary, None, None, validate)


def create_slot_with_initializer(
    primary: Any,
    initializer: Callable[..., Any],
    shape: TensorShape,
    dtype: Any,
    name: str,
    colocate_with_primary: bool = True,
) -> Any:
    """A slot with an initializer; otherwise as `create_slot`.

    Args:
      primary: the Variable (or tensor) that it belongs to.
      initializer: gives the initial value.
      shape: the slot's shape.
      dtype: its type.
      name: its name.
      colocate_with_primary: whether it is placed where `primary` is.
    """
    validate = shape.is_fully_defined()
    return _create(primary, initializer, name, colocate_with_primary, shape, dtype, validate)


def create_zeros_slot(
    primary: Any, name: str, dtype: Any = None, colocate_with_primary: bool = True
) -> Any:
    """A slot of zeros, shaped like `primary`; otherwise as `create_slot`.

    Args:
      primary: the Variable (or tensor) that it belongs to.
      name: the slot's name.
      dtype: its type; by default that of `primary`.
      colocate_with_primary: whether it is placed where `primary` is.
    """
    dtype = (primary.dtype if dtype is None else dtype).base_dtype
    shape = primary.get_shape()
    if shape.is_fully_defined():
        return create_slot_with_initializer(
            primary, Zeros(), shape, dtype, name, colocate_with_primary
        )
    value = primary.initialized_value() if isinstance(primary, Variable) else primary
    zeros = ops.array.zeros(ops.array.shape(value), dtype=dtype)
    return create_slot(primary, zeros, name, colocate_with_primary)


def _create(
    primary: Any,
    value: Any,
    name: str,
    colocate_with_primary: bool,
    shape: Any,
    dtype: Any,
    validate_shape: bool,
) -> Any:
    is_variable = isinstance(primary, Variable)
    prefix = primary._shared_name if is_variable else primary.op.name
    with variable_scope(None, f"{prefix}/{name}"):
        if not colocate_with_primary:
            return _new_variable(primary, value, shape, dtype, validate_shape)
        with colocate_with(primary):
            return _new_variable(primary, value, shape, dtype, validate_shape)


def _new_variable(primary: Any, value: Any, shape: Any, dtype: Any, validate_shape: bool) -> Any:
    scope = get_variable_scope()
    # The slot of a part is whole, though the part's own scope partitions.
    partitioner = scope.partitioner
    scope.set_partitioner(None)
    try:
        slot = get_variable(
            "",
            initializer=value,
            trainable=False,
            use_resource=_use_resource(primary),
            shape=shape if callable(value) else None,
            dtype=dtype,
            validate_shape=validate_shape,
        )
    finally:
        scope.set_partitioner(partitioner)
    whole = primary._save_slice_info if isinstance(primary, Variable) else None
    if whole is not None:
        slot_name = slot.name.removeprefix(primary.op.name + "/").partition(":")[0]
        slot._set_save_slice_info(
            SaveSliceInfo(
                f"{whole.full_name}/{slot_name}",
                whole.full_shape,
                whole.var_offset,
                whole.var_shape,
            )
        )
    return slot


def _use_resource(primary: Any) -> bool | None:
    """A slot is of its variable's kind."""
    if isinstance(primary, ResourceVariable):
        return True
    return False if isinstance(primary, RefVariable) else None
