"""FTRL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...core import ops
from ...core.graph.scopes import colocate_with
from ...core.graph.tensor import Tensor
from ...core.ops.updates import ftrl_ops, ftrl_v2_ops
from .optimizer import RuleOptimizer


class FtrlOptimizer(RuleOptimizer):
    """FTRL-Proximal (McMahan et al., 2013), with online l2 and shrinkage-type l2 regularization.

    Slots: `"accum"` and `"linear"`, named `<var>/Ftrl` and `<var>/Ftrl_1`.

    Args:
      learning_rate: a number or a scalar tensor.
      learning_rate_power: how the rate falls with the sum of squared gradients; not positive.
      initial_accumulator_value: what these sums start at; not negative.
      l1_regularization_strength: not negative.
      l2_regularization_strength: not negative.
      use_locking: accepted; graphflow always locks.
      name: the scope of the update ops, and the name of slots.
      accum_name: the name of the first slot instead.
      linear_name: the name of the second slot instead.
      l2_shrinkage_regularization_strength: an l2 penalty on the loss itself; not negative.

    Raises:
      ValueError: a number has the wrong sign.
    """

    def __init__(
        self,
        learning_rate: Any,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "Ftrl",
        accum_name: str | None = None,
        linear_name: str | None = None,
        l2_shrinkage_regularization_strength: float = 0.0,
    ) -> None:
        super().__init__(use_locking, name)
        if learning_rate_power > 0.0:
            raise ValueError(
                f"learning_rate_power {learning_rate_power:f} needs to be negative or zero"
            )
        self._learning_rate = learning_rate
        self._learning_rate_power = learning_rate_power
        self._initial_accumulator_value = initial_accumulator_value
        self._l1_regularization_strength = l1_regularization_strength
        self._l2_regularization_strength = l2_regularization_strength
        self._l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength
        for argument in (
            "initial_accumulator_value",
            "l1_regularization_strength",
            "l2_regularization_strength",
            "l2_shrinkage_regularization_strength",
        ):
            value = getattr(self, f"_{argument}")
            if value < 0.0:
                raise ValueError(f"{argument} {value:f} needs to be positive or zero")
        self._accum_name = accum_name
        self._linear_name = linear_name

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            with colocate_with(var):
                value = ops.array.constant(
                    self._initial_accumulator_value,
                    dtype=var.dtype.base_dtype,
                    shape=var.get_shape(),
                )
                self._get_or_make_slot(var, value, "accum", self._accum_name or self._name)
                self._zeros_slot(var, "linear", self._linear_name or self._name)

    def _prepare(self) -> None:
        self._learning_rate_tensor = self._tensor(self._learning_rate, "learning_rate")
        self._l1_regularization_strength_tensor = self._tensor(
            self._l1_regularization_strength, "l1_regularization_strength"
        )
        self._l2_regularization_strength_tensor = self._tensor(
            self._l2_regularization_strength, "l2_regularization_strength"
        )
        self._l2_shrinkage_regularization_strength_tensor = self._tensor(
            self._l2_shrinkage_regularization_strength, "l2_shrinkage_regularization_strength"
        )
        self._learning_rate_power_tensor = self._tensor(
            self._learning_rate_power, "learning_rate_power"
        )

    def _update(self, var: Any, grad: Tensor, indices: Tensor | None = None) -> Any:
        rule, shrinkage = ftrl_ops, {}
        if self._l2_shrinkage_regularization_strength > 0.0:
            rule = ftrl_v2_ops
            shrinkage = {"l2_shrinkage": self._l2_shrinkage_regularization_strength_tensor}
        return self._run_rule(
            rule,
            var,
            ["accum", "linear"],
            grad,
            indices,
            lr=self._learning_rate_tensor,
            l1=self._l1_regularization_strength_tensor,
            l2=self._l2_regularization_strength_tensor,
            lr_power=self._learning_rate_power_tensor,
            **shrinkage,
        )
