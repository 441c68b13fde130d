"""Functions with f(0) = 0 act on a SparseTensor by acting on its values."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ...graph.indexed_slices import SparseTensor
from ...graph.scopes import name_scope

Unary = Callable[..., Any]


def on_sparse_values(default_name: str) -> Callable[[Unary], Unary]:
    """Lets `function(x, name=None)` take a SparseTensor, giving one of the same positions."""

    def decorate(function: Unary) -> Unary:
        @functools.wraps(function)
        def wrapper(x: Any, name: str | None = None) -> Any:
            if not isinstance(x, SparseTensor):
                return function(x, name=name)
            with name_scope(name, default_name, [x.values]) as scope:
                values = function(x.values, name=scope)
            return SparseTensor(x.indices, values, x.dense_shape)

        return wrapper

    return decorate
