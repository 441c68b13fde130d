"""How layers are named when nobody names them."""

from __future__ import annotations

import re

from ..core.graph.scopes import get_collection_ref

_KEY = ("__layer_name_counts",)


def to_snake_case(name: str) -> str:
    """The name of a class as scopes spell it: `BasicLSTMCell` -> `basic_lstm_cell`."""
    words = re.sub("(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    words = re.sub("([a-z])([A-Z])", r"\1_\2", words).lower()
    # a scope's name cannot begin with an underscore
    return f"private{words}" if words.startswith("_") else words


def unique_layer_name(base_name: str) -> str:
    """The base name and how many layers of the default graph were named so: `dense_1` is first."""
    kept = get_collection_ref(_KEY)
    if not kept:
        kept.append({})
    counts: dict[str, int] = kept[0]
    counts[base_name] = counts.get(base_name, 0) + 1
    return f"{base_name}_{counts[base_name]}"
