"""make_template: a function whose variables are made by its first call and shared by all others."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable
from typing import Any

from ..graph.collection_keys import GraphKeys
from ..graph.scopes import get_collection, get_collection_ref
from .variable_scope import (
    VariableScope,
    open_variable_scope,
    unique_variable_scope,
    variable_scope,
)


def make_template(
    name_: str,
    func_: Callable[..., Any],
    create_scope_now_: bool = False,
    unique_name_: str | None = None,
    custom_getter_: Callable[..., Any] | None = None,
    **kwargs: Any,
) -> Template:
    """Wraps a function so that its calls share variables made with `get_variable`.

    Args:
      name_: the variable scope of the function, made unique.
      func_: the function.
      create_scope_now_: whether to take the scope's name now instead of at the first call.
      unique_name_: a name to use as it is instead; it must not be in use.
      custom_getter_: a custom getter for the function's variables.
      **kwargs: arguments bound to `func_`.

    Returns:
      The function, as a Template.

    Raises:
      ValueError: `name_` is None.
    """
    if kwargs:
        func_ = functools.update_wrapper(functools.partial(func_, **kwargs), func_)
    return Template(name_, func_, create_scope_now_, unique_name_, custom_getter_)


class Template:
    """What `make_template` gives; see there for the arguments."""

    def __init__(
        self,
        name: str,
        func: Callable[..., Any],
        create_scope_now: bool = False,
        unique_name: str | None = None,
        custom_getter: Callable[..., Any] | None = None,
    ) -> None:
        if name is None:
            raise ValueError("name cannot be None.")
        self._func = func
        self._name = name
        self._unique_name = unique_name
        self._custom_getter = custom_getter
        self._made_at = traceback.format_stack()[:-2]
        self._variable_scope: VariableScope | None = None
        self._called = False
        self._variables_created = False
        if create_scope_now:
            scope_name = unique_name or unique_variable_scope(name)
            with open_variable_scope(scope_name, custom_getter) as scope:
                self._variable_scope = scope

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the function in its scope.

        Raises:
          ValueError: a later call makes a trainable variable (TF1 words it the same way).
        """
        if self._variable_scope is not None:
            with variable_scope(self._variable_scope, reuse=self._called):
                return self._call(args, kwargs)
        with variable_scope(
            self._unique_name, self._name, custom_getter=self._custom_getter
        ) as scope:
            self._variable_scope = scope
            return self._call(args, kwargs)

    def _call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        try:
            if self._variables_created:
                return self._call_again(args, kwargs)
            first, self._called = not self._called, True
            try:
                result = self._func(*args, **kwargs)
            except BaseException:
                self._called = not first
                raise
            self._variables_created = self._variables_created or first
            return result
        except Exception as error:
            message = error.args[0] if error.args else ""
            where = "".join(_without(traceback.format_stack(), self._made_at))
            error.args = (f"{message}\n\noriginally defined at:\n{where}", *error.args[1:])
            raise

    def _call_again(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        trainable = get_collection_ref(GraphKeys.TRAINABLE_VARIABLES)
        before = len(trainable)
        result = self._func(*args, **kwargs)
        if len(trainable) != before:
            raise ValueError(
                "Trainable variable created when calling a template after the first time, perhaps "
                f"you used tf.Variable when you meant tf.get_variable: {trainable[before:]}"
            )
        return result

    @property
    def name(self) -> str:
        return self._name

    @property
    def func(self) -> Callable[..., Any]:
        return self._func

    @property
    def variable_scope(self) -> VariableScope | None:
        """The function's variable scope; None before there is one."""
        return self._variable_scope

    @property
    def var_scope(self) -> VariableScope | None:
        """The name of `variable_scope` before TF 1.0."""
        return self._variable_scope

    @property
    def variable_scope_name(self) -> str | None:
        """The scope's name, ending in `/`."""
        if self._variable_scope is None:
            return None
        name = self._variable_scope.name
        return name if not name or name.endswith("/") else f"{name}/"

    def _collected(self, key: str) -> list[Any]:
        return get_collection(key, self.variable_scope_name) if self._variables_created else []

    @property
    def variables(self) -> list[Any]:
        """The global and local variables made by the function."""
        return self.global_variables + self.local_variables

    @property
    def trainable_variables(self) -> list[Any]:
        return self._collected(GraphKeys.TRAINABLE_VARIABLES)

    @property
    def non_trainable_variables(self) -> list[Any]:
        """The global variables that are not trainable."""
        trainable = set(self.trainable_variables)
        return [v for v in self.global_variables if v not in trainable]

    @property
    def global_variables(self) -> list[Any]:
        return self._collected(GraphKeys.GLOBAL_VARIABLES)

    @property
    def local_variables(self) -> list[Any]:
        return self._collected(GraphKeys.LOCAL_VARIABLES)

    @property
    def weights(self) -> list[Any]:
        return self.variables

    @property
    def trainable_weights(self) -> list[Any]:
        return self.trainable_variables

    @property
    def non_trainable_weights(self) -> list[Any]:
        return self.non_trainable_variables


def _without(common: list[str], stack: list[str]) -> list[str]:
    """A stack less the lines it shares with another; at least its last line."""
    return [line for line in stack if line not in common] or stack[-1:]
