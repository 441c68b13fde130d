"""GRUCell: a gated recurrent unit (Cho et al. 2014)."""

from __future__ import annotations

from typing import Any

from ...core import ops
from ...core.variables.initializers import Constant, Zeros
from ...layers.identifiers import activation_name, initializer_config, initializer_of
from ...layers.input_spec import InputSpec
from .base import BIAS, KERNEL, LayerRNNCell, check_dtype, check_dtypes, input_depth
from .basic import affine, cell_activation


class GRUCell(LayerRNNCell):
    """A gate `r` says how much of the state a candidate sees, a gate `u` how much of it stays.

    Args:
      num_units: the size of the state.
      activation: of the candidate: a function or its name; tanh by default.
      reuse: whether the variables must exist.
      kernel_initializer: the initializer of both matrices; by default the scope's.
      bias_initializer: the initializer of both biases; by default ones for the gates, so that the
        state stays at first, and zeros for the candidate.
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
        kernel_initializer: Any = None,
        bias_initializer: Any = None,
        name: Any = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        check_dtype(self.dtype)
        self.input_spec = InputSpec(ndim=2)
        self._num_units = num_units
        self._activation = cell_activation(activation)
        self._kernel_initializer = initializer_of(kernel_initializer)
        self._bias_initializer = initializer_of(bias_initializer)

    @property
    def state_size(self) -> int:
        return self._num_units

    @property
    def output_size(self) -> int:
        return self._num_units

    def build(self, input_shape: Any) -> None:
        """Makes a kernel and a bias for the gates, and for the candidate."""
        rows, units = input_depth(input_shape) + self._num_units, self._num_units
        check_dtype(self.dtype)
        self._gate_kernel = self.add_variable(
            f"gates/{KERNEL}", shape=[rows, 2 * units], initializer=self._kernel_initializer
        )
        gate_bias = self._bias_initializer
        self._gate_bias = self.add_variable(
            f"gates/{BIAS}",
            shape=[2 * units],
            initializer=Constant(1.0, dtype=self.dtype) if gate_bias is None else gate_bias,
        )
        self._candidate_kernel = self.add_variable(
            f"candidate/{KERNEL}", shape=[rows, units], initializer=self._kernel_initializer
        )
        bias = self._bias_initializer
        self._candidate_bias = self.add_variable(
            f"candidate/{BIAS}", shape=[units], initializer=Zeros() if bias is None else bias
        )
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """A step: the output, and the same as the next state."""
        check_dtypes(inputs, state)
        gates = affine([inputs, state], self._gate_kernel, self._gate_bias)
        r, u = ops.array.split(ops.elementwise.sigmoid(gates), 2, axis=1)
        r_state = r * state
        candidate = affine([inputs, r_state], self._candidate_kernel, self._candidate_bias)
        c = self._activation(candidate)
        output = u * state + (1 - u) * c
        return output, output

    def get_config(self) -> dict[str, Any]:
        """The arguments from which `from_config` makes such a cell."""
        return super().get_config() | {
            "num_units": self._num_units,
            "kernel_initializer": initializer_config(self._kernel_initializer),
            "bias_initializer": initializer_config(self._bias_initializer),
            "activation": activation_name(self._activation),
            "reuse": self._reuse,
        }
