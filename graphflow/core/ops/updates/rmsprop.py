"""RMSProp: steps scaled by a decaying average of squared gradients, centered or not."""

from __future__ import annotations

from typing import Any

from .. import scalar_math as sm
from .rule import define_update


@define_update("RMSProp", slots=2)
def rmsprop_ops(
    var: Any, ms: Any, mom: Any, lr: Any, rho: Any, momentum: Any, epsilon: Any, grad: Any
) -> Any:
    ms = ms + (grad * grad - ms) * (1 - rho)
    mom = mom * momentum + grad * lr / sm.sqrt(ms + epsilon)
    return var - mom, ms, mom


@define_update("CenteredRMSProp", slots=3)
def centered_rmsprop_ops(
    var: Any,
    mg: Any,
    ms: Any,
    mom: Any,
    lr: Any,
    rho: Any,
    momentum: Any,
    epsilon: Any,
    grad: Any,
) -> Any:
    """The average of the gradients, `mg`, is taken off: steps are scaled by their variance."""
    ms = ms + (grad * grad - ms) * (1 - rho)
    mg = mg + (grad - mg) * (1 - rho)
    mom = mom * momentum + grad * lr / sm.sqrt(ms - mg * mg + epsilon)
    return var - mom, mg, ms, mom
