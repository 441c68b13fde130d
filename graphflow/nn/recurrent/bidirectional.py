"""Two cells, one from the first step to the last and one from the last to the first."""

from __future__ import annotations

from typing import Any

from ...core import ops
from ...core.base import nest
from ...core.base.tensor_shape import TensorShape
from ...core.variables.variable_scope import variable_scope
from ..rnn_cell.base import check_cell
from .dynamic import dynamic_rnn
from .static import check_inputs, static_rnn


def bidirectional_dynamic_rnn(
    cell_fw: Any,
    cell_bw: Any,
    inputs: Any,
    sequence_length: Any = None,
    initial_state_fw: Any = None,
    initial_state_bw: Any = None,
    dtype: Any = None,
    parallel_iterations: int | None = None,
    swap_memory: bool = False,
    time_major: bool = False,
    scope: Any = None,
) -> Any:
    """`dynamic_rnn` in both directions.

    Args:
      cell_fw: the cell that goes forward.
      cell_bw: the cell that goes backward, from each sequence's own end.
      inputs: as for `dynamic_rnn`.
      sequence_length: as for `dynamic_rnn`.
      initial_state_fw: the first state of `cell_fw`.
      initial_state_bw: the first state of `cell_bw`.
      dtype: as for `dynamic_rnn`.
      parallel_iterations: as for `dynamic_rnn`.
      swap_memory: as for `dynamic_rnn`.
      time_major: as for `dynamic_rnn`.
      scope: the variable scope, or its name; `bidirectional_rnn` by default.

    Returns:
      `(output_fw, output_bw)`, both in the order of the inputs, and `(state_fw, state_bw)`.

    Raises:
      TypeError: a cell is not one.
      ValueError: as for `dynamic_rnn`.
    """
    check_cell("cell_fw", cell_fw)
    check_cell("cell_bw", cell_bw)
    options = {
        "sequence_length": sequence_length,
        "dtype": dtype,
        "parallel_iterations": parallel_iterations,
        "swap_memory": swap_memory,
        "time_major": time_major,
    }
    time_axis, batch_axis = (0, 1) if time_major else (1, 0)

    def reversed_in_time(tensor: Any) -> Any:
        if sequence_length is None:
            return ops.array.reverse(tensor, axis=[time_axis])
        return ops.array.reverse_sequence(
            tensor, sequence_length, seq_axis=time_axis, batch_axis=batch_axis
        )

    with variable_scope(scope or "bidirectional_rnn"):
        with variable_scope("fw") as scope_fw:
            output_fw, state_fw = dynamic_rnn(
                cell_fw, inputs, initial_state=initial_state_fw, scope=scope_fw, **options
            )
        with variable_scope("bw") as scope_bw:
            backward = nest.map_structure(reversed_in_time, inputs)
            output_bw, state_bw = dynamic_rnn(
                cell_bw, backward, initial_state=initial_state_bw, scope=scope_bw, **options
            )
    output_bw = nest.map_structure(reversed_in_time, output_bw)
    return (output_fw, output_bw), (state_fw, state_bw)


def static_bidirectional_rnn(
    cell_fw: Any,
    cell_bw: Any,
    inputs: Any,
    initial_state_fw: Any = None,
    initial_state_bw: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    scope: Any = None,
) -> Any:
    """`static_rnn` in both directions.

    Args:
      cell_fw: the cell that goes forward.
      cell_bw: the cell that goes backward, from each sequence's own end.
      inputs: as for `static_rnn`.
      initial_state_fw: the first state of `cell_fw`.
      initial_state_bw: the first state of `cell_bw`.
      dtype: as for `static_rnn`.
      sequence_length: as for `static_rnn`.
      scope: the variable scope, or its name; `bidirectional_rnn` by default.

    Returns:
      The list of outputs, in which those of both cells stand side by side; the last state of
      `cell_fw`; that of `cell_bw`.

    Raises:
      TypeError: a cell is not one, or `inputs` not a list.
      ValueError: there are no inputs.
    """
    check_cell("cell_fw", cell_fw)
    check_cell("cell_bw", cell_bw)
    check_inputs(inputs)
    with variable_scope(scope or "bidirectional_rnn"):
        with variable_scope("fw") as scope_fw:
            output_fw, state_fw = static_rnn(
                cell_fw, inputs, initial_state_fw, dtype, sequence_length, scope=scope_fw
            )
        with variable_scope("bw") as scope_bw:
            backward = _reversed(inputs, sequence_length)
            output_bw, state_bw = static_rnn(
                cell_bw, backward, initial_state_bw, dtype, sequence_length, scope=scope_bw
            )
    output_bw = _reversed(output_bw, sequence_length)
    pairs = zip(nest.flatten(output_fw), nest.flatten(output_bw), strict=True)
    joined = [ops.array.concat([forward, backward], 1) for forward, backward in pairs]
    return nest.pack_sequence_as(output_fw, joined), state_fw, state_bw


def _reversed(steps: Any, lengths: Any) -> list[Any]:
    """Steps in the reverse order, each sequence's up to its own length."""
    if lengths is None:
        return list(reversed(steps))
    columns = [
        _reversed_tensors(column, lengths)
        for column in zip(*(nest.flatten(step) for step in steps), strict=True)
    ]
    rows = zip(*columns, strict=True)
    return [nest.pack_sequence_as(step, row) for step, row in zip(steps, rows, strict=True)]


def _reversed_tensors(tensors: Any, lengths: Any) -> list[Any]:
    shape = TensorShape([None] * tensors[0].shape.ndims)
    for tensor in tensors:
        shape = shape.merge_with(tensor.shape)
    joined = ops.array.reverse_sequence(ops.array.stack(tensors), lengths, 0, 1)
    made: list[Any] = ops.array.unstack(joined)
    for tensor in made:
        tensor.set_shape(shape)
    return made
