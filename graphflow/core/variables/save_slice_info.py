"""Where a part of a partitioned variable lies in the whole, for checkpoints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def without_scope(name: str, export_scope: str | None) -> str:
    """The name inside a scope that is exported: `scope/x` becomes `x`."""
    if not export_scope:
        return name
    return name.removeprefix(export_scope.rstrip("/") + "/")


def within_scope(name: str, import_scope: str | None) -> str:
    """The name that a node gets when imported under a scope."""
    return f"{import_scope.rstrip('/')}/{name}" if import_scope else name


class SaveSliceInfo:
    """A slice of a larger variable.

    Args:
      full_name: the name of the whole variable.
      full_shape: its shape, a list of ints.
      var_offset: where the slice begins, one int per dimension.
      var_shape: the slice's shape.
      save_slice_info_def: a SaveSliceInfoDef proto to take all of this from instead.
      import_scope: a scope to put before the proto's name.
    """

    def __init__(
        self,
        full_name: str | None = None,
        full_shape: Sequence[int] | None = None,
        var_offset: Sequence[int] | None = None,
        var_shape: Sequence[int] | None = None,
        save_slice_info_def: Any = None,
        import_scope: str | None = None,
    ) -> None:
        source: Any = save_slice_info_def
        if source is None:
            self.full_name = full_name or ""
            self.full_shape = list(full_shape or ())
            self.var_offset = list(var_offset or ())
            self.var_shape = list(var_shape or ())
        else:
            self.full_name = within_scope(source.full_name, import_scope)
            self.full_shape = list(source.full_shape)
            self.var_offset = list(source.var_offset)
            self.var_shape = list(source.var_shape)

    @property
    def spec(self) -> str:
        """The slice as SaveV2 takes it: `"4 2 0,2:0,2"` is rows 0 and 1 of a [4, 2] variable."""
        sizes = "".join(f"{size} " for size in self.full_shape)
        parts = zip(self.var_offset, self.var_shape, strict=True)
        return sizes + ":".join(f"{offset},{size}" for offset, size in parts)

    def to_proto(self, export_scope: str | None = None) -> Any:
        """A SaveSliceInfoDef proto; None when the variable is outside `export_scope`."""
        from ...protos.meta_graph_pb2 import SaveSliceInfoDef

        if export_scope is not None and not self.full_name.startswith(export_scope):
            return None
        return SaveSliceInfoDef(
            full_name=without_scope(self.full_name, export_scope),
            full_shape=self.full_shape,
            var_offset=self.var_offset,
            var_shape=self.var_shape,
        )
