"""A GraphDef as text in graphviz' language: scopes as nested clusters, a legend of the colours."""

from __future__ import annotations

import html
import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .folding import Choices
from .graph_nodes import Shape, Source, leaf, scopes_around
from .picture import (
    Arrow,
    Box,
    Picture,
    make_picture,
    parameters_text,
    read_by_many,
    split_long_arrows,
)
from .style import THEMES, Theme

_FONT = "Helvetica,Arial,sans-serif"
_LARGE = 200  # boxes; from here on the layout settles for less
MAX_DRAWN = 3000  # boxes; a picture of more is metres wide
_MAX_TITLE = 40
_MAX_TOOLTIP = 400
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_THINNEST, _WIDER_PER_DIGIT, _THICKEST = 0.8, 0.45, 5.0


def graph_def_to_dot(
    graph_def: Any,
    max_const_size: int = 32,
    *,
    depth: int | None = None,
    expand: Sequence[str] = (),
    collapse: Sequence[str] = (),
    rankdir: str = "TB",
    theme: str = "light",
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
      theme: `light` or `dark`.
      shapes: of outputs, where the nodes carry no `_output_shapes`.

    Raises:
      ValueError: there are too many boxes to lay out; the message tells how to fold them.
    """
    choices = Choices(depth, tuple(expand), tuple(collapse))
    picture = make_picture(graph_def, max_const_size, choices, shapes)
    return picture_to_dot(picture, rankdir, theme)


def picture_to_dot(picture: Picture, rankdir: str = "TB", theme: str = "light") -> str:
    """Writes a picture in graphviz' dot language."""
    if theme not in THEMES:
        raise ValueError(f"there is no theme {theme!r}: choose from {', '.join(THEMES)}")
    if len(picture.boxes) > MAX_DRAWN:
        raise ValueError(
            f"{len(picture.boxes):,} boxes are too many to lay out (at most {MAX_DRAWN:,}): expand "
            "fewer scopes, fold them with depth=... or collapse=[...], or open the graph in the "
            "explorer, show_graph(graph, explorer=True), which lays out what is opened"
        )
    return "\n".join(_DotWriter(picture, rankdir, THEMES[theme]).lines())


def quoted(text: str) -> str:
    """A dot string whose value is `text`: no character of a name means anything to graphviz."""
    visible = _UNPRINTABLE.sub("\ufffd", text)
    return '"' + visible.replace("\\", "\\\\").replace('"', '\\"') + '"'


class _DotWriter:
    """A picture, line by line: boxes by scope, each scope written inside the one around it."""

    def __init__(self, picture: Picture, rankdir: str, theme: Theme) -> None:
        self._picture = picture
        self._rankdir = rankdir
        self._theme = theme
        self._is_large = len(picture.boxes) > _LARGE
        self._aside = read_by_many(picture)
        self._kinds = {box.name: box.kind for box in picture.boxes}
        self._boxes: dict[str, list[Box]] = defaultdict(list)
        self._scopes: dict[str, list[str]] = defaultdict(list)
        scopes = dict.fromkeys(scope for box in picture.boxes for scope in scopes_around(box.name))
        self._scope_of: dict[str, str] = {}
        for box in picture.boxes:
            # An op that bears the name of a scope which is drawn stands in that scope.
            scope = box.name if box.name in scopes else box.scope
            self._boxes[scope].append(box)
            self._scope_of[box.name] = scope
        for scope in scopes:
            self._scopes[scope.rpartition("/")[0]].append(scope)

    def lines(self) -> Iterator[str]:
        arrows, references = split_long_arrows(self._picture)
        yield "digraph graphflow {"
        yield from (f"  {line}" for line in self._defaults(arrows))
        yield from (f"  {line}" for line in self._scope(""))
        yield from (f"  {self._arrow(arrow)}" for arrow in arrows)
        if not self._is_large:
            yield from (f"  {line}" for line in self._order(arrows))
        yield from (f"  {line}" for arrow in references for line in self._reference(arrow))
        yield "}"
        yield ""

    def _defaults(self, arrows: Sequence[Arrow]) -> Iterator[str]:
        theme = self._theme
        spacing = _attributes(
            rankdir=self._rankdir, ranksep=0.35, nodesep=0.25, style="rounded,filled"
        )
        font = _attributes(fontname=_FONT, fontsize=12, fontcolor=theme.text)
        background = _attributes(bgcolor=theme.background or "transparent")
        yield f"graph [{spacing}, {font}, {background}];"
        count = len(self._picture.boxes)
        if self._is_large:
            # Straight lines and a bounded search for few crossings: seconds instead of minutes.
            limit = round(_LARGE / count, 3)
            yield f"graph [{_attributes(splines='line', nslimit=limit, mclimit=limit)}];"
        if count:
            place = _attributes(labelloc="b", labeljust="l")
            yield f"graph [label={self._legend(arrows)}, {place}];"
        node = _attributes(fontname=_FONT, fontsize=11, style="filled", margin="0.12,0.06")
        yield f"node [{node}, {_attributes(fontcolor=theme.text)}];"
        lines = _attributes(color=theme.line, fontcolor=theme.line)
        yield f"edge [{_attributes(fontname=_FONT, fontsize=9, arrowsize=0.6)}, {lines}];"

    def _scope(self, scope: str, level: int = 0) -> Iterator[str]:
        for box in self._boxes[scope]:
            yield self._node(box)
        for inner in self._scopes[scope]:
            yield f"subgraph {quoted('cluster_' + inner)} {{"
            looks = _attributes(
                tooltip=_tooltip(inner),
                fillcolor=self._scope_fill(inner, level),
                color=self._theme.scope_border,
            )
            label = self._scope_label(inner)
            yield f'  label={label}; labelloc="t"; labeljust="l"; graph [{looks}];'
            yield from (f"  {line}" for line in self._scope(inner, level + 1))
            yield "}"

    def _scope_fill(self, scope: str, level: int) -> str:
        theme = self._theme
        if scope in self._picture.groups:
            return theme.alike[self._picture.groups[scope] % len(theme.alike)]
        return theme.scope_fills[min(level, len(theme.scope_fills) - 1)]

    def _scope_label(self, scope: str) -> str:
        count = self._picture.parameters.get(scope)
        counted = f'  <FONT POINT-SIZE="9">{parameters_text(count)}</FONT>' if count else ""
        return f"<<B>{_text(leaf(scope))}</B>{counted}>"

    def _node(self, box: Box) -> str:
        look = self._theme.looks[box.kind]
        is_alike = box.group is not None
        fills = self._theme.alike
        attributes = _attributes(
            shape="box3d" if box.stacked > 1 else look.shape,
            fillcolor=fills[box.group % len(fills)] if is_alike else look.fill,
            color=look.border,
            style="filled,dashed" if box.name in self._aside else "filled",
            peripheries=2 if box.is_scope and box.stacked == 1 else 1,
            tooltip=_tooltip(box.tooltip),
        )
        rows = [f"<B>{_text(box.title)}</B>"]
        rows += [f'<FONT POINT-SIZE="10">{_text(line)}</FONT>' for line in box.lines if line]
        return f"{quoted(box.name)} [{attributes}, label={_table(rows)}];"

    def _arrow(self, arrow: Arrow) -> str:
        names = _tooltip(", ".join(f"{source.node}:{source.output}" for source in arrow.tensors))
        if arrow.is_gradient:
            color = self._theme.looks["training"].border
            attributes = _attributes(
                style="dashed", color=color, tooltip=f"gradients of {names}", weight=5
            )
        elif arrow.is_control:
            tooltip = _tooltip(f"{arrow.tail} runs before {arrow.head}")
            attributes = _attributes(style="dotted", tooltip=tooltip)
        else:
            width = _THINNEST + _WIDER_PER_DIGIT * math.log10(max(1, arrow.elements))
            attributes = _attributes(
                edgetooltip=names, labeltooltip=names, penwidth=round(min(width, _THICKEST), 2)
            )
            if arrow.is_reference:
                attributes += ", " + _attributes(dir="both", color=self._theme.reference)
            if self._kinds[arrow.tail] != "variable":  # whose box tells the shape
                # An `xlabel` takes no part in the layout, which takes a third of the time.
                kind = "xlabel" if self._is_large else "label"
                attributes += ", " + _attributes(**{kind: f" {arrow.label}"})
        return f"{quoted(arrow.tail)} -> {quoted(arrow.head)} [{attributes}];"

    def _order(self, arrows: Sequence[Arrow]) -> Iterator[str]:
        """Unseen arrows that put the variables and inputs of a scope below what flows into it.

        Without them graphviz sets a layer's weights beside the layer before, and with them the
        whole layer: the net would run down the page aslant.
        """
        inflow: dict[str, Arrow] = {}
        for arrow in arrows:
            scope, source = self._scope_of[arrow.head], self._scope_of[arrow.tail]
            if self._is_flow(arrow) and not f"{source}/".startswith(f"{scope}/"):
                largest = inflow.setdefault(scope, arrow)
                if arrow.elements > largest.elements:
                    inflow[scope] = arrow
        for arrow in arrows:
            scope = self._scope_of[arrow.tail]
            is_own = scope and scope == self._scope_of[arrow.head]
            is_start = self._kinds[arrow.tail] in ("variable", "input")
            if is_own and is_start and scope in inflow:
                ends = f"{quoted(inflow[scope].tail)} -> {quoted(arrow.tail)}"
                yield f"{ends} [{_attributes(style='invis', weight=3)}];"

    def _is_flow(self, arrow: Arrow) -> bool:
        is_value = not (arrow.is_control or arrow.is_gradient or arrow.is_reference)
        return is_value and self._kinds[arrow.tail] != "variable"

    def _reference(self, arrow: Arrow) -> Iterator[str]:
        """In place of a long arrow: its tail's name, beside the head."""
        stub = quoted(f"{arrow.tail} -> {arrow.head}")
        text = _attributes(shape="plaintext", style="", fontsize=9, label=leaf(arrow.tail))
        yield f"{stub} [{text}, {_attributes(tooltip=_tooltip(arrow.tail))}];"
        line = _attributes(style="dotted" if arrow.is_control else "solid")
        yield f"{stub} -> {quoted(arrow.head)} [{line}];"

    def _legend(self, arrows: Sequence[Arrow]) -> str:
        """A row with a coloured cell for each kind that occurs, and the lines that are special."""
        theme = self._theme
        cells = [
            f'<TD BGCOLOR="{look.fill}" COLOR="{look.border}" BORDER="1">'
            f'<FONT POINT-SIZE="9">{kind}</FONT></TD>'
            for kind, look in theme.looks.items()
            if kind in self._picture.kinds
        ]
        lines = (
            (any(a.is_control for a in arrows), "·····› runs before", theme.line),
            (any(a.is_reference for a in arrows), "‹—› changes", theme.reference),
            (
                any(a.is_gradient for a in arrows),
                "- - › gradients of",
                theme.looks["training"].border,
            ),
        )
        cells += [
            f'<TD><FONT POINT-SIZE="9" COLOR="{color}">{text}</FONT></TD>'
            for occurs, text, color in lines
            if occurs
        ]
        table = "".join(cells)
        return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="4"><TR>{table}</TR></TABLE>>'


def _table(rows: Sequence[str]) -> str:
    """Lines with a gap between them: an underscore would disappear under the next line."""
    cells = "".join(f"<TR><TD>{row}</TD></TR>" for row in rows)
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">{cells}</TABLE>>'


def _tooltip(text: str) -> str:
    """Graphviz takes no string of more than 16,384 bytes, and a reader far less."""
    return text if len(text) <= _MAX_TOOLTIP else f"{text[: _MAX_TOOLTIP - 1]}…"


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
