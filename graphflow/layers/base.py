"""Layer: a function with variables of its own, which are made when it is first called.

A layer's variables stand in a variable scope that its first call fixes. Calling it again shares
them, wherever that is; another layer of the same name gets a scope of its own (`dense_1`).
"""

from __future__ import annotations

import copy
import functools
import inspect
import math
from collections.abc import Callable, Iterable
from typing import Any, Self

import numpy as np

from ..core import ops
from ..core.base import dtypes, nest
from ..core.graph.collection_keys import GraphKeys
from ..core.graph.conversion import convert_to_tensor
from ..core.graph.graph import Graph
from ..core.graph.operation import Operation
from ..core.graph.scopes import get_collection_ref, init_scope, name_scope
from ..core.graph.stacks import get_default_graph
from ..core.graph.tensor import Tensor
from ..core.variables.collections import global_variables, trainable_variables
from ..core.variables.modes import VariableAggregation, VariableSynchronization
from ..core.variables.partitioned_variable import PartitionedVariable
from ..core.variables.reuse import Reuse
from ..core.variables.variable_scope import VariableScope, get_variable, variable_scope
from .identifiers import initializer_of
from .input_spec import InputSpec, check_inputs
from .naming import to_snake_case, unique_layer_name


class Layer:
    """The base of layers: subclasses make variables in `build` and use them in `call`.

    Args:
      trainable: whether its variables are trained.
      name: the name, which is the name of its scope too; by default that of the class.
      dtype: the type of its variables; by default that of its first input.
      **kwargs: `activity_regularizer`, a function from an output to a loss; `_scope`, the variable
        scope to stand in; `_reuse`, whether the variables must exist.

    Attributes:
      built: whether the variables have been made.
      input_spec: None or InputSpecs: what is asked of the inputs.
      stateful: whether updates are wanted of a layer that is not trained.

    Raises:
      TypeError: another keyword is given.
    """

    def __init__(
        self, trainable: bool = True, name: Any = None, dtype: Any = None, **kwargs: Any
    ) -> None:
        scope = kwargs.pop("_scope", None)
        self._reuse: Reuse = kwargs.pop("_reuse", None)
        self._activity_regularizer = kwargs.pop("activity_regularizer", None)
        for unknown in kwargs:
            raise TypeError("Keyword argument not understood:", unknown)
        self.trainable = trainable
        self.stateful = False
        self.built = False
        self._input_spec: Any = None
        self._set_names(name)
        self._dtype = None if dtype is None else dtypes.as_dtype(dtype).name
        self._trainable_weights: list[Any] = []
        self._non_trainable_weights: list[Any] = []
        # each with whether it depends on the inputs of a call
        self._losses: list[tuple[Tensor, bool]] = []
        self._updates: list[tuple[Any, bool]] = []
        self._inputs_of_calls: list[Any] = []
        self._graph: Graph | None = None
        self._scope: VariableScope | None = None
        self._current_scope: VariableScope | None = None
        if scope:
            with variable_scope(scope) as captured:
                self._scope = captured

    def _set_names(self, name: Any) -> None:
        """The layer's name, and the one that its scope is made of."""
        base_name = to_snake_case(type(self).__name__)
        if isinstance(name, VariableScope):
            self._name, self._base_name = unique_layer_name(base_name), name.name
        elif name:
            self._name, self._base_name = name, name
        else:
            self._name, self._base_name = unique_layer_name(base_name), base_name

    # --- what it is ------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """Its name; `dense_1` for the first Dense that nobody named."""
        return self._name

    @property
    def dtype(self) -> str | None:
        """The name of its variables' type; None before it is known."""
        return self._dtype

    @property
    def graph(self) -> Graph | None:
        """The graph in which it was first called."""
        return self._graph

    @property
    def scope_name(self) -> str:
        """The name of its variable scope.

        Raises:
          ValueError: it has not been called yet.
        """
        if self._scope is None:
            raise ValueError(
                f'No name available for layer scope because the layer "{self._name}" has not been '
                "used yet. The scope name is determined the first time the layer instance is "
                "called. You must therefore call the layer before querying `scope_name`."
            )
        return self._scope.name

    @property
    def input_spec(self) -> Any:
        """What it asks of its inputs: None, an InputSpec, or one for each input."""
        return self._input_spec

    @input_spec.setter
    def input_spec(self, value: Any) -> None:
        for spec in nest.flatten(value):
            if spec is not None and not isinstance(spec, InputSpec):
                raise TypeError(f"Layer input_spec must be an instance of InputSpec. Got: {spec}")
        self._input_spec = value

    @property
    def activity_regularizer(self) -> Any:
        """The function from an output to a loss, or None."""
        return self._activity_regularizer

    @activity_regularizer.setter
    def activity_regularizer(self, regularizer: Any) -> None:
        self._activity_regularizer = regularizer

    # --- its variables ---------------------------------------------------------------------------

    @property
    def trainable_weights(self) -> list[Any]:
        """The variables that are trained; none if the layer is not."""
        return list(self._trainable_weights) if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Any]:
        """The variables that are not trained; all of them if the layer is not."""
        if self.trainable:
            return list(self._non_trainable_weights)
        return [*self._trainable_weights, *self._non_trainable_weights]

    @property
    def weights(self) -> list[Any]:
        """All its variables, those that are trained first."""
        return self.trainable_weights + self.non_trainable_weights

    @property
    def variables(self) -> list[Any]:
        """As `weights`."""
        return self.weights

    @property
    def trainable_variables(self) -> list[Any]:
        """As `trainable_weights`."""
        return self.trainable_weights

    @property
    def non_trainable_variables(self) -> list[Any]:
        """As `non_trainable_weights`."""
        return self.non_trainable_weights

    def count_params(self) -> int:
        """How many numbers its variables hold.

        Raises:
          ValueError: they have not been made yet.
        """
        if not self.built:
            raise ValueError(
                f"You tried to call `count_params` on {self.name}, but the layer isn't built. You "
                f"can build it manually via: `{self.name}.build(batch_input_shape)`."
            )
        return sum(math.prod(variable.shape.as_list()) for variable in self.weights)

    def add_weight(
        self,
        name: str,
        shape: Any,
        dtype: Any = None,
        initializer: Any = None,
        regularizer: Callable[[Any], Any] | None = None,
        trainable: bool | None = None,
        constraint: Any = None,
        use_resource: bool | None = None,
        synchronization: Any = VariableSynchronization.AUTO,
        aggregation: Any = VariableAggregation.NONE,
        partitioner: Any = None,
    ) -> Any:
        """Makes a variable in the layer's scope, or gets the one to be shared.

        Args:
          name: the variable's name in the scope.
          shape: its shape.
          dtype: its type; by default the layer's, or else float32.
          initializer: an initializer or its name; by default the scope's.
          regularizer: a function from the variable to a loss.
          trainable: whether it is trained, if the layer is.
          constraint: as for `tf.get_variable`.
          use_resource: as for `tf.get_variable`.
          synchronization: as for `tf.get_variable`.
          aggregation: as for `tf.get_variable`.
          partitioner: as for `tf.get_variable`.

        Returns:
          The Variable, or PartitionedVariable if there is a partitioner.

        Raises:
          ValueError: `trainable` is True for a variable synchronized on reading, or as for
            `tf.get_variable`.
        """
        if synchronization == VariableSynchronization.ON_READ:
            if trainable:
                raise ValueError(
                    "Synchronization value can be set to VariableSynchronization.ON_READ only for "
                    "non-trainable variables. You have specified trainable=True and "
                    "synchronization=VariableSynchronization.ON_READ."
                )
            trainable = False
        is_trained = (trainable is None or trainable) and self.trainable
        dtype = dtypes.as_dtype(dtype or self._dtype or dtypes.float32)
        self._dtype = self._dtype or dtype.base_dtype.name
        existing = global_variables()
        self._set_scope(None)
        reuse = self.built or self._reuse
        with variable_scope(self._scope, reuse=reuse, auxiliary_name_scope=False) as scope:
            self._current_scope = scope
            with name_scope(self._name_scope()):
                variable = get_variable(
                    name,
                    shape=() if shape is None else shape,
                    dtype=dtype,
                    initializer=initializer_of(
                        scope.initializer if initializer is None else initializer
                    ),
                    trainable=is_trained,
                    use_resource=use_resource or scope.use_resource or False,
                    constraint=constraint,
                    partitioner=partitioner,
                    synchronization=synchronization,
                    aggregation=aggregation,
                )
                if regularizer is not None and not _contains_part(existing, variable):
                    self._regularize(name, variable, regularizer)
        # A custom getter may have made it one that is not trained.
        is_trained = is_trained and any(v is variable for v in trainable_variables())
        (self._trainable_weights if is_trained else self._non_trainable_weights).append(variable)
        return variable

    def add_variable(self, *args: Any, **kwargs: Any) -> Any:
        """As `add_weight`."""
        return self.add_weight(*args, **kwargs)

    def _regularize(self, name: str, variable: Any, regularizer: Callable[[Any], Any]) -> None:
        parts = variable if isinstance(variable, PartitionedVariable) else [variable]
        for part in parts:
            self.add_loss(functools.partial(self._regularization, name, part, regularizer))

    @staticmethod
    def _regularization(name: str, variable: Any, regularizer: Callable[[Any], Any]) -> Any:
        if get_default_graph().building_function:
            # It depends on the variable alone, and is to be fetched from outside of the loop.
            with init_scope(), name_scope(f"{name}/Regularizer"):
                return regularizer(variable)
        with name_scope(f"{name}/Regularizer"):
            return regularizer(variable)

    # --- losses and updates ----------------------------------------------------------------------

    @property
    def losses(self) -> list[Tensor]:
        """The losses added by it: of its variables, its activity, and by `add_loss`."""
        return [loss for loss, _ in self._losses]

    @property
    def updates(self) -> list[Any]:
        """The operations added by `add_update`; none of a layer that is not trained."""
        if not self.trainable and not self.stateful:
            return []
        return [update for update, _ in self._updates]

    def add_loss(self, losses: Any, inputs: Any = None) -> None:
        """Adds losses to its own and to the collection REGULARIZATION_LOSSES.

        Args:
          losses: tensors, values, or functions without arguments that make such; None is no loss.
          inputs: not None if the losses depend on the inputs of a call.
        """
        made = []
        for loss in nest.flatten(losses):
            value = loss() if callable(loss) else loss
            if value is not None:
                given = value if isinstance(value, Tensor) else convert_to_tensor(value, "float32")
                made.append(given)
        self._losses += [(loss, inputs is not None) for loss in made]
        _add_to_collection(GraphKeys.REGULARIZATION_LOSSES, made)

    def add_update(self, updates: Any, inputs: Any = None) -> None:
        """Adds operations that are to run with each step of training.

        A call of the layer adds them to the collection UPDATE_OPS.

        Args:
          updates: operations, tensors, or functions without arguments that make such.
          inputs: not needed: it is found out whether an update depends on the inputs of the call.
        """
        called_with = self._inputs_of_calls[-1:]
        for update in updates if isinstance(updates, list | tuple) else [updates]:
            made = update() if callable(update) and not hasattr(update, "op") else update
            if not isinstance(made, Operation):
                made = made.op if hasattr(made, "op") else convert_to_tensor(made).op
            self._updates.append((made, _depends_on(made, called_with)))

    def get_losses_for(self, inputs: Any) -> list[Tensor]:
        """The losses that depend on given inputs; those that depend on no inputs for None."""
        if inputs is None:
            return [loss for loss, is_conditional in self._losses if not is_conditional]
        return [loss for loss, is_of in self._losses if is_of and _depends_on(loss.op, inputs)]

    def get_updates_for(self, inputs: Any) -> list[Any]:
        """The updates that depend on given inputs; those that depend on no inputs for None."""
        updates = self._updates if self.updates else []
        if inputs is None:
            return [update for update, is_conditional in updates if not is_conditional]
        return [update for update, is_of in updates if is_of and _depends_on(update, inputs)]

    # --- calling it ------------------------------------------------------------------------------

    def build(self, input_shape: Any) -> None:
        """Makes the variables; for subclasses to say how.

        Args:
          input_shape: the shape of the input, or shapes nested as the inputs are.
        """
        self.built = True

    def call(self, inputs: Any, **kwargs: Any) -> Any:
        """What the layer computes; for subclasses to say.

        Args:
          inputs: a tensor, or a nesting of tensors.
          **kwargs: further arguments of the layer's call.
        """
        return inputs

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Applies the layer in its variable scope; the first time its variables are made.

        Args:
          inputs: a tensor, or a nesting of tensors.
          *args: further arguments of `call`.
          **kwargs: further arguments of `call`; `scope`, in the first call, says which variable
            scope the layer is to have.

        Returns:
          What `call` returned.

        Raises:
          ValueError: an input is not what the layer asks for, or `call` returned None.
        """
        self._set_scope(kwargs.pop("scope", None))
        reuse = True if self.built else self._reuse
        with variable_scope(self._scope, reuse=reuse, auxiliary_name_scope=False) as scope:
            self._current_scope = scope
            if "scope" in inspect.signature(self.call).parameters:
                kwargs["scope"] = scope
            outputs = self._called(inputs, args, kwargs)
        _add_to_collection(GraphKeys.UPDATE_OPS, self.updates)
        return outputs

    def apply(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """As calling it."""
        return self(inputs, *args, **kwargs)

    def _called(self, inputs: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """`call`, in the layer's name scope, with what goes before and after it."""
        inputs = nest.map_structure(_as_tensor, inputs)
        check_inputs(self.input_spec, inputs, self.name)
        self._graph = self._graph or get_default_graph().outermost
        self._inputs_of_calls.append(inputs)
        try:
            with name_scope(self._name_scope()):
                self._maybe_build(inputs)
                outputs = self.call(inputs, *args, **kwargs)
                if outputs is None:
                    raise ValueError(
                        "A layer's `call` method should return a Tensor or a list of Tensors, not "
                        f"None (layer: {self.name})."
                    )
                self._regularize_activity(inputs, outputs)
        finally:
            self._inputs_of_calls.pop()
        return outputs

    def _maybe_build(self, inputs: Any) -> None:
        if self.built:
            return
        flat = nest.flatten(inputs)
        if flat and self._dtype is None and hasattr(flat[0], "dtype"):
            self._dtype = flat[0].dtype.base_dtype.name
        shapes = None
        if all(hasattr(tensor, "shape") for tensor in flat):
            shapes = nest.map_structure(_shape_of, inputs)
        self.build(shapes)
        self.built = True  # whatever the subclass's `build` did

    def _regularize_activity(self, inputs: Any, outputs: Any) -> None:
        if self._activity_regularizer is None:
            return
        with name_scope("ActivityRegularizer"):
            for output in nest.flatten(outputs):
                loss = self._activity_regularizer(output)
                batch = ops.elementwise.cast(ops.array.shape(output)[0], loss.dtype)
                self.add_loss(loss / batch, inputs=inputs)

    # --- its scope -------------------------------------------------------------------------------

    def _set_scope(self, scope: Any) -> None:
        """Fixes the variable scope, if that has not been done: a given one or one of its name."""
        if self._scope is not None:
            return
        if self._reuse:
            opened = variable_scope(self._base_name if scope is None else scope)
        else:
            opened = variable_scope(scope, default_name=self._base_name)
        with opened as captured:
            self._scope = captured

    def _name_scope(self) -> str:
        """The name scope of its nodes: that in which its variable scope was first opened."""
        assert self._current_scope is not None
        return self._current_scope.original_name_scope

    # --- copies and configurations ---------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """The arguments from which `from_config` makes such a layer, with variables of its own."""
        return {"name": self.name, "trainable": self.trainable, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The layer of a configuration that `get_config` gave."""
        return cls(**config)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """A copy with the same scope and graph; what it has of the graph is not copied."""
        cls = type(self)
        result = cls.__new__(cls)
        memo[id(self)] = result
        for key, value in vars(self).items():
            if key == "_graph" or _is_of_graph(value):
                copied = value
            elif key == "_scope":
                copied = copy.copy(value)
            else:
                copied = copy.deepcopy(value, memo)
            setattr(result, key, copied)
        return result


def _shape_of(tensor: Any) -> Any:
    return tensor.shape


def _as_tensor(value: Any) -> Any:
    return convert_to_tensor(value) if isinstance(value, np.ndarray | float | int) else value


def _is_of_graph(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return bool(value) and all(map(_is_of_graph, value))
    return isinstance(value, Tensor | Operation)


def _contains_part(variables: Iterable[Any], variable: Any) -> bool:
    """Whether a variable, or a part of it, is among others."""
    parts = list(variable) if isinstance(variable, PartitionedVariable) else [variable]
    return any(part is other for other in variables for part in parts)


def _add_to_collection(name: str, elements: Iterable[Any]) -> None:
    """Adds what the collection does not have yet."""
    collection = get_collection_ref(name)
    for element in elements:
        if all(element is not other for other in collection):
            collection.append(element)


def _depends_on(op: Operation, inputs: Any) -> bool:
    """Whether an operation is computed from any of the inputs."""
    wanted = {id(tensor) for tensor in nest.flatten(inputs)}
    seen: set[Operation] = set()
    behind = [op]
    while behind:
        current = behind.pop()
        if current in seen:
            continue
        seen.add(current)
        if any(id(tensor) in wanted for tensor in current.inputs):
            return True
        behind.extend(tensor.op for tensor in current.inputs)
    return False
