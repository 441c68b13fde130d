"""Functions of matrices: exponential, logarithm, square root."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ... import ops
from ...graph.op_def import define_op
from ...graph.tensor import Tensor
from .matmul import adjoint
from .matrices import LAPACK_TYPES, check_square, square_matrices, wide
from .solve import matrix_solve

_T = f"T: {LAPACK_TYPES}"

# --- exponential ----------------------------------------------------------------------------------

matrix_exponential_op = define_op(
    "MatrixExponential", ["input: T"], ["output: T"], [_T], square_matrices
)

# Padé's approximant of degree 13 is exact to double precision up to this norm (Higham 2005).
_PADE_DEGREE, _PADE_NORM = 13, 5.371920351148152


def _exponential(x: np.ndarray) -> np.ndarray:
    """Scaling and squaring: exp(x) = exp(x / 2^k)^(2^k), the inner one by Padé."""
    x = x.astype(np.complex128 if x.dtype.kind == "c" else np.float64)
    norms = np.abs(x).sum(axis=-2).max(axis=-1, initial=0.0)
    finite = np.isfinite(norms)
    ratio = np.where(finite, np.maximum(norms / _PADE_NORM, 1.0), 1.0)
    squarings = np.ceil(np.log2(ratio)).astype(int)
    scaled = np.where(finite[..., None, None], x, 0) / np.exp2(squarings)[..., None, None]
    even, odd = _pade(scaled)
    result = np.linalg.solve(even - odd, even + odd)
    for step in range(int(squarings.max(initial=0))):
        again = (step < squarings)[..., None, None]
        result = np.where(again, result @ result, result)
    return np.where(finite[..., None, None], result, np.nan)


def _pade(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The even and the odd part of the approximant's numerator; the denominator is even - odd."""
    square = x @ x
    power: Any = np.broadcast_to(np.eye(x.shape[-1], dtype=x.dtype), x.shape)
    even, odd = np.zeros_like(x), np.zeros_like(x)
    n = _PADE_DEGREE
    coefficient = 1.0
    for k in range(n + 1):
        if k % 2 == 0:
            even = even + coefficient * power
        else:
            odd = odd + coefficient * power
            power = power @ square
        coefficient *= (n - k) / ((2 * n - k) * (k + 1))
    return even, x @ odd


@matrix_exponential_op.define
def matrix_exponential_reference(node: Any, x: np.ndarray) -> Any:
    check_square(x)
    return _exponential(wide(x)).astype(x.dtype)


@matrix_exponential_op.grad
def matrix_exponential_grad(op: Any, dy: Any) -> Any:
    """The upper right block of exp([[A^H, dY], [0, A^H]])."""
    a = ops.array.matrix_transpose(op.inputs[0], conjugate=True)
    upper = ops.array.concat([a, dy], axis=-1)
    lower = ops.array.concat([ops.array.zeros_like(a), a], axis=-1)
    result = matrix_exponential_op(ops.array.concat([upper, lower], axis=-2))
    size = ops.array.shape(a)[-1]
    return result[..., :size, size:]


def matrix_exponential(input: Any, name: str | None = None) -> Tensor:
    """The exponential of each matrix, the sum of A^k / k!.

    Args:
      input: floats or complex numbers, of shape [..., n, n].
      name: the node's name.

    Returns:
      A tensor of the input's shape. It is one node here, where TF composes it of many.
    """
    tensor: Tensor = matrix_exponential_op(input, name=name)
    return tensor


# --- square root ----------------------------------------------------------------------------------

matrix_square_root_op = define_op(
    "MatrixSquareRoot", ["input: T"], ["output: T"], [_T], square_matrices
)

_WELL_CONDITIONED = 1e7  # eigenvectors so far from parallel leave half of double precision


def _by_eigenvalues(x: np.ndarray, function: Any) -> np.ndarray | None:
    """The function of one matrix through its eigenvectors, or None if they are near parallel."""
    if np.array_equal(x, adjoint(x)):
        values, vectors = np.linalg.eigh(x)
        # rounding may take a zero of a positive semidefinite matrix below 0
        small = np.abs(values) < np.finfo(np.float64).eps * x.shape[-1] * np.abs(values).max()
        values = np.where(small, np.abs(values), values).astype(np.complex128)
        return np.asarray((vectors * function(values)) @ adjoint(vectors))
    values, vectors = np.linalg.eig(x)
    if np.linalg.cond(vectors) > _WELL_CONDITIONED:
        return None
    return np.asarray((vectors * function(values)) @ np.linalg.inv(vectors))


def _square_root(x: np.ndarray) -> np.ndarray:
    if not x.size:
        return x
    root = _by_eigenvalues(x, np.sqrt)
    return root if root is not None else _denman_beavers(x)


def _denman_beavers(x: np.ndarray) -> np.ndarray:
    """Newton's iteration for the root, coupled with that for its inverse."""
    root, inverse = x, np.eye(x.shape[-1], dtype=x.dtype)
    for _ in range(60):
        following = (root + np.linalg.inv(inverse)) / 2
        inverse = (inverse + np.linalg.inv(root)) / 2
        if np.abs(following - root).max() <= 1e-15 * np.abs(root).max():
            return following
        root = following
    return root


def _each(x: np.ndarray, function: Any) -> np.ndarray:
    """A function of one complex matrix, on a batch; real results of real matrices."""
    size = x.shape[-1]
    flat = x.reshape(math.prod(x.shape[:-2]), size, size).astype(np.complex128)
    out = np.array([function(matrix) for matrix in flat], np.complex128).reshape(x.shape)
    return out.astype(x.dtype) if x.dtype.kind == "c" else out.real.astype(x.dtype)


@matrix_square_root_op.define
def matrix_square_root_reference(node: Any, x: np.ndarray) -> Any:
    check_square(x)
    return _each(x, _square_root)


@matrix_square_root_op.grad
def matrix_square_root_grad(op: Any, dy: Any) -> Any:
    """Solves Sylvester's equation R^H X + X R^H = dY, written out as one linear system."""
    root = op.outputs[0]
    shape = ops.array.shape(root)
    size, batch = shape[-1], shape[:-2]
    identity = ops.array.eye(size, batch_shape=batch, dtype=root.dtype.base_dtype)
    conjugate = ops.elementwise.conj(root)
    system = _kronecker(ops.array.matrix_transpose(conjugate), identity, batch, size)
    system = system + _kronecker(identity, conjugate, batch, size)
    column = ops.array.reshape(dy, ops.array.concat([batch, [size * size, 1]], 0))
    return ops.array.reshape(matrix_solve(system, column), shape)


def _kronecker(a: Any, b: Any, batch: Any, size: Any) -> Any:
    """The Kronecker product of square matrices."""
    left = ops.array.reshape(a, ops.array.concat([batch, [size, 1, size, 1]], 0))
    right = ops.array.reshape(b, ops.array.concat([batch, [1, size, 1, size]], 0))
    return ops.array.reshape(left * right, ops.array.concat([batch, [size * size] * 2], 0))


def matrix_square_root(input: Any, name: str | None = None) -> Tensor:
    """The matrix R with R R = A, for each A; the one whose eigenvalues have positive real parts.

    Args:
      input: floats or complex numbers, of shape [..., n, n]; a real matrix must have a real root.
      name: the node's name.

    Returns:
      A tensor of the input's shape.
    """
    tensor: Tensor = matrix_square_root_op(input, name=name)
    return tensor


# --- logarithm ------------------------------------------------------------------------------------

matrix_logarithm_op = define_op(
    "MatrixLogarithm", ["input: T"], ["output: T"], ["T: {complex64, complex128}"], square_matrices
)
matrix_logarithm_op.no_grad()


def _logarithm(x: np.ndarray) -> np.ndarray:
    """Through eigenvectors, or by roots down to a matrix near 1, whose logarithm is a series."""
    if not x.size:
        return x
    result = _by_eigenvalues(x, np.log)
    if result is not None:
        return result
    identity = np.eye(x.shape[-1], dtype=x.dtype)
    halvings = 0
    while np.abs(x - identity).sum(axis=0).max() > 0.25 and halvings < 60:
        x, halvings = _denman_beavers(x), halvings + 1
    # log(x) = 2 artanh(z), z = (x - 1) / (x + 1), |z| < 1/7
    z = np.linalg.solve(x + identity, x - identity)
    total, power, square = np.zeros_like(z), z, z @ z
    for k in range(1, 2 * math.ceil(16 / (2 * math.log10(7))) + 2, 2):
        total = total + power / k
        power = power @ square
    return np.asarray(2.0 * total * 2.0**halvings)


@matrix_logarithm_op.define
def matrix_logarithm_reference(node: Any, x: np.ndarray) -> Any:
    check_square(x)
    return _each(x, _logarithm)


def matrix_logarithm(input: Any, name: str | None = None) -> Tensor:
    """The principal logarithm of each matrix.

    Args:
      input: complex numbers, of shape [..., n, n], without eigenvalues on the negative real axis.
      name: the node's name.

    Returns:
      A tensor of the input's shape.
    """
    tensor: Tensor = matrix_logarithm_op(input, name=name)
    return tensor
