"""PyFunc: a Python function over arrays, as a node."""

from __future__ import annotations

import itertools
import traceback
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...base import compat, dtypes, errors
from ...graph.conversion import convert_n_to_tensor, graph_of_inputs
from ...graph.graph import Graph
from ...graph.op_def import define_op
from ...graph.scopes import name_scope
from ...graph.stacks import get_default_graph
from ..shape_rules import unknown

_SIGNATURE: dict[str, Any] = {
    "inputs": ["input: Tin"],
    "outputs": ["output: Tout"],
    "attrs": ["token: string", "Tin: list(type) >= 0", "Tout: list(type) >= 0"],
    "shape": unknown,
}
py_func_op = define_op("PyFunc", is_stateful=True, **_SIGNATURE)
py_func_op.no_grad()
py_func_stateless_op = define_op("PyFuncStateless", **_SIGNATURE)
py_func_stateless_op.no_grad()

# A node names its function by a token, as in TF; the functions live as long as their graphs.
_functions: weakref.WeakKeyDictionary[Graph, list[Callable[..., Any]]] = weakref.WeakKeyDictionary()
_by_token: weakref.WeakValueDictionary[str, _Registered] = weakref.WeakValueDictionary()
_numbers = itertools.count()


class _Registered:
    """A user's function with the token that its nodes carry."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.token = f"pyfunc_{next(_numbers)}"
        self._function = function
        _by_token[self.token] = self

    def __call__(self, *arrays: np.ndarray) -> Any:
        return self._function(*arrays)


@py_func_op.define
@py_func_stateless_op.define
def py_func_reference(node: Any, *arrays: np.ndarray) -> tuple[np.ndarray, ...]:
    token = node.attrs["token"]
    function = _by_token.get(token)
    if function is None:
        raise errors.InvalidArgumentError(
            None, None, f"callback {token} is not found: its graph was made in another process"
        )
    result = _call(function, arrays)
    values = _as_list(result)
    wanted = node.output_dtypes
    if len(values) != len(wanted):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"{token} returns {len(values)} values, but expects to see {len(wanted)} values.",
        )
    return tuple(_checked(token, i, v, t) for i, (v, t) in enumerate(zip(values, wanted)))


def _call(function: _Registered, arrays: Sequence[np.ndarray]) -> Any:
    """Calls the user's function with arrays of its own; its errors become TF's."""
    # scalars as NumPy scalars, as TF1 passes them
    own = [array[()] if array.ndim == 0 else array.copy() for array in arrays]
    try:
        return function(*own)
    except errors.OpError:
        raise
    except Exception as error:
        kind = _ERROR_CLASSES.get(type(error), errors.UnknownError)
        text = f"{type(error).__name__}: {error}\n{_users_traceback(error)}"
        raise kind(None, None, text) from error


def _users_traceback(error: Exception) -> str:
    """Where in the user's function an error arose: the stack without our own two calls."""
    frames = traceback.extract_tb(error.__traceback__)[2:]
    return "".join(traceback.format_list(frames)).rstrip()


_ERROR_CLASSES: dict[type, Any] = {
    TypeError: errors.InvalidArgumentError,
    ValueError: errors.InvalidArgumentError,
    StopIteration: errors.OutOfRangeError,
    MemoryError: errors.ResourceExhaustedError,
    NotImplementedError: errors.UnimplementedError,
}


def _as_list(result: Any) -> list[Any]:
    if result is None:
        return []
    return list(result) if isinstance(result, list | tuple) else [result]


def _checked(token: str, index: int, value: Any, wanted: dtypes.DType) -> np.ndarray:
    array = np.asarray(value)
    if array.dtype.kind in "SU" or array.dtype == object:
        array = _as_bytes(array)
    try:
        given = dtypes.as_dtype(array.dtype)
    except TypeError:
        raise errors.InternalError(
            None, None, f"Unsupported numpy data type {array.dtype} returned by {token}"
        ) from None
    # Python floats and ints are 64 bits wide; TF narrows what Python could not say otherwise
    if given != wanted and not isinstance(value, np.ndarray | np.generic):
        narrowed = {dtypes.float64: dtypes.float32, dtypes.int64: dtypes.int32}
        if narrowed.get(given) == wanted and isinstance(value, list):
            array, given = array.astype(wanted.as_numpy_dtype), wanted
    if given != wanted:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"{index}-th value returned by {token} is {given.name}, but expects {wanted.name}",
        )
    return array


def _as_bytes(array: np.ndarray) -> np.ndarray:
    def encode(item: Any) -> bytes:
        if not isinstance(item, str | bytes):
            raise errors.InternalError(None, None, f"Unsupported object type {type(item).__name__}")
        return compat.as_bytes(item)

    flat = [encode(item) for item in array.reshape(-1)]
    result = np.empty(len(flat), dtype=object)
    result[:] = flat
    return result.reshape(array.shape)


def py_func(
    func: Callable[..., Any], inp: Any, Tout: Any, stateful: bool = True, name: str | None = None
) -> Any:
    """A node that calls a Python function with the values of its inputs.

    Args:
      func: `(*arrays) -> array(s)`; scalars arrive as NumPy scalars, strings as bytes.
      inp: a list of tensors.
      Tout: the type of the result, or a list of types.
      stateful: whether equal inputs may give different results.
      name: the node's name.

    Returns:
      A Tensor of unknown shape, a list of them when `Tout` is a list, or the Operation when that
      list is empty and the function is stateful.

    Raises:
      ValueError: `func` cannot be called.
    """
    if not callable(func):
        raise ValueError(f"Expected func to be callable, got func of type {type(func)}")
    registered = _Registered(func)
    _functions.setdefault(get_default_graph().outermost, []).append(registered)
    many = isinstance(Tout, list | tuple)
    op = py_func_op if stateful else py_func_stateless_op
    graph = graph_of_inputs([list(inp)])
    with graph.as_default(), name_scope(name or op.name) as scope:
        inputs = convert_n_to_tensor(inp, name="input")
        attrs = {
            "token": registered.token,
            "Tin": tuple(tensor.dtype.base_dtype for tensor in inputs),
            "Tout": tuple(dtypes.as_dtype(dtype) for dtype in (Tout if many else [Tout])),
        }
        node = graph._add_node(op, inputs, attrs, scope)
    if stateful and not node.outputs:
        return node
    return list(node.outputs) if many else node.outputs[0]


def numpy_function(func: Callable[..., Any], inp: Any, Tout: Any, name: str | None = None) -> Any:
    """`py_func` with `stateful=True`."""
    return py_func(func, inp, Tout, stateful=True, name=name)
