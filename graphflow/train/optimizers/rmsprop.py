"""RMSProp."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...core import ops
from ...core.graph.tensor import Tensor
from ...core.ops.updates import centered_rmsprop_ops, rmsprop_ops
from ...core.variables.initializers import Ones
from .optimizer import RuleOptimizer


class RMSPropOptimizer(RuleOptimizer):
    """Steps divided by the root of a decaying average of squared gradients, with momentum.

    Slots: `"rms"` (starts at one), `"mg"` if centered, `"momentum"`; named `<var>/RMSProp`,
    `<var>/RMSProp_1`...

    Args:
      learning_rate: a number, a scalar tensor, or a function that gives one.
      decay: of the averages; as learning_rate.
      momentum: as learning_rate.
      epsilon: added to the average under the root; as learning_rate.
      use_locking: accepted; graphflow always locks.
      centered: whether the variance is taken instead of the second moment.
      name: the scope of the update ops, and the name of slots.
    """

    def __init__(
        self,
        learning_rate: Any,
        decay: Any = 0.9,
        momentum: Any = 0.0,
        epsilon: Any = 1e-10,
        use_locking: bool = False,
        centered: bool = False,
        name: str = "RMSProp",
    ) -> None:
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._decay = decay
        self._momentum = momentum
        self._epsilon = epsilon
        self._centered = centered

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            dtype, shape = var.dtype.base_dtype, var.get_shape()
            if shape.is_fully_defined():
                ones: Any = Ones(dtype=dtype)
            else:
                ones = ops.array.ones_like(var)
            self._get_or_make_slot_with_initializer(var, ones, shape, dtype, "rms", self._name)
            if self._centered:
                self._zeros_slot(var, "mg", self._name)
            self._zeros_slot(var, "momentum", self._name)

    def _prepare(self) -> None:
        self._learning_rate_tensor = self._tensor(self._learning_rate, "learning_rate")
        self._decay_tensor = self._tensor(self._decay, "decay")
        self._momentum_tensor = self._tensor(self._momentum, "momentum")
        self._epsilon_tensor = self._tensor(self._epsilon, "epsilon")

    def _update(self, var: Any, grad: Tensor, indices: Tensor | None = None) -> Any:
        return self._run_rule(
            centered_rmsprop_ops if self._centered else rmsprop_ops,
            var,
            ["mg", "rms", "momentum"] if self._centered else ["rms", "momentum"],
            grad,
            indices,
            lr=self._learning_rate_tensor,
            rho=self._decay_tensor,
            momentum=self._momentum_tensor,
            epsilon=self._epsilon_tensor,
        )
