"""Adagrad: steps scaled by the sum of squared gradients; proximal and dual averaging forms."""

from __future__ import annotations

from typing import Any

from .. import scalar_math as sm
from .descent import shrink
from .rule import define_update

_ATTRS = ["update_slots: bool = true"]


@define_update("Adagrad", slots=1, attrs=_ATTRS)
def adagrad_ops(var: Any, accum: Any, lr: Any, grad: Any, *, update_slots: bool) -> Any:
    accum = accum + grad * grad if update_slots else accum
    return var - grad * lr / sm.sqrt(accum), accum


@define_update("AdagradV2", slots=1, attrs=_ATTRS)
def adagrad_v2_ops(
    var: Any, accum: Any, lr: Any, epsilon: Any, grad: Any, *, update_slots: bool
) -> Any:
    accum = accum + grad * grad if update_slots else accum
    return var - grad * lr / (sm.sqrt(accum) + epsilon), accum


@define_update("ProximalAdagrad", slots=1)
def proximal_adagrad_ops(var: Any, accum: Any, lr: Any, l1: Any, l2: Any, grad: Any) -> Any:
    accum = accum + grad * grad
    rate = lr / sm.sqrt(accum)
    return shrink(var - grad * rate, rate, l1, l2), accum


@define_update("AdagradDA", slots=2)
def adagrad_da_ops(
    var: Any,
    gradient_accumulator: Any,
    gradient_squared_accumulator: Any,
    grad: Any,
    lr: Any,
    l1: Any,
    l2: Any,
    global_step: Any,
) -> Any:
    """`var = -sign(g) lr max(|g| - l1 t, 0) / (l2 t lr + sqrt(gg))` for sums g, gg and step t."""
    total = gradient_accumulator + grad
    squares = gradient_squared_accumulator + grad * grad
    step = sm.as_type_of(lr, global_step)
    shrunk = sm.sign(total) * sm.maximum(abs(total) - step * l1, 0)
    reduced = sm.where(l1 > 0, shrunk, total)
    return -lr * reduced / (l2 * (step * lr) + sm.sqrt(squares)), total, squares
