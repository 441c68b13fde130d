"""A GraphDef as plain records. Only attributes are read, so TensorFlow's own protos will do too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

Shape = tuple[int | None, ...] | None  # None for an unknown rank

_DEFAULT_NAME = "?"


class Source(NamedTuple):
    """Where an input comes from: an output of a node."""

    node: str
    output: int


@dataclass(frozen=True)
class Node:
    """One NodeDef, its input strings taken apart."""

    name: str
    op: str
    inputs: tuple[Source, ...]
    controls: tuple[str, ...]
    attr: Mapping[str, Any]
    device: str = ""

    @property
    def sources(self) -> tuple[str, ...]:
        """The nodes it depends on, in any way."""
        return (*(source.node for source in self.inputs), *self.controls)


def read_nodes(graph_def: Any) -> dict[str, Node]:
    """The nodes of a GraphDef by name, in their order. Of two with one name the later counts."""
    return {node_def.name: _read_node(node_def) for node_def in graph_def.node}


def _read_node(node_def: Any) -> Node:
    inputs = [name for name in node_def.input if not name.startswith("^")]
    controls = [name[1:] for name in node_def.input if name.startswith("^")]
    return Node(
        name=node_def.name,
        op=node_def.op or _DEFAULT_NAME,
        inputs=tuple(_read_source(name) for name in inputs),
        controls=tuple(controls),
        attr=node_def.attr,
        device=node_def.device,
    )


def _read_source(text: str) -> Source:
    name, colon, output = text.rpartition(":")
    return Source(name, int(output)) if colon and output.isdecimal() else Source(text, 0)


def read_shapes(nodes: Mapping[str, Node]) -> dict[Source, Shape]:
    """The shapes of outputs, for the nodes that carry `_output_shapes`."""
    return {
        Source(node.name, output): shape_of(proto)
        for node in nodes.values()
        if "_output_shapes" in node.attr
        for output, proto in enumerate(node.attr["_output_shapes"].list.shape)
    }


def shape_of(proto: Any) -> Shape:
    """A TensorShapeProto as a tuple."""
    if proto.unknown_rank:
        return None
    return tuple(None if dim.size < 0 else dim.size for dim in proto.dim)


def parent_scope(name: str) -> str:
    """`"a/b"` of `"a/b/c"`; `""` at the top."""
    return name.rpartition("/")[0]


def leaf(name: str) -> str:
    """`"c"` of `"a/b/c"`."""
    return name.rpartition("/")[2] or name


def scopes_around(name: str) -> list[str]:
    """`["a", "a/b"]` of `"a/b/c"`."""
    return [name[:end] for end, letter in enumerate(name) if letter == "/" and end > 0]
