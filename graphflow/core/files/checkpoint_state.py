"""The file `checkpoint` of a directory: a CheckpointState as text, which tells the latest ones."""

from __future__ import annotations

import glob
import logging
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..base import errors
from .checkpoint import checkpoint_files
from .os_errors import raise_os_errors_as_op_errors
from .replacement import FileReplacement

if TYPE_CHECKING:
    from ...protos.checkpoint_pb2 import CheckpointState

_logger = logging.getLogger(__name__)


def generate_checkpoint_state_proto(
    save_dir: str,
    model_checkpoint_path: str,
    all_model_checkpoint_paths: Sequence[str] | None = None,
    all_model_checkpoint_timestamps: Sequence[float] | None = None,
    last_preserved_timestamp: float | None = None,
) -> CheckpointState:
    """The message that tells the latest checkpoints of a directory.

    Args:
      save_dir: the directory. If it is relative, relative paths are made relative to it.
      model_checkpoint_path: the latest checkpoint.
      all_model_checkpoint_paths: all that are kept, oldest first; the latest is added if it is not
        the last of them.
      all_model_checkpoint_timestamps: when each of them was written, in seconds since 1970.
      last_preserved_timestamp: when the last one that is kept for ever was written.

    Returns:
      The CheckpointState.

    Raises:
      ValueError: there are not as many timestamps as paths.
    """
    from ...protos.checkpoint_pb2 import CheckpointState

    paths = list(all_model_checkpoint_paths or ())
    if not paths or paths[-1] != model_checkpoint_path:
        _logger.info(
            "%s is not in all_model_checkpoint_paths. Manually adding it.", model_checkpoint_path
        )
        paths.append(model_checkpoint_path)
    timestamps = list(all_model_checkpoint_timestamps or ())
    if timestamps and len(timestamps) != len(paths):
        raise ValueError(
            "Checkpoint timestamps, if provided, must match checkpoint paths "
            f"(got paths {paths} and timestamps {timestamps})"
        )
    if not os.path.isabs(save_dir):
        model_checkpoint_path = _relative(model_checkpoint_path, save_dir)
        paths = [_relative(path, save_dir) for path in paths]
    return CheckpointState(
        model_checkpoint_path=model_checkpoint_path,
        all_model_checkpoint_paths=paths,
        all_model_checkpoint_timestamps=timestamps,
        last_preserved_timestamp=last_preserved_timestamp,
    )


def update_checkpoint_state(
    save_dir: str,
    model_checkpoint_path: str,
    all_model_checkpoint_paths: Sequence[str] | None = None,
    latest_filename: str | None = None,
    all_model_checkpoint_timestamps: Sequence[float] | None = None,
    last_preserved_timestamp: float | None = None,
    *,
    save_relative_paths: bool = False,
) -> None:
    """Writes the state file of a directory, in place of the one that was there.

    Args:
      save_dir: the directory.
      model_checkpoint_path: the latest checkpoint.
      all_model_checkpoint_paths: all that are kept, oldest first.
      latest_filename: the file's name, `checkpoint` if None.
      all_model_checkpoint_timestamps: when each of them was written, in seconds since 1970.
      last_preserved_timestamp: when the last one that is kept for ever was written.
      save_relative_paths: whether absolute paths are written relative to the directory.

    Raises:
      RuntimeError: the latest checkpoint has the path of the state file.
      ValueError: there are not as many timestamps as paths.
      OpError: the file system refuses.
    """
    from google.protobuf import text_format

    save_dir, model_checkpoint_path = os.fspath(save_dir), os.fspath(model_checkpoint_path)
    state = generate_checkpoint_state_proto(
        save_dir,
        _inside(model_checkpoint_path, save_dir, save_relative_paths),
        [_inside(path, save_dir, save_relative_paths) for path in all_model_checkpoint_paths or ()],
        all_model_checkpoint_timestamps,
        last_preserved_timestamp,
    )
    path = _state_path(save_dir, latest_filename)
    if path == state.model_checkpoint_path:
        raise RuntimeError(
            f"Save path '{model_checkpoint_path}' conflicts with path used for checkpoint state. "
            "Please use a different save path."
        )
    with raise_os_errors_as_op_errors(), FileReplacement(path) as replacement:
        replacement.file.write(text_format.MessageToString(state).encode())


def get_checkpoint_state(
    checkpoint_dir: str, latest_filename: str | None = None
) -> CheckpointState | None:
    """Reads the state file of a directory.

    Args:
      checkpoint_dir: the directory; relative paths in the file are joined to it.
      latest_filename: the file's name, `checkpoint` if None.

    Returns:
      The CheckpointState; None if there is no such file, and, with a warning, if it is unreadable.

    Raises:
      ValueError: the file names no checkpoint.
    """
    from google.protobuf import text_format

    from ...protos.checkpoint_pb2 import CheckpointState

    checkpoint_dir = os.fspath(checkpoint_dir)
    path = _state_path(checkpoint_dir, latest_filename)
    if not os.path.exists(path):
        return None
    try:
        with raise_os_errors_as_op_errors(), open(path, "rb") as file:
            state = text_format.Parse(file.read(), CheckpointState())
    except (errors.OpError, text_format.ParseError, UnicodeDecodeError) as error:
        _logger.warning("%s: %s", type(error).__name__, error)
        _logger.warning("%s: Checkpoint ignored", path)
        return None
    if not state.model_checkpoint_path:
        raise ValueError(f"Invalid checkpoint state loaded from {checkpoint_dir}")
    state.model_checkpoint_path = os.path.join(checkpoint_dir, state.model_checkpoint_path)
    state.all_model_checkpoint_paths[:] = [
        os.path.join(checkpoint_dir, path) for path in state.all_model_checkpoint_paths
    ]
    return state


def latest_checkpoint(checkpoint_dir: str, latest_filename: str | None = None) -> str | None:
    """The latest checkpoint of a directory.

    Args:
      checkpoint_dir: the directory.
      latest_filename: the state file's name, `checkpoint` if None.

    Returns:
      Its prefix; None if the directory has no state file, or if the checkpoint that it names is
      gone, which is logged.

    Raises:
      ValueError: the state file names no checkpoint.
    """
    state = get_checkpoint_state(checkpoint_dir, latest_filename)
    if state is None:
        return None
    if checkpoint_files(state.model_checkpoint_path):
        return state.model_checkpoint_path
    _logger.error("Couldn't match files for checkpoint %s", state.model_checkpoint_path)
    return None


def checkpoint_in(directory: str) -> str | None:
    """The checkpoint that a directory stands for: the latest, or where no state file tells (files
    that were moved come without it, or with the paths of another machine) the only one.

    Returns:
      Its prefix; None if there is none, or if there are several.

    Raises:
      ValueError: the state file names no checkpoint.
    """
    found = latest_checkpoint(directory)
    if found is None:
        indexes = glob.glob(os.path.join(glob.escape(directory), "*.index"))
        found = indexes[0].removesuffix(".index") if len(indexes) == 1 else None
    return found


def _state_path(directory: str, latest_filename: str | None) -> str:
    return os.path.join(directory, latest_filename or "checkpoint")


def _relative(path: str, directory: str) -> str:
    """A relative path, seen from a directory; an absolute one stays as it is."""
    return path if os.path.isabs(path) else os.path.relpath(path, directory)


def _inside(path: str, directory: str, save_relative_paths: bool) -> str:
    """An absolute path, seen from a directory if that is wanted."""
    if save_relative_paths and os.path.isabs(path):
        return os.path.relpath(path, directory)
    return path
