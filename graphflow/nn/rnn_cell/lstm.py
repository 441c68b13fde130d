"""BasicLSTMCell and LSTMCell: long short-term memory (Hochreiter and Schmidhuber 1997).

i, j, f, o = [input, h] * kernel + bias      in this order, side by side in one product
c = c * sigmoid(f + forget_bias) + sigmoid(i) * activation(j)
h = activation(c) * sigmoid(o)
"""

from __future__ import annotations

from typing import Any

from ... import logging
from ...core import ops
from ...core.base import dtypes
from ...core.variables.initializers import Zeros
from ...core.variables.partitioners import fixed_size_partitioner
from ...layers.identifiers import activation_name, initializer_config, initializer_of
from ...layers.input_spec import InputSpec
from .base import BIAS, KERNEL, LayerRNNCell, check_dtype, check_dtypes, input_depth
from .basic import affine, cell_activation
from .lstm_state import LSTMStateTuple


class BasicLSTMCell(LayerRNNCell):
    """An LSTM without peepholes, clipping and projection.

    Args:
      num_units: the size of the cell's memory and of its output.
      forget_bias: added to the forget gate, so that the memory stays at first.
      state_is_tuple: whether the state is an LSTMStateTuple, or a tensor of both parts side by
        side.
      activation: of what is remembered and given out: a function or its name; tanh by default.
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
        forget_bias: float = 1.0,
        state_is_tuple: bool = True,
        activation: Any = None,
        reuse: Any = None,
        name: Any = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        check_dtype(self.dtype)
        if not state_is_tuple:
            _warn_of_joined_state(self)
        self.input_spec = InputSpec(ndim=2)
        self._num_units = num_units
        self._forget_bias = forget_bias
        self._state_is_tuple = state_is_tuple
        self._activation = cell_activation(activation)

    @property
    def state_size(self) -> Any:
        if self._state_is_tuple:
            return LSTMStateTuple(self._num_units, self._num_units)
        return 2 * self._num_units

    @property
    def output_size(self) -> int:
        return self._num_units

    def build(self, input_shape: Any) -> None:
        """Makes `kernel` and `bias`."""
        depth = input_depth(input_shape)
        check_dtype(self.dtype)
        self._kernel = self.add_variable(
            KERNEL, shape=[depth + self._num_units, 4 * self._num_units]
        )
        self._bias = self.add_variable(BIAS, shape=[4 * self._num_units], initializer=Zeros())
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """A step: the output and the next state."""
        check_dtypes(inputs, state)
        one = ops.array.constant(1, dtype=dtypes.int32)
        c, h = state if self._state_is_tuple else ops.array.split(state, 2, axis=one)
        gates = affine([inputs, h], self._kernel, self._bias)
        i, j, f, o = ops.array.split(gates, 4, axis=one)
        forget_bias = ops.array.constant(self._forget_bias, dtype=f.dtype)
        add, multiply = ops.elementwise.add, ops.elementwise.multiply
        sigmoid = ops.elementwise.sigmoid
        kept = multiply(c, sigmoid(add(f, forget_bias)))
        new_c = add(kept, multiply(sigmoid(i), self._activation(j)))
        new_h = multiply(self._activation(new_c), sigmoid(o))
        if self._state_is_tuple:
            return new_h, LSTMStateTuple(new_c, new_h)
        return new_h, ops.array.concat([new_c, new_h], 1)

    def get_config(self) -> dict[str, Any]:
        """The arguments from which `from_config` makes such a cell."""
        return super().get_config() | {
            "num_units": self._num_units,
            "forget_bias": self._forget_bias,
            "state_is_tuple": self._state_is_tuple,
            "activation": activation_name(self._activation),
            "reuse": self._reuse,
        }


class LSTMCell(LayerRNNCell):
    """An LSTM, if wanted with peepholes, clipping and a projection (Sak et al. 2014).

    Args:
      num_units: the size of the cell's memory.
      use_peepholes: whether the gates see the memory too, each unit its own.
      cell_clip: the largest magnitude of what is remembered; None does not clip.
      initializer: the initializer of the matrices and peepholes; by default the scope's.
      num_proj: the size to which the output is projected; None does not project.
      proj_clip: the largest magnitude of what is projected; None does not clip.
      num_unit_shards: into how many parts the kernel is divided; a partitioner does it better.
      num_proj_shards: the same for the projection.
      forget_bias: added to the forget gate, so that the memory stays at first.
      state_is_tuple: whether the state is an LSTMStateTuple, or a tensor of both parts side by
        side.
      activation: of what is remembered and given out: a function or its name; tanh by default.
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
        use_peepholes: bool = False,
        cell_clip: float | None = None,
        initializer: Any = None,
        num_proj: int | None = None,
        proj_clip: float | None = None,
        num_unit_shards: int | None = None,
        num_proj_shards: int | None = None,
        forget_bias: float = 1.0,
        state_is_tuple: bool = True,
        activation: Any = None,
        reuse: Any = None,
        name: Any = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        check_dtype(self.dtype)
        if not state_is_tuple:
            _warn_of_joined_state(self)
        if num_unit_shards is not None or num_proj_shards is not None:
            logging.warning(
                "%s: The num_unit_shards and proj_unit_shards parameters are deprecated. Use a "
                "variable scope with a partitioner instead.",
                self,
            )
        self.input_spec = InputSpec(ndim=2)
        self._num_units = num_units
        self._use_peepholes = use_peepholes
        self._cell_clip = cell_clip
        self._initializer = initializer_of(initializer)
        self._num_proj = num_proj
        self._proj_clip = proj_clip
        self._num_unit_shards = num_unit_shards
        self._num_proj_shards = num_proj_shards
        self._forget_bias = forget_bias
        self._state_is_tuple = state_is_tuple
        self._activation = cell_activation(activation)

    @property
    def state_size(self) -> Any:
        sizes = LSTMStateTuple(self._num_units, self.output_size)
        return sizes if self._state_is_tuple else sum(sizes)

    @property
    def output_size(self) -> int:
        return self._num_proj or self._num_units

    def build(self, input_shape: Any) -> None:
        """Makes `kernel`, `bias`, and what the options need."""
        depth, units = input_depth(input_shape), self._num_units
        check_dtype(self.dtype)
        self._kernel = self.add_variable(
            KERNEL,
            shape=[depth + self.output_size, 4 * units],
            initializer=self._initializer,
            partitioner=_partitioner(self._num_unit_shards),
        )
        self._bias = self.add_variable(BIAS, shape=[4 * units], initializer=Zeros())
        if self._use_peepholes:
            self._w_f_diag, self._w_i_diag, self._w_o_diag = (
                self.add_variable(f"w_{gate}_diag", shape=[units], initializer=self._initializer)
                for gate in "fio"
            )
        if self._num_proj is not None:
            self._proj_kernel = self.add_variable(
                f"projection/{KERNEL}",
                shape=[units, self._num_proj],
                initializer=self._initializer,
                partitioner=_partitioner(self._num_proj_shards),
            )
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """A step: the output and the next state."""
        check_dtypes(inputs, state)
        c_prev, m_prev = state if self._state_is_tuple else self._parts(state)
        if inputs.shape.with_rank(2)[1].value is None:
            raise ValueError("Could not infer input size from inputs.get_shape()[-1]")
        gates = affine([inputs, m_prev], self._kernel, self._bias)
        i, j, f, o = ops.array.split(gates, 4, axis=1)
        sigmoid, activation = ops.elementwise.sigmoid, self._activation
        f = f + self._forget_bias
        if self._use_peepholes:
            f = f + self._w_f_diag * c_prev
        kept = sigmoid(f) * c_prev
        if self._use_peepholes:
            i = i + self._w_i_diag * c_prev
        c = kept + sigmoid(i) * activation(j)
        if self._cell_clip is not None:
            c = ops.elementwise.clip_by_value(c, -self._cell_clip, self._cell_clip)
        if self._use_peepholes:
            o = o + self._w_o_diag * c
        m = sigmoid(o) * activation(c)
        if self._num_proj is not None:
            m = ops.linalg.matmul(m, self._proj_kernel)
            if self._proj_clip is not None:
                m = ops.elementwise.clip_by_value(m, -self._proj_clip, self._proj_clip)
        return m, LSTMStateTuple(c, m) if self._state_is_tuple else ops.array.concat([c, m], 1)

    def _parts(self, state: Any) -> tuple[Any, Any]:
        """Memory and output from a state that has them side by side."""
        units = self._num_units
        c = ops.array.slice(state, [0, 0], [-1, units])
        return c, ops.array.slice(state, [0, units], [-1, self.output_size])

    def get_config(self) -> dict[str, Any]:
        """The arguments from which `from_config` makes such a cell."""
        return super().get_config() | {
            "num_units": self._num_units,
            "use_peepholes": self._use_peepholes,
            "cell_clip": self._cell_clip,
            "initializer": initializer_config(self._initializer),
            "num_proj": self._num_proj,
            "proj_clip": self._proj_clip,
            "num_unit_shards": self._num_unit_shards,
            "num_proj_shards": self._num_proj_shards,
            "forget_bias": self._forget_bias,
            "state_is_tuple": self._state_is_tuple,
            "activation": activation_name(self._activation),
            "reuse": self._reuse,
        }


def _partitioner(shards: int | None) -> Any:
    return None if shards is None else fixed_size_partitioner(shards)


def _warn_of_joined_state(cell: Any) -> None:
    logging.warning(
        "%s: Using a concatenated state is slower and will soon be deprecated. Use "
        "state_is_tuple=True.",
        cell,
    )
