"""tf.nest has the names that TensorFlow 1.14 has."""

from __future__ import annotations

import collections

import pytest

import graphflow as tf

Point = collections.namedtuple("Point", "x y")


def test_flat_and_back() -> None:
    structure = {"b": [1, (2,)], "a": Point(3, None)}
    assert tf.nest.flatten(structure) == [3, None, 1, 2]
    assert tf.nest.pack_sequence_as(structure, list("wxyz")) == {
        "b": ["y", ("z",)],
        "a": Point(*"wx"),
    }
    assert tf.nest.map_structure(lambda a, b: a + b, [1, (2, 3)], [4, (5, 6)]) == [5, (7, 9)]
    assert tf.nest.is_nested([1]) and not tf.nest.is_nested("text")
    tf.nest.assert_same_structure([1, {"a": 2}], [3, {"a": 4}])
    with pytest.raises(ValueError, match="same"):
        tf.nest.assert_same_structure([1, 2], [1, [2]])
