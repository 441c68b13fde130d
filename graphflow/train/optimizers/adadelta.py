"""Adadelta."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...core.graph.tensor import Tensor
from ...core.ops.updates import adadelta_ops
from .optimizer import RuleOptimizer


class AdadeltaOptimizer(RuleOptimizer):
    """Adadelta (Zeiler, 2012): the sizes of steps come from those of the steps before.

    Slots: `"accum"` and `"accum_update"`, named `<var>/Adadelta` and `<var>/Adadelta_1`.

    Args:
      learning_rate: a number, a scalar tensor, or a function that gives one; 1 in the paper.
      rho: the decay of both averages; as learning_rate.
      epsilon: added to both averages; as learning_rate.
      use_locking: accepted; graphflow always locks.
      name: the scope of the update ops, and the name of slots.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: Any = 0.95,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "Adadelta",
    ) -> None:
        super().__init__(use_locking, name)
        self._lr = learning_rate
        self._rho = rho
        self._epsilon = epsilon

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            self._zeros_slot(var, "accum", self._name)
            self._zeros_slot(var, "accum_update", self._name)

    def _prepare(self) -> None:
        self._lr_t = self._tensor(self._lr, "lr")
        self._rho_t = self._tensor(self._rho, "rho")
        self._epsilon_t = self._tensor(self._epsilon, "epsilon")

    def _update(self, var: Any, grad: Tensor, indices: Tensor | None = None) -> Any:
        return self._run_rule(
            adadelta_ops,
            var,
            ["accum", "accum_update"],
            grad,
            indices,
            lr=self._lr_t,
            rho=self._rho_t,
            epsilon=self._epsilon_t,
        )
