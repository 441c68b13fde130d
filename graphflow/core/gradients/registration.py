"""How users register gradients: tf.RegisterGradient and tf.NotDifferentiable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..graph.op_def import register_gradient


class RegisterGradient:
    """Decorator: `@tf.RegisterGradient("MyGrad")` over `(op, *output_gradients) -> gradients`.

    Args:
      op_type: an op type, or a name for `Graph.gradient_override_map`.

    Raises:
      TypeError: `op_type` is not a string.
      KeyError: (on decorating) the name is taken.
    """

    def __init__(self, op_type: str) -> None:
        if not isinstance(op_type, str):
            raise TypeError("op_type must be a string")
        self._op_type = op_type

    def __call__(self, f: Callable[..., Any]) -> Callable[..., Any]:
        register_gradient(self._op_type, f)
        return f


def NotDifferentiable(op_type: str) -> None:
    """Declares that gradients stop at ops of a type.

    Raises:
      TypeError: `op_type` is not a string.
      KeyError: a gradient is registered for it already.
    """
    if not isinstance(op_type, str):
        raise TypeError("op_type must be a string")
    register_gradient(op_type, None)
