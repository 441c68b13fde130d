"""`graphflow convert FILE NEW_FILE`: a file of TensorFlow in another form."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any

from ..core.base import errors
from ..core.files.checkpoint import meta_graph_filename
from ..core.graph.graph import Graph
from ..core.session.session import Session
from ..formats.recognize import (
    CHECKPOINT,
    GRAPH_DEF,
    META_GRAPH_DEF,
    SAVED_MODEL,
    Recognized,
    recognize,
)
from ..formats.tensors import write_npz, write_safetensors
from ..graph_util import convert_variables_to_constants
from ..saved_model.loader import load
from ..train.import_meta_graph import import_meta_graph
from ..train.write_graph import write_graph


def add_parser(commands: Any) -> None:
    """Adds the command to an argument parser's subcommands."""
    parser = commands.add_parser(
        "convert",
        help="write a file of TensorFlow in another form",
        description="The new file's name tells its form. A checkpoint becomes .npz or "
        ".safetensors; a graph .pb or .pbtxt; with --outputs, a SavedModel or a checkpoint beside "
        "its .meta a frozen .pb or .pbtxt, whose variables are constants.",
    )
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("new_file", metavar="NEW_FILE")
    parser.add_argument(
        "--outputs", metavar="NAMES", help="freeze: the nodes to compute, with commas between"
    )
    parser.add_argument(
        "--tags", default="serve", help="of the graph in a SavedModel (default: serve)"
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    outputs = [name.strip() for name in (arguments.outputs or "").split(",") if name.strip()]
    try:
        convert(arguments.file, arguments.new_file, outputs, arguments.tags.split(","))
    except (errors.OpError, OSError, ValueError, RuntimeError, AssertionError) as error:
        print(f"graphflow convert: {getattr(error, 'message', error)}", file=sys.stderr)
        return 1
    return 0


def convert(
    path: str, new_path: str, outputs: Sequence[str] = (), tags: Sequence[str] = ("serve",)
) -> None:
    """Writes a file in another form, as a whole or not at all.

    Args:
      path: the file, as `graphflow inspect` takes it.
      new_path: the new file; its suffix tells the form.
      outputs: the nodes to compute, to freeze a graph.
      tags: those of the graph in a SavedModel.

    Raises:
      ValueError: there is no way from one form to the other.
      OpError: the file cannot be read or written.
    """
    found = recognize(path)
    suffix = os.path.splitext(new_path)[1]
    if suffix in (".pb", ".pbtxt"):
        graph_def = _graph_def(found, outputs, tags)
        folder, name = os.path.split(new_path)
        write_graph(graph_def, folder, name, as_text=suffix == ".pbtxt")
    elif found.kind == CHECKPOINT and suffix == ".npz":
        write_npz(found.content, new_path)
    elif found.kind == CHECKPOINT and suffix == ".safetensors":
        write_safetensors(found.content, new_path)
    else:
        raise ValueError(f"there is no way from a {found.kind} to {new_path}")


def _graph_def(found: Recognized, outputs: Sequence[str], tags: Sequence[str]) -> Any:
    if outputs:
        return _frozen(found, outputs, tags)
    if found.kind == GRAPH_DEF:
        return found.content
    if found.kind == META_GRAPH_DEF:
        return found.content.graph_def
    raise ValueError(f"a {found.kind} becomes a graph with --outputs only, which freezes it")


def _frozen(found: Recognized, outputs: Sequence[str], tags: Sequence[str]) -> Any:
    """The part of a graph that computes some nodes, with the values of its variables."""
    graph = Graph()
    with graph.as_default(), Session(graph=graph) as session:
        if found.kind == SAVED_MODEL:
            load(session, tags, os.path.dirname(found.path), clear_devices=True)
        elif found.kind == CHECKPOINT:
            saver = import_meta_graph(meta_graph_filename(found.path), clear_devices=True)
            if saver is not None:
                saver.restore(session, found.path)
        else:
            raise ValueError(f"a {found.kind} has no values for variables, so it is not frozen")
        return convert_variables_to_constants(session, graph.as_graph_def(), outputs)
