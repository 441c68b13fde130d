"""PartitionedVariable: several variables that together are one, cut along an axis."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .. import ops
from ..base.dtypes import DType
from ..base.tensor_shape import TensorShape
from ..graph.conversion import register_tensor_conversion_function
from ..graph.scopes import control_dependencies, name_scope
from ..graph.tensor import Tensor


class PartitionedVariable:
    """The parts of a large variable, usable as one tensor.

    Args:
      name: the name of the whole.
      shape: its shape.
      dtype: its type.
      variable_list: the parts, each with its SaveSliceInfo.
      partitions: into how many parts each dimension is cut.

    Raises:
      TypeError: `variable_list` or `partitions` is no list.
      ValueError: they do not describe a cut of `shape`.
    """

    def __init__(
        self,
        name: str,
        shape: Any,
        dtype: DType,
        variable_list: Sequence[Any],
        partitions: Sequence[int],
    ) -> None:
        if not isinstance(variable_list, list | tuple):
            raise TypeError(f"variable_list is not a list or tuple: {variable_list}")
        if not isinstance(partitions, list | tuple):
            raise TypeError(f"partitions is not a list or tuple: {partitions}")
        if not all(count >= 1 for count in partitions):
            raise ValueError(f"partition values must be positive: {partitions}")
        if not variable_list:
            raise ValueError("variable_list may not be empty")
        if not all(v._get_save_slice_info() is not None for v in variable_list):
            raise ValueError(
                "All variables must have a save_slice_info available: "
                f"{[v.name for v in variable_list]}"
            )
        if len(shape) != len(partitions):
            raise ValueError(f"len(shape) != len(partitions): {shape} vs. {partitions}")
        whole = TensorShape(shape).as_list()
        for variable in variable_list:
            if variable._get_save_slice_info().full_shape != whole:
                raise ValueError(
                    f"All variables' full shapes must match shape: {shape}; but full shapes were: "
                    f"{[variable._get_save_slice_info().full_shape]}"
                )
        self._variables = sorted(
            variable_list, key=lambda v: list(v._get_save_slice_info().var_offset)
        )
        self._name = name
        self._shape = TensorShape(shape)
        self._dtype = dtype
        self._partitions = partitions

    def __iter__(self) -> Iterator[Any]:
        """The parts, in order."""
        return iter(self._variables)

    def __len__(self) -> int:
        axes = self._partition_axes()
        if len(axes) > 1:
            raise ValueError(f"Cannot get a length for {len(axes)} > 1 partition axes")
        return len(self._variables)

    @property
    def name(self) -> str:
        return self._name

    @property
    def dtype(self) -> DType:
        return self._dtype

    @property
    def shape(self) -> TensorShape:
        return self._shape

    def get_shape(self) -> TensorShape:
        """The shape of the whole."""
        return self._shape

    def _get_variable_list(self) -> list[Any]:
        return self._variables

    def _get_partitions(self) -> Sequence[int]:
        return self._partitions

    def _partition_axes(self) -> list[int]:
        return [axis for axis, count in enumerate(self._partitions) if count > 1] or [0]

    def _partition_axis(self, action: str) -> int:
        axes = self._partition_axes()
        if len(axes) > 1:
            raise NotImplementedError(
                f"Cannot {action} along more than one dimension: {axes}.  Multi-axis partition "
                f"{action} is not supported"
            )
        return axes[0]

    def as_tensor(self) -> Tensor:
        """The whole, concatenated."""
        with control_dependencies(None):
            return self._concat()

    def _concat(self) -> Tensor:
        if len(self._variables) == 1:
            whole: Any = self._variables[0]
        else:
            axis = self._partition_axis("concatenate")
            with name_scope(f"{self._name}/ConcatPartitions/"):
                whole = ops.array.concat(self._variables, axis)
        with name_scope(None):
            return ops.array.identity(whole, name=self._name)

    def _assign_parts(self, assign: Callable[[Any, Any], Any], value: Any) -> list[Any]:
        axis = self._partition_axis("assign")
        if isinstance(value, list):
            values = value
        elif isinstance(value, PartitionedVariable):
            values = list(value)
        else:
            sizes = [variable.shape.as_list()[axis] for variable in self._variables]
            values = ops.array.split(value, sizes, axis=axis)
        return [assign(part, new) for part, new in zip(self._variables, values, strict=True)]

    def assign(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> list[Any]:
        """Sets the parts; `value` is the whole, a list of parts, or a PartitionedVariable."""
        return self._assign_parts(lambda v, x: v.assign(x, use_locking, name, read_value), value)

    def assign_add(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> list[Any]:
        """Adds to the parts; as `assign`."""
        return self._assign_parts(
            lambda v, x: v.assign_add(x, use_locking, name, read_value), value
        )

    def assign_sub(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> list[Any]:
        """Subtracts from the parts; as `assign`."""
        return self._assign_parts(
            lambda v, x: v.assign_sub(x, use_locking, name, read_value), value
        )


def _partitioned_to_tensor(
    value: PartitionedVariable, dtype: Any = None, name: str | None = None, as_ref: bool = False
) -> Tensor:
    if dtype is not None and not dtype.is_compatible_with(value.dtype):
        raise ValueError(
            f"Incompatible type conversion requested to type '{dtype.name}' for variable of type "
            f"'{value.dtype.name}'"
        )
    if as_ref:
        raise NotImplementedError("PartitionedVariable doesn't support being used as a reference.")
    return value.as_tensor()


register_tensor_conversion_function(PartitionedVariable, _partitioned_to_tensor)
