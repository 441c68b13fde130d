"""dynamic_rnn: a cell run over sequences by a loop.

inputs [batch, time, ...] -> [time, batch, ...] -> TensorArray -> while: read, cell, write
                                                -> stack -> outputs [batch, time, ...]
"""

from __future__ import annotations

from typing import Any

from ...core import ops
from ...core.base import dtypes, nest
from ...core.base.tensor_shape import TensorShape
from ...core.graph.conversion import convert_to_tensor
from ...core.graph.scopes import control_dependencies, name_scope
from ...core.graph.tensor import Tensor
from ...core.ops.control import TensorArray
from ..rnn_cell.base import check_cell
from ..rnn_cell.sizes import joined_static_shape, static_shape
from .steps import first_state, rnn_scope, state_dtype, step_until, zero_outputs

# Of inputs with lengths so many steps are made, whether all are needed or not: of cells of up to
# `_SMALL` numbers, `_MOST_UNROLLED`; of larger ones, whose steps cost more than a loop does, fewer.
_MOST_UNROLLED, _FEWEST_UNROLLED, _SMALL = 256, 64, 256


def dynamic_rnn(
    cell: Any,
    inputs: Any,
    sequence_length: Any = None,
    initial_state: Any = None,
    dtype: Any = None,
    parallel_iterations: int | None = None,
    swap_memory: bool = False,
    time_major: bool = False,
    scope: Any = None,
) -> Any:
    """Runs a cell over the steps of sequences.

    The number of steps need not be known when the graph is built. When it is known in a run, and
    `sequence_length` is not given, the loop is unrolled and planned as a whole.

    Args:
      cell: an RNNCell.
      inputs: [batch, time, ...], or with `time_major` [time, batch, ...]; or a nesting of such.
      sequence_length: int [batch]: how many steps each sequence has. After them its state stays
        and its outputs are zeros.
      initial_state: the state before the first step; by default the cell's zero state.
      dtype: the type of the zero state and of the outputs; needed without `initial_state`.
      parallel_iterations: a hint that is not used here.
      swap_memory: not used: there is no device memory to swap from.
      time_major: whether time is the first dimension of inputs and outputs.
      scope: the variable scope, or its name; `rnn` by default.

    Returns:
      The outputs [batch, time, ...] or [time, batch, ...], nested as `cell.output_size`, and the
      last state.

    Raises:
      TypeError: `cell` is not a cell.
      ValueError: neither a state nor a type is given; the inputs' depth is not known, or their
        numbers of steps or batches differ.
    """
    check_cell("cell", cell)
    with rnn_scope(scope):
        flat_input = nest.flatten(inputs)
        if not time_major:
            flat_input = [swap_batch_and_time(convert_to_tensor(given)) for given in flat_input]
        if sequence_length is not None:
            sequence_length = ops.elementwise.cast(sequence_length, dtypes.int32)
            if sequence_length.shape.ndims not in (None, 1):
                raise ValueError(
                    "sequence_length must be a vector of length batch_size, but saw shape: "
                    f"{sequence_length.shape}"
                )
            sequence_length = ops.array.identity(sequence_length, name="sequence_length")
        batch_size = _batch_size(flat_input)
        state = first_state(
            cell,
            initial_state,
            batch_size,
            dtype,
            "If there is no initial_state, you must give a dtype.",
        )
        if sequence_length is not None:
            with control_dependencies([_assert_lengths(sequence_length, batch_size)]):
                sequence_length = ops.array.identity(sequence_length, name="CheckSeqLen")
        loop = _Loop(cell, nest.pack_sequence_as(inputs, flat_input), sequence_length)
        outputs, final_state = loop.run(state, dtype, parallel_iterations or 32, swap_memory)
        if not time_major:
            outputs = nest.map_structure(swap_batch_and_time, outputs)
    return outputs, final_state


def swap_batch_and_time(tensor: Any) -> Any:
    """The tensor with its first two dimensions swapped; one of lower rank as it is."""
    shape = tensor.shape
    if shape.ndims is not None and shape.ndims < 2:
        return tensor
    others = ops.array.range(2, ops.array.rank(tensor))
    swapped = ops.array.transpose(tensor, ops.array.concat(([1, 0], others), axis=0))
    if shape.ndims is not None:
        swapped.set_shape(TensorShape([shape[1], shape[0]]).concatenate(shape[2:]))
    return swapped


def _batch_size(flat_input: list[Any]) -> Any:
    """The size of the batch: an int if an input's shape tells it, else a scalar."""
    for given in flat_input:
        shape = given.shape
        if shape.ndims is None:
            continue
        if shape.ndims < 2:
            raise ValueError(f"Expected input tensor {given} to have rank at least 2")
        if shape[1].value is not None:
            return shape[1].value
    return ops.array.shape(flat_input[0])[1]


def _assert_lengths(sequence_length: Tensor, batch_size: Any) -> Any:
    """A check that there is a length for each sequence."""
    seen, expected = ops.array.shape(sequence_length), ops.array.stack([batch_size])
    return ops.control.Assert(
        ops.reduction.reduce_all(ops.elementwise.equal(seen, expected)),
        [
            f"Expected shape for Tensor {sequence_length.name} is ",
            expected,
            " but saw shape: ",
            seen,
        ],
    )


def most_unrolled(cell: Any) -> int:
    """How many steps are made whatever the lengths of the sequences are."""
    sizes = [TensorShape(size).num_elements() for size in nest.flatten(cell.state_size)]
    numbers = max(sum(size or 0 for size in sizes), 1)
    return max(_FEWEST_UNROLLED, min(_MOST_UNROLLED, _MOST_UNROLLED * _SMALL // numbers))


class _Loop:
    """The loop over the steps of inputs [time, batch, ...]."""

    def __init__(self, cell: Any, inputs: Any, sequence_length: Tensor | None) -> None:
        self._cell = cell
        self._inputs = inputs
        self._flat_input = nest.flatten(inputs)
        self._sequence_length = sequence_length
        self._time_steps = ops.array.shape(self._flat_input[0])[0]
        self._batch_size = _batch_size(self._flat_input)
        self._shapes = [given.shape.with_rank_at_least(3) for given in self._flat_input]
        self._known_sizes = self._shapes[0].as_list()[:2]
        self._check_shapes()
        self._input_arrays: list[TensorArray] = []
        self._zero_output: Any = None

    def _check_shapes(self) -> None:
        steps, batch = self._known_sizes
        for shape in self._shapes:
            if not shape[2:].is_fully_defined():
                raise ValueError(
                    "Input size (depth of inputs) must be accessible via shape inference, but saw "
                    "value None."
                )
            if shape[0].value != steps:
                raise ValueError(
                    "Time steps is not the same for all the elements in the input in a batch."
                )
            if shape[1].value != batch:
                raise ValueError("Batch_size is not the same for all the elements in the input.")

    def run(
        self, state: Any, dtype: Any, parallel_iterations: int, swap_memory: bool
    ) -> tuple[Any, Any]:
        """The outputs [time, batch, ...], and the last state."""
        output_size = self._cell.output_size
        dtype = state_dtype(dtype, state)
        self._zero_output = zero_outputs(output_size, self._batch_size, dtype)
        last = self._time_steps
        if self._sequence_length is not None:
            # TF makes the minimum too; its node is one that programs may look for by name
            ops.reduction.reduce_min(self._sequence_length)
            last = ops.reduction.reduce_max(self._sequence_length)
        time = ops.array.constant(0, dtype=dtypes.int32, name="time")
        with name_scope("dynamic_rnn"):
            arrays = self._output_arrays(dtype)
            self._input_arrays = [self._input_array(given) for given in self._flat_input]
        end = self._end(last)
        _, arrays, final_state = ops.control.while_loop(
            lambda time, *_: time < end,
            self._step,
            (time, arrays, state),
            parallel_iterations=parallel_iterations,
            maximum_iterations=self._time_steps,
            swap_memory=swap_memory,
        )
        outputs = [array.stack() for array in arrays]
        for output, size in zip(outputs, nest.flatten(output_size), strict=True):
            output.set_shape(joined_static_shape(self._known_sizes, size))
        return nest.pack_sequence_as(output_size, outputs), final_state

    def _end(self, longest: Tensor) -> Tensor:
        """How many steps are made: not more than the longest sequence has, as in TF.

        One is made in any case. Of short inputs all steps are made whatever the lengths, which
        changes no number: how many these are is known before the run, so that the loop is unrolled.
        """

        def up_to_longest() -> Tensor:
            steps: Tensor = ops.elementwise.minimum(
                self._time_steps, ops.elementwise.maximum(1, longest)
            )
            return steps

        if self._sequence_length is None:
            return up_to_longest()
        known_steps = self._known_sizes[0]
        limit = most_unrolled(self._cell)
        if known_steps is not None:
            return self._time_steps if known_steps <= limit else up_to_longest()
        end: Tensor = ops.control.cond(
            self._time_steps <= limit, lambda: self._time_steps, up_to_longest
        )
        return end

    def _output_arrays(self, dtype: Any) -> tuple[TensorArray, ...]:
        batch = TensorShape(self._known_sizes[1:])
        return tuple(
            TensorArray(
                dtype,
                size=self._time_steps,
                element_shape=batch.concatenate(static_shape(size)),
                tensor_array_name=f"output_{index}",
            )
            for index, size in enumerate(nest.flatten(self._cell.output_size))
        )

    def _input_array(self, given: Tensor) -> TensorArray:
        array = TensorArray(given.dtype, size=self._time_steps, element_shape=given.shape[1:])
        return array.unstack(given)

    def _step(self, time: Tensor, arrays: Any, state: Any) -> tuple[Any, Any, Any]:
        """The body of the loop."""
        rows = [array.read(time) for array in self._input_arrays]
        for row, shape in zip(rows, self._shapes, strict=True):
            row.set_shape(shape[1:])
        step_input = nest.pack_sequence_as(self._inputs, rows)

        def call_cell() -> Any:
            return self._cell(step_input, state)

        if self._sequence_length is None:
            output, new_state = call_cell()
        else:
            output, new_state = step_until(
                time, self._sequence_length, self._zero_output, state, call_cell
            )
        flat_output = nest.flatten(output)
        written = tuple(
            array.write(time, row) for array, row in zip(arrays, flat_output, strict=True)
        )
        return time + 1, written, new_state
