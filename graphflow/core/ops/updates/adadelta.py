"""Adadelta: steps scaled by the decaying averages of squared gradients and of squared steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from .rule import define_update


@define_update("Adadelta", slots=2)
def adadelta_ops(
    var: Any, accum: Any, accum_update: Any, lr: Any, rho: Any, epsilon: Any, grad: Any
) -> Any:
    accum = accum * rho + grad * grad * (1 - rho)
    step = np.sqrt(accum_update + epsilon) / np.sqrt(accum + epsilon) * grad
    return var - step * lr, accum, accum_update * rho + step * step * (1 - rho)
