"""write_graph: a GraphDef in a file."""

from __future__ import annotations

import os
from typing import Any

from ..core.files.os_errors import raise_os_errors_as_op_errors
from ..core.files.replacement import FileReplacement
from ..core.graph.graph import Graph


def write_graph(graph_or_graph_def: Any, logdir: str, name: str, as_text: bool = True) -> str:
    """Writes a graph to a file.

    Args:
      graph_or_graph_def: a Graph or a GraphDef proto.
      logdir: the directory, made if need be.
      name: the file's name.
      as_text: whether the file has text.

    Returns:
      The file's path.

    Raises:
      OpError: the file system refuses.
    """
    from google.protobuf import text_format

    is_graph = isinstance(graph_or_graph_def, Graph)
    proto = graph_or_graph_def.as_graph_def() if is_graph else graph_or_graph_def
    text = text_format.MessageToString(proto).encode() if as_text else proto.SerializeToString()
    path = os.path.join(logdir, name)
    with raise_os_errors_as_op_errors():
        os.makedirs(logdir or ".", exist_ok=True)
        with FileReplacement(path) as replacement:
            replacement.file.write(text)
    return path
