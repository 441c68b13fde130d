"""Adam."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...core import ops
from ...core.graph.indexed_slices import IndexedSlices
from ...core.graph.scopes import colocate_with, control_dependencies, init_scope
from ...core.graph.stacks import get_default_graph
from ...core.graph.tensor import Tensor
from ...core.ops.updates import adam_ops
from .optimizer import RuleOptimizer


class AdamOptimizer(RuleOptimizer):
    """Adam (Kingma and Ba, 2014), with the learning rate corrected for the averages' start at zero.

    Slots: `"m"` and `"v"`, named `<var>/Adam` and `<var>/Adam_1`; and two scalars, `beta1_power`
    and `beta2_power`. Sparse gradients decay the averages of all rows, as in TF1.

    Args:
      learning_rate: a number, a scalar tensor, or a function that gives one.
      beta1: the decay of the average of gradients; as learning_rate.
      beta2: the decay of the average of squared gradients; as learning_rate.
      epsilon: added to the denominator; as learning_rate.
      use_locking: accepted; graphflow always locks.
      name: the scope of the update ops, and the name of slots.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "Adam",
    ) -> None:
        super().__init__(use_locking, name)
        self._lr = learning_rate
        self._beta1 = beta1
        self._beta2 = beta2
        self._epsilon = epsilon
        # Tensors of these, made by _prepare.
        self._lr_t: Any = None
        self._beta1_t: Any = None
        self._beta2_t: Any = None
        self._epsilon_t: Any = None

    def _get_beta_accumulators(self) -> tuple[Any, Any]:
        with init_scope():
            graph = get_default_graph()
        return (
            self._get_non_slot_variable("beta1_power", graph=graph),
            self._get_non_slot_variable("beta2_power", graph=graph),
        )

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        first = min(var_list, key=lambda var: var.name)
        for name, value in (("beta1_power", self._beta1), ("beta2_power", self._beta2)):
            self._create_non_slot_variable(value, name, colocate_with=first)
        for var in var_list:
            self._zeros_slot(var, "m", self._name)
            self._zeros_slot(var, "v", self._name)

    def _prepare(self) -> None:
        self._lr_t = self._tensor(self._lr, "learning_rate")
        self._beta1_t = self._tensor(self._beta1, "beta1")
        self._beta2_t = self._tensor(self._beta2, "beta2")
        self._epsilon_t = self._tensor(self._epsilon, "epsilon")

    def _update(self, var: Any, grad: Tensor, indices: Tensor | None = None) -> Any:
        beta1_power, beta2_power = self._get_beta_accumulators()
        return self._run_rule(
            adam_ops,
            var,
            ["m", "v"],
            grad,
            indices,
            beta1_power=beta1_power,
            beta2_power=beta2_power,
            lr=self._lr_t,
            beta1=self._beta1_t,
            beta2=self._beta2_t,
            epsilon=self._epsilon_t,
        )

    # There is no sparse op: all rows decay, the given ones get their gradients, and all move.

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Any:
        def scatter_add(x: Any, i: Any, v: Any) -> Any:
            return ops.state.scatter_add(x, i, v, use_locking=self._use_locking)

        return self._apply_sparse_shared(grad.values, var, grad.indices, scatter_add)

    def _resource_apply_sparse(self, grad: Tensor, handle: Any, indices: Tensor) -> Any:
        return self._apply_sparse_shared(grad, handle, indices, self._resource_scatter_add)

    def _resource_scatter_add(self, x: Any, i: Any, v: Any) -> Any:
        with control_dependencies([ops.state.resource_scatter_add_op(x.handle, i, v)]):
            return x.value()

    def _apply_sparse_shared(
        self, grad: Any, var: Any, indices: Any, scatter_add: Callable[..., Any]
    ) -> Any:
        dtype = var.dtype.base_dtype
        powers = [ops.elementwise.cast(power, dtype) for power in self._get_beta_accumulators()]
        tensors = [self._lr_t, self._beta1_t, self._beta2_t, self._epsilon_t]
        lr, beta1, beta2, epsilon = (ops.elementwise.cast(tensor, dtype) for tensor in tensors)
        rate = lr * ops.elementwise.sqrt(1 - powers[1]) / (1 - powers[0])
        m = self._decay_and_add(var, "m", beta1, grad * (1 - beta1), indices, scatter_add)
        v = self._decay_and_add(var, "v", beta2, (grad * grad) * (1 - beta2), indices, scatter_add)
        root = ops.elementwise.sqrt(v)
        update = ops.state.assign_sub(
            var, rate * m / (root + epsilon), use_locking=self._use_locking
        )
        return ops.control.group(update, m, v)

    def _decay_and_add(
        self, var: Any, name: str, beta: Any, rows: Any, indices: Any, scatter_add: Any
    ) -> Any:
        slot = self.get_slot(var, name)
        decayed = ops.state.assign(slot, slot * beta, use_locking=self._use_locking)
        with control_dependencies([decayed]):
            return scatter_add(slot, indices, rows)

    def _finish(self, update_ops: Sequence[Any], name_scope: str) -> Any:
        with control_dependencies(update_ops):
            beta1_power, beta2_power = self._get_beta_accumulators()
            with colocate_with(beta1_power):
                powers = [
                    power.assign(power * beta, use_locking=self._use_locking)
                    for power, beta in (
                        (beta1_power, self._beta1_t),
                        (beta2_power, self._beta2_t),
                    )
                ]
        return ops.control.group(*update_ops, *powers, name=name_scope)
