"""Gradient descent, plain and proximal."""

from __future__ import annotations

from typing import Any

from .. import scalar_math as sm
from .rule import define_update


@define_update("GradientDescent", sparse=False)
def gradient_descent_ops(var: Any, alpha: Any, delta: Any) -> Any:
    return var - delta * alpha


@define_update("ProximalGradientDescent")
def proximal_gradient_descent_ops(var: Any, alpha: Any, l1: Any, l2: Any, delta: Any) -> Any:
    return shrink(var - delta * alpha, alpha, l1, l2)


def shrink(var: Any, lr: Any, l1: Any, l2: Any) -> Any:
    """The proximal step of l1 and l2: `sign(v) max(|v| - lr l1, 0) / (1 + lr l2)`."""
    shrunk = sm.sign(var) * sm.maximum(abs(var) - lr * l1, 0)
    return sm.where(l1 > 0, shrunk, var) / (1 + l2 * lr)
