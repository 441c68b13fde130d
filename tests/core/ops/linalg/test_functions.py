"""What is composed of several ops, formats of arguments, and errors."""

import numpy as np
import pytest

import graphflow as tf

MATRIX = np.array([[4.0, 1.0, 0.5], [-1.0, 3.0, 0.2], [0.3, -0.7, 2.0]])
BATCH = np.stack([MATRIX, MATRIX.T @ MATRIX])
RHS = np.arange(6.0).reshape(3, 2)


@pytest.fixture(autouse=True)
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


# --- products -------------------------------------------------------------------------------------


def test_matmul_refuses_two_transposes_of_one_matrix():
    with pytest.raises(ValueError, match="Only one of transpose_a and adjoint_a"):
        tf.matmul(MATRIX, MATRIX, transpose_a=True, adjoint_a=True)


def test_matmul_sizes_are_compared_in_the_graph_and_in_the_run(session):
    with pytest.raises(ValueError, match="Dimensions must be equal, but are 3 and 2"):
        tf.matmul(MATRIX, np.ones([2, 2]))
    fed = tf.placeholder(tf.float64, [None, None])
    with pytest.raises(tf.errors.InvalidArgumentError, match="Matrix size-incompatible"):
        session.run(tf.matmul(MATRIX, fed), {fed: np.ones([2, 2])})


@pytest.mark.parametrize("axes", [1, [[0], [1]], [[-1, 0], [0, 1]], 0])
def test_tensordot_of_unknown_shapes(session, axes):
    a, b = np.arange(6.0).reshape(2, 3), np.arange(6.0).reshape(3, 2)
    for shape in [None, None], None:
        x, y = tf.placeholder(tf.float64, shape), tf.placeholder(tf.float64, shape)
        value = session.run(tf.tensordot(x, y, axes), {x: a, y: b})
        np.testing.assert_allclose(value, np.tensordot(a, b, axes))


@pytest.mark.parametrize("axes", [[1], [[0, 1], [0]], -1, 3])
def test_tensordot_refuses_axes(axes):
    with pytest.raises(ValueError, match="axes"):
        tf.tensordot(MATRIX, MATRIX, axes)


# --- einsum ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "equation",
    ["ij, jk, kl -> il", "a,ab,abc->abc", "ab,ab,cd,cd->", "ij,...jk,kl->...il", "ij,kj,lj->ikl"],
)
def test_einsum_of_many_factors(session, equation):
    sizes = dict(zip("abcdijkl", [2, 3, 4, 2, 3, 2, 4, 3], strict=True))
    subscripts = equation.replace(" ", "").split("->")[0].split(",")
    arrays = []
    for seed, own in enumerate(subscripts):
        shape = [2] * ("..." in own) + [sizes[c] for c in own.replace(".", "")]
        arrays.append(np.random.RandomState(seed).rand(*shape))
    value = session.run(tf.einsum(equation, *arrays))
    np.testing.assert_allclose(value, np.einsum(equation, *arrays))


def test_einsum_may_repeat_labels_of_the_output(session):
    np.testing.assert_array_equal(session.run(tf.einsum("i->ii", [1, 2])), [[1, 0], [0, 2]])


@pytest.mark.parametrize(
    ("equation", "message"),
    [
        ("ij,jk", "Got 1 arguments"),
        ("ij=>i", "incorrect format"),
        ("ijk->i", "Expected rank 3 but got 2"),
        ("i.j->i", "outside of ellipsis"),
        ("ij->k", "Unknown output axes: k"),
    ],
)
def test_einsum_refuses_equations(equation, message):
    with pytest.raises(ValueError, match=message):
        tf.einsum(equation, MATRIX)


# --- solvers --------------------------------------------------------------------------------------


def test_triangular_solve_does_not_read_the_other_triangle(session):
    x = session.run(tf.matrix_triangular_solve(MATRIX, RHS, lower=False))
    np.testing.assert_allclose(np.triu(MATRIX) @ x, RHS, atol=1e-12)


def test_singular_matrices_are_refused(session):
    singular = np.ones([2, 2])
    for op in [
        tf.matrix_inverse(singular),
        tf.matrix_solve(singular, RHS[:2]),
        tf.matrix_triangular_solve(np.array([[0.0, 0.0], [1.0, 1.0]]), RHS[:2]),
        tf.linalg.lu(singular).lu,
    ]:
        with pytest.raises(tf.errors.InvalidArgumentError, match="not invertible"):
            session.run(op)
    with pytest.raises(tf.errors.InvalidArgumentError, match="Cholesky decomposition was not"):
        session.run(tf.cholesky(-np.eye(2)))


@pytest.mark.parametrize("shape", [(4, 2), (2, 4)])
@pytest.mark.parametrize("known", [True, False])
def test_least_squares(session, shape, known):
    a, b = np.random.RandomState(0).rand(*shape), np.random.RandomState(1).rand(shape[0], 3)
    matrix = tf.placeholder(tf.float64, shape if known else [None, None])
    feeds = {matrix: a}
    fast = session.run(tf.matrix_solve_ls(matrix, b), feeds)
    slow = session.run(tf.matrix_solve_ls(matrix, b, fast=False), feeds)
    expected = np.linalg.lstsq(a, b, rcond=None)[0]
    np.testing.assert_allclose(fast, expected)
    np.testing.assert_allclose(slow, expected)


def test_what_lu_factors_are_good_for(session):
    for matrix in MATRIX, BATCH:
        lu, p = tf.linalg.lu(matrix)
        rhs = np.broadcast_to(RHS, (*matrix.shape[:-1], 2))
        fetches = [
            tf.linalg.lu_reconstruct(lu, p),
            tf.linalg.lu_matrix_inverse(lu, p),
            tf.linalg.lu_solve(lu, p, rhs),
        ]
        back, inverse, solution = session.run(fetches)
        np.testing.assert_allclose(back, matrix)
        np.testing.assert_allclose(inverse, np.linalg.inv(matrix))
        np.testing.assert_allclose(matrix @ solution, rhs, atol=1e-12)


@pytest.mark.parametrize("pivoting", [True, False])
def test_formats_of_tridiagonal_systems(session, pivoting):
    upper, middle, lower = np.array([1.0, 2.0]), np.array([0.5, 3.0, 4.0]), np.array([1.0, -1.0])
    dense = np.diag(middle) + np.diag(upper, 1) + np.diag(lower, -1)
    compact = np.array([[1, 2, 9], middle, [9, 1, -1]])
    expected = np.linalg.solve(dense, RHS)
    for diagonals, form in (
        (compact, "compact"),
        ([upper, middle, lower], "sequence"),
        (dense, "matrix"),
    ):
        x = tf.linalg.tridiagonal_solve(diagonals, RHS, form, partial_pivoting=pivoting)
        product = tf.linalg.tridiagonal_matmul(diagonals, RHS, form)
        np.testing.assert_allclose(session.run(x), expected)
        np.testing.assert_allclose(session.run(product), dense @ RHS)
    x = tf.linalg.tridiagonal_solve(compact, RHS[:, 1])
    np.testing.assert_allclose(session.run(x), expected[:, 1])
    with pytest.raises(ValueError, match="Unrecognized diagonals_format: sparse"):
        tf.linalg.tridiagonal_solve(compact, RHS, "sparse")


# --- functions of matrices ------------------------------------------------------------------------


def test_matrix_functions_undo_each_other(session):
    jordan = np.array([[2.0, 1.0], [0.0, 2.0]], np.complex128)  # has one eigenvector only
    for matrix in BATCH.astype(np.complex128), jordan:
        root = tf.matrix_square_root(matrix)
        squared, back = session.run([tf.matmul(root, root), tf.linalg.expm(tf.linalg.logm(matrix))])
        np.testing.assert_allclose(squared, matrix, atol=1e-10)
        np.testing.assert_allclose(back, matrix, atol=1e-10)


def test_exponential_of_large_and_infinite_matrices(session):
    rotation = np.array([[0.0, -1000.0], [1000.0, 0.0]])
    expected = [[np.cos(1000), -np.sin(1000)], [np.sin(1000), np.cos(1000)]]
    value = session.run(tf.linalg.expm(np.stack([rotation, [[np.inf, 0], [0, 0]]])))
    np.testing.assert_allclose(value[0], expected, atol=1e-9)
    assert np.isnan(value[1]).all()


# --- norms and ranks ------------------------------------------------------------------------------


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("order", ["fro", 1, 2, np.inf])
def test_norms_of_matrices(session, order, known):
    x = tf.placeholder(tf.float64, BATCH.shape if known else None)
    value = session.run(tf.norm(x, ord=order, axis=[-2, -1]), {x: BATCH})
    np.testing.assert_allclose(value, np.linalg.norm(BATCH, order, axis=(-2, -1)))


def test_norm_refuses_orders_and_axes():
    with pytest.raises(ValueError, match="'ord' must be a supported matrix norm"):
        tf.norm(MATRIX, ord=3, axis=[0, 1])
    with pytest.raises(ValueError, match="'ord' must be a supported vector norm, got -1"):
        tf.norm(MATRIX, ord=-1)
    with pytest.raises(ValueError, match="'axis' must be None, an integer, or a tuple"):
        tf.norm(MATRIX, axis=[0, 0])


def test_rank_and_pseudoinverse(session):
    low = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0]])
    rank, inverse = session.run([tf.linalg.matrix_rank(low), tf.linalg.pinv(low)])
    assert rank == 1
    np.testing.assert_allclose(inverse, np.linalg.pinv(low), atol=1e-12)
    with pytest.raises(TypeError, match="`float`-like"):
        tf.linalg.pinv([[1, 2]])


def test_normalize(session):
    unit, size = session.run(tf.linalg.normalize(MATRIX, axis=1))
    np.testing.assert_allclose(unit * size, MATRIX)
    np.testing.assert_allclose(np.linalg.norm(unit, axis=1), np.ones(3))
