"""raw_rnn: a cell in a loop whose inputs, outputs and end are the caller's to choose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...core import ops
from ...core.base import dtypes, nest
from ...core.base.tensor_shape import TensorShape
from ...core.graph.conversion import convert_to_tensor
from ...core.graph.tensor import Tensor
from ...core.ops.control import TensorArray
from ..rnn_cell.base import check_cell
from ..rnn_cell.sizes import joined_shape, static_shape
from .steps import keep_where, rnn_scope


def raw_rnn(
    cell: Any,
    loop_fn: Callable[..., Any],
    parallel_iterations: int | None = None,
    swap_memory: bool = False,
    scope: Any = None,
) -> Any:
    """Runs a cell in a loop, asking a function after each step what comes next.

    Sequences that are finished keep their state and give out zeros; the loop ends when all are.

    Args:
      cell: an RNNCell.
      loop_fn: `(time, cell_output, cell_state, loop_state) -> (finished, next_input,
        next_cell_state, emit_output, next_loop_state)`. Before the first step it is called with
        time 0 and None else, and returns the initial state as `next_cell_state`, and as
        `emit_output` tensors like those to be given out, or None for tensors like the cell's
        output. `finished` is bool [batch]. The loop state is the caller's own: tensors and
        TensorArrays, or None.
      parallel_iterations: a hint that is not used here.
      swap_memory: not used: there is no device memory to swap from.
      scope: the variable scope, or its name; `rnn` by default.

    Returns:
      TensorArrays of what was given out, nested as `emit_output`; the last state; the last loop
      state.

    Raises:
      TypeError: `cell` is not a cell, or `loop_fn` cannot be called.
      ValueError: a structure differs from that in the step before.
    """
    check_cell("cell", cell)
    if not callable(loop_fn):
        raise TypeError("loop_fn must be a callable")
    with rnn_scope(scope):
        time = ops.array.constant(0, dtype=dtypes.int32)
        finished, next_input, state, emitted, loop_state = loop_fn(time, None, None, None)
        nest.assert_same_structure(state, cell.state_size)
        state = nest.map_structure(convert_to_tensor, state)
        emits = _Emits(cell, next_input, state, emitted)

        def step(
            time: Tensor, finished: Tensor, given: Any, arrays: Any, state: Any, loop_state: Any
        ) -> tuple[Any, ...]:
            output, cell_state = cell(given, state)
            nest.assert_same_structure(state, cell_state)
            nest.assert_same_structure(cell.output_size, output)
            next_time = time + 1
            next_finished, next_input, next_state, emitted, next_loop_state = loop_fn(
                next_time, output, cell_state, loop_state
            )
            nest.assert_same_structure(state, next_state)
            nest.assert_same_structure(given, next_input)
            nest.assert_same_structure(arrays, emitted)
            emitted = keep_where(finished, emits.zeros, emitted)
            next_state = keep_where(finished, state, next_state)
            arrays = nest.map_structure(lambda array, row: array.write(time, row), arrays, emitted)
            return (
                next_time,
                ops.elementwise.logical_or(finished, next_finished),
                next_input,
                arrays,
                next_state,
                loop_state if next_loop_state is None else next_loop_state,
            )

        # A loop variable must be there even if the caller has no state.
        carried = ops.array.constant(0) if loop_state is None else loop_state
        *_, arrays, final_state, final_loop_state = ops.control.while_loop(
            lambda time, finished, *_: ops.elementwise.logical_not(
                ops.reduction.reduce_all(finished)
            ),
            step,
            [time, finished, next_input, emits.arrays, state, carried],
            parallel_iterations=parallel_iterations or 32,
            swap_memory=swap_memory,
        )
    return arrays, final_state, None if loop_state is None else final_loop_state


class _Emits:
    """What a step gives out: where it is kept, and what stands for it when a sequence is over.

    Attributes:
      arrays: empty TensorArrays, nested as what is given out.
      zeros: zeros for the batch, nested so too.
    """

    def __init__(self, cell: Any, next_input: Any, state: Any, emitted: Any) -> None:
        flat_input = nest.flatten(next_input)
        batch = flat_input[0].shape[0]
        for given in flat_input:
            batch = batch.merge_with(given.shape[0])
        batch_size = batch.value
        if batch_size is None:
            batch_size = ops.array.shape(flat_input[0])[0]
        structure = cell.output_size if emitted is None else emitted
        flat = nest.flatten(structure)
        if emitted is None:
            sizes: list[Any] = flat
            kinds = [nest.flatten(state)[0].dtype] * len(sizes)
        else:
            sizes = [_size_of(tensor) for tensor in flat]
            kinds = [tensor.dtype for tensor in flat]
        arrays = [
            TensorArray(
                dtype,
                dynamic_size=True,
                element_shape=TensorShape([batch.value]).concatenate(static_shape(size)),
                size=0,
                name=f"rnn_output_{index}",
            )
            for index, (dtype, size) in enumerate(zip(kinds, sizes, strict=True))
        ]
        zeros = [
            ops.array.zeros(joined_shape(batch_size, size), dtype)
            for size, dtype in zip(sizes, kinds, strict=True)
        ]
        self.arrays = nest.pack_sequence_as(structure, arrays)
        self.zeros = nest.pack_sequence_as(structure, zeros)


def _size_of(tensor: Any) -> Any:
    return tensor.shape if tensor.shape.is_fully_defined() else ops.array.shape(tensor)
