"""static_rnn: a cell called once for each of a list of inputs."""

from __future__ import annotations

import functools
from typing import Any

from ...core import ops
from ...core.base import dtypes, nest
from ...core.base.tensor_shape import Dimension
from ...core.graph.conversion import convert_to_tensor
from ...core.graph.scopes import control_dependencies
from ..rnn_cell.base import check_cell
from ..rnn_cell.sizes import joined_static_shape
from .steps import first_state, rnn_scope, state_dtype, step_within, zero_outputs


def static_rnn(
    cell: Any,
    inputs: Any,
    initial_state: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    scope: Any = None,
) -> Any:
    """Calls a cell for each input, with the state after the one before.

    Args:
      cell: an RNNCell.
      inputs: a list of inputs [batch, ...], or of nestings of such.
      initial_state: the state before the first step; by default the cell's zero state.
      dtype: the type of the zero state and of the outputs; needed without `initial_state`.
      sequence_length: int [batch]: how many steps each sequence has. After them its state stays
        and its outputs are zeros; steps after the end of all are not computed.
      scope: the variable scope, or its name; `rnn` by default.

    Returns:
      The list of outputs, and the last state.

    Raises:
      TypeError: `cell` is not a cell, or `inputs` not a list.
      ValueError: there are no inputs, an input's depth is not known, or neither a state nor a type
        is given.
    """
    check_cell("cell", cell)
    check_inputs(inputs)
    outputs = []
    with rnn_scope(scope) as entered:
        first = nest.flatten(inputs)[0]
        known_batch = _known_batch(inputs, first)
        batch_size = known_batch.value or ops.array.shape(first)[0]
        state = first_state(
            cell,
            initial_state,
            batch_size,
            dtype,
            "If no initial_state is provided, dtype must be specified",
        )
        if sequence_length is not None:
            sequence_length = convert_to_tensor(sequence_length, name="sequence_length")
            if sequence_length.shape.ndims not in (None, 1):
                raise ValueError("sequence_length must be a vector of length batch_size")
            zeros = zero_outputs(cell.output_size, batch_size, state_dtype(dtype, state))
            for tensor, size in zip(
                nest.flatten(zeros), nest.flatten(cell.output_size), strict=True
            ):
                tensor.set_shape(joined_static_shape(known_batch, size))
            sequence_length = ops.elementwise.cast(sequence_length, dtypes.int32)
            shortest = ops.reduction.reduce_min(sequence_length)
            longest = ops.reduction.reduce_max(sequence_length)
        for time, given in enumerate(inputs):
            if time > 0:
                entered.reuse_variables()
            if sequence_length is None:
                output, state = cell(given, state)
            else:
                output, state = step_within(
                    time,
                    sequence_length,
                    shortest,
                    longest,
                    zeros,
                    state,
                    functools.partial(cell, given, state),
                )
            outputs.append(output)
    return outputs, state


def check_inputs(inputs: Any) -> None:
    """Refuses inputs that are not a list of at least one.

    Raises:
      TypeError: they are not a list or tuple.
      ValueError: there are none.
    """
    if not nest.is_sequence(inputs):
        raise TypeError("inputs must be a sequence")
    if not inputs:
        raise ValueError("inputs must not be empty")


def _known_batch(inputs: Any, first: Any) -> Dimension:
    """The size of the batch as far as the inputs' shapes tell it."""
    if first.shape.ndims == 1:
        batch: Dimension = first.shape[0]
        return batch
    batch = first.shape.with_rank_at_least(2)[0]
    for given in nest.flatten(inputs):
        shape = given.shape.with_rank_at_least(2)
        batch.assert_is_compatible_with(shape[0])
        for axis, size in enumerate(shape.as_list()[1:]):
            if size is None:
                raise ValueError(
                    f"Input size (dimension {axis} of inputs) must be accessible via shape "
                    "inference, but saw value None."
                )
    return batch


def static_state_saving_rnn(
    cell: Any,
    inputs: Any,
    state_saver: Any,
    state_name: Any,
    sequence_length: Any = None,
    scope: Any = None,
) -> Any:
    """`static_rnn`, whose state is kept from one run to the next.

    Args:
      cell: an RNNCell.
      inputs: a list of inputs [batch, ...].
      state_saver: an object with methods `state(name)`, the state of that name, and
        `save_state(name, value)`, an operation that keeps it.
      state_name: the state's name; a tuple of names if the cell's state is one.
      sequence_length: as for `static_rnn`.
      scope: as for `static_rnn`.

    Returns:
      The list of outputs, the last of which waits for the state to be saved, and the last state.

    Raises:
      TypeError: as for `static_rnn`.
      ValueError: the names are not as many as the states; or as for `static_rnn`.
    """
    state_size = cell.state_size
    if nest.is_sequence(state_size) != nest.is_sequence(state_name):
        raise ValueError(
            "state_name should be the same type as cell.state_size.  state_name: "
            f"{state_name}, cell.state_size: {state_size}"
        )
    names, sizes = nest.flatten(state_name), nest.flatten(state_size)
    if len(names) != len(sizes):
        raise ValueError(f"#elems(state_name) != #elems(state_size): {len(names)} vs. {len(sizes)}")
    initial = nest.pack_sequence_as(state_size, [state_saver.state(name) for name in names])
    outputs, state = static_rnn(
        cell, inputs, initial_state=initial, sequence_length=sequence_length, scope=scope
    )
    saving = [
        state_saver.save_state(name, tensor)
        for name, tensor in zip(names, nest.flatten(state), strict=True)
    ]
    with control_dependencies(saving):
        outputs[-1] = nest.map_structure(ops.array.identity, outputs[-1])
        state = nest.map_structure(ops.array.identity, state)
    return outputs, state
