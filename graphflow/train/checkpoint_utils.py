"""Looking into checkpoints, and taking initial values from them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..core import ops
from ..core.files.checkpoint import is_only_directory, new_checkpoint_reader
from ..core.files.checkpoint_reader import TensorReader
from ..core.files.checkpoint_state import checkpoint_in, latest_checkpoint
from ..core.graph.scopes import device
from ..core.variables.partitioned_variable import PartitionedVariable
from ..core.variables.variable import Variable
from ..core.variables.variable_store import default_variable_store
from .saving.saveable import saveables_of


def load_checkpoint(ckpt_dir_or_file: Any) -> TensorReader:
    """A reader for a checkpoint, or for the latest one of a directory.

    Args:
      ckpt_dir_or_file: a checkpoint's prefix or one of its files, or a directory with a state
        file.

    Raises:
      ValueError: the directory has no checkpoint.
      NotFoundError: there is no such checkpoint.
    """
    prefix = _prefix(ckpt_dir_or_file)
    if prefix is None:
        raise ValueError(
            f"Couldn't find 'checkpoint' file or checkpoints in given directory {ckpt_dir_or_file}"
        )
    return new_checkpoint_reader(prefix)


def load_variable(ckpt_dir_or_file: Any, name: str) -> Any:
    """The value of a variable in a checkpoint.

    Args:
      ckpt_dir_or_file: as `load_checkpoint`.
      name: the variable's name, with or without `:0`.

    Raises:
      NotFoundError: no variable has this name there.
    """
    return load_checkpoint(ckpt_dir_or_file).get_tensor(name.removesuffix(":0"))


def list_variables(ckpt_dir_or_file: Any) -> list[tuple[str, list[int]]]:
    """(name, shape) of all variables in a checkpoint, sorted by name.

    Args:
      ckpt_dir_or_file: as `load_checkpoint`.
    """
    return sorted(load_checkpoint(ckpt_dir_or_file).get_variable_to_shape_map().items())


def checkpoints_iterator(
    checkpoint_dir: str,
    min_interval_secs: float = 0,
    timeout: float | None = None,
    timeout_fn: Callable[[], bool] | None = None,
) -> Iterator[str]:
    """The latest checkpoint of a directory, again and again as new ones appear.

    Args:
      checkpoint_dir: the directory.
      min_interval_secs: the least time between two of them.
      timeout: how long to wait for a new one; for ever if None.
      timeout_fn: called after that time; iteration ends when it returns True, or if it is None.
    """
    latest = None
    while True:
        found = _wait_for_new_checkpoint(checkpoint_dir, latest, timeout)
        if found is None:
            if timeout_fn is None or timeout_fn():
                return
            continue
        start = time.time()
        latest = found
        yield latest
        time.sleep(max(0.0, start + min_interval_secs - time.time()))


def _wait_for_new_checkpoint(
    checkpoint_dir: str, last: str | None, timeout: float | None, seconds_to_sleep: float = 1
) -> str | None:
    stop = None if timeout is None else time.time() + timeout
    while True:
        found = latest_checkpoint(checkpoint_dir)
        if found is not None and found != last:
            return found
        if stop is not None and time.time() + seconds_to_sleep > stop:
            return None
        time.sleep(seconds_to_sleep)


def init_from_checkpoint(ckpt_dir_or_file: Any, assignment_map: dict[str, Any]) -> None:
    """Makes variables start with values of a checkpoint: their initializers read it.

    Args:
      ckpt_dir_or_file: as `load_checkpoint`.
      assignment_map: from a name in the checkpoint to a variable, a list of a partitioned
        variable's slices, or a variable's name; or from `scope/` to `other_scope/` for all
        variables under it (`/` for all).

    Raises:
      ValueError: the checkpoint lacks a variable, or has it in another shape.
    """
    prefix = _prefix(ckpt_dir_or_file)
    shapes = load_checkpoint(ckpt_dir_or_file).get_variable_to_shape_map()
    store: dict[str, Any] = default_variable_store()._vars
    for stored_name, target in sorted(assignment_map.items()):
        variable = _find_variable(target, store)
        if variable is not None:
            _check_match(variable, stored_name, shapes, ckpt_dir_or_file)
            _read_at_start(variable, prefix, stored_name)
            continue
        for name, source in _scope_names(target, stored_name, store):
            if source not in shapes:
                raise ValueError(
                    f"Tensor {source} ({name} in {stored_name}) is not found in "
                    f"{ckpt_dir_or_file} checkpoint"
                )
            _read_at_start(_find_variable(name, store), prefix, source)


def _prefix(ckpt_dir_or_file: Any) -> str | None:
    path = os.fspath(ckpt_dir_or_file)
    return checkpoint_in(path) if is_only_directory(path) else path


def _find_variable(target: Any, store: dict[str, Any]) -> Any:
    """A variable or the list of its slices; None if the target is the name of a scope."""
    if isinstance(target, PartitionedVariable):
        return list(target)
    if isinstance(target, Variable | list):
        return target
    if target in store:
        return store[target]
    parts: list[Any] = []
    while (name := f"{target}/part_{len(parts)}") in store:
        parts.append(store[name])
    return parts or None


def _check_match(variable: Any, name: str, shapes: dict[str, list[int]], where: Any) -> None:
    if name not in shapes:
        raise ValueError(f"Tensor {name} is not found in {where} checkpoint {shapes}")
    if isinstance(variable, Variable) and not variable.shape.is_compatible_with(shapes[name]):
        raise ValueError(
            f"Shape of variable {variable.name} ({variable.shape}) doesn't match with shape of "
            f"tensor {name} ({shapes[name]}) from checkpoint reader."
        )


def _scope_names(
    target: str, stored_scope: str, store: dict[str, Any]
) -> Sequence[tuple[str, str]]:
    """(name, name in the checkpoint) of the variables under a scope."""
    scope = target.rpartition("/")[0]
    if not stored_scope.endswith("/"):
        raise ValueError(
            f"Assignment map with scope only name {scope} should map to scope only {stored_scope}. "
            "Should be 'scope/': 'other_scope/'."
        )
    under = [name for name in store if not scope or name.startswith(scope + "/")]
    names = sorted({name.partition("/part_")[0] for name in under})
    start = "" if stored_scope == "/" else stored_scope
    skipped = len(scope) + 1 if scope else 0
    return [(name, (start + name[skipped:]).rstrip("/")) for name in names]


def _read_at_start(variable: Any, prefix: str | None, name: str) -> None:
    if not isinstance(variable, list | tuple):
        _set_initializer(variable, prefix, name, "")
        return
    wholes = {part._save_slice_info.full_name for part in variable}
    if len(wholes) > 1:
        raise ValueError(f"Slices must all be from the same tensor: {' != '.join(sorted(wholes))}")
    for part in variable:
        _set_initializer(part, prefix, name, part._save_slice_info.spec)


def _set_initializer(variable: Any, prefix: str | None, name: str, slice_spec: str) -> None:
    with device(variable.device), device("/cpu:0"):
        (value,) = ops.files.restore_v2_op(
            prefix,
            [name],
            [slice_spec],
            dtypes=[variable.dtype.base_dtype],
            name="checkpoint_initializer",
        )
        (saveable,) = saveables_of([variable])
    assigned = saveable.restore([value], restored_shapes=None)
    value.set_shape(variable.shape)
    variable._initializer_op = getattr(assigned, "op", assigned)
    variable._initial_value = value
