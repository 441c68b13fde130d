"""Saver: checkpoints of a graph's variables, and the list of those that are kept."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...core.base import compat, errors
from ...core.files.checkpoint import (
    checkpoint_exists,
    checkpoint_prefix,
    get_checkpoint_mtimes,
    is_only_directory,
    meta_graph_filename,
    new_checkpoint_reader,
    remove_checkpoint,
)
from ...core.files.checkpoint_reader import TensorReader
from ...core.files.checkpoint_state import checkpoint_in, update_checkpoint_state
from ...core.graph.collection_keys import GraphKeys
from ...core.graph.graph import Graph
from ...core.graph.scopes import get_collection
from ...core.graph.stacks import get_default_graph
from ...core.session.session import BaseSession
from ...core.variables.collections import global_variables
from ...core.variables.save_slice_info import within_scope, without_scope
from ..global_step import global_step as value_of_global_step
from ..meta_graph import add_collection_def, export_meta_graph
from .builder import build_saver
from .object_checkpoints import object_graph_key_mapping, saveables_with_keys
from .restore_checks import check_restored_shapes, restore_ops, restored_names

_logger = logging.getLogger(__name__)
_V2 = 2  # SaverDef.V2


class Saver:
    """Saves and restores variables, in TensorFlow's V2 checkpoint files.

    The V1 format is read, but not written any more: `write_version` of V1 writes V2, with a
    warning. If a checkpoint cannot be restored, all variables stay as they were.

    Args:
      var_list: what to save: a list of variables and SaveableObjects, or a dict from names in the
        checkpoint to these; all global variables by default.
      reshape: whether restored values take the variables' shapes.
      sharded: whether each device writes a file of its own.
      max_to_keep: how many checkpoints are kept; None or 0 keeps all.
      keep_checkpoint_every_n_hours: one checkpoint of each such time is kept for ever.
      name: the scope of the nodes.
      restore_sequentially: accepted; of no effect.
      saver_def: a SaverDef whose nodes are in the graph already; none are added then.
      builder: an object with `build(var_list, ...)` that gives the SaverDef instead.
      defer_build: whether `build()` will be called later.
      allow_empty: whether a graph without variables is fine.
      write_version: kept.
      pad_step_number: whether the global step in file names has 8 digits.
      save_relative_paths: whether the state file has paths relative to its directory.
      filename: the checkpoint's prefix when none is fed.

    Raises:
      TypeError: something in `var_list` is no variable.
      ValueError: nothing to save; two names for one variable, or two variables of one name.
    """

    def __init__(
        self,
        var_list: Any = None,
        reshape: bool = False,
        sharded: bool = False,
        max_to_keep: int | None = 5,
        keep_checkpoint_every_n_hours: float = 10000.0,
        name: str | None = None,
        restore_sequentially: bool = False,
        saver_def: Any = None,
        builder: Any = None,
        defer_build: bool = False,
        allow_empty: bool = False,
        write_version: int = _V2,
        pad_step_number: bool = False,
        save_relative_paths: bool = False,
        filename: str | None = None,
    ) -> None:
        if defer_build and var_list:
            raise ValueError(
                "If `var_list` is provided then build cannot be deferred. Either set "
                "defer_build=False or var_list=None."
            )
        self._var_list = var_list
        self._reshape = reshape
        self._sharded = sharded
        self._max_to_keep = max_to_keep
        self._keep_checkpoint_every_n_hours = keep_checkpoint_every_n_hours
        self._name = name
        self._restore_sequentially = restore_sequentially
        self.saver_def = saver_def
        self._builder = builder
        self._is_built = False
        self._allow_empty = allow_empty
        self._is_empty = False
        self._write_version = write_version
        self._pad_step_number = pad_step_number
        self._save_relative_paths = save_relative_paths
        self._filename = filename
        self._last_checkpoints: list[tuple[str, float]] = []
        self._checkpoints_to_be_deleted: list[tuple[str, float]] = []
        self._next_checkpoint_time = 0.0
        self._object_restore_saver: Saver | None = None
        if not defer_build:
            self.build()
        if self.saver_def is not None:
            self._check_saver_def()

    # --- the nodes -------------------------------------------------------------------------------

    def build(self) -> None:
        """Adds the nodes, if that was deferred; needed once, before saving or restoring."""
        if self._is_built:
            return
        self._is_built = True
        if self.saver_def is None:
            if self._var_list is None:
                self._var_list = _all_saveable_objects()
            if not self._var_list:
                if not self._allow_empty:
                    raise ValueError("No variables to save")
                self._is_empty = True
                return
            self.saver_def = self._new_saver_def()
        elif self._name:
            renamed = type(self.saver_def)()
            renamed.CopyFrom(self.saver_def)
            for field in _NAMES:
                setattr(renamed, field, within_scope(getattr(renamed, field), self._name))
            self.saver_def = renamed
        self._check_saver_def()
        hours = self.saver_def.keep_checkpoint_every_n_hours
        self._next_checkpoint_time = time.time() + hours * 3600

    def _new_saver_def(self) -> Any:
        build = build_saver if self._builder is None else self._builder.build
        return build(
            self._var_list,
            reshape=self._reshape,
            sharded=self._sharded,
            max_to_keep=self._max_to_keep,
            keep_checkpoint_every_n_hours=self._keep_checkpoint_every_n_hours,
            name=self._name,
            restore_sequentially=self._restore_sequentially,
            filename=self._filename,
        )

    def _check_saver_def(self) -> None:
        if not hasattr(self.saver_def, "save_tensor_name"):
            raise ValueError(f"saver_def must be a saver_pb2.SaverDef: {self.saver_def}")
        for field in ("save_tensor_name", "restore_op_name"):
            if not getattr(self.saver_def, field):
                raise ValueError(f"saver_def must specify the {field}: {self.saver_def}")

    def as_saver_def(self) -> Any:
        """The SaverDef proto: the names of the nodes, and how many checkpoints are kept."""
        return self.saver_def

    def to_proto(self, export_scope: str | None = None) -> Any:
        """The SaverDef with names inside a scope; None when the nodes are outside of it."""
        if export_scope is None:
            return self.saver_def
        if not all(getattr(self.saver_def, f).startswith(export_scope) for f in _NAMES):
            return None
        proto = type(self.saver_def)()
        proto.CopyFrom(self.saver_def)
        for field in _NAMES:
            setattr(proto, field, without_scope(getattr(proto, field), export_scope))
        return proto

    @staticmethod
    def from_proto(saver_def: Any, import_scope: str | None = None) -> Saver:
        """A Saver for nodes that are in the graph, under a scope."""
        return Saver(saver_def=saver_def, name=import_scope)

    # --- which checkpoints there are -------------------------------------------------------------

    @property
    def last_checkpoints(self) -> list[str]:
        """The checkpoints kept, oldest first."""
        return [path for path, _ in self._last_checkpoints]

    def set_last_checkpoints(self, last_checkpoints: list[str]) -> None:
        """Takes over a list of checkpoints, as if this Saver had written them."""
        assert isinstance(last_checkpoints, list)
        self._last_checkpoints = [(path, np.inf) for path in last_checkpoints]

    def set_last_checkpoints_with_time(
        self, last_checkpoints_with_time: list[tuple[str, float]]
    ) -> None:
        """As `set_last_checkpoints`, with the times when they were written."""
        assert isinstance(last_checkpoints_with_time, list)
        self._last_checkpoints = last_checkpoints_with_time

    def recover_last_checkpoints(self, checkpoint_paths: Sequence[str]) -> None:
        """As `set_last_checkpoints`, for those that are there, with the times of their files."""
        found = []
        for path in checkpoint_paths:
            if times := get_checkpoint_mtimes([path]):
                found.append((path, times[0]))
        self.set_last_checkpoints_with_time(found)

    def _record(self, path: str) -> None:
        if not self.saver_def.max_to_keep:
            return
        self._last_checkpoints = [pair for pair in self._last_checkpoints if pair[0] != path]
        self._last_checkpoints.append((path, time.time()))
        if len(self._last_checkpoints) > self.saver_def.max_to_keep:
            self._checkpoints_to_be_deleted.append(self._last_checkpoints.pop(0))

    def _delete_an_old_one(self, meta_graph_suffix: str) -> None:
        if not self._checkpoints_to_be_deleted:
            return
        path, written = self._checkpoints_to_be_deleted.pop(0)
        if written > self._next_checkpoint_time:  # it is kept for ever
            hours = self.saver_def.keep_checkpoint_every_n_hours
            self._next_checkpoint_time += hours * 3600
            return
        try:
            remove_checkpoint(path, self.saver_def.version, meta_graph_suffix)
        except errors.OpError as error:
            _logger.warning("Ignoring: %s", error)

    # --- saving ----------------------------------------------------------------------------------

    def save(
        self,
        sess: Any,
        save_path: Any,
        global_step: Any = None,
        latest_filename: str | None = None,
        meta_graph_suffix: str = "meta",
        write_meta_graph: bool = True,
        write_state: bool = True,
        strip_default_attrs: bool = False,
        save_debug_info: bool = False,
    ) -> str | None:
        """Writes a checkpoint.

        Args:
          sess: the session whose variables are saved.
          save_path: the checkpoint's prefix, directories included.
          global_step: a number, tensor or variable: `-<number>` is added to the prefix.
          latest_filename: the name of the state file, `checkpoint` by default.
          meta_graph_suffix: the suffix of the MetaGraphDef's file.
          write_meta_graph: whether to write that file.
          write_state: whether to write the state file and delete checkpoints that are not kept.
          strip_default_attrs: whether attributes with default values are left out of it.
          save_debug_info: accepted; of no effect.

        Returns:
          The checkpoint's prefix; None if there is nothing to save.

        Raises:
          RuntimeError: `build()` was deferred and not called.
          TypeError: `sess` is no session.
          ValueError: a file name that cannot be.
        """
        if not self._is_built:
            raise RuntimeError("`build()` should be called before save if defer_build==True")
        if self._write_version != _V2:
            _logger.warning("The V1 checkpoint format is not written any more; writing V2.")
        save_path = os.fspath(save_path)
        latest_filename = latest_filename or "checkpoint"
        if os.path.split(latest_filename)[0]:
            raise ValueError("'latest_filename' must not contain path components")
        prefix = self._prefix(sess, save_path, global_step)
        if global_step is None and os.path.basename(save_path) == latest_filename:
            if not self._sharded:
                raise ValueError(
                    f"'latest_filename' collides with 'save_path': '{latest_filename}' and "
                    f"'{save_path}'"
                )
        if not isinstance(sess, BaseSession):
            raise TypeError(f"'sess' must be a Session; {sess}")
        path = None if self._is_empty else self._write(sess, save_path, prefix)
        if path is not None and write_state:
            self._record(path)
            update_checkpoint_state(
                os.path.dirname(save_path),
                path,
                self.last_checkpoints,
                latest_filename,
                save_relative_paths=self._save_relative_paths,
            )
            self._delete_an_old_one(meta_graph_suffix)
        if write_meta_graph:
            with sess.graph.as_default():
                self.export_meta_graph(
                    meta_graph_filename(prefix, meta_graph_suffix),
                    strip_default_attrs=strip_default_attrs,
                )
        return path

    def _prefix(self, sess: Any, save_path: str, global_step: Any) -> str:
        if global_step is None:
            return save_path
        if not isinstance(global_step, int | np.integer):
            global_step = value_of_global_step(sess, global_step)
        return (
            f"{save_path}-{global_step:08d}"
            if self._pad_step_number
            else (f"{save_path}-{global_step:d}")
        )

    def _write(self, sess: Any, save_path: str, prefix: str) -> str:
        try:
            written = sess.run(
                self.saver_def.save_tensor_name, {self.saver_def.filename_tensor_name: prefix}
            )
        except (
            errors.FailedPreconditionError,
            errors.NotFoundError,
            errors.AlreadyExistsError,
        ):
            if os.path.isdir(os.path.dirname(save_path) or "."):
                raise
            raise ValueError(
                f"Parent directory of {save_path} doesn't exist, can't save."
            ) from None
        path: str = compat.as_str(written)
        return path

    def export_meta_graph(
        self,
        filename: str | None = None,
        collection_list: Sequence[str] | None = None,
        as_text: bool = False,
        export_scope: str | None = None,
        clear_devices: bool = False,
        clear_extraneous_savers: bool = False,
        strip_default_attrs: bool = False,
        save_debug_info: bool = False,
    ) -> Any:
        """Writes the default graph and this Saver's nodes as a MetaGraphDef.

        Args: as `tf.train.export_meta_graph`.

        Returns:
          The MetaGraphDef.
        """
        return export_meta_graph(
            filename=filename,
            graph_def=get_default_graph().as_graph_def(add_shapes=True),
            saver_def=self.saver_def,
            collection_list=collection_list,
            as_text=as_text,
            export_scope=export_scope,
            clear_devices=clear_devices,
            clear_extraneous_savers=clear_extraneous_savers,
            strip_default_attrs=strip_default_attrs,
            save_debug_info=save_debug_info,
        )

    @staticmethod
    def _add_collection_def(meta_graph_def: Any, key: Any, export_scope: str | None = None) -> None:
        add_collection_def(meta_graph_def, key, export_scope=export_scope)

    # --- restoring -------------------------------------------------------------------------------

    def restore(self, sess: Any, save_path: Any) -> None:
        """Sets the variables to the values of a checkpoint; they need not be initialized.

        Args:
          sess: the session.
          save_path: the checkpoint's prefix, as `save` or `latest_checkpoint` returned it; unlike
            in TF1 also one of its files, or a directory with a state file.

        Raises:
          ValueError: there is no such checkpoint.
          NotFoundError: it lacks a variable.
          InvalidArgumentError: a variable has another shape or type there.
          DataLossError: it is damaged.
        """
        if self._is_empty:
            return
        if save_path is None:
            raise ValueError("Can't load save_path when it is None.")
        path = compat.as_text(os.fspath(save_path))
        found = checkpoint_in(path) if is_only_directory(path) else checkpoint_prefix(path)
        if found is None or not checkpoint_exists(found):
            raise ValueError(f"The passed save_path is not a valid checkpoint: {path}")
        prefix = found
        _logger.info("Restoring parameters from %s", prefix)
        try:
            reader = new_checkpoint_reader(prefix)
            keys = object_graph_key_mapping(reader)
            if keys is not None and not self._has_all(sess.graph, reader):
                self._restore_objects(sess, prefix, keys)
                return
            check_restored_shapes(sess.graph, self.saver_def.restore_op_name, reader)
            self._restore_all_or_nothing(sess, prefix)
        except errors.NotFoundError as error:
            raise _explained(error, "a Variable name or other graph key that is missing") from None
        except errors.InvalidArgumentError as error:
            raise _explained(error, "a mismatch between the current graph and the graph") from None

    def _restore_all_or_nothing(self, sess: Any, prefix: str) -> None:
        """Assigns nothing before everything has been read, also where several ops read."""
        feeds: dict[Any, Any] = {self.saver_def.filename_tensor_name: prefix}
        readers = restore_ops(sess.graph, self.saver_def.restore_op_name)
        if len(readers) > 1:
            tensors = [tensor for op in readers for tensor in op.outputs]
            values = sess.run(tensors, feeds)
            feeds.update(zip(tensors, values, strict=True))
        sess.run(self.saver_def.restore_op_name, feeds)

    def _has_all(self, graph: Graph, reader: TensorReader) -> bool:
        """Whether a checkpoint has tensors of the names that this Saver restores."""
        names = restored_names(graph, self.saver_def.restore_op_name)
        return all(reader.has_tensor(name) for name in names)

    def _restore_objects(self, sess: Any, prefix: str, keys: dict[str, str]) -> None:
        """Restores an object-based checkpoint by the names that its variables had."""
        _logger.warning("Restoring an object-based checkpoint using a name-based saver.")
        if self._object_restore_saver is None:
            with sess.graph.as_default():
                var_list = self._var_list or _all_saveable_objects()
                self._object_restore_saver = Saver(saveables_with_keys(var_list, keys))
        self._object_restore_saver.restore(sess, prefix)


_NAMES = ("filename_tensor_name", "save_tensor_name", "restore_op_name")


def _all_saveable_objects(scope: str | None = None) -> list[Any]:
    return global_variables(scope) + get_collection(GraphKeys.SAVEABLE_OBJECTS, scope)


def _explained(error: errors.OpError, reason: str) -> errors.OpError:
    message = (
        f"Restoring from checkpoint failed. This is most likely due to {reason} from the "
        "checkpoint. Please ensure that you have not altered the graph expected based on the "
        f"checkpoint. Original error:\n\n{error.message}"
    )
    return type(error)(error.node_def, error.op, message)
