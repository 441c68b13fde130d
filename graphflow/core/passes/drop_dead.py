"""Drops what no result needs: nodes that only waited, and values that were found out already.

A node is needed when a result or the caller asks for it, when it has an effect, or when a needed
node reads it. An order alone (`control_dependencies` on a node without effect) needs nothing:

    gradients/.../tuple waits for all gradients of a node, also those that nobody reads
"""

from __future__ import annotations

import dataclasses

from ..program.program import Program, Value

# Nodes that are there to fail, though their type is not stateful.
_CHECKS = frozenset({"CheckNumerics", "CheckNumericsV2", "EnsureShape", "Abort"})


def drop_dead(program: Program) -> Program:
    """The program without what nobody needs; orders that are left hold between effects only."""
    nodes = program.nodes
    needed: set[int] = set()
    stack = [value.node for value in program.results] + list(program.targets)
    stack += [i for i, node in enumerate(nodes) if node.op.is_stateful and node.inputs]
    stack += [i for i, node in enumerate(nodes) if _has_effect(program, i)]
    while stack:
        index = stack.pop()
        if index not in needed:
            needed.add(index)
            stack.extend(value.node for value in nodes[index].inputs)
    return _keep(program, needed | set(program.args))


def _has_effect(program: Program, index: int) -> bool:
    node = program.nodes[index]
    if node.op.name in _CHECKS:
        return True
    names_a_variable = "shared_name" in node.attrs and not node.inputs
    return node.op.is_stateful and not names_a_variable


def _keep(program: Program, kept: set[int]) -> Program:
    """The program with some of its nodes, in the same order."""
    if len(kept) == len(program.nodes):
        return program
    new_index = {old: new for new, old in enumerate(sorted(kept))}
    nodes = tuple(
        dataclasses.replace(
            program.nodes[old],
            inputs=tuple(Value(new_index[v.node], v.output) for v in program.nodes[old].inputs),
            controls=tuple(new_index[c] for c in program.nodes[old].controls if c in kept),
        )
        for old in sorted(kept)
    )
    return Program(
        nodes,
        tuple(new_index[i] for i in program.args),
        tuple(Value(new_index[v.node], v.output) for v in program.results),
        tuple(new_index[i] for i in program.targets),
    )
