"""tf.saved_model.builder: graphs, variables and files written as a SavedModel."""

from __future__ import annotations

import filecmp
import os
import shutil
from collections.abc import Iterable, Mapping
from typing import Any

from ..core.base import compat
from ..core.files.os_errors import raise_os_errors_as_op_errors
from ..core.files.replacement import FileReplacement
from ..core.graph.collection_keys import GraphKeys
from ..core.graph.constant_value import constant_value
from ..core.graph.operation import Operation
from ..core.graph.scopes import add_to_collection, get_collection
from ..train.saving.saver import Saver
from . import constants, signature_constants, tag_constants
from .signature_def_utils import predict_signature_def
from .utils import build_tensor_info

_ASSET_TYPE = "type.googleapis.com/tensorflow.AssetFileDef"
# TF 2 keeps the operations that a model runs among its signatures, under these names.
_RESERVED = {
    "__saved_model_init_op": "initialization",
    "__saved_model_train_op": "the train op",
}


class SavedModelBuilder:
    """Writes a SavedModel: one set of variables, and graphs told apart by tags.

    Args:
      export_dir: the directory, which must be empty or not there yet.

    Raises:
      AssertionError: the directory has something in it.
    """

    def __init__(self, export_dir: Any) -> None:
        from ..protos.meta_graph_pb2 import SavedModel

        self._export_dir = compat.as_str(os.fspath(export_dir))
        self._saved_model = SavedModel(
            saved_model_schema_version=constants.SAVED_MODEL_SCHEMA_VERSION
        )
        self._has_saved_variables = False
        with raise_os_errors_as_op_errors():
            os.makedirs(self._export_dir, exist_ok=True)
            if os.listdir(self._export_dir):
                raise AssertionError(
                    "Export directory already exists, and isn't empty. Please choose a different "
                    "export directory, or delete all the contents of the specified directory: "
                    f"{self._export_dir}"
                )

    def add_meta_graph_and_variables(
        self,
        sess: Any,
        tags: Iterable[str],
        signature_def_map: Mapping[str, Any] | None = None,
        assets_collection: Iterable[Any] | None = None,
        legacy_init_op: Operation | None = None,
        clear_devices: bool = False,
        main_op: Operation | None = None,
        strip_default_attrs: bool = False,
        saver: Saver | None = None,
    ) -> None:
        """Adds the default graph, and writes the variables of a session.

        Args:
          sess: the session whose variables are written.
          tags: what the graph is found by.
          signature_def_map: SignatureDefs by their names.
          assets_collection: constant tensors with the paths of files, which are copied into the
            SavedModel.
          legacy_init_op: the former name of `main_op`.
          clear_devices: whether devices are left out.
          main_op: an operation to run when the graph has been loaded.
          strip_default_attrs: whether attributes with default values are left out.
          saver: what writes the variables; by default all are written.

        Raises:
          AssertionError: variables have been written before; a TensorInfo is incomplete.
          KeyError: the name of a signature is reserved.
          TypeError: `main_op` is no Operation.
          ValueError: an asset is no constant string; the graph has a main op already.
        """
        if self._has_saved_variables:
            raise AssertionError(
                "Graph state including variables and assets has already been saved. Please invoke "
                "`add_meta_graph()` instead."
            )
        _check_signatures(signature_def_map or {})
        self._add_collections(assets_collection, legacy_init_op if main_op is None else main_op)
        saver = saver or _saver_of_all()
        folder = os.path.join(self._export_dir, constants.VARIABLES_DIRECTORY)
        with raise_os_errors_as_op_errors():
            os.makedirs(folder, exist_ok=True)
        prefix = os.path.join(folder, constants.VARIABLES_FILENAME)
        saver.save(sess, prefix, write_meta_graph=False, write_state=False)
        self._add(saver, tags, signature_def_map, clear_devices, strip_default_attrs)
        self._has_saved_variables = True

    def add_meta_graph(
        self,
        tags: Iterable[str],
        signature_def_map: Mapping[str, Any] | None = None,
        assets_collection: Iterable[Any] | None = None,
        legacy_init_op: Operation | None = None,
        clear_devices: bool = False,
        main_op: Operation | None = None,
        strip_default_attrs: bool = False,
        saver: Saver | None = None,
    ) -> None:
        """Adds the default graph, which uses the variables written before.

        Args: as for `add_meta_graph_and_variables`.

        Raises:
          AssertionError: no variables have been written; a TensorInfo is incomplete.
          KeyError, TypeError, ValueError: as there.
        """
        if not self._has_saved_variables:
            raise AssertionError(
                "Graph state including variables and assets has not been saved yet. Please invoke "
                "`add_meta_graph_and_variables()` first."
            )
        _check_signatures(signature_def_map or {})
        self._add_collections(assets_collection, legacy_init_op if main_op is None else main_op)
        saver = saver or _saver_of_all()
        self._add(saver, tags, signature_def_map, clear_devices, strip_default_attrs)

    def save(self, as_text: bool = False) -> bytes:
        """Writes the graphs, as a whole or not at all.

        Args:
          as_text: whether the file has text.

        Returns:
          The file's path.
        """
        from google.protobuf import text_format

        name = (
            constants.SAVED_MODEL_FILENAME_PBTXT if as_text else constants.SAVED_MODEL_FILENAME_PB
        )
        path = os.path.join(self._export_dir, name)
        model = self._saved_model
        data = text_format.MessageToString(model).encode() if as_text else model.SerializeToString()
        with raise_os_errors_as_op_errors(), FileReplacement(path) as replacement:
            replacement.file.write(data)
        return compat.as_bytes(path)

    def _add(
        self,
        saver: Saver,
        tags: Iterable[str],
        signatures: Mapping[str, Any] | None,
        clear_devices: bool,
        strip_default_attrs: bool,
    ) -> None:
        meta_graph = saver.export_meta_graph(
            clear_devices=clear_devices, strip_default_attrs=strip_default_attrs
        )
        meta_graph.meta_info_def.tags.extend(tags)
        for key, signature in (signatures or {}).items():
            meta_graph.signature_def[key].ParseFromString(signature.SerializeToString())
        self._saved_model.meta_graphs.append(meta_graph)

    def _add_collections(self, assets: Iterable[Any] | None, main_op: Any) -> None:
        self._add_assets(assets or ())
        if main_op is None:
            return
        if not isinstance(main_op, Operation):
            raise TypeError(f"main_op needs to be an Operation: {main_op!r}")
        for key in (constants.MAIN_OP_KEY, constants.LEGACY_INIT_OP_KEY):
            if get_collection(key):
                raise ValueError(f"Graph already contains one or more main ops under {key}.")
        add_to_collection(constants.MAIN_OP_KEY, main_op)

    def _add_assets(self, assets: Iterable[Any]) -> None:
        """Copies files, and tells in the graph which tensors have their paths."""
        from google.protobuf.any_pb2 import Any as AnyMessage

        from ..protos.meta_graph_pb2 import AssetFileDef

        sources: dict[str, str] = {}
        for tensor in assets:
            source = _path_in(tensor)
            name = _name_of_copy(source, sources)
            sources[name] = source
            asset = AssetFileDef(filename=name, tensor_info=build_tensor_info(tensor))
            message = AnyMessage(type_url=_ASSET_TYPE, value=asset.SerializeToString())
            add_to_collection(constants.ASSETS_KEY, message)
        folder = os.path.join(self._export_dir, constants.ASSETS_DIRECTORY)
        with raise_os_errors_as_op_errors():
            for name, source in sources.items():
                os.makedirs(folder, exist_ok=True)
                if not os.path.exists(os.path.join(folder, name)):  # an earlier graph's
                    shutil.copyfile(source, os.path.join(folder, name))


def _saver_of_all() -> Saver:
    return Saver(sharded=True, allow_empty=True)


def _check_signatures(signatures: Mapping[str, Any]) -> None:
    for key, signature in signatures.items():
        if key in _RESERVED:
            raise KeyError(
                f'SignatureDef map key "{key}" is reserved for {_RESERVED[key]}. Please use a '
                "different key."
            )
        for name, info in [*signature.inputs.items(), *signature.outputs.items()]:
            if info.WhichOneof("encoding") is None or not info.dtype:
                raise AssertionError(
                    "All TensorInfo protos used in the SignatureDefs must have the name and dtype "
                    f"fields set: '{name}' of '{key}' has not: {info}"
                )


def _path_in(tensor: Any) -> str:
    value = constant_value(tensor) if hasattr(tensor, "op") else None
    if value is None or value.dtype != object or value.size != 1:
        raise ValueError(f"Invalid asset filepath tensor {tensor}: it must be a constant string")
    return compat.as_str(value.ravel()[0])


def _name_of_copy(source: str, sources: Mapping[str, str]) -> str:
    """A file's name in the SavedModel: its own, with a number if another file has it."""
    base = name = os.path.basename(source)
    number = 0
    while name in sources and not filecmp.cmp(source, sources[name], shallow=False):
        number += 1
        name = f"{base}_{number}"
    return name


def simple_save(
    session: Any,
    export_dir: Any,
    inputs: Mapping[str, Any],
    outputs: Mapping[str, Any],
    legacy_init_op: Operation | None = None,
) -> None:
    """Writes a session's graph and variables as a SavedModel with one signature.

    Args:
      session: the session; its graph must be the default graph.
      export_dir: the directory, which must be empty or not there yet.
      inputs: tensors by the names of the inputs.
      outputs: tensors by the names of the outputs.
      legacy_init_op: an operation to run when the graph has been loaded.
    """
    signature = predict_signature_def(inputs, outputs)
    builder = SavedModelBuilder(export_dir)
    builder.add_meta_graph_and_variables(
        session,
        tags=[tag_constants.SERVING],
        signature_def_map={signature_constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY: signature},
        assets_collection=get_collection(GraphKeys.ASSET_FILEPATHS),
        main_op=legacy_init_op,
        clear_devices=True,
    )
    builder.save()
