"""V2 checkpoints: tensor bundles.

    <prefix>.data-00000-of-00002   the tensors' bytes, one after the other, row-major
    <prefix>.data-00001-of-00002
    <prefix>.index                 a table: "" -> BundleHeaderProto, name -> BundleEntryProto

A tensor of strings is stored as the varints of their lengths, the masked CRC of the lengths as
32-bit numbers, and the strings. A partitioned tensor has an entry that lists its slices, and an
entry for each slice under `TensorSlice.key`.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..base import compat, dtypes, errors
from .checkpoint_reader import (
    FORMAT_VERSION,
    StoredTensor,
    TensorReader,
    check_versions,
    no_such_checkpoint,
    parse_message,
    stored_tensor,
)
from .crc32c import crc32c, mask, unmask
from .os_errors import raise_os_errors_as_op_errors
from .replacement import FileReplacement
from .table import Table, TableWriter
from .tensor_slice import TensorSlice, box_shape, parse_shape_and_slice
from .varint import decode_varint, encode_varint

if TYPE_CHECKING:
    from ...protos.checkpoint_pb2 import BundleEntryProto, BundleHeaderProto

_HEADER_KEY = b""
# Of the keys of slices, by which they differ from names.
_SLICE_KEY_START = b"\0"
# How much of a tensor is written at a time: a copy, so that what is written is what is checked even
# while another thread changes the tensor.
_PIECE = 1 << 22


def index_path(prefix: str) -> str:
    """The path of the file that tells what a checkpoint holds."""
    return f"{prefix}.index"


def data_path(prefix: str, shard: int, shard_count: int) -> str:
    """The path of one of the files that hold a checkpoint's tensors."""
    return f"{prefix}.data-{shard:05d}-of-{shard_count:05d}"


class CheckpointWriter:
    """Writes a checkpoint of one shard, which appears as a whole.

    As a context manager it calls `finish` at the end, or `abandon` after an error.

    Args:
      prefix: the checkpoint's path without a suffix. Its directory is made if need be.

    Raises:
      OpError: the file system refuses; the class tells why.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._entries: dict[bytes, BundleEntryProto] = {}
        self._offset = 0
        with raise_os_errors_as_op_errors():
            os.makedirs(os.path.dirname(prefix) or ".", exist_ok=True)
            self._data = FileReplacement(data_path(prefix, 0, 1))

    def add(self, name: str, value: Any, shape_and_slice: str = "") -> None:
        """Writes a tensor, or a slice of a partitioned one.

        Args:
          name: the tensor's name, not empty.
          value: an array of any type that a tensor can have; bytes, text, or a nested list of
            them for strings.
          shape_and_slice: the full shape and the slice that `value` is, such as `4 3 0,2:-`;
            empty if it is the whole tensor.

        Raises:
          InvalidArgumentError: this tensor or slice is there already, or the value does not fit.
          TypeError: no tensor can have the value's type.
          OpError: the file system refuses.
        """
        if not name or name.startswith("\0"):
            raise errors.InvalidArgumentError(None, None, f"No name for a tensor: {name!r}")
        array = _as_array(value)
        if not shape_and_slice:
            self._append(name.encode(), array)
            return
        full_shape, part = parse_shape_and_slice(shape_and_slice)
        part_shape = box_shape(part.box(full_shape))
        if part_shape != array.shape:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Tensor {name}: slice {shape_and_slice} is of shape {list(part_shape)}, "
                f"the value of shape {list(array.shape)}",
            )
        if part_shape == full_shape:
            self._append(name.encode(), array)
            return
        whole = _new_entry(dtypes.as_dtype(array.dtype), full_shape)
        whole.slices.append(part.to_proto())
        _check_new(self._entries, name.encode(), whole)
        self._append(part.key(name), array)
        _enter(self._entries, name.encode(), whole)

    def finish(self) -> None:
        """Puts the files in place, over those of an older checkpoint with this prefix.

        Raises:
          OpError: the file system refuses. What was there before is still there.
        """
        from ...protos.checkpoint_pb2 import BundleHeaderProto

        header = BundleHeaderProto(num_shards=1)
        header.version.producer = FORMAT_VERSION
        try:
            with raise_os_errors_as_op_errors():
                self._data.complete()
                with _complete_index(self._prefix, header, self._entries):
                    self._data.put_in_place()
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Leaves everything as it was before this writer; after `finish` it does nothing."""
        self._data.discard()

    def __enter__(self) -> CheckpointWriter:
        return self

    def __exit__(
        self,
        error_class: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self.finish()
        else:
            self.abandon()

    def _append(self, key: bytes, array: npt.NDArray[Any]) -> None:
        """Writes an array and enters it."""
        dtype = dtypes.as_dtype(array.dtype)
        if dtype is dtypes.string:
            pieces = _string_pieces(array)
        else:
            # In this machine's byte order, whatever the array's.
            pieces = _plain_pieces(array.astype(dtype.as_numpy_dtype, copy=False))
        entry = _new_entry(dtype, array.shape)
        entry.offset = self._offset
        _check_new(self._entries, key, entry)
        crc = 0
        with raise_os_errors_as_op_errors():
            for written, checked in pieces:
                self._data.file.write(written)
                self._offset += len(written)
                crc = crc32c(checked, crc)
        entry.size = self._offset - entry.offset
        entry.crc32c = mask(crc)
        _enter(self._entries, key, entry)


def merge_v2_checkpoints(
    prefixes: Sequence[str], destination: str, delete_old_dirs: bool = False
) -> None:
    """Makes one checkpoint of several, the shards that the parts of a program have written.

    Args:
      prefixes: the checkpoints. Their data files are renamed, their index files deleted.
      destination: the prefix of the one that they become.
      delete_old_dirs: whether to delete directories that are empty after it.

    Raises:
      InvalidArgumentError: a tensor is in two of them, and not in different slices.
      NotFoundError: one of them is not there.
      DataLossError: an index file is damaged.
      OpError: the file system refuses.
    """
    entries: dict[bytes, BundleEntryProto] = {}
    data_paths: list[str] = []
    headers = []
    for prefix in prefixes:
        header, part = _read_index(prefix)
        for key, entry in part.items():
            # The entry of a partitioned tensor is of no shard: its slices' entries are.
            if not entry.slices:
                entry.shard_id += len(data_paths)
            _enter(entries, key, entry)
        data_paths += [data_path(prefix, i, header.num_shards) for i in range(header.num_shards)]
        headers.append(header)
    if not headers:
        raise errors.InvalidArgumentError(None, None, "No checkpoints to merge")
    merged_header = headers[0]
    if any(header.endianness != merged_header.endianness for header in headers):
        raise errors.InvalidArgumentError(
            None, None, f"Checkpoints of different byte orders: {', '.join(prefixes)}"
        )
    merged_header.num_shards = len(data_paths)
    with raise_os_errors_as_op_errors():
        for path in data_paths:
            os.stat(path)  # before the first of them is renamed
        os.makedirs(os.path.dirname(destination) or ".", exist_ok=True)
        with _complete_index(destination, merged_header, entries):
            for shard, path in enumerate(data_paths):
                os.replace(path, data_path(destination, shard, len(data_paths)))
    for prefix in set(prefixes) - {destination}:
        # What is left over harms nobody.
        with contextlib.suppress(OSError):
            os.unlink(index_path(prefix))
            if delete_old_dirs and os.path.dirname(prefix) != os.path.dirname(destination):
                os.rmdir(os.path.dirname(prefix))


class CheckpointReader(TensorReader):
    """Reads a V2 checkpoint; checksums are verified when a tensor is read.

    Args:
      prefix: the checkpoint's path without a suffix.

    Raises:
      NotFoundError: there is no such checkpoint.
      DataLossError: the index file is damaged.
      InvalidArgumentError: it is for a later reader.
      UnimplementedError: it was written on a machine of the other byte order, or with types that
        TF 1 did not have.
    """

    def __init__(self, prefix: str) -> None:
        super().__init__(prefix)
        self._header, self._entries = _read_index(prefix)
        if self._header.endianness != self._header.LITTLE:
            raise errors.UnimplementedError(
                None, None, f"Checkpoint {prefix} was written on a big-endian machine"
            )
        check_versions(self._header.version, prefix)
        for key, entry in self._entries.items():
            if not key.startswith(_SLICE_KEY_START):
                name = key.decode()
                self._tensors[name] = stored_tensor(name, entry.dtype, entry.shape, entry.slices)

    def _read(self, name: str, tensor: StoredTensor, part: TensorSlice) -> npt.NDArray[Any]:
        is_partitioned = bool(self._entries[name.encode()].slices)
        entry = self._entries.get(part.key(name) if is_partitioned else name.encode())
        shape = box_shape(part.box(tensor.shape))
        if entry is None or (entry.dtype, _shape_of(entry)) != (
            tensor.dtype.as_datatype_enum,
            shape,
        ):
            raise errors.DataLossError(
                None, None, f"{index_path(self.path)} contradicts itself on slice {part} of {name}"
            )
        path = data_path(self.path, entry.shard_id, self._header.num_shards)
        where = f"Tensor {name} in {path}"
        data = _read_bytes(path, entry.offset, entry.size, where)
        try:
            array, checked = (
                _decode_strings(data, math.prod(shape))
                if tensor.dtype is dtypes.string
                else (data.view(tensor.dtype.as_numpy_dtype), data)
            )
        except ValueError as error:
            raise errors.DataLossError(None, None, f"{where} is unreadable: {error}") from error
        stored, actual = unmask(entry.crc32c), crc32c(checked)
        if actual != stored or array.size != math.prod(shape):
            raise errors.DataLossError(
                None,
                None,
                f"{where} does not match its checksum: stored {stored:08x}, "
                f"of what is there {actual:08x}",
            )
        return array.reshape(shape)


def _read_index(prefix: str) -> tuple[BundleHeaderProto, dict[bytes, BundleEntryProto]]:
    from ...protos.checkpoint_pb2 import BundleEntryProto, BundleHeaderProto

    path = index_path(prefix)
    if not os.path.isfile(path):
        raise no_such_checkpoint(prefix)
    with raise_os_errors_as_op_errors():
        values = dict(Table(path))
    if _HEADER_KEY not in values:
        raise errors.DataLossError(None, None, f"{path} is no index of a checkpoint: no header")
    header = parse_message(BundleHeaderProto, values.pop(_HEADER_KEY), f"the header of {path}")
    return header, {
        key: parse_message(BundleEntryProto, value, f"the entry of {key!r} in {path}")
        for key, value in values.items()
    }


@contextlib.contextmanager
def _complete_index(
    prefix: str, header: BundleHeaderProto, entries: Mapping[bytes, BundleEntryProto]
) -> Iterator[None]:
    """Writes an index file, which gets its name when the `with` block has ended well.

    In the block the data files get theirs: nothing but renaming is left to go wrong by then.
    """
    with FileReplacement(index_path(prefix)) as index:
        table = TableWriter(index.file)
        table.add(_HEADER_KEY, header.SerializeToString())
        for key in sorted(entries):
            table.add(key, entries[key].SerializeToString())
        table.finish()
        index.complete()
        yield


def _new_entry(dtype: dtypes.DType, shape: Sequence[int]) -> BundleEntryProto:
    from ...protos.checkpoint_pb2 import BundleEntryProto

    entry = BundleEntryProto(dtype=dtype.as_datatype_enum)  # type: ignore[arg-type]
    entry.shape.SetInParent()  # TensorFlow asks scalars for a shape too
    for size in shape:
        entry.shape.dim.add(size=size)
    return entry


def _shape_of(entry: BundleEntryProto) -> tuple[int, ...]:
    return tuple(dimension.size for dimension in entry.shape.dim)


def _check_new(
    entries: Mapping[bytes, BundleEntryProto], key: bytes, entry: BundleEntryProto
) -> None:
    """Whether an entry can be added: its key is new, or for other slices of the same tensor.

    Raises:
      InvalidArgumentError: it is neither.
    """
    known = entries.get(key)
    if known is None:
        return
    if not (known.slices and entry.slices):
        raise errors.InvalidArgumentError(None, None, f"Adding duplicate key: {_name(key)}")
    if (known.dtype, known.shape) != (entry.dtype, entry.shape):
        raise errors.InvalidArgumentError(
            None, None, f"Slices of {_name(key)} disagree about its type or shape"
        )


def _enter(entries: dict[bytes, BundleEntryProto], key: bytes, entry: BundleEntryProto) -> None:
    """Adds an entry; the slices of a partitioned tensor come together in one."""
    _check_new(entries, key, entry)
    if key in entries:
        entries[key].slices.extend(entry.slices)
    else:
        entries[key] = entry


def _name(key: bytes) -> str:
    """The key for a message: the keys of slices are no text."""
    return key.decode(errors="backslashreplace")


def _as_array(value: Any) -> npt.NDArray[Any]:
    array = np.asarray(value)
    # NumPy's own strings lose the zeros at their end.
    is_list_of_strings = array.dtype.kind in "SU" and not isinstance(value, np.ndarray)
    return np.asarray(value, np.object_) if is_list_of_strings else array


def _plain_pieces(array: npt.NDArray[Any]) -> Iterator[tuple[bytes, bytes]]:
    """What to write of an array of numbers, in pieces, and what to check: the same."""
    data = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    for start in range(0, data.size, _PIECE):
        piece = data[start : start + _PIECE].tobytes()
        yield piece, piece


def _string_pieces(array: npt.NDArray[Any]) -> Iterator[tuple[bytes, bytes]]:
    """What to write of an array of strings, in pieces, and what to check in place of each."""
    strings = [compat.as_bytes(string) for string in array.reshape(-1).tolist()]
    lengths = b"".join(_checked_length(len(string)) for string in strings)
    yield b"".join(encode_varint(len(string)) for string in strings), lengths
    checksum = mask(crc32c(lengths)).to_bytes(4, "little")
    yield checksum, checksum
    data = b"".join(strings)
    yield data, data


def _checked_length(length: int) -> bytes:
    """What is checked of a string's length: 32 bits, as before long strings were possible."""
    return length.to_bytes(4 if length < 1 << 32 else 8, "little")


def _decode_strings(data: npt.NDArray[np.uint8], count: int) -> tuple[npt.NDArray[Any], bytes]:
    """The strings that were written as `data`, and what is checked of them.

    Raises:
      ValueError: `data` is no such thing.
    """
    stored, position, lengths = data.tobytes(), 0, []
    for _ in range(count):
        length, position = decode_varint(stored, position)
        lengths.append(length)
    checked = b"".join(map(_checked_length, lengths))
    if mask(crc32c(checked)).to_bytes(4, "little") != stored[position : position + 4]:
        raise ValueError("the lengths of the strings do not match their checksum")
    checked += stored[position:]
    position += 4
    array = np.empty(count, np.object_)
    for i, length in enumerate(lengths):
        array[i] = stored[position : position + length]
        position += length
    if position != len(stored):
        raise ValueError(f"strings of {position} bytes in {len(stored)}")
    return array, checked


def _read_bytes(path: str, offset: int, size: int, where: str) -> npt.NDArray[np.uint8]:
    with raise_os_errors_as_op_errors(), open(path, "rb") as file:
        file_size = os.fstat(file.fileno()).st_size
        if not 0 <= offset <= offset + size <= file_size:
            raise errors.DataLossError(
                None, None, f"{where} is cut off: it ends at {offset + size}, the file {file_size}"
            )
        data = np.empty(size, np.uint8)
        file.seek(offset)
        if file.readinto(data.data) != size:
            raise errors.DataLossError(None, None, f"{where} is cut off")
        return data
