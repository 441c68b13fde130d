"""import_meta_graph: a graph with its collections and its Saver, as they were exported."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..core.base import compat, errors
from ..core.files.gfile import Exists, GFile
from ..core.graph.collection_keys import GraphKeys
from ..core.graph.graph import Graph
from ..core.graph.import_graph_def import import_graph_def
from ..core.graph.stacks import get_default_graph
from ..core.variables.collections import global_variables
from ..core.variables.save_slice_info import within_scope
from ..core.variables.variable import Variable
from .meta_graph import UNBOUND_INPUTS, VARIABLE_KEYS
from .queue_runner import QueueRunner
from .saving.saver import Saver

_logger = logging.getLogger(__name__)


def import_meta_graph(
    meta_graph_or_file: Any,
    clear_devices: bool = False,
    import_scope: str | None = None,
    input_map: Mapping[str, Any] | None = None,
    restore_collections_predicate: Callable[[str], bool] | None = None,
    graph: Graph | None = None,
) -> Saver | None:
    """Adds a MetaGraphDef to a graph.

    Args:
      meta_graph_or_file: the MetaGraphDef, or the path of its file, binary or text.
      clear_devices: whether devices are left out.
      import_scope: a scope for the nodes.
      input_map: what takes the place of inputs that were outside of the scope exported.
      restore_collections_predicate: which collections to restore, by their names; all by default.
      graph: the graph; the default graph by default.

    Returns:
      The Saver that was exported, or a new one; None when there are no variables.

    Raises:
      DataLossError: a collection of variables is damaged.
      OSError: there is no such file, or it holds no MetaGraphDef.
      ValueError: unbound inputs, or nodes that cannot be imported.
    """
    given = not isinstance(meta_graph_or_file, str | bytes) and hasattr(
        meta_graph_or_file, "graph_def"
    )
    proto = meta_graph_or_file if given else _read(meta_graph_or_file)
    _check_bound(proto, input_map)
    graph = graph or get_default_graph()
    if clear_devices:
        for node in proto.graph_def.node:
            node.device = ""
    with graph.as_default():
        # The nodes go under the current scope too.
        scope = graph.unique_name(import_scope or "", mark_as_used=False)
        ops_known = proto.meta_info_def.stripped_op_list
        import_graph_def(
            proto.graph_def,
            input_map=dict(input_map or {}),
            name=import_scope or scope,
            producer_op_list=ops_known if len(ops_known.op) else None,
        )
        keys = sorted(filter(restore_collections_predicate or _every, proto.collection_def))
        _add_collections(graph, proto, keys, scope)
        return _saver_of(graph, proto, scope)


def _saver_of(graph: Graph, proto: Any, scope: str) -> Saver | None:
    if proto.HasField("saver_def"):
        return Saver(saver_def=proto.saver_def, name=scope or None)
    if global_variables(scope or None) or graph.get_collection(GraphKeys.SAVEABLE_OBJECTS):
        return Saver()
    _logger.info("Saver not created because there are no variables in the graph to restore")
    return None


def _read(path: Any) -> Any:
    from google.protobuf import message, text_format

    from ..protos.meta_graph_pb2 import MetaGraphDef

    if not Exists(path):
        raise OSError(f"File {path} does not exist.")
    content = GFile(path, "rb").read()
    try:
        return MetaGraphDef.FromString(content)
    except message.DecodeError:
        pass
    try:
        return text_format.Parse(content, MetaGraphDef())
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise OSError(f"Cannot parse file {path}: {error}.") from None


def _check_bound(proto: Any, input_map: Mapping[str, Any] | None) -> None:
    if UNBOUND_INPUTS not in proto.collection_def:
        return
    names = [compat.as_str(n) for n in proto.collection_def[UNBOUND_INPUTS].bytes_list.value]
    missing = [name for name in names if name not in (input_map or {})]
    if missing:
        raise ValueError(
            f"Graph contains unbound inputs: {','.join(missing)}. Must provide these inputs "
            "through input_map."
        )


def _every(key: str) -> bool:
    return True


def _add_collections(graph: Graph, proto: Any, keys: Iterable[str], scope: str) -> None:
    from google.protobuf.message import DecodeError

    variables: dict[bytes, Any] = {}  # a variable in several collections is one object
    for key in keys:
        definition = proto.collection_def[key]
        kind = definition.WhichOneof("kind")
        if key == UNBOUND_INPUTS:
            continue
        if kind is None:
            _logger.error("Cannot identify data type for collection %s. Skipping.", key)
            continue
        values = getattr(definition, kind).value
        try:
            items = list(_items(graph, key, kind, values, scope, variables))
        except DecodeError as error:
            raise errors.DataLossError(
                None, None, f"The collection '{key}' of the MetaGraphDef is damaged: {error}"
            ) from None
        for item in items:
            graph.add_to_collection(key, item)


def _items(
    graph: Graph,
    key: str,
    kind: str,
    values: Iterable[Any],
    scope: str,
    variables: dict[bytes, Any],
) -> Iterable[Any]:
    from ..protos.meta_graph_pb2 import QueueRunnerDef, SaverDef, VariableDef

    if kind == "node_list":
        return [graph.as_graph_element(within_scope(name, scope)) for name in values]
    if kind != "bytes_list":
        return list(values)
    if key in VARIABLE_KEYS:
        for value in values:
            if value not in variables:
                definition = VariableDef.FromString(value)
                variables[value] = Variable.from_proto(definition, import_scope=scope or None)
        return [variables[value] for value in values]
    if key == GraphKeys.SAVERS:
        return [Saver.from_proto(SaverDef.FromString(v), scope or None) for v in values]
    if key == GraphKeys.QUEUE_RUNNERS:
        protos = [QueueRunnerDef.FromString(value) for value in values]
        return [QueueRunner.from_proto(proto, scope or None) for proto in protos]
    return list(values)
