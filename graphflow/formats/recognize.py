"""What a file is, by what stands in it: checkpoint, SavedModel, graph, events, records."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..core.base import errors
from ..core.files.checkpoint import checkpoint_exists, new_checkpoint_reader
from ..core.files.checkpoint_state import checkpoint_in
from ..core.files.os_errors import raise_os_errors_as_op_errors
from ..core.files.record import read_records

CHECKPOINT = "checkpoint"
EVENTS = "event file"
GRAPH_DEF = "GraphDef"
META_GRAPH_DEF = "MetaGraphDef"
RECORDS = "TFRecord file"
SAVED_MODEL = "SavedModel"

_SAVED_MODEL_FILES = ("saved_model.pb", "saved_model.pbtxt")
_PART_OF_CHECKPOINT = re.compile(r"\.(index|data-\d{5}-of-\d{5})$")
_TABLE_MAGIC = bytes.fromhex("57fb808b247547db")  # the end of a V1 checkpoint


@dataclass(frozen=True)
class Recognized:
    """A file and what it is.

    Attributes:
      kind: one of the constants of this module.
      path: where to read it; the prefix of a checkpoint, the file of a SavedModel.
      content: the message, for the kinds that are one; a reader for a checkpoint.
    """

    kind: str
    path: str
    content: Any = None


def recognize(path: str) -> Recognized:
    """Tells what a file is.

    Args:
      path: a file, the directory of a SavedModel or of checkpoints, or the prefix of a checkpoint.

    Returns:
      What it is.

    Raises:
      NotFoundError: there is nothing of that name.
      InvalidArgumentError: it is none of the kinds known here.
      DataLossError: it is one, and damaged.
    """
    if os.path.isdir(path):
        return _directory(path)
    if not os.path.exists(path):
        if checkpoint_exists(path):
            return _checkpoint(path)
        raise errors.NotFoundError(None, None, f"{path}; there is no such file or checkpoint")
    if _PART_OF_CHECKPOINT.search(path):
        return _checkpoint(_PART_OF_CHECKPOINT.sub("", path))
    with raise_os_errors_as_op_errors(), open(path, "rb") as file:
        head = file.read(12)
        file.seek(max(0, os.path.getsize(path) - len(_TABLE_MAGIC)))
        tail = file.read()
    if tail == _TABLE_MAGIC:
        return _checkpoint(path)
    if len(head) == 12 and (found := _records(path)) is not None:
        return found
    return _message(path)


def _directory(path: str) -> Recognized:
    for name in _SAVED_MODEL_FILES:
        if os.path.exists(file := os.path.join(path, name)):
            return _message(file)
    if (prefix := checkpoint_in(path)) is not None:
        return _checkpoint(prefix)
    raise errors.InvalidArgumentError(
        None,
        None,
        f"The directory {path} has neither a SavedModel nor a checkpoint; one of several "
        "checkpoints is named by its prefix",
    )


def _checkpoint(prefix: str) -> Recognized:
    return Recognized(CHECKPOINT, prefix, new_checkpoint_reader(prefix))


def _records(path: str) -> Recognized | None:
    """A TFRecord file, whose first checksum is right; None for all others."""
    from google.protobuf.message import DecodeError

    from ..protos.event_pb2 import Event

    try:
        first = next(read_records(path))
    except (errors.DataLossError, StopIteration):
        return None
    try:
        is_event = bool(Event.FromString(first).file_version)
    except DecodeError:
        is_event = False
    return Recognized(EVENTS if is_event else RECORDS, path)


def _message(path: str) -> Recognized:
    from google.protobuf import text_format
    from google.protobuf.message import DecodeError

    with raise_os_errors_as_op_errors(), open(path, "rb") as file:
        data = file.read()
    # A MetaGraphDef comes first: read as a GraphDef, it is one with an odd library.
    for kind, message_class, is_one in _message_kinds():
        for parse in (message_class.FromString, _text_parser(message_class)):
            try:
                message = parse(data)
            except (DecodeError, text_format.ParseError, UnicodeDecodeError, RecursionError):
                continue
            if is_one(message):
                return Recognized(kind, path, message)
    raise errors.InvalidArgumentError(
        None,
        None,
        f"{path} ({len(data)} bytes) is no checkpoint, SavedModel, MetaGraphDef, GraphDef, event "
        "file or TFRecord file, or is damaged from its beginning",
    )


def _text_parser(message_class: Any) -> Callable[[bytes], Any]:
    from google.protobuf import text_format

    return lambda data: text_format.Parse(data.decode(), message_class())


def _message_kinds() -> list[tuple[str, Any, Callable[[Any], bool]]]:
    from ..protos.graph_pb2 import GraphDef
    from ..protos.meta_graph_pb2 import MetaGraphDef, SavedModel

    return [
        (SAVED_MODEL, SavedModel, _has_graphs),
        (META_GRAPH_DEF, MetaGraphDef, lambda message: _has_nodes(message.graph_def)),
        (GRAPH_DEF, GraphDef, _has_nodes),
    ]


def _has_graphs(saved_model: Any) -> bool:
    graphs = saved_model.meta_graphs
    return bool(graphs) and all(_has_nodes(graph.graph_def) for graph in graphs)


def _has_nodes(graph_def: Any) -> bool:
    return bool(graph_def.node) and all(node.name and node.op for node in graph_def.node)
