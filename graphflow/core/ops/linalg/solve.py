"""Inverses and systems of linear equations."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes, errors
from ...base.tensor_shape import TensorShape
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import define_op
from ...graph.scopes import name_scope
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from ..shape_rules import broadcast_shapes
from .matmul import adjoint, matmul
from .matrices import LAPACK_TYPES, check_square, lapack, matrices, square_matrices, wide

_T = f"T: {LAPACK_TYPES}"
_NOT_INVERTIBLE = "Input is not invertible."

matrix_inverse_op = define_op(
    "MatrixInverse",
    ["input: T"],
    ["output: T"],
    ["adjoint: bool = false", _T],
    square_matrices,
)


@matrix_inverse_op.define
def matrix_inverse_reference(node: Any, x: np.ndarray) -> Any:
    check_square(x)
    return lapack(_NOT_INVERTIBLE, np.linalg.inv, adjoint(x) if node.attrs["adjoint"] else x)


@matrix_inverse_op.grad
def matrix_inverse_grad(op: Any, dy: Any) -> Any:
    y, adj = op.outputs[0], op.node_attrs["adjoint"]
    inner = matmul(dy, y, adjoint_a=adj, adjoint_b=not adj)
    return -matmul(y, inner, adjoint_a=not adj)


def matrix_inverse(input: Any, adjoint: bool = False, name: str | None = None) -> Tensor:
    """The inverse of each matrix.

    Args:
      input: floats or complex numbers, of shape [..., n, n].
      adjoint: whether the matrices are transposed and conjugated first.
      name: the node's name.

    Returns:
      A tensor of the input's shape; a run fails with InvalidArgumentError on a singular matrix.
    """
    tensor: Tensor = matrix_inverse_op(input, adjoint=adjoint, name=name)
    return tensor


# --- square systems -------------------------------------------------------------------------------


def _solution_shape(context: ShapeContext, broadcasts: bool) -> TensorShape:
    a, b = square_matrices(context, 0), matrices(context, 1)
    if a.ndims is None or b.ndims is None:
        return TensorShape(None)
    inner = a.as_list()[-1], b.as_list()[-2]
    if None not in inner and inner[0] != inner[1]:
        raise ValueError(f"Dimensions must be equal, but are {inner[0]} and {inner[1]}")
    rows = inner[1] if inner[0] is None else inner[0]
    batches = a[:-2], b[:-2]
    batch = broadcast_shapes(*batches) if broadcasts else batches[0].merge_with(batches[1])
    return batch.concatenate([rows, b.as_list()[-1]])


def matrix_solve_shape(context: ShapeContext) -> TensorShape:
    return _solution_shape(context, broadcasts=False)


matrix_solve_op = define_op(
    "MatrixSolve",
    ["matrix: T", "rhs: T"],
    ["output: T"],
    ["adjoint: bool = false", _T],
    matrix_solve_shape,
)


def _check_rows(a: np.ndarray, b: np.ndarray) -> None:
    if b.ndim < 2 or a.shape[-1] != b.shape[-2]:
        raise errors.InvalidArgumentError(
            None,
            None,
            "Input matrix and rhs must have the same number of rows, got "
            f"{list(a.shape)} and {list(b.shape)}",
        )


@matrix_solve_op.define
def matrix_solve_reference(node: Any, a: np.ndarray, b: np.ndarray) -> Any:
    check_square(a)
    _check_rows(a, b)
    matrix = adjoint(a) if node.attrs["adjoint"] else a
    return lapack("Input matrix is not invertible.", np.linalg.solve, matrix, b)


@matrix_solve_op.grad
def matrix_solve_grad(op: Any, dy: Any) -> list[Any]:
    a, x, adj = op.inputs[0], op.outputs[0], op.node_attrs["adjoint"]
    db = matrix_solve(a, dy, adjoint=not adj)
    da = matmul(x, db, adjoint_b=True) if adj else matmul(db, x, adjoint_b=True)
    return [-da, db]


def matrix_solve(matrix: Any, rhs: Any, adjoint: bool = False, name: str | None = None) -> Tensor:
    """The solution x of `matrix @ x = rhs`.

    Args:
      matrix: floats or complex numbers, of shape [..., n, n].
      rhs: the same type, [..., n, k].
      adjoint: whether the matrices are transposed and conjugated first.
      name: the node's name.

    Returns:
      A tensor of the shape of `rhs`; a run fails with InvalidArgumentError on a singular matrix.
    """
    tensor: Tensor = matrix_solve_op(matrix, rhs, adjoint=adjoint, name=name)
    return tensor


def matrix_triangular_solve_shape(context: ShapeContext) -> TensorShape:
    return _solution_shape(context, broadcasts=True)


matrix_triangular_solve_op = define_op(
    "MatrixTriangularSolve",
    ["matrix: T", "rhs: T"],
    ["output: T"],
    [
        "lower: bool = true",
        "adjoint: bool = false",
        "T: {bfloat16, double, float, half, complex64, complex128}",
    ],
    matrix_triangular_solve_shape,
)


@matrix_triangular_solve_op.define
def matrix_triangular_solve_reference(node: Any, a: np.ndarray, b: np.ndarray) -> Any:
    """By LAPACK's general solver, which finds nothing to eliminate in an upper triangle; a lower
    one becomes upper when both orders are reversed."""
    check_square(a)
    _check_rows(a, b)
    if dtypes.as_dtype(a.dtype) == dtypes.bfloat16:
        a, b = a.astype(np.float32), b.astype(np.float32)
    lower = node.attrs["lower"] != node.attrs["adjoint"]
    matrix = adjoint(a) if node.attrs["adjoint"] else a
    matrix = wide(matrix[..., ::-1, ::-1] if lower else matrix)
    rhs = b[..., ::-1, :] if lower else b
    x = lapack("Input matrix is not invertible.", np.linalg.solve, np.triu(matrix), rhs)
    return x[..., ::-1, :] if lower else x


@matrix_triangular_solve_op.grad
def matrix_triangular_solve_grad(op: Any, dy: Any) -> list[Any]:
    a, b = op.inputs
    adj, lower, x = op.node_attrs["adjoint"], op.node_attrs["lower"], op.outputs[0]
    db = matrix_triangular_solve(a, dy, lower=lower, adjoint=not adj)
    da = -(matmul(x, db, adjoint_b=True) if adj else matmul(db, x, adjoint_b=True))
    da = ops.array.matrix_band_part(da, *((-1, 0) if lower else (0, -1)))
    if a.shape.is_fully_defined() and b.shape.is_fully_defined():
        if a.shape[:-2].as_list() == b.shape[:-2].as_list():
            return [da, db]
    shapes = ops.array.shape(a), ops.array.shape(b)
    axes = ops.array.broadcast_gradient_args_op(shapes[0][:-2], shapes[1][:-2])
    return [
        ops.array.reshape(ops.reduction.reduce_sum(gradient, axis), shape)
        for gradient, axis, shape in zip((da, db), axes, shapes, strict=True)
    ]


def matrix_triangular_solve(
    matrix: Any, rhs: Any, lower: bool = True, adjoint: bool = False, name: str | None = None
) -> Tensor:
    """The solution x of `matrix @ x = rhs` for triangular matrices.

    Args:
      matrix: floats or complex numbers, of shape [..., n, n]; the other triangle is not read.
      rhs: the same type, [..., n, k]; leading axes are broadcast.
      lower: whether the lower triangle counts, else the upper one.
      adjoint: whether the matrices are transposed and conjugated first.
      name: the name of the scope.

    Returns:
      A tensor of the shape of `rhs`; a run fails with InvalidArgumentError on a singular matrix.
    """
    with name_scope(name, "triangular_solve", [matrix, rhs]):
        tensor: Tensor = matrix_triangular_solve_op(matrix, rhs, lower=lower, adjoint=adjoint)
        return tensor


def cholesky_solve(chol: Any, rhs: Any, name: str | None = None) -> Tensor:
    """The solution x of `A @ x = rhs`, given the Cholesky factor of A.

    Args:
      chol: lower triangles, of shape [..., n, n]: what `tf.cholesky` returned.
      rhs: the same type, [..., n, k].
      name: the name of the scope.

    Returns:
      A tensor of the shape of `rhs`.
    """
    with name_scope(name, "cholesky_solve", [chol, rhs]):
        y = matrix_triangular_solve_op(chol, rhs, adjoint=False, lower=True)
        tensor: Tensor = matrix_triangular_solve_op(chol, y, adjoint=True, lower=True)
        return tensor


# --- least squares --------------------------------------------------------------------------------


def matrix_solve_ls_shape(context: ShapeContext) -> TensorShape:
    a, b = matrices(context, 0), matrices(context, 1)
    context.with_rank(2, 0)
    if a.ndims is None or b.ndims is None:
        return TensorShape(None)
    rows = a.as_list()[-2], b.as_list()[-2]
    if None not in rows and rows[0] != rows[1]:
        raise ValueError(f"Dimensions must be equal, but are {rows[0]} and {rows[1]}")
    return a[:-2].merge_with(b[:-2]).concatenate([a.as_list()[-1], b.as_list()[-1]])


matrix_solve_ls_op = define_op(
    "MatrixSolveLs",
    ["matrix: T", "rhs: T", "l2_regularizer: double"],
    ["output: T"],
    [_T, "fast: bool = true"],
    matrix_solve_ls_shape,
)


@matrix_solve_ls_op.define
def matrix_solve_ls_reference(
    node: Any, a: np.ndarray, b: np.ndarray, regularizer: np.ndarray
) -> Any:
    """By the pseudoinverse, or, if `fast`, by the normal equations of the smaller side."""
    if float(regularizer) < 0:
        raise errors.InvalidArgumentError(None, None, "l2_regularizer must be >= 0.")
    _check_ls_rows(a, b)
    a, b = wide(a), wide(b)
    if not node.attrs["fast"]:
        return np.linalg.pinv(a, rcond=np.finfo(a.dtype).eps * max(a.shape[-2:])) @ b
    ah, tall = adjoint(a), a.shape[-2] >= a.shape[-1]
    gramian = ah @ a if tall else a @ ah
    gramian = gramian + np.eye(gramian.shape[-1], dtype=a.dtype) * a.dtype.type(regularizer)
    message = "Input matrix was rank deficient or ill-conditioned. Try setting fast=False"
    if tall:
        return lapack(message, np.linalg.solve, gramian, ah @ b)
    return ah @ lapack(message, np.linalg.solve, gramian, b)


def _check_ls_rows(a: np.ndarray, b: np.ndarray) -> None:
    if a.shape[-2] != b.shape[-2]:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Input matrix and rhs must have the same number of rows: {a.shape[-2]} != "
            f"{b.shape[-2]}",
        )


def _gramian_cholesky(matrix: Tensor, l2_regularizer: Any, tall: bool) -> Any:
    """The Cholesky factor of A^H A (or A A^H) plus the regularizer on its diagonal."""
    gramian = matmul(matrix, matrix, adjoint_a=tall, adjoint_b=not tall)
    if isinstance(l2_regularizer, Tensor) or l2_regularizer != 0:
        shape = ops.array.shape(matrix)
        size = shape[-1] if tall else shape[-2]
        identity = ops.array.eye(size, batch_shape=shape[:-2], dtype=matrix.dtype.base_dtype)
        static = matrix.shape[-1 if tall else -2]
        identity.set_shape(matrix.shape[:-2].concatenate([static, static]))
        gramian = gramian + l2_regularizer * identity
    return ops.linalg.cholesky_op(gramian)


def _solve_tall(matrix: Tensor, rhs: Any, l2_regularizer: Any) -> Tensor:
    chol = _gramian_cholesky(matrix, l2_regularizer, tall=True)
    return cholesky_solve(chol, matmul(matrix, rhs, adjoint_a=True))


def _solve_wide(matrix: Tensor, rhs: Any, l2_regularizer: Any) -> Tensor:
    chol = _gramian_cholesky(matrix, l2_regularizer, tall=False)
    return matmul(matrix, cholesky_solve(chol, rhs), adjoint_a=True)


def _by_form(matrix: Tensor, tall: Any, wide: Any) -> Any:
    """What `tall()` or `wide()` gives, by the matrix's shape, in the graph if need be."""
    rows, columns = (None, None) if matrix.shape.ndims is None else matrix.shape.as_list()[-2:]
    if rows is not None and columns is not None:
        return tall() if rows >= columns else wide()
    shape = ops.array.shape(matrix)[-2:]
    return ops.control.cond(shape[-2] >= shape[-1], tall, wide)


@matrix_solve_ls_op.grad
def matrix_solve_ls_grad(op: Any, dy: Any) -> list[Any]:
    """Differentiates the normal equations.

    Raises:
      ValueError: for `fast=False`, as in TF.
    """
    if not op.node_attrs["fast"]:
        raise ValueError("Gradient not defined for fast=False")
    a, b = op.inputs[0], op.inputs[1]
    regularizer = ops.elementwise.cast(op.inputs[2], a.dtype.base_dtype)

    def tall() -> list[Any]:
        chol = _gramian_cholesky(a, regularizer, tall=True)
        z = cholesky_solve(chol, dy)
        xz = matmul(op.outputs[0], z, adjoint_b=True)
        symmetric = xz + ops.array.matrix_transpose(xz, conjugate=True)
        return [matmul(b, z, adjoint_b=True) - matmul(a, symmetric), matmul(a, z)]

    def flat() -> list[Any]:
        chol = _gramian_cholesky(a, regularizer, tall=False)
        db = cholesky_solve(chol, matmul(a, dy))
        y = cholesky_solve(chol, b)
        rest = dy - matmul(a, db, adjoint_a=True)
        da = matmul(y, rest, adjoint_b=True) - matmul(db, matmul(y, a, adjoint_a=True))
        return [da, db]

    return [*_by_form(a, tall, flat), None]


def matrix_solve_ls(
    matrix: Any, rhs: Any, l2_regularizer: Any = 0.0, fast: bool = True, name: str | None = None
) -> Tensor:
    """The x for which `matrix @ x` comes closest to `rhs`; the smallest one if there are many.

    Args:
      matrix: floats or complex numbers, of shape [..., m, n].
      rhs: the same type, [..., m, k].
      l2_regularizer: a number; its product with the sum of x's squares is minimized as well.
      fast: whether by the normal equations, which need a matrix of full rank that is not too
        ill-conditioned; else by a complete decomposition, which ignores `l2_regularizer`.
      name: the name of the scope.

    Returns:
      A tensor of shape [..., n, k].

    Raises:
      NotImplementedError: a regularizer with complex128, as in TF.
    """
    matrix = convert_to_tensor(matrix, name="matrix")
    if not fast:
        tensor: Tensor = matrix_solve_ls_op(matrix, rhs, l2_regularizer, fast=False, name=name)
        return tensor
    if matrix.dtype.base_dtype == dtypes.complex128 and l2_regularizer != 0:
        raise NotImplementedError(
            "matrix_solve_ls is not available for complex128 with l2_regularizer != 0"
        )
    with name_scope(name, "matrix_solve_ls", [matrix, rhs, l2_regularizer]):
        result: Tensor = _by_form(
            matrix,
            lambda: _solve_tall(matrix, rhs, l2_regularizer),
            lambda: _solve_wide(matrix, rhs, l2_regularizer),
        )
        return result
