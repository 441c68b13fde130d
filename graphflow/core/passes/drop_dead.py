"""Drops what no result needs: nodes that only waited, and values that were found out already.

A node is needed when a result or the caller asks for it, when it has an effect, or when a needed
node reads it. To wait for a node means to wait for the effects and the failures behind it:

    gradients/.../tuple waits for all gradients of a node, also those that nobody reads: they are
    dropped, as none of them can fail; an update that waits for an Assert goes on waiting for it
"""

from __future__ import annotations

import dataclasses

from ..program.program import Node, Program, Value
from .failing import may_fail

# Nodes whose only effect is their value: nobody waits for them, nobody misses them.
_HARMLESS = frozenset(
    """
    Multinomial Placeholder PlaceholderWithDefault RandomGamma RandomPoissonV2 RandomShuffle
    RandomStandardNormal RandomUniform RandomUniformInt TruncatedNormal VarHandleOp Variable
    VariableV2
    """.split()
)


def drop_dead(program: Program) -> Program:
    """The program without what nobody needs; nodes wait for effects and failures only."""
    nodes = program.nodes
    awaited = _awaited(nodes)
    waits = {
        index: frozenset().union(*(awaited[c] for c in node.controls))
        for index, node in enumerate(nodes)
        if node.controls
    }
    needed: set[int] = set()
    stack = [value.node for value in program.results] + list(program.targets)
    stack += [index for index, node in enumerate(nodes) if has_effect(node)]
    while stack:
        index = stack.pop()
        if index not in needed:
            needed.add(index)
            stack.extend(value.node for value in nodes[index].inputs)
            stack.extend(waits.get(index, ()))
    return _keep(program, needed | set(program.args), waits)


def has_effect(node: Node) -> bool:
    """Whether a node does more than compute a value."""
    return node.op.is_stateful and node.op.name not in _HARMLESS


def _awaited(nodes: tuple[Node, ...]) -> list[frozenset[int]]:
    """For each node, the nearest nodes with effects or failures that it is or stands behind."""
    found: list[frozenset[int]] = []
    for index, node in enumerate(nodes):
        if has_effect(node) or may_fail(node) or _reads_variable(nodes, node):
            found.append(frozenset([index]))
            continue
        before = [found[value.node] for value in node.inputs] + [found[c] for c in node.controls]
        distinct = {id(group): group for group in before if group}
        groups = list(distinct.values())
        found.append(groups[0] if len(groups) == 1 else frozenset().union(*groups))
    return found


def _reads_variable(nodes: tuple[Node, ...], node: Node) -> bool:
    """Whether a node takes the value of a variable, which may have none."""
    return any(
        nodes[value.node].output_dtypes[value.output]._is_ref_dtype and not wanted._is_ref_dtype
        for value, wanted in zip(node.inputs, node.input_dtypes, strict=True)
    )


def _keep(program: Program, kept: set[int], waits: dict[int, frozenset[int]]) -> Program:
    """The program with some of its nodes, in the same order."""
    new_index = {old: new for new, old in enumerate(sorted(kept))}
    nodes = tuple(
        dataclasses.replace(
            program.nodes[old],
            inputs=tuple(Value(new_index[v.node], v.output) for v in program.nodes[old].inputs),
            controls=tuple(sorted(new_index[c] for c in waits.get(old, ()))),
        )
        for old in sorted(kept)
    )
    return Program(
        nodes,
        tuple(new_index[i] for i in program.args),
        tuple(Value(new_index[v.node], v.output) for v in program.results),
        tuple(new_index[i] for i in program.targets),
    )
