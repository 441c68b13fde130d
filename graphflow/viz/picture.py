"""What is drawn: boxes in scopes, and arrows between them. No word of graphviz yet."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..core.graph.op_def import find_op
from .constant_text import constant_text, type_name
from .folding import Choices, Folding, fold
from .graph_nodes import (
    Node,
    Shape,
    Source,
    leaf,
    parent_scope,
    read_nodes,
    read_shapes,
    scopes_around,
    shape_of,
)
from .structure import shared
from .style import kind_of

MAX_SPAN = 5_000  # ranks that all arrows together lead over
MANY_READERS = 8  # boxes; the arrows of a variable that more of them read become references

_NUMBERED = re.compile(r"_\d+$")
_VERSIONED = re.compile(r"V\d$")
_HANDLE_UPDATES = re.compile(r"Assign\w*VariableOp|Resource(Sparse|Scatter|Apply).*")


@dataclass(frozen=True)
class Box:
    """One thing drawn.

    Attributes:
      name: the node's or the scope's; unique.
      kind: a key of `style.LOOKS`.
      title: the last part of the name.
      lines: what stands below the title.
      scope: the scopes around it, joined by slashes; "" at the top.
      tooltip: what a pointer over it shows.
      is_scope: whether it stands for several ops of a scope.
      stacked: how many equal scopes it stands for.
      group: equal for boxes of equal scopes; None where there is no other like it.
    """

    name: str
    kind: str
    title: str
    lines: tuple[str, ...]
    scope: str
    tooltip: str
    is_scope: bool
    stacked: int = 1
    group: int | None = None


@dataclass
class Arrow:
    """All that flows from one box to another; a control dependency if no tensor does.

    Attributes:
      tail: the box where it comes from.
      head: the box that takes it.
      tensors: what flows -> its shape.
      changed: those of them that the head takes by reference, and changes: variables.
      is_gradient: whether it leads from what is differentiated to its gradients.
    """

    tail: str
    head: str
    tensors: dict[Source, Shape] = field(default_factory=dict)
    changed: set[Source] = field(default_factory=set)
    is_gradient: bool = False

    @property
    def is_control(self) -> bool:
        return not self.tensors

    @property
    def is_reference(self) -> bool:
        return bool(self.changed) and self.changed == set(self.tensors)

    @property
    def elements(self) -> int:
        """The size of the largest tensor, for one example where the batch is open."""
        sizes = [[size or 1 for size in shape] for shape in self.tensors.values() if shape]
        return max(map(math.prod, sizes), default=1)

    @property
    def label(self) -> str:
        if len(self.tensors) > 1:
            return f"{len(self.tensors)} tensors"
        return shape_text(next(iter(self.tensors.values()), None))


@dataclass(frozen=True)
class Picture:
    """Boxes in the graph's order, and arrows.

    Attributes:
      boxes: what is drawn.
      arrows: between them.
      parameters: scope -> how many numbers the net learns in it; `""` -> in all.
      groups: scopes drawn open -> a number that is equal for equal scopes.
    """

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    parameters: Mapping[str, int] = field(default_factory=dict)
    groups: Mapping[str, int] = field(default_factory=dict)

    @property
    def kinds(self) -> set[str]:
        return {box.kind for box in self.boxes}


def make_picture(
    graph_def: Any,
    max_const_size: int,
    choices: Choices,
    shapes: Mapping[Source, Shape] | None = None,
) -> Picture:
    """Decides what of a GraphDef is drawn, and how it is worded.

    Args:
      graph_def: a GraphDef, ours or TensorFlow's.
      max_const_size: constants of more bytes are described, not written out.
      choices: what to fold.
      shapes: of outputs, for a GraphDef whose nodes do not carry `_output_shapes`.
    """
    nodes = read_nodes(graph_def)
    known_shapes = dict(shapes or {}) | read_shapes(nodes)
    folding = fold(nodes, choices)
    arrows = _arrows(nodes, folding, known_shapes)
    missing = {end: None for arrow in arrows for end in (arrow.tail, arrow.head)}
    writer = BoxWriter(nodes, folding, known_shapes, max_const_size)
    drawn = dict.fromkeys(folding.owner.values())
    groups = _groups(drawn, folding)
    return Picture(
        boxes=tuple(writer.box(name, groups) for name in drawn | missing),
        arrows=(
            *_without_side_effects(arrows, folding),
            *_gradient_arrows(nodes, folding, known_shapes),
        ),
        parameters=folding.parameters,
        groups={scope: number for scope, number in groups.items() if scope not in drawn},
    )


def _groups(drawn: Iterable[str], folding: Folding) -> dict[str, int]:
    """Boxes and open scopes -> a number for those that are built alike.

    Parts of alike scopes are alike too; a colour of their own would only say so again.
    """
    boxes = [box for box in drawn if box in folding.scopes and box not in folding.auxiliary]
    first = {box: folding.series.get(box, [box])[0] for box in boxes}
    scopes = dict.fromkeys(scope for box in drawn for scope in scopes_around(box))
    alike = shared(folding.signatures.wiring, [*scopes, *first.values()])
    outermost = {
        scope: number
        for scope, number in alike.items()
        if alike.keys().isdisjoint(scopes_around(scope))
    }
    return outermost | {box: alike[scope] for box, scope in first.items() if scope in alike}


class BoxWriter:
    def __init__(
        self,
        nodes: Mapping[str, Node],
        folding: Folding,
        shapes: Mapping[Source, Shape],
        max_const_size: int,
    ) -> None:
        self._nodes = nodes
        self._folding = folding
        self._shapes = shapes
        self._max_const_size = max_const_size
        self._members: dict[str, list[Node]] = defaultdict(list)
        for name, owner in folding.owner.items():
            self._members[owner].append(nodes[name])

    def box(self, name: str, groups: Mapping[str, int]) -> Box:
        is_scope = name in self._folding.scopes
        if is_scope:
            kind, lines, tooltip = self._of_scope(name)
        elif name in self._nodes:
            kind, lines, tooltip = self.of_node(self._nodes[name])
        else:
            kind, lines, tooltip = "missing", ["not in the graph"], name
        several = is_scope and len(self._members[name]) > 1
        return Box(
            name,
            kind,
            leaf(name),
            tuple(lines),
            parent_scope(name),
            tooltip,
            several,
            stacked=len(self._folding.series.get(name, [name])),
            group=groups.get(name),
        )

    def _of_scope(self, name: str) -> tuple[str, list[str], str]:
        members = self._members[name]
        is_auxiliary = name in self._folding.auxiliary
        if len(members) == 1:
            (node,) = members
            kind = "training" if is_auxiliary else kind_of(node.op)
            return kind, [node.op], f"{node.name} ({node.op})"
        kind = "training" if is_auxiliary else "scope"
        scopes = self._folding.series.get(name, [name])
        times = f"{len(scopes)} × " if len(scopes) > 1 else ""
        lines = [f"{times}{len(members) // len(scopes):,} ops"]
        parameters = sum(self._folding.parameters.get(scope, 0) for scope in scopes)
        if parameters:
            lines.append(parameters_text(parameters))
        return kind, lines, f"{name}: {', '.join(lines)}"

    def of_node(self, node: Node) -> tuple[str, list[str], str]:
        kind = "training" if node.name in self._folding.auxiliary else kind_of(node.op)
        lines = [] if _says_its_type(node) else [node.op]
        if kind in ("input", "variable"):
            lines += self._declared_type(node)
        elif node.op == "Const":
            lines = self._constant(node)
        lines += _settings(node)
        for argument in self._folding.arguments.get(node.name, ()):
            text = " ".join(self._constant(argument.node))
            lines.append(f"{argument.label} = {text}" if argument.label else text)
        return kind, lines, f"{node.name} ({node.op})"

    def _constant(self, node: Node) -> list[str]:
        if "value" not in node.attr:
            return []
        return [constant_text(node.attr["value"].tensor, self._max_const_size)]

    def _declared_type(self, node: Node) -> list[str]:
        shape = self._shapes.get(Source(node.name, 0))
        if shape is None and "shape" in node.attr:
            shape = shape_of(node.attr["shape"].shape)
        dtype = type_name(node.attr["dtype"].type) if "dtype" in node.attr else ""
        return [f"{shape_text(shape)} {dtype}".strip()]


def shape_text(shape: Shape) -> str:
    """`?×28×28×1`; nothing for an unknown rank."""
    if shape is None:
        return ""
    return "×".join("?" if size is None else str(size) for size in shape) or "scalar"


def parameters_text(count: int) -> str:
    return "1 parameter" if count == 1 else f"{count:,} parameters"


def _says_its_type(node: Node) -> bool:
    """Whether the op type need not be told: a variable's shows; `Conv2D_1`, `add` are named so."""
    if kind_of(node.op) == "variable" or node.op.startswith("Placeholder"):
        return True
    name = _NUMBERED.sub("", leaf(node.name)).lower()
    return name in (node.op.lower(), _VERSIONED.sub("", node.op).lower())


def _settings(node: Node) -> list[str]:
    """Window, strides and padding of a convolution or a pooling: `2×2, stride 2×2, SAME`."""
    if "padding" not in node.attr or "strides" not in node.attr:
        return []
    words = []
    if "ksize" in node.attr:
        words.append(shape_text(_spatial(node, "ksize")))
    strides = _spatial(node, "strides")
    if any(stride != 1 for stride in strides):
        words.append(f"stride {shape_text(strides)}")
    return [", ".join([*words, node.attr["padding"].s.decode()])]


def _spatial(node: Node, key: str) -> tuple[int, ...]:
    """An attribute of one number for each dimension, without batch and channels."""
    channels_first = "data_format" in node.attr and node.attr["data_format"].s.startswith(b"NC")
    sizes = tuple(node.attr[key].list.i)
    return sizes[2:] if channels_first else sizes[1:-1]


def _arrows(
    nodes: Mapping[str, Node], folding: Folding, shapes: Mapping[Source, Shape]
) -> list[Arrow]:
    owner = folding.owner
    written_out = {a.node.name for arguments in folding.arguments.values() for a in arguments}
    arrows: dict[tuple[str, str], Arrow] = {}
    for node in nodes.values():
        head = owner[node.name]
        for name in node.sources:
            tail = owner.get(name, name)
            if tail != head and name not in written_out:
                arrows.setdefault((tail, head), Arrow(tail, head))
        for index, source in enumerate(node.inputs):
            tail = owner.get(source.node, source.node)
            if tail != head and source.node not in written_out:
                arrows[tail, head].tensors[source] = shapes.get(source)
                if changes_input(node.op, index):
                    arrows[tail, head].changed.add(source)
    return list(arrows.values())


def changes_input(op: str, index: int) -> bool:
    """Whether an op takes an input by reference: a variable, to change it."""
    if _HANDLE_UPDATES.fullmatch(op):
        return index == 0
    op_def = find_op(op)
    return op_def is not None and index < len(op_def.inputs) and op_def.inputs[index].is_ref


def _without_side_effects(arrows: list[Arrow], folding: Folding) -> list[Arrow]:
    """Leaves out what training and saving read of the net: that is nearly all of it.

    A box that nothing else reads (a learning rate) keeps its arrow.
    """
    read_by_the_net = {arrow.tail for arrow in arrows if arrow.head not in folding.auxiliary}

    def is_drawn(arrow: Arrow) -> bool:
        if arrow.head not in folding.auxiliary:
            return True
        if arrow.tail in folding.auxiliary:
            return arrow.head not in folding.savers
        return arrow.tail not in read_by_the_net

    return [arrow for arrow in arrows if is_drawn(arrow)]


def _gradient_arrows(
    nodes: Mapping[str, Node], folding: Folding, shapes: Mapping[Source, Shape]
) -> list[Arrow]:
    """From what is differentiated to the box of its gradients.

    No tensor flows there. `tf.gradients` names the gradient of op `X` `gradients/X_grad/...`, and
    the first of them takes the ones in `gradients/Fill` (or `gradients/grad_ys_0`).
    """
    arrows = {}
    for node in nodes.values():
        scope = folding.owner[node.name]
        start = tuple(f"{scope}/{name}" for name in ("Fill", "grad_ys_", "ones_like"))
        if scope not in folding.auxiliary or not any(s.startswith(start) for s in node.sources):
            continue
        name = node.name.removeprefix(f"{scope}/").rpartition("_grad")[0]
        if name in nodes and folding.owner[name] != scope:
            tail = folding.owner[name]
            tensors = {Source(name, 0): shapes.get(Source(name, 0))}
            arrows[tail, scope] = Arrow(tail, scope, tensors, is_gradient=True)
    return list(arrows.values())


def split_long_arrows(picture: Picture) -> tuple[list[Arrow], list[Arrow]]:
    """Parts the arrows into those to draw and those to replace by a reference.

    What is read all over the graph, and itself reads nothing (a weight of a recurrent net, the
    switch between training and testing), stands aside: a name beside each reader says more than
    a star of lines.

    Graphviz lays an arrow over n ranks by way of n nodes. The weights of an unrolled recurrent net
    are read at hundreds of depths, which would take minutes and gigabytes, and nobody could follow
    the lines. So the longest arrows go until the others together are no longer than MAX_SPAN.
    """
    aside = read_by_many(picture)
    stubs = [arrow for arrow in picture.arrows if arrow.tail in aside]
    arrows = [arrow for arrow in picture.arrows if arrow.tail not in aside]
    if len(arrows) * len(picture.boxes) <= MAX_SPAN:
        return arrows, stubs  # however long they are
    rank = _ranks(arrows)
    spans = [max(0, rank[arrow.head] - rank[arrow.tail]) for arrow in arrows]
    excess = sum(spans) - MAX_SPAN
    references = set()
    for index in sorted(range(len(arrows)), key=spans.__getitem__, reverse=True):
        if excess <= 0:
            break
        excess -= spans[index]
        references.add(index)
    return (
        [arrow for index, arrow in enumerate(arrows) if index not in references],
        [*stubs, *(arrows[index] for index in sorted(references))],
    )


def read_by_many(picture: Picture) -> set[str]:
    """Boxes that read nothing and that more than `MANY_READERS` others read."""
    readers = Counter(arrow.tail for arrow in picture.arrows)
    heads = {arrow.head for arrow in picture.arrows}
    return {name for name, count in readers.items() if count > MANY_READERS and name not in heads}


def _ranks(arrows: list[Arrow]) -> dict[str, int]:
    """How far each box is from the graph's sources; boxes on a cycle have one rank."""
    import networkx

    graph = networkx.DiGraph((arrow.tail, arrow.head) for arrow in arrows)
    acyclic = networkx.condensation(graph)
    rank: dict[int, int] = {}
    for component in networkx.topological_sort(acyclic):
        rank[component] = 1 + max((rank[p] for p in acyclic.predecessors(component)), default=-1)
    return {name: rank[component] for name, component in acyclic.graph["mapping"].items()}
