"""Which scopes hold the same thing, and how many parameters are in one.

Equal blocks are known by their nodes in order of making, so by the code that made them and not by
names: two scopes are built alike when each node of one has the op type of its counterpart and is
wired to the counterparts of the same nodes.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..core.base import dtypes
from .graph_nodes import Node, leaf, parent_scope, scopes_around, shape_of

VARIABLES = frozenset({"Variable", "VariableV2", "VarHandleOp"})

MIN_SERIES = 3
_SETTINGS = ("padding", "strides", "ksize", "dilations", "transpose_a", "transpose_b")
_NUMBERED = re.compile(r"(.*?)(\d+)(\D*)", re.DOTALL)
_STATISTICS = re.compile(r"moving_mean|moving_variance|ExponentialMovingAverage|.*_power(_\d+)?")
_OUTSIDE = -1

Signature = int


@dataclass(frozen=True)
class Signatures:
    """Numbers that are equal for equal scopes.

    Attributes:
      wiring: op types and connections.
      details: those, and shapes of variables, strides, windows as well.
    """

    wiring: dict[str, Signature]
    details: dict[str, Signature]


def sign_scopes(nodes: Mapping[str, Node], inside: Mapping[str, str]) -> Signatures:
    """Signs each scope of more than one node; a scope of one node is only that op.

    Args:
      nodes: the graph.
      inside: node -> the variable it belongs to. How a variable gets its first value (zeros are
        filled in or written out, as their number is large or small) makes no block another one.
    """
    members: dict[str, list[Node]] = defaultdict(list)
    for node in nodes.values():
        if node.name not in inside:
            for scope in scopes_around(node.name):
                members[scope].append(node)
    wiring: dict[str, Signature] = {}
    details: dict[str, Signature] = {}
    numbers: dict[Any, Signature] = {}
    detail_of = {node.name: _detail(node) for node in nodes.values()}
    for scope, signed in members.items():
        if len(signed) > 1:
            wires = _wires(signed, inside)
            shapes = tuple(detail_of[node.name] for node in signed)
            wiring[scope] = numbers.setdefault(wires, len(numbers))
            details[scope] = numbers.setdefault((wires, shapes), len(numbers))
    return Signatures(wiring, details)


def _wires(members: list[Node], inside: Mapping[str, str]) -> tuple[Any, ...]:
    index = {node.name: i for i, node in enumerate(members)}

    def number_of(name: str) -> int:
        return index.get(inside.get(name, name), _OUTSIDE)

    return tuple(
        (
            node.op,
            tuple((number_of(source.node), source.output) for source in node.inputs),
            tuple(map(number_of, node.controls)),
        )
        for node in members
    )


def _detail(node: Node) -> tuple[Any, ...]:
    attr = node.attr
    found: list[Any] = [attr[key].SerializeToString() if key in attr else None for key in _SETTINGS]
    if node.op in VARIABLES and "shape" in attr:
        found.append(shape_of(attr["shape"].shape))
    return tuple(found)


def shared(signatures: Mapping[str, Signature], scopes: Iterable[str]) -> dict[str, int]:
    """Scope -> the number of its group, for the scopes that are built like another one."""
    groups: dict[Signature, list[str]] = defaultdict(list)
    for scope in scopes:
        if scope in signatures:
            groups[signatures[scope]].append(scope)
    several = [group for group in groups.values() if len(group) > 1]
    return {scope: number for number, group in enumerate(several) for scope in group}


def find_series(
    nodes: Mapping[str, Node], signatures: Signatures, apart: Iterable[str]
) -> dict[str, list[str]]:
    """Chains of equal scopes: `unit_2`, `unit_3`, `unit_4`, each fed by the one before.

    Equal scopes that do not feed each other directly (`dropout`, `dropout_1`) are the same
    step at different places of the net, and are left alone.

    Args:
      nodes: the graph.
      signatures: of its scopes.
      apart: scopes whose nodes are no part of the net: gradients, savers.

    Returns:
      The name of a series (`block1/unit_2…unit_4`) -> its scopes, outermost series only.
    """
    feeds = _feeds_between_siblings(nodes)
    outside_net = set(apart)
    candidates = [scope for scope in signatures.details if scope not in outside_net]
    series: dict[str, list[str]] = {}
    for run in _numbered_runs(candidates, signatures.details):
        for chain in _chains(run, feeds):
            if len(chain) >= MIN_SERIES and not _comes_back(nodes, chain, outside_net):
                series[f"{chain[0]}…{leaf(chain[-1])}"] = chain
    stacked = {scope for chain in series.values() for scope in chain}
    return {
        name: chain for name, chain in series.items() if stacked.isdisjoint(scopes_around(chain[0]))
    }


def _numbered_runs(scopes: Iterable[str], signatures: Mapping[str, Signature]) -> list[list[str]]:
    """Sibling scopes of one signature whose names differ in a last number that counts up.

    TensorFlow writes no number on the first: `layer`, `layer_1`, `layer_2`.
    """
    numbered: dict[tuple[Any, ...], list[tuple[int, str]]] = defaultdict(list)
    for scope in scopes:
        match = _NUMBERED.fullmatch(leaf(scope))
        before, number, after = match.groups() if match else (f"{leaf(scope)}_", "0", "")
        numbered[parent_scope(scope), before, after, signatures[scope]].append((int(number), scope))
    runs: list[list[str]] = []
    for found in numbered.values():
        found.sort()
        last = None
        for number, scope in found:
            if last is None or number != last + 1:
                runs.append([])
            runs[-1].append(scope)
            last = number
    return runs


def _feeds_between_siblings(nodes: Mapping[str, Node]) -> set[tuple[str, str]]:
    """(scope, scope) where a tensor goes from one to the other, for scopes in one scope."""
    around = {name: scopes_around(name) for name in nodes}
    pairs = set()
    for node in nodes.values():
        for source in node.inputs:
            for tail, head in zip(around.get(source.node, ()), around[node.name]):
                if tail != head:
                    pairs.add((tail, head))
                    break
    return pairs


def _chains(run: list[str], feeds: set[tuple[str, str]]) -> list[list[str]]:
    chains = [run[:1]]
    for before, scope in zip(run, run[1:]):
        if (before, scope) in feeds:
            chains[-1].append(scope)
        else:
            chains.append([scope])
    return chains


def _comes_back(nodes: Mapping[str, Node], chain: list[str], apart: set[str]) -> bool:
    """Whether something outside the chain is computed from it and used in it: then one box for
    the chain would stand in a cycle."""
    inside = set(chain)

    def is_inside(name: str) -> bool:
        return not inside.isdisjoint(scopes_around(name))

    # The nodes of a GraphDef need not be sorted, but their order is that of making: nothing that
    # is made later is used earlier, except on the back edge of a loop.
    reached: set[str] = set()
    for name, node in nodes.items():
        if is_inside(name):
            if not reached.isdisjoint(node.sources):
                return True
        elif apart.isdisjoint(scopes_around(name)):
            if any(source in reached or is_inside(source) for source in node.sources):
                reached.add(name)
    return False


def count_parameters(nodes: Mapping[str, Node], apart: Iterable[str]) -> dict[str, int]:
    """Scope -> how many numbers the net learns in it; `""` -> in the whole graph.

    Counted are variables of floating point. Slots of optimizers, moving averages and statistics
    are not, nor what stands in the scopes `apart`.
    """
    outside_net = set(apart)
    counts: dict[str, int] = defaultdict(int)
    for name, node in nodes.items():
        size = parameters_of(node)
        around = scopes_around(name)
        is_slot = any(scope in nodes and nodes[scope].op in VARIABLES for scope in around)
        if size and not is_slot and outside_net.isdisjoint(around):
            for scope in ["", *around]:
                counts[scope] += size
    return counts


def parameters_of(node: Node) -> int:
    """How many numbers a variable holds; 0 if it is none, is not learned, or has no fixed shape."""
    if node.op not in VARIABLES or _STATISTICS.fullmatch(leaf(node.name)):
        return 0
    if "dtype" not in node.attr or "shape" not in node.attr:
        return 0
    try:
        dtype = dtypes.as_dtype(node.attr["dtype"].type)
    except TypeError:
        return 0
    shape = shape_of(node.attr["shape"].shape)
    if not dtype.base_dtype.is_floating or shape is None:
        return 0
    return math.prod(size or 0 for size in shape)
