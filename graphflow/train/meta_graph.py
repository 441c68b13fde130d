"""MetaGraphDefs: a graph with its collections and its Saver, as written beside checkpoints."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..core.base import compat
from ..core.files.os_errors import raise_os_errors_as_op_errors
from ..core.files.replacement import FileReplacement
from ..core.graph.collection_keys import GraphKeys
from ..core.graph.graph import Graph
from ..core.graph.op_def import find_op
from ..core.graph.stacks import get_default_graph

_logger = logging.getLogger(__name__)

_VERSION_WRITTEN = "1.14.0"  # the TensorFlow whose graphs these are
UNBOUND_INPUTS = "unbound_inputs"
_SAVER_OPS = ("Save", "SaveSlices", "SaveV2", "Restore", "RestoreSlice", "RestoreV2")
_UNBOUND = "$unbound_inputs_"
VARIABLE_KEYS = (
    GraphKeys.GLOBAL_VARIABLES,
    GraphKeys.TRAINABLE_VARIABLES,
    GraphKeys.LOCAL_VARIABLES,
    GraphKeys.MODEL_VARIABLES,
    GraphKeys.METRIC_VARIABLES,
    GraphKeys.MOVING_AVERAGE_VARIABLES,
    GraphKeys.GLOBAL_STEP,
)
# Collections whose items are written as messages of their own; others hold names and numbers.
KEYS_OF_PROTOS = (*VARIABLE_KEYS, GraphKeys.SAVERS, GraphKeys.QUEUE_RUNNERS)


def export_meta_graph(
    filename: str | None = None,
    meta_info_def: Any = None,
    graph_def: Any = None,
    saver_def: Any = None,
    collection_list: Sequence[str] | None = None,
    as_text: bool = False,
    graph: Graph | None = None,
    export_scope: str | None = None,
    clear_devices: bool = False,
    clear_extraneous_savers: bool = False,
    strip_default_attrs: bool = False,
    save_debug_info: bool = False,
    **kwargs: Any,
) -> Any:
    """A graph as a MetaGraphDef.

    Args:
      filename: the file to write it to, if any.
      meta_info_def: a MetaInfoDef to start from.
      graph_def: the nodes; those of `graph` by default.
      saver_def: the SaverDef to put in.
      collection_list: the names of the collections to put in; all by default.
      as_text: whether the file has text.
      graph: the graph; the default graph by default.
      export_scope: only the nodes under this scope, named without it.
      clear_devices: whether devices are left out.
      clear_extraneous_savers: whether Savers but that of `saver_def` are left out.
      strip_default_attrs: whether attributes with default values are left out.
      save_debug_info: accepted; of no effect.

    Returns:
      The MetaGraphDef.

    Raises:
      OpError: the file system refuses.
    """
    from ..protos.meta_graph_pb2 import MetaGraphDef

    graph = graph or get_default_graph()
    proto = MetaGraphDef()
    if meta_info_def is not None:
        proto.meta_info_def.CopyFrom(meta_info_def)
    proto.meta_info_def.tensorflow_version = _VERSION_WRITTEN
    proto.meta_info_def.tensorflow_git_version = "graphflow"
    proto.meta_info_def.stripped_default_attrs = strip_default_attrs
    proto.graph_def.CopyFrom(
        graph.as_graph_def(add_shapes=True) if graph_def is None else graph_def
    )
    if clear_extraneous_savers:
        _drop_other_savers(proto.graph_def, saver_def)
    if export_scope:
        unbound = _keep_scope(proto.graph_def, export_scope.rstrip("/") + "/")
        if unbound:
            proto.collection_def[UNBOUND_INPUTS].bytes_list.value.extend(unbound)
    for node in proto.graph_def.node:
        if clear_devices:
            node.device = ""
        if strip_default_attrs:
            _strip_defaults(node)
    keys = graph.get_all_collection_keys() if collection_list is None else collection_list
    for key in keys:
        add_collection_def(proto, key, graph, export_scope)
    if clear_extraneous_savers and GraphKeys.SAVERS in proto.collection_def:
        del proto.collection_def[GraphKeys.SAVERS]
        if saver_def is not None:
            savers = proto.collection_def[GraphKeys.SAVERS].bytes_list.value
            savers.append(saver_def.SerializeToString())
    if saver_def is not None:
        proto.saver_def.ParseFromString(saver_def.SerializeToString())
    if filename:
        _write(proto, filename, as_text)
    return proto


def _drop_other_savers(graph_def: Any, saver_def: Any) -> None:
    """Leaves out the scopes of Savers but that of `saver_def`."""
    kept = {""}
    if saver_def is not None:
        names = saver_def.save_tensor_name, saver_def.restore_op_name
        kept |= {name.rpartition("/")[0] for name in names}
    scopes = {n.name.rpartition("/")[0] for n in graph_def.node if n.op in _SAVER_OPS} - kept
    prefixes = tuple(f"{scope}/" for scope in scopes)
    nodes = [node for node in graph_def.node if not node.name.startswith(prefixes)]
    copies = [type(node).FromString(node.SerializeToString()) for node in nodes]
    del graph_def.node[:]
    graph_def.node.extend(copies)


def _keep_scope(graph_def: Any, scope: str) -> list[bytes]:
    """Keeps the nodes of a scope, without its name; gives the names of inputs from outside."""
    kept = [node for node in graph_def.node if node.name.startswith(scope)]
    names = {node.name for node in kept}
    for node in kept:
        node.name = node.name.removeprefix(scope)
        node.input[:] = [_inner_input(name, scope, names) for name in node.input]
        if "_class" in node.attr:
            groups = node.attr["_class"].list.s
            groups[:] = [g.replace(b"loc:@" + scope.encode(), b"loc:@", 1) for g in groups]
    copies = [type(node).FromString(node.SerializeToString()) for node in kept]
    del graph_def.node[:]
    graph_def.node.extend(copies)
    inputs = (name for node in copies for name in node.input)
    unbound = (name.removeprefix("^") for name in inputs if _UNBOUND in name)
    return [name.encode() for name in dict.fromkeys(unbound)]


def _inner_input(name: str, scope: str, names: set[str]) -> str:
    caret = "^" if name.startswith("^") else ""
    bare = name.removeprefix("^")
    if bare.partition(":")[0] in names:
        return caret + bare.removeprefix(scope)
    return f"{caret}{_UNBOUND}{bare}"


def _strip_defaults(node: Any) -> None:
    from ..core.graph.attr_values import normalize_attr
    from ..core.graph.graph_def import attr_from_proto

    op_def = find_op(node.op)
    if op_def is None:
        return
    for attr in op_def.attrs:
        if attr.has_default and attr.name in node.attr:
            value = normalize_attr(op_def.name, attr, attr_from_proto(node.attr[attr.name]))
            if np.array_equal(value, attr.default):  # a tensor's default is an array
                del node.attr[attr.name]


def add_collection_def(
    meta_graph_def: Any, key: Any, graph: Graph | None = None, export_scope: str | None = None
) -> None:
    """Puts a collection into a MetaGraphDef, as far as its items can be written.

    Args:
      meta_graph_def: the MetaGraphDef.
      key: the collection's name; others than strings are left out.
      graph: the graph; the default graph by default.
      export_scope: only items of this scope.
    """
    if not isinstance(key, str | bytes):
        _logger.warning("Only collections with string type keys will be serialized: %r", key)
        return
    items = (graph or get_default_graph()).get_collection(key)
    if not items:
        return
    name = compat.as_str(key)
    try:
        _fill(meta_graph_def.collection_def[name], name, items, export_scope)
    except (TypeError, ValueError, AttributeError) as error:
        _logger.warning("Issue encountered when serializing %s: %s", name, error)
        del meta_graph_def.collection_def[name]


def _fill(proto: Any, key: str, items: Sequence[Any], export_scope: str | None) -> None:
    first = items[0]
    if key in KEYS_OF_PROTOS and hasattr(first, "to_proto"):
        made = [item.to_proto(export_scope=export_scope) for item in items]
        proto.bytes_list.value.extend(p.SerializeToString() for p in made if p is not None)
    elif isinstance(first, str | bytes):
        proto.bytes_list.value.extend(compat.as_bytes(item) for item in items)
    elif isinstance(first, bool | int):
        proto.int64_list.value.extend(items)
    elif isinstance(first, float):
        proto.float_list.value.extend(items)
    elif hasattr(first, "type_url"):
        for item in items:
            proto.any_list.value.add().MergeFrom(item)
    elif hasattr(first, "SerializeToString"):
        proto.bytes_list.value.extend(item.SerializeToString() for item in items)
    else:
        proto.node_list.value.extend(_names(items, export_scope))


def _names(items: Iterable[Any], export_scope: str | None) -> Iterable[str]:
    scope = "" if not export_scope else export_scope.rstrip("/") + "/"
    return [item.name.removeprefix(scope) for item in items if item.name.startswith(scope)]


def _write(proto: Any, filename: str, as_text: bool) -> None:
    from google.protobuf import text_format

    text = text_format.MessageToString(proto).encode() if as_text else proto.SerializeToString()
    folder = os.path.dirname(filename)
    with raise_os_errors_as_op_errors():
        if folder:
            os.makedirs(folder, exist_ok=True)
        with FileReplacement(filename) as replacement:
            replacement.file.write(text)
