"""What V1 and V2 checkpoints look like to their readers: tensors by name, whole or in slices."""

from __future__ import annotations

import difflib
import glob
import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from ..base import dtypes, errors
from .tensor_slice import TensorSlice, box_shape, intersect, parse_shape_and_slice, relative

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from ...protos.graph_pb2 import VersionDef
    from ...protos.tensor_pb2 import TensorShapeProto, TensorSliceProto

    MessageT = TypeVar("MessageT", bound=Message)

# Of both formats; it has not changed since 2016.
FORMAT_VERSION = 1


@dataclass(frozen=True)
class StoredTensor:
    """What a checkpoint knows of a tensor without reading it.

    `slices` are the parts that it is stored in: one, the whole, unless it was partitioned.
    """

    dtype: dtypes.DType
    shape: tuple[int, ...]
    slices: tuple[TensorSlice, ...]


class TensorReader(ABC):
    """The tensors of a checkpoint, each read when it is asked for; TF1's reader of checkpoints.

    Args:
      path: the checkpoint's prefix.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._tensors: dict[str, StoredTensor] = {}

    def get_variable_to_shape_map(self) -> dict[str, list[int]]:
        """The shape of each tensor, by name; of the whole for partitioned ones."""
        return {name: list(tensor.shape) for name, tensor in self._tensors.items()}

    def get_variable_to_dtype_map(self) -> dict[str, dtypes.DType]:
        """The DType of each tensor, by name."""
        return {name: tensor.dtype for name, tensor in self._tensors.items()}

    def has_tensor(self, tensor_str: str) -> bool:
        """Whether there is a tensor of this name."""
        return tensor_str in self._tensors

    def get_tensor(self, tensor_str: str) -> Any:
        """Reads a tensor; slices of a partitioned one are put together, which TF1 refuses to do.

        Args:
          tensor_str: its name.

        Returns:
          An array, of objects for strings; a NumPy scalar or bytes for a tensor of rank 0.

        Raises:
          NotFoundError: no tensor has this name.
          DataLossError: a file is damaged.
          InvalidArgumentError: a slice of a partitioned tensor is missing.
        """
        return self.restore(tensor_str)[()]

    def restore(self, name: str, shape_and_slice: str = "") -> npt.NDArray[Any]:
        """Reads a tensor or a part of one, however it was partitioned when it was written.

        Args:
          name: the tensor's name.
          shape_and_slice: the full shape and the part to read, such as `4 3 0,2:-`; everything
            when empty.

        Returns:
          An array of the part's shape, of rank 0 too.

        Raises:
          NotFoundError: no tensor has this name.
          DataLossError: a file is damaged.
          UnimplementedError: the tensor is of a type without NumPy values: variant, resource.
          InvalidArgumentError: the tensor has another shape, or some of the part is not stored.
        """
        tensor = self._tensors.get(name)
        if tensor is None:
            raise errors.NotFoundError(None, None, self._missing(name))
        if not tensor.dtype.is_numpy_compatible:
            raise errors.UnimplementedError(
                None, None, f"Tensor {name} of {self.path} holds {tensor.dtype.name} handles"
            )
        wanted = TensorSlice.whole(len(tensor.shape))
        if shape_and_slice:
            shape, wanted = parse_shape_and_slice(shape_and_slice)
            if shape != tensor.shape:
                raise errors.InvalidArgumentError(
                    None,
                    None,
                    f"tensor_name = {name}; shape in shape_and_slice spec {list(shape)} does not "
                    f"match the shape stored in checkpoint: {list(tensor.shape)}",
                )
        return self._assemble(name, tensor, wanted)

    def debug_string(self) -> bytes:
        """A line for each tensor: name, type, shape, and the number of slices if several."""
        return b"".join(
            f"{name} ({_enum_name(tensor.dtype)}) [{','.join(map(str, tensor.shape))}]"
            f"{f', {len(tensor.slices)} slices' if len(tensor.slices) > 1 else ''}\n".encode()
            for name, tensor in sorted(self._tensors.items())
        )

    @abstractmethod
    def _read(self, name: str, tensor: StoredTensor, part: TensorSlice) -> npt.NDArray[Any]:
        """Reads one of `tensor.slices`."""

    def _assemble(self, name: str, tensor: StoredTensor, wanted: TensorSlice) -> npt.NDArray[Any]:
        wanted_box = wanted.box(tensor.shape)
        boxes = [part.box(tensor.shape) for part in tensor.slices]
        if wanted_box in boxes:
            return self._read(name, tensor, tensor.slices[boxes.index(wanted_box)])
        result = np.empty(box_shape(wanted_box), tensor.dtype.as_numpy_dtype)
        covered = np.zeros(result.shape, np.bool_)
        for part, box in zip(tensor.slices, boxes, strict=True):
            shared = intersect(box, wanted_box)
            if all(extent.start < extent.stop for extent in shared):
                place = relative(shared, wanted_box)
                result[place] = self._read(name, tensor, part)[relative(shared, box)]
                covered[place] = True
        if not covered.all():
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Does not have sufficient slices for partitioned tensor {name} to restore in "
                f"slice_spec: {wanted}; {self.path} has {', '.join(map(str, tensor.slices))}",
            )
        return result

    def _missing(self, name: str) -> str:
        near = difflib.get_close_matches(name, self._tensors, n=5)
        hint = f"; it has {', '.join(near)}" if near else ""
        return f"Key {name} not found in checkpoint {self.path}{hint}"


def _enum_name(dtype: dtypes.DType) -> str:
    from ...protos.tensor_pb2 import DataType

    return DataType.Name(dtype.as_datatype_enum)


def stored_tensor(
    name: str, dtype: int, shape: TensorShapeProto, slices: Sequence[TensorSliceProto]
) -> StoredTensor:
    """What the messages of a checkpoint say of a tensor.

    Raises:
      DataLossError: they contradict each other.
      UnimplementedError: the type is one that TF 1 did not have.
    """
    sizes = tuple(dimension.size for dimension in shape.dim)
    try:
        known = dtypes.as_dtype(dtype)
    except TypeError as error:
        raise errors.UnimplementedError(
            None, None, f"Tensor {name} is of type number {dtype}, which is not known here"
        ) from error
    parts = tuple(map(TensorSlice.from_proto, slices)) or (TensorSlice.whole(len(sizes)),)
    try:
        for part in parts:
            part.box(sizes)
    except errors.InvalidArgumentError as error:
        raise errors.DataLossError(None, None, f"Tensor {name}: {error}") from error
    if shape.unknown_rank or any(size < 0 for size in sizes):
        raise errors.DataLossError(None, None, f"Tensor {name} has an invalid shape")
    return StoredTensor(known, sizes, parts)


def parse_message(message_class: type[MessageT], data: bytes, what: str) -> MessageT:
    """The message that `data` is.

    Raises:
      DataLossError: it is none; `what` tells what it should have been.
    """
    from google.protobuf.message import DecodeError

    try:
        return message_class.FromString(data)
    except DecodeError as error:
        raise errors.DataLossError(None, None, f"Cannot parse {what}: {error}") from error


def check_versions(versions: VersionDef, path: str) -> None:
    """Refuses a checkpoint that says that it is for later readers.

    Raises:
      InvalidArgumentError: it does.
    """
    if versions.min_consumer > FORMAT_VERSION or FORMAT_VERSION in versions.bad_consumers:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Checkpoint {path} needs a reader of version {versions.min_consumer}; "
            f"this one is of version {FORMAT_VERSION}",
        )


def matching_files(pattern: str) -> list[str]:
    """The file of this name if there is one, else all that match it as a pattern."""
    return [pattern] if os.path.isfile(pattern) else sorted(glob.glob(pattern))


def no_such_checkpoint(prefix: str) -> errors.NotFoundError:
    """The error for a prefix without files: it names those that come near."""
    message = (
        "Unsuccessful TensorSliceReader constructor: "
        f"Failed to find any matching files for {prefix}"
    )
    folder, base = os.path.split(prefix)
    try:
        names = os.listdir(folder or ".")
    except OSError:
        return errors.NotFoundError(None, None, f"{message}; there is no directory {folder}")
    prefixes = {name.removesuffix(".index") for name in names if ".data-" not in name}
    near = difflib.get_close_matches(base, sorted(prefixes), n=5, cutoff=0.5)
    if near:
        message += f"; near it: {', '.join(os.path.join(folder, name) for name in near)}"
    return errors.NotFoundError(None, None, message)
