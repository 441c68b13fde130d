"""Assertions on ranks and shapes: now where they are known, otherwise in the run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from ..core import ops
from ..core.base import dtypes
from ..core.graph.conversion import convert_to_tensor
from ..core.graph.operation import Operation
from ..core.graph.scopes import control_dependencies, name_scope
from ..core.graph.tensor import Tensor
from .static import prefix, static_value
from .types import assert_type


class _Relation(NamedTuple):
    """How a rank may be bound to the given ones."""

    words: str
    holds: Callable[[int, list[int]], bool]
    condition: Callable[[Tensor, list[Tensor]], Tensor]


def _is_in(rank: Tensor, ranks: list[Tensor]) -> Tensor:
    if not ranks:
        return convert_to_tensor(False)
    result: Tensor = ops.elementwise.equal(ranks[0], rank)
    for other in ranks[1:]:
        result = ops.elementwise.logical_or(result, ops.elementwise.equal(other, rank))
    return result


_EQUAL = _Relation(
    "must have rank",
    lambda rank, given: rank == given[0],
    lambda rank, given: ops.elementwise.equal(rank, given[0]),
)
_AT_LEAST = _Relation(
    "must have rank at least",
    lambda rank, given: rank >= given[0],
    lambda rank, given: ops.elementwise.greater_equal(rank, given[0]),
)
_IN = _Relation("must have rank in", lambda rank, given: rank in given, _is_in)


def _assert_rank(
    relation: _Relation,
    x: Tensor,
    ranks: list[Tensor],
    data: Any,
    summarize: int | None,
    message: str | None,
) -> Operation:
    """The assertion itself, in the name scope of the public function."""
    if data is None:
        words = f"Tensor {x.name} {relation.words}"
        data = [message or "", words, *ranks, "Received shape: ", ops.array.shape(x)]
    for rank in ranks:
        assert_type(rank, dtypes.int32)
    known = [static_value(rank) for rank in ranks]
    given = _scalars(known)
    if given is not None and x.shape.ndims is not None:
        if not relation.holds(x.shape.ndims, given):
            wanted = tuple(given) if relation is _IN else given[0]
            raise ValueError(
                f"{prefix(message, '.  ')}Tensor {x.name} {relation.words} {wanted}.  "
                f"Received rank {x.shape.ndims}, shape {x.shape}"
            )
        return ops.control.no_op(name="static_checks_determined_all_ok")
    condition = relation.condition(ops.array.rank(x), ranks)
    for rank, value in zip(ranks, known, strict=True):
        if value is None:  # `assert_rank(x, [2])` is a mistake too when the 2 comes with the run
            check = assert_rank(rank, 0, data=["Rank must be a scalar. Received rank: ", rank])
            condition = ops.control.with_dependencies([check], condition)
    return ops.control.Assert(condition, data, summarize=summarize)


def _scalars(values: list[np.ndarray | None]) -> list[int] | None:
    """The ranks as numbers when all are known.

    Raises:
      ValueError: one of them is not a scalar.
    """
    ranks = []
    for value in values:
        if value is None:
            return None
        if value.ndim != 0:
            raise ValueError(f"Rank must be a scalar. Received rank: {value.tolist()}")
        ranks.append(int(value))
    return ranks


def assert_rank(
    x: Any,
    rank: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Asserts that `x` has a rank.

    Args:
      x: a tensor.
      rank: int32 scalar.
      data: tensors and strings for the error; by default `message`, the rank and the shape of `x`.
      summarize: how many elements of each go into the error; 3 by default.
      message: what the error begins with.
      name: the name scope.

    Returns:
      An operation which fails where the rank is another; a NoOp when the rank is known.

    Raises:
      ValueError: the ranks are known now and differ, or `rank` is not a scalar.
      TypeError: `rank` is not int32.
    """
    with name_scope(name, "assert_rank", (x, rank, *(data or []))):
        x = convert_to_tensor(x, name="x")
        ranks = [convert_to_tensor(rank, name="rank")]
        return _assert_rank(_EQUAL, x, ranks, data, summarize, message)


def assert_rank_at_least(
    x: Any,
    rank: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Asserts that `x` has a rank of `rank` or more; see `assert_rank`.

    Args:
      x: a tensor.
      rank: int32 scalar.
      data: tensors and strings for the error.
      summarize: how many elements of each go into the error; 3 by default.
      message: what the error begins with.
      name: the name scope.

    Returns:
      An operation which fails where the rank is lower; a NoOp when the rank is known.

    Raises:
      ValueError: the rank is known now and lower, or `rank` is not a scalar.
      TypeError: `rank` is not int32.
    """
    with name_scope(name, "assert_rank_at_least", (x, rank, *(data or []))):
        x = convert_to_tensor(x, name="x")
        ranks = [convert_to_tensor(rank, name="rank")]
        return _assert_rank(_AT_LEAST, x, ranks, data, summarize, message)


def assert_rank_in(
    x: Any,
    ranks: Iterable[Any],
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Asserts that `x` has one of several ranks; see `assert_rank`.

    Args:
      x: a tensor.
      ranks: int32 scalars.
      data: tensors and strings for the error.
      summarize: how many elements of each go into the error; 3 by default.
      message: what the error begins with.
      name: the name scope.

    Returns:
      An operation which fails where the rank is none of them; a NoOp when the rank is known.

    Raises:
      ValueError: the rank is known now and none of them, or one of `ranks` is not a scalar.
      TypeError: one of `ranks` is not int32.
    """
    ranks = tuple(ranks)
    with name_scope(name, "assert_rank_in", (x, *ranks, *(data or []))):
        x = convert_to_tensor(x, name="x")
        tensors = [convert_to_tensor(rank, name="rank") for rank in ranks]
        return _assert_rank(_IN, x, tensors, data, summarize, message)


def assert_scalar(tensor: Any, name: str | None = None, message: str | None = None) -> Tensor:
    """Asserts now that a tensor is known to be a scalar.

    Args:
      tensor: a tensor, or what can be converted into one.
      name: the name scope.
      message: what the error begins with.

    Returns:
      `tensor`, as a Tensor.

    Raises:
      ValueError: it has dimensions, or its shape is not known.
    """
    with name_scope(name, "assert_scalar", [tensor]) as scope:
        tensor = convert_to_tensor(tensor, name=scope)
        if tensor.shape.ndims != 0:
            raise ValueError(
                f"{prefix(message)}Expected scalar shape for {tensor.name}, saw shape: "
                f"{tensor.shape}."
            )
        checked: Tensor = tensor
        return checked


class _Sizes(NamedTuple):
    """One tensor of `assert_shapes`: its sizes, and the symbols for them."""

    x: Tensor
    innermost: bool  # the symbols are of the last dimensions, any number of others stand before
    actual: Any
    symbols: tuple[Any, ...]

    def dimension(self, position: int) -> int:
        return position - len(self.symbols) if self.innermost else position


def assert_shapes(
    shapes: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Asserts the shapes of several tensors, with symbols for sizes that must agree.

        tf.debugging.assert_shapes([(x, ("N", "Q")), (y, ("N", "D")), (w, ("Q",)), (b, ())])

    A scalar counts as a vector of one element.

    Args:
      shapes: pairs (or a dict) of a tensor and its shape: an iterable of numbers, symbols, and None
        or "." for any size. A first entry `...` or "*" stands for any number of dimensions.
      data: tensors and strings for the error; by default `message`, the size and the shape.
      summarize: how many elements of each go into the error; 3 by default.
      message: what the error begins with.
      name: the name scope.

    Returns:
      An operation which fails where a shape is wrong.

    Raises:
      ValueError: sizes are known now and wrong, or a shape is malformed.
    """
    pairs = list(shapes.items()) if isinstance(shapes, dict) else list(shapes)
    with name_scope(name, "assert_shapes", [pairs, data]):
        tensors = [
            _sizes(convert_to_tensor(x), shape, message) for x, shape in pairs if shape is not None
        ]
        of_ranks = []
        for sizes in tensors:
            check = _assert_rank_of(sizes, data, summarize, message, name)
            if check is not None:
                of_ranks.append(check)
        of_sizes = _assert_sizes(tensors, data, summarize, message)
        with control_dependencies(of_ranks):
            return ops.control.group(*of_sizes)


def _sizes(x: Tensor, shape: Any, message: str | None) -> _Sizes:
    if not (hasattr(shape, "__iter__") or hasattr(shape, "__getitem__")):
        raise ValueError(
            f"{prefix(message, '.  ')}Tensor {x.name}.  Specified shape must be an iterable.  "
            "An iterable has the attribute `__iter__` or `__getitem__`.  "
            f"Received specified shape: {shape}"
        )
    symbols = tuple(shape)
    for position, symbol in enumerate(symbols):
        if position and _is_rest(symbol):
            raise ValueError(
                f"{prefix(message, '.  ')}Tensor {x.name} specified shape index {position}.  "
                "Symbol `...` or `*` for a variable number of unspecified dimensions is only "
                "allowed as the first entry"
            )
    innermost = bool(symbols) and _is_rest(symbols[0])
    return _Sizes(x, innermost, _actual_sizes(x), (symbols[1:] if innermost else symbols) or (1,))


def _is_rest(symbol: Any) -> bool:
    return symbol is Ellipsis or (isinstance(symbol, str) and symbol == "*")


def _actual_sizes(x: Tensor) -> Any:
    """Numbers where they are known, else scalars; one vector when the rank is not known."""
    dynamic = ops.array.shape(x)
    if x.shape.ndims == 0:
        return (1,)
    if x.shape.ndims is not None:
        sizes = x.shape.as_list()
        return [dynamic[i] if size is None else size for i, size in enumerate(sizes)]
    is_scalar = ops.elementwise.equal(ops.array.rank(x), 0)
    return ops.control.cond(is_scalar, lambda: ops.array.constant([1]), lambda: dynamic)


def _assert_rank_of(
    sizes: _Sizes, data: Any, summarize: int | None, message: str | None, name: str | None
) -> Operation | None:
    rank = len(sizes.symbols)
    if sizes.innermost:
        if rank <= 1:  # a scalar has one dimension here, so every tensor has enough
            return None
        return assert_rank_at_least(sizes.x, rank, data, summarize, message, name)
    if rank <= 1:
        return assert_rank_in(sizes.x, [0, 1], data, summarize, message, name)
    return assert_rank(sizes.x, rank, data, summarize, message, name)


def _assert_sizes(
    tensors: list[_Sizes], data: Any, summarize: int | None, message: str | None
) -> list[Operation]:
    """An Assert for each size that only the run can tell."""
    first: dict[Any, tuple[Any, str]] = {}  # of a symbol: the size, and where it was met
    checks = []
    for sizes in tensors:
        for position, symbol in enumerate(sizes.symbols):
            if symbol is None or symbol == ".":
                continue
            dimension = sizes.dimension(position)
            number = _as_number(symbol)
            actual = sizes.actual[dimension]
            if number is not None:
                wanted, origin = number, "Specified explicitly"
            elif symbol in first:
                wanted, origin = first[symbol]
            else:
                origin = f"Specified by tensor {sizes.x.name} dimension {dimension}"
                first[symbol] = actual, origin
                continue
            if isinstance(actual, int) and isinstance(wanted, int):
                if actual != wanted:
                    raise ValueError(
                        f"{prefix(message, '.  ')}{origin}.  "
                        f"Tensor {sizes.x.name} dimension {dimension} must have size {wanted}.  "
                        f"Received size {actual}, shape {sizes.x.shape}"
                    )
                continue
            condition = ops.elementwise.equal(convert_to_tensor(actual), convert_to_tensor(wanted))
            words = data
            if words is None:
                about = f"Tensor {sizes.x.name} dimension"
                shape = ops.array.shape(sizes.x)
                words = [message or "", origin, about, dimension, "must have size", wanted]
                words += ["Received shape: ", shape]
            checks.append(ops.control.Assert(condition, words, summarize=summarize))
    return checks


def _as_number(symbol: Any) -> int | None:
    if isinstance(symbol, Tensor):
        return None
    try:
        return int(symbol)
    except (TypeError, ValueError):
        return None
