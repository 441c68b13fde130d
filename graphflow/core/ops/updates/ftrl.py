"""FTRL-Proximal, without and with shrinkage."""

from __future__ import annotations

from typing import Any

from .. import scalar_math as sm
from .rule import define_update

_ATTRS = ["multiply_linear_by_lr: bool = false"]


@define_update("Ftrl", slots=2, attrs=_ATTRS)
def ftrl_ops(
    var: Any,
    accum: Any,
    linear: Any,
    grad: Any,
    lr: Any,
    l1: Any,
    l2: Any,
    lr_power: Any,
    *,
    multiply_linear_by_lr: bool,
) -> Any:
    scale = lr if multiply_linear_by_lr else 1
    return _ftrl(var, accum, linear, grad, grad, lr, l1, l2, lr_power, scale)


@define_update("FtrlV2", slots=2, attrs=_ATTRS)
def ftrl_v2_ops(
    var: Any,
    accum: Any,
    linear: Any,
    grad: Any,
    lr: Any,
    l1: Any,
    l2: Any,
    l2_shrinkage: Any,
    lr_power: Any,
    *,
    multiply_linear_by_lr: bool,
) -> Any:
    """The linear term sees the gradient of `l2_shrinkage |var|^2` too; the accumulator does not."""
    shrinking = grad + 2 * l2_shrinkage * var
    scale = lr if multiply_linear_by_lr else 1
    return _ftrl(var, accum, linear, grad, shrinking, lr, l1, l2, lr_power, scale)


def _ftrl(
    var: Any,
    accum: Any,
    linear: Any,
    grad: Any,
    linear_grad: Any,
    lr: Any,
    l1: Any,
    l2: Any,
    lr_power: Any,
    scale: Any,
) -> tuple[Any, Any, Any]:
    """`linear` is kept times `scale`: 1, or the learning rate."""
    squares = accum + grad * grad
    before, after = _power(accum, lr_power), _power(squares, lr_power)
    rate = lr / scale
    linear = linear + linear_grad * scale - (after - before) / rate * var
    kept = sm.maximum(sm.minimum(linear, l1 * scale), -l1 * scale)
    return (kept - linear) / (after / rate + 2 * l2 * scale), squares, linear


def _power(accum: Any, lr_power: Any) -> Any:
    return sm.where(lr_power == -0.5, sm.sqrt(accum), accum**-lr_power)
