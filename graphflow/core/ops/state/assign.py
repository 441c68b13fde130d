"""Assign, AssignAdd, AssignSub, CountUpTo: a variable's value replaced as a whole.

The resource twins (`resources.py`) share the functions on cells that stand here. Ops that read a
variable to compute its next value, the optimizers' `Apply...` among them, do both inside
`with locked(ref, ...)` of `base/ref.py`, whatever `use_locking` says: it costs little here, and no
update is lost between threads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...base import errors
from ...base.ref import Ref, locked
from ...base.tensor_shape import TensorShape
from ...graph.op_def import OpDef, define_op
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from ..shape_rules import all_inputs_same

# --- what happens to a cell ----------------------------------------------------------------------


def kept(value: np.ndarray) -> np.ndarray:
    """A value as a variable may keep it: nobody else (a user's fed array) can change it."""
    return value.copy() if value.flags.writeable or value.base is not None else value


def assign_value(ref: Ref, value: np.ndarray, validate_shape: bool) -> None:
    """Replaces a cell's value.

    Raises:
      InvalidArgumentError: `validate_shape`, and the shape is another one than before.
    """
    if validate_shape:
        declared = ref.shape if ref.value is None else TensorShape(ref.value.shape)
        if not declared.is_compatible_with(value.shape):
            raise errors.InvalidArgumentError(
                None,
                None,
                "Assign requires shapes of both tensors to match. lhs shape= "
                f"{written_shape(declared.as_list())} rhs shape= {written_shape(value.shape)}",
            )
    ref.value = kept(value)


def update_value(ref: Ref, operation: Callable[..., Any], delta: np.ndarray) -> None:
    """Replaces a cell's value by `operation(value, delta)`.

    Raises:
      FailedPreconditionError: it has no value.
      InvalidArgumentError: the shapes differ.
    """
    with locked(ref):
        value = ref.read()
        if value.shape != delta.shape:
            raise errors.InvalidArgumentError(
                None, None, "Parameters and update must be the same size"
            )
        ref.value = np.asarray(operation(value, delta), dtype=value.dtype)


def count_value(ref: Ref, limit: int) -> np.ndarray:
    """Increments a cell and gives the value that it had.

    Raises:
      OutOfRangeError: it has reached the limit.
    """
    with locked(ref):
        value = ref.read()
        if value.ndim != 0:
            raise errors.InvalidArgumentError(None, None, "input is not a scalar")
        if value >= limit:
            raise errors.OutOfRangeError(None, None, f"Reached limit of {limit}")
        ref.value = np.asarray(value + 1, dtype=value.dtype)
    return value


def written_shape(sizes: Any) -> str:
    """A shape as TF's kernels write it: `[2,3]`."""
    return "[" + ",".join("?" if size is None else str(size) for size in sizes) + "]"


# --- ops on references ---------------------------------------------------------------------------


def assign_shape(context: ShapeContext) -> TensorShape:
    return all_inputs_same(context) if context.attrs["validate_shape"] else context.shape(1)


assign_op = define_op(
    "Assign",
    inputs=["ref: Ref(T)", "value: T"],
    outputs=["output_ref: Ref(T)"],
    attrs=["T: type", "validate_shape: bool = true", "use_locking: bool = true"],
    shape=assign_shape,
    is_stateful=True,
)
assign_op.no_grad()


@assign_op.define
def assign_reference(node: Any, ref: Ref, value: np.ndarray) -> Ref:
    assign_value(ref, value, node.attrs["validate_shape"])
    return ref


def _define_update(name: str, operation: Callable[..., Any]) -> OpDef:
    op = define_op(
        name,
        inputs=["ref: Ref(T)", "value: T"],
        outputs=["output_ref: Ref(T)"],
        attrs=["T: numbertype", "use_locking: bool = false"],
        shape=all_inputs_same,
        is_stateful=True,
    )
    op.no_grad()

    @op.define
    def update_reference(node: Any, ref: Ref, value: np.ndarray) -> Ref:
        update_value(ref, operation, value)
        return ref

    return op


assign_add_op = _define_update("AssignAdd", np.add)
assign_sub_op = _define_update("AssignSub", np.subtract)


def scalar_counter_shape(context: ShapeContext) -> TensorShape:
    return context.with_rank(0, 0)


count_up_to_op = define_op(
    "CountUpTo",
    inputs=["ref: Ref(T)"],
    outputs=["output: T"],
    attrs=["limit: int", "T: {int32, int64}"],
    shape=scalar_counter_shape,
    is_stateful=True,
)
count_up_to_op.no_grad()


@count_up_to_op.define
def count_up_to_reference(node: Any, ref: Ref) -> np.ndarray:
    return count_value(ref, node.attrs["limit"])


# --- public functions, for variables of both kinds -----------------------------------------------


def assign(
    ref: Any,
    value: Any,
    validate_shape: bool | None = None,
    use_locking: bool | None = None,
    name: str | None = None,
) -> Any:
    """Sets a variable.

    Args:
      ref: a Variable, or its reference.
      value: the new value, of the variable's type.
      validate_shape: whether the shape must stay as it is (by default it must).
      use_locking: accepted; graphflow always locks.
      name: the node's name.

    Returns:
      The reference, for use after the assignment (a read, for a resource variable).

    Raises:
      ValueError: the shapes are known to differ.
    """
    if ref.dtype._is_ref_dtype:
        return assign_op(
            ref, value, use_locking=use_locking, validate_shape=validate_shape, name=name
        )
    return ref.assign(value, name=name)


def assign_add(
    ref: Any, value: Any, use_locking: bool | None = None, name: str | None = None
) -> Any:
    """Adds to a variable; as `assign` otherwise."""
    if ref.dtype._is_ref_dtype:
        return assign_add_op(ref, value, use_locking=use_locking, name=name)
    return ref.assign_add(value)


def assign_sub(
    ref: Any, value: Any, use_locking: bool | None = None, name: str | None = None
) -> Any:
    """Subtracts from a variable; as `assign` otherwise."""
    if ref.dtype._is_ref_dtype:
        return assign_sub_op(ref, value, use_locking=use_locking, name=name)
    return ref.assign_sub(value)


def count_up_to(ref: Any, limit: int, name: str | None = None) -> Tensor:
    """Increments a scalar integer variable.

    Args:
      ref: an int32 or int64 scalar Variable.
      limit: running the op with the variable at this value raises OutOfRangeError.
      name: the node's name.

    Returns:
      The value before the increment.
    """
    tensor: Tensor
    if ref.dtype._is_ref_dtype:
        tensor = count_up_to_op(ref, limit=limit, name=name)
    else:
        from .resources import resource_count_up_to_op

        tensor = resource_count_up_to_op(ref.handle, limit=limit, T=ref.dtype, name=name)
    return tensor
