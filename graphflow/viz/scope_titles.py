"""Titles of scopes over what crosses them: graphviz draws an arrow across the title of a frame."""

from __future__ import annotations

import re

_CLUSTER, _OTHER = b'class="cluster"', (b'class="node"', b'class="edge"')
_FILL = re.compile(rb' fill="([^"]*)"')
_LAST_GROUP = b"</g>\n</svg>"


def raise_scope_titles(svg: bytes) -> bytes:
    """Moves the titles of clusters in graphviz' SVG to its end, with a rim of the frame's colour.

    Args:
      svg: as graphviz writes it, an element on each line.

    Returns:
      The same picture; unchanged where it has no cluster.
    """
    lines: list[bytes] = []
    titles: list[bytes] = []
    inside, fill = False, b"none"
    for line in svg.splitlines(keepends=True):
        if _CLUSTER in line:
            inside = True
        elif any(kind in line for kind in _OTHER):
            inside = False
        if inside and line.startswith(b"<text "):
            rim = b' paint-order="stroke" stroke-width="4" stroke-linejoin="round" stroke="'
            titles.append(b"<text" + rim + fill + b'"' + line[len(b"<text") :])
            continue
        if inside and line.startswith((b"<path ", b"<polygon ")):
            found = _FILL.search(line)
            fill = found[1] if found else b"none"
        lines.append(line)
    whole = b"".join(lines)
    if not titles or not whole.rstrip().endswith(_LAST_GROUP):
        return svg
    end = whole.rindex(_LAST_GROUP)
    # what a pointer finds stays the arrow or frame below
    group = b'<g class="titles" pointer-events="none">\n'
    return b"".join([whole[:end], group, *titles, b"</g>\n", whole[end:]])
