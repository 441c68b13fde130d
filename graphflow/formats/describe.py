"""What is in a file, as text: for `graphflow inspect`."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ..core.base import dtypes, errors
from ..core.files.events import read_events
from ..core.files.record import read_records
from ..core.graph.import_graph_def_ops import unknown_ops
from . import recognize as kinds
from .recognize import Recognized

_VARIABLES = frozenset(["Variable", "VariableV2", "VarHandleOp"])


def describe(found: Recognized) -> Iterator[str]:
    """The lines that tell what is in a file.

    Args:
      found: the file.

    Raises:
      DataLossError: it is damaged; what could be read has been told before.
    """
    yield f"{found.path}: {found.kind}"
    try:
        yield from _lines(found)
    except (TypeError, ValueError, OverflowError) as error:  # a type or shape that cannot be
        raise errors.DataLossError(
            None, None, f"{found.path}: the {found.kind} is damaged: {error}"
        ) from error


def _lines(found: Recognized) -> Iterator[str]:
    if found.kind == kinds.CHECKPOINT:
        yield from _checkpoint(found.content)
    elif found.kind == kinds.GRAPH_DEF:
        yield from _graph(found.content)
    elif found.kind == kinds.META_GRAPH_DEF:
        yield from _meta_graph(found.content)
    elif found.kind == kinds.SAVED_MODEL:
        for number, meta_graph in enumerate(found.content.meta_graphs):
            tags = ", ".join(meta_graph.meta_info_def.tags)
            yield f"graph {number}, tags: {tags or '(none)'}"
            yield from (f"  {line}" for line in _meta_graph(meta_graph))
    elif found.kind == kinds.EVENTS:
        yield from _events(found.path)
    else:
        yield from _records(found.path)


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  " + "  ".join(cells).rstrip()


def _checkpoint(reader: Any) -> Iterator[str]:
    shapes, types = reader.get_variable_to_shape_map(), reader.get_variable_to_dtype_map()
    total = 0
    rows = []
    for name in sorted(shapes):
        dtype = types[name]
        size = math.prod(shapes[name]) * (0 if dtype == dtypes.string else dtype.size)
        total += size
        rows.append((name, dtype.name, str(shapes[name]), _bytes(size)))
    elements = sum(math.prod(shape) for shape in shapes.values())
    yield f"{len(shapes)} tensors, {elements:,} elements, {_bytes(total)}"
    yield from _table(rows)


def _bytes(size: int) -> str:
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= scale:
            return f"{size / scale:.1f} {unit}"
    return f"{size} bytes"


def _meta_graph(meta_graph: Any) -> Iterator[str]:
    version = meta_graph.meta_info_def.tensorflow_version
    if version:
        yield f"written by TensorFlow {version}"
    yield from _graph(meta_graph.graph_def)
    if meta_graph.collection_def:
        yield f"collections: {', '.join(sorted(meta_graph.collection_def))}"
    for key, signature in sorted(meta_graph.signature_def.items()):
        yield f"signature '{key}' ({signature.method_name})"
        rows = [
            (direction, name, _info(info))
            for direction, infos in (("in", signature.inputs), ("out", signature.outputs))
            for name, info in sorted(infos.items())
        ]
        yield from _table(rows) if rows else ()


def _info(info: Any) -> str:
    name = info.name or info.coo_sparse.values_tensor_name
    dtype = dtypes.as_dtype(info.dtype).name if info.dtype else "operation"
    return f"{name} {dtype} {_sizes(info.tensor_shape)}"


def _sizes(shape: Any) -> str:
    sizes = (str(dim.size) if dim.size >= 0 else "?" for dim in shape.dim)
    return "?" if shape.unknown_rank else f"[{', '.join(sizes)}]"


def _graph(graph_def: Any) -> Iterator[str]:
    counts = Counter(node.op for node in graph_def.node)
    functions = len(graph_def.library.function)
    yield (
        f"{len(graph_def.node)} nodes of {len(counts)} ops"
        f"{f', {functions} functions' if functions else ''}, producer {graph_def.versions.producer}"
    )
    inputs = [node for node in graph_def.node if node.op.startswith("Placeholder")]
    if inputs:
        yield "inputs:"
        yield from _table([_row(node) for node in inputs])
    variables = [node for node in graph_def.node if node.op in _VARIABLES]
    if variables:
        yield "variables:"
        yield from _table([_row(node) for node in variables])
    taken = {text.removeprefix("^").partition(":")[0] for n in graph_def.node for text in n.input}
    ends = [f"{node.name} ({node.op})" for node in graph_def.node if node.name not in taken]
    yield f"nodes that nothing takes: {', '.join(ends[:20])}{' ...' if len(ends) > 20 else ''}"
    listed = (f"{op} {count}" for op, count in sorted(counts.items()))
    yield f"ops: {', '.join(listed)}"
    missing = unknown_ops(graph_def)
    told = ", ".join(f"{op} {count}" for op, count in sorted(missing.items()))
    yield f"ops that graphflow does not have: {told or 'none'}"


def _row(node: Any) -> tuple[str, str, str]:
    dtype = node.attr["dtype"].type
    shape = _sizes(node.attr["shape"].shape) if "shape" in node.attr else "?"
    return node.name, dtypes.as_dtype(dtype).name if dtype else "?", shape


def _events(path: str) -> Iterator[str]:
    count, steps = 0, []
    tags: Counter[str] = Counter()
    others: Counter[str] = Counter()
    for event in read_events(path):
        count += 1
        steps.append(event.step)
        others[event.WhichOneof("what") or "nothing"] += 1
        tags.update(value.tag or value.node_name for value in event.summary.value)
    yield f"{count} events, steps {min(steps)} to {max(steps)}"
    yield "  " + ", ".join(f"{what} {number}" for what, number in sorted(others.items()))
    if tags:
        yield "tags:"
        yield from _table([(tag, f"{number} values") for tag, number in sorted(tags.items())])


def _records(path: str) -> Iterator[str]:
    count = size = 0
    first = b""
    for record in read_records(path):
        first = first or record
        count += 1
        size += len(record)
    yield f"{count} records, {_bytes(size)}"
    features = list(_features(first))
    if features:
        yield "the first one as an Example:"
        yield from _table(features)


def _features(record: bytes) -> Iterable[tuple[str, str]]:
    from google.protobuf.message import DecodeError

    from ..protos.example_pb2 import Example

    try:
        features = Example.FromString(record).features.feature
    except DecodeError:
        return
    for name, feature in sorted(features.items()):
        kind = feature.WhichOneof("kind")
        if kind is not None:
            yield name, f"{kind.removesuffix('_list')} x {len(getattr(feature, kind).value)}"
