"""SaveV2, RestoreV2 and what shards need: checkpoints written and read inside a run."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...base import compat, errors
from ...base.tensor_shape import TensorShape
from ...files.checkpoint import new_checkpoint_reader
from ...files.checkpoint_v2 import CheckpointWriter, merge_v2_checkpoints
from ...files.tensor_slice import box_shape, parse_shape_and_slice
from ...graph.op_def import define_op
from ...graph.shape_context import ShapeContext
from ..shape_rules import no_outputs, scalar_shape


def save_shape(context: ShapeContext) -> list[TensorShape]:
    context.with_rank(0, 0)
    context.with_rank(1, 1).merge_with(context.with_rank(2, 1))
    return []


save_v2_op = define_op(
    "SaveV2",
    inputs=[
        "prefix: string",
        "tensor_names: string",
        "shape_and_slices: string",
        "tensors: dtypes",
    ],
    attrs=["dtypes: list(type) >= 1"],
    shape=save_shape,
    is_stateful=True,
)
save_v2_op.no_grad()


@save_v2_op.define
def save_v2_reference(
    node: Any,
    prefix: np.ndarray,
    tensor_names: np.ndarray,
    shape_and_slices: np.ndarray,
    *tensors: np.ndarray,
) -> None:
    names, slices = _texts(tensor_names), _texts(shape_and_slices)
    if not len(names) == len(slices) == len(tensors):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Got {len(names)} tensor names and {len(slices)} slices but {len(tensors)} tensors",
        )
    with CheckpointWriter(_text(prefix)) as writer:
        for name, part, tensor in zip(names, slices, tensors, strict=True):
            writer.add(name, tensor, part)


def restore_shape(context: ShapeContext) -> list[TensorShape]:
    """Parts of partitioned variables have the shape that their slice tells."""
    context.with_rank(0, 0)
    context.with_rank(1, 1).merge_with(context.with_rank(2, 1))
    slices = context.constant(2)
    if slices is None:
        return [TensorShape(None)] * context.num_outputs
    return [_shape_of_slice(text) for text in _texts(slices)]


def _shape_of_slice(text: str) -> TensorShape:
    if not text:
        return TensorShape(None)
    try:
        shape, part = parse_shape_and_slice(text)
        return TensorShape(box_shape(part.box(shape)))
    except errors.InvalidArgumentError as error:
        raise ValueError(error.message) from None


restore_v2_op = define_op(
    "RestoreV2",
    inputs=["prefix: string", "tensor_names: string", "shape_and_slices: string"],
    outputs=["tensors: dtypes"],
    attrs=["dtypes: list(type) >= 1"],
    shape=restore_shape,
    is_stateful=True,
)
restore_v2_op.no_grad()


@restore_v2_op.define
def restore_v2_reference(
    node: Any, prefix: np.ndarray, tensor_names: np.ndarray, shape_and_slices: np.ndarray
) -> tuple[np.ndarray, ...]:
    reader = new_checkpoint_reader(_text(prefix))
    names, slices = _texts(tensor_names), _texts(shape_and_slices)
    stored = reader.get_variable_to_dtype_map()
    for name, dtype in zip(names, node.attrs["dtypes"], strict=True):
        if name in stored and stored[name] != dtype:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"tensor_name = {name}; expected dtype {dtype.name} does not equal original dtype "
                f"{stored[name].name}",
            )
    return tuple(reader.restore(name, part) for name, part in zip(names, slices, strict=True))


merge_v2_checkpoints_op = define_op(
    "MergeV2Checkpoints",
    inputs=["checkpoint_prefixes: string", "destination_prefix: string"],
    attrs=["delete_old_dirs: bool = true", "allow_missing_files: bool = false"],
    shape=no_outputs,
    is_stateful=True,
)
merge_v2_checkpoints_op.no_grad()


@merge_v2_checkpoints_op.define
def merge_v2_checkpoints_reference(
    node: Any, checkpoint_prefixes: np.ndarray, destination_prefix: np.ndarray
) -> None:
    prefixes = _texts(checkpoint_prefixes)
    merge_v2_checkpoints(prefixes, _text(destination_prefix), node.attrs["delete_old_dirs"])


sharded_filename_op = define_op(
    "ShardedFilename",
    inputs=["basename: string", "shard: int32", "num_shards: int32"],
    outputs=["filename: string"],
    shape=scalar_shape,
)
sharded_filename_op.no_grad()


@sharded_filename_op.define
def sharded_filename_reference(
    node: Any, basename: np.ndarray, shard: np.ndarray, num_shards: np.ndarray
) -> np.ndarray:
    return _string(f"{_text(basename)}-{int(shard):05d}-of-{int(num_shards):05d}")


sharded_filespec_op = define_op(
    "ShardedFilespec",
    inputs=["basename: string", "num_shards: int32"],
    outputs=["filename: string"],
    shape=scalar_shape,
)
sharded_filespec_op.no_grad()


@sharded_filespec_op.define
def sharded_filespec_reference(
    node: Any, basename: np.ndarray, num_shards: np.ndarray
) -> np.ndarray:
    return _string(f"{_text(basename)}-?????-of-{int(num_shards):05d}")


def _text(value: np.ndarray) -> str:
    item: Any = value[()]
    text: str = compat.as_text(item)
    return text


def _texts(values: np.ndarray) -> list[str]:
    return [compat.as_text(value) for value in values.ravel()]


def _string(text: str) -> np.ndarray:
    return np.array(text.encode(), dtype=object)
