"""From Python values to constants, and from constants back to what is known of them."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

import graphflow as tf


class _Table:
    """An array in another library's clothes."""

    def __init__(self, array: np.ndarray) -> None:
        self._array = array

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return self._array


def test_objects_with_arrays_keep_the_arrays_type(oracle: ModuleType) -> None:
    for array in (np.array([1.0, 2.0]), np.array([1, 2]), np.array([b"a", b"b"])):
        for wanted in (None, "float32", "string"):
            results = []
            for module in (tf, oracle):
                with module.Graph().as_default():
                    try:
                        dtype = wanted and module.as_dtype(wanted)
                        constant = module.constant(_Table(array), dtype=dtype)
                        results.append((constant.dtype.name, constant.shape.as_list()))
                    except (TypeError, ValueError):
                        results.append(None)
            assert results[0] == results[1]
    proto = tf.make_tensor_proto(_Table(np.array([b"a", b"b"])), shape=[1, 2])
    assert list(proto.string_val) == [b"a", b"b"]


def test_static_values() -> None:
    x = tf.placeholder(tf.int32, [])
    array = np.ones(3)
    assert tf.get_static_value(array) is array
    assert tf.get_static_value("text") == "text"
    assert tf.get_static_value(tf.constant([1, 2])).tolist() == [1, 2]
    assert tf.get_static_value(x) is None
    assert tf.get_static_value(tf.Variable(1.0)) is None
    stacked = tf.stack([tf.stack([1, 2]), tf.stack([3, x])])
    assert tf.get_static_value(stacked) is None
    known, partly = tf.get_static_value(stacked, partial=True)
    assert list(known) == [1, 2]
    assert list(partly) == [3, None]
    assert tf.get_static_value(tf.stack([1, x], axis=-1), partial=True) is None


def test_a_default_is_not_static(oracle: ModuleType) -> None:
    for framework in (tf, oracle):
        with framework.Graph().as_default(), framework.Session() as session:
            size = framework.placeholder_with_default(2, [])
            ones = framework.fill([size + 1], 1.0)
            assert framework.get_static_value(size) is None
            assert ones.shape.as_list() == [None]
            assert session.run(ones, {size: 4}).tolist() == [1.0] * 5


def test_sparse_or_dense() -> None:
    value = tf.SparseTensorValue(np.array([[0]]), np.array([1.0], np.float32), np.array([2]))
    convert = tf.convert_to_tensor_or_sparse_tensor
    sparse = convert(value, dtype=tf.float32)
    assert isinstance(sparse, tf.SparseTensor)
    assert convert(sparse) is sparse
    assert convert([1, 2], name="dense").name == "dense:0"
    with pytest.raises(RuntimeError, match="requested = int32, actual = float32"):
        convert(sparse, dtype=tf.int32)


def test_constants_from_protos() -> None:
    proto = tf.make_tensor_proto([[1, 2]], dtype=tf.int64)
    constant = tf.constant(proto)
    assert constant.dtype == tf.int64
    assert tf.get_static_value(constant).tolist() == [[1, 2]]
