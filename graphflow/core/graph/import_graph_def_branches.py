"""Branches of TensorFlow 1 (Switch, Merge) as If nodes.

    x, predicate -> Switch -> (output 1) nodes of the true branch  -> Merge -> result
                          \\-> (output 0) nodes of the false branch ->

A node runs under the conditions of all that it takes or waits for; a Merge ends one of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..base import dtypes
from .import_graph_def_nodes import (
    MERGES,
    SWITCHES,
    FunctionMaker,
    copy_with_inputs,
    data_inputs,
    identity,
    output_index,
    source,
    type_of,
    unused,
)

Conditions = frozenset[tuple[str, int]]  # (predicate, side)


def branches_as_if(nodes: Iterable[Any], maker: FunctionMaker) -> list[Any]:
    """Replaces branches by If nodes, those inside of others first.

    Args:
      nodes: NodeDefs without loops.
      maker: where the branches become functions.

    Returns:
      NodeDefs without Switch and Merge; Merges have become Identities of the same names. Nodes of
      a branch that no Merge needs are left out: no run could rely on them.

    Raises:
      ValueError: a Merge does not join the two sides of one condition.
    """
    return _Branches({node.name: node for node in nodes}, maker).converted()


class _Branches:
    """The conversion of one list of nodes."""

    def __init__(self, by_name: dict[str, Any], maker: FunctionMaker) -> None:
        self._by_name = by_name
        self._maker = maker
        self._conditions: dict[str, Conditions] = {}

    def converted(self) -> list[Any]:
        groups: dict[tuple[str, str], list[Any]] = {}
        order = self._in_order()
        for name in order:
            node = self._by_name[name]
            if node.op not in MERGES:
                self._conditions[name] = self._conditions_of_inputs(node)
                continue
            predicate, sides = self._ended_condition(node)
            self._conditions[name] = frozenset.intersection(*sides)
            groups.setdefault((predicate, name.rpartition("/")[0]), []).append(node)
        position = {name: index for index, name in enumerate(order)}
        # A group is ready when its last Merge is: those that it needs stand before.
        for key in sorted(groups, key=lambda key: max(position[m.name] for m in groups[key])):
            self._convert(key[0], groups[key])
        return [
            node
            for name, node in self._by_name.items()
            if not self._conditions[name] and node.op not in SWITCHES
        ]

    def _in_order(self) -> list[str]:
        """Names of nodes, each after those that it takes or waits for."""
        ordered: dict[str, None] = {}
        for root in self._by_name:
            stack, entered = [root], set()
            while stack:
                name = stack[-1]
                needed = [source(text) for text in self._by_name[name].input]
                waiting = [n for n in needed if n in self._by_name and n not in ordered]
                if name in ordered or not waiting or name in entered:
                    ordered.setdefault(stack.pop())
                else:
                    entered.add(name)
                    stack.extend(waiting)
        return list(ordered)

    # --- conditions ------------------------------------------------------------------------------

    def _conditions_of_inputs(self, node: Any) -> Conditions:
        return frozenset().union(*(self._conditions_of(text) for text in node.input))

    def _conditions_of(self, text: str) -> Conditions:
        """Under which conditions a tensor has a value, or a node is waited for."""
        node = self._by_name.get(source(text))
        if node is None:
            return frozenset()
        conditions = self._conditions.get(node.name, frozenset())
        if node.op in SWITCHES and not text.startswith("^"):
            conditions |= {(self._predicate(node), output_index(text))}
        return conditions

    def _predicate(self, switch: Any) -> str:
        """The tensor that decides: what Identities of it are of."""
        text = data_inputs(switch)[1].removesuffix(":0")
        while (node := self._by_name.get(source(text))) is not None and node.op == "Identity":
            text = data_inputs(node)[0].removesuffix(":0")
        return text

    def _ended_condition(self, merge: Any) -> tuple[str, list[Conditions]]:
        """The predicate whose two sides a Merge joins, and the conditions of its inputs."""
        sides = [self._conditions_of(text) for text in data_inputs(merge)]
        if len(sides) == 2:
            for predicate, side in sorted(sides[0]):
                if (predicate, 1 - side) in sides[1]:
                    return predicate, [
                        frozenset(c for c in conditions if c[0] != predicate)
                        for conditions in sides
                    ]
        raise ValueError(
            f"Node '{merge.name}' (Merge) does not join the two sides of one condition: its inputs "
            f"{list(merge.input)} come under {[sorted(side) for side in sides]}"
        )

    # --- conversion ------------------------------------------------------------------------------

    def _convert(self, predicate: str, merges: list[Any]) -> None:
        """Replaces the Merges of one condition by an If node."""
        from ...protos.graph_pb2 import NodeDef

        results: tuple[list[str], list[str]] = ([], [])  # of the false and the true branch
        for merge in merges:
            for text in data_inputs(merge):
                side = next(s for p, s in self._conditions_of(text) if p == predicate)
                results[side].append(text)
        part = _BranchPart(predicate, self)
        bodies = [part.nodes_behind(texts, side) for side, texts in enumerate(results)]
        types = [merge.attr["T"].type for merge in merges]
        scope = merges[0].name.rpartition("/")[0] or merges[0].name
        functions = []
        for side, kind in enumerate(("false", "true")):
            names = [part.renamed(text, side) for text in results[side]]
            returned = [(n, (dtype, False)) for n, dtype in zip(names, types, strict=True)]
            name = f"{scope}_{kind}"
            functions.append(self._maker.make(name, part.parameters(), bodies[side], returned))
        name = unused(scope, self._by_name)
        chosen = NodeDef(name=name, op="If", input=[predicate, *part.outer])
        chosen.attr["Tcond"].type = type_of(predicate, self._by_name)[0]
        chosen.attr["Tin"].list.type.extend(dtype for _, (dtype, _) in part.parameters())
        chosen.attr["Tout"].list.type.extend(types)
        chosen.attr["else_branch"].func.name, chosen.attr["then_branch"].func.name = functions
        self._add(chosen, self._conditions[merges[0].name])
        for index, merge in enumerate(merges):
            first = next(s for p, s in self._conditions_of(data_inputs(merge)[0]) if p == predicate)
            self._by_name[merge.name] = identity(merge.name, f"{name}:{index}", merge)
            self._give_value_index(merge.name, predicate, is_negated=first == 1)

    def _add(self, node: Any, conditions: Conditions) -> None:
        self._by_name[node.name] = node
        self._conditions[node.name] = conditions

    def _give_value_index(self, merge: str, predicate: str, is_negated: bool) -> None:
        """Makes the second output of a Merge, if it is used: the number of the input that came."""
        from ...protos.graph_pb2 import NodeDef

        users = [node for node in self._by_name.values() if f"{merge}:1" in node.input]
        if not users:
            return
        conditions = self._conditions[merge]
        if is_negated:
            negation = NodeDef(name=unused(f"{merge}/not", self._by_name), op="LogicalNot")
            negation.input.append(predicate)
            self._add(negation, conditions)
            predicate = negation.name
        index = NodeDef(name=unused(f"{merge}/value_index", self._by_name), op="Cast")
        index.input.append(predicate)
        index.attr["SrcT"].type = dtypes.bool.as_datatype_enum  # type: ignore[assignment]
        index.attr["DstT"].type = dtypes.int32.as_datatype_enum  # type: ignore[assignment]
        self._add(index, conditions)
        for node in users:
            node.input[:] = [index.name if t == f"{merge}:1" else t for t in node.input]

    # --- what the branches are made of -----------------------------------------------------------

    def is_under(self, text: str, predicate: str) -> bool:
        """Whether a tensor has a value on one side of a condition only."""
        return any(p == predicate for p, _ in self._conditions_of(text))

    def switch_of(self, text: str, predicate: str) -> Any:
        """The Switch of that condition whose output a text names, if it does."""
        node = self._by_name.get(source(text))
        if node is None or node.op not in SWITCHES or self._predicate(node) != predicate:
            return None
        return node

    def is_pivot(self, name: str) -> bool:
        """Whether a node is there to be waited for by what has no other input in a branch."""
        node = self._by_name[name]
        if node.op == "Identity":
            node = self._by_name.get(source(node.input[0]), node)
        return node.op in SWITCHES

    @property
    def nodes(self) -> Mapping[str, Any]:
        return self._by_name


class _BranchPart:
    """How nodes of branches are named in functions: what a Switch brings in is a parameter."""

    def __init__(self, predicate: str, branches: _Branches) -> None:
        self._predicate, self._branches = predicate, branches
        self._parameters: dict[str, tuple[Any, bool]] = {}
        self._parameter_of: dict[str, str] = {}
        self.outer: list[str] = []

    def parameters(self) -> list[tuple[str, tuple[Any, bool]]]:
        return list(self._parameters.items())

    def renamed(self, text: str, side: int) -> str:
        """A tensor as the function of a side names it."""
        if switch := self._branches.switch_of(text, self._predicate):
            outside = data_inputs(switch)[0]
            return self._parameter(outside, (switch.attr["T"].type, switch.op == "RefSwitch"))
        if self._branches.is_under(text, self._predicate):
            return text
        return self._parameter(text, type_of(text, self._branches.nodes))

    def _parameter(self, outside: str, kind: tuple[Any, bool]) -> str:
        key = outside.removesuffix(":0")
        if key not in self._parameter_of:
            name = f"arg_{len(self._parameters)}"
            self._parameter_of[key], self._parameters[name] = name, kind
            self.outer.append(outside)
        return self._parameter_of[key]

    def nodes_behind(self, texts: Iterable[str], side: int) -> list[Any]:
        """Copies of the nodes that tensors of one side need, up to parameters."""

        def renamed_input(text: str) -> str | None:
            if not text.startswith("^"):
                return self.renamed(text, side)
            is_inside = self._branches.is_under(text, self._predicate)
            return text if is_inside and not self._branches.is_pivot(source(text)) else None

        found: dict[str, Any] = {}
        waiting = [self.renamed(text, side) for text in texts]
        while waiting:
            name = source(waiting.pop())
            if name not in self._parameters and name not in found:
                node = self._branches.nodes[name]
                found[name] = copy = copy_with_inputs(node, renamed_input)
                waiting.extend(copy.input)
        return list(found.values())
