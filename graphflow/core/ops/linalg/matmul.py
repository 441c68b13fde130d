"""Products of matrices: MatMul, BatchMatMulV2 and its kin, SparseMatMul."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes, errors
from ...base.tensor_shape import TensorShape
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import OpDef, define_op
from ...graph.scopes import name_scope
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from ..shape_rules import broadcast_shapes


def multiply(a: np.ndarray, b: np.ndarray) -> Any:
    """`a @ b`; transposed views go to BLAS as they are.

    16-bit floats are added up in float32: NumPy has no fast product for them, and a less exact one.
    """
    if dtypes.as_dtype(a.dtype) in (dtypes.float16, dtypes.bfloat16):
        return np.matmul(a.astype(np.float32), b.astype(np.float32)).astype(a.dtype)
    return np.matmul(a, b)


# --- matrices -------------------------------------------------------------------------------------


def matmul_shape(context: ShapeContext) -> TensorShape:
    a, b = context.with_rank(0, 2), context.with_rank(1, 2)
    rows, inner = a.as_list()[::-1] if context.attrs["transpose_a"] else a.as_list()
    other, columns = b.as_list()[::-1] if context.attrs["transpose_b"] else b.as_list()
    _check_inner(inner, other)
    return TensorShape([rows, columns])


def _check_inner(a: int | None, b: int | None) -> None:
    if a is not None and b is not None and a != b:
        raise ValueError(f"Dimensions must be equal, but are {a} and {b}")


_TRANSPOSES = ["transpose_a: bool = false", "transpose_b: bool = false"]

matmul_op = define_op(
    "MatMul",
    ["a: T", "b: T"],
    ["product: T"],
    [
        *_TRANSPOSES,
        "T: {bfloat16, half, float, double, int32, int64, uint8, uint16, uint32, uint64, "
        "complex64, complex128}",
        "grad_a: bool = false",
        "grad_b: bool = false",
    ],
    matmul_shape,
)


def _oriented(node: Any, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if a.ndim != 2 or b.ndim != 2:
        which, got = ("0", a) if a.ndim != 2 else ("1", b)
        raise errors.InvalidArgumentError(
            None, None, f"In[{which}] is not a matrix. Instead it has shape {list(got.shape)}"
        )
    left = a.T if node.attrs["transpose_a"] else a
    right = b.T if node.attrs["transpose_b"] else b
    if left.shape[1] != right.shape[0]:
        sizes = [f"[{','.join(map(str, x.shape))}]" for x in (a, b)]
        raise errors.InvalidArgumentError(
            None, None, f"Matrix size-incompatible: In[0]: {sizes[0]}, In[1]: {sizes[1]}"
        )
    return left, right


@matmul_op.define
def matmul_reference(node: Any, a: np.ndarray, b: np.ndarray) -> Any:
    return multiply(*_oriented(node, a, b))


@matmul_op.grad
def matmul_grad(op: Any, dy: Any) -> list[Any]:
    """Transposes move between the factors; none is ever computed."""
    ta, tb = op.node_attrs["transpose_a"], op.node_attrs["transpose_b"]
    a, b = (ops.elementwise.conj(x) for x in op.inputs)
    if ta:
        da = matmul_op(b, dy, transpose_a=tb, transpose_b=True)
    else:
        da = matmul_op(dy, b, transpose_b=not tb)
    if tb:
        db = matmul_op(dy, a, transpose_a=True, transpose_b=ta)
    else:
        db = matmul_op(a, dy, transpose_a=not ta)
    return [da, db]


# --- batches of matrices --------------------------------------------------------------------------


def batch_matmul_shape(context: ShapeContext) -> TensorShape:
    x, y = context.shape(0).with_rank_at_least(2), context.shape(1).with_rank_at_least(2)
    if x.ndims is None or y.ndims is None:
        return TensorShape(None)
    rows, inner = x.as_list()[-2:][:: -1 if context.attrs["adj_x"] else 1]
    other, columns = y.as_list()[-2:][:: -1 if context.attrs["adj_y"] else 1]
    _check_inner(inner, other)
    if context.op_type == "BatchMatMul":
        batch = x[:-2].merge_with(y[:-2])
    else:
        batch = broadcast_shapes(x[:-2], y[:-2])
    return batch.concatenate([rows, columns])


_BATCH_ATTRS = [
    "adj_x: bool = false",
    "adj_y: bool = false",
    "grad_x: bool = false",
    "grad_y: bool = false",
]


def _batch_op(name: str, types: str) -> OpDef:
    return define_op(
        name,
        ["x: T", "y: T"],
        ["output: T"],
        [f"T: {types}", *_BATCH_ATTRS],
        batch_matmul_shape,
    )


batch_matmul_op = _batch_op(
    "BatchMatMul", "{bfloat16, half, float, double, int32, int64, complex64, complex128}"
)
batch_matmul_v2_op = _batch_op(
    "BatchMatMulV2",
    "{bfloat16, half, float, double, int16, int32, int64, uint8, uint16, uint32, uint64, "
    "complex64, complex128}",
)


def adjoint(x: np.ndarray) -> np.ndarray:
    """The conjugate transpose of each matrix: a view, unless the numbers are complex."""
    transposed = np.swapaxes(x, -1, -2)
    return np.conjugate(transposed) if x.dtype.kind == "c" else transposed


@batch_matmul_op.define
@batch_matmul_v2_op.define
def batch_matmul_reference(node: Any, x: np.ndarray, y: np.ndarray) -> Any:
    if x.ndim < 2 or y.ndim < 2:
        which, got = ("0", x) if x.ndim < 2 else ("1", y)
        raise errors.InvalidArgumentError(None, None, f"In[{which}] ndims must be >= 2: {got.ndim}")
    left = adjoint(x) if node.attrs["adj_x"] else x
    right = adjoint(y) if node.attrs["adj_y"] else y
    if left.shape[-1] != right.shape[-2]:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Matrix size-incompatible: In[0]: {_brackets(x)}, In[1]: {_brackets(y)}",
        )
    same_batch = x.shape[:-2] == y.shape[:-2]
    if not same_batch and (node.op.name == "BatchMatMul" or not _broadcastable(x, y)):
        raise errors.InvalidArgumentError(
            None,
            None,
            "In[0] and In[1] must have compatible batch dimensions: "
            f"{_brackets(x)} vs. {_brackets(y)}",
        )
    return multiply(left, right)


def _brackets(x: np.ndarray) -> str:
    return f"[{','.join(map(str, x.shape))}]"


def _broadcastable(x: np.ndarray, y: np.ndarray) -> bool:
    pairs = zip(x.shape[-3::-1], y.shape[-3::-1], strict=False)
    return all(m == n or 1 in (m, n) for m, n in pairs)


@batch_matmul_op.grad
def batch_matmul_grad(op: Any, dy: Any) -> list[Any]:
    adj_x, adj_y = op.node_attrs["adj_x"], op.node_attrs["adj_y"]
    x, y = op.inputs
    if adj_x:
        dx = matmul(y, dy, adjoint_a=adj_y, adjoint_b=True)
    else:
        dx = matmul(dy, y, adjoint_b=not adj_y)
    if adj_y:
        dy_ = matmul(dy, x, adjoint_a=True, adjoint_b=adj_x)
    else:
        dy_ = matmul(x, dy, adjoint_a=not adj_x)
    return [dx, dy_]


@batch_matmul_v2_op.grad
def batch_matmul_v2_grad(op: Any, dy: Any) -> list[Tensor]:
    """As without broadcasting, then summed over the batch dimensions that were broadcast."""
    gradients: list[Tensor] = batch_matmul_grad(op, dy)
    x, y = op.inputs
    if x.shape.ndims is not None and y.shape.ndims is not None:
        known = x.shape[:-2].is_fully_defined() and y.shape[:-2].is_fully_defined()
        if known and x.shape[:-2].as_list() == y.shape[:-2].as_list():
            return gradients
    shapes = ops.array.shape(x), ops.array.shape(y)
    axes = ops.array.broadcast_gradient_args_op(shapes[0][:-2], shapes[1][:-2])
    return [
        ops.array.reshape(ops.reduction.reduce_sum(gradient, axis), shape)
        for gradient, axis, shape in zip(gradients, axes, shapes, strict=True)
    ]


# --- products of matrices with many zeros ---------------------------------------------------------

sparse_matmul_op = define_op(
    "SparseMatMul",
    ["a: Ta", "b: Tb"],
    ["product: float"],
    [
        *_TRANSPOSES,
        "a_is_sparse: bool = false",
        "b_is_sparse: bool = false",
        "Ta: {float, bfloat16} = DT_FLOAT",
        "Tb: {float, bfloat16} = DT_FLOAT",
    ],
    matmul_shape,
)


@sparse_matmul_op.define
def sparse_matmul_reference(node: Any, a: np.ndarray, b: np.ndarray) -> Any:
    left, right = _oriented(node, a, b)
    return np.matmul(left.astype(np.float32, copy=False), right.astype(np.float32, copy=False))


@sparse_matmul_op.grad
def sparse_matmul_grad(op: Any, dy: Any) -> list[Any]:
    ta, tb = op.node_attrs["transpose_a"], op.node_attrs["transpose_b"]
    a, b = op.inputs
    a_sparse, b_sparse = op.node_attrs["a_is_sparse"], op.node_attrs["b_is_sparse"]
    if ta:
        da = sparse_matmul_op(b, dy, transpose_a=tb, transpose_b=True, a_is_sparse=b_sparse)
    else:
        da = sparse_matmul_op(dy, b, transpose_b=not tb, b_is_sparse=b_sparse)
    if tb:
        db = sparse_matmul_op(dy, a, transpose_a=True, transpose_b=ta, b_is_sparse=a_sparse)
    else:
        db = sparse_matmul_op(a, dy, transpose_a=not ta, a_is_sparse=a_sparse)
    cast = ops.elementwise.cast
    return [cast(da, a.dtype.base_dtype), cast(db, b.dtype.base_dtype)]


# --- the public functions -------------------------------------------------------------------------


def matmul(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    name: str | None = None,
) -> Tensor:
    """The product of two matrices, or of two batches of them.

    Args:
      a: numbers, of shape [..., m, k]; leading axes are broadcast.
      b: the same type, [..., k, n].
      transpose_a: whether the last two axes of `a` are exchanged first.
      transpose_b: the same for `b`.
      adjoint_a: whether `a` is transposed and conjugated first.
      adjoint_b: the same for `b`.
      a_is_sparse: a hint that `a` has many zeros (float32 and bfloat16 matrices); it decides the
        op, SparseMatMul, as in TF, and here nothing more.
      b_is_sparse: the same for `b`.
      name: the node's name.

    Returns:
      A tensor of shape [..., m, n].

    Raises:
      ValueError: an argument is to be both transposed and adjoint, or sizes do not fit.
    """
    with name_scope(name, "MatMul", [a, b]) as scope:
        if transpose_a and adjoint_a:
            raise ValueError("Only one of transpose_a and adjoint_a can be True.")
        if transpose_b and adjoint_b:
            raise ValueError("Only one of transpose_b and adjoint_b can be True.")
        a = convert_to_tensor(a, name="a")
        b = convert_to_tensor(b, name="b", dtype_hint=a.dtype.base_dtype)
        sparse = a_is_sparse or b_is_sparse
        if not sparse and (_may_have_batch(a) or _may_have_batch(b)):
            x = ops.elementwise.conj(a) if transpose_a else a
            y = ops.elementwise.conj(b) if transpose_b else b
            adj_x, adj_y = transpose_a or adjoint_a, transpose_b or adjoint_b
            return _result(batch_matmul_v2_op(x, y, adj_x=adj_x, adj_y=adj_y, name=scope))
        a = ops.elementwise.conj(a) if adjoint_a else a
        b = ops.elementwise.conj(b) if adjoint_b else b
        transposes = {
            "transpose_a": transpose_a or adjoint_a,
            "transpose_b": transpose_b or adjoint_b,
        }
        if _takes_sparse_op(a, b, sparse):
            hints = {"a_is_sparse": a_is_sparse, "b_is_sparse": b_is_sparse}
            product = _result(sparse_matmul_op(a, b, **transposes, **hints, name=scope))
            if a.dtype.base_dtype == b.dtype.base_dtype == dtypes.bfloat16:
                product = ops.elementwise.cast(product, dtypes.bfloat16)
            return product
        return _result(matmul_op(a, b, **transposes, name=scope))


def _result(tensor: Tensor) -> Tensor:
    return tensor


def _may_have_batch(x: Tensor) -> bool:
    return x.shape.ndims is None or x.shape.ndims > 2


def _takes_sparse_op(a: Tensor, b: Tensor, sparse: bool) -> bool:
    types = {a.dtype.base_dtype, b.dtype.base_dtype}
    if sparse and types <= {dtypes.float32, dtypes.bfloat16}:
        return True
    return dtypes.bfloat16 in types and len(types) > 1


def sparse_matmul(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    name: str | None = None,
) -> Tensor:
    """The product of two matrices that may have many zeros; see `matmul`.

    Args:
      a: float32 or bfloat16 matrix.
      b: float32 or bfloat16 matrix.
      transpose_a: whether `a` is transposed first.
      transpose_b: whether `b` is transposed first.
      a_is_sparse: a hint, without effect here.
      b_is_sparse: a hint, without effect here.
      name: the node's name.

    Returns:
      A float32 matrix.
    """
    tensor: Tensor = sparse_matmul_op(
        a,
        b,
        transpose_a=transpose_a,
        transpose_b=transpose_b,
        a_is_sparse=a_is_sparse,
        b_is_sparse=b_is_sparse,
        name=name,
    )
    return tensor


def matvec(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    adjoint_a: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    name: str | None = None,
) -> Tensor:
    """The product of a matrix and a vector, or of batches of them.

    Args:
      a: numbers, of shape [..., m, n].
      b: the same type, [..., n].
      transpose_a: whether the last two axes of `a` are exchanged first.
      adjoint_a: whether `a` is transposed and conjugated first.
      a_is_sparse: a hint; see `matmul`.
      b_is_sparse: a hint; see `matmul`.
      name: the name of the scope.

    Returns:
      A tensor of shape [..., m].
    """
    with name_scope(name, "MatVec", [a, b]):
        column = ops.array.expand_dims(b, axis=-1)
        product = matmul(
            a,
            column,
            transpose_a=transpose_a,
            adjoint_a=adjoint_a,
            a_is_sparse=a_is_sparse,
            b_is_sparse=b_is_sparse,
        )
        return ops.array.squeeze(product, axis=-1)
