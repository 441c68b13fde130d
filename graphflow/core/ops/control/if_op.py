"""If: runs one of two bodies. Its gradient is in core/gradients, as it needs the reverse walk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...base import errors
from ...base.tensor_list import TensorList
from ...base.tensor_shape import TensorShape
from ...graph.func_graph import FuncGraph, align_captures, wait_for_control_captures
from ...graph.op_def import define_op
from ...graph.operation import Operation
from ...graph.shape_context import ShapeContext
from ...graph.stacks import get_default_graph
from ...graph.tensor import Tensor


def if_shape(context: ShapeContext) -> list[TensorShape]:
    then_branch, else_branch = context.attrs["then_branch"], context.attrs["else_branch"]
    pairs = zip(then_branch.outputs, else_branch.outputs, strict=True)
    return [common_shape(a.shape, b.shape) for a, b in pairs]


def common_shape(a: TensorShape, b: TensorShape) -> TensorShape:
    """What is true of both shapes."""
    if a.ndims is None or b.ndims is None or a.ndims != b.ndims:
        return TensorShape(None)
    pairs = zip(a.as_list(), b.as_list(), strict=True)
    return TensorShape([m if m == n else None for m, n in pairs])


if_op = define_op(
    "If",
    inputs=["cond: Tcond", "input: Tin"],
    outputs=["output: Tout"],
    attrs=[
        "Tcond: type",
        "Tin: list(type) >= 0",
        "Tout: list(type) >= 0",
        "then_branch: func",
        "else_branch: func",
        "output_shapes: list(shape) = []",
    ],
    shape=if_shape,
    is_stateful=True,
)


# tf.cond takes nothing but scalars; the op itself, in graphs of TensorFlow, takes any tensor.
SCALAR_PREDICATE = "_scalar_predicate"


@if_op.define_with_context
def if_reference(node: Any, context: Any, cond: np.ndarray, *inputs: Any) -> tuple[Any, ...]:
    if cond.ndim > 0 and node.attrs.get(SCALAR_PREDICATE):
        raise errors.InvalidArgumentError(
            None, None, f"The predicate must be a scalar, but it has shape {list(cond.shape)}"
        )
    # as in TF, a number is true unless it is zero, any other tensor unless it is empty
    taken = bool(cond) if cond.ndim == 0 else cond.size > 0
    branch = node.attrs["then_branch" if taken else "else_branch"]
    return tuple(context.call(branch, inputs))


def add_if(
    pred: Tensor,
    then_branch: FuncGraph,
    else_branch: FuncGraph,
    name: str | None,
    arguments: Sequence[Tensor] = (),
) -> Operation:
    """Adds an If node that runs one of two traced branches.

    Args:
      pred: the condition, a scalar.
      then_branch: a body, its `outputs` set.
      else_branch: another, with the same parameters and as many outputs of the same types.
      name: the node's name.
      arguments: the values of the parameters; what the branches capture is passed after them.
    """
    branches = then_branch, else_branch
    inputs = [*arguments, *align_captures(branches, len(arguments))]
    attrs = {
        "Tcond": pred.dtype.base_dtype,
        # the parameters' types: `_ref` types of captures let variables enter as themselves
        "Tin": tuple(parameter.dtype for parameter in then_branch.inputs),
        "Tout": tuple(t.dtype for t in then_branch.outputs),
        "then_branch": then_branch,
        "else_branch": else_branch,
        "output_shapes": (),
    }
    op = get_default_graph()._add_node(if_op, [pred, *inputs], attrs, name)
    wait_for_control_captures(op, branches)
    return op


def fake_param_shape(context: ShapeContext) -> TensorShape:
    shape: TensorShape = context.attrs["shape"]
    return shape


fake_param_op = define_op(
    "FakeParam",
    outputs=["output: dtype"],
    attrs=["dtype: type", "shape: shape"],
    shape=fake_param_shape,
)
fake_param_op.no_grad()


@fake_param_op.define
def fake_param_reference(node: Any) -> Any:
    """Anything of the type: nothing reads what the branch not taken would have computed."""
    dtype = node.attrs["dtype"]
    if dtype.name == "variant":
        return TensorList(dtype, TensorShape(None))
    shape: TensorShape = node.attrs["shape"]
    sizes: Sequence[int] = [] if shape.ndims is None else [size or 0 for size in shape.as_list()]
    return np.zeros(sizes, dtype.as_numpy_dtype)
