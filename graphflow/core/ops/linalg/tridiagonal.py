"""Tridiagonal systems and products."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...base import errors
from ...base.tensor_shape import TensorShape
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import define_op
from ...graph.scopes import name_scope
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from .matmul import adjoint

_T = "T: {double, float, complex64, complex128}"


def tridiagonal_solve_shape(context: ShapeContext) -> TensorShape:
    diagonals, rhs = context.shape(0), context.shape(1)
    if diagonals.ndims is None or rhs.ndims is None:
        return rhs
    if diagonals.ndims < 2 or rhs.ndims < 2:
        raise ValueError("Shape must be at least rank 2")
    count, size = diagonals.as_list()[-2:]
    if count not in (3, None):
        raise ValueError(f"Dimension must be 3 but is {count}")
    rows = rhs.as_list()[-2]
    if None not in (size, rows) and size != rows:
        raise ValueError(f"Dimensions must be equal, but are {size} and {rows}")
    return diagonals[:-2].merge_with(rhs[:-2]).concatenate(rhs[-2:])


tridiagonal_solve_op = define_op(
    "TridiagonalSolve",
    ["diagonals: T", "rhs: T"],
    ["output: T"],
    ["partial_pivoting: bool = true", "perturb_singular: bool = false", _T],
    tridiagonal_solve_shape,
)


@tridiagonal_solve_op.define
def tridiagonal_solve_reference(node: Any, diagonals: np.ndarray, rhs: np.ndarray) -> np.ndarray:
    """Gauss's elimination on all systems at once; rows are exchanged unless that is refused."""
    upper, middle, lower = (diagonals[..., i, :].copy() for i in range(3))
    size = middle.shape[-1]
    x = rhs.copy()
    second = np.zeros_like(upper)  # above `upper`: what exchanges fill in
    for i in range(size - 1):
        below = lower[..., i + 1].copy()
        if node.attrs["partial_pivoting"]:
            swap = np.abs(below) > np.abs(middle[..., i])
            _exchange(swap, middle[..., i], below)
            _exchange(swap, upper[..., i], middle[..., i + 1])
            _exchange(swap, second[..., i], upper[..., i + 1])
            _exchange(swap[..., None], x[..., i, :], x[..., i + 1, :])
        _check_pivot(middle[..., i], i)
        factor = below / middle[..., i]
        middle[..., i + 1] -= factor * upper[..., i]
        upper[..., i + 1] -= factor * second[..., i]
        x[..., i + 1, :] -= factor[..., None] * x[..., i, :]
    for i in range(size - 1, -1, -1):
        if i + 1 < size:
            x[..., i, :] -= upper[..., i, None] * x[..., i + 1, :]
        if i + 2 < size:
            x[..., i, :] -= second[..., i, None] * x[..., i + 2, :]
        _check_pivot(middle[..., i], i)
        x[..., i, :] /= middle[..., i, None]
    return x


def _exchange(swap: np.ndarray, a: np.ndarray, b: np.ndarray) -> None:
    """Exchanges elements of two arrays (of this op's own) where `swap`."""
    kept = a.copy()
    np.copyto(a, b, where=swap)
    np.copyto(b, kept, where=swap)


def _check_pivot(pivots: np.ndarray, row: int) -> None:
    if (pivots == 0).any():
        text = "The first element of diagonals is zero." if row == 0 else "Matrix is singular."
        raise errors.InvalidArgumentError(None, None, text)


@tridiagonal_solve_op.grad
def tridiagonal_solve_grad(op: Any, dx: Any) -> list[Any]:
    """As of any system: drhs = A^-H dx, dA = -drhs x^H, of which three diagonals exist."""
    diagonals, x = op.inputs[0], op.outputs[0]
    drhs = tridiagonal_solve_op(
        _adjoint_diagonals(diagonals), dx, partial_pivoting=op.node_attrs["partial_pivoting"]
    )
    elementwise = ops.elementwise
    following, before = _shifted(elementwise.conj(x), 1), _shifted(elementwise.conj(x), -1)
    pairs = (following, elementwise.conj(x), before)
    rows = [-ops.reduction.reduce_sum(drhs * other, -1) for other in pairs]
    return [ops.array.stack(rows, axis=-2), drhs]


def _shifted(x: Any, by: int) -> Any:
    """Row i is row i + by, and 0 outside."""
    zeros = ops.array.zeros_like(x[..., :1, :])
    parts = [x[..., 1:, :], zeros] if by > 0 else [zeros, x[..., :-1, :]]
    return ops.array.concat(parts, axis=-2)


def _adjoint_diagonals(diagonals: Any) -> Any:
    conjugate = ops.elementwise.conj(diagonals)
    upper, middle, lower = conjugate[..., :1, :], conjugate[..., 1:2, :], conjugate[..., 2:, :]
    zeros = ops.array.zeros_like(upper[..., :1])
    new_upper = ops.array.concat([lower[..., 1:], zeros], axis=-1)
    new_lower = ops.array.concat([zeros, upper[..., :-1]], axis=-1)
    return ops.array.concat([new_upper, middle, new_lower], axis=-2)


# --- products -------------------------------------------------------------------------------------


def tridiagonal_mat_mul_shape(context: ShapeContext) -> TensorShape:
    return context.shape(3)


tridiagonal_mat_mul_op = define_op(
    "TridiagonalMatMul",
    ["superdiag: T", "maindiag: T", "subdiag: T", "rhs: T"],
    ["output: T"],
    [_T],
    tridiagonal_mat_mul_shape,
)


@tridiagonal_mat_mul_op.define
def tridiagonal_mat_mul_reference(
    node: Any, upper: np.ndarray, middle: np.ndarray, lower: np.ndarray, rhs: np.ndarray
) -> Any:
    """Each diagonal comes as a matrix of one row."""
    out = adjoint(middle.conj()) * rhs
    out[..., :-1, :] += adjoint(upper.conj())[..., :-1, :] * rhs[..., 1:, :]
    out[..., 1:, :] += adjoint(lower.conj())[..., 1:, :] * rhs[..., :-1, :]
    return out


@tridiagonal_mat_mul_op.grad
def tridiagonal_mat_mul_grad(op: Any, dy: Any) -> list[Any]:
    upper, middle, lower, rhs = (ops.elementwise.conj(x) for x in op.inputs)

    def row(other: Any) -> Any:
        return ops.array.expand_dims(ops.reduction.reduce_sum(dy * other, -1), -2)

    def column(diagonal: Any) -> Any:
        return ops.array.matrix_transpose(diagonal)

    drhs = column(middle) * dy
    drhs = drhs + _shifted(column(upper) * dy, -1) + _shifted(column(lower) * dy, 1)
    return [row(_shifted(rhs, 1)), row(rhs), row(_shifted(rhs, -1)), drhs]


# --- the public functions -------------------------------------------------------------------------


def _diagonals_of(matrix: Tensor) -> Any:
    """The three diagonals of matrices, above each other, each with its place for n numbers."""
    rows, columns = matrix.shape.as_list()[-2:]
    if None not in (rows, columns) and rows != columns:
        raise ValueError(
            f"Expected last two dimensions of diagonals to be same, got {rows} and {columns}"
        )
    middle = ops.array.matrix_diag_part(matrix)
    zeros = ops.array.zeros_like(middle[..., :1])
    upper = ops.array.matrix_diag_part(matrix[..., :-1, 1:])
    lower = ops.array.matrix_diag_part(matrix[..., 1:, :-1])
    parts = [ops.array.concat([upper, zeros], -1), middle, ops.array.concat([zeros, lower], -1)]
    return ops.array.stack(parts, axis=-2)


def _stacked(diagonals: Any) -> Any:
    if not isinstance(diagonals, list | tuple) or len(diagonals) != 3:
        raise ValueError("Expected diagonals to be a sequence of length 3.")
    upper, middle, lower = (convert_to_tensor(diagonal) for diagonal in diagonals)
    size = middle.shape.as_list()[-1]
    upper = _padded(upper, size, "superdiagonal", (0, 1))
    lower = _padded(lower, size, "subdiagonal", (1, 0))
    return ops.array.stack([upper, middle, lower], axis=-2)


def _padded(diagonal: Tensor, size: int | None, name: str, missing: tuple[int, int]) -> Any:
    own = diagonal.shape.as_list()[-1]
    if own is None or own == size or size is None:
        return diagonal
    if own != size - 1:
        raise ValueError(f"Expected {name} to be have length {size} or {size - 1}, got {own}.")
    rank = len(diagonal.shape.as_list())
    return ops.array.pad(diagonal, [(0, 0)] * (rank - 1) + [missing])


def _compact(diagonals: Any, diagonals_format: str) -> Any:
    if diagonals_format == "compact":
        return convert_to_tensor(diagonals)
    if diagonals_format == "sequence":
        return _stacked(diagonals)
    if diagonals_format == "matrix":
        return _diagonals_of(convert_to_tensor(diagonals))
    raise ValueError(f"Unrecognized diagonals_format: {diagonals_format}")


def tridiagonal_solve(
    diagonals: Any,
    rhs: Any,
    diagonals_format: str = "compact",
    transpose_rhs: bool = False,
    conjugate_rhs: bool = False,
    name: str | None = None,
    partial_pivoting: bool = True,
) -> Tensor:
    """The solution x of `A @ x = rhs` for matrices with three diagonals.

    Args:
      diagonals: floats or complex numbers. 'compact': [..., 3, n], the upper, main and lower
        diagonal, the last number of the upper and the first of the lower ignored; 'sequence': a
        list of the three; 'matrix': [..., n, n], of which the rest is not read.
      rhs: [..., n] or [..., n, k].
      diagonals_format: 'compact', 'sequence' or 'matrix'.
      transpose_rhs: whether `rhs` comes, and the result goes, as [..., k, n].
      conjugate_rhs: whether `rhs` is conjugated first.
      name: the node's name.
      partial_pivoting: whether rows are exchanged for stability.

    Returns:
      A tensor of the shape of `rhs`; a run fails with InvalidArgumentError on a
      singular matrix.

    Raises:
      ValueError: the format is none of these, or known shapes do not fit.
    """
    diagonals, rhs = _compact(diagonals, diagonals_format), convert_to_tensor(rhs)
    ranks = diagonals.shape.ndims, rhs.shape.ndims
    _check_known_shapes(diagonals, rhs)
    is_vector = None not in ranks and ranks[1] == ranks[0] - 1
    if is_vector:
        rhs = ops.array.expand_dims(ops.elementwise.conj(rhs) if conjugate_rhs else rhs, -1)
    elif transpose_rhs:
        rhs = ops.array.matrix_transpose(rhs, conjugate=conjugate_rhs)
    elif conjugate_rhs:
        rhs = ops.elementwise.conj(rhs)
    x = tridiagonal_solve_op(diagonals, rhs, partial_pivoting=partial_pivoting, name=name)
    if is_vector:
        x = ops.array.squeeze(x, -1)
    elif transpose_rhs:
        x = ops.array.matrix_transpose(x)
    tensor: Tensor = x
    return tensor


def _check_known_shapes(diagonals: Tensor, rhs: Tensor) -> None:
    rank, rhs_rank = diagonals.shape.ndims, rhs.shape.ndims
    if rank is None:
        return
    if rank < 2:
        raise ValueError(f"Expected diagonals to have rank at least 2, got {rank}")
    if rhs_rank is not None and rhs_rank not in (rank, rank - 1):
        raise ValueError(f"Expected the rank of rhs to be {rank - 1} or {rank}, got {rhs_rank}")
    batches = diagonals.shape[:-2], rhs.shape[: rank - 2]
    if rhs_rank is not None and not batches[0].is_compatible_with(batches[1]):
        raise ValueError(f"Batch shapes {batches[0]} and {batches[1]} are incompatible")
    count = diagonals.shape.as_list()[-2]
    if count not in (3, None):
        raise ValueError(f"Expected 3 diagonals got {count}")


def tridiagonal_matmul(
    diagonals: Any, rhs: Any, diagonals_format: str = "compact", name: str | None = None
) -> Tensor:
    """The product of matrices with three diagonals and others.

    Args:
      diagonals: as in `tridiagonal_solve`; a 'sequence' of three diagonals of equal length.
      rhs: [..., n, k].
      diagonals_format: 'compact', 'sequence' or 'matrix'.
      name: the name of the scope.

    Returns:
      A tensor of the shape of `rhs`.

    Raises:
      ValueError: the format is none of these.
    """
    with name_scope(name, "tridiagonal_matmul"):
        compact = _compact(diagonals, diagonals_format)
        rows = [compact[..., i : i + 1, :] for i in range(3)]
        tensor: Tensor = tridiagonal_mat_mul_op(*rows, rhs)
        return tensor
