"""A SparseTensor times, over or plus a dense tensor that broadcasts to it: SparseTensor's `*`, `/`.

Only the entries that are present are computed; the result is sparse, at the same positions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes
from ...base.errors import InvalidArgumentError
from ...base.tensor_shape import TensorShape
from ...graph.conversion import convert_to_tensor
from ...graph.indexed_slices import SparseTensor
from ...graph.op_def import OpDef, define_op
from ...graph.scopes import name_scope
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor, overload_operator
from .cast import cast
from .division import true_division_type

Function = Callable[[np.ndarray, np.ndarray], Any]


def sparse_dense_shape(context: ShapeContext) -> TensorShape:
    return TensorShape([context.with_rank(0, 2).as_list()[0]])


def _sparse_dense_op(name: str, function: Function) -> OpDef:
    op_def = define_op(
        name,
        inputs=["sp_indices: int64", "sp_values: T", "sp_shape: int64", "dense: T"],
        outputs=["output: T"],
        attrs=["T: numbertype"],
        shape=sparse_dense_shape,
    )

    @op_def.define
    def reference(
        node: Any, indices: np.ndarray, values: np.ndarray, shape: np.ndarray, dense: np.ndarray
    ) -> Any:
        return function(values, _entries(dense, indices, tuple(shape)))

    return op_def


def _entries(dense: np.ndarray, indices: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The entries of `dense`, broadcast to `shape`, at `indices`."""
    try:
        broadcast = np.broadcast_to(dense, shape)
    except ValueError:
        raise InvalidArgumentError(
            None,
            None,
            "SparseDenseBinaryOpShared broadcasts dense to sparse only; got incompatible shapes: "
            f"[{','.join(map(str, shape))}] vs. [{','.join(map(str, dense.shape))}]",
        ) from None
    if (indices < 0).any() or (indices >= shape).any():
        message = "Provided indices are out-of-bounds w.r.t. dense side with broadcasted shape"
        raise InvalidArgumentError(None, None, message)
    return np.asarray(broadcast[tuple(indices.T)])


sparse_dense_cwise_mul_op = _sparse_dense_op("SparseDenseCwiseMul", np.multiply)
sparse_dense_cwise_div_op = _sparse_dense_op("SparseDenseCwiseDiv", np.true_divide)
sparse_dense_cwise_add_op = _sparse_dense_op("SparseDenseCwiseAdd", np.add)
sparse_dense_cwise_add_op.no_grad()


@sparse_dense_cwise_mul_op.grad
def sparse_dense_cwise_mul_grad(op: Any, dy: Any) -> list[Any]:
    values, indices, entries = _gather_dense(op)
    return [None, dy * entries, None, _scatter_dense(op, indices, dy * values)]


@sparse_dense_cwise_div_op.grad
def sparse_dense_cwise_div_grad(op: Any, dy: Any) -> list[Any]:
    values, indices, entries = _gather_dense(op)
    to_dense = dy * (-values / (entries * entries))
    return [None, dy / entries, None, _scatter_dense(op, indices, to_dense)]


def _gather_dense(op: Any) -> tuple[Tensor, Tensor, Tensor]:
    """The sparse values, their positions in `dense`, and what `dense` has there."""
    indices, values, shape, dense = op.inputs
    # A dimension of size 1 is read at 0 wherever the sparse side is.
    indices = indices // (shape // _padded_shape(op))
    padded = ops.array.reshape(dense, _padded_shape(op))
    return values, indices, ops.array.gather_nd(padded, indices)


def _padded_shape(op: Any) -> Tensor:
    """The shape of `dense`, with 1s in front up to the rank of the sparse side."""
    shape = ops.array.shape(op.inputs[3], out_type=dtypes.int64)
    missing = ops.array.shape(op.inputs[2])[0] - ops.array.shape(shape)[0]
    ones = ops.array.ones(ops.array.expand_dims(missing, 0), dtype=dtypes.int64)
    padded: Tensor = ops.array.concat([ones, shape], 0)
    return padded


def _scatter_dense(op: Any, indices: Tensor, updates: Tensor) -> Any:
    padded = ops.array.scatter_nd(indices, updates, _padded_shape(op))
    return ops.array.reshape(padded, ops.array.shape(op.inputs[3]))


# --- operators ------------------------------------------------------------------------------------


def _multiply(sparse: SparseTensor, y: Any) -> SparseTensor:
    return _apply(sparse_dense_cwise_mul_op, "mul", sparse, y)


def _divide(sparse: SparseTensor, y: Any) -> SparseTensor:
    return _apply(sparse_dense_cwise_div_op, "div", sparse, y)


def _true_divide(sparse: SparseTensor, y: Any) -> SparseTensor:
    return _apply(sparse_dense_cwise_div_op, "truediv", sparse, y)


def _apply(op_def: OpDef, name: str, sparse: SparseTensor, y: Any) -> SparseTensor:
    with name_scope(None, name, [sparse.values, y]) as scope:
        values = sparse.values
        dense = convert_to_tensor(y, dtype=values.dtype.base_dtype, name="y")
        if name == "truediv" and values.dtype.is_integer:
            target = true_division_type(values.dtype)
            values, dense = cast(values, target), cast(dense, target)
        values = op_def(sparse.indices, values, sparse.dense_shape, dense, name=scope)
    return SparseTensor(sparse.indices, values, sparse.dense_shape)


def multiply_by_sparse(dense: Tensor, sparse: SparseTensor, name: str) -> SparseTensor:
    """`dense * sparse`, for Tensor's operator."""
    values = sparse_dense_cwise_mul_op(
        sparse.indices, sparse.values, sparse.dense_shape, dense, name=name
    )
    return SparseTensor(sparse.indices, values, sparse.dense_shape)


overload_operator("__mul__", _multiply, SparseTensor)
overload_operator("__div__", _divide, SparseTensor)
overload_operator("__truediv__", _true_divide, SparseTensor)
