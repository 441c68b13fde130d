"""MetaGraphDefs: a graph with its collections and its Saver, as written beside checkpoints."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Sequence
from typing import Any

from ..core.base import compat
from ..core.files.os_errors import raise_os_errors_as_op_errors
from ..core.files.replacement import FileReplacement
from ..core.graph.graph import Graph
from ..core.graph.op_def import find_op
from ..core.graph.operation import Operation
from ..core.graph.stacks import get_default_graph
from ..core.graph.tensor import Tensor

_logger = logging.getLogger(__name__)

_VERSION_WRITTEN = "1.14.0"  # the TensorFlow whose graphs these are


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
    proto.meta_info_def.stripped_default_attrs = strip_default_attrs
    proto.graph_def.CopyFrom(
        graph.as_graph_def(add_shapes=True) if graph_def is None else graph_def
    )
    if export_scope:
        _keep_scope(proto.graph_def, export_scope.rstrip("/") + "/")
    for node in proto.graph_def.node:
        if clear_devices:
            node.device = ""
        if strip_default_attrs:
            _strip_defaults(node)
    keys = graph.get_all_collection_keys() if collection_list is None else collection_list
    for key in keys:
        add_collection_def(proto, key, graph, export_scope)
    if clear_extraneous_savers:
        proto.collection_def.pop("savers", None)
    if saver_def is not None:
        proto.saver_def.ParseFromString(saver_def.SerializeToString())
    if filename:
        _write(proto, filename, as_text)
    return proto


def _keep_scope(graph_def: Any, scope: str) -> None:
    """Keeps the nodes of a scope, without its name; inputs from outside are left unbound."""
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


def _inner_input(name: str, scope: str, names: set[str]) -> str:
    caret = "^" if name.startswith("^") else ""
    bare = name.removeprefix("^")
    if bare.partition(":")[0] in names:
        return caret + bare.removeprefix(scope)
    return f"{caret}$unbound_inputs_{bare}"


def _strip_defaults(node: Any) -> None:
    from ..core.graph.attr_values import normalize_attr
    from ..core.graph.graph_def import attr_from_proto

    op_def = find_op(node.op)
    if op_def is None:
        return
    for attr in op_def.attrs:
        if attr.has_default and attr.name in node.attr:
            value = normalize_attr(op_def.name, attr, attr_from_proto(node.attr[attr.name]))
            if value == attr.default:
                del node.attr[attr.name]


def add_collection_def(
    meta_graph_def: Any, key: str, graph: Graph | None = None, export_scope: str | None = None
) -> None:
    """Puts a collection into a MetaGraphDef, as far as its items can be written.

    Args:
      meta_graph_def: the MetaGraphDef.
      key: the collection's name.
      graph: the graph; the default graph by default.
      export_scope: only items of this scope.
    """
    items = (graph or get_default_graph()).get_collection(key)
    if not items or not isinstance(key, str):
        return
    try:
        _fill(meta_graph_def.collection_def[key], items, export_scope)
    except (TypeError, ValueError, AttributeError) as error:
        _logger.warning("Issue encountered when serializing %s: %s", key, error)
        del meta_graph_def.collection_def[key]


def _fill(proto: Any, items: Sequence[Any], export_scope: str | None) -> None:
    first = items[0]
    if hasattr(first, "to_proto"):
        made = [item.to_proto(export_scope=export_scope) for item in items]
        proto.bytes_list.value.extend(p.SerializeToString() for p in made if p is not None)
    elif isinstance(first, Tensor | Operation) or hasattr(first, "name"):
        proto.node_list.value.extend(_names(items, export_scope))
    elif isinstance(first, bool | int):
        proto.int64_list.value.extend(items)
    elif isinstance(first, float):
        proto.float_list.value.extend(items)
    else:
        proto.bytes_list.value.extend(compat.as_bytes(item) for item in items)


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
