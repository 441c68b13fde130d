"""The nodes that save and restore: `save/Const`, `save/SaveV2`, `save/RestoreV2`, `save/Assign`."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ...core import ops
from ...core.base import dtypes
from ...core.graph.device import DeviceSpec, canonical_name
from ...core.graph.operation import Operation
from ...core.graph.scopes import control_dependencies, device, name_scope
from ...core.graph.tensor import Tensor
from .saveable import SaveableObject, saveables_of

_ByDevice = list[tuple[str, list[SaveableObject]]]


def build_saver(
    names_to_saveables: Any,
    reshape: bool = False,
    sharded: bool = False,
    max_to_keep: int | None = 5,
    keep_checkpoint_every_n_hours: float = 10000.0,
    name: str | None = None,
    restore_sequentially: bool = False,
    filename: str | None = "model",
) -> Any:
    """Adds the nodes of a Saver.

    Args:
      names_to_saveables: as `saveables_of`.
      reshape: whether restored values take the variables' shapes.
      sharded: whether each device writes a file of its own.
      max_to_keep, keep_checkpoint_every_n_hours: written to the SaverDef.
      name: the name scope, `save` by default.
      restore_sequentially: accepted; values are read in order anyway.
      filename: the checkpoint's prefix when none is fed.

    Returns:
      A SaverDef proto.
    """
    from ...protos.meta_graph_pb2 import SaverDef

    saveables = saveables_of(names_to_saveables)
    with name_scope(name, "save", [saveable.op for saveable in saveables]):
        default = ops.array.placeholder_with_default(filename or "model", [], name="filename")
        prefix = ops.array.placeholder_with_default(default, [], name="Const")
        if sharded:
            groups = _by_device(saveables)
            saved, restored = _save_shards(prefix, groups), _restore_shards(prefix, groups, reshape)
        else:
            saved = _save(prefix, saveables)
            restored = _restore(prefix, saveables, reshape, "restore_all")
    return SaverDef(
        filename_tensor_name=prefix.name,
        save_tensor_name=saved.name,
        restore_op_name=restored.name,
        max_to_keep=max_to_keep or 0,
        sharded=sharded,
        keep_checkpoint_every_n_hours=keep_checkpoint_every_n_hours,
        version=SaverDef.V2,
    )


def _save(prefix: Tensor, saveables: Sequence[SaveableObject]) -> Tensor:
    """Saves tensors; the prefix, once they are."""
    specs = [spec for saveable in saveables for spec in saveable.specs]
    save = ops.files.save_v2_op(
        prefix,
        [spec.name for spec in specs],
        [spec.slice_spec for spec in specs],
        [spec.tensor for spec in specs],
    )
    saved: Tensor = ops.control.with_dependencies([save], prefix)
    return saved


def _restore(
    prefix: Tensor, saveables: Sequence[SaveableObject], reshape: bool, name: str
) -> Operation:
    """Reads all tensors in one op, so that none is assigned unless all can be read."""
    specs = [spec for saveable in saveables for spec in saveable.specs]
    with device("cpu:0"):
        tensors = list(
            ops.files.restore_v2_op(
                prefix,
                [spec.name for spec in specs],
                [spec.slice_spec for spec in specs],
                dtypes=[dtypes.as_dtype(spec.dtype).base_dtype for spec in specs],
            )
        )
    assigned = []
    for saveable in saveables:
        count = len(saveable.specs)
        taken, tensors = tensors[:count], tensors[count:]
        shapes = [_shape_of(spec.tensor) for spec in saveable.specs] if reshape else None
        assigned.append(saveable.restore(taken, shapes))
    restored: Operation = ops.control.group(*assigned, name=name)
    return restored


def _shape_of(tensor: Any) -> Any:
    shape = tensor.get_shape()
    return shape if shape.is_fully_defined() else ops.array.shape(tensor)


# --- a file for each device ----------------------------------------------------------------------


def _by_device(saveables: Sequence[SaveableObject]) -> _ByDevice:
    groups: dict[str, list[SaveableObject]] = {}
    for saveable in saveables:
        places = {canonical_name(spec.device) for spec in saveable.specs}
        if len(places) != 1:
            raise ValueError(
                "All tensors of a saveable object must be on the same device: " + saveable.name
            )
        groups.setdefault(places.pop(), []).append(saveable)
    return sorted(groups.items(), key=lambda item: item[0])


def _on_cpu(place: str) -> str:
    return replace(DeviceSpec.from_string(place), device_type="CPU", device_index=0).to_string()


def _save_shards(prefix: Tensor, groups: _ByDevice) -> Tensor:
    """Each device saves to a temporary prefix; then the shards become one checkpoint."""
    temporary = ops.strings.string_join([prefix, f"_temp_{uuid.uuid4().hex}/part"])
    count = ops.array.constant(len(groups), name="num_shards")
    prefixes, saved = [], []
    for shard, (place, saveables) in enumerate(groups):
        with device(_on_cpu(place)):
            prefixes.append(ops.files.sharded_filename_op(temporary, shard, count))
            saved.append(_save(prefixes[-1], saveables))
    with control_dependencies([tensor.op for tensor in saved]), device(_on_cpu(groups[-1][0])):
        merge = ops.files.merge_v2_checkpoints_op(prefixes, prefix, delete_old_dirs=True)
        with control_dependencies([merge]):
            return ops.array.identity(prefix)


def _restore_shards(prefix: Tensor, groups: _ByDevice, reshape: bool) -> Operation:
    shards = []
    for place, saveables in groups:
        with device(place):
            shards.append(_restore(prefix, saveables, reshape, "restore_shard"))
    restored: Operation = ops.control.group(*shards, name="restore_all")
    return restored
