"""Initial values: their distributions, TensorFlow's own numbers, configurations, bad arguments."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

import graphflow as tf
from graphflow.core.base import dtypes
from graphflow.core.variables.partition_info import PartitionInfo

init = tf.initializers


def value(initializer: Any, shape: list[int], **kwargs: Any) -> np.ndarray:
    with tf.Graph().as_default(), tf.Session() as session:
        result: np.ndarray = session.run(initializer(shape, **kwargs))
    return result


CASES = {
    "zeros": lambda init: init.zeros(),
    "ones": lambda init: init.ones(dtype="int32"),
    "constant": lambda init: init.constant([1.0, 2.0, 3.0]),
    "identity": lambda init: init.identity(gain=2.0),
    "random_uniform": lambda init: init.random_uniform(-2.0, 3.0, seed=1),
    "random_normal": lambda init: init.random_normal(1.0, 2.0, seed=1),
    "truncated_normal": lambda init: init.truncated_normal(1.0, 2.0, seed=1),
    "uniform_unit_scaling": lambda init: init.uniform_unit_scaling(1.4, seed=1),
    "variance_scaling": lambda init: init.variance_scaling(2.0, "fan_out", "uniform", seed=1),
    "untruncated": lambda init: init.variance_scaling(1.0, "fan_avg", "untruncated_normal", 1),
    "glorot_uniform": lambda init: init.glorot_uniform(seed=1),
    "glorot_normal": lambda init: init.glorot_normal(seed=1),
    "he_normal": lambda init: init.he_normal(seed=1),
    "he_uniform": lambda init: init.he_uniform(seed=1),
    "lecun_normal": lambda init: init.lecun_normal(seed=1),
    "lecun_uniform": lambda init: init.lecun_uniform(seed=1),
    "orthogonal": lambda init: init.orthogonal(0.5, seed=1),
}


@pytest.mark.parametrize("name", CASES)
def test_seeded_values_are_tensorflows(oracle: ModuleType, name: str) -> None:
    def run(tf: Any) -> Any:
        with tf.Graph().as_default(), tf.Session() as session:
            tf.set_random_seed(7)
            initializer = CASES[name](tf.initializers)
            return session.run(initializer([5, 3]))

    ours, theirs = run(tf), run(oracle)
    assert ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", CASES)
def test_configurations(name: str) -> None:
    initializer = CASES[name](init)
    config = initializer.get_config()
    again = type(initializer).from_config(config)
    assert again.get_config() == config
    assert again.dtype == initializer.dtype


def test_orthogonal_matrices() -> None:
    for shape in ([4, 2], [2, 4], [3, 2, 5]):
        matrix = value(init.orthogonal(seed=3), shape, dtype=dtypes.float64)
        matrix = matrix.reshape(-1, shape[-1])
        rows, columns = matrix.shape
        product = matrix.T @ matrix if rows >= columns else matrix @ matrix.T
        np.testing.assert_allclose(product, np.eye(min(rows, columns)), atol=1e-12)


def test_fans_of_kernels() -> None:
    kernel = value(init.variance_scaling(seed=1, distribution="uniform"), [3, 3, 4, 8])
    bound = np.sqrt(3 / (3 * 3 * 4))
    assert 0.9 * bound < np.abs(kernel).max() <= bound


def test_parts_are_scaled_as_the_whole() -> None:
    place = PartitionInfo([100, 2], [50, 0])
    part = value(init.glorot_uniform(seed=1), [50, 2], partition_info=place)
    assert np.abs(part).max() <= np.sqrt(6 / 102)
    eye = value(init.identity(), [1, 3], partition_info=PartitionInfo([3, 3], [1, 0]))
    assert eye.tolist() == [[0.0, 1.0, 0.0]]


def test_constants_fill_up() -> None:
    assert value(init.constant([1, 2], dtype=dtypes.int32), [2, 2]).tolist() == [[1, 2], [2, 2]]
    with pytest.raises(TypeError, match="Expected Tensor's shape"):
        init.constant([1.0, 2.0], verify_shape=True)([3])


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: init.constant(object()), TypeError, "Invalid type for initial value"),
        (lambda: init.random_normal(dtype="int32"), ValueError, "Expected floating point type"),
        (lambda: init.variance_scaling(scale=0), ValueError, "must be positive"),
        (lambda: init.variance_scaling(mode="fan"), ValueError, "Invalid `mode`"),
        (lambda: init.variance_scaling(distribution="x"), ValueError, "Invalid `distribution`"),
        (lambda: init.orthogonal()([3]), ValueError, "at least two-dimensional"),
        (lambda: init.identity()([3]), ValueError, "only be used for 2D"),
    ],
)
def test_bad_arguments(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()
