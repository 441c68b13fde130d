"""V1 checkpoints, which TensorFlow wrote before 1.0: reading only.

A file is a table of SavedTensorSlices messages: under the empty key what is stored, under
`TensorSlice.key` the values of each slice. A sharded checkpoint is several such files, and its path
a pattern such as `model.ckpt-?????-of-00002`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from ..base import errors
from .checkpoint_reader import (
    StoredTensor,
    TensorReader,
    check_versions,
    matching_files,
    no_such_checkpoint,
    parse_message,
    stored_tensor,
)
from .os_errors import raise_os_errors_as_op_errors
from .table import Table
from .tensor_proto import listed_values
from .tensor_slice import TensorSlice, box_shape

if TYPE_CHECKING:
    from ...protos.checkpoint_pb2 import SavedSliceMeta, SavedTensorSlices

_META_KEY = b""


class CheckpointReader(TensorReader):
    """Reads a V1 checkpoint.

    Args:
      filepattern: the path of its file, or a pattern that all of its files match.

    Raises:
      NotFoundError: no file matches.
      DataLossError: a file is no V1 checkpoint, or damaged.
      InvalidArgumentError: it is for a later reader.
      UnimplementedError: it holds types that TF 1 did not have.
    """

    def __init__(self, filepattern: str) -> None:
        super().__init__(filepattern)
        self._table_of_key: dict[bytes, Table] = {}
        paths = matching_files(filepattern)
        if not paths:
            raise no_such_checkpoint(filepattern)
        for path in paths:
            with raise_os_errors_as_op_errors():
                table = Table(path)
            message = _message_of(table, _META_KEY)
            if not message.HasField("meta"):
                raise errors.DataLossError(None, None, f"{path} is a table, but no V1 checkpoint")
            check_versions(message.meta.versions, path)
            for tensor in message.meta.tensor:
                self._enter(tensor, table)

    def _enter(self, meta: SavedSliceMeta, table: Table) -> None:
        """Takes up what a file tells of a tensor; other files may have other slices of it."""
        tensor = stored_tensor(meta.name, meta.type, meta.shape, meta.slice)
        for part in tensor.slices:
            self._table_of_key[part.key(meta.name)] = table
        known = self._tensors.get(meta.name)
        if known is not None:
            if (known.dtype, known.shape) != (tensor.dtype, tensor.shape):
                raise errors.DataLossError(
                    None, None, f"The files of {self.path} disagree about tensor {meta.name}"
                )
            tensor = StoredTensor(known.dtype, known.shape, known.slices + tensor.slices)
        self._tensors[meta.name] = tensor

    def _read(self, name: str, tensor: StoredTensor, part: TensorSlice) -> npt.NDArray[Any]:
        key = part.key(name)
        table = self._table_of_key[key]
        values = listed_values(_message_of(table, key).data.data, tensor.dtype)
        try:
            return values.reshape(box_shape(part.box(tensor.shape)))
        except ValueError as error:
            raise errors.DataLossError(
                None, None, f"Tensor {name} in {table.path} has {values.size} values"
            ) from error


def _message_of(table: Table, key: bytes) -> SavedTensorSlices:
    from ...protos.checkpoint_pb2 import SavedTensorSlices

    with raise_os_errors_as_op_errors():
        value = table.get(key)
    if value is None:
        raise errors.DataLossError(None, None, f"{table.path} has nothing under the key {key!r}")
    return parse_message(SavedTensorSlices, value, f"the value of {key!r} in {table.path}")
