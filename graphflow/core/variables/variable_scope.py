"""variable_scope: names, sharing and defaults for the variables of `get_variable`."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..base import dtypes
from ..graph.collection_keys import GraphKeys
from ..graph.conversion import convert_to_tensor, graph_of_inputs
from ..graph.scopes import get_collection, name_scope
from ..graph.stacks import get_default_graph
from .modes import VariableAggregation, VariableSynchronization
from .partitioned_variable import PartitionedVariable
from .partitioners import Partitioner
from .reuse import AUTO_REUSE, Reuse
from .variable_store import VariableStore, default_variable_store

Getter = Callable[..., Any]


class VariableScope:
    """What a `variable_scope` block sets: a prefix of names, and defaults for `get_variable`.

    Args:
      reuse: True: variables must exist; False: they must not; AUTO_REUSE: either.
      name: the prefix, `"a/b"`.
      initializer: the default initializer.
      regularizer: the default regularizer.
      caching_device: the default device for cached reads.
      partitioner: the default partitioner.
      custom_getter: the default custom getter.
      name_scope: the name scope that was opened with the variable scope.
      dtype: the default type.
      use_resource: whether variables are resource variables; None leaves it to the default.
      constraint: the default constraint.
    """

    def __init__(
        self,
        reuse: Reuse,
        name: str = "",
        initializer: Any = None,
        regularizer: Any = None,
        caching_device: Any = None,
        partitioner: Partitioner | None = None,
        custom_getter: Getter | None = None,
        name_scope: str = "",
        dtype: Any = dtypes.float32,
        use_resource: bool | None = None,
        constraint: Any = None,
    ) -> None:
        self._name = name
        self._initializer = initializer
        self._regularizer = regularizer
        self._reuse = reuse
        self._caching_device = caching_device
        self._partitioner = partitioner
        self._custom_getter = custom_getter
        self._name_scope = name_scope
        self._dtype = dtype
        self._use_resource = use_resource
        self._constraint = constraint

    @property
    def name(self) -> str:
        return self._name

    @property
    def original_name_scope(self) -> str:
        """The name scope of the block that first opened this scope, ending in `/`."""
        return self._name_scope

    @property
    def reuse(self) -> Reuse:
        return self._reuse

    @property
    def initializer(self) -> Any:
        return self._initializer

    @property
    def dtype(self) -> Any:
        return self._dtype

    @property
    def use_resource(self) -> bool | None:
        return self._use_resource

    @property
    def regularizer(self) -> Any:
        return self._regularizer

    @property
    def caching_device(self) -> Any:
        return self._caching_device

    @property
    def partitioner(self) -> Partitioner | None:
        return self._partitioner

    @property
    def custom_getter(self) -> Getter | None:
        return self._custom_getter

    @property
    def constraint(self) -> Any:
        return self._constraint

    def reuse_variables(self) -> None:
        """From now on variables must exist."""
        self._reuse = True

    def set_initializer(self, initializer: Any) -> None:
        self._initializer = initializer

    def set_dtype(self, dtype: Any) -> None:
        self._dtype = dtype

    def set_use_resource(self, use_resource: bool | None) -> None:
        self._use_resource = use_resource

    def set_regularizer(self, regularizer: Any) -> None:
        self._regularizer = regularizer

    def set_caching_device(self, caching_device: Any) -> None:
        self._caching_device = caching_device

    def set_partitioner(self, partitioner: Partitioner | None) -> None:
        self._partitioner = partitioner

    def set_custom_getter(self, custom_getter: Getter | None) -> None:
        self._custom_getter = custom_getter

    def get_collection(self, name: Any) -> list[Any]:
        """The items of a collection that are in this scope."""
        return get_collection(name, f"{self._name}/" if self._name else "")

    def trainable_variables(self) -> list[Any]:
        """The trainable variables of this scope."""
        return self.get_collection(GraphKeys.TRAINABLE_VARIABLES)

    def global_variables(self) -> list[Any]:
        """The global variables of this scope."""
        return self.get_collection(GraphKeys.GLOBAL_VARIABLES)

    def local_variables(self) -> list[Any]:
        """The local variables of this scope."""
        return self.get_collection(GraphKeys.LOCAL_VARIABLES)

    def get_variable(
        self,
        var_store: VariableStore,
        name: str,
        shape: Any = None,
        dtype: Any = None,
        initializer: Any = None,
        regularizer: Any = None,
        reuse: Reuse = None,
        trainable: bool | None = None,
        collections: Any = None,
        caching_device: Any = None,
        partitioner: Partitioner | None = None,
        validate_shape: bool = True,
        use_resource: bool | None = None,
        custom_getter: Getter | None = None,
        constraint: Any = None,
        synchronization: Any = VariableSynchronization.AUTO,
        aggregation: Any = VariableAggregation.NONE,
    ) -> Any:
        """As `tf.get_variable`, of a given store, with this scope's prefix and defaults."""
        # Names of variables follow variable scopes, not name scopes.
        with name_scope(None):
            if dtype is not None and initializer is not None and not callable(initializer):
                given = convert_to_tensor(initializer).dtype.base_dtype
                if given != dtype:
                    raise ValueError(
                        f"Initializer type '{given}' and explicit dtype '{dtype}' don't match."
                    )
            return var_store.get_variable(
                self._full_name(name),
                shape=shape,
                dtype=_or(dtype, self._dtype),
                initializer=_or(initializer, self._initializer),
                regularizer=_or(regularizer, self._regularizer),
                reuse=_or(reuse, self._reuse),
                trainable=trainable,
                collections=collections,
                caching_device=_or(caching_device, self._caching_device),
                partitioner=_or(partitioner, self._partitioner),
                validate_shape=validate_shape,
                use_resource=_or(use_resource, self._use_resource),
                custom_getter=_or(custom_getter, self._custom_getter),
                constraint=_or(constraint, self._constraint),
                synchronization=synchronization,
                aggregation=aggregation,
            )

    def _full_name(self, name: str) -> str:
        return f"{self._name}/{name}" if self._name else name

    def _changed(self, **settings: Any) -> VariableScope:
        """A copy with those settings that are not None."""
        current = {
            "reuse": self._reuse,
            "name": self._name,
            "initializer": self._initializer,
            "regularizer": self._regularizer,
            "caching_device": self._caching_device,
            "partitioner": self._partitioner,
            "custom_getter": self._custom_getter,
            "name_scope": self._name_scope,
            "dtype": self._dtype,
            "use_resource": self._use_resource,
            "constraint": self._constraint,
        }
        given = {key: value for key, value in settings.items() if value is not None}
        return VariableScope(**(current | given))

    def _longer(
        self, name: str, reuse: Reuse = None, custom_getter: Getter | None = None, **settings: Any
    ) -> VariableScope:
        """The scope of that name inside this one, with those settings that are not None."""
        return self._changed(
            name=self._full_name(name),
            reuse=reuse or self._reuse,
            custom_getter=_wrapped_getter(custom_getter, self._custom_getter),
            **({"name_scope": name} | {k: v for k, v in settings.items() if v is not None}),
        )


def _or(value: Any, default: Any) -> Any:
    return default if value is None else value


# --- the current scope ---------------------------------------------------------------------------

_KEY = ("__varscope",)


class _Scopes(threading.local):
    """A graph's current scope in each thread, and how often scopes of each name were opened."""

    def __init__(self) -> None:
        self.current = VariableScope(False)
        self.counts: dict[str, int] = {}

    def opened(self, name: str) -> None:
        self.counts[name] = self.counts.get(name, 0) + 1

    def forget_inside(self, name: str) -> None:
        """The names inside a scope start afresh when it is opened again."""
        for key in self.counts:
            if key.startswith(f"{name}/"):
                self.counts[key] = 0

    def unique(self, prefix: str) -> str:
        """The prefix, or `prefix_1`... when a scope of that name was opened here before."""
        path = self.current._full_name(prefix)
        if not self.counts.get(path):
            return prefix
        index = 1
        while self.counts.get(f"{path}_{index}"):
            index += 1
        return f"{prefix}_{index}"


def _scopes() -> _Scopes:
    found = get_default_graph().get_collection_ref(_KEY)
    if not found:
        found.append(_Scopes())
    scopes: _Scopes = found[0]
    return scopes


def get_variable_scope() -> VariableScope:
    """The current variable scope."""
    return _scopes().current


def get_variable(
    name: str,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool | None = None,
    collections: Any = None,
    caching_device: Any = None,
    partitioner: Partitioner | None = None,
    validate_shape: bool = True,
    use_resource: bool | None = None,
    custom_getter: Getter | None = None,
    constraint: Any = None,
    synchronization: Any = VariableSynchronization.AUTO,
    aggregation: Any = VariableAggregation.NONE,
) -> Any:
    """The variable of that name in the current variable scope, made or shared as it says.

    What is not given comes from the scope.

    Args:
      name: the name, to which the scope's is put before.
      shape: the shape; not needed when `initializer` is a tensor.
      dtype: the type; float32 by default.
      initializer: an initializer, a tensor or value, or a function `(shape, dtype=...)`; Glorot's
        uniform (zeros for integers) by default.
      regularizer: a function from the variable to a loss, added to REGULARIZATION_LOSSES.
      trainable: as for `tf.Variable`.
      collections: as for `tf.Variable`.
      caching_device: as for `tf.Variable`.
      partitioner: a function from shape and type to the number of parts of each axis.
      validate_shape: as for `tf.Variable`.
      use_resource: as for `tf.Variable`.
      custom_getter: `(getter, name, *args, **kwargs) -> variable`, called instead.
      constraint: as for `tf.Variable`.
      synchronization: as for `tf.Variable`.
      aggregation: as for `tf.Variable`.

    Returns:
      The Variable, or PartitionedVariable if there is a partitioner.

    Raises:
      ValueError: it exists and must not, or the other way round; the shape, type or initializer
        does not fit.
    """
    return get_variable_scope().get_variable(
        default_variable_store(),
        name,
        shape=shape,
        dtype=dtype,
        initializer=initializer,
        regularizer=regularizer,
        trainable=trainable,
        collections=collections,
        caching_device=caching_device,
        partitioner=partitioner,
        validate_shape=validate_shape,
        use_resource=use_resource,
        custom_getter=custom_getter,
        constraint=constraint,
        synchronization=synchronization,
        aggregation=aggregation,
    )


def get_local_variable(
    name: str,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool = False,
    collections: Any = None,
    caching_device: Any = None,
    partitioner: Partitioner | None = None,
    validate_shape: bool = True,
    use_resource: bool | None = None,
    custom_getter: Getter | None = None,
    constraint: Any = None,
    synchronization: Any = VariableSynchronization.AUTO,
    aggregation: Any = VariableAggregation.NONE,
) -> Any:
    """As `get_variable`, for a variable in LOCAL_VARIABLES that is not trained or saved."""
    return get_variable(
        name,
        shape=shape,
        dtype=dtype,
        initializer=initializer,
        regularizer=regularizer,
        trainable=False,
        collections=[*(collections or ()), GraphKeys.LOCAL_VARIABLES],
        caching_device=caching_device,
        partitioner=partitioner,
        validate_shape=validate_shape,
        use_resource=use_resource,
        custom_getter=custom_getter,
        constraint=constraint,
        synchronization=synchronization,
        aggregation=aggregation,
    )


def no_regularizer(_: Any) -> None:
    """A regularizer that adds no loss: switches a scope's off."""
    return None


# --- blocks --------------------------------------------------------------------------------------


class variable_scope:
    """`with tf.variable_scope(name) as scope:` names and shares the variables made inside.

    It opens a name scope as well. Sharing is inherited: once it is on it stays on further inside.

    Args:
      name_or_scope: the name, added to the current scope's, or a VariableScope to enter again, in
        which the current scope plays no part.
      default_name: the name when `name_or_scope` is None, made unique.
      values: inputs of the nodes to come; their graph becomes the default graph inside.
      initializer: the default initializer inside, as the following are defaults.
      regularizer: see `get_variable`.
      caching_device: see `get_variable`.
      partitioner: see `get_variable`.
      custom_getter: see `get_variable`; it wraps that of the scope around.
      reuse: True, AUTO_REUSE, or None to inherit.
      dtype: see `get_variable`.
      use_resource: see `get_variable`.
      constraint: see `get_variable`.
      auxiliary_name_scope: whether to open a name scope.

    Raises:
      TypeError: neither name is given, or an argument is of the wrong type.
      ValueError: `reuse` is none of these, or is True without `name_or_scope`.
      RuntimeError: (on leaving) a scope entered later is still open.
    """

    def __init__(
        self,
        name_or_scope: Any,
        default_name: str | None = None,
        values: Sequence[Any] | None = None,
        initializer: Any = None,
        regularizer: Any = None,
        caching_device: Any = None,
        partitioner: Partitioner | None = None,
        custom_getter: Getter | None = None,
        reuse: Reuse = None,
        dtype: Any = None,
        use_resource: bool | None = None,
        constraint: Any = None,
        auxiliary_name_scope: bool = True,
    ) -> None:
        if default_name is None and name_or_scope is None:
            raise TypeError("If default_name is None then name_or_scope is required")
        if not (reuse is None or isinstance(reuse, bool) or reuse is AUTO_REUSE):
            raise ValueError("The reuse parameter must be True or False or None.")
        if not isinstance(auxiliary_name_scope, bool):
            raise TypeError(
                "The auxiliary_name_scope must be `True` or `False`, while get "
                f"{auxiliary_name_scope}"
            )
        self._name_or_scope = name_or_scope
        self._default_name = default_name
        self._graph = graph_of_inputs(values or ())
        self._reuse = reuse or None  # a scope cannot end the sharing of the one around it
        self._custom_getter = custom_getter
        self._settings = {
            "initializer": initializer,
            "regularizer": regularizer,
            "caching_device": caching_device,
            "partitioner": partitioner,
            "dtype": dtype,
            "use_resource": use_resource,
        }
        self._constraint = constraint
        self._auxiliary_name_scope = auxiliary_name_scope
        self._entered: list[tuple[VariableScope, contextlib.ExitStack]] = []

    def __enter__(self) -> VariableScope:
        with contextlib.ExitStack() as stack:
            if not get_default_graph().building_function:
                stack.enter_context(self._graph.as_default())
            scope = self._enter(stack)
            self._entered.append((scope, stack.pop_all()))
        return scope

    def _enter(self, stack: contextlib.ExitStack) -> VariableScope:
        scopes = _scopes()
        given = self._name_or_scope
        if given is not None and not isinstance(given, str | VariableScope):
            raise TypeError("VariableScope: name_or_scope must be a string or VariableScope.")
        if given is None and self._reuse:
            raise ValueError("reuse=True cannot be used without a name_or_scope")
        if isinstance(given, VariableScope):
            self._open_name_scope(given.name.split("/")[-1], stack)
            scope = self._shared_scope(given)
            stack.enter_context(_jumped(scopes, scope))
            return scope
        opened = self._open_name_scope(self._default_name if given is None else given, stack)
        if given is None:
            # Kept, so that this object opens the same scope when it is entered again.
            given = self._name_or_scope = scopes.unique(str(self._default_name))
        scope = self._longer_scope(scopes.current, given, opened)
        stack.enter_context(_prolonged(scopes, scope))
        return scope

    def _open_name_scope(self, name: str | None, stack: contextlib.ExitStack) -> str | None:
        if not self._auxiliary_name_scope:
            current = get_default_graph().get_name_scope()
            name = f"{current}/" if current else ""
        elif not name:
            return None  # the root variable scope
        return stack.enter_context(name_scope(name))

    def _shared_scope(self, scope: VariableScope) -> VariableScope:
        copy = scope._changed(
            reuse=self._reuse,
            custom_getter=_wrapped_getter(self._custom_getter, scope.custom_getter),
            **self._settings,
        )
        copy._constraint = self._constraint
        return copy

    def _longer_scope(self, outer: VariableScope, name: str, opened: str | None) -> VariableScope:
        scope = outer._longer(
            name,
            reuse=self._reuse,
            name_scope=opened,
            custom_getter=self._custom_getter,
            **self._settings,
        )
        scope._constraint = self._constraint
        return scope

    def __exit__(self, *exc_info: Any) -> None:
        if get_variable_scope() is not self._entered[-1][0]:
            raise RuntimeError("Improper nesting of variable_scope.")
        self._entered.pop()[1].__exit__(*exc_info)


@contextlib.contextmanager
def open_variable_scope(name: str, custom_getter: Getter | None = None) -> Iterator[VariableScope]:
    """A variable scope inside the current one, without a name scope."""
    scopes = _scopes()
    scope = scopes.current._longer(name, custom_getter=custom_getter)
    with _prolonged(scopes, scope):
        yield scope


def unique_variable_scope(prefix: str) -> str:
    """The prefix, or with a number when it was the name of a scope opened here before."""
    return _scopes().unique(prefix)


@contextlib.contextmanager
def _jumped(scopes: _Scopes, scope: VariableScope) -> Iterator[None]:
    """Makes a scope that was opened before the current one; counts return to what they were."""
    scopes.opened(scope.name)
    counts = dict(scopes.counts)
    try:
        with _current(scopes, scope):
            yield
    finally:
        scopes.counts = counts


@contextlib.contextmanager
def _prolonged(scopes: _Scopes, scope: VariableScope) -> Iterator[None]:
    """Makes a scope inside the current one the current one."""
    scopes.opened(scope.name)
    try:
        with _current(scopes, scope):
            yield
    finally:
        scopes.forget_inside(scope.name)


@contextlib.contextmanager
def _current(scopes: _Scopes, scope: VariableScope) -> Iterator[None]:
    outer, scopes.current = scopes.current, scope
    try:
        yield
    finally:
        scopes.current = outer


def _wrapped_getter(custom_getter: Getter | None, outer: Getter | None) -> Getter | None:
    """A getter whose own `getter` is the outer one, applied to the true one."""
    if custom_getter is None or outer is None:
        return custom_getter

    def wrapped(getter: Getter, *args: Any, **kwargs: Any) -> Any:
        return custom_getter(functools.partial(outer, getter), *args, **kwargs)

    return wrapped


@contextlib.contextmanager
def variable_op_scope(
    values: Any,
    name_or_scope: Any,
    default_name: str | None = None,
    initializer: Any = None,
    regularizer: Any = None,
    caching_device: Any = None,
    partitioner: Partitioner | None = None,
    custom_getter: Getter | None = None,
    reuse: Reuse = None,
    dtype: Any = None,
    use_resource: bool | None = None,
    constraint: Any = None,
) -> Iterator[VariableScope]:
    """The order of arguments before TF 0.12 of `variable_scope(name_or_scope, default_name)`."""
    with variable_scope(
        name_or_scope,
        default_name=default_name,
        values=values,
        initializer=initializer,
        regularizer=regularizer,
        caching_device=caching_device,
        partitioner=partitioner,
        custom_getter=custom_getter,
        reuse=reuse,
        dtype=dtype,
        use_resource=use_resource,
        constraint=constraint,
    ) as scope:
        yield scope


def create_partitioned_variables(
    shape: Sequence[int],
    slicing: Sequence[int],
    initializer: Any,
    dtype: Any = dtypes.float32,
    trainable: bool = True,
    collections: Any = None,
    name: str | None = None,
    reuse: Reuse = None,
) -> list[Any]:
    """The parts of a variable, as TF made them before `get_variable` took partitioners.

    Args:
      shape: the shape of the whole.
      slicing: into how many parts each dimension is cut.
      initializer: a tensor, or an initializer.
      dtype: the type.
      trainable: as for `tf.Variable`.
      collections: as for `tf.Variable`.
      name: the name of the whole.
      reuse: as for `variable_scope`.

    Raises:
      ValueError: `shape` and `slicing` do not fit.
    """
    if len(shape) != len(slicing):
        raise ValueError(
            "The 'shape' and 'slicing' of a partitioned Variable must have the length: shape: "
            f"{shape}, slicing: {slicing}"
        )
    if len(shape) < 1:
        raise ValueError(f"A partitioned Variable must have rank at least 1: shape: {shape}")
    with variable_scope(name, "PartitionedVariable", reuse=reuse) as scope:
        if scope.custom_getter is not None:
            raise ValueError(
                "create_partitioned_variables does not pass through custom getters. Use "
                f"get_variable with a partitioner instead. The getter is {scope.custom_getter}."
            )
        with name_scope(None):
            whole: PartitionedVariable = default_variable_store().get_partitioned_variable(
                scope.name,
                lambda **_: slicing,
                shape,
                dtype,
                _or(initializer, scope.initializer),
                regularizer=scope.regularizer,
                reuse=scope.reuse,
                trainable=trainable,
                collections=collections,
                caching_device=scope.caching_device,
                use_resource=scope.use_resource,
                constraint=scope.constraint,
            )
    return list(whole)
