"""Tensor: one output of an Operation. A name for a value that only a run has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from ..base import dtypes
from ..base.reference import Reference
from ..base.tensor_shape import TensorShape, as_shape
from .stacks import get_default_session

if TYPE_CHECKING:
    from .graph import Graph
    from .operation import Operation


class Tensor:
    """A symbolic handle to one of the outputs of an `Operation`.

    Arithmetic, comparison and indexing add nodes to the graph; the ops that do it are attached by
    `core/ops` through `overload_operator`, since a Tensor knows no op.
    """

    if TYPE_CHECKING:  # attached by `overload_operator`

        def __add__(self, other: Any) -> Tensor: ...
        def __radd__(self, other: Any) -> Tensor: ...
        def __sub__(self, other: Any) -> Tensor: ...
        def __rsub__(self, other: Any) -> Tensor: ...
        def __mul__(self, other: Any) -> Tensor: ...
        def __rmul__(self, other: Any) -> Tensor: ...
        def __truediv__(self, other: Any) -> Tensor: ...
        def __rtruediv__(self, other: Any) -> Tensor: ...
        def __floordiv__(self, other: Any) -> Tensor: ...
        def __rfloordiv__(self, other: Any) -> Tensor: ...
        def __mod__(self, other: Any) -> Tensor: ...
        def __rmod__(self, other: Any) -> Tensor: ...
        def __pow__(self, other: Any) -> Tensor: ...
        def __rpow__(self, other: Any) -> Tensor: ...
        def __and__(self, other: Any) -> Tensor: ...
        def __rand__(self, other: Any) -> Tensor: ...
        def __or__(self, other: Any) -> Tensor: ...
        def __ror__(self, other: Any) -> Tensor: ...
        def __xor__(self, other: Any) -> Tensor: ...
        def __rxor__(self, other: Any) -> Tensor: ...
        def __matmul__(self, other: Any) -> Tensor: ...
        def __rmatmul__(self, other: Any) -> Tensor: ...
        def __lt__(self, other: Any) -> Tensor: ...
        def __le__(self, other: Any) -> Tensor: ...
        def __gt__(self, other: Any) -> Tensor: ...
        def __ge__(self, other: Any) -> Tensor: ...
        def __getitem__(self, other: Any) -> Tensor: ...
        def __neg__(self) -> Tensor: ...
        def __abs__(self) -> Tensor: ...
        def __invert__(self) -> Tensor: ...

    # NumPy must ask the tensor first in `ndarray + tensor`.
    __array_priority__ = 100

    def __init__(self, op: Operation, value_index: int, dtype: dtypes.DType) -> None:
        self._op = op
        self._value_index = value_index
        self._dtype = dtypes.as_dtype(dtype)
        self._shape = TensorShape(None)

    @property
    def op(self) -> Operation:
        return self._op

    @property
    def dtype(self) -> dtypes.DType:
        return self._dtype

    @property
    def graph(self) -> Graph:
        return self._op.graph

    @property
    def name(self) -> str:
        return f"{self._op.name}:{self._value_index}"

    @property
    def device(self) -> str:
        return self._op.device

    @property
    def value_index(self) -> int:
        return self._value_index

    @property
    def shape(self) -> TensorShape:
        """What is known of the shape before a run."""
        return self._shape

    def get_shape(self) -> TensorShape:
        """The same as `shape`."""
        return self._shape

    def set_shape(self, shape: Any) -> None:
        """Adds to what is known of the shape.

        Raises:
          ValueError: `shape` contradicts what is known.
        """
        self._shape = self._shape.merge_with(as_shape(shape))
        self.graph._shapes_changed()

    def _shape_tuple(self) -> tuple[int | None, ...] | None:
        return tuple(self._shape.as_list()) if self._shape.ndims is not None else None

    def consumers(self) -> list[Operation]:
        """The operations that take this tensor as an input, once for each such input."""
        return [op for op, index in self._op._uses if index == self._value_index]

    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """Runs the graph for this tensor in `session`, or in the default session.

        Raises:
          ValueError: no session is given and there is no default session, or it is of another
            graph.
        """
        return find_session(self.graph, session, "evaluate tensor", "eval").run(self, feed_dict)

    def _as_node_def_input(self) -> str:
        return self._op.name if self._value_index == 0 else self.name

    def __str__(self) -> str:
        shape = "" if self._shape.ndims is None else f", shape={self._shape}"
        return f'Tensor("{self.name}"{shape}, dtype={self._dtype.name})'

    def __repr__(self) -> str:
        return f"<tf.Tensor '{self.name}' shape={self._shape} dtype={self._dtype.name}>"

    # Tensors are told apart by identity; `==` adds no node, as in TF1.
    __hash__ = object.__hash__
    __eq__ = object.__eq__

    def __copy__(self) -> Tensor:
        return self

    def experimental_ref(self) -> Reference[Tensor]:
        """This tensor as a key: equal to another reference when both are to the same tensor."""
        return Reference(self)

    def __len__(self) -> int:
        raise TypeError(
            f"object of type 'Tensor' has no len(): {self.name} has the shape {self._shape}; "
            "use tf.shape(x)[0] for the length that a run gives it"
        )

    def __iter__(self) -> Iterator[Any]:
        raise TypeError(
            "Tensor objects are only iterable when eager execution is enabled. To iterate over "
            "this tensor use tf.map_fn."
        )

    def __bool__(self) -> NoReturn:
        raise TypeError(
            "Using a `tf.Tensor` as a Python `bool` is not allowed. Use `if t is not None:` "
            "instead of `if t:` to test if a tensor is defined, and use TensorFlow ops such as "
            "tf.cond to execute subgraphs conditioned on the value of a tensor."
        )

    def __array__(self, dtype: Any = None, copy: Any = None) -> NoReturn:
        raise NotImplementedError(
            f"Cannot convert a symbolic Tensor ({self.name}) to a numpy array: it has no value "
            "before Session.run"
        )

    def __index__(self) -> NoReturn:
        raise TypeError(
            f"a symbolic Tensor ({self.name}) cannot be used as an index: it has no value before "
            "Session.run"
        )


OVERLOADABLE_OPERATORS = (
    "__add__ __radd__ __sub__ __rsub__ __mul__ __rmul__ __div__ __rdiv__ __truediv__ "
    "__rtruediv__ __floordiv__ __rfloordiv__ __mod__ __rmod__ __lt__ __le__ __gt__ __ge__ "
    "__and__ __rand__ __or__ __ror__ __xor__ __rxor__ __getitem__ __pow__ __rpow__ __invert__ "
    "__neg__ __abs__ __matmul__ __rmatmul__"
).split()
Tensor.OVERLOADABLE_OPERATORS = frozenset(OVERLOADABLE_OPERATORS)  # type: ignore[attr-defined]


def overload_operator(operator: str, function: Callable[..., Any], cls: type = Tensor) -> None:
    """Gives `cls` (Tensor, or what acts like one) the operator.

    Raises:
      ValueError: it is not an operator that may be overloaded, or is overloaded already.
    """
    if operator not in OVERLOADABLE_OPERATORS:
        raise ValueError(f"Overriding {operator} is disallowed")
    if operator in vars(cls):
        raise ValueError(f"{cls.__name__}.{operator} is overloaded already")
    setattr(cls, operator, function)


def find_session(graph: Graph, session: Any, action: str, method: str) -> Any:
    """The given session, else the default one, checked to be of this graph."""
    if session is None:
        session = get_default_session()
        if session is None:
            raise ValueError(
                f"Cannot {action} using `{method}()`: No default session is registered. Use "
                f"`with sess.as_default()` or pass an explicit session to `{method}(session=sess)`"
            )
        if session.graph is not graph:
            raise ValueError(
                f"Cannot use the default session to {action}: the tensor's graph is different "
                f"from the session's graph. Pass an explicit session to `{method}(session=sess)`."
            )
    elif session.graph is not graph:
        raise ValueError(
            f"Cannot use the given session to {action}: the tensor's graph is different from the "
            "session's graph."
        )
    return session


def shapes_of(tensors: Sequence[Tensor]) -> list[TensorShape]:
    """The static shapes of tensors."""
    return [t.shape for t in tensors]
