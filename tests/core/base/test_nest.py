"""Nested structures against TensorFlow's, results and messages alike."""

from __future__ import annotations

import collections
from collections import OrderedDict, defaultdict, namedtuple
from collections.abc import Sequence
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from graphflow.core.base import nest
from graphflow.core.base.nest import CompositeTensor

Pair = namedtuple("Pair", "a b")
OtherPair = namedtuple("OtherPair", "a b")


class DerivedPair(Pair):
    pass


class Attrs:
    """What the attrs package makes of a class, as far as structures are concerned."""

    __attrs_attrs__ = (SimpleNamespace(name="second"), SimpleNamespace(name="first"))

    def __init__(self, second: Any, first: Any) -> None:
        self.second = second
        self.first = first

    def __repr__(self) -> str:
        return f"Attrs({self.second}, {self.first})"


class Parts(CompositeTensor):
    """A value of two parts."""

    def __init__(self, *parts: Any) -> None:
        self.parts = parts

    def _to_components(self) -> tuple[Any, ...]:
        return self.parts

    def _from_components(self, components: Sequence[Any]) -> Parts:
        return Parts(*components)


STRUCTURES: list[Any] = [
    5,
    "text",
    None,
    [],
    {},
    [1, (2, [3, ()]), {"b": 4, "a": [5, 6]}],
    (1, 2),
    Pair(1, Pair([2], 3)),
    DerivedPair(1, 2),
    OrderedDict([("z", 1), ("a", (2, 3))]),
    defaultdict(list, {"z": 1, "a": [2]}),
    Attrs(1, [2, 3]),
    range(3),
    collections.UserDict({"b": 1, "a": 2}),
    [bytearray(b"x"), b"y"],
]


@pytest.fixture(scope="module")
def their_nest(oracle: ModuleType) -> ModuleType:
    from tensorflow.python.util import nest as their_nest

    return their_nest


def outcome(function: Any, *args: Any, **kwargs: Any) -> Any:
    try:
        return repr(function(*args, **kwargs))
    except (ValueError, TypeError) as error:
        return type(error), str(error)


@pytest.mark.parametrize("structure", STRUCTURES, ids=repr)
def test_flatten_and_pack_are_tensorflows(their_nest: ModuleType, structure: Any) -> None:
    leaves = nest.flatten(structure)
    assert leaves == their_nest.flatten(structure)
    packed = nest.pack_sequence_as(structure, leaves)
    expected = their_nest.pack_sequence_as(structure, leaves)
    assert repr(packed) == repr(expected)
    assert type(packed) is type(expected)
    assert list(nest.yield_flat_paths(structure)) == list(their_nest.yield_flat_paths(structure))
    assert nest.flatten_with_joined_string_paths(
        structure, "."
    ) == their_nest.flatten_with_joined_string_paths(structure, ".")
    assert nest.is_sequence(structure) == their_nest.is_nested(structure)


def test_leaves() -> None:
    for leaf in ("text", b"bytes", 3, None, np.zeros(3), {1, 2}, object()):
        assert not nest.is_sequence(leaf)
        assert nest.flatten(leaf) == [leaf] or isinstance(leaf, np.ndarray)
    assert nest.is_nested({}.keys())


def test_packing_keeps_the_order_of_an_ordered_dict() -> None:
    packed = nest.pack_sequence_as(OrderedDict([("z", 0), ("a", 0)]), ["for a", "for z"])
    assert list(packed.items()) == [("z", "for z"), ("a", "for a")]


def test_packing_a_view_gives_a_list() -> None:
    assert nest.pack_sequence_as({"b": 1, "a": 2}.values(), [3, 4]) == [3, 4]


@pytest.mark.parametrize(
    ("structure", "values", "error", "text"),
    [
        ([1, 2], [1], ValueError, "Structure had 2 elements, but flat_sequence had 1 elements"),
        ([1, 2], [1, 2, 3], ValueError, "had 2 elements, but flat_sequence had 3 elements"),
        (1, [1, 2], ValueError, r"Structure is a scalar but len\(flat_sequence\) == 2 > 1"),
        ([1], 3, TypeError, "flat_sequence must be a sequence"),
        ([1], np.zeros(1), TypeError, "flat_sequence must be a sequence"),
    ],
)
def test_packing_errors(structure: Any, values: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        nest.pack_sequence_as(structure, values)


def test_keys_that_cannot_be_sorted() -> None:
    with pytest.raises(TypeError, match="nest only supports dicts with sortable keys."):
        nest.flatten({1: 1, "a": 2})


COUPLES: list[tuple[Any, Any]] = [
    (1, 2),
    ([1, [2]], [3, [4]]),
    ([1, 2], [1, [2]]),
    ([[1], 2], [1, 2]),
    ([1, 2], (1, 2)),
    ([1, 2], [1]),
    ({"a": 1}, {"b": 1}),
    ({"a": 1}, OrderedDict(a=2)),
    ({"a": 1}, {"a": 1, "b": 2}),
    (Pair(1, 2), Pair(3, 4)),
    (Pair(1, 2), OtherPair(1, 2)),
    (Pair(1, 2), DerivedPair(1, 2)),
    (Pair(1, 2), (1, 2)),
    (Pair(1, 2), namedtuple("Pair", "a b")(1, 2)),
    ({"a": [1, 2]}, {"a": (1, 2)}),
]


@pytest.mark.parametrize("check_types", [True, False])
@pytest.mark.parametrize(("first", "second"), COUPLES, ids=repr)
def test_same_structure_is_what_tensorflow_thinks(
    their_nest: ModuleType, first: Any, second: Any, check_types: bool
) -> None:
    expected = outcome(their_nest.assert_same_structure, first, second, check_types)
    assert outcome(nest.assert_same_structure, first, second, check_types) == expected
    expected = outcome(their_nest.map_structure, max, first, second, check_types=check_types)
    assert outcome(nest.map_structure, max, first, second, check_types=check_types) == expected


def test_a_derived_list_is_a_list() -> None:
    class DerivedList(list[Any]):
        pass

    nest.assert_same_structure([1], DerivedList([1]))


def test_map_structure_arguments() -> None:
    with pytest.raises(TypeError, match="func must be callable, got: 3"):
        nest.map_structure(3, [1])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="Must provide at least one structure"):
        nest.map_structure(abs)
    with pytest.raises(ValueError, match="not: `foo`"):
        nest.map_structure(abs, [1], foo=True)


SHALLOW: list[tuple[Any, Any]] = [
    (None, [1, 2]),
    ([None, None], [[1, 2], (3, {"a": 4})]),
    ([[None], None], [[[1]], 2]),
    ([1, [2]], [1, 2]),
    ([1], [1, 2]),
    ([1, 2, 3], [1, 2]),
    ([1], (1,)),
    ({"a": 1}, {"b": 1}),
    ({"a": 1}, {"a": [1], "b": 2}),
    ({"b": 1, "a": [0]}, OrderedDict([("b", 1), ("a", [2])])),
    (Pair(0, 0), Pair([1], 2)),
    (Pair(0, 0), OtherPair(1, 2)),
]


@pytest.mark.parametrize("check_types", [True, False])
@pytest.mark.parametrize(("shallow", "tree"), SHALLOW, ids=repr)
def test_shallow_structures_are_tensorflows(
    their_nest: ModuleType, shallow: Any, tree: Any, check_types: bool
) -> None:
    for name in ("assert_shallow_structure", "flatten_up_to", "flatten_with_tuple_paths_up_to"):
        expected = outcome(getattr(their_nest, name), shallow, tree, check_types)
        assert outcome(getattr(nest, name), shallow, tree, check_types) == expected, name


def test_shorter_shallow_structures() -> None:
    nest.assert_shallow_structure([1], [1, 2], check_subtrees_length=False)
    assert nest.flatten_up_to({"a": 0}, {"a": [1], "b": 2}, check_subtrees_length=False) == [[1]]
    with pytest.raises(ValueError, match="The input_tree has fewer elements than the shallow_tree"):
        nest.assert_shallow_structure([1, 2], [1], check_subtrees_length=False)


def test_positions_count_when_types_need_not_agree() -> None:
    assert nest.flatten_up_to([0, 0], Pair([1], 2), check_types=False) == [[1], 2]
    assert nest.flatten_up_to(Pair(0, 0), [[1], 2], check_types=False) == [[1], 2]


def test_map_structure_up_to() -> None:
    operations = Pair(a=(1, 2), b=(3, 4))
    result = nest.map_structure_up_to(Pair(0, 0), lambda x, y: (x, y), Pair(5, 6), operations)
    assert result == Pair((5, (1, 2)), (6, (3, 4)))
    with pytest.raises(ValueError, match="Cannot map over no sequences"):
        nest.map_structure_up_to([1], abs)


def test_map_structure_with_paths() -> None:
    tree = {"a": [1, 2], "b": 3}
    assert nest.map_structure_with_paths(lambda path, leaf: f"{path}={leaf}", tree) == {
        "a": ["a/0=1", "a/1=2"],
        "b": "b=3",
    }
    assert nest.map_structure_with_tuple_paths(lambda path, leaf: path, tree) == {
        "a": [("a", 0), ("a", 1)],
        "b": ("b",),
    }


def test_flatten_dict_items(their_nest: ModuleType) -> None:
    dictionary = {(4, (5, 6)): ("a", ("b", "c")), 7: [1, 2]}
    assert nest.flatten_dict_items(dictionary) == {4: "a", 5: "b", 6: "c", 7: [1, 2]}
    for bad in ({(1, 2): (3,)}, {1: 2, (1, 3): (4, 5)}):
        expected = outcome(their_nest.flatten_dict_items, bad)
        assert outcome(nest.flatten_dict_items, bad)[0] is expected[0]
    with pytest.raises(TypeError, match="input must be a dictionary"):
        nest.flatten_dict_items([1])  # type: ignore[arg-type]


def test_composites_are_leaves_unless_expanded() -> None:
    value = Parts(1, 2)
    assert nest.flatten([value, 3]) == [value, 3]
    assert nest.flatten([value, 3], expand_composites=True) == [1, 2, 3]
    doubled = nest.map_structure(lambda x: 2 * x, [value, 3], expand_composites=True)
    assert (doubled[0].parts, doubled[1]) == ((2, 4), 6)
    nest.assert_same_structure(value, Parts(3, 4), expand_composites=True)
    with pytest.raises(TypeError):
        nest.assert_same_structure(value, [(3, 4)], check_types=False, expand_composites=True)
    with pytest.raises(TypeError):
        nest.assert_shallow_structure([(0, 0)], Parts(3, 4), False, expand_composites=True)


def test_traverse_shallow_structure(their_nest: ModuleType) -> None:
    tree = [[1, 2], {"a": (3, [4]), "b": 5}]
    for wants in (
        lambda s: not isinstance(s, tuple),
        lambda s: False,
        lambda s: [True, False] if isinstance(s, list) and len(s) == 2 else True,
    ):
        assert nest.get_traverse_shallow_structure(
            wants, tree
        ) == their_nest.get_traverse_shallow_structure(wants, tree)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("yes", "traverse_fn returned a non-bool scalar: yes"),
        (["yes", True], "traverse_fn didn't return a depth=1 structure of bools"),
    ],
)
def test_traverse_function_that_answers_no_bool(answer: Any, text: str) -> None:
    with pytest.raises(TypeError, match=text):
        nest.get_traverse_shallow_structure(lambda _: answer, [1, 2])


def test_traverse_function_that_answers_a_structure_for_a_leaf() -> None:
    with pytest.raises(TypeError, match="for non-structure: 1"):
        nest.get_traverse_shallow_structure(lambda _: [True], 1)
