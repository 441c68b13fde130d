"""What a Saver saves: objects that give tensors with names, and take restored values back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ...core import ops
from ...core.graph.conversion import convert_to_tensor
from ...core.graph.scopes import device
from ...core.graph.tensor import Tensor
from ...core.variables.partitioned_variable import PartitionedVariable
from ...core.variables.resource_variable import ResourceVariable
from ...core.variables.variable import Variable

_REFERENCE_OPS = ("Variable", "VariableV2")
_VARIABLE_OPS = (*_REFERENCE_OPS, "VarHandleOp", "ReadVariableOp")


class SaveSpec:
    """One tensor in a checkpoint.

    Args:
      tensor: the tensor to save, or a function that gives it.
      slice_spec: which part of the whole it is, as `SaveSliceInfo.spec`; `""` for all.
      name: its name in the checkpoint.
      dtype: its type; needed with a function.
      device: where to save it; needed with a function.
    """

    def __init__(
        self, tensor: Any, slice_spec: str, name: str, dtype: Any = None, device: Any = None
    ) -> None:
        if callable(tensor) and (dtype is None or device is None):
            raise AssertionError(
                "When passing a callable `tensor` to a SaveSpec, an explicit "
                "dtype and device must be provided."
            )
        self._tensor = tensor
        self.slice_spec = slice_spec
        self.name = name
        self.dtype = tensor.dtype if dtype is None else dtype
        self.device = tensor.device if device is None else device

    @property
    def tensor(self) -> Any:
        return self._tensor() if callable(self._tensor) else self._tensor


class SaveableObject:
    """An object with state in checkpoints. Subclasses define `restore`.

    Args:
      op: the object; no two saveables of a Saver may have the same.
      specs: its tensors, a list of SaveSpec.
      name: the object's name in checkpoints.
    """

    def __init__(self, op: Any, specs: Sequence[SaveSpec], name: str) -> None:
        self.op = op
        self.specs = specs
        self.name = name

    @property
    def device(self) -> str:
        return self.specs[0].device

    def restore(self, restored_tensors: Sequence[Tensor], restored_shapes: Any) -> Any:
        """Adds the ops that take restored values.

        Args:
          restored_tensors: a tensor for each spec.
          restored_shapes: shapes to give them first, or None.

        Returns:
          An operation.
        """
        raise ValueError("Calling an abstract method.")


class ReferenceVariableSaveable(SaveableObject):
    """A variable by its reference."""

    def __init__(self, var: Any, slice_spec: str, name: str) -> None:
        super().__init__(var, [SaveSpec(var, slice_spec, name, dtype=var.dtype)], name)

    def restore(self, restored_tensors: Sequence[Tensor], restored_shapes: Any) -> Any:
        value = _reshaped(restored_tensors[0], restored_shapes)
        fixed = restored_shapes is None and self.op.get_shape().is_fully_defined()
        return ops.state.assign(self.op, value, validate_shape=fixed)


class ResourceVariableSaveable(SaveableObject):
    """A variable by its handle."""

    def __init__(self, var: Any, slice_spec: str, name: str) -> None:
        self._device, self._shape = var.device, var.shape
        if isinstance(var, Tensor):
            self._handle, tensor = var.op.inputs[0], var
        else:
            self._handle, tensor = var.handle, _read_on_cpu(var)
        super().__init__(var, [SaveSpec(tensor, slice_spec, name, var.dtype, var.device)], name)

    def restore(self, restored_tensors: Sequence[Tensor], restored_shapes: Any) -> Any:
        value = _reshaped(restored_tensors[0], restored_shapes)
        with device(self._device):
            value = ops.array.identity(value)
            self._shape.assert_is_compatible_with(value.shape)
            return ops.state.assign_variable_op(self._handle, value)


def _read_on_cpu(variable: Any) -> Any:
    """A function that reads a variable, to where checkpoints are written."""

    def read() -> Tensor:
        with device(variable.device):
            value = variable.read_value()
            with device("/device:CPU:0"):
                return ops.array.identity(value)

    return read


def _reshaped(tensor: Tensor, shapes: Any) -> Tensor:
    return tensor if shapes is None else ops.array.reshape(tensor, shapes[0])


def saveables_of(names_to_saveables: Any) -> list[SaveableObject]:
    """The saveables for what the user passes to Saver, sorted by name.

    Args:
      names_to_saveables: a dict from name to variable, list of slices, or SaveableObject; or a list
        of these, which are then saved under their own names.

    Raises:
      TypeError: something is no variable, or a name no string.
      ValueError: two have one name, or one has two.
    """
    if not isinstance(names_to_saveables, dict):
        names_to_saveables = by_name(names_to_saveables)
    found: list[SaveableObject] = []
    seen: set[int] = set()
    for name, item in sorted(names_to_saveables.items(), key=lambda pair: pair[0]):
        for saveable in _saveables_of_one(item, name):
            if id(saveable.op) in seen:
                raise ValueError(
                    f"The same saveable will be restored with two names: {saveable.name}"
                )
            seen.add(id(saveable.op))
            found.append(saveable)
    return found


def by_name(items: Any) -> dict[str, Any]:
    """Variables and saveables by the names under which they are saved.

    Raises:
      TypeError: `items` is no list, or an item is no variable.
      ValueError: two have one name.
    """
    if not isinstance(items, list | tuple | set):
        raise TypeError(f"Variables to save should be passed in a dict or a list: {items}")
    named: dict[str, Any] = {}
    for item in sorted(items, key=lambda x: x.name):
        if isinstance(item, SaveableObject):
            named[item.name] = item
        elif isinstance(item, Variable) and item._save_slice_info is not None:
            name = item._save_slice_info.full_name
            if not isinstance(named.setdefault(name, []), list):
                raise ValueError(f"Mixing slices and non-slices with the same name: {name}")
            named[name].append(item)
        else:
            if isinstance(item, PartitionedVariable):
                name = item.name
            else:
                item = _variable_tensor(item, "Variable to save is not a Variable: ")
                is_read = item.op.type == "ReadVariableOp"
                name = item.op.inputs[0].op.name if is_read else item.op.name
            if name in named:
                raise ValueError(f"At least two variables have the same name: {name}")
            named[name] = item
    return named


def _saveables_of_one(item: Any, name: Any) -> Iterator[SaveableObject]:
    if not isinstance(name, str):
        raise TypeError(
            "names_to_saveables must be a dict mapping string names to trackable operations. "
            f"Name is not a string: {name}"
        )
    if isinstance(item, SaveableObject):
        yield item
    elif isinstance(item, list | tuple | PartitionedVariable):
        slices = list(item)
        _check_slices(slices)
        for part in slices:
            yield _variable_saveable(part, part._save_slice_info.spec, name)
    else:
        message = (
            "names_to_saveables must be a dict mapping string names to Tensors/Variables. Not a "
            "variable: "
        )
        yield _variable_saveable(_variable_tensor(item, message), "", name)


def _variable_saveable(variable: Any, slice_spec: str, name: str) -> SaveableObject:
    is_reference = variable.op.type in _REFERENCE_OPS
    kind = ReferenceVariableSaveable if is_reference else ResourceVariableSaveable
    return kind(variable, slice_spec, name)


def _variable_tensor(item: Any, message: str) -> Tensor:
    """The reference of a variable, or the tensor that reads a resource variable."""
    if isinstance(item, ResourceVariable):
        tensor = item._as_graph_element()
    else:
        tensor = convert_to_tensor(item, as_ref=True)
    if tensor.op.type not in _VARIABLE_OPS:
        raise TypeError(f"{message}{tensor}")
    return tensor


def _check_slices(slices: list[Any]) -> None:
    whole = None
    for part in slices:
        if not isinstance(part, Variable):
            raise ValueError(f"Slices must all be Variables: {part}")
        info = part._save_slice_info
        if info is None:
            raise ValueError(f"Slices must all be slices: {part}")
        whole = whole or info.full_name
        if whole != info.full_name:
            raise ValueError(
                f"Slices must all be from the same tensor: {whole} != {info.full_name}"
            )
