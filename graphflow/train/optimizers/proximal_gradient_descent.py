"""Proximal gradient descent."""

from __future__ import annotations

from typing import Any

from ...core.graph.tensor import Tensor
from ...core.ops.updates import proximal_gradient_descent_ops
from .optimizer import RuleOptimizer


class ProximalGradientDescentOptimizer(RuleOptimizer):
    """Gradient descent with l1 and l2 regularization by proximal steps (FOBOS).

    Args:
      learning_rate: a number or a scalar tensor.
      l1_regularization_strength: a number, not negative.
      l2_regularization_strength: a number, not negative.
      use_locking: accepted; graphflow always locks.
      name: the scope of the update ops.
    """

    def __init__(
        self,
        learning_rate: Any,
        l1_regularization_strength: Any = 0.0,
        l2_regularization_strength: Any = 0.0,
        use_locking: bool = False,
        name: str = "ProximalGradientDescent",
    ) -> None:
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._l1_regularization_strength = l1_regularization_strength
        self._l2_regularization_strength = l2_regularization_strength

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
            proximal_gradient_descent_ops,
            var,
            (),
            grad,
            indices,
            alpha=self._learning_rate_tensor,
            l1=self._l1_regularization_strength_tensor,
            l2=self._l2_regularization_strength_tensor,
        )
