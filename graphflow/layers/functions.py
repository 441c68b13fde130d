"""Layers as functions: `tf.layers.conv2d` makes a Conv2D and calls it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from .base import Layer


def function_of(layer_class: type[Layer], name: str, reuses: bool = True) -> Callable[..., Any]:
    """The function that makes a layer and calls it.

    Args:
      layer_class: the class, whose arguments become the function's, after `inputs`.
      name: the function's name.
      reuses: whether the layer has variables, so that there is an argument `reuse`, and `name` is
        the variable scope in which they stand.
    """
    positional = inspect.Parameter.POSITIONAL_OR_KEYWORD
    of_class = inspect.signature(layer_class).parameters.values()
    parameters = [
        inspect.Parameter("inputs", positional),
        *(parameter for parameter in of_class if parameter.kind is positional),
    ]
    if reuses:
        parameters.append(inspect.Parameter("reuse", positional, default=None))
    signature = inspect.Signature(parameters)

    def function(*args: Any, **kwargs: Any) -> Any:
        try:
            given = signature.bind(*args, **kwargs).arguments
        except TypeError as error:
            raise TypeError(f"{name}() {error}") from None
        inputs = given.pop("inputs")
        if reuses:
            given.update(_reuse=given.pop("reuse", None), _scope=given.get("name"))
        return layer_class(**given)(inputs)

    function.__name__ = function.__qualname__ = name
    function.__signature__ = signature  # type: ignore[attr-defined]
    function.__doc__ = _documentation(layer_class, reuses)
    return function


def _documentation(layer_class: type[Layer], reuses: bool) -> str:
    """What the class says, and its arguments but for the keywords of all layers."""
    summary = (inspect.getdoc(layer_class) or "").partition("\n")[0]
    _, *sections = (inspect.getdoc(layer_class.__init__) or "").split("\n\n")
    if len(sections) != 2:  # arguments and errors; none in Python without docstrings (-OO)
        return summary
    arguments, raised = sections
    described = [
        "Args:\n  inputs: the tensor to work on.",
        arguments.removeprefix("Args:\n").partition("\n  **kwargs")[0],
    ]
    if reuses:
        described.append("  reuse: True if the variables must exist, tf.AUTO_REUSE if they may.")
    return "\n\n".join([summary, "\n".join(described), "Returns:\n  The layer's output.", raised])
