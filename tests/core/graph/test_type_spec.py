"""TypeSpecs against TensorFlow's: what is equal, compatible and common, and the parts of values."""

from __future__ import annotations

import pickle
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import graphflow as tf


def _specs(tf: ModuleType) -> list[Any]:
    return [
        tf.TensorSpec(None),
        tf.TensorSpec([2, None]),
        tf.TensorSpec([2, 3], tf.float32, name="a"),
        tf.TensorSpec([4, 3], tf.float32, name="b"),
        tf.TensorSpec([2, 3], tf.int32),
        tf.SparseTensorSpec(),
        tf.SparseTensorSpec([2, None], tf.float32),
        tf.SparseTensorSpec([2, 3], tf.int32),
        tf.IndexedSlicesSpec(),
        tf.IndexedSlicesSpec([5, None], tf.float32, tf.int64, None, [7]),
        tf.IndexedSlicesSpec([5, 2], tf.float32, tf.int64, tf.int32),
        tf.IndexedSlicesSpec(None, tf.float32, tf.int32),
    ]


def _common(one: Any, other: Any) -> str:
    try:
        return repr(one.most_specific_compatible_type(other))
    except ValueError:
        return "none"


def test_specs_are_related_as_in_tensorflow(oracle: ModuleType) -> None:
    mine, theirs = _specs(tf), _specs(oracle)
    assert [repr(spec) for spec in mine] == [repr(spec) for spec in theirs]
    for i, (my_one, their_one) in enumerate(zip(mine, theirs, strict=True)):
        for my_other, their_other in zip(mine, theirs, strict=True):
            compatible = my_one.is_compatible_with(my_other)
            assert compatible == their_one.is_compatible_with(their_other)
            if not {"a", "b"} & {getattr(my_one, "name", ""), getattr(my_other, "name", "")}:
                assert _common(my_one, my_other) == _common(their_one, their_other)
        assert [my_one == other for other in mine] == [i == j for j in range(len(mine))]
        assert hash(my_one) == hash(_specs(tf)[i])
        assert repr(pickle.loads(pickle.dumps(my_one))) == repr(my_one)


def test_names_that_differ_are_not_common() -> None:  # TensorFlow 2 refuses them
    a, b = tf.TensorSpec([2, 3], name="a"), tf.TensorSpec([4, 3], name="b")
    assert a.most_specific_compatible_type(b) == tf.TensorSpec([None, 3])
    assert a.most_specific_compatible_type(a) == a


def test_parts_are_those_of_tensorflow(oracle: ModuleType) -> None:
    for my_spec, their_spec in zip(_specs(tf), _specs(oracle), strict=True):
        assert repr(my_spec._component_specs) == repr(their_spec._component_specs)


def test_values_of_specs() -> None:
    x = tf.placeholder(tf.float32, [2, None], name="x")
    sparse = tf.SparseTensor([[0, 1]], [2.0], [3, 4])
    slices = tf.IndexedSlices(x, tf.constant([0, 1], tf.int64), tf.constant([9, 3]))
    no_shape = tf.IndexedSlices(x, tf.constant([0, 1]))
    assert tf.TensorSpec([None, 3]).is_compatible_with(x)
    assert not tf.TensorSpec([3, 3]).is_compatible_with(x)
    assert not tf.TensorSpec([2, 3]).is_compatible_with([[1.0, 2.0, 3.0]])
    assert tf.SparseTensorSpec([3, None]).is_compatible_with(sparse)
    assert not tf.SparseTensorSpec([4, 4]).is_compatible_with(sparse)
    assert not tf.SparseTensorSpec([3, 4]).is_compatible_with([[1.0]])
    known = tf.IndexedSlicesSpec([9, 3], dense_shape_dtype=tf.int32, indices_shape=[2])
    assert known.is_compatible_with(slices)
    assert not known.is_compatible_with(no_shape)
    assert tf.IndexedSlicesSpec(indices_dtype=tf.int32).is_compatible_with(no_shape)
    with pytest.raises(TypeError, match="Could not build a TypeSpec"):
        known.is_compatible_with(object())
    for spec, value in [
        (tf.TensorSpec([2, None]), x),
        (tf.SparseTensorSpec([3, 4]), sparse),
        (known, slices),
        (tf.IndexedSlicesSpec(), no_shape),
    ]:
        again = spec._from_components(spec._to_components(value))
        assert isinstance(again, spec.value_type)
        assert str(again) == str(value)


def test_values_of_runs() -> None:
    array = np.array([1, 2])
    slices = tf.IndexedSlicesSpec()._from_components((array, array))
    assert not isinstance(slices, tf.IndexedSlices)
    assert slices.dense_shape is None
    sparse = tf.SparseTensorSpec()._from_components([array, array, array])
    assert isinstance(sparse, tf.SparseTensorValue)
    parts = tf.SparseTensorSpec()._to_components(tf.SparseTensorValue([[0]], [1.0], [2]))
    assert [part.dtype for part in parts] == [tf.int64, tf.float32, tf.int64]


def test_tensor_specs() -> None:
    x = tf.placeholder(tf.int32, [2], name="x")
    spec = tf.TensorSpec.from_tensor(x)
    assert (spec.shape, spec.dtype, spec.name) == (tf.TensorShape([2]), tf.int32, "x")
    assert tf.TensorSpec.from_tensor(x, "mine").name == "mine"
    assert tf.TensorSpec.from_spec(spec, "other") == tf.TensorSpec([2], tf.int32, "other")
    with pytest.raises(ValueError, match=r"should be a tf\.Tensor"):
        tf.TensorSpec.from_tensor([1])
    for value in ("text", [1, 2, 3]):
        with pytest.raises(ValueError, match=r"not convertible to a tensor with dtype .*int32.*2"):
            spec._to_components(value)
    with pytest.raises(ValueError, match="rank 1"):
        tf.IndexedSlicesSpec(indices_shape=[1, 2])
