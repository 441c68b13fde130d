"""VariableStore: the variables of `get_variable`, by full name, and the rules for sharing them."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Sequence
from typing import Any

from .. import ops
from ..base import dtypes
from ..base.dtypes import DType
from ..base.tensor_shape import TensorShape, as_shape
from ..graph.collection_keys import GraphKeys
from ..graph.conversion import convert_to_tensor
from ..graph.operation import Operation
from ..graph.scopes import add_to_collection, colocate_with, init_scope, name_scope
from ..graph.stacks import get_default_graph
from ..graph.tensor import Tensor
from ..graph.user_frame import is_internal_file
from .creators import resource_variables_enabled
from .initializers import GlorotUniform, Zeros
from .modes import VariableAggregation, VariableSynchronization, checked_modes
from .partition_info import PartitionInfo
from .partitioned_variable import PartitionedVariable
from .partitioners import checked_partitions, slices
from .resource_variable import is_resource_variable
from .reuse import Reuse
from .save_slice_info import SaveSliceInfo
from .variable import Variable

_KEY = ("__variable_store",)


def default_variable_store() -> VariableStore:
    """The store of the default graph."""
    stores = get_default_graph().get_collection_ref(_KEY)
    if not stores:
        stores.append(VariableStore())
    store: VariableStore = stores[0]
    return store


class VariableStore:
    """The variables of one graph that `get_variable` made."""

    def __init__(self) -> None:
        self._vars: dict[str, Any] = {}
        self._partitioned_vars: dict[str, PartitionedVariable] = {}

    def get_variable(
        self,
        name: str,
        shape: Any = None,
        dtype: Any = dtypes.float32,
        initializer: Any = None,
        regularizer: Any = None,
        reuse: Reuse = None,
        trainable: bool | None = None,
        collections: Any = None,
        caching_device: Any = None,
        partitioner: Any = None,
        validate_shape: bool = True,
        use_resource: bool | None = None,
        custom_getter: Callable[..., Any] | None = None,
        constraint: Any = None,
        synchronization: Any = VariableSynchronization.AUTO,
        aggregation: Any = VariableAggregation.NONE,
    ) -> Any:
        """The variable of that full name, made if reuse allows it; see `tf.get_variable`."""
        if custom_getter is not None and not callable(custom_getter):
            raise ValueError(f"Passed a custom_getter which is not callable: {custom_getter}")
        synchronization, aggregation, trainable = checked_modes(
            synchronization, aggregation, trainable, name
        )
        arguments: dict[str, Any] = {
            "name": name,
            "shape": shape,
            "dtype": getattr(dtype, "base_dtype", dtype),
            "initializer": initializer,
            "regularizer": regularizer,
            "reuse": reuse,
            "trainable": trainable,
            "collections": collections,
            "caching_device": caching_device,
            "partitioner": partitioner,
            "validate_shape": validate_shape,
            "use_resource": use_resource,
            "constraint": constraint,
            "synchronization": synchronization,
            "aggregation": aggregation,
        }
        if custom_getter is None:
            return self._get(**arguments)
        if not _takes_argument(custom_getter, "constraint"):
            del arguments["constraint"]  # getters written before TF 1.5 do not know it
        return custom_getter(getter=self._get, **arguments)

    def _get(
        self,
        name: str,
        shape: Any = None,
        dtype: Any = dtypes.float32,
        initializer: Any = None,
        regularizer: Any = None,
        reuse: Reuse = None,
        trainable: bool | None = None,
        collections: Any = None,
        caching_device: Any = None,
        partitioner: Any = None,
        validate_shape: bool = True,
        use_resource: bool | None = None,
        constraint: Any = None,
        synchronization: Any = VariableSynchronization.AUTO,
        aggregation: Any = VariableAggregation.NONE,
    ) -> Any:
        """What custom getters get as `getter`."""
        passed_on = {
            "regularizer": regularizer,
            "reuse": reuse,
            "trainable": trainable,
            "collections": collections,
            "caching_device": caching_device,
            "validate_shape": validate_shape,
            "use_resource": use_resource,
            "constraint": constraint,
            "synchronization": synchronization,
            "aggregation": aggregation,
        }
        is_scalar = isinstance(shape, Sequence) and not shape
        if partitioner is not None and not is_scalar:
            with name_scope(None):
                return self.get_partitioned_variable(
                    name, partitioner, shape, dtype, initializer, **passed_on
                )
        if reuse is True and partitioner is None and name in self._partitioned_vars:
            return self.get_partitioned_variable(name, None, shape, dtype, initializer, **passed_on)
        if f"{name}/part_0" in self._vars:
            raise ValueError(
                "No partitioner was provided, but a partitioned version of the variable was found: "
                f"{name}/part_0. Perhaps a variable of the same name was already created with "
                "partitioning?"
            )
        return self._get_single_variable(name, shape, dtype, initializer, **passed_on)

    # --- one variable ----------------------------------------------------------------------------

    def _get_single_variable(
        self,
        name: str,
        shape: Any,
        dtype: Any,
        initializer: Any,
        *,
        reuse: Reuse,
        regularizer: Any = None,
        partition_info: PartitionInfo | None = None,
        use_resource: bool | None = None,
        **passed_on: Any,
    ) -> Any:
        is_value = initializer is not None and not callable(initializer)
        if shape is not None and is_value:
            raise ValueError("If initializer is a constant, do not specify shape.")
        dtype = dtypes.as_dtype(dtype)
        shape = as_shape(shape)
        if name in self._vars:
            return self._existing(name, shape, dtype, reuse)
        if reuse is True:
            raise ValueError(
                f"Variable {name} does not exist, or was not created with tf.get_variable(). Did "
                "you mean to set reuse=tf.AUTO_REUSE in VarScope?"
            )
        if initializer is None:
            initializer = default_initializer(name, dtype)
        initial_value, variable_dtype = initializer, None
        if not is_value:
            initial_value, variable_dtype = _bound_initializer(
                initializer, shape, dtype, partition_info
            )
        variable = Variable(
            initial_value=initial_value,
            name=name,
            dtype=variable_dtype,
            use_resource=resource_variables_enabled() if use_resource is None else use_resource,
            **passed_on,
        )
        self._vars[name] = variable
        if regularizer is not None:
            _regularize(name, variable, regularizer)
        return variable

    def _existing(self, name: str, shape: TensorShape, dtype: DType, reuse: Reuse) -> Any:
        found = self._vars[name]
        if reuse is False:
            message = (
                f"Variable {name} already exists, disallowed. Did you mean to set reuse=True or "
                "reuse=tf.AUTO_REUSE in VarScope?"
            )
            if is_resource_variable(found):
                raise ValueError(message)
            raise ValueError(f"{message} Originally defined at:\n\n{_user_stack(found.op)}")
        if not shape.is_compatible_with(found.shape):
            raise ValueError(
                f"Trying to share variable {name}, but specified shape {shape} and found shape "
                f"{found.shape}."
            )
        if not dtype.is_compatible_with(found.dtype):
            raise ValueError(
                f"Trying to share variable {name}, but specified dtype {dtype.name} and found "
                f"dtype {found.dtype.name}."
            )
        return found

    # --- a variable in parts ---------------------------------------------------------------------

    def get_partitioned_variable(
        self,
        name: str,
        partitioner: Any,
        shape: Any,
        dtype: Any,
        initializer: Any,
        *,
        reuse: Reuse,
        **passed_on: Any,
    ) -> PartitionedVariable:
        """The PartitionedVariable of that full name, made if reuse allows it."""
        if name in self._vars:
            raise ValueError(
                "A partitioner was provided, but an unpartitioned version of the variable was "
                f"found: {name}.  Perhaps a variable of the same name was already created without "
                "partitioning?"
            )
        dtype = dtypes.as_dtype(dtype)
        shape = as_shape(shape)
        if isinstance(initializer, Tensor):
            shape = shape.merge_with(initializer.shape)
        partitions = None
        if not reuse or partitioner:
            partitions = checked_partitions(partitioner, shape, dtype)
        if name in self._partitioned_vars:
            return self._existing_partitioned(name, shape, dtype, partitions, reuse)
        if reuse is True:
            raise ValueError(
                f"PartitionedVariable {name} does not exist, or was not created with "
                "tf.get_variable(). Did you mean to set reuse=False or reuse=tf.AUTO_REUSE in "
                "VarScope?"
            )
        assert partitions is not None
        self._check_parts(name, max(partitions))
        parts = [
            self._get_part(
                f"{name}/part_{index}",
                dtype,
                initializer,
                SaveSliceInfo(name, shape.as_list(), offset, part_shape),
                reuse=reuse,
                **passed_on,
            )
            for index, (offset, part_shape) in enumerate(slices(shape.as_list(), partitions))
        ]
        whole = PartitionedVariable(name, shape, dtype, parts, partitions)
        self._partitioned_vars[name] = whole
        return whole

    def _existing_partitioned(
        self,
        name: str,
        shape: TensorShape,
        dtype: DType,
        partitions: list[int] | None,
        reuse: Reuse,
    ) -> PartitionedVariable:
        if reuse is False:
            raise ValueError(
                f"Partitioned variable with name {name} already exists. Did you mean to set "
                "reuse=True or reuse=tf.AUTO_REUSE in VarScope?"
            )
        found = self._partitioned_vars[name]
        head = f"Trying to reuse partitioned variable {name}, but specified"
        if not shape.is_compatible_with(found.shape):
            raise ValueError(f"{head} shape {shape} and found shape {found.shape}.")
        if not dtype.is_compatible_with(found.dtype):
            raise ValueError(f"{head} dtype {dtype.name} and found dtype {found.dtype.name}.")
        if partitions is not None and list(found._get_partitions()) != partitions:
            raise ValueError(
                f"{head} partitions {partitions} and found partitions {found._get_partitions()}."
            )
        return found

    def _check_parts(self, name: str, count: int) -> None:
        """Parts made one by one under these names must be as many."""
        if f"{name}/part_0" not in self._vars:
            return
        head = (
            "Partitioner returned a different partitioning than what was already found.  "
            f"Partitioner returned {count} shards, and shard {name}/part_0 was found, but"
        )
        if f"{name}/part_{count - 1}" not in self._vars:
            raise ValueError(f"{head} {name}/part_{count - 1} was not.")
        if f"{name}/part_{count}" in self._vars:
            raise ValueError(f"{head} so was the extra shard {name}/part_{count}.")

    def _get_part(
        self, name: str, dtype: DType, initializer: Any, place: SaveSliceInfo, **passed_on: Any
    ) -> Any:
        shape: Any = place.var_shape
        with name_scope(f"{name}/PartitionedInitializer"):
            if initializer is None:
                initializer = default_initializer(name, dtype)
            elif not callable(initializer):
                whole = initializer
                if not isinstance(whole, Tensor):
                    whole = convert_to_tensor(whole, dtype=dtype)
                initializer = ops.array.slice(whole, place.var_offset, place.var_shape)
                dtype = initializer.dtype.base_dtype
                shape = None
        with name_scope(None):
            variable = self._get_single_variable(
                name,
                shape,
                dtype,
                initializer,
                partition_info=PartitionInfo(place.full_shape, place.var_offset),
                **passed_on,
            )
        variable._set_save_slice_info(place)
        return variable


def default_initializer(name: str, dtype: DType) -> Any:
    """What initializes a variable when nothing is said: Glorot's uniform, or zeros for integers.

    Raises:
      ValueError: there is no default for the type.
    """
    if dtype.is_floating:
        return GlorotUniform()
    if dtype.is_integer or dtype.is_bool or dtype == dtypes.string:
        return Zeros()
    raise ValueError(f"An initializer for variable {name} of {dtype.base_dtype} is required")


def _bound_initializer(
    initializer: Any, shape: TensorShape, dtype: DType, partition_info: PartitionInfo | None
) -> tuple[Callable[[], Any], DType | None]:
    """A function without arguments that gives the initial value, and the type it is asked for."""
    if inspect.isclass(initializer):
        initializer = initializer()
    if shape.is_fully_defined():
        sizes = shape.as_list()
        if "partition_info" in _arguments(initializer):
            place = {"partition_info": partition_info}
        else:
            place = {}
        return (lambda: initializer(sizes, dtype=dtype, **place)), dtype.base_dtype
    needed = [p for p in _arguments(initializer).values() if p.default is p.empty]
    if any(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in needed):
        raise ValueError(
            "The initializer passed is not valid. It should be a callable with no arguments and "
            "the shape should not be provided or an instance of `tf.keras.initializers.*' and "
            "`shape` should be fully defined."
        )
    return initializer, None


def _arguments(function: Any) -> Any:
    return inspect.signature(function).parameters


def _takes_argument(function: Any, name: str) -> bool:
    parameters = _arguments(function)
    return name in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())


def _regularize(name: str, variable: Any, regularizer: Callable[[Any], Any]) -> None:
    with colocate_with(variable.op), name_scope(f"{name}/Regularizer/"), init_scope():
        loss = regularizer(variable)
    if loss is not None:
        add_to_collection(GraphKeys.REGULARIZATION_LOSSES, loss)


def _user_stack(op: Operation) -> str:
    """The user's lines that made a node, innermost first."""
    lines = [entry for entry in reversed(op.traceback) if not is_internal_file(entry[0])]
    return "".join(traceback.format_list(lines[:5]))
