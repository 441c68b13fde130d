"""Adam, AMSGrad and AdaMax: steps from decaying averages of gradients and of their sizes."""

from __future__ import annotations

from typing import Any

from .. import scalar_math as sm
from .rule import define_update


@define_update("Adam", slots=2, attrs=["use_nesterov: bool = false"], sparse=False)
def adam_ops(
    var: Any,
    m: Any,
    v: Any,
    beta1_power: Any,
    beta2_power: Any,
    lr: Any,
    beta1: Any,
    beta2: Any,
    epsilon: Any,
    grad: Any,
    *,
    use_nesterov: bool,
) -> Any:
    rate = lr * sm.sqrt(1 - beta2_power) / (1 - beta1_power)
    m = moved(m, grad, 1 - beta1)
    v = moved(v, grad * grad, 1 - beta2)
    direction = grad * (1 - beta1) + beta1 * m if use_nesterov else m
    return var - _step(direction, v, rate, epsilon), m, v


def moved(average: Any, value: Any, rate: Any) -> Any:
    """`average + rate * (value - average)`, with one new array: large variables pay by the page."""
    result = value - average
    result *= rate
    result += average
    return result


def _step(direction: Any, squares: Any, rate: Any, epsilon: Any) -> Any:
    """`rate * direction / (sqrt(squares) + epsilon)`."""
    size = sm.sqrt(squares)
    size += epsilon
    step = direction * rate
    step /= size
    return step


@define_update("AdamWithAmsgrad", slots=3, by_reference=False, sparse=False)
def amsgrad_ops(
    var: Any,
    m: Any,
    v: Any,
    vhat: Any,
    beta1_power: Any,
    beta2_power: Any,
    lr: Any,
    beta1: Any,
    beta2: Any,
    epsilon: Any,
    grad: Any,
) -> Any:
    """Adam with the largest second moment so far, so that steps never grow again."""
    rate = lr * sm.sqrt(1 - beta2_power) / (1 - beta1_power)
    m = moved(m, grad, 1 - beta1)
    v = moved(v, grad * grad, 1 - beta2)
    vhat = sm.maximum(vhat, v)
    return var - _step(m, vhat, rate, epsilon), m, v, vhat


@define_update("AdaMax", slots=2, sparse=False)
def adamax_ops(
    var: Any,
    m: Any,
    v: Any,
    beta1_power: Any,
    lr: Any,
    beta1: Any,
    beta2: Any,
    epsilon: Any,
    grad: Any,
) -> Any:
    """Adam with the largest gradient, decaying, instead of the second moment."""
    m = moved(m, grad, 1 - beta1)
    v = sm.maximum(beta2 * v, abs(grad))
    return var - lr / (1 - beta1_power) * (m / (v + epsilon)), m, v
