"""ReadFile, WriteFile and MatchingFiles: files as strings, inside a run."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from ...base import compat
from ...base.tensor_shape import TensorShape
from ...files import gfile
from ...files.os_errors import raise_os_errors_as_op_errors
from ...files.replacement import FileReplacement
from ...graph.op_def import define_op
from ...graph.operation import Operation
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor


def read_file_shape(context: ShapeContext) -> TensorShape:
    return context.with_rank(0, 0)


# Stateful, as the file may change; TensorFlow's is not, and may evaluate it once.
read_file_op = define_op(
    "ReadFile",
    inputs=["filename: string"],
    outputs=["contents: string"],
    shape=read_file_shape,
    is_stateful=True,
)
read_file_op.no_grad()


@read_file_op.define
def read_file_reference(node: Any, filename: np.ndarray) -> np.ndarray:
    with raise_os_errors_as_op_errors(), open(_path(filename), "rb") as file:
        return np.array(file.read(), dtype=object)


def write_file_shape(context: ShapeContext) -> list[TensorShape]:
    context.with_rank(0, 0)
    context.with_rank(1, 0)
    return []


write_file_op = define_op(
    "WriteFile",
    inputs=["filename: string", "contents: string"],
    shape=write_file_shape,
    is_stateful=True,
)
write_file_op.no_grad()


@write_file_op.define
def write_file_reference(node: Any, filename: np.ndarray, contents: np.ndarray) -> None:
    path = _path(filename)
    item: Any = contents[()]
    with raise_os_errors_as_op_errors():
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with FileReplacement(path) as replacement:
            replacement.file.write(item)


def matching_files_shape(context: ShapeContext) -> TensorShape:
    context.with_rank_at_most(0, 1)
    return TensorShape([None])


matching_files_op = define_op(
    "MatchingFiles",
    inputs=["pattern: string"],
    outputs=["filenames: string"],
    shape=matching_files_shape,
    is_stateful=True,
)
matching_files_op.no_grad()


@matching_files_op.define
def matching_files_reference(node: Any, pattern: np.ndarray) -> np.ndarray:
    patterns = [compat.as_str(text) for text in pattern.ravel()]
    found = sorted(compat.as_bytes(path) for text in patterns for path in gfile.Glob(text))
    names = np.empty(len(found), dtype=object)
    names[:] = found
    return names


def _path(filename: np.ndarray) -> str:
    item: Any = filename[()]
    path: str = compat.as_str(item)
    return path


def read_file(filename: Any, name: str | None = None) -> Tensor:
    """What stands in a file when it is run.

    Args:
      filename: a string, a scalar.
      name: the node's name.

    Returns:
      A string, a scalar.

    Raises:
      NotFoundError: in a run; there is no such file.
    """
    tensor: Tensor = read_file_op(filename, name=name)
    return tensor


def write_file(filename: Any, contents: Any, name: str | None = None) -> Operation:
    """Writes a file when it is run, and makes its directory if need be.

    Args:
      filename: a string, a scalar.
      contents: a string, a scalar.
      name: the node's name.

    Returns:
      The Operation. The file appears as a whole, in place of one that was there.
    """
    op: Operation = write_file_op(filename, contents, name=name)
    return op


def matching_files(pattern: Any, name: str | None = None) -> Tensor:
    """The files whose names match.

    Args:
      pattern: a shell pattern, or a vector of them.
      name: the node's name.

    Returns:
      The sorted names, `[number]`.
    """
    tensor: Tensor = matching_files_op(pattern, name=name)
    return tensor
