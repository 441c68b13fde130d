"""Where a node stands in the explorer's tree of scopes."""

from __future__ import annotations

from collections.abc import Mapping

from ..folding import Folding
from ..graph_nodes import Node, leaf, scopes_around

Path = tuple[str, ...]

MAX_CHILDREN = 120  # of one scope; a larger one is divided into groups of neighbours
_GROUP = 40


def place_nodes(nodes: Mapping[str, Node], folding: Folding) -> dict[str, Path]:
    """Node or scope -> the titles from the top of the tree down to it.

    That is its name, but: what belongs to a variable or is an argument stands inside that node,
    series are a level of their own, and long scopes are divided.
    """
    stack_of = {scope: stack for stack, scopes in folding.series.items() for scope in scopes}

    def by_name(name: str) -> Path:
        path: list[str] = []
        for scope in [*scopes_around(name), name]:
            if scope in stack_of:
                path.append(leaf(stack_of[scope]))
            path.append(leaf(scope))
        return tuple(path)

    placed: dict[str, Path] = {}

    def place(name: str) -> Path:
        if name not in placed:
            outer = folding.inside.get(name)
            placed[name] = by_name(name) if outer is None else (*place(outer), *_rest(name, outer))
        return placed[name]

    for name in nodes:
        place(name)
        for scope in scopes_around(name) if name not in folding.inside else ():
            placed.setdefault(scope, by_name(scope))
    return _divided(placed)


def _rest(name: str, outer: str) -> Path:
    """The part of a name that the node around it does not say already."""
    parts = name.split("/")
    common = 0
    for part, other in zip(parts[:-1], outer.split("/")):
        if part != other:
            break
        common += 1
    return tuple(parts[common:])


def _divided(paths: dict[str, Path]) -> dict[str, Path]:
    """Adds levels (`n0…n39`) until no scope has more children than can be laid out and read."""
    while True:
        children: dict[Path, dict[str, None]] = {}
        for path in paths.values():
            for level in range(len(path)):
                children.setdefault(path[:level], {})[path[level]] = None
        groups: dict[Path, str] = {}
        for scope, titles in children.items():
            if len(titles) > MAX_CHILDREN:
                listed = list(titles)
                for start in range(0, len(listed), _GROUP):
                    part = listed[start : start + _GROUP]
                    groups.update({(*scope, title): f"{part[0]}…{part[-1]}" for title in part})
        if not groups:
            return paths
        paths = {name: _with_groups(path, groups) for name, path in paths.items()}


def _with_groups(path: Path, groups: Mapping[Path, str]) -> Path:
    result: list[str] = []
    for level, title in enumerate(path, start=1):
        if path[:level] in groups:
            result.append(groups[path[:level]])
        result.append(title)
    return tuple(result)
