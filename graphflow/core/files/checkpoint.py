"""Checkpoints of either format, told apart by their files."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable

from . import checkpoint_v1, checkpoint_v2
from .checkpoint_reader import TensorReader, matching_files
from .checkpoint_v2 import index_path
from .os_errors import raise_os_errors_as_op_errors

_V2 = 2  # SaverDef.V2
_PARTS = re.compile(r"\.(index|meta|data-\d{5}-of-\d{5})$")


def checkpoint_prefix(path: str) -> str:
    """The prefix of the checkpoint that a file is a part of.

    Args:
      path: a checkpoint's prefix, or its `.index`, `.meta` or `.data-00000-of-00001`.

    Returns:
      The prefix; the path itself when it is no part of a V2 checkpoint.
    """
    stem = _PARTS.sub("", path)
    is_part = not os.path.isfile(index_path(path)) and os.path.isfile(index_path(stem))
    return stem if is_part else path


def is_only_directory(path: str) -> bool:
    """Whether a path is a directory's, and not a checkpoint's that has the same name."""
    return os.path.isdir(path) and not os.path.isfile(index_path(path))


def new_checkpoint_reader(filepattern: str) -> TensorReader:
    """A reader for a checkpoint of either format.

    Args:
      filepattern: what `Saver.save` returned: the prefix of a V2 checkpoint, or the path of a V1
        checkpoint, with wildcards where it is sharded. Any file of a V2 checkpoint will do, too.

    Returns:
      A reader with TF1's `get_tensor`, `has_tensor`, `get_variable_to_shape_map`,
      `get_variable_to_dtype_map` and `debug_string`.

    Raises:
      NotFoundError: there is no such checkpoint.
      DataLossError: it is damaged.
    """
    prefix = checkpoint_prefix(filepattern)
    if os.path.isfile(index_path(prefix)):
        return checkpoint_v2.CheckpointReader(prefix)
    return checkpoint_v1.CheckpointReader(filepattern)


def checkpoint_files(prefix: str) -> list[str]:
    """The files that show that a checkpoint is there: the index of V2, else all files of V1."""
    return matching_files(index_path(prefix)) or matching_files(prefix)


def checkpoint_exists(checkpoint_prefix: str) -> bool:
    """Whether there is a V2 or V1 checkpoint of this prefix.

    Args:
      checkpoint_prefix: what `Saver.save` or `latest_checkpoint` returned.

    Returns:
      True if its files are there; they are not opened.
    """
    return bool(checkpoint_files(checkpoint_prefix))


def get_checkpoint_mtimes(checkpoint_prefixes: Iterable[str]) -> list[float]:
    """When checkpoints were written.

    Args:
      checkpoint_prefixes: what `Saver.save` or `latest_checkpoint` returned.

    Returns:
      The time for each checkpoint that is there, in seconds since 1970.
    """
    found = filter(None, map(checkpoint_files, checkpoint_prefixes))
    with raise_os_errors_as_op_errors():
        return [os.stat(files[0]).st_mtime for files in found]


def meta_graph_filename(checkpoint_filename: str, meta_graph_suffix: str = "meta") -> str:
    """The path of the MetaGraphDef that belongs to a checkpoint.

    Args:
      checkpoint_filename: the checkpoint's prefix, that of a shard or of all shards included.
      meta_graph_suffix: the file's suffix.

    Returns:
      The prefix without `-00000-of-00002`, and the suffix.
    """
    return f"{re.sub(r'-[0-9?]+-of-[0-9]+$', '', checkpoint_filename)}.{meta_graph_suffix}"


def remove_checkpoint(
    checkpoint_prefix: str, checkpoint_format_version: int = _V2, meta_graph_suffix: str = "meta"
) -> None:
    """Deletes the files of a checkpoint, as far as they are there.

    Args:
      checkpoint_prefix: what `Saver.save` or `latest_checkpoint` returned.
      checkpoint_format_version: a number of SaverDef.CheckpointFormatVersion.
      meta_graph_suffix: the suffix of the MetaGraphDef, which is deleted too.

    Raises:
      OpError: the file system refuses.
    """
    files = matching_files(meta_graph_filename(checkpoint_prefix, meta_graph_suffix))
    # The index first: without it there is no checkpoint, and not half of one.
    files += matching_files(index_path(checkpoint_prefix))
    files += glob.glob(f"{glob.escape(checkpoint_prefix)}.data-?????-of-?????")
    if checkpoint_format_version != _V2:
        files += matching_files(checkpoint_prefix)
    with raise_os_errors_as_op_errors():
        for path in files:
            os.unlink(path)
