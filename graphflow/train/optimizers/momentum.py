"""Momentum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...core.graph.tensor import Tensor
from ...core.ops.updates import momentum_ops
from .optimizer import RuleOptimizer


class MomentumOptimizer(RuleOptimizer):
    """`accumulation = momentum * accumulation + gradient; var -= learning_rate * accumulation`.

    Slot: `"momentum"`, the accumulation, named `<var>/Momentum`.

    Args:
      learning_rate: a number, a scalar tensor, or a function that gives one.
      momentum: the same.
      use_locking: accepted; graphflow always locks.
      name: the scope of the update ops, and the name of slots.
      use_nesterov: whether the step looks ahead as Nesterov's does.
    """

    def __init__(
        self,
        learning_rate: Any,
        momentum: Any,
        use_locking: bool = False,
        name: str = "Momentum",
        use_nesterov: bool = False,
    ) -> None:
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._momentum = momentum
        self._use_nesterov = use_nesterov

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            self._zeros_slot(var, "momentum", self._name)

    def _prepare(self) -> None:
        self._learning_rate_tensor = self._tensor(self._learning_rate, "learning_rate")
        self._momentum_tensor = self._tensor(self._momentum, "momentum")

    def _update(self, var: Any, grad: Tensor, indices: Tensor | None = None) -> Any:
        return self._run_rule(
            momentum_ops,
            var,
            ["momentum"],
            grad,
            indices,
            lr=self._learning_rate_tensor,
            momentum=self._momentum_tensor,
            use_nesterov=self._use_nesterov,
        )
