"""Adagrad, its dual averaging form, and its proximal form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...core import ops
from ...core.graph.scopes import colocate_with, device
from ...core.graph.tensor import Tensor
from ...core.ops.updates import adagrad_da_ops, adagrad_ops, proximal_adagrad_ops
from ...core.variables.initializers import Constant
from .optimizer import RuleOptimizer


class AdagradOptimizer(RuleOptimizer):
    """Steps divided by the root of the sum of all squared gradients.

    Slot: `"accumulator"`, named `<var>/Adagrad`.

    Args:
      learning_rate: a number, a scalar tensor, or a function that gives one.
      initial_accumulator_value: what the sums start at, positive.
      use_locking: accepted; graphflow always locks.
      name: the scope of the update ops, and the name of slots.

    Raises:
      ValueError: `initial_accumulator_value` is not positive.
    """

    def __init__(
        self,
        learning_rate: Any,
        initial_accumulator_value: float = 0.1,
        use_locking: bool = False,
        name: str = "Adagrad",
    ) -> None:
        _check_positive("initial_accumulator_value", initial_accumulator_value)
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._initial_accumulator_value = initial_accumulator_value
        self._learning_rate_tensor: Any = None

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            dtype, shape = var.dtype.base_dtype, var.get_shape()
            if shape.is_fully_defined():
                initializer: Any = Constant(self._initial_accumulator_value, dtype=dtype)
            else:
                initializer = self._filled_like(var, dtype)
            self._get_or_make_slot_with_initializer(
                var, initializer, shape, dtype, "accumulator", self._name
            )

    def _filled_like(self, var: Any, dtype: Any) -> Any:
        """An initializer for a slot whose shape only a run knows."""

        def initializer(*args: Any, **kwargs: Any) -> Any:
            filled = ops.array.fill(ops.array.shape(var), self._initial_accumulator_value)
            return ops.elementwise.cast(filled, dtype)

        return initializer

    def _prepare(self) -> None:
        self._learning_rate_tensor = self._tensor(self._learning_rate, "learning_rate")

    def _update(self, var: Any, grad: Tensor, indices: Tensor | None = None) -> Any:
        return self._run_rule(
            adagrad_ops, var, ["accumulator"], grad, indices, lr=self._learning_rate_tensor
        )


class ProximalAdagradOptimizer(RuleOptimizer):
    """Adagrad with l1 and l2 regularization by proximal steps.

    Slot: `"accumulator"`, named `<var>/ProximalAdagrad`.

    Args:
      learning_rate: a number or a scalar tensor.
      initial_accumulator_value: what the sums of squared gradients start at, positive.
      l1_regularization_strength: a number, not negative.
      l2_regularization_strength: a number, not negative.
      use_locking: accepted; graphflow always locks.
      name: the scope of the update ops, and the name of slots.

    Raises:
      ValueError: `initial_accumulator_value` is not positive.
    """

    def __init__(
        self,
        learning_rate: Any,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: Any = 0.0,
        l2_regularization_strength: Any = 0.0,
        use_locking: bool = False,
        name: str = "ProximalAdagrad",
    ) -> None:
        _check_positive("initial_accumulator_value", initial_accumulator_value)
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._initial_accumulator_value = initial_accumulator_value
        self._l1_regularization_strength = l1_regularization_strength
        self._l2_regularization_strength = l2_regularization_strength

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            value = _filled_beside(var, self._initial_accumulator_value)
            self._get_or_make_slot(var, value, "accumulator", self._name)

    def _prepare(self) -> None:
        self._learning_rate_tensor = self._tensor(self._learning_rate, "learning_rate")
        self._l1_regularization_strength_tensor = self._tensor(
            self._l1_regularization_strength, "l1_regularization_strength"
        )
        self._l2_regularization_strength_tensor = self._tensor(
            self._l2_regularization_strength, "l2_regularization_strength"
        )

    def _update(self, var: Any, grad: Tensor, indices: Tensor | None = None) -> Any:
        return self._run_rule(
            proximal_adagrad_ops,
            var,
            ["accumulator"],
            grad,
            indices,
            lr=self._learning_rate_tensor,
            l1=self._l1_regularization_strength_tensor,
            l2=self._l2_regularization_strength_tensor,
        )


class AdagradDAOptimizer(RuleOptimizer):
    """Adagrad with dual averaging: a step from the sums of all gradients, for sparse linear models.

    Slots: `"gradient_accumulator"` and `"gradient_squared_accumulator"`, named `<var>/AdagradDA`
    and `<var>/AdagradDA_1`.

    Args:
      learning_rate: a number or a scalar tensor.
      global_step: an int64 variable that counts the steps.
      initial_gradient_squared_accumulator_value: what those sums start at, positive.
      l1_regularization_strength: a number, not negative.
      l2_regularization_strength: a number, not negative.
      use_locking: accepted; graphflow always locks.
      name: the scope of the update ops, and the name of slots.

    Raises:
      ValueError: the initial value is not positive.
    """

    def __init__(
        self,
        learning_rate: Any,
        global_step: Any,
        initial_gradient_squared_accumulator_value: float = 0.1,
        l1_regularization_strength: Any = 0.0,
        l2_regularization_strength: Any = 0.0,
        use_locking: bool = False,
        name: str = "AdagradDA",
    ) -> None:
        _check_positive(
            "initial_gradient_squared_accumulator_value",
            initial_gradient_squared_accumulator_value,
        )
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._initial_gradient_squared_accumulator_value = (
            initial_gradient_squared_accumulator_value
        )
        self._l1_regularization_strength = l1_regularization_strength
        self._l2_regularization_strength = l2_regularization_strength
        self._global_step = global_step

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            sums = _filled_beside(var, 0.0)
            squares = _filled_beside(var, self._initial_gradient_squared_accumulator_value)
            self._get_or_make_slot(var, sums, "gradient_accumulator", self._name)
            self._get_or_make_slot(var, squares, "gradient_squared_accumulator", self._name)

    def _prepare(self) -> None:
        self._learning_rate_tensor = self._tensor(self._learning_rate, "learning_rate")
        with colocate_with(self._learning_rate_tensor):
            # The rule counts steps from 1.
            self._global_step_on_worker = ops.array.identity(self._global_step) + 1

    def _update(self, var: Any, grad: Tensor, indices: Tensor | None = None) -> Any:
        with device(var.device):
            global_step = ops.array.identity(self._global_step_on_worker)
        return self._run_rule(
            adagrad_da_ops,
            var,
            ["gradient_accumulator", "gradient_squared_accumulator"],
            grad,
            indices,
            lr=self._learning_rate_tensor,
            l1=self._l1_regularization_strength,
            l2=self._l2_regularization_strength,
            global_step=global_step,
        )


def _check_positive(name: str, value: float) -> None:
    if value <= 0.0:
        raise ValueError(f"{name} must be positive: {value}")


def _filled_beside(var: Any, value: float) -> Tensor:
    """A constant of the variable's shape and type, placed with it."""
    with colocate_with(var):
        tensor: Tensor = ops.array.constant(
            value, shape=var.get_shape(), dtype=var.dtype.base_dtype
        )
    return tensor
