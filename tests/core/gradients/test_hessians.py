"""tf.hessians: second derivatives of sums, and what has none."""

from __future__ import annotations

import numpy as np
import pytest

import graphflow as tf


def test_a_quadratic_form_has_its_symmetric_matrix() -> None:
    matrix = np.arange(9.0).reshape(3, 3)
    x = tf.constant([1.0, 2.0, 3.0], tf.float64)
    y = tf.reduce_sum(x * tf.linalg.matvec(matrix, x))
    (hessian,) = tf.hessians(y, x)
    assert hessian.shape == [3, 3]
    with tf.Session() as session:
        np.testing.assert_allclose(session.run(hessian), matrix + matrix.T)


@pytest.mark.parametrize("shape", [[2, 2], None])
def test_a_linear_function_has_none(shape: list[int] | None) -> None:
    x = tf.placeholder(tf.float32, shape, name="x")
    with pytest.raises(ValueError, match=r"None values not supported: .* x:0 does not depend on"):
        tf.hessians(x, x)
