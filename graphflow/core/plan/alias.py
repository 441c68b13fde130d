"""Ops whose output is an input's memory, read with another shape or none the wiser."""

from __future__ import annotations

ALIASES = frozenset(
    {
        "ExpandDims",
        "Identity",
        "PlaceholderWithDefault",
        "PreventGradient",
        "ReadVariableOp",
        "RefIdentity",
        "Reshape",
        "Snapshot",
        "Squeeze",
        "StopGradient",
    }
)
