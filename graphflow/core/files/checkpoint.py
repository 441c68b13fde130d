"""Checkpoints of either format, told apart by their files."""

from __future__ import annotations

import os

from . import checkpoint_v1, checkpoint_v2
from .checkpoint_reader import TensorReader, matching_files
from .checkpoint_v2 import index_path


def checkpoint_files(prefix: str) -> list[str]:
    """The files that show that a checkpoint is there: the index of V2, else all files of V1."""
    return matching_files(index_path(prefix)) or matching_files(prefix)


def new_checkpoint_reader(filepattern: str) -> TensorReader:
    """A reader for a checkpoint of either format.

    Args:
      filepattern: what `Saver.save` returned: the prefix of a V2 checkpoint, or the path of a V1
        checkpoint, with wildcards where it is sharded.

    Returns:
      A reader with TF1's `get_tensor`, `has_tensor`, `get_variable_to_shape_map`,
      `get_variable_to_dtype_map` and `debug_string`.

    Raises:
      NotFoundError: there is no such checkpoint.
      DataLossError: it is damaged.
    """
    if os.path.isfile(index_path(filepattern)):
        return checkpoint_v2.CheckpointReader(filepattern)
    return checkpoint_v1.CheckpointReader(filepattern)
