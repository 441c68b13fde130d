"""Tensors of a checkpoint as files of other programs: NumPy's .npz, .safetensors."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..core.base import dtypes, errors
from ..core.files.os_errors import raise_os_errors_as_op_errors
from ..core.files.replacement import FileReplacement

_SAFETENSORS_TYPES = {
    dtypes.bool: "BOOL",
    dtypes.uint8: "U8",
    dtypes.int8: "I8",
    dtypes.uint16: "U16",
    dtypes.int16: "I16",
    dtypes.uint32: "U32",
    dtypes.int32: "I32",
    dtypes.uint64: "U64",
    dtypes.int64: "I64",
    dtypes.float16: "F16",
    dtypes.bfloat16: "BF16",
    dtypes.float32: "F32",
    dtypes.float64: "F64",
}


def write_npz(reader: Any, path: str) -> None:
    """Writes all tensors of a checkpoint as NumPy's .npz; `numpy.load` reads it.

    Args:
      reader: the checkpoint.
      path: the new file, which appears as a whole.

    Raises:
      InvalidArgumentError: a tensor holds strings, which only pickling could store.
    """
    _refuse(reader, path, [dtypes.string])
    arrays = {name: reader.get_tensor(name) for name in sorted(reader.get_variable_to_shape_map())}
    with raise_os_errors_as_op_errors(), FileReplacement(path) as replacement:
        np.savez(replacement.file, **arrays)


def write_safetensors(reader: Any, path: str) -> None:
    """Writes all tensors of a checkpoint as .safetensors: a header of JSON, then the bytes.

    Args:
      reader: the checkpoint.
      path: the new file, which appears as a whole.

    Raises:
      InvalidArgumentError: the format has no such type.
    """
    types = reader.get_variable_to_dtype_map()
    _refuse(reader, path, [dtype for dtype in types.values() if dtype not in _SAFETENSORS_TYPES])
    header, position = {}, 0
    for name, shape in sorted(reader.get_variable_to_shape_map().items()):
        end = position + int(np.prod(shape, dtype=np.int64)) * types[name].size
        kind = _SAFETENSORS_TYPES[types[name]]
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [position, end]}
        position = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with raise_os_errors_as_op_errors(), FileReplacement(path) as replacement:
        replacement.file.write(struct.pack("<Q", len(text)) + text)
        for data in _bytes_of(reader, header):
            replacement.file.write(data)


def _bytes_of(reader: Any, names: Any) -> Iterator[bytes]:
    for name in names:
        array = np.asarray(reader.get_tensor(name))
        yield np.ascontiguousarray(array).tobytes()


def _refuse(reader: Any, path: str, types: Any) -> None:
    refused = set(types)
    for name, dtype in sorted(reader.get_variable_to_dtype_map().items()):
        if dtype in refused:
            raise errors.InvalidArgumentError(
                None, None, f"{path} cannot hold '{name}', whose type is {dtype.name}"
            )
