"""Nested structures: lists, tuples, named tuples, dicts and attrs classes as trees of leaves.

What `Session.run` fetches, what `cond` and `while_loop` carry and what `map_fn` maps over are such
trees: they are flattened, worked on as a list, and packed again. Dicts of every kind are walked
in the order of their sorted keys, so that a plain dict and an OrderedDict flatten alike.
"""

from __future__ import annotations

import collections
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, MappingView, Sequence
from functools import lru_cache
from typing import Any

Path = tuple[Any, ...]


class CompositeTensor(ABC):
    """A value made of several tensors (SparseTensor, IndexedSlices): a leaf, unless a function here
    is called with `expand_composites=True`.
    """

    @abstractmethod
    def _to_components(self) -> tuple[Any, ...]:
        """The tensors; None stands for an absent one."""

    @abstractmethod
    def _from_components(self, components: Sequence[Any]) -> Any:
        """A value of this kind made of other tensors."""


@lru_cache(maxsize=4096)
def _is_sequence_type(cls: type) -> bool:
    if issubclass(cls, (Mapping, MappingView)) or hasattr(cls, "__attrs_attrs__"):
        return True
    return issubclass(cls, Sequence) and not issubclass(cls, (str, bytes))


def is_sequence(seq: Any) -> bool:
    """Whether a value is a tree with branches, not a leaf.

    Args:
      seq: any value.

    Returns:
      True for sequences other than text and bytes, mappings and their views, and attrs classes.
      Sets and arrays are leaves.
    """
    return _is_sequence_type(type(seq))  # type: ignore[arg-type]  # mypy: a class is not Hashable


is_nested = is_sequence


def is_sequence_or_composite(seq: Any) -> bool:
    """Whether a value is a tree with branches or a CompositeTensor."""
    return is_sequence(seq) or isinstance(seq, CompositeTensor)


def _branch_test(expand_composites: bool) -> Callable[[Any], bool]:
    return is_sequence_or_composite if expand_composites else is_sequence


def _is_attrs(value: Any) -> bool:
    return hasattr(type(value), "__attrs_attrs__")


def _is_namedtuple(value: Any) -> bool:
    if not isinstance(value, tuple):
        return False
    fields = getattr(value, "_fields", None)
    return isinstance(fields, Sequence) and all(isinstance(field, str) for field in fields)


def _is_plain_namedtuple(value: Any) -> bool:
    """A named tuple, not a class derived from one."""
    return type(value).__base__ is tuple and _is_namedtuple(value)


def _same_namedtuples(first: Any, second: Any) -> bool:
    """Two definitions with one name and the same fields count as one class."""
    names_agree = type(first).__name__ == type(second).__name__
    return names_agree and bool(first._fields == second._fields)


def _sorted_keys(mapping: Iterable[Any]) -> list[Any]:
    try:
        return sorted(mapping)
    except TypeError as error:
        raise TypeError("nest only supports dicts with sortable keys.") from error


def _items(branch: Any) -> Iterable[tuple[Any, Any]]:
    """The children of a branch with their keys: index, dict key, or attribute name."""
    if isinstance(branch, Mapping):
        return [(key, branch[key]) for key in _sorted_keys(branch)]
    if _is_attrs(branch):
        names = [attribute.name for attribute in type(branch).__attrs_attrs__]
        return [(name, getattr(branch, name)) for name in names]
    if _is_namedtuple(branch):
        return zip(branch._fields, branch, strict=True)
    if isinstance(branch, CompositeTensor):
        return [(type(branch).__name__, branch._to_components())]
    return enumerate(branch)


def _children(branch: Any) -> Iterable[Any]:
    if isinstance(branch, (list, tuple)):
        return branch
    return [child for _, child in _items(branch)]


def _like(branch: Any, children: Sequence[Any]) -> Any:
    """A branch of the same kind with other children."""
    if isinstance(branch, Mapping):
        by_key = dict(zip(_sorted_keys(branch), children, strict=True))
        pairs = [(key, by_key[key]) for key in branch]
        if type(branch) is collections.defaultdict:
            return collections.defaultdict(branch.default_factory, pairs)
        return type(branch)(pairs)  # type: ignore[call-arg]
    if isinstance(branch, (MappingView, range)):
        return list(children)
    if _is_namedtuple(branch) or _is_attrs(branch):
        return type(branch)(*children)
    if isinstance(branch, CompositeTensor):
        return branch._from_components(children[0])
    return type(branch)(children)


def flatten(structure: Any, expand_composites: bool = False) -> list[Any]:
    """The leaves of a structure, from left to right, dicts in the order of their sorted keys.

    Args:
      structure: a nested structure, or a leaf.
      expand_composites: whether the leaves of a CompositeTensor are its tensors.

    Returns:
      The list of leaves; `[structure]` if it is a leaf itself.

    Raises:
      TypeError: a dict's keys cannot be sorted.
    """
    leaves: list[Any] = []
    _flatten_into(leaves, structure, _branch_test(expand_composites))
    return leaves


def _flatten_into(leaves: list[Any], structure: Any, is_branch: Callable[[Any], bool]) -> None:
    if not is_branch(structure):
        leaves.append(structure)
        return
    for child in _children(structure):
        _flatten_into(leaves, child, is_branch)


def pack_sequence_as(structure: Any, flat_sequence: Any, expand_composites: bool = False) -> Any:
    """The inverse of `flatten`.

    Args:
      structure: a nested structure, or a leaf.
      flat_sequence: as many values as the structure has leaves.
      expand_composites: whether the leaves of a CompositeTensor are its tensors.

    Returns:
      A structure of the same kind with these values as leaves. An OrderedDict keeps the order of
      its keys; a mapping's view and a range become lists.

    Raises:
      TypeError: `flat_sequence` is no sequence.
      ValueError: the number of values is not that of the leaves.
    """
    is_branch = _branch_test(expand_composites)
    if not is_branch(flat_sequence):
        raise TypeError("flat_sequence must be a sequence")
    if not is_branch(structure):
        if len(flat_sequence) != 1:
            raise ValueError(
                f"Structure is a scalar but len(flat_sequence) == {len(flat_sequence)} > 1"
            )
        return flat_sequence[0]
    leaf_count = len(flatten(structure, expand_composites))
    if leaf_count != len(flat_sequence):
        raise ValueError(
            f"Could not pack sequence. Structure had {leaf_count} elements, but flat_sequence "
            f"had {len(flat_sequence)} elements.  Structure: {structure}, "
            f"flat_sequence: {flat_sequence}."
        )
    return _pack(structure, iter(flat_sequence), is_branch)


def _pack(structure: Any, values: Iterator[Any], is_branch: Callable[[Any], bool]) -> Any:
    if not is_branch(structure):
        return next(values)
    return _like(structure, [_pack(child, values, is_branch) for child in _children(structure)])


def map_structure(
    func: Callable[..., Any],
    *structure: Any,
    check_types: bool = True,
    expand_composites: bool = False,
    **unknown: Any,
) -> Any:
    """Calls a function on the corresponding leaves of one or several structures.

    Args:
      func: takes as many arguments as there are structures.
      *structure: structures of one shape.
      check_types: whether they must be of the same kinds too (lists and tuples differ).
      expand_composites: whether the leaves of a CompositeTensor are its tensors.
      **unknown: refused.

    Returns:
      A structure like the first, of what the function returned.

    Raises:
      TypeError: `func` cannot be called, or the kinds differ.
      ValueError: the structures differ, there is none, or an argument is unknown.
    """
    if not callable(func):
        raise TypeError(f"func must be callable, got: {func}")
    if not structure:
        raise ValueError("Must provide at least one structure")
    if unknown:
        raise ValueError(
            "Only valid keyword arguments are `check_types` and `expand_composites`, not: "
            f"`{'`, `'.join(unknown)}`"
        )
    for other in structure[1:]:
        assert_same_structure(structure[0], other, check_types, expand_composites)
    columns = [flatten(tree, expand_composites) for tree in structure]
    results = [func(*leaves) for leaves in zip(*columns, strict=True)]
    return pack_sequence_as(structure[0], results, expand_composites)


class _Dot:
    """Prints as the leaf of a structure whose branches alone matter."""

    def __repr__(self) -> str:
        return "."


def assert_same_structure(
    nest1: Any, nest2: Any, check_types: bool = True, expand_composites: bool = False
) -> None:
    """Checks that two structures branch alike.

    Args:
      nest1: a nested structure, or a leaf.
      nest2: another.
      check_types: whether corresponding branches must be of one type. Named tuples of one name
        and the same fields are; so are a list and a derived list, and any two mappings with the
        same keys.
      expand_composites: whether CompositeTensors are branches.

    Raises:
      ValueError: the numbers of children, the keys, or leaf and branch differ.
      TypeError: with `check_types`, the types differ.
    """
    try:
        _assert_same(nest1, nest2, check_types, _branch_test(expand_composites))
    except (ValueError, TypeError) as error:
        dot = _Dot()
        skeletons = [map_structure(lambda _: dot, nest) for nest in (nest1, nest2)]
        raise type(error)(
            "The two structures don't have the same nested structure.\n\n"
            f"First structure: {_describe(nest1)}\n\nSecond structure: {_describe(nest2)}\n\n"
            f"More specifically: {error}\n"
            f"Entire first structure:\n{skeletons[0]}\n"
            f"Entire second structure:\n{skeletons[1]}"
        ) from None


def _describe(value: Any) -> str:
    return f"type={type(value).__name__} str={value}"


def _assert_same(
    first: Any, second: Any, check_types: bool, is_branch: Callable[[Any], bool]
) -> None:
    first_is_branch = is_branch(first)
    if first_is_branch != is_branch(second):
        branch, leaf = (first, second) if first_is_branch else (second, first)
        raise ValueError(
            f'Substructure "{_describe(branch)}" is a sequence, while substructure '
            f'"{_describe(leaf)}" is not'
        )
    if not first_is_branch:
        return
    if check_types or isinstance(first, CompositeTensor) or isinstance(second, CompositeTensor):
        _assert_same_type(first, second)
    first_children, second_children = list(_children(first)), list(_children(second))
    if len(first_children) != len(second_children):
        raise ValueError(
            "The two structures don't have the same number of elements. "
            f"First structure: {_describe(first)}. Second structure: {_describe(second)}"
        )
    for first_child, second_child in zip(first_children, second_children, strict=True):
        _assert_same(first_child, second_child, check_types, is_branch)


def _assert_same_type(first: Any, second: Any) -> None:
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        if set(first) != set(second):
            raise ValueError(
                "The two dictionaries don't have the same set of keys. First structure has keys "
                f"{_describe(list(first))}, while second structure has keys "
                f"{_describe(list(second))}"
            )
        return
    if _is_plain_namedtuple(first) and _is_plain_namedtuple(second):
        same = _same_namedtuples(first, second)
    else:
        both_lists = isinstance(first, list) and isinstance(second, list)
        same = type(first) is type(second) or both_lists
    if not same:
        raise TypeError(
            "The two namedtuples don't have the same sequence type. "
            f"First structure {_describe(first)} has type {type(first).__name__}, while second "
            f"structure {_describe(second)} has type {type(second).__name__}"
        )


def flatten_dict_items(dictionary: Mapping[Any, Any]) -> dict[Hashable, Any]:
    """Splits entries whose key and value are structures into an entry for each leaf.

    Args:
      dictionary: for instance `{(4, (5, 6)): ("a", ("b", "c"))}`.

    Returns:
      For instance `{4: "a", 5: "b", 6: "c"}`.

    Raises:
      TypeError: the argument is no mapping.
      ValueError: a key and its value have different numbers of leaves, or a key comes twice.
    """
    if not isinstance(dictionary, Mapping):
        raise TypeError("input must be a dictionary")
    flat: dict[Hashable, Any] = {}
    for key, value in dictionary.items():
        keys, values = (flatten(key), flatten(value)) if is_sequence(key) else ([key], [value])
        if len(keys) != len(values):
            raise ValueError(
                f"Could not flatten dictionary. Key had {len(keys)} elements, but value had "
                f"{len(values)} elements. Key: {keys}, value: {values}."
            )
        for flat_key, flat_value in zip(keys, values, strict=True):
            if flat_key in flat:
                raise ValueError(f"Could not flatten dictionary: key {flat_key} is not unique.")
            flat[flat_key] = flat_value
    return flat


def assert_shallow_structure(
    shallow_tree: Any,
    input_tree: Any,
    check_types: bool = True,
    expand_composites: bool = False,
    check_subtrees_length: bool = True,
) -> None:
    """Checks that a structure branches wherever a shallower one does.

    Args:
      shallow_tree: a structure whose leaves stand for any subtree.
      input_tree: the structure to check.
      check_types: whether a branch of `input_tree` must be an instance of the shallow one's type
        (mappings, and named tuples of one name and the same fields, count as one type).
      expand_composites: whether CompositeTensors are branches.
      check_subtrees_length: whether branches must have equal lengths; if not, `input_tree` may
        have more children.

    Raises:
      TypeError: a leaf stands where the shallow structure branches, or types differ.
      ValueError: lengths or keys do not fit.
    """
    is_branch = _branch_test(expand_composites)
    _assert_shallow(shallow_tree, input_tree, check_types, check_subtrees_length, is_branch)


def _assert_shallow(
    shallow: Any,
    tree: Any,
    check_types: bool,
    check_length: bool,
    is_branch: Callable[[Any], bool],
) -> None:
    if not is_branch(shallow):
        return
    if not is_branch(tree):
        raise TypeError(
            "If shallow structure is a sequence, input must also be a sequence. "
            f"Input has type: {type(tree)}."
        )
    either_composite = isinstance(shallow, CompositeTensor) or isinstance(tree, CompositeTensor)
    if (check_types or either_composite) and not _serves_as(tree, shallow):
        raise TypeError(
            "The two structures don't have the same sequence type. Input structure has type "
            f"{type(tree)}, while shallow structure has type {type(shallow)}."
        )
    if not either_composite:
        _assert_shallow_length(shallow, tree, check_length)
    for _, shallow_child, child in _paired_children(shallow, tree):
        _assert_shallow(shallow_child, child, check_types, check_length, is_branch)


def _paired_children(shallow: Any, tree: Any) -> list[tuple[Any, Any, Any]]:
    """(key, child of `shallow`, child of `tree`): by key in mappings, else by position."""
    if not isinstance(shallow, Mapping):
        return [
            (key, shallow_child, child)
            for (key, shallow_child), child in zip(_items(shallow), _children(tree), strict=False)
        ]
    absent_keys = set(shallow) - set(tree)
    if absent_keys:
        raise ValueError(
            "The shallow_tree's keys are not a subset of the input_tree's keys. The shallow_tree "
            f"has the following keys that are not in the input_tree: {sorted(absent_keys)}."
        )
    return [(key, shallow[key], tree[key]) for key in _sorted_keys(shallow)]


def _serves_as(tree: Any, shallow: Any) -> bool:
    """Whether the type of `tree` may stand where that of `shallow` is expected."""
    if isinstance(tree, type(shallow)):
        return True
    if _is_namedtuple(shallow) and _is_namedtuple(tree):
        return _same_namedtuples(shallow, tree)
    return isinstance(shallow, Mapping) and isinstance(tree, Mapping)


def _assert_shallow_length(shallow: Any, tree: Any, check_length: bool) -> None:
    length, shallow_length = len(list(_children(tree))), len(list(_children(shallow)))
    if check_length and length != shallow_length:
        raise ValueError(
            "The two structures don't have the same sequence length. Input structure has length "
            f"{length}, while shallow structure has length {shallow_length}."
        )
    if length < shallow_length:
        raise ValueError(
            "The input_tree has fewer elements than the shallow_tree. Input structure has length "
            f"{length}, while shallow structure has length {shallow_length}."
        )


def _leaves_up_to(
    shallow: Any, tree: Any, is_branch: Callable[[Any], bool], path: Path = ()
) -> Iterator[tuple[Path, Any]]:
    """The subtrees at the leaves of `shallow`, with their paths."""
    if not is_branch(shallow):
        yield path, tree
        return
    for key, shallow_child, child in _paired_children(shallow, tree):
        yield from _leaves_up_to(shallow_child, child, is_branch, (*path, key))


def flatten_with_tuple_paths_up_to(
    shallow_tree: Any,
    input_tree: Any,
    check_types: bool = True,
    expand_composites: bool = False,
    check_subtrees_length: bool = True,
) -> list[tuple[Path, Any]]:
    """`flatten_up_to` with the path of each subtree: `[(path, subtree), ...]`.

    Args:
      shallow_tree: see `assert_shallow_structure`.
      input_tree: see there.
      check_types: see there.
      expand_composites: see there.
      check_subtrees_length: see there.

    Returns:
      The pairs; a path is a tuple of indices, keys and attribute names.

    Raises:
      TypeError: the structures do not fit.
      ValueError: they do not fit.
    """
    is_branch = _branch_test(expand_composites)
    _assert_shallow(shallow_tree, input_tree, check_types, check_subtrees_length, is_branch)
    return list(_leaves_up_to(shallow_tree, input_tree, is_branch))


def flatten_up_to(
    shallow_tree: Any,
    input_tree: Any,
    check_types: bool = True,
    expand_composites: bool = False,
    check_subtrees_length: bool = True,
) -> list[Any]:
    """Flattens a structure only as deep as another reaches.

    Args:
      shallow_tree: see `assert_shallow_structure`.
      input_tree: see there.
      check_types: see there.
      expand_composites: see there.
      check_subtrees_length: see there.

    Returns:
      The subtrees of `input_tree` at the leaves of `shallow_tree`.

    Raises:
      TypeError: the structures do not fit.
      ValueError: they do not fit.
    """
    pairs = flatten_with_tuple_paths_up_to(
        shallow_tree, input_tree, check_types, expand_composites, check_subtrees_length
    )
    return [subtree for _, subtree in pairs]


def map_structure_with_tuple_paths_up_to(
    shallow_tree: Any,
    func: Callable[..., Any],
    *inputs: Any,
    check_types: bool = True,
    expand_composites: bool = False,
    check_subtrees_length: bool = True,
    **kwargs: Any,
) -> Any:
    """`map_structure_up_to` whose function takes the path as its first argument.

    Args:
      shallow_tree: see `assert_shallow_structure`.
      func: called as `func(path, *subtrees, **kwargs)`.
      *inputs: structures that fit `shallow_tree`.
      check_types: see `assert_shallow_structure`.
      expand_composites: see there.
      check_subtrees_length: see there.
      **kwargs: handed to `func`.

    Returns:
      A structure like `shallow_tree`, of what the function returned.

    Raises:
      TypeError: the structures do not fit.
      ValueError: they do not fit, or there is none.
    """
    if not inputs:
        raise ValueError("Cannot map over no sequences")
    columns = [
        flatten_with_tuple_paths_up_to(
            shallow_tree, tree, check_types, expand_composites, check_subtrees_length
        )
        for tree in inputs
    ]
    results = [
        func(row[0][0], *(subtree for _, subtree in row), **kwargs)
        for row in zip(*columns, strict=True)
    ]
    return pack_sequence_as(shallow_tree, results, expand_composites)


def map_structure_up_to(
    shallow_tree: Any, func: Callable[..., Any], *inputs: Any, **kwargs: Any
) -> Any:
    """Calls a function on corresponding subtrees, at the leaves of a shallower structure.

    Args:
      shallow_tree: see `assert_shallow_structure`.
      func: called as `func(*subtrees)`.
      *inputs: structures that fit `shallow_tree`.
      **kwargs: `check_types`, `expand_composites`, `check_subtrees_length` as in
        `assert_shallow_structure`; others are handed to `func`.

    Returns:
      A structure like `shallow_tree`, of what the function returned.

    Raises:
      TypeError: the structures do not fit.
      ValueError: they do not fit, or there is none.
    """

    def without_path(_: Path, *subtrees: Any, **rest: Any) -> Any:
        return func(*subtrees, **rest)

    return map_structure_with_tuple_paths_up_to(shallow_tree, without_path, *inputs, **kwargs)


def map_structure_with_tuple_paths(func: Callable[..., Any], *structure: Any, **kwargs: Any) -> Any:
    """`map_structure` whose function takes the path, a tuple, as its first argument."""
    return map_structure_with_tuple_paths_up_to(structure[0], func, *structure, **kwargs)


def map_structure_with_paths(func: Callable[..., Any], *structure: Any, **kwargs: Any) -> Any:
    """`map_structure` whose function takes the path, joined with "/", as its first argument."""

    def with_text_path(path: Path, *leaves: Any, **rest: Any) -> Any:
        return func("/".join(map(str, path)), *leaves, **rest)

    return map_structure_with_tuple_paths(with_text_path, *structure, **kwargs)


def yield_flat_paths(nest: Any, expand_composites: bool = False) -> Iterator[Path]:
    """The paths of a structure's leaves, in the order of `flatten`.

    Args:
      nest: a nested structure, or a leaf (its path is `()`).
      expand_composites: whether the leaves of a CompositeTensor are its tensors.

    Yields:
      Tuples of indices, keys and attribute names.
    """
    for path, _ in _leaves_up_to(nest, nest, _branch_test(expand_composites)):
        yield path


def flatten_with_tuple_paths(
    structure: Any, expand_composites: bool = False
) -> list[tuple[Path, Any]]:
    """`flatten` with the path of each leaf: `[(path, leaf), ...]`."""
    return list(_leaves_up_to(structure, structure, _branch_test(expand_composites)))


def flatten_with_joined_string_paths(
    structure: Any, separator: str = "/", expand_composites: bool = False
) -> list[tuple[str, Any]]:
    """`flatten` with the path of each leaf as text: `[("a/0", leaf), ...]`."""
    return [
        (separator.join(map(str, path)), leaf)
        for path, leaf in flatten_with_tuple_paths(structure, expand_composites)
    ]


def get_traverse_shallow_structure(
    traverse_fn: Callable[[Any], Any], structure: Any, expand_composites: bool = False
) -> Any:
    """A shallow structure of bools that tells which subtrees a function wants walked.

    Args:
      traverse_fn: takes a subtree; returns a bool for all of its children, or a structure of
        bools, one for each child.
      structure: the structure to walk.
      expand_composites: whether CompositeTensors are branches.

    Returns:
      A structure for `flatten_up_to` and `map_structure_up_to`.

    Raises:
      TypeError: the function returned something else.
    """
    is_branch = _branch_test(expand_composites)
    wanted = traverse_fn(structure)
    if not is_branch(structure):
        if not isinstance(wanted, bool):
            raise TypeError(
                f"traverse_fn returned structure: {wanted} for non-structure: {structure}"
            )
        return wanted
    children = list(_children(structure))
    if isinstance(wanted, bool):
        if not wanted:
            return False
        flags = [True] * len(children)
    elif is_branch(wanted):
        assert_shallow_structure(wanted, structure, expand_composites=expand_composites)
        flags = list(_children(wanted))
    else:
        raise TypeError(f"traverse_fn returned a non-bool scalar: {wanted} for input: {structure}")
    if not all(isinstance(flag, bool) for flag in flags):
        raise TypeError(
            f"traverse_fn didn't return a depth=1 structure of bools.  saw: {wanted}  "
            f"for structure: {structure}"
        )
    walked = [
        get_traverse_shallow_structure(traverse_fn, child, expand_composites) if flag else False
        for flag, child in zip(flags, children, strict=True)
    ]
    return _like(structure, walked)
