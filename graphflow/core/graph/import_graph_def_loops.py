"""Loops of TensorFlow 1 (Enter, Merge, Switch, NextIteration, Exit) as While nodes.

Enter -> Merge -> Switch -> (true) body -> NextIteration -> Merge    one loop variable
           |        \\-> (false) Exit
           \\-> condition -> LoopCond -> Switch

Enter(is_constant) -> condition, body                                what stays the same
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..base import dtypes
from .import_graph_def_nodes import (
    ENTERS,
    EXITS,
    MERGES,
    NEXTS,
    SWITCHES,
    FunctionMaker,
    copy_with_inputs,
    data_inputs,
    identity,
    source,
    type_of,
    unused,
)


@dataclass
class _LoopVariable:
    """The nodes of one loop variable; those of a loop that never ends have no Exit."""

    enter: Any
    merge: Any
    next_iteration: Any
    switch: Any = None
    exits: list[Any] = field(default_factory=list)


def loops_as_while(nodes: Iterable[Any], maker: FunctionMaker) -> list[Any]:
    """Replaces loops by While nodes, those inside of others first.

    Args:
      nodes: NodeDefs.
      maker: where the conditions and bodies become functions.

    Returns:
      NodeDefs without loops; Exits have become Identities of the same names.

    Raises:
      ValueError: the nodes of a loop are not as TensorFlow makes them.
    """
    by_name = {node.name: node for node in nodes}
    frames: dict[str, list[Any]] = {}
    for node in by_name.values():
        if node.op in ENTERS:
            frames.setdefault(node.attr["frame_name"].s.decode(), []).append(node)
    while frames:
        consumers = _consumers(by_name)
        inside = {name: _inside(enters, by_name, consumers) for name, enters in frames.items()}
        innermost = [name for name in frames if not _has_another_loop(name, frames, inside[name])]
        if not innermost:
            raise ValueError(f"loops are inside of each other in a circle: {sorted(frames)}")
        name = innermost[0]
        _convert(name, frames.pop(name), inside[name], by_name, maker)
    return list(by_name.values())


def _has_another_loop(name: str, frames: Mapping[str, list[Any]], inside: set[str]) -> bool:
    return any(e.name in inside for other in frames if other != name for e in frames[other])


def _consumers(by_name: Mapping[str, Any]) -> dict[str, list[Any]]:
    consumers: dict[str, list[Any]] = {name: [] for name in by_name}
    for node in by_name.values():
        for text in node.input:
            if source(text) in consumers:
                consumers[source(text)].append(node)
    return consumers


def _inside(
    enters: Iterable[Any], by_name: Mapping[str, Any], consumers: Mapping[str, list[Any]]
) -> set[str]:
    """The nodes that come after the Enters of a loop, up to its Exits.

    Loops inside of it end with Exits too; what follows those is found from their other nodes: they
    wait for what is inside of the outer loop.
    """
    depth_zero, found = {node.name for node in enters}, set()
    waiting = [(name, 0) for name in depth_zero]
    seen: set[tuple[str, int]] = set()
    while waiting:
        name, depth = waiting.pop()
        if (name, depth) in seen:
            continue
        seen.add((name, depth))
        found.add(name)
        node = by_name[name]
        if node.op in EXITS:
            depth -= 1
            if depth < 0:
                continue
        for consumer in consumers[name]:
            is_inner = consumer.op in ENTERS and consumer.name not in depth_zero
            waiting.append((consumer.name, depth + is_inner))
    return found


def _convert(
    frame: str, enters: list[Any], inside: set[str], by_name: dict[str, Any], maker: FunctionMaker
) -> None:
    """Replaces one loop that has no other loop inside."""
    variables, constants = _loop_variables(frame, enters, inside, by_name)
    condition = next((by_name[n] for n in inside if by_name[n].op == "LoopCond"), None)
    if condition is None:
        raise ValueError(f"the loop '{frame}' has no LoopCond")
    part = _LoopPart(variables, constants, inside, by_name)
    results = [data_inputs(variable.next_iteration)[0] for variable in variables]
    predicate = data_inputs(condition)[0]
    cond_nodes = part.nodes_behind([predicate])
    body_nodes = part.nodes_behind(results)
    scope = frame.rpartition("/")[0] or frame
    parameters = part.parameters()
    decides = [(part.renamed(predicate), (dtypes.bool.as_datatype_enum, False))]
    cond = maker.make(f"{scope}_cond", parameters, cond_nodes, decides)
    names = [part.renamed(text) for text in results]
    passed_on = [name for name, _ in parameters[len(variables) :]]
    returned = list(zip([*names, *passed_on], [kind for _, kind in parameters], strict=True))
    body = maker.make(f"{scope}_body", parameters, body_nodes, returned)
    _replace(scope, variables, inside, part, (cond, body), by_name)


def _loop_variables(
    frame: str, enters: list[Any], inside: set[str], by_name: Mapping[str, Any]
) -> tuple[list[_LoopVariable], list[Any]]:
    """The loop's variables, and the Enters of what stays the same."""
    variables: dict[str, _LoopVariable] = {}
    names = {enter.name: enter for enter in enters}
    for name in sorted(inside):
        node = by_name[name]
        if node.op in MERGES:
            given = [by_name.get(source(text)) for text in data_inputs(node)]
            first = next((n for n in given if n is not None and n.name in names), None)
            again = next((n for n in given if n is not None and n.op in NEXTS), None)
            if first is not None and again is not None:
                variables[name] = _LoopVariable(first, node, again)
    for name in inside:
        node = by_name[name]
        if node.op in SWITCHES and source(data_inputs(node)[0]) in variables:
            predicate = by_name.get(source(data_inputs(node)[1]))
            if predicate is not None and predicate.op == "LoopCond":
                variables[source(data_inputs(node)[0])].switch = node
    by_switch = {v.switch.name: v for v in variables.values() if v.switch is not None}
    for name in sorted(inside):
        node = by_name[name]
        if node.op in EXITS:
            of = by_switch.get(source(data_inputs(node)[0]))
            if of is None:
                raise ValueError(f"'{name}' leaves the loop '{frame}' with no loop variable")
            of.exits.append(node)
    if not variables:
        raise ValueError(f"the loop '{frame}' has no loop variables")
    entered = {v.enter.name for v in variables.values()}
    in_order = sorted(variables.values(), key=lambda v: enters.index(v.enter))
    return in_order, [enter for enter in enters if enter.name not in entered]


class _LoopPart:
    """How nodes of a loop are named in functions: loop variables and constants are parameters."""

    def __init__(
        self,
        variables: list[_LoopVariable],
        constants: list[Any],
        inside: set[str],
        by_name: Mapping[str, Any],
    ) -> None:
        self._inside, self._by_name = inside, by_name
        self._parameters: dict[str, tuple[Any, bool]] = {}
        self._name_of: dict[str, str] = {}  # from input texts to parameters
        self._skeleton: set[str] = set()
        self.outer: list[str] = []  # the texts that parameters get their first values from
        for variable in variables:
            name = self._add(variable.enter)
            self._name_of[variable.merge.name] = name
            if variable.switch is not None:
                self._name_of[f"{variable.switch.name}:1"] = name
                self._skeleton.add(variable.switch.name)
            self._skeleton |= {variable.merge.name, variable.next_iteration.name}
        for enter in constants:
            self._name_of[enter.name] = self._add(enter)
            self._skeleton.add(enter.name)

    def _add(self, enter: Any) -> str:
        name = f"arg_{len(self._parameters)}"
        self._parameters[name] = (enter.attr["T"].type, enter.op.startswith("Ref"))
        self._skeleton.add(enter.name)
        self.outer.append(data_inputs(enter)[0])
        return name

    def parameters(self) -> list[tuple[str, tuple[Any, bool]]]:
        return list(self._parameters.items())

    def renamed(self, text: str) -> str:
        """A tensor as functions name it."""
        return self._name_of.get(text.removesuffix(":0"), text)

    def _renamed_input(self, text: str) -> str | None:
        if text.startswith("^"):
            name = source(text)
            # A body runs as a whole: there is nothing to wait for at its beginning.
            is_kept = name in self._inside and name not in self._skeleton
            return text if is_kept and self._by_name[name].op != "LoopCond" else None
        return self.renamed(text)

    def nodes_behind(self, texts: Iterable[str]) -> list[Any]:
        """Copies of the nodes that tensors need, up to parameters."""
        found: dict[str, Any] = {}
        waiting = [self.renamed(text) for text in texts]
        while waiting:
            text = waiting.pop()
            name = source(text)
            if text in self._parameters or name in found:
                continue
            if name not in self._inside:
                self._enter(text)
                continue
            found[name] = copy = copy_with_inputs(self._by_name[name], self._renamed_input)
            waiting.extend(copy.input)
        # Tensors that came in without an Enter have become parameters meanwhile.
        return [copy_with_inputs(copy, self._renamed_input) for copy in found.values()]

    def _enter(self, text: str) -> None:
        """Makes a parameter of a tensor from outside, as constants are after some rewriting."""
        if text.startswith("^") or source(text) not in self._by_name:
            raise ValueError(f"a loop takes '{text}', which is not in the GraphDef")
        name = f"arg_{len(self._parameters)}"
        self._parameters[name] = type_of(text, self._by_name)
        self._name_of[text.removesuffix(":0")] = name
        self.outer.append(text)


def _replace(
    scope: str,
    variables: list[_LoopVariable],
    inside: set[str],
    part: _LoopPart,
    functions: tuple[str, str],
    by_name: dict[str, Any],
) -> None:
    """Puts a While node and Identities where the loop was."""
    from ...protos.graph_pb2 import NodeDef

    enters = [by_name[name] for name in inside if by_name[name].op in ENTERS]
    name = unused(scope, by_name)
    loop = NodeDef(name=name, op="While", input=part.outer)
    waited_for = {text: None for e in enters for text in e.input if text.startswith("^")}
    loop.input.extend(text for text in waited_for if source(text) not in inside)
    loop.attr["T"].list.type.extend(dtype for _, (dtype, _) in part.parameters())
    loop.attr["cond"].func.name, loop.attr["body"].func.name = functions
    limit = enters[0].attr["parallel_iterations"].i if enters else 0
    loop.attr["parallel_iterations"].i = limit or 10
    exits = [
        identity(node.name, f"{name}:{index}", node)
        for index, variable in enumerate(variables)
        for node in variable.exits
    ]
    for inner in inside:
        del by_name[inner]
    by_name[name] = loop
    by_name.update((node.name, node) for node in exits)
