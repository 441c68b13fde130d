"""What recurrent nets share: their scope, the state they start with, sequences that are over."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from ...core import ops
from ...core.base import nest
from ...core.graph.scopes import colocate_with
from ...core.graph.stacks import get_default_graph
from ...core.graph.tensor import Tensor
from ...core.ops.control import TensorArray
from ...core.variables.variable_scope import VariableScope, variable_scope
from ..rnn_cell.sizes import joined_shape


@contextlib.contextmanager
def rnn_scope(scope: Any) -> Iterator[VariableScope]:
    """The variable scope of a recurrent net, `rnn` by default.

    Outside of loops its variables are cached where the net runs; in a loop around the net they may
    change from one of its iterations to the next, so that they must be read anew.
    """
    with variable_scope(scope or "rnn") as entered:
        if not get_default_graph().building_function and entered.caching_device is None:
            entered.set_caching_device(_own_device)
        yield entered


def _own_device(op: Any) -> Any:
    return op.device


def first_state(cell: Any, initial_state: Any, batch_size: Any, dtype: Any, message: str) -> Any:
    """The state before the first step: the given one, or the cell's zero state.

    Raises:
      ValueError: neither a state nor a type is given; it says `message`.
    """
    if initial_state is not None:
        return initial_state
    if not dtype:
        raise ValueError(message)
    if getattr(cell, "get_initial_state", None) is not None:
        return cell.get_initial_state(inputs=None, batch_size=batch_size, dtype=dtype)
    return cell.zero_state(batch_size, dtype)


def state_dtype(dtype: Any, state: Any) -> Any:
    """The type of outputs: the given one, or else the state's.

    Raises:
      ValueError: the state's tensors have different types, or there are none.
    """
    if dtype is not None:
        return dtype
    found = [tensor.dtype for tensor in nest.flatten(state)]
    if not found:
        raise ValueError("Unable to infer dtype from empty state.")
    if any(other != found[0] for other in found):
        raise ValueError(
            "State has tensors of different inferred_dtypes. Unable to infer a single "
            "representative dtype."
        )
    return found[0]


def zero_outputs(output_size: Any, batch_size: Any, dtype: Any) -> Any:
    """What is given out when a sequence has ended, nested as `output_size`."""

    def zeros(size: Any) -> Tensor:
        made: Tensor = ops.array.zeros(ops.array.stack(joined_shape(batch_size, size)), dtype)
        return made

    return nest.map_structure(zeros, output_size)


def keep_where(is_over: Tensor, before: Any, after: Any) -> Any:
    """Rows of `before` where a sequence is over, else of `after`.

    TensorArrays and scalars have no rows: they are those of `after`.

    Args:
      is_over: bool [batch].
      before: a nesting of tensors.
      after: a nesting of tensors, of which that of `before` is not more than an initial part.
    """

    def keep(old: Any, new: Any) -> Any:
        if isinstance(old, TensorArray) or old.shape.ndims == 0:
            return new
        with colocate_with(new.op):
            return ops.array.where(is_over, old, new)

    return nest.map_structure(keep, before, after)


def step_until(
    time: Any,
    sequence_length: Tensor,
    zero_output: Any,
    state: Any,
    call_cell: Callable[[], tuple[Any, Any]],
) -> tuple[Any, Any]:
    """A step, in which sequences that are over keep their state and give out zeros.

    Args:
      time: the number of the step.
      sequence_length: int32 [batch].
      zero_output: zeros, nested as the output.
      state: the state before the step.
      call_cell: makes the step: its output and the next state.
    """
    is_over = time >= sequence_length
    output, new_state = call_cell()
    nest.assert_same_structure(zero_output, output)
    nest.assert_same_structure(state, new_state)
    kept = keep_where(is_over, zero_output, output)
    kept_state = keep_where(is_over, state, new_state)
    _restore_shapes(kept, zero_output)
    _restore_shapes(kept_state, state)
    return kept, kept_state


def step_within(
    time: Any,
    sequence_length: Tensor,
    shortest: Tensor,
    longest: Tensor,
    zero_output: Any,
    state: Any,
    call_cell: Callable[[], tuple[Any, Any]],
) -> tuple[Any, Any]:
    """As `step_until`, but a step after the end of all sequences is not computed.

    Args:
      time: the number of the step.
      sequence_length: int32 [batch].
      shortest: its minimum.
      longest: its maximum.
      zero_output: zeros, nested as the output.
      state: the state before the step.
      call_cell: makes the step: its output and the next state.
    """
    before = [*nest.flatten(zero_output), *nest.flatten(state)]
    is_over = time >= sequence_length

    def step() -> Any:
        output, new_state = call_cell()
        nest.assert_same_structure(zero_output, output)
        nest.assert_same_structure(state, new_state)
        after = [*nest.flatten(output), *nest.flatten(new_state)]
        return ops.control.cond(
            time < shortest, lambda: after, lambda: keep_where(is_over, before, after)
        )

    made = ops.control.cond(time >= longest, lambda: before, step)
    made = made if isinstance(made, list) else [made]
    count = len(nest.flatten(zero_output))
    kept = nest.pack_sequence_as(zero_output, made[:count])
    kept_state = nest.pack_sequence_as(state, made[count:])
    _restore_shapes(kept, zero_output)
    _restore_shapes(kept_state, state)
    return kept, kept_state


def _restore_shapes(made: Any, like: Any) -> None:
    for tensor, known in zip(nest.flatten(made), nest.flatten(like), strict=True):
        if not isinstance(tensor, TensorArray):
            tensor.set_shape(known.shape)
