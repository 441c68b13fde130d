"""Dimension and TensorShape: against TensorFlow where it kept TF1's behaviour, else by example."""

from __future__ import annotations

import itertools
import operator
import pickle
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from graphflow.core.base import dtypes, tensor_shape
from graphflow.core.base.tensor_shape import Dimension, TensorShape

SHAPES: list[Any] = [None, [], [3], [None], [2, 3], [2, None], [None, None], [0, 4], [2, 3, 5]]


def outcome(function: Any, *args: Any) -> Any:
    """The text of what a call returns or raises: comparable between the two libraries."""
    try:
        return repr(function(*args))
    except (ValueError, TypeError, IndexError) as error:
        return type(error).__name__, str(error)


BINARY = ["add", "sub", "mul", "floordiv", "mod", "truediv", "lt", "le", "gt", "ge", "eq", "ne"]


@pytest.mark.parametrize("name", BINARY)
def test_dimension_arithmetic_is_tensorflows(oracle: ModuleType, name: str) -> None:
    function = getattr(operator, name)
    for x, y in itertools.product([7, 3, None], repeat=2):
        expected = outcome(function, oracle.Dimension(x), oracle.Dimension(y))
        assert outcome(function, Dimension(x), Dimension(y)) == expected
        assert outcome(function, Dimension(x), y) == outcome(function, oracle.Dimension(x), y)
        assert outcome(function, x, Dimension(y)) == outcome(function, x, oracle.Dimension(y))


def test_dimension_relations_are_tensorflows(oracle: ModuleType) -> None:
    for x, y in itertools.product([7, 3, None], repeat=2):
        ours, theirs = Dimension(x), oracle.Dimension(x)
        assert ours.is_compatible_with(y) == theirs.is_compatible_with(y)
        assert outcome(ours.merge_with, y) == outcome(theirs.merge_with, y)
        assert outcome(ours.assert_is_compatible_with, y) == outcome(
            theirs.assert_is_compatible_with, y
        )


def test_dimension_of_a_value() -> None:
    values = (3, 3.0, "3", np.int64(3), Dimension(3))
    assert [Dimension(value).value for value in values] == [3] * 5
    assert Dimension(None).value is None
    assert Dimension(Dimension(None)).value is None


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (2.5, ValueError, "Ambiguous dimension: 2.5"),
        (-1, ValueError, "Dimension -1 must be >= 0"),
        ("many", ValueError, "invalid literal"),
        (dtypes.float32, TypeError, "Cannot convert <dtype: 'float32'> to Dimension"),
        (object(), TypeError, "int"),
    ],
)
def test_dimension_of_no_value(value: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        Dimension(value)


def test_dimension_as_a_number() -> None:
    three = Dimension(3)
    assert int(three) == 3
    assert list(range(three)) == [0, 1, 2]
    assert (str(three), repr(three)) == ("3", "Dimension(3)")
    assert (str(Dimension(None)), repr(Dimension(None))) == ("?", "Dimension(None)")
    assert {three: "x"}[Dimension(3)] == "x"
    with pytest.raises(TypeError):
        int(Dimension(None))


def test_dimension_compared_with_no_dimension() -> None:
    assert (Dimension(3) == "x") is False
    assert (Dimension(3) != [1]) is True
    with pytest.raises(TypeError):
        _ = Dimension(3) < [1]
    with pytest.raises(TypeError):
        _ = Dimension(3) + [1]


def test_dimension_pickles() -> None:
    assert pickle.loads(pickle.dumps(Dimension(3))).value == 3


UNARY = [
    *("rank", "ndims", "dims", "as_list", "num_elements", "is_fully_defined"),
    *("assert_is_fully_defined", "__len__", "__bool__", "__str__", "__repr__"),
]


@pytest.mark.parametrize("dims", SHAPES, ids=str)
def test_what_a_shape_says_of_itself(oracle: ModuleType, dims: Any) -> None:
    ours, theirs = TensorShape(dims), oracle.TensorShape(dims)
    for name in UNARY:
        expected, got = getattr(theirs, name), getattr(ours, name)
        if callable(expected):
            assert outcome(got) == outcome(expected), name
        else:
            assert repr(got) == repr(expected), name
    assert outcome(list, ours) == outcome(list, theirs)


RELATIONS = [
    *("is_compatible_with", "assert_is_compatible_with", "merge_with", "concatenate"),
    *("most_specific_compatible_shape", "assert_same_rank", "__add__", "__radd__", "__concat__"),
]


@pytest.mark.parametrize("name", RELATIONS)
def test_relations_of_shapes_are_tensorflows(oracle: ModuleType, name: str) -> None:
    for x, y in itertools.product(SHAPES, repeat=2):
        ours, theirs = getattr(TensorShape(x), name), getattr(oracle.TensorShape(x), name)
        assert outcome(ours, TensorShape(y)) == outcome(theirs, oracle.TensorShape(y)), (x, y)


@pytest.mark.parametrize(
    "name", ["with_rank", "with_rank_at_least", "with_rank_at_most", "assert_has_rank"]
)
def test_rank_requirements_are_tensorflows(oracle: ModuleType, name: str) -> None:
    for dims, rank in itertools.product(SHAPES, range(4)):
        ours, theirs = getattr(TensorShape(dims), name), getattr(oracle.TensorShape(dims), name)
        assert outcome(ours, rank) == outcome(theirs, rank), (dims, rank)


KEYS = [
    *(0, -1, 5, slice(None), slice(1, None), slice(1, 3), slice(None, -1), slice(-1, None)),
    *(slice(None, None, 2), slice(0, 0)),
]


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_items_and_slices_are_tensorflows(oracle: ModuleType, key: Any) -> None:
    for dims in SHAPES:
        ours, theirs = TensorShape(dims), oracle.TensorShape(dims)
        expected, got = outcome(operator.getitem, theirs, key), outcome(operator.getitem, ours, key)
        if isinstance(expected, tuple) and expected[0] == "IndexError":
            assert got[0] == "IndexError"
        else:
            assert got == expected, dims


def test_shape_of_many_things() -> None:
    assert TensorShape(7).as_list() == [7]
    assert TensorShape(np.array([2, 3])).as_list() == [2, 3]
    assert TensorShape(iter([2, None])).as_list() == [2, None]
    assert TensorShape((Dimension(2), Dimension(None))).as_list() == [2, None]
    assert TensorShape([2.0, "3", np.int32(4)]).as_list() == [2, 3, 4]
    assert TensorShape(TensorShape([2, 3])).as_list() == [2, 3]


@pytest.mark.parametrize("text", ["347", b"347"])
def test_text_is_no_shape(text: Any) -> None:
    with pytest.raises(TypeError, match="A string has ambiguous TensorShape"):
        TensorShape(text)
    assert (TensorShape([347]) == text) is False
    assert (TensorShape([347]) != text) is True


def test_negative_dimension() -> None:
    with pytest.raises(ValueError, match="Dimension -1 must be >= 0"):
        TensorShape([2, -1])


@pytest.mark.parametrize("dims", SHAPES, ids=str)
def test_protos(oracle: ModuleType, dims: Any) -> None:
    shape = TensorShape(dims)
    theirs = oracle.TensorShape(dims).as_proto()
    assert shape.as_proto().SerializeToString() == theirs.SerializeToString()
    assert repr(TensorShape(shape.as_proto())) == repr(shape)
    assert repr(TensorShape(theirs)) == repr(shape)


def test_equality_is_that_of_tf1() -> None:
    assert TensorShape([2, 3]) == TensorShape([2, 3])
    assert TensorShape([2, 3]) == (2, 3)
    assert TensorShape([2, 3]) != [2, 4]
    assert TensorShape([2]) != [2, 4]
    partial = TensorShape([2, None])
    assert partial == partial
    assert partial == TensorShape(partial)
    assert not partial == TensorShape([2, None])
    assert partial != TensorShape([2, None])
    assert TensorShape(None) == TensorShape(None)
    assert not TensorShape(None) == TensorShape([2])
    with pytest.raises(ValueError, match="inequality of unknown TensorShapes is undefined"):
        _ = TensorShape(None) != TensorShape([2])


def test_hash() -> None:
    assert {TensorShape([2, 3]): "x"}[TensorShape((2, 3))] == "x"


@pytest.mark.parametrize("dims", SHAPES, ids=str)
def test_pickle(dims: Any) -> None:
    shape = TensorShape(dims)
    assert repr(pickle.loads(pickle.dumps(shape))) == repr(shape)


def test_merging_gives_back_what_knows_more() -> None:
    known = TensorShape([2, 3])
    assert TensorShape(None).merge_with(known) is known
    assert known.merge_with(TensorShape(None)) is known
    assert known.with_rank(2) is known


def test_named_shapes() -> None:
    assert tensor_shape.scalar().as_list() == []
    assert tensor_shape.vector(3).as_list() == [3]
    assert tensor_shape.matrix(3, None).as_list() == [3, None]
    assert tensor_shape.unknown_shape().rank is None
    assert tensor_shape.unknown_shape(2).as_list() == [None, None]
    assert tensor_shape.unknown_shape(ndims=2).as_list() == [None, None]


def test_dimension_helpers() -> None:
    assert tensor_shape.dimension_value(Dimension(3)) == 3
    assert tensor_shape.dimension_value(3) == 3
    assert tensor_shape.dimension_value(None) is None
    assert tensor_shape.dimension_at_index(TensorShape([3, 4]), -1).value == 4
    assert tensor_shape.dimension_at_index(TensorShape(None), 5).value is None
    three = Dimension(3)
    assert tensor_shape.as_dimension(three) is three


@pytest.fixture
def v2_items() -> Iterator[None]:
    tensor_shape.enable_v2_tensorshape()
    yield
    tensor_shape.disable_v2_tensorshape()


@pytest.mark.usefixtures("v2_items")
def test_items_are_ints_after_enable_v2_tensorshape() -> None:
    shape = TensorShape([2, None])
    assert list(shape) == [2, None]
    assert (shape[0], shape[1], TensorShape(None)[0]) == (2, None, None)
    assert (str(shape), repr(shape)) == ("(2, None)", "TensorShape([2, None])")
    assert shape[1:].as_list() == [None]
    assert isinstance(tensor_shape.dimension_at_index(shape, 0), Dimension)
