"""Momentum, with Nesterov's variant, and the form of it that Keras uses."""

from __future__ import annotations

from typing import Any

from .rule import define_update

_ATTRS = ["use_nesterov: bool = false"]


@define_update("Momentum", slots=1, attrs=_ATTRS)
def momentum_ops(
    var: Any, accum: Any, lr: Any, grad: Any, momentum: Any, *, use_nesterov: bool
) -> Any:
    accum = accum * momentum + grad
    step = grad * lr + accum * momentum * lr if use_nesterov else accum * lr
    return var - step, accum


@define_update("KerasMomentum", slots=1, attrs=_ATTRS, by_reference=False)
def keras_momentum_ops(
    var: Any, accum: Any, lr: Any, grad: Any, momentum: Any, *, use_nesterov: bool
) -> Any:
    accum = accum * momentum - grad * lr
    step = accum * momentum - grad * lr if use_nesterov else accum
    return var + step, accum
