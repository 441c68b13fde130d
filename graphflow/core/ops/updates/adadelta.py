"""Adadelta: steps scaled by the decaying averages of squared gradients and of squared steps."""

from __future__ import annotations

from typing import Any

from .. import scalar_math as sm
from .rule import define_update


@define_update("Adadelta", slots=2)
def adadelta_ops(
    var: Any, accum: Any, accum_update: Any, lr: Any, rho: Any, epsilon: Any, grad: Any
) -> Any:
    accum = accum * rho + grad * grad * (1 - rho)
    step = sm.sqrt(accum_update + epsilon) / sm.sqrt(accum + epsilon) * grad
    return var - step * lr, accum, accum_update * rho + step * step * (1 - rho)
