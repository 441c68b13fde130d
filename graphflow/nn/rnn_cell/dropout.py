"""DropoutWrapper: a cell with dropout of its inputs, outputs and states."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from ...core import ops
from ...core.base import nest
from ...core.base.tensor_shape import TensorShape
from ...core.graph.constant_value import constant_value
from ...core.graph.conversion import convert_to_tensor
from ...core.graph.scopes import name_scope
from ...core.graph.tensor import Tensor
from ...core.ops.control import TensorArray
from .lstm_state import LSTMStateTuple
from .wrappers import CellWrapper


class DropoutWrapper(CellWrapper):
    """A cell with dropout before and after it, drawn for each step or once for all steps.

    Args:
      cell: the cell.
      input_keep_prob: the probability that an element of the input is kept; may be a tensor.
      output_keep_prob: the same for the output.
      state_keep_prob: the same for the state that the cell gives.
      variational_recurrent: whether all steps of a run, and all of a batch, drop the same (Gal and
        Ghahramani 2016).
      input_size: the sizes of the inputs without the batch's; needed for this if inputs are
        dropped.
      dtype: the type of the inputs, outputs and states; needed for this.
      seed: the op-level seed, from which each place of dropout has its own.
      dropout_state_filter_visitor: a function that takes the state, or a part of it, and says
        whether it is dropped: a bool, or bools in its structure. By default all is, but for the
        memory `c` of an LSTM and TensorArrays.
      **kwargs: as for `Layer`.

    Raises:
      TypeError: `cell` is not a cell, or the filter not a function.
      ValueError: a probability is not in [0, 1], or something is missing for variational dropout.
    """

    def __init__(
        self,
        cell: Any,
        input_keep_prob: Any = 1.0,
        output_keep_prob: Any = 1.0,
        state_keep_prob: Any = 1.0,
        variational_recurrent: bool = False,
        input_size: Any = None,
        dtype: Any = None,
        seed: int | None = None,
        dropout_state_filter_visitor: Callable[[Any], Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(cell, dtype=dtype, **kwargs)
        if dropout_state_filter_visitor is not None and not callable(dropout_state_filter_visitor):
            raise TypeError("dropout_state_filter_visitor must be callable")
        self._dropout_state_filter = dropout_state_filter_visitor or _all_but_memories
        with name_scope("DropoutWrapperInit"):
            self._input_keep_prob = _probability(input_keep_prob, "input_keep_prob")
            self._state_keep_prob = _probability(state_keep_prob, "state_keep_prob")
            self._output_keep_prob = _probability(output_keep_prob, "output_keep_prob")
        self._variational_recurrent = variational_recurrent
        self._input_size = input_size
        self._seed = seed
        self._noises: dict[str, Any] = {}
        if variational_recurrent:
            self._draw_noises(dtype)

    def _draw_noises(self, dtype: Any) -> None:
        """Draws the noise that all steps share."""
        if dtype is None:
            raise ValueError("When variational_recurrent=True, dtype must be provided")
        sizes = {"state": self.cell.state_size, "output": self.cell.output_size}
        if _drops(self._input_keep_prob):
            if self._input_size is None:
                raise ValueError(
                    "When variational_recurrent=True and input_keep_prob < 1.0 or is unknown, "
                    "input_size must be provided"
                )
            sizes = {"input": self._input_size} | sizes
        for place, size in sizes.items():

            def noise(index: int, size: Any, place: str = place) -> Tensor:
                # one row, for all of the batch
                shape = ops.array.concat(([1], TensorShape(size).as_list()), 0)
                seed = self._seed_of(place, index)
                drawn: Tensor = ops.random.random_uniform(shape, seed=seed, dtype=dtype)
                return drawn

            self._noises[place] = _map_numbered(size, noise, size)

    def _seed_of(self, place: str, index: int) -> int | None:
        if self._seed is None:
            return None
        text = f"{self._seed}{place}_{index}"
        # not for security: TF's way to make seeds of names
        digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
        return int(digest[:8], 16) & 0x7FFFFFFF

    def _around(self, inputs: Any, state: Any, step: Callable[..., Any], **kwargs: Any) -> Any:
        if _drops(self._input_keep_prob):
            inputs = self._dropped(inputs, "input", self._input_keep_prob)
        output, new_state = step(inputs, state, **kwargs)
        if _drops(self._state_keep_prob):
            chosen = nest.get_traverse_shallow_structure(self._dropout_state_filter, new_state)
            new_state = self._dropped(new_state, "state", self._state_keep_prob, chosen)
        if _drops(self._output_keep_prob):
            output = self._dropped(output, "output", self._output_keep_prob)
        return output, new_state

    def _dropped(self, values: Any, place: str, keep_prob: Any, chosen: Any = None) -> Any:
        """The values with dropout, but for those where `chosen` is False."""
        chosen = values if chosen is None else chosen
        if self._variational_recurrent:
            return _map_numbered(
                chosen,
                lambda index, choice, value, noise: (
                    value if choice is False else _kept(value, noise, keep_prob)
                ),
                chosen,
                values,
                self._noises[place],
            )
        return _map_numbered(
            chosen,
            lambda index, choice, value: (
                value
                if choice is False
                else ops.nn.dropout(value, rate=1.0 - keep_prob, seed=self._seed_of(place, index))
            ),
            chosen,
            values,
        )

    def get_config(self) -> dict[str, Any]:
        """As `CellWrapper.get_config`; a filter is in it as itself."""
        config = super().get_config() | {
            "input_keep_prob": self._input_keep_prob,
            "output_keep_prob": self._output_keep_prob,
            "state_keep_prob": self._state_keep_prob,
            "variational_recurrent": self._variational_recurrent,
            "input_size": self._input_size,
            "seed": self._seed,
        }
        if self._dropout_state_filter is not _all_but_memories:
            config["dropout_state_filter_visitor"] = self._dropout_state_filter
        return config


def _probability(value: Any, name: str) -> Any:
    """A keep probability: a float if it is known, else a tensor."""
    tensor = convert_to_tensor(value)
    known = constant_value(tensor)
    if known is None:
        return tensor
    if not 0 <= known <= 1:
        raise ValueError(f"Parameter {name} must be between 0 and 1: {known}")
    return float(known)


def _drops(keep_prob: Any) -> bool:
    return not isinstance(keep_prob, float) or keep_prob < 1


def _kept(value: Any, noise: Any, keep_prob: Any) -> Tensor:
    # the noise is in [0, 1), so that this is 1 with the probability
    mask = ops.elementwise.floor(keep_prob + noise)
    result: Tensor = ops.elementwise.div(value, keep_prob) * mask
    result.set_shape(value.shape)
    return result


def _all_but_memories(state: Any) -> Any:
    """The filter by default."""
    if isinstance(state, LSTMStateTuple):
        return LSTMStateTuple(c=False, h=True)
    return not isinstance(state, TensorArray)


def _map_numbered(shallow: Any, function: Callable[..., Any], *structures: Any) -> Any:
    """`nest.map_structure_up_to` of a function that gets each leaf's number first."""
    numbers = iter(range(len(nest.flatten(shallow))))
    return nest.map_structure_up_to(
        shallow, lambda *leaves: function(next(numbers), *leaves), *structures
    )
