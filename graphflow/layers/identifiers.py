"""Activations and initializers by the names that layers take for them: `activation="relu"`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core import ops
from ..core.base import dtypes
from ..core.graph.tensor import Tensor
from ..core.variables import initializers


def linear(x: Tensor) -> Tensor:
    """The activation that changes nothing."""
    return x


def hard_sigmoid(x: Tensor) -> Tensor:
    """A sigmoid of three straight lines: `0.2 * x + 0.5`, between 0 and 1."""
    lines = ops.elementwise.add(ops.elementwise.multiply(x, 0.2), 0.5)
    clipped: Tensor = ops.elementwise.clip_by_value(lines, 0.0, 1.0)
    return clipped


_ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "elu": ops.nn.elu,
    "exponential": ops.elementwise.exp,
    "hard_sigmoid": hard_sigmoid,
    "linear": linear,
    "relu": ops.nn.relu,
    "selu": ops.nn.selu,
    "sigmoid": ops.elementwise.sigmoid,
    "softmax": ops.nn.softmax,
    "softplus": ops.nn.softplus,
    "softsign": ops.nn.softsign,
    "tanh": ops.elementwise.tanh,
}

_INITIALIZERS: dict[str, Callable[..., Any]] = {
    "constant": initializers.Constant,
    "glorot_normal": initializers.GlorotNormal,
    "glorot_uniform": initializers.GlorotUniform,
    "he_normal": initializers.he_normal,
    "he_uniform": initializers.he_uniform,
    "identity": initializers.Identity,
    "lecun_normal": initializers.lecun_normal,
    "lecun_uniform": initializers.lecun_uniform,
    "ones": initializers.Ones,
    "orthogonal": initializers.Orthogonal,
    "random_normal": initializers.RandomNormal,
    "random_uniform": initializers.RandomUniform,
    "truncated_normal": initializers.TruncatedNormal,
    "uniform_unit_scaling": initializers.UniformUnitScaling,
    "variance_scaling": initializers.VarianceScaling,
    "zeros": initializers.Zeros,
}
# `get_config` tells an initializer by its class.
_INITIALIZERS |= {kind.__name__: kind for kind in _INITIALIZERS.values()}


def activation_of(identifier: Any) -> Callable[[Any], Any]:
    """The function that an argument `activation` means.

    Args:
      identifier: a function, a name, or None for none at all.

    Raises:
      ValueError: there is no activation of that name.
      TypeError: it is none of these.
    """
    if identifier is None:
        return linear
    if isinstance(identifier, str):
        if identifier not in _ACTIVATIONS:
            raise ValueError(f"Unknown activation function:{identifier}")
        return _ACTIVATIONS[identifier]
    if callable(identifier):
        function: Callable[[Any], Any] = identifier
        return function
    raise TypeError(f"Could not interpret activation function identifier: {identifier!r}")


def activation_name(activation: Any) -> str:
    """The name by which `activation_of` finds a function, or else the function's own."""
    for name, function in _ACTIVATIONS.items():
        if function is activation:
            return name
    name = getattr(activation, "__name__", None) or type(activation).__name__
    return str(name)


def initializer_of(identifier: Any) -> Any:
    """The initializer that an argument of a layer means.

    Args:
      identifier: an initializer, its name, or its configuration as `initializer_config` gives it;
        None stands for the default.

    Raises:
      ValueError: it is none of these.
    """
    if identifier is None or callable(identifier):
        return identifier
    config = {"class_name": identifier} if isinstance(identifier, str) else identifier
    if not isinstance(config, dict) or config.get("class_name") not in _INITIALIZERS:
        raise ValueError(f"Could not interpret initializer identifier: {identifier}")
    arguments = dict(config.get("config", {}))
    if isinstance(arguments.get("dtype"), str):
        arguments["dtype"] = dtypes.as_dtype(arguments["dtype"])
    return _INITIALIZERS[config["class_name"]](**arguments)


def initializer_config(initializer: Any) -> Any:
    """An initializer as a value that can be written down."""
    if isinstance(initializer, initializers.Initializer):
        return {"class_name": type(initializer).__name__, "config": initializer.get_config()}
    return getattr(initializer, "__name__", initializer)


def callable_of(identifier: Any, kind: str) -> Callable[[Any], Any] | None:
    """The regularizer or constraint that an argument of a layer means.

    Args:
      identifier: a function, or None for none.
      kind: what it is to be, for the message.

    Raises:
      ValueError: it is neither.
    """
    if identifier is not None and not callable(identifier):
        raise ValueError(f"Could not interpret {kind} identifier: {identifier!r}; give a function.")
    function: Callable[[Any], Any] | None = identifier
    return function
