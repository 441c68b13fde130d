"""The graph in a file of TensorFlow's, whatever kind of file it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..core.base import errors
from ..core.files.record import read_records

_TEXT = (".pbtxt", ".txt")


def read_graph_file(path: str | Path) -> Any:
    """Reads a GraphDef from a file, as text or as bytes.

    Args:
      path: a GraphDef (`.pb`, `.pbtxt`), a MetaGraphDef (`.meta`), a checkpoint's prefix beside
        which its `.meta` stands, a SavedModel or its directory, or an event file.

    Returns:
      The GraphDef; of a SavedModel the first one, of an event file the last.

    Raises:
      NotFoundError: there is no such file.
      DataLossError: there is no graph in it, or it is damaged.
    """
    from ..protos import graph_pb2, meta_graph_pb2

    path = _the_file(Path(path))
    if ".tfevents." in path.name:
        found = _graph_of_events(path)
    elif path.stem == "saved_model":
        saved = _parsed(path, meta_graph_pb2.SavedModel())
        found = saved.meta_graphs[0].graph_def if saved and saved.meta_graphs else None
    else:
        found = None if path.suffix == ".meta" else _parsed(path, graph_pb2.GraphDef())
        if found is None or not found.node:
            meta_graph = _parsed(path, meta_graph_pb2.MetaGraphDef())
            found = meta_graph.graph_def if meta_graph else None
    if found is None or not found.node:
        message = f"there is no graph in {path}: it is another kind of file, or damaged"
        raise errors.DataLossError(None, None, message)
    return found


def _the_file(path: Path) -> Path:
    if path.is_dir():
        inside = [path / "saved_model.pb", path / "saved_model.pbtxt"]
        newest = sorted(path.glob("*.meta"), key=lambda file: file.stat().st_mtime)[-1:]
        candidates = [*inside, *newest]
    else:
        checkpoint = path.with_suffix("") if path.suffix == ".index" else path
        candidates = [checkpoint, checkpoint.with_name(checkpoint.name + ".meta")]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    tried = ", ".join(map(str, candidates))
    raise errors.NotFoundError(None, None, f"no graph to be found: there is no file {tried}")


def _parsed(path: Path, message: Any) -> Any:
    """The message; None for a file that holds another one."""
    from google.protobuf import text_format
    from google.protobuf.message import DecodeError

    try:
        if path.suffix in _TEXT:
            return text_format.Parse(path.read_text(encoding="utf-8"), message)
        message.ParseFromString(path.read_bytes())
    except (DecodeError, text_format.ParseError, UnicodeDecodeError):
        return None
    return message


def _graph_of_events(path: Path) -> Any:
    from ..protos import event_pb2, graph_pb2, meta_graph_pb2

    found = None
    for record in read_records(str(path)):
        event = event_pb2.Event.FromString(record)
        if event.graph_def:
            found = graph_pb2.GraphDef.FromString(event.graph_def)
        elif event.meta_graph_def and found is None:
            found = meta_graph_pb2.MetaGraphDef.FromString(event.meta_graph_def).graph_def
    return found
