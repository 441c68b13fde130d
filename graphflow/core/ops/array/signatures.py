"""Pieces of signatures that the ops of this family share."""

from __future__ import annotations

T = "T: type"
INDEX = "{int32, int64}"


def index_attr(name: str) -> str:
    """An index type that is int32 unless the inputs say otherwise."""
    return f"{name}: {INDEX} = DT_INT32"
