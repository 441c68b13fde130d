"""Cells around other cells: the base of all, residual connections, and placing on a device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from ...core.base import nest
from ...core.graph.scopes import device as device_scope
from ...core.graph.scopes import name_scope
from .base import RNNCell, TrackableReference, check_cell


class CellWrapper(RNNCell):
    """A cell that does something around the step of another one.

    It has no variables, scope or name scope of its own: wrapped or not, a cell's are the same.

    Args:
      cell: the cell.
      **kwargs: as for `Layer`.

    Raises:
      TypeError: it is not a cell.
    """

    def __init__(self, cell: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_cell("cell", cell)
        self.cell = cell

    @property
    def _checkpoint_dependencies(self) -> list[TrackableReference]:
        return [TrackableReference("cell", self.cell)]

    @property
    def wrapped_cell(self) -> Any:
        """The cell inside."""
        return self.cell

    @property
    def state_size(self) -> Any:
        return self.cell.state_size

    @property
    def output_size(self) -> Any:
        return self.cell.output_size

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """The zero state of the cell inside."""
        with name_scope(f"{type(self).__name__}ZeroState", values=[batch_size]):
            return self.cell.zero_state(batch_size, dtype)

    def __call__(self, inputs: Any, state: Any, scope: Any = None, **kwargs: Any) -> Any:
        """As `RNNCell.__call__`."""
        return self._around(inputs, state, self.cell.__call__, scope=scope, **kwargs)

    def call(self, inputs: Any, state: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        """As calling it, but for the scopes of the cell inside."""
        return self._around(inputs, state, self.cell.call, **kwargs)

    def _around(self, inputs: Any, state: Any, step: Callable[..., Any], **kwargs: Any) -> Any:
        """The step of the cell inside, and what the wrapper does around it."""
        return step(inputs, state, **kwargs)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the wrapper, with the cell's own configuration."""
        cell = {"class_name": type(self.cell).__name__, "config": self.cell.get_config()}
        return super().get_config() | {"cell": cell}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Self:
        """The wrapper of a configuration, in which the cell has been put instead of its own.

        Args:
          config: what `get_config` gave, with a cell as `cell`.
          custom_objects: not needed.

        Raises:
          ValueError: `cell` is not a cell.
        """
        arguments = dict(config)
        cell = arguments.pop("cell")
        try:
            check_cell("cell", cell)
        except TypeError:
            raise ValueError(
                "RNNCellWrapper cannot reconstruct the wrapped cell. Please overwrite the cell in "
                "the config with a RNNCell instance."
            ) from None
        return cls(cell, **arguments)


class ResidualWrapper(CellWrapper):
    """A cell whose inputs are added to its outputs.

    Args:
      cell: the cell.
      residual_fn: `(inputs, outputs) -> outputs`, instead of adding.
      **kwargs: as for `Layer`.
    """

    def __init__(
        self, cell: Any, residual_fn: Callable[[Any, Any], Any] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(cell, **kwargs)
        self._residual_fn = residual_fn

    def _around(self, inputs: Any, state: Any, step: Callable[..., Any], **kwargs: Any) -> Any:
        outputs, new_state = step(inputs, state, **kwargs)
        return (self._residual_fn or _sums)(inputs, outputs), new_state

    def get_config(self) -> dict[str, Any]:
        """As `CellWrapper.get_config`; a residual function is in it as itself."""
        config = super().get_config()
        return config if self._residual_fn is None else config | {"residual_fn": self._residual_fn}


def _sums(inputs: Any, outputs: Any) -> Any:
    nest.assert_same_structure(inputs, outputs)
    return nest.map_structure(_sum, inputs, outputs)


def _sum(given: Any, made: Any) -> Any:
    given.shape.assert_is_compatible_with(made.shape)
    return given + made


class DeviceWrapper(CellWrapper):
    """A cell whose nodes are placed on a device.

    Args:
      cell: the cell.
      device: as for `tf.device`.
      **kwargs: as for `Layer`.
    """

    def __init__(self, cell: Any, device: Any, **kwargs: Any) -> None:
        super().__init__(cell, **kwargs)
        self._device = device

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """The zero state of the cell inside, on the device."""
        with name_scope(f"{type(self).__name__}ZeroState", values=[batch_size]):
            with device_scope(self._device):
                return self.cell.zero_state(batch_size, dtype)

    def _around(self, inputs: Any, state: Any, step: Callable[..., Any], **kwargs: Any) -> Any:
        with device_scope(self._device):
            return step(inputs, state, **kwargs)

    def get_config(self) -> dict[str, Any]:
        """As `CellWrapper.get_config`, with the device."""
        return super().get_config() | {"device": self._device}
