"""convert_to_tensor: whatever users pass becomes a Tensor, by functions registered per type."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn

from ..base import dtypes
from .graph import Graph
from .operation import Operation
from .stacks import get_default_graph
from .tensor import Tensor

# (value, dtype, name, as_ref) -> Tensor, or NotImplemented to let the next function try
ConversionFunction = Callable[..., Any]

_registry: list[tuple[int, int, Any, ConversionFunction]] = []
_by_type: dict[type, list[ConversionFunction]] = {}


def register_tensor_conversion_function(
    base_type: Any, conversion_func: ConversionFunction, priority: int = 100
) -> None:
    """Registers how objects of a type become tensors.

    Args:
      base_type: a type or tuple of types.
      conversion_func: `(value, dtype=None, name=None, as_ref=False) -> Tensor`; it may return
        NotImplemented to pass.
      priority: functions with smaller numbers are tried first.

    Raises:
      TypeError: an argument is not of these kinds.
    """
    types = base_type if isinstance(base_type, tuple) else (base_type,)
    if not all(isinstance(t, type) for t in types):
        raise TypeError("base_type must be a type or a tuple of types.")
    if not callable(conversion_func):
        raise TypeError("conversion_func must be callable.")
    if any(issubclass(Tensor, t) and t is not object for t in types):
        raise TypeError("Cannot register conversions for Tensor: it needs none.")
    _registry.append((priority, len(_registry), base_type, conversion_func))
    _registry.sort(key=lambda entry: entry[:2])
    _by_type.clear()


def _functions_for(value: Any) -> list[ConversionFunction]:
    functions = _by_type.get(type(value))
    if functions is None:
        functions = [f for _, _, types, f in _registry if isinstance(value, types)]
        _by_type[type(value)] = functions
    return functions


def convert_to_tensor(
    value: Any,
    dtype: Any = None,
    name: str | None = None,
    preferred_dtype: Any = None,
    dtype_hint: Any = None,
    as_ref: bool = False,
) -> Tensor:
    """The value as a Tensor of the default graph.

    Args:
      value: a Tensor, Variable, ndarray, number, string, list of these, or an object with a
        registered conversion.
      dtype: the type it must have.
      name: the name of the node, when one is made.
      preferred_dtype: a type to use if the value fits it.
      dtype_hint: the same as preferred_dtype.
      as_ref: whether a variable gives its reference.

    Returns:
      A Tensor.

    Raises:
      TypeError: no conversion is registered for the type of `value`.
      ValueError: `value` is a tensor of another type than `dtype`.
      RuntimeError: a conversion function gave something else than a tensor.
    """
    if dtype is not None:
        dtype = dtypes.as_dtype(dtype)
    preferred = preferred_dtype if dtype_hint is None else dtype_hint
    if isinstance(value, Tensor):
        if dtype is not None and not dtype.is_compatible_with(value.dtype):
            raise ValueError(
                f"Tensor conversion requested dtype {dtype.name} for Tensor with dtype "
                f"{value.dtype.name}: {value!r}"
            )
        return value
    for function in _functions_for(value):
        result = _try_preferred(function, value, dtype, name, preferred, as_ref)
        if result is NotImplemented:
            result = function(value, dtype=dtype, name=name, as_ref=as_ref)
        if result is NotImplemented:
            continue
        return _checked(result, function, value, dtype)
    wanted = f" to {dtype.name}" if dtype is not None else ""
    raise TypeError(
        f"Cannot convert {value!r} with type {type(value)}{wanted} to Tensor: no conversion "
        "function registered."
    )


def _try_preferred(
    function: ConversionFunction, value: Any, dtype: Any, name: Any, preferred: Any, as_ref: bool
) -> Any:
    if dtype is not None or preferred is None:
        return NotImplemented
    try:
        result = function(value, dtype=dtypes.as_dtype(preferred), name=name, as_ref=as_ref)
    except (TypeError, ValueError):
        return NotImplemented
    return result


def _checked(result: Any, function: ConversionFunction, value: Any, dtype: Any) -> Tensor:
    if not isinstance(result, Tensor):
        raise RuntimeError(
            f"Conversion function {function!r} for type {type(value)} returned non-Tensor: "
            f"{result!r}"
        )
    if dtype is not None and not dtype.is_compatible_with(result.dtype):
        raise RuntimeError(
            f"Conversion function {function!r} for type {type(value)} returned incompatible "
            f"dtype: requested = {dtype.name}, actual = {result.dtype.name}"
        )
    return result


def convert_n_to_tensor(
    values: Sequence[Any], dtype: Any = None, name: str | None = None, preferred_dtype: Any = None
) -> list[Tensor]:
    """`convert_to_tensor` for each value, named `name_0`, `name_1`..."""
    return [
        convert_to_tensor(
            value, dtype, f"{name}_{i}" if name is not None else None, preferred_dtype
        )
        for i, value in enumerate(values)
    ]


def graph_of_inputs(values: Iterable[Any]) -> Graph:
    """The graph a new node belongs to: the default graph, or that of its first graph element.

    An element of an enclosing graph does not pull a node out of the function body being built.

    Raises:
      ValueError: the values are of different graphs.
    """
    default = get_default_graph()
    first: Any = None
    for value in _flatten(values):
        if not isinstance(value, Tensor | Operation):
            continue
        if first is None:
            first = value
        elif value.graph is not first.graph and value.graph.outermost is not first.graph.outermost:
            raise ValueError(f"{value} must be from the same graph as {first}.")
    if first is None or _encloses(first.graph, default):
        return default
    graph: Graph = first.graph
    return graph


def _flatten(values: Iterable[Any]) -> Iterable[Any]:
    for value in values:
        if isinstance(value, list | tuple):
            yield from _flatten(value)
        else:
            as_element = getattr(value, "_as_graph_element", None)
            yield as_element() if as_element is not None else value


def _encloses(graph: Graph, inner: Graph) -> bool:
    current: Any = inner
    while current is not None:
        if current is graph:
            return True
        current = getattr(current, "outer_graph", None)
    return False


def _refuse_operation(op: Operation, dtype: Any, name: str | None, as_ref: bool) -> NoReturn:
    raise TypeError(
        f"Can't convert Operation '{op.name}' to Tensor: an operation has no value. Take one of "
        "its outputs, or wait for it in tf.control_dependencies"
    )


register_tensor_conversion_function(Operation, _refuse_operation, priority=0)
