"""AddSign and PowerSign: steps grow where the gradient agrees in sign with its average."""

from __future__ import annotations

from typing import Any

from .. import scalar_math as sm
from .rule import define_update


@define_update("AddSign", slots=1, sparse=False)
def add_sign_ops(
    var: Any, m: Any, lr: Any, alpha: Any, sign_decay: Any, beta: Any, grad: Any
) -> Any:
    m = m * beta + grad * (1 - beta)
    agreement = sm.sign(grad) * sm.sign(m)
    return var - lr * (alpha + sign_decay * agreement) * grad, m


@define_update("PowerSign", slots=1, sparse=False)
def power_sign_ops(
    var: Any, m: Any, lr: Any, logbase: Any, sign_decay: Any, beta: Any, grad: Any
) -> Any:
    m = m * beta + grad * (1 - beta)
    agreement = sm.sign(grad) * sm.sign(m)
    return var - lr * sm.exp(logbase * sign_decay * agreement) * grad, m
