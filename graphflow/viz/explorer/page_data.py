"""All that the page knows of a graph, as one JSON object."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ...core.graph.graph import Graph
from ..constant_text import constant_text, type_name
from ..folding import Choices, Folding, fold
from ..graph_nodes import Node, Shape, Source, read_nodes, read_shapes, scopes_around, shape_of
from ..origin import Origin
from ..picture import BoxWriter, changes_input, shape_text
from ..structure import VARIABLES, parameters_of, shared
from ..style import LOOKS, THEMES, kind_of
from .costs import count_flops, elements
from .measures import Cost, Health
from .tree import place_nodes

_MAX_ATTRIBUTE = 200  # characters
_HIDDEN_ATTRIBUTES = frozenset({"_output_shapes"})


class _Table:
    """Texts that many nodes share, by number."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        if text not in self._numbers:
            self._numbers[text] = len(self.texts)
            self.texts.append(text)
        return self._numbers[text]


def page_data(
    origin: Origin,
    title: str,
    max_const_size: int,
    *,
    costs: Mapping[str, Cost],
    health: Mapping[str, Health],
) -> dict[str, Any]:
    """Describes a graph for the scripts of the page; `page/model.js` reads it.

    Args:
      origin: the nodes, and the Graph that made them, which knows the user's lines.
      title: of the page.
      max_const_size: constants of more bytes are described, not written out.
      costs: node -> what it took in a run.
      health: node -> what is wrong with its values.
    """
    nodes = read_nodes(origin.graph_def)
    known_shapes = dict(origin.shapes or {}) | read_shapes(nodes)
    folding = fold(nodes, Choices())
    paths = place_nodes(nodes, folding)
    table = _Table()
    writer = _NodeWriter(nodes, folding, known_shapes, max_const_size, origin.graph, table)
    described = []
    for name, node in nodes.items():
        record = writer.record(node) | {"path": paths[name]}
        if name in costs:
            record |= {"time": costs[name].micros, "memory": costs[name].bytes}
        if name in health:
            record["health"] = [health[name].nan, health[name].inf, health[name].values]
        described.append({key: value for key, value in record.items() if value not in (None, [])})
    return {
        "title": title,
        "kinds": list(LOOKS),
        "themes": {name: asdict(theme) for name, theme in THEMES.items()},
        "texts": table.texts,
        "nodes": described,
        "apart": [paths[name] for name in _apart(folding) if name in paths],
        "alike": [
            [paths[scope], group]
            for scope, group in shared(folding.signatures.wiring, folding.signatures.wiring).items()
            if scope in paths
        ],
        "stacks": [paths[scopes[0]][:-1] for scopes in folding.series.values()],
    }


def _apart(folding: Folding) -> list[str]:
    """Scopes, and single nodes, that are no part of the net: gradients, savers, `beta1_power`."""
    single = {
        name
        for name, box in folding.owner.items()
        if box in folding.auxiliary
        and name not in folding.inside
        and box not in scopes_around(name)
    }
    return sorted(folding.apart | folding.savers | single)


class _NodeWriter:
    def __init__(
        self,
        nodes: Mapping[str, Node],
        folding: Folding,
        shapes: Mapping[Source, Shape],
        max_const_size: int,
        graph: Graph | None,
        table: _Table,
    ) -> None:
        self._numbers = {name: number for number, name in enumerate(nodes)}
        self._shapes = shapes
        self._max_const_size = max_const_size
        self._boxes = BoxWriter(nodes, folding, shapes, max_const_size)
        self._operations = {op.name: op for op in graph.get_operations()} if graph else {}
        self._outputs = Counter(source.node for source in shapes)
        self._variables = {name for name, node in nodes.items() if node.op in VARIABLES}
        self._table = table
        self._apart = folding.apart
        self._kinds = {kind: number for number, kind in enumerate(LOOKS)}

    def record(self, node: Node) -> dict[str, Any]:
        """What the page gets of a node; tensors by number of node and of output."""
        op = self._operations.get(node.name)
        shapes = self._output_shapes(node, op)
        return {
            "name": node.name,
            "op": node.op,
            "kind": self._kinds[kind_of(node.op)],
            "lines": self._boxes.of_node(node)[1],
            "inputs": [self._input(node, index) for index in range(len(node.inputs))],
            "controls": [self._numbers[c] for c in node.controls if c in self._numbers],
            "missing": [s for s in dict.fromkeys(node.sources) if s not in self._numbers],
            "shapes": [self._table.number(shape_text(shape) or "unknown") for shape in shapes],
            "sizes": [elements(shape) for shape in shapes],
            "types": self._output_types(node, op),
            "attributes": self._attributes(node),
            "device": self._table.number(node.device) if node.device else None,
            "source": self._source(op),
            "parameters": self._parameters(node) or None,
            "flops": count_flops(node, self._shapes),
        }

    def _input(self, node: Node, index: int) -> list[int]:
        """[node, output, 1 if it is changed]; a node that the graph lacks is -1."""
        source = node.inputs[index]
        changed = int(changes_input(node.op, index))
        return [self._numbers.get(source.node, -1), source.output, changed]

    def _output_shapes(self, node: Node, op: Any) -> list[Shape]:
        count = self._outputs.get(node.name, 0) if op is None else len(op.outputs)
        return [self._shapes.get(Source(node.name, index)) for index in range(count)]

    def _output_types(self, node: Node, op: Any) -> list[int]:
        if op is not None:
            return [self._table.number(tensor.dtype.base_dtype.name) for tensor in op.outputs]
        key = next((key for key in ("dtype", "T", "DstT") if key in node.attr), None)
        return [self._table.number(type_name(node.attr[key].type))] if key else []

    def _attributes(self, node: Node) -> list[int]:
        return [
            self._table.number(f"{key}={self._attribute(node.attr[key])}")
            for key in sorted(node.attr)
            if key not in _HIDDEN_ATTRIBUTES
        ]

    def _attribute(self, value: Any) -> str:
        kind = value.WhichOneof("value")
        if kind == "tensor":
            text = constant_text(value.tensor, self._max_const_size)
        elif kind == "type":
            text = type_name(value.type)
        elif kind == "shape":
            text = shape_text(shape_of(value.shape)) or "unknown"
        elif kind == "s":
            text = value.s.decode(errors="replace")
        elif kind == "func":
            text = value.func.name
        elif kind == "list":
            text = _list_text(value.list)
        else:
            text = str(getattr(value, kind)) if kind else ""
        return text if len(text) <= _MAX_ATTRIBUTE else f"{text[: _MAX_ATTRIBUTE - 1]}…"

    def _source(self, op: Any) -> int | None:
        if op is None:
            return None
        frame = op.user_frame
        return self._table.number(f"{frame}\n{frame.line}")

    def _parameters(self, node: Node) -> int:
        around = set(scopes_around(node.name))
        is_no_part_of_the_net = around & self._apart or around & self._variables
        return 0 if is_no_part_of_the_net else parameters_of(node)


def _list_text(items: Any) -> str:
    fields = [values for _, values in items.ListFields()]
    if not fields:
        return "[]"
    if items.type:
        return ", ".join(map(type_name, items.type))
    if items.shape:
        return ", ".join(shape_text(shape_of(shape)) or "unknown" for shape in items.shape)
    if items.s:
        return ", ".join(text.decode(errors="replace") for text in items.s)
    return ", ".join(str(value) for value in fields[0])
