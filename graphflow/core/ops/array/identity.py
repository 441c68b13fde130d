"""Ops that pass values through."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...graph.conversion import convert_to_tensor
from ...graph.op_def import define_op
from ...graph.tensor import Tensor
from ..shape_rules import each_like_its_input, same_as_input

identity_op = define_op(
    "Identity", inputs=["input: T"], outputs=["output: T"], attrs=["T: type"], shape=same_as_input
)


@identity_op.grad
def identity_grad(op: Any, dy: Any) -> Any:
    return dy


@identity_op.define
def identity_reference(node: Any, x: np.ndarray) -> np.ndarray:
    return x


def identity(input: Any, name: str | None = None) -> Tensor:
    """A tensor with the value of `input` at the time this node runs."""
    tensor: Tensor = identity_op(input, name=name)
    return tensor


identity_n_op = define_op(
    "IdentityN",
    inputs=["input: T"],
    outputs=["output: T"],
    attrs=["T: list(type) >= 1"],
    shape=each_like_its_input,
)


@identity_n_op.grad
def identity_n_grad(op: Any, *dys: Any) -> list[Any]:
    return list(dys)


@identity_n_op.define
def identity_n_reference(node: Any, *xs: np.ndarray) -> tuple[np.ndarray, ...]:
    return xs


def identity_n(input: Any, name: str | None = None) -> list[Tensor]:
    """Tensors with the values of `input`, none of which is there before all of them are."""
    tensors: list[Tensor] = identity_n_op([convert_to_tensor(x) for x in input], name=name)
    return tensors


stop_gradient_op = define_op(
    "StopGradient",
    inputs=["input: T"],
    outputs=["output: T"],
    attrs=["T: type"],
    shape=same_as_input,
)
stop_gradient_op.no_grad()
stop_gradient_op.define(identity_reference)


def stop_gradient(input: Any, name: str | None = None) -> Tensor:
    """`input`, treated as a constant by `tf.gradients`."""
    tensor: Tensor = stop_gradient_op(input, name=name)
    return tensor
