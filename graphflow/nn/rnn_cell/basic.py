"""BasicRNNCell: a net of one matrix product, whose output is its state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...core import ops
from ...core.graph.tensor import Tensor
from ...core.variables.initializers import Zeros
from ...layers.identifiers import activation_name, activation_of
from ...layers.input_spec import InputSpec
from .base import BIAS, KERNEL, LayerRNNCell, check_dtype, check_dtypes, input_depth


class BasicRNNCell(LayerRNNCell):
    """`output = next_state = activation([input, state] * kernel + bias)`.

    Args:
      num_units: the size of the state.
      activation: a function or its name; tanh by default.
      reuse: whether the variables must exist.
      name: the name of its scope.
      dtype: the type of its variables; by default the input's.
      **kwargs: as for `Layer`.

    Raises:
      ValueError: the type is neither floating nor complex.
    """

    def __init__(
        self,
        num_units: int,
        activation: Any = None,
        reuse: Any = None,
        name: Any = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        check_dtype(self.dtype)
        self.input_spec = InputSpec(ndim=2)
        self._num_units = num_units
        self._activation = cell_activation(activation)

    @property
    def state_size(self) -> int:
        return self._num_units

    @property
    def output_size(self) -> int:
        return self._num_units

    def build(self, input_shape: Any) -> None:
        """Makes `kernel` and `bias`."""
        depth = input_depth(input_shape)
        check_dtype(self.dtype)
        self._kernel = self.add_variable(KERNEL, shape=[depth + self._num_units, self._num_units])
        self._bias = self.add_variable(BIAS, shape=[self._num_units], initializer=Zeros())
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """A step: the output, and the same as the next state."""
        check_dtypes(inputs, state)
        output = self._activation(affine([inputs, state], self._kernel, self._bias))
        return output, output

    def get_config(self) -> dict[str, Any]:
        """The arguments from which `from_config` makes such a cell."""
        return super().get_config() | {
            "num_units": self._num_units,
            "activation": activation_name(self._activation),
            "reuse": self._reuse,
        }


def cell_activation(activation: Any) -> Callable[[Any], Any]:
    """The activation of a cell: tanh unless another is given."""
    return activation_of(activation or ops.elementwise.tanh)


def affine(inputs: list[Any], kernel: Any, bias: Any) -> Tensor:
    """The inputs side by side, times a matrix, plus a bias."""
    product = ops.linalg.matmul(ops.array.concat(inputs, 1), kernel)
    shifted: Tensor = ops.nn.bias_add(product, bias)
    return shifted
