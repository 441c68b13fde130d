"""Gradient descent."""

from __future__ import annotations

from typing import Any

from ...core import ops
from ...core.graph.indexed_slices import IndexedSlices
from ...core.graph.tensor import Tensor
from ...core.ops.updates import gradient_descent_ops
from .optimizer import RuleOptimizer


class GradientDescentOptimizer(RuleOptimizer):
    """`var -= learning_rate * gradient`.

    Args:
      learning_rate: a number, a scalar tensor, or a function that gives one.
      use_locking: accepted; graphflow always locks.
      name: the scope of the update ops.
    """

    def __init__(
        self, learning_rate: Any, use_locking: bool = False, name: str = "GradientDescent"
    ) -> None:
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._learning_rate_tensor: Any = None

    def _prepare(self) -> None:
        self._learning_rate_tensor = self._tensor(self._learning_rate, "learning_rate")

    def _update(self, var: Any, grad: Tensor, indices: Tensor | None = None) -> Any:
        return self._run_rule(
            gradient_descent_ops, var, (), grad, indices, alpha=self._learning_rate_tensor
        )

    # Repeated indices add up by themselves here.

    def _apply_sparse_duplicate_indices(self, grad: IndexedSlices, var: Any) -> Any:
        rate = ops.elementwise.cast(self._learning_rate_tensor, var.dtype.base_dtype)
        delta = IndexedSlices(grad.values * rate, grad.indices, grad.dense_shape)
        return var.scatter_sub(delta, use_locking=self._use_locking)

    def _resource_apply_sparse_duplicate_indices(
        self, grad: Tensor, handle: Any, indices: Tensor
    ) -> Any:
        rate = ops.elementwise.cast(self._learning_rate_tensor, grad.dtype)
        return ops.state.resource_scatter_add_op(handle.handle, indices, -grad * rate)
