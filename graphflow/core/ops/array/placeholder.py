"""Placeholder: a tensor whose value comes with every run."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...base import dtypes, errors
from ...base.tensor_shape import TensorShape, as_shape
from ...graph import func_graph
from ...graph.conversion import convert_to_tensor
from ...graph.indexed_slices import SparseTensor
from ...graph.op_def import define_op
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor

# The graph itself needs placeholders, for what function bodies capture; there the op is declared.
placeholder_op = func_graph.placeholder_op
placeholder_op.no_grad()


@placeholder_op.define_with_context
def placeholder_reference(node: Any, context: Any) -> np.ndarray:
    shape: TensorShape = node.attrs["shape"]
    known = ""
    if shape.ndims is not None:
        sizes = ",".join("?" if n is None else str(n) for n in shape.as_list())
        known = f" and shape [{sizes}]"
    raise errors.InvalidArgumentError(
        None,
        None,
        f"You must feed a value for placeholder tensor '{node.name}' with dtype "
        f"{type_name(node.attrs['dtype'])}{known}",
    )


def type_name(dtype: dtypes.DType) -> str:
    """The name in TF's C++ messages."""
    return {"float32": "float", "float64": "double", "float16": "half"}.get(dtype.name, dtype.name)


def placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> Tensor:
    """A tensor that must be fed whenever it is needed: `sess.run(y, feed_dict={x: value})`.

    Args:
      dtype: its type.
      shape: its shape; None for any, also in single places.
      name: the node's name.
    """
    tensor: Tensor = placeholder_op(dtype=dtype, shape=as_shape(shape), name=name)
    return tensor


def _declared_shape(context: ShapeContext) -> TensorShape:
    declared: TensorShape = context.attrs["shape"]
    context.shape(0).assert_is_compatible_with(declared)
    return declared


placeholder_with_default_op = define_op(
    "PlaceholderWithDefault",
    ["input: dtype"],
    ["output: dtype"],
    ["dtype: type", "shape: shape"],
    _declared_shape,
)


@placeholder_with_default_op.define
def placeholder_with_default_reference(node: Any, x: np.ndarray) -> np.ndarray:
    return x


@placeholder_with_default_op.grad
def placeholder_with_default_grad(op: Any, dy: Any) -> Any:
    return dy


def placeholder_with_default(input: Any, shape: Any, name: str | None = None) -> Tensor:
    """`input`, unless another value is fed.

    Args:
      input: the default value.
      shape: what is known of the shape of any value fed.
      name: the node's name.
    """
    tensor: Tensor = placeholder_with_default_op(input, shape=as_shape(shape), name=name)
    return tensor


def sparse_placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> SparseTensor:
    """A SparseTensor whose three parts must be fed, together as a SparseTensorValue.

    Args:
      dtype: the type of the values.
      shape: the dense shape, a list or an int64 tensor; fed as well when None.
      name: prefix of the names of the parts: `name/values`, `name/indices`, `name/shape`.
    """
    prefix = "" if name is None else name + "/"
    shape_name = prefix + "shape" if name is not None else None
    rank: int | None = None
    if shape is None:
        dense_shape = placeholder(dtypes.int64, [None], shape_name)
    elif isinstance(shape, Tensor):
        dense_shape = shape
        rank = shape.shape.as_list()[0] if shape.shape.ndims == 1 else None
    else:
        sizes = as_shape(shape).as_list()
        rank = len(sizes)
        values = [-1 if n is None else n for n in sizes]
        dense_shape = convert_to_tensor(np.array(values, np.int64), name=shape_name)
    return SparseTensor(
        values=placeholder(dtype, [None], prefix + "values" if name is not None else None),
        indices=placeholder(
            dtypes.int64, [None, rank], prefix + "indices" if name is not None else None
        ),
        dense_shape=dense_shape,
    )
