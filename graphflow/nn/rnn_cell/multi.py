"""MultiRNNCell: cells one above the other."""

from __future__ import annotations

from typing import Any

from ... import logging
from ...core import ops
from ...core.base import nest
from ...core.graph.scopes import name_scope
from ...core.variables.variable_scope import variable_scope
from ...layers.base import Layer
from .base import RNNCell, TrackableReference


class MultiRNNCell(RNNCell):
    """A cell of several, each of which takes the output of the one before as its input.

    Args:
      cells: the cells, first the one that takes the input.
      state_is_tuple: whether the state is a tuple of the cells' states, or a tensor of all of them
        side by side.

    Raises:
      TypeError: `cells` is not a list or tuple.
      ValueError: it is empty, or the states are to stand side by side and one is itself a tuple.
    """

    def __init__(self, cells: Any, state_is_tuple: bool = True) -> None:
        super().__init__()
        if not cells:
            raise ValueError("Must specify at least one cell for MultiRNNCell.")
        if not nest.is_sequence(cells):
            raise TypeError(f"cells must be a list or tuple, but saw: {cells}.")
        if len({id(cell) for cell in cells}) < len(cells):
            logging.log_first_n(
                logging.WARN,
                "At least two cells provided to MultiRNNCell are the same object and will share "
                "weights.",
                1,
            )
        self._cells = cells
        self._state_is_tuple = state_is_tuple
        sizes = [cell.state_size for cell in cells]
        if not state_is_tuple and any(map(nest.is_sequence, sizes)):
            raise ValueError(
                "Some cells return tuples of states, but the flag state_is_tuple is not set.  "
                f"State sizes are: {sizes}"
            )

    @property
    def _checkpoint_dependencies(self) -> list[TrackableReference]:
        return [TrackableReference(f"cell-{i}", cell) for i, cell in enumerate(self._cells)]

    @property
    def state_size(self) -> Any:
        sizes = tuple(cell.state_size for cell in self._cells)
        return sizes if self._state_is_tuple else sum(sizes)

    @property
    def output_size(self) -> Any:
        return self._cells[-1].output_size

    @property
    def trainable_weights(self) -> list[Any]:
        """The variables of the cells that are trained; none if this cell is not."""
        return self._of_layers("trainable_weights") if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Any]:
        """The variables of the cells that are not trained; all of them if this cell is not."""
        weights = self._of_layers("non_trainable_weights")
        return weights if self.trainable else self._of_layers("trainable_weights") + weights

    def _of_layers(self, attribute: str) -> list[Any]:
        layers = [cell for cell in self._cells if isinstance(cell, Layer)]
        return [weight for layer in layers for weight in getattr(layer, attribute)]

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """The zero states of all cells."""
        with name_scope(f"{type(self).__name__}ZeroState", values=[batch_size]):
            if self._state_is_tuple:
                return tuple(cell.zero_state(batch_size, dtype) for cell in self._cells)
            return super().zero_state(batch_size, dtype)

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """A step of all cells: the last one's output, and the states.

        Raises:
          ValueError: the state is not a tuple although `state_is_tuple`.
        """
        if self._state_is_tuple and not nest.is_sequence(state):
            raise ValueError(
                f"Expected state to be a tuple of length {len(self._cells)}, but received: {state}"
            )
        output, position, new_states = inputs, 0, []
        for index, cell in enumerate(self._cells):
            with variable_scope(f"cell_{index}"):
                if self._state_is_tuple:
                    current = state[index]
                else:
                    current = ops.array.slice(state, [0, position], [-1, cell.state_size])
                    position += cell.state_size
                output, new_state = cell(output, current)
                new_states.append(new_state)
        if self._state_is_tuple:
            return output, tuple(new_states)
        return output, ops.array.concat(new_states, 1)
