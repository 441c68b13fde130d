"""Rows of core/ops/linalg."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import OpCase, complexes, floats, ints, raw

A = np.array([[4.0, 1.0, 0.5], [-1.0, 3.0, 0.2], [0.3, -0.7, 2.0]], np.float32)
AS = np.stack([A, A.T + 0.5])
DIAGONALS = "diagonals are those of TF 1.14, MatrixDiag and MatrixDiagPart"
ONE_NODE = "TensorFlow composes it of many nodes"


def definite(tf: Any, x: Any, function: Any) -> Any:
    symmetric = tf.matmul(x, x, transpose_b=True)
    return function(symmetric + tf.cast(tf.eye(3), x.dtype))


def matmul_case(label: str, a: Any, b: Any, **options: Any) -> OpCase:
    return OpCase("MatMul", lambda tf, x, y: tf.matmul(x, y, **options), [a, b], label=label)


def batch_case(label: str, a: Any, b: Any, **options: Any) -> OpCase:
    return OpCase("BatchMatMulV2", lambda tf, x, y: tf.matmul(x, y, **options), [a, b], label=label)


def einsum_case(label: str, equation: str, *arrays: Any) -> OpCase:
    return OpCase(
        "Einsum", lambda tf, *xs: tf.einsum(equation, *xs), arrays, label=label, second_order=False
    )


CASES = [
    matmul_case("", floats(2, 3), floats(3, 4)),
    matmul_case("transpose_a", floats(3, 2), floats(3, 4), transpose_a=True),
    matmul_case("transpose_b", floats(2, 3), floats(4, 3), transpose_b=True),
    matmul_case("both", floats(3, 2), floats(4, 3), transpose_a=True, transpose_b=True),
    matmul_case("adjoint", complexes(3, 2), complexes(3, 4), adjoint_a=True),
    matmul_case("empty", floats(2, 0), floats(0, 3)),
    OpCase("MatMul", lambda tf, x, y: tf.matmul(x, y), [ints(2, 3), ints(3, 2)], label="int32"),
    OpCase(
        "MatMul",
        lambda tf, x, y: tf.matmul(x, y),
        [floats(2, 3, dtype=np.float16), floats(3, 2, dtype=np.float16)],
        label="half",
        numeric=False,
    ),
    batch_case("", floats(2, 2, 3), floats(2, 3, 2)),
    batch_case("adjoint", floats(2, 3, 2), floats(2, 4, 3), adjoint_a=True, adjoint_b=True),
    batch_case("broadcast", floats(2, 1, 2, 3), floats(3, 3, 2), transpose_a=False),
    batch_case("complex", complexes(2, 3, 2), complexes(2, 3, 2), transpose_a=True),
    OpCase(
        "BatchMatMul",
        lambda tf, x, y: raw(tf, "BatchMatMul", x=x, y=y, adj_x=True),
        [floats(2, 3, 2), floats(2, 3, 2)],
    ),
    OpCase(
        "SparseMatMul",
        lambda tf, x, y: tf.sparse_matmul(x, y, transpose_b=True, a_is_sparse=True),
        [floats(2, 3), floats(4, 3)],
        numeric=False,
    ),
    OpCase(
        "BatchMatMulV2",
        lambda tf, a, x: tf.linalg.matvec(a, x),
        [floats(2, 3, 4), floats(2, 4)],
        label="matvec",
        unknown_dims=False,
    ),
    einsum_case("matmul", "ij,jk->ik", floats(2, 3), floats(3, 4)),
    einsum_case("implicit", "ba,cb", floats(2, 3), floats(4, 2)),
    einsum_case("batch", "bij,bjk->bki", floats(2, 3, 4), floats(2, 4, 2)),
    einsum_case("outer", "i,j->ji", floats(2), floats(3)),
    einsum_case("sum", "ijk->k", floats(2, 3, 4)),
    einsum_case("spread_transposed", "ijk,kl->li", floats(2, 3, 4), floats(4, 2)),
    einsum_case("trace", "ii", floats(3, 3)),
    einsum_case("diagonal", "iij->ji", floats(3, 3, 2)),
    einsum_case("ellipsis", "...ij,...jk->...ik", floats(2, 1, 2, 3), floats(3, 3, 2)),
    einsum_case("ellipsis_in_one", "...ij,jk->ik...", floats(2, 2, 3), floats(3, 2)),
    einsum_case("complex", "ij,jk->ik", complexes(2, 3), complexes(3, 2)),
    OpCase(
        "Einsum",
        lambda tf, x, y, z: tf.einsum("ij,jk,kl->il", x, y, z),
        [floats(2, 3), floats(3, 4), floats(4, 2)],
        label="three",
        second_order=False,
    ),
    OpCase(
        "MatMul",
        lambda tf, x, y: tf.tensordot(x, y, 2),
        [floats(2, 3, 4), floats(3, 4, 2)],
        label="tensordot",
        unknown_dims=False,
    ),
    OpCase(
        "MatMul",
        lambda tf, x, y: tf.tensordot(x, y, [[1, 0], [0, -1]]),
        [floats(2, 3, 4), floats(3, 5, 2)],
        label="tensordot_axes",
        unknown_dims=False,
    ),
    OpCase("MatrixInverse", lambda tf, x: tf.matrix_inverse(x), [AS]),
    OpCase("MatrixInverse", lambda tf, x: tf.matrix_inverse(x, adjoint=True), [A], label="adjoint"),
    OpCase("MatrixDeterminant", lambda tf, x: tf.matrix_determinant(x), [AS]),
    OpCase("LogMatrixDeterminant", lambda tf, x: list(tf.linalg.slogdet(x)), [AS]),
    OpCase(
        "Cholesky",
        lambda tf, x: tf.linalg.logdet(definite(tf, x, tf.identity)),
        [A],
        label="logdet",
        graph_differs=DIAGONALS,
    ),
    OpCase(
        "Cholesky",
        lambda tf, x: definite(tf, x, tf.cholesky),
        [AS],
        graph_differs=DIAGONALS,
    ),
    OpCase("MatrixSolve", lambda tf, a, b: tf.matrix_solve(a, b), [AS, floats(2, 3, 2)]),
    OpCase(
        "MatrixSolve",
        lambda tf, a, b: tf.matrix_solve(a, b, adjoint=True),
        [A, floats(3, 2)],
        label="adjoint",
    ),
    OpCase(
        "MatrixTriangularSolve",
        lambda tf, a, b: tf.matrix_triangular_solve(a, b),
        [AS, floats(2, 3, 2)],
    ),
    OpCase(
        "MatrixTriangularSolve",
        lambda tf, a, b: tf.matrix_triangular_solve(a, b, lower=False, adjoint=True),
        [A, floats(3, 2)],
        label="upper_adjoint",
    ),
    OpCase(
        "MatrixTriangularSolve",
        lambda tf, a, b: tf.cholesky_solve(a, b),
        [A, floats(3, 2)],
        label="cholesky_solve",
    ),
    OpCase(
        "Cholesky",
        lambda tf, a, b: tf.matrix_solve_ls(a, b, l2_regularizer=0.1),
        [floats(4, 2), floats(4, 3)],
        label="lstsq",
        graph_differs=DIAGONALS,
        unknown_dims=False,
        rtol=1e-3,
    ),
    OpCase(
        "MatrixSolveLs",
        lambda tf, a, b: tf.matrix_solve_ls(a, b, fast=False),
        [floats(4, 2), floats(4, 3)],
        grad=False,
        rtol=1e-3,
    ),
    OpCase(
        "Qr", lambda tf, x: list(tf.qr(x)), [floats(4, 3)], second_order=False, unknown_dims=False
    ),
    OpCase(
        "Qr",
        lambda tf, x: list(tf.qr(x)),
        [floats(2, 3, 4)],
        label="wide",
        second_order=False,
        unknown_dims=False,
    ),
    OpCase("Svd", lambda tf, x: tf.svd(x, compute_uv=False), [floats(2, 4, 3)], label="values"),
    OpCase(
        "Svd",
        lambda tf, x: product_of_svd(tf, *tf.svd(x)),
        [floats(4, 3)],
        second_order=False,
        unknown_dims=False,
        atol=1e-4,
    ),
    OpCase(
        "SelfAdjointEigV2",
        lambda tf, x: tf.self_adjoint_eigvals(x),
        [AS],
        label="values",
    ),
    OpCase(
        "SelfAdjointEigV2",
        lambda tf, x: [tf.self_adjoint_eig(x)[0], tf.abs(tf.self_adjoint_eig(x)[1])],
        [A],
        second_order=False,
    ),
    OpCase("Lu", lambda tf, x: list(tf.linalg.lu(x)), [AS], grad=False),
    OpCase("Cross", lambda tf, x, y: tf.cross(x, y), [floats(2, 3), floats(2, 3)]),
    OpCase("Sum", lambda tf, x: tf.trace(x), [AS], label="trace", graph_differs=DIAGONALS),
    OpCase("Sqrt", lambda tf, x: tf.norm(x, axis=1), [floats(2, 3)], label="norm"),
    OpCase("Max", lambda tf, x: tf.norm(x, ord=1, axis=[0, 1]), [floats(2, 3)], label="norm_1"),
    OpCase("Pow", lambda tf, x: tf.norm(x, ord=3), [floats(2, 3)], label="norm_3"),
    OpCase(
        "MatrixExponential",
        lambda tf, x: tf.linalg.expm(x),
        [AS],
        graph_differs=ONE_NODE,
        second_order=False,
        rtol=1e-3,
    ),
    OpCase(
        "MatrixSquareRoot",
        lambda tf, x: tf.matrix_square_root(x),
        [AS],
        second_order=False,
    ),
    OpCase(
        "MatrixLogarithm",
        lambda tf, x: tf.linalg.logm(x),
        [A.astype(np.complex64)],
        grad=False,
    ),
    OpCase(
        "TridiagonalSolve",
        lambda tf, d, b: tf.linalg.tridiagonal_solve(d, b),
        [np.stack([AS + 1, AS + 4, AS], axis=-2)[0], floats(3, 3, 2)],
        second_order=False,
        unknown_dims=False,
    ),
    OpCase(
        "TridiagonalMatMul",
        lambda tf, d, b: tf.linalg.tridiagonal_matmul(d, b),
        [floats(3, 4), floats(4, 2)],
        unknown_dims=False,
        graph_differs="diagonals are sliced as matrices of one row",
        second_order=False,
    ),
]


def product_of_svd(tf: Any, s: Any, u: Any, v: Any) -> Any:
    """Something that does not depend on the signs of singular vectors, with uneven weights."""
    weights = np.array([1.0, 2.0, 3.0], np.float32)
    return tf.matmul(u * (s * s * weights), v, transpose_b=True)
