"""tf.saved_model.loader: SavedModels of TensorFlow and of our own, read into a session."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from ..core.base import compat, errors
from ..core.graph.graph import Graph
from ..core.variables.save_slice_info import within_scope
from ..train.import_meta_graph import import_meta_graph
from . import constants

_INIT_SIGNATURE = "__saved_model_init_op"  # where TF 2 keeps the main op


def maybe_saved_model_directory(export_dir: Any) -> bool:
    """Whether a directory has the file of a SavedModel.

    Args:
      export_dir: the directory.
    """
    return _file_in(export_dir) is not None


contains_saved_model = maybe_saved_model_directory


def _file_in(export_dir: Any) -> str | None:
    folder = compat.as_str(os.fspath(export_dir))
    for name in (constants.SAVED_MODEL_FILENAME_PB, constants.SAVED_MODEL_FILENAME_PBTXT):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            return path
    return None


def parse_saved_model(export_dir: Any) -> Any:
    """The SavedModel message of a directory.

    Raises:
      OSError: there is no such file, or it is none of a SavedModel.
    """
    from google.protobuf import text_format
    from google.protobuf.message import DecodeError

    from ..protos.meta_graph_pb2 import SavedModel

    path = _file_in(export_dir)
    if path is None:
        raise OSError(
            f"SavedModel file does not exist at: {export_dir}/"
            f"{{{constants.SAVED_MODEL_FILENAME_PBTXT}|{constants.SAVED_MODEL_FILENAME_PB}}}"
        )
    with open(path, "rb") as file:
        data = file.read()
    try:
        if path.endswith(constants.SAVED_MODEL_FILENAME_PB):
            return SavedModel.FromString(data)
        return text_format.Parse(data, SavedModel())
    except (DecodeError, text_format.ParseError, UnicodeDecodeError) as error:
        raise OSError(f"Cannot parse file {path} ({len(data)} bytes): {error}.") from None


def meta_graph_with_tags(saved_model: Any, tags: Iterable[str]) -> Any:
    """The graph with exactly these tags.

    Raises:
      RuntimeError: there is none; the message lists the tags that there are.
    """
    wanted = set(tags)
    available = [set(graph.meta_info_def.tags) for graph in saved_model.meta_graphs]
    for graph, found in zip(saved_model.meta_graphs, available, strict=True):
        if found == wanted:
            return graph
    listed = " or ".join(str(sorted(found)) for found in available)
    raise RuntimeError(
        f"MetaGraphDef associated with tags {', '.join(map(repr, sorted(wanted)))} could not be "
        f"found in SavedModel. Its graphs have the tags {listed or '(it has no graphs)'}"
    )


def load(
    sess: Any,
    tags: Iterable[str],
    export_dir: Any,
    import_scope: str | None = None,
    **saver_kwargs: Any,
) -> Any:
    """Adds a graph of a SavedModel to a session's graph, and its variables to the session.

    Args:
      sess: the session.
      tags: the tags of the graph.
      export_dir: the directory.
      import_scope: a scope for the nodes.
      saver_kwargs: arguments for `tf.train.import_meta_graph`.

    Returns:
      The graph's MetaGraphDef, with names as they are in the file.

    Raises:
      OSError: the directory has no SavedModel, or a damaged one.
      RuntimeError: no graph has these tags.
      ValueError: the graph needs ops that graphflow does not have.
      OpError: the variables cannot be read; the class tells why.
    """
    meta_graph = meta_graph_with_tags(parse_saved_model(export_dir), tags)
    given = type(meta_graph)()
    given.CopyFrom(meta_graph)  # `clear_devices` changes what it imports
    folder = compat.as_str(os.fspath(export_dir))
    graph: Graph = sess.graph
    with graph.as_default():
        saver = import_meta_graph(given, import_scope=import_scope, **saver_kwargs)
        prefix = os.path.join(folder, constants.VARIABLES_DIRECTORY, constants.VARIABLES_FILENAME)
        if saver is not None:
            saver.restore(sess, prefix)
        main_op = _main_op(graph, meta_graph, import_scope)
        if main_op is not None:
            sess.run([main_op], _asset_paths(meta_graph, folder, import_scope))
    return meta_graph


def _main_op(graph: Graph, meta_graph: Any, import_scope: str | None) -> Any:
    """The operation to run when the graph has been loaded, if any."""
    if _INIT_SIGNATURE in meta_graph.signature_def:
        outputs = meta_graph.signature_def[_INIT_SIGNATURE].outputs
        return graph.as_graph_element(within_scope(outputs[_INIT_SIGNATURE].name, import_scope))
    for key in (constants.MAIN_OP_KEY, constants.LEGACY_INIT_OP_KEY):
        if key in meta_graph.collection_def:
            names = meta_graph.collection_def[key].node_list.value
            if len(names) != 1:
                raise RuntimeError(f"Expected exactly one SavedModel init op. Found: {names}")
            return graph.as_graph_element(within_scope(names[0], import_scope))
    return None


def _asset_paths(meta_graph: Any, folder: str, import_scope: str | None) -> dict[str, bytes]:
    """The files of the SavedModel, by the names of the tensors that have their paths."""
    from google.protobuf.message import DecodeError

    from ..protos.meta_graph_pb2 import AssetFileDef

    assets = list(meta_graph.asset_file_def)
    if not assets and constants.ASSETS_KEY in meta_graph.collection_def:
        try:
            messages = meta_graph.collection_def[constants.ASSETS_KEY].any_list.value
            assets = [AssetFileDef.FromString(message.value) for message in messages]
        except DecodeError as error:
            raise errors.DataLossError(
                None, None, f"An asset of the SavedModel in {folder} is damaged: {error}"
            ) from None
    folder = os.path.join(folder, constants.ASSETS_DIRECTORY)
    return {
        within_scope(asset.tensor_info.name, import_scope): compat.as_bytes(
            os.path.join(folder, asset.filename)
        )
        for asset in assets
    }
