"""A GraphDef as text in graphviz' language: scopes as nested clusters, a legend of the colours."""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .folding import Choices
from .graph_nodes import Shape, Source, leaf, scopes_around
from .picture import Arrow, Box, Picture, make_picture, split_long_arrows
from .style import LOOKS

_FONT = "Helvetica,Arial,sans-serif"
_LARGE = 200  # boxes; from here on the layout settles for less
_MAX_TITLE = 40
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_CLUSTER_FILLS = ("#f7f9fb", "#eef2f6", "#e5ebf1")


def graph_def_to_dot(
    graph_def: Any,
    max_const_size: int = 32,
    *,
    depth: int | None = None,
    expand: Sequence[str] = (),
    collapse: Sequence[str] = (),
    rankdir: str = "TB",
    shapes: Mapping[Source, Shape] | None = None,
) -> str:
    """Writes a GraphDef in graphviz' dot language.

    Args:
      graph_def: a GraphDef, ours or TensorFlow's.
      max_const_size: constants of more bytes are shown as shape, type and size.
      depth: scopes deeper than this become boxes; default: as deep as is readable.
      expand: patterns (`fnmatch`) of scopes and variables to draw node by node.
      collapse: patterns of scopes to draw as one box.
      rankdir: where arrows point: TB, BT, LR or RL.
      shapes: of outputs, where the nodes carry no `_output_shapes`.
    """
    choices = Choices(depth, tuple(expand), tuple(collapse))
    return picture_to_dot(make_picture(graph_def, max_const_size, choices, shapes), rankdir)


def picture_to_dot(picture: Picture, rankdir: str = "TB") -> str:
    """Writes a picture in graphviz' dot language."""
    arrows, references = split_long_arrows(picture)
    lines = ["digraph graphflow {"]
    lines += [f"  {line}" for line in _defaults(picture, rankdir)]
    lines += [f"  {line}" for line in _Clusters(picture.boxes).lines("")]
    kinds = {box.name: box.kind for box in picture.boxes}
    lines += [f"  {_arrow(arrow, kinds[arrow.tail])}" for arrow in arrows]
    lines += [f"  {line}" for arrow in references for line in _reference(arrow)]
    return "\n".join([*lines, "}", ""])


def quoted(text: str) -> str:
    """A dot string whose value is `text`: no character of a name means anything to graphviz."""
    visible = _UNPRINTABLE.sub("\ufffd", text)
    return '"' + visible.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _defaults(picture: Picture, rankdir: str) -> Iterator[str]:
    spacing = _attributes(rankdir=rankdir, ranksep=0.35, nodesep=0.25, style="rounded,filled")
    yield f"graph [{spacing}, {_attributes(fontname=_FONT, fontsize=12)}];"
    if len(picture.boxes) > _LARGE:
        # Straight lines and a bounded search for few crossings: seconds instead of minutes.
        limit = round(_LARGE / len(picture.boxes), 3)
        yield f"graph [{_attributes(splines='line', nslimit=limit, mclimit=limit)}];"
    if picture.boxes:
        place = _attributes(labelloc="b", labeljust="l")
        yield f"graph [label={_legend(picture.kinds)}, {place}];"
    node = _attributes(fontname=_FONT, fontsize=11, style="filled", margin="0.12,0.06")
    yield f"node [{node}];"
    gray = _attributes(color="#5b6b7a", fontcolor="#5b6b7a")
    yield f"edge [{_attributes(fontname=_FONT, fontsize=9, arrowsize=0.6)}, {gray}];"


class _Clusters:
    """Boxes by scope, each scope written inside the one around it."""

    def __init__(self, boxes: Sequence[Box]) -> None:
        self._boxes: dict[str, list[Box]] = defaultdict(list)
        self._scopes: dict[str, list[str]] = defaultdict(list)
        names = {box.name for box in boxes}
        scopes = {scope for box in boxes for scope in scopes_around(box.name)}
        for box in boxes:
            # An op that bears the name of a scope which is drawn stands in that scope.
            self._boxes[box.name if box.name in scopes & names else box.scope].append(box)
        for scope in dict.fromkeys(scope for box in boxes for scope in scopes_around(box.name)):
            self._scopes[scope.rpartition("/")[0]].append(scope)

    def lines(self, scope: str, level: int = 0) -> Iterator[str]:
        for box in self._boxes[scope]:
            yield _node(box)
        for inner in self._scopes[scope]:
            yield f"subgraph {quoted('cluster_' + inner)} {{"
            fill = _CLUSTER_FILLS[min(level, len(_CLUSTER_FILLS) - 1)]
            yield (
                f'  label=<<B>{_text(leaf(inner))}</B>>; labelloc="t"; labeljust="l"; '
                f'tooltip={quoted(inner)}; fillcolor="{fill}"; color="#b9c6d2";'
            )
            yield from (f"  {line}" for line in self.lines(inner, level + 1))
            yield "}"


def _node(box: Box) -> str:
    look = LOOKS[box.kind]
    attributes = _attributes(
        shape=look.shape,
        fillcolor=look.fill,
        color=look.border,
        peripheries=2 if box.is_scope else 1,
        tooltip=box.tooltip,
    )
    rows = [f"<B>{_text(box.title)}</B>"]
    rows += [f'<FONT POINT-SIZE="10">{_text(line)}</FONT>' for line in box.lines if line]
    return f"{quoted(box.name)} [{attributes}, label={_table(rows)}];"


def _table(rows: Sequence[str]) -> str:
    """Lines with a gap between them: an underscore would disappear under the next line."""
    cells = "".join(f"<TR><TD>{row}</TD></TR>" for row in rows)
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">{cells}</TABLE>>'


def _arrow(arrow: Arrow, tail_kind: str) -> str:
    names = ", ".join(f"{source.node}:{source.output}" for source in arrow.tensors)
    if arrow.is_gradient:
        color = LOOKS["training"].border
        attributes = _attributes(style="dashed", color=color, tooltip=f"gradients of {names}")
    elif arrow.is_control:
        tooltip = f"{arrow.tail} runs before {arrow.head}"
        attributes = _attributes(style="dotted", tooltip=tooltip)
    else:
        attributes = _attributes(edgetooltip=names, labeltooltip=names)
        if tail_kind != "variable":  # whose box tells the shape
            attributes += ", " + _attributes(label=f" {arrow.label}")
    return f"{quoted(arrow.tail)} -> {quoted(arrow.head)} [{attributes}];"


def _reference(arrow: Arrow) -> Iterator[str]:
    """In place of a long arrow: its tail's name, beside the head."""
    stub = quoted(f"{arrow.tail} -> {arrow.head}")
    text = _attributes(shape="plaintext", style="", fontsize=9, label=leaf(arrow.tail))
    yield f"{stub} [{text}, {_attributes(tooltip=arrow.tail)}];"
    line = _attributes(style="dotted" if arrow.is_control else "solid")
    yield f"{stub} -> {quoted(arrow.head)} [{line}];"


def _legend(kinds: set[str]) -> str:
    """A row with a coloured cell for each kind that occurs."""
    cells = "".join(
        f'<TD BGCOLOR="{look.fill}" COLOR="{look.border}" BORDER="1">'
        f'<FONT POINT-SIZE="9">{kind}</FONT></TD>'
        for kind, look in LOOKS.items()
        if kind in kinds
    )
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="4"><TR>{cells}</TR></TABLE>>'


def _attributes(**values: str | float) -> str:
    return ", ".join(
        f"{name}={quoted(value) if isinstance(value, str) else value}"
        for name, value in values.items()
    )


def _text(text: str) -> str:
    """Text inside an HTML-like label; a long one loses its middle."""
    if len(text) > _MAX_TITLE:
        half = _MAX_TITLE // 2
        text = f"{text[:half]}…{text[-half:]}"
    return html.escape(_UNPRINTABLE.sub("\ufffd", text), quote=False) or " "
