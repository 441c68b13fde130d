"""Decompositions: Cholesky, Qr, Svd, SelfAdjointEigV2, Lu."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes
from ...base.tensor_shape import TensorShape
from ...graph.op_def import define_op
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from .matmul import adjoint as adjoint_of
from .matmul import matmul
from .matrices import (
    LAPACK_TYPES,
    check_square,
    lapack,
    matrices,
    smaller,
    square_matrices,
    wide,
)
from .solve import matrix_triangular_solve

_T = f"T: {LAPACK_TYPES}"


def _adjoint(x: Any) -> Any:
    return ops.array.matrix_transpose(x, conjugate=True)


def _safe_reciprocal(x: Any) -> Any:
    """1 / x, and 0 at 0: equal eigenvalues have no gradient between them."""
    return x * ops.elementwise.reciprocal(x * x + 1e-20)


# --- Cholesky -------------------------------------------------------------------------------------

cholesky_op = define_op("Cholesky", ["input: T"], ["output: T"], [_T], square_matrices)


@cholesky_op.define
def cholesky_reference(node: Any, x: np.ndarray) -> Any:
    check_square(x)
    message = "Cholesky decomposition was not successful. The input might not be valid."
    return lapack(message, np.linalg.cholesky, x)


@cholesky_op.grad
def cholesky_grad(op: Any, dl: Any) -> Any:
    """L^-H (L^H dL, its lower triangle with half of the diagonal) L^-1, made Hermitian."""
    factor = op.outputs[0]
    inner = matmul(factor, dl, adjoint_a=True)
    halved = ops.array.matrix_set_diag(inner, 0.5 * ops.array.matrix_diag_part(inner))
    inner = ops.array.matrix_band_part(halved, -1, 0)
    shape = ops.array.shape(factor)
    identity = ops.array.eye(shape[-1], batch_shape=shape[:-2], dtype=factor.dtype.base_dtype)
    inverse = matrix_triangular_solve(factor, identity)
    da = matmul(matmul(inverse, inner, adjoint_a=True), inverse)
    return 0.5 * (da + _adjoint(da))


def cholesky(input: Any, name: str | None = None) -> Tensor:
    """The lower triangle L of each matrix A = L L^H.

    Args:
      input: floats or complex numbers, of shape [..., n, n], Hermitian and positive definite; only
        its lower triangle is read.
      name: the node's name.

    Returns:
      A tensor of the input's shape; a run fails with InvalidArgumentError on another matrix.
    """
    tensor: Tensor = cholesky_op(input, name=name)
    return tensor


# --- Q R ------------------------------------------------------------------------------------------


def qr_shape(context: ShapeContext) -> list[TensorShape]:
    shape = matrices(context)
    if shape.ndims is None:
        return [TensorShape(None)] * 2
    rows, columns = shape.as_list()[-2:]
    inner = rows if context.attrs["full_matrices"] else smaller(rows, columns)
    batch = shape[:-2]
    return [batch.concatenate([rows, inner]), batch.concatenate([inner, columns])]


qr_op = define_op(
    "Qr", ["input: T"], ["q: T", "r: T"], ["full_matrices: bool = false", _T], qr_shape
)


@qr_op.define
def qr_reference(node: Any, x: np.ndarray) -> tuple[Any, ...]:
    mode: Any = "complete" if node.attrs["full_matrices"] else "reduced"
    return tuple(np.linalg.qr(wide(x), mode))


@qr_op.grad
def qr_grad(op: Any, dq: Any, dr: Any) -> Any:
    """By arXiv:2009.10071; a wide matrix [X, Y] is that of X, whose R is the left part.

    Raises:
      NotImplementedError: sizes are not known, or a tall matrix was extended, as in TF.
    """
    q, r = op.outputs
    if r.shape.ndims is None or None in r.shape.as_list()[-2:]:
        raise NotImplementedError("QrGrad not implemented with dynamic shapes.")
    rows, columns = q.shape.as_list()[-2], r.shape.as_list()[-1]
    if r.shape.as_list()[-2] > columns:
        raise NotImplementedError(
            "QrGrad not implemented when nrows > ncols and full_matrices is true."
        )
    if rows >= columns:
        return _tall_qr_grad(q, r, dq, dr)
    dr_left, dr_right = dr[..., :, :rows], dr[..., :, rows:]
    dy = matmul(q, dr_right)
    dq = dq + matmul(op.inputs[0][..., :, rows:], dr_right, adjoint_b=True)
    dx = _tall_qr_grad(q, r[..., :, :rows], dq, dr_left)
    return ops.array.concat([dx, dy], axis=-1)


def _tall_qr_grad(q: Any, r: Any, dq: Any, dr: Any) -> Any:
    qdq = matmul(q, dq, adjoint_a=True)
    rdr = matmul(r, dr, adjoint_b=True)
    skew = (qdq - _adjoint(qdq)) + (rdr - _adjoint(rdr))
    lower = ops.array.matrix_band_part(skew, -1, 0)
    da = matmul(q, dr + _times_inverse(lower, r))
    da = da + _times_inverse(dq - matmul(q, qdq), r)
    if q.dtype.is_complex:
        diagonal = ops.array.matrix_diag_part(rdr - _adjoint(qdq))
        real = ops.elementwise.cast(ops.elementwise.real(diagonal), diagonal.dtype)
        correction = ops.array.matrix_diag(ops.elementwise.conj(diagonal - real))
        da = da + _times_inverse(matmul(q, correction), r)
    return da


def _times_inverse(x: Any, r: Any) -> Any:
    """The product x r^-H, for an upper triangle r."""
    return _adjoint(matrix_triangular_solve(r, _adjoint(x), lower=False))


def qr(input: Any, full_matrices: bool = False, name: str | None = None) -> Any:
    """Each matrix as a product of a unitary one and an upper triangle.

    Args:
      input: floats or complex numbers, of shape [..., m, n].
      full_matrices: whether q is [..., m, m], else [..., m, min(m, n)].
      name: the node's name.

    Returns:
      A namedtuple `(q, r)`.
    """
    return qr_op(input, full_matrices=full_matrices, name=name)


# --- singular values ------------------------------------------------------------------------------


def svd_shape(context: ShapeContext) -> list[TensorShape]:
    shape = matrices(context)
    if shape.ndims is None:
        return [TensorShape(None)] * 3
    rows, columns = shape.as_list()[-2:]
    batch, inner = shape[:-2], smaller(rows, columns)
    values = batch.concatenate([inner])
    if not context.attrs["compute_uv"]:
        return [values, TensorShape([0]), TensorShape([0])]
    full = context.attrs["full_matrices"]
    u = batch.concatenate([rows, rows if full else inner])
    v = batch.concatenate([columns, columns if full else inner])
    return [values, u, v]


svd_op = define_op(
    "Svd",
    ["input: T"],
    ["s: T", "u: T", "v: T"],
    ["compute_uv: bool = true", "full_matrices: bool = false", _T],
    svd_shape,
)


@svd_op.define
def svd_reference(node: Any, x: np.ndarray) -> tuple[Any, ...]:
    message = "Singular value decomposition did not converge."
    if not node.attrs["compute_uv"]:
        values = lapack(message, np.linalg.svd, x, compute_uv=False)
        return values, np.empty(0, x.dtype), np.empty(0, x.dtype)
    full = node.attrs["full_matrices"]
    u, s, vh = lapack(message, np.linalg.svd, x, full_matrices=full)
    return s, u, adjoint_of(vh)


@svd_op.grad
def svd_grad(op: Any, ds: Any, du: Any, dv: Any) -> Any:
    """By arXiv:1909.02659 for thin decompositions, the phase of complex vectors left aside."""
    a = op.inputs[0]
    if not op.node_attrs["compute_uv"]:
        s, u, v = svd_op(a, compute_uv=True)
        return matmul(matmul(u, ops.array.matrix_diag(_like(ds, u))), v, adjoint_b=True)
    s, u, v = op.outputs
    sizes: list[Any] = [None, None] if a.shape.ndims is None else a.shape.as_list()[-2:]
    rows, columns = sizes
    known = rows is not None and columns is not None
    u_rest = v_rest = None  # the gradients of vectors beyond the singular values
    if op.node_attrs["full_matrices"]:
        if not known or abs(rows - columns) > 1:
            raise NotImplementedError(
                "svd gradient is not implemented for abs(m - n) > 1 when full_matrices is True"
            )
        inner = min(rows, columns)
        u_rest = matmul(u[..., inner:], du[..., inner:], adjoint_b=True)
        v_rest = matmul(v[..., inner:], dv[..., inner:], adjoint_b=True)
        u, v, du, dv = (x[..., :inner] for x in (u, v, du, dv))
    values = ops.elementwise.real(s)
    squares = ops.elementwise.square(values)
    gaps = ops.array.expand_dims(squares, -2) - ops.array.expand_dims(squares, -1)
    f = ops.array.matrix_set_diag(_safe_reciprocal(gaps), ops.array.zeros_like(values))
    f = _like(f, u)
    s_matrix = ops.array.matrix_diag(_like(values, u))
    s_inverse = ops.array.matrix_diag(_like(_safe_reciprocal(values), u))
    udu, vdv = matmul(u, du, adjoint_a=True), matmul(v, dv, adjoint_a=True)
    fu, fv = f * udu, f * vdv
    core = ops.array.matrix_diag(_like(ds, u))
    core = core + matmul(fu + _adjoint(fu), s_matrix) + matmul(s_matrix, fv + _adjoint(fv))
    if u.dtype.is_complex:
        phase = ops.array.matrix_diag(ops.array.matrix_diag_part(vdv))
        core = core + 0.5 * matmul(s_inverse, _adjoint(phase) - phase)
    da = matmul(matmul(u, core), v, adjoint_b=True)
    if not known or rows > columns:
        outside = _outside(u, du, udu, u_rest)
        da = da + matmul(matmul(outside, s_inverse), v, adjoint_b=True)
    if not known or rows < columns:
        outside = _outside(v, dv, vdv, v_rest)
        da = da + matmul(matmul(u, s_inverse), outside, adjoint_b=True)
    return da


def _outside(vectors: Any, gradients: Any, inside: Any, rest: Any) -> Any:
    """The part of the gradients that turns the vectors out of the space they span."""
    outside = gradients - matmul(vectors, inside)
    return outside if rest is None else outside - matmul(rest, vectors)


def _like(x: Any, other: Any) -> Any:
    return ops.elementwise.cast(x, other.dtype.base_dtype)


def svd(
    tensor: Any, full_matrices: bool = False, compute_uv: bool = True, name: str | None = None
) -> Any:
    """The singular values of each matrix A = u diag(s) v^H, and its singular vectors.

    Args:
      tensor: floats or complex numbers, of shape [..., m, n].
      full_matrices: whether u and v are square, else they have min(m, n) columns.
      compute_uv: whether the vectors are wanted.
      name: the node's name.

    Returns:
      `(s, u, v)`, or s alone; s in descending order, of a real type.
    """
    s, u, v = svd_op(tensor, compute_uv=compute_uv, full_matrices=full_matrices, name=name)
    if compute_uv:
        return ops.elementwise.real(s), u, v
    return ops.elementwise.real(s)


# --- eigenvalues of Hermitian matrices ------------------------------------------------------------


def self_adjoint_eig_shape(context: ShapeContext) -> list[TensorShape]:
    shape = square_matrices(context)
    vectors = shape if context.attrs["compute_v"] else TensorShape([0])
    if shape.ndims is None:
        return [shape, vectors]
    return [shape[:-1], vectors]


self_adjoint_eig_v2_op = define_op(
    "SelfAdjointEigV2",
    ["input: T"],
    ["e: T", "v: T"],
    ["compute_v: bool = true", _T],
    self_adjoint_eig_shape,
)


@self_adjoint_eig_v2_op.define
def self_adjoint_eig_reference(node: Any, x: np.ndarray) -> tuple[Any, ...]:
    check_square(x)
    message = "Self-adjoint eigen decomposition was not successful. The input might not be valid."
    if not node.attrs["compute_v"]:
        return lapack(message, np.linalg.eigvalsh, x), np.empty(0, x.dtype)
    return tuple(lapack(message, np.linalg.eigh, x))


@self_adjoint_eig_v2_op.grad
def self_adjoint_eig_grad(op: Any, de: Any, dv: Any) -> Any:
    """V (diag(de) + V^H dV / (e_j - e_i)) V^H, put into the lower triangle, which alone is read."""
    if op.node_attrs["compute_v"]:
        e, v = op.outputs
        e_real = ops.elementwise.real(e)
        gaps = ops.array.expand_dims(e_real, -2) - ops.array.expand_dims(e_real, -1)
        f = ops.array.matrix_set_diag(_safe_reciprocal(gaps), ops.array.zeros_like(e_real))
        core = ops.array.matrix_diag(de) + _like(f, v) * matmul(v, dv, adjoint_a=True)
    else:
        _, v = self_adjoint_eig_v2_op(op.inputs[0])
        core = ops.array.matrix_diag(de)
    da = matmul(v, matmul(core, v, adjoint_b=True))
    lower = ops.array.matrix_band_part(da + _adjoint(da), -1, 0)
    return ops.array.matrix_set_diag(lower, 0.5 * ops.array.matrix_diag_part(lower))


def self_adjoint_eig(tensor: Any, name: str | None = None) -> tuple[Tensor, Tensor]:
    """The eigenvalues and eigenvectors of each Hermitian matrix.

    Args:
      tensor: floats or complex numbers, of shape [..., n, n]; only the lower triangle is read.
      name: the node's name.

    Returns:
      `(e, v)`: eigenvalues in ascending order, [..., n], and as columns their vectors, [..., n, n].
    """
    e, v = self_adjoint_eig_v2_op(tensor, compute_v=True, name=name)
    return e, v


def self_adjoint_eigvals(tensor: Any, name: str | None = None) -> Tensor:
    """The eigenvalues of each Hermitian matrix, in ascending order; see `self_adjoint_eig`."""
    e: Tensor
    e, _ = self_adjoint_eig_v2_op(tensor, compute_v=False, name=name)
    return e


# --- L U ------------------------------------------------------------------------------------------


def lu_shape(context: ShapeContext) -> list[TensorShape]:
    shape = square_matrices(context)
    return [shape, shape if shape.ndims is None else shape[:-1]]


lu_op = define_op(
    "Lu",
    ["input: T"],
    ["lu: T", "p: output_idx_type"],
    [_T, "output_idx_type: {int32, int64} = DT_INT32"],
    lu_shape,
)


@lu_op.define
def lu_reference(node: Any, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gauss's elimination with row exchanges, a column at a time for the whole batch."""
    check_square(x)
    size = x.shape[-1]
    lu = wide(x).reshape(math.prod(x.shape[:-2]), size, size).copy()
    perm = np.tile(np.arange(size), (lu.shape[0], 1))
    batch = np.arange(lu.shape[0])
    for column in range(size):
        pivot = column + np.argmax(np.abs(lu[:, column:, column]), axis=1)
        for array in (lu, perm):
            rows = array[batch, column].copy()
            array[batch, column] = array[batch, pivot]
            array[batch, pivot] = rows
        diagonal = lu[:, column, column]
        if (diagonal == 0).any():
            raise np.linalg.LinAlgError("Input is not invertible.")
        lu[:, column + 1 :, column] /= diagonal[:, None]
        update = lu[:, column + 1 :, column, None] * lu[:, None, column, column + 1 :]
        lu[:, column + 1 :, column + 1 :] -= update
    return lu.reshape(x.shape), perm.reshape(x.shape[:-1])


def lu(input: Any, output_idx_type: Any = dtypes.int32, name: str | None = None) -> Any:
    """Each matrix, its rows permuted, as a product of a lower and an upper triangle.

    Args:
      input: floats or complex numbers, of shape [..., n, n].
      output_idx_type: the type of the permutations, int32 or int64.
      name: the node's name.

    Returns:
      A namedtuple `(lu, p)`: both triangles in one matrix, without the ones on the diagonal of the
      lower; and the row of the input that each row came from.
    """
    return lu_op(input, output_idx_type=output_idx_type, name=name)
