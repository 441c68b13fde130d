"""`graphflow convert FILE NEW_FILE`: a file of TensorFlow in another form."""

from __future__ import annotations

import argparse
import ast
import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..core.base import errors
from ..core.files.checkpoint import meta_graph_filename
from ..core.files.os_errors import raise_os_errors_as_op_errors
from ..core.files.replacement import FileReplacement
from ..core.graph.graph import Graph
from ..core.session.session import Session
from ..formats.onnx import check_onnx, to_onnx
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
from ..saved_model.loader import load, meta_graph_with_tags
from ..saved_model.signature_constants import DEFAULT_SERVING_SIGNATURE_DEF_KEY
from ..train.import_meta_graph import import_meta_graph
from ..train.write_graph import write_graph

# What a graph does not end in, though nothing takes it.
_NO_RESULTS = frozenset({"Assert", "Const", "NoOp", "Placeholder", "PlaceholderWithDefault"})


def add_parser(commands: Any) -> None:
    """Adds the command to an argument parser's subcommands."""
    parser = commands.add_parser(
        "convert",
        help="write a file of TensorFlow in another form",
        description="The new file's name tells its form. A checkpoint becomes .npz or "
        ".safetensors; a graph .pb or .pbtxt; with --outputs, a SavedModel or a checkpoint beside "
        "its .meta a frozen .pb or .pbtxt, whose variables are constants. All of them become "
        ".onnx, frozen on the way; the model is then run by onnxruntime, if that is installed, and "
        "compared with the graph.",
    )
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("new_file", metavar="NEW_FILE")
    parser.add_argument(
        "--outputs",
        type=_names,
        default=[],
        metavar="NAMES",
        help="freeze: the nodes to compute, with commas between (.onnx, default: those of the "
        "SavedModel's signature, or those that no other node takes)",
    )
    parser.add_argument(
        "--tags",
        type=_names,
        default=["serve"],
        help="of the graph in a SavedModel (default: serve)",
    )
    onnx = parser.add_argument_group("for .onnx")
    onnx.add_argument(
        "--inputs",
        type=_inputs,
        default={},
        metavar="NAMES",
        help="of the model, with shapes if need be: x[?,2] (default: the placeholders that have "
        "no default)",
    )
    onnx.add_argument(
        "--set",
        type=_setting,
        action="append",
        default=[],
        dest="constants",
        metavar="NAME=VALUE",
        help="make a placeholder a constant: is_training=False",
    )
    onnx.add_argument(
        "--check-with",
        metavar="FILE",
        help="values for the inputs by their names, as .npz (default: random ones)",
    )
    parser.set_defaults(run=_run)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _inputs(text: str) -> dict[str, list[int | None] | None]:
    """`x,y[?,2]` as names with shapes."""
    found: dict[str, list[int | None] | None] = {}
    for name, brackets, sizes in re.findall(r"([^,\[]+)(\[([^\]]*)\])?", text):
        words = [word.strip() for word in sizes.split(",") if word.strip()]
        if not all(word == "?" or word.isdecimal() for word in words):
            raise argparse.ArgumentTypeError(f"{brackets!r} is no shape such as [?,2]")
        shape = [None if word == "?" else int(word) for word in words]
        found[name.strip()] = shape if brackets else None
    return found


def _setting(text: str) -> tuple[str, Any]:
    name, sign, value = text.partition("=")
    if not name or not sign:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    try:
        return name, ast.literal_eval(value)
    except (SyntaxError, ValueError):
        return name, value


def _run(arguments: argparse.Namespace) -> int:
    try:
        if arguments.new_file.endswith(".onnx"):
            found = convert_to_onnx(
                arguments.file,
                arguments.new_file,
                arguments.outputs,
                arguments.tags,
                arguments.inputs,
                dict(arguments.constants),
                arguments.check_with,
            )
            print(f"{arguments.new_file}: {found}")
        else:
            convert(arguments.file, arguments.new_file, arguments.outputs, arguments.tags)
    except _FAILURES as error:
        words = str(getattr(error, "message", error.args[0] if error.args else error))
        place = "" if arguments.file in words else f"{arguments.file}: "
        print(f"graphflow convert: {place}{words}", file=sys.stderr)
        return 1
    return 0


# A damaged graph fails in as many ways as a wrong program.
_FAILURES = (
    errors.OpError,
    OSError,
    ValueError,
    RuntimeError,
    AssertionError,
    ImportError,
    KeyError,
    TypeError,
)


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


def convert_to_onnx(
    path: str,
    new_path: str,
    outputs: Sequence[str] = (),
    tags: Sequence[str] = ("serve",),
    inputs: Mapping[str, Any] | Sequence[str] = (),
    constants: Mapping[str, Any] | None = None,
    feeds_path: str | None = None,
) -> str:
    """Writes a graph as an ONNX model, unless it computes something else.

    Args:
      path: the file, as `graphflow inspect` takes it; variables become constants.
      new_path: the new file.
      outputs: the nodes to compute; by default those of a SavedModel's signature for serving, or
        those of a GraphDef that no other takes.
      tags: those of the graph in a SavedModel.
      inputs: the nodes that become inputs, or a dict from them to shapes; by default placeholders
        that have no default.
      constants: values of placeholders that become constants.
      feeds_path: an .npz file with values for the inputs, by their names.

    Returns:
      What a comparison with onnxruntime has found, in words.

    Raises:
      ImportError: the package `onnx` is not installed.
      ValueError: the outputs are not told.
      UnimplementedError: ONNX has no way for some nodes; the message lists all of them.
      DataLossError: the model and the graph compute different values.
      OpError: a file cannot be read or written.
    """
    found = recognize(path)
    outputs = outputs or _outputs_of(found, tags)
    if not outputs:
        raise ValueError(f"a {found.kind} becomes an ONNX model with --outputs only")
    if found.kind == GRAPH_DEF:
        graph_def = found.content
    else:
        graph_def = _frozen(found, [name.partition(":")[0] for name in outputs], tags)
    model = to_onnx(graph_def, outputs, inputs, constants)
    feeds = None
    if feeds_path is not None:
        with np.load(feeds_path) as arrays:
            feeds = {key if ":" in key else f"{key}:0": arrays[key] for key in arrays}
    result = check_onnx(model, graph_def, outputs, constants, feeds)
    with raise_os_errors_as_op_errors(), FileReplacement(new_path) as replacement:
        replacement.file.write(model.SerializeToString())
    return result


def _outputs_of(found: Recognized, tags: Sequence[str]) -> list[str]:
    """The tensors that a file says are its results."""
    if found.kind == SAVED_MODEL:
        signatures = meta_graph_with_tags(found.content, tags).signature_def
        key = DEFAULT_SERVING_SIGNATURE_DEF_KEY
        if key not in signatures:
            return []
        return [info.name for _, info in sorted(signatures[key].outputs.items())]
    if found.kind == GRAPH_DEF:
        nodes = found.content.node
        taken = {text.removeprefix("^").partition(":")[0] for node in nodes for text in node.input}
        return [n.name for n in nodes if n.name not in taken and n.op not in _NO_RESULTS]
    return []
