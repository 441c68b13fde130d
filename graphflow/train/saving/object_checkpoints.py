"""Checkpoints of tf.train.Checkpoint and Keras, read by variable names.

There, tensors have keys made of object attributes; a stored TrackableObjectGraph tells which
variable names these stand for.
"""

from __future__ import annotations

from typing import Any

from ...core.base import errors
from ...core.files.checkpoint_reader import TensorReader
from .saveable import SaveableObject, saveables_of

_GRAPH_KEY = "_CHECKPOINTABLE_OBJECT_GRAPH"


def object_graph_key_mapping(reader: TensorReader) -> dict[str, str] | None:
    """From variable names to keys; None if the checkpoint is not object-based."""
    from ...protos.checkpoint_pb2 import TrackableObjectGraph

    if not reader.has_tensor(_GRAPH_KEY):
        return None
    graph = TrackableObjectGraph.FromString(reader.get_tensor(_GRAPH_KEY))
    return {
        attribute.full_name: attribute.checkpoint_key
        for node in graph.nodes
        for attribute in node.attributes
    }


def saveables_with_keys(var_list: Any, keys: dict[str, str]) -> list[SaveableObject]:
    """Saveables whose tensors have the names that an object-based checkpoint gives them.

    Args:
      var_list: as `Saver` takes it.
      keys: what `object_graph_key_mapping` gave.

    Raises:
      NotFoundError: the checkpoint lacks a variable.
    """
    saveables = saveables_of(var_list)
    specs = [spec for saveable in saveables for spec in saveable.specs]
    missing = sorted({spec.name for spec in specs} - set(keys))
    if missing:
        extra = sorted(set(keys) - {spec.name for spec in specs})
        raise errors.NotFoundError(
            None,
            None,
            f"Existing variables not in the checkpoint: {', '.join(missing)}\n\nVariables names "
            f"when this checkpoint was written which don't exist now: {', '.join(extra)}",
        )
    for spec in specs:
        spec.name = keys[spec.name]
    return saveables
