"""Determinants and their logarithms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import ops
from ...base.tensor_shape import TensorShape
from ...graph.op_def import define_op
from ...graph.scopes import name_scope
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from .matrices import check_square, square_matrices, wide
from .solve import matrix_inverse

_T = "T: {half, float, double, complex64, complex128}"


def determinant_shape(context: ShapeContext) -> TensorShape:
    shape = square_matrices(context)
    return shape if shape.ndims is None else shape[:-2]


def log_determinant_shape(context: ShapeContext) -> Sequence[TensorShape]:
    return [determinant_shape(context)] * 2


matrix_determinant_op = define_op(
    "MatrixDeterminant", ["input: T"], ["output: T"], [_T], determinant_shape
)
log_matrix_determinant_op = define_op(
    "LogMatrixDeterminant",
    ["input: T"],
    ["sign: T", "log_abs_determinant: T"],
    [_T],
    log_determinant_shape,
)


@matrix_determinant_op.define
def matrix_determinant_reference(node: Any, x: np.ndarray) -> Any:
    check_square(x)
    return np.linalg.det(wide(x))


@log_matrix_determinant_op.define
def log_matrix_determinant_reference(node: Any, x: np.ndarray) -> tuple[Any, ...]:
    check_square(x)
    return tuple(np.linalg.slogdet(wide(x)))


def _times_inverse(op: Any, factors: Any, determinants: Any) -> Any:
    """Each matrix's factor times its inverse^H."""
    inverse = matrix_inverse(op.inputs[0], adjoint=True)
    shape = ops.array.concat([ops.array.shape(determinants), [1, 1]], 0)
    return ops.array.reshape(factors, shape) * inverse


@matrix_determinant_op.grad
def matrix_determinant_grad(op: Any, dy: Any) -> Any:
    determinants = op.outputs[0]
    return _times_inverse(op, dy * ops.elementwise.conj(determinants), determinants)


@log_matrix_determinant_op.grad
def log_matrix_determinant_grad(op: Any, _: Any, dy: Any) -> Any:
    return _times_inverse(op, dy, op.outputs[1])


def matrix_determinant(input: Any, name: str | None = None) -> Tensor:
    """The determinant of each matrix.

    Args:
      input: floats or complex numbers, of shape [..., n, n].
      name: the node's name.

    Returns:
      A tensor of shape [...].
    """
    tensor: Tensor = matrix_determinant_op(input, name=name)
    return tensor


def slogdet(input: Any, name: str | None = None) -> Any:
    """The determinant of each matrix as its sign and the logarithm of its magnitude.

    Args:
      input: floats or complex numbers, of shape [..., n, n].
      name: the node's name.

    Returns:
      A namedtuple `(sign, log_abs_determinant)` of tensors of shape [...].
    """
    return log_matrix_determinant_op(input, name=name)


def logdet(matrix: Any, name: str | None = None) -> Tensor:
    """The logarithm of the determinant of each positive definite matrix.

    Args:
      matrix: floats or complex numbers, of shape [..., n, n], Hermitian and positive definite.
      name: the name of the scope.

    Returns:
      A real tensor of shape [...].
    """
    with name_scope(name, "logdet", [matrix]):
        diagonal = ops.array.matrix_diag_part(ops.linalg.cholesky_op(matrix))
        logs = ops.elementwise.log(ops.elementwise.real(diagonal))
        tensor: Tensor = 2.0 * ops.reduction.reduce_sum(logs, axis=[-1])
        return tensor
