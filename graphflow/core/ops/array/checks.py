"""Ops that pass a value on under a condition: PreventGradient, CheckNumerics, GuaranteeConst."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes, errors
from ...base.deprecation import deprecated_argument_lookup
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import define_op
from ...graph.scopes import colocate_with, control_dependencies, name_scope
from ...graph.stacks import get_default_graph
from ...graph.tensor import Tensor
from ..shape_rules import same_as_input
from .identity import identity, identity_reference
from .signatures import T

prevent_gradient_op = define_op(
    "PreventGradient", ["input: T"], ["output: T"], [T, "message: string = ''"], same_as_input
)
prevent_gradient_op.define(identity_reference)


@prevent_gradient_op.grad
def prevent_gradient_grad(op: Any, dy: Any) -> Any:
    raise LookupError(f"Gradient explicitly disabled. Reason: {op.node_attrs['message']!r}")


def prevent_gradient(input: Any, message: str = "", name: str | None = None) -> Tensor:
    """`input`; asking for a gradient through it is an error.

    Args:
      input: any type.
      message: the reason that the error gives.
      name: the node's name.
    """
    tensor: Tensor = prevent_gradient_op(input, message=message, name=name)
    return tensor


guarantee_const_op = define_op(
    "GuaranteeConst", ["input: T"], ["output: T"], [T], same_as_input, is_stateful=True
)
guarantee_const_op.define(identity_reference)
guarantee_const_op.no_grad()


def guarantee_const(input: Any, name: str | None = None) -> Tensor:
    """`input`, promised to be the same in every run."""
    tensor: Tensor = guarantee_const_op(input, name=name)
    return tensor


check_numerics_op = define_op(
    "CheckNumerics",
    ["tensor: T"],
    ["output: T"],
    ["T: {bfloat16, half, float, double}", "message: string"],
    same_as_input,
    is_stateful=True,
)


@check_numerics_op.define
def check_numerics_reference(node: Any, x: np.ndarray) -> np.ndarray:
    has_nan, has_inf = bool(np.isnan(x).any()), bool(np.isinf(x).any())
    if has_nan or has_inf:
        found = " and ".join(what for what, there in (("Inf", has_inf), ("NaN", has_nan)) if there)
        raise errors.InvalidArgumentError(
            None, None, f"{node.attrs['message']} : Tensor had {found} values"
        )
    return x


@check_numerics_op.grad
def check_numerics_grad(op: Any, dy: Any) -> Any:
    return check_numerics(
        dy,
        "Not a number (NaN) or infinity (Inf) values detected in gradient. "
        f"{op.node_attrs['message']}",
    )


def check_numerics(tensor: Any, message: str, name: str | None = None) -> Tensor:
    """`tensor`; a run where it has a NaN or an infinity fails with InvalidArgumentError.

    Args:
      tensor: a float type.
      message: what the error begins with.
      name: the node's name.
    """
    checked: Tensor = check_numerics_op(tensor, message=message, name=name)
    return checked


def verify_tensor_all_finite(
    t: Any = None,
    msg: str | None = None,
    name: str | None = None,
    x: Any = None,
    message: str | None = None,
) -> Tensor:
    """`x`, once it has been checked to have neither NaN nor infinity.

    Args:
      t: the former name of `x`.
      msg: the former name of `message`.
      name: the name scope.
      x: a tensor of a float type.
      message: what the error begins with.
    """
    x = deprecated_argument_lookup("x", x, "t", t)
    message = deprecated_argument_lookup("message", message, "msg", msg)
    with name_scope(name, "VerifyFinite", [x]):
        x = convert_to_tensor(x, name="x")
        with colocate_with(x):
            checked = check_numerics(x, message=message or "")
            with control_dependencies([checked]):
                return identity(x, name="control_dependency")


def add_check_numerics_ops() -> Any:
    """Adds a `check_numerics` for every float tensor of the default graph.

    Returns:
      An operation that runs all of them, in the order of the graph.
    """
    checks: list[Any] = []
    for op in get_default_graph().get_operations():
        for output in op.outputs:
            if output.dtype in (dtypes.float16, dtypes.float32, dtypes.float64):
                with control_dependencies(checks):
                    checks = [check_numerics(output, message=f"{op.name}:{output.value_index}")]
    return ops.control.group(*checks)
