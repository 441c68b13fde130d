"""RNNCell: a layer that takes a state besides its input, and gives the next one."""

from __future__ import annotations

from typing import Any, NamedTuple

from ...core import ops
from ...core.base import dtypes, nest
from ...core.graph.constant_value import constant_value
from ...core.graph.conversion import convert_to_tensor
from ...core.graph.scopes import name_scope
from ...core.graph.tensor import Tensor
from ...core.variables.collections import trainable_variables
from ...core.variables.partitioned_variable import PartitionedVariable
from ...core.variables.variable_scope import get_variable_scope, variable_scope
from ...layers.base import Layer
from .sizes import zero_state_tensors

KERNEL, BIAS = "kernel", "bias"


class TrackableReference(NamedTuple):
    """A part of an object by the name that it has in checkpoints of objects."""

    name: str
    ref: Any


class RNNCell(Layer):
    """A step of a recurrent net: `output, next_state = cell(input, state)`.

    Subclasses say `state_size`, `output_size`, and in `call` what a step computes. They may make
    variables by `tf.get_variable` in `call`; those are then found in `weights` too.

    Args:
      trainable: as for `Layer`.
      name: as for `Layer`.
      dtype: as for `Layer`.
      **kwargs: as for `Layer`.
    """

    def __init__(
        self, trainable: bool = True, name: Any = None, dtype: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(trainable=trainable, name=name, dtype=dtype, **kwargs)
        self._outer_scope: variable_scope | None = None

    def __call__(self, inputs: Any, state: Any, scope: Any = None, **kwargs: Any) -> Any:
        """Runs a step.

        Args:
          inputs: [batch, inputs], or a nesting of tensors.
          state: a tensor [batch, size], or nested as `state_size`.
          scope: the variable scope; by default one named for the class.
          **kwargs: further arguments of `call`.

        Returns:
          The output [batch, output_size] and the next state, nested as the state.
        """
        if scope is not None:
            with variable_scope(scope, custom_getter=self._noting_getter) as given:
                return super().__call__(inputs, state, scope=given, **kwargs)
        if self._outer_scope is None:
            # Kept: variables stand where the first call found itself.
            self._outer_scope = variable_scope(
                get_variable_scope(), custom_getter=self._noting_getter
            )
        with self._outer_scope:
            return super().__call__(inputs, state, **kwargs)

    def _noting_getter(self, getter: Any, *args: Any, **kwargs: Any) -> Any:
        """Gets a variable, and notes that it is one of the cell's."""
        variable = getter(*args, **kwargs)
        first = list(variable)[0] if isinstance(variable, PartitionedVariable) else variable
        is_trained = any(first is v for v in trainable_variables())
        noted = self._trainable_weights if is_trained else self._non_trainable_weights
        if all(variable is not v for v in noted):
            noted.append(variable)
        return variable

    @property
    def state_size(self) -> Any:
        """The size of the state without the batch's: an int, a TensorShape, or a nesting."""
        raise NotImplementedError("Abstract method")

    @property
    def output_size(self) -> Any:
        """The size of the output without the batch's: an int, a TensorShape, or a nesting."""
        raise NotImplementedError("Abstract method")

    def build(self, input_shape: Any) -> None:
        """Leaves it to `call` to make variables."""

    def get_initial_state(
        self, inputs: Any = None, batch_size: Any = None, dtype: Any = None
    ) -> Any:
        """As `zero_state`, with the size and type of given inputs.

        Args:
          inputs: [batch, ...].
          batch_size: an int or int scalar; needed without `inputs`.
          dtype: the type; needed without `inputs`.

        Raises:
          ValueError: size or type are not known, or not those of the inputs.
        """
        if inputs is not None:
            inputs = convert_to_tensor(inputs, name="inputs")
            known = inputs.shape[0].value
            if batch_size is not None:
                given = constant_value(batch_size) if isinstance(batch_size, Tensor) else batch_size
                if known != given:
                    raise ValueError(
                        "batch size from input tensor is different from the input param. Input "
                        f"tensor batch: {known}, batch_size: {batch_size}"
                    )
            if dtype is not None and inputs.dtype != dtype:
                raise ValueError(
                    "dtype from input tensor is different from the input param. Input tensor "
                    f"dtype: {inputs.dtype}, dtype: {dtype}"
                )
            batch_size = known or ops.array.shape(inputs)[0]
            dtype = inputs.dtype
        if batch_size is None or dtype is None:
            raise ValueError(
                "batch_size and dtype cannot be None while constructing initial state: "
                f"batch_size={batch_size}, dtype={dtype}"
            )
        return self.zero_state(batch_size, dtype)

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """Zeros, nested as `state_size`.

        Args:
          batch_size: an int or int scalar.
          dtype: their type.
        """
        with name_scope(f"{type(self).__name__}ZeroState", values=[batch_size]):
            return zero_state_tensors(self.state_size, batch_size, dtype)


class LayerRNNCell(RNNCell):
    """A cell that makes its variables in `build`, as other layers do."""

    def __call__(
        self, inputs: Any, state: Any, scope: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        """As `RNNCell.__call__`."""
        return Layer.__call__(self, inputs, state, *args, scope=scope, **kwargs)


def check_cell(argument: str, cell: Any) -> None:
    """Refuses what is not like a cell.

    Args:
      argument: the name of the argument, for the message.
      cell: what was given.

    Raises:
      TypeError: it lacks what cells have.
    """
    faults = [
        f"'{name}' property is missing"
        for name in ("output_size", "state_size")
        if not hasattr(cell, name)
    ]
    if not hasattr(cell, "zero_state") and not hasattr(cell, "get_initial_state"):
        faults.append("either 'zero_state' or 'get_initial_state' method is required")
    if not callable(cell):
        faults.append("is not callable")
    if faults:
        raise TypeError(
            f"The argument {argument!r} ({cell}) is not an RNNCell: {', '.join(faults)}."
        )


def check_dtypes(*tensors: Any) -> None:
    """Refuses inputs and states whose type has no sigmoid.

    Raises:
      ValueError: one is neither floating nor complex.
    """
    for tensor in nest.flatten(tensors):
        check_dtype(tensor.dtype)


def check_dtype(dtype: Any) -> None:
    """As `check_dtypes`, for a type, or None for one that is not known yet."""
    if dtype is None:
        return
    dtype = dtypes.as_dtype(dtype)
    if not (dtype.is_floating or dtype.is_complex):
        raise ValueError(f"RNN cell only supports floating point inputs, but saw dtype: {dtype}")


def input_depth(shape: Any) -> int:
    """The size of the last dimension of a cell's input.

    Raises:
      ValueError: it is not known.
    """
    depth = shape[-1].value
    if depth is None:
        raise ValueError(f"Expected inputs.shape[-1] to be known, saw shape: {shape}")
    return int(depth)
