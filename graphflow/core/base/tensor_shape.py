"""Static shapes: what is known about a tensor's shape while the graph is built.

A TensorShape holds a tuple of ints, None standing for an unknown dimension, or None when even
the rank is unknown. TF1's Dimension objects are made when someone asks for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Union, overload

from .dtypes import DType

if TYPE_CHECKING:
    from ...protos.tensor_pb2 import TensorShapeProto

# What the functions here take for a dimension and for a shape.
DimensionLike = Union["Dimension", int, None, Any]
ShapeLike = Any

_v2_behavior = False


def enable_v2_tensorshape() -> None:
    """Lets TensorShape's items be ints and None, as in TF 2, instead of Dimension objects."""
    global _v2_behavior
    _v2_behavior = True


def disable_v2_tensorshape() -> None:
    """Lets TensorShape's items be Dimension objects, as in TF 1: the default."""
    global _v2_behavior
    _v2_behavior = False


def _dimension_value(value: DimensionLike) -> int | None:
    """The int or None that a description of a dimension stands for."""
    if value is None or (type(value) is int and value >= 0):
        return value
    if isinstance(value, Dimension):
        return value._value
    if isinstance(value, DType):
        raise TypeError(f"Cannot convert {value} to Dimension")
    number = int(value)
    if not isinstance(value, (bytes, str)) and number != value:
        raise ValueError(f"Ambiguous dimension: {value}")
    if number < 0:
        raise ValueError(f"Dimension {number} must be >= 0")
    return number


class Dimension:
    """The size of one dimension, or the fact that it is unknown.

    Args:
      value: an integer from 0, a number or text equal to one, a Dimension, or None if unknown.

    Arithmetic with an unknown dimension gives an unknown one; a comparison with an unknown one,
    `==` included, gives None. Hashable by its value, which TF1's is not.

    Raises:
      ValueError: the value is negative or no whole number.
      TypeError: it is no number.
    """

    __slots__ = ("_value",)

    def __init__(self, value: DimensionLike) -> None:
        self._value = _dimension_value(value)

    @property
    def value(self) -> int | None:
        """The size, or None."""
        return self._value

    def is_compatible_with(self, other: DimensionLike) -> bool:
        """Whether both can stand for one size: equal, or one of them unknown."""
        value = _value_or_not_implemented(other)
        if value is NotImplemented:
            return NotImplemented
        return self._value is None or value is None or self._value == value

    def assert_is_compatible_with(self, other: DimensionLike) -> None:
        """Raises ValueError unless `self.is_compatible_with(other)`."""
        if not self.is_compatible_with(other):
            raise ValueError(f"Dimensions {self} and {other} are not compatible")

    def merge_with(self, other: DimensionLike) -> Dimension:
        """The dimension that knows what either knows.

        Raises:
          ValueError: the two sizes differ.
        """
        other = as_dimension(other)
        self.assert_is_compatible_with(other)
        return Dimension(other._value if self._value is None else self._value)

    def _combine(self, other: DimensionLike, operation: Callable[[int, int], int]) -> Dimension:
        value = _value_or_not_implemented(other)
        if value is NotImplemented:
            return NotImplemented
        if self._value is None or value is None:
            return Dimension(None)
        return Dimension(operation(self._value, value))

    def __add__(self, other: DimensionLike) -> Dimension:
        return self._combine(other, int.__add__)

    def __radd__(self, other: DimensionLike) -> Dimension:
        return self._combine(other, int.__radd__)

    def __sub__(self, other: DimensionLike) -> Dimension:
        return self._combine(other, int.__sub__)

    def __rsub__(self, other: DimensionLike) -> Dimension:
        return self._combine(other, int.__rsub__)

    def __mul__(self, other: DimensionLike) -> Dimension:
        return self._combine(other, int.__mul__)

    def __rmul__(self, other: DimensionLike) -> Dimension:
        return self._combine(other, int.__rmul__)

    def __floordiv__(self, other: DimensionLike) -> Dimension:
        return self._combine(other, int.__floordiv__)

    def __rfloordiv__(self, other: DimensionLike) -> Dimension:
        return self._combine(other, int.__rfloordiv__)

    def __mod__(self, other: DimensionLike) -> Dimension:
        return self._combine(other, int.__mod__)

    def __rmod__(self, other: DimensionLike) -> Dimension:
        return self._combine(other, int.__rmod__)

    def __truediv__(self, other: Any) -> Dimension:
        raise TypeError(
            f"unsupported operand type(s) for /: 'Dimension' and '{type(other).__name__}', "
            "please use // instead"
        )

    def __rtruediv__(self, other: Any) -> Dimension:
        raise TypeError(
            f"unsupported operand type(s) for /: '{type(other).__name__}' and 'Dimension', "
            "please use // instead"
        )

    def _compare(self, other: DimensionLike, relation: Callable[[int, int], bool]) -> bool | None:
        value = _value_or_not_implemented(other)
        if value is NotImplemented:
            return NotImplemented
        if self._value is None or value is None:
            return None
        return relation(self._value, value)

    def __eq__(self, other: object) -> bool | None:  # type: ignore[override]
        return self._compare(other, int.__eq__)

    def __ne__(self, other: object) -> bool | None:  # type: ignore[override]
        return self._compare(other, int.__ne__)

    def __lt__(self, other: DimensionLike) -> bool | None:
        return self._compare(other, int.__lt__)

    def __le__(self, other: DimensionLike) -> bool | None:
        return self._compare(other, int.__le__)

    def __gt__(self, other: DimensionLike) -> bool | None:
        return self._compare(other, int.__gt__)

    def __ge__(self, other: DimensionLike) -> bool | None:
        return self._compare(other, int.__ge__)

    def __hash__(self) -> int:
        return hash(self._value)

    def __int__(self) -> int:
        return self._value  # type: ignore[return-value]

    def __index__(self) -> int:
        return self._value  # type: ignore[return-value]

    def __repr__(self) -> str:
        return f"Dimension({self._value!r})"

    def __str__(self) -> str:
        return "?" if self._value is None else str(self._value)

    def __reduce__(self) -> tuple[Any, ...]:
        return Dimension, (self._value,)


def _value_or_not_implemented(other: DimensionLike) -> Any:
    """The other operand's int or None; NotImplemented when it is no dimension at all."""
    try:
        return _dimension_value(other)
    except (TypeError, ValueError):
        return NotImplemented


def as_dimension(value: DimensionLike) -> Dimension:
    """The value itself if it is a Dimension, else the Dimension made of it."""
    return value if isinstance(value, Dimension) else Dimension(value)


class TensorShape:
    """The static shape of a tensor.

    Args:
      dims: an iterable of dimensions (ints, None, Dimensions), a TensorShape, a TensorShapeProto,
        one number for a vector's length, or None when the rank is unknown.

    The shape is a sequence of Dimension objects (of ints and None after
    `enable_v2_tensorshape`). As in TF1, shapes with an unknown dimension are not `==`, because
    they may stand for different shapes, unless they are one object or copies of it; two shapes
    of unknown rank are `==`, and `!=` of them is an error. Hashable, which TF1's is not.

    Raises:
      TypeError: the argument is text, or has an item that is no number.
      ValueError: a dimension is negative or no whole number.
    """

    __slots__ = ("_dims",)

    _dims: tuple[int | None, ...] | None

    def __init__(self, dims: ShapeLike) -> None:
        if dims is None:
            self._dims = None
        elif isinstance(dims, (tuple, list)):
            self._dims = tuple(map(_dimension_value, dims))
        elif isinstance(dims, TensorShape):
            self._dims = dims._dims
        elif isinstance(dims, (bytes, str)):
            raise TypeError(
                "A string has ambiguous TensorShape, please wrap in a list or convert to an int: "
                f"{dims!s}"
            )
        elif hasattr(dims, "unknown_rank"):
            self._dims = _dims_of_proto(dims)
        else:
            self._dims = _dims_of_iterable_or_number(dims)

    @property
    def _v2_behavior(self) -> bool:
        """Whether items are ints and None, see `enable_v2_tensorshape`."""
        return _v2_behavior

    @property
    def rank(self) -> int | None:
        """The number of dimensions, or None."""
        return None if self._dims is None else len(self._dims)

    @property
    def ndims(self) -> int | None:
        """The number of dimensions, or None: the older name of `rank`."""
        return None if self._dims is None else len(self._dims)

    @property
    def dims(self) -> list[Dimension] | None:
        """A new list of Dimensions, or None when the rank is unknown."""
        return None if self._dims is None else list(map(Dimension, self._dims))

    def as_list(self) -> list[int | None]:
        """The dimensions as ints and None.

        Raises:
          ValueError: the rank is unknown.
        """
        if self._dims is None:
            raise ValueError("as_list() is not defined on an unknown TensorShape.")
        return list(self._dims)

    def as_proto(self) -> TensorShapeProto:
        """The shape as a TensorShapeProto: -1 for an unknown dimension."""
        from ...protos.tensor_pb2 import TensorShapeProto

        if self._dims is None:
            return TensorShapeProto(unknown_rank=True)
        sizes = (-1 if dim is None else dim for dim in self._dims)
        return TensorShapeProto(dim=[TensorShapeProto.Dim(size=size) for size in sizes])

    def num_elements(self) -> int | None:
        """The number of elements, or None unless the shape is fully defined."""
        if self._dims is None:
            return None
        count = 1
        for dim in self._dims:
            if dim is None:
                return None
            count *= dim
        return count

    def is_fully_defined(self) -> bool:
        """Whether the rank and every dimension are known."""
        return self._dims is not None and None not in self._dims

    def assert_is_fully_defined(self) -> None:
        """Raises ValueError unless the rank and every dimension are known."""
        if not self.is_fully_defined():
            raise ValueError(f"Shape {self} is not fully defined")

    def is_compatible_with(self, other: ShapeLike) -> bool:
        """Whether some fully defined shape fits both.

        Args:
          other: a TensorShape, or what makes one.

        Returns:
          True when a rank is unknown, or the ranks agree and no known dimension differs.
        """
        mine, theirs = self._dims, as_shape(other)._dims
        if mine is None or theirs is None or mine is theirs:
            return True
        return len(mine) == len(theirs) and all(
            x is None or y is None or x == y for x, y in zip(mine, theirs, strict=True)
        )

    def assert_is_compatible_with(self, other: ShapeLike) -> None:
        """Raises ValueError unless `self.is_compatible_with(other)`."""
        if not self.is_compatible_with(other):
            raise ValueError(f"Shapes {self} and {as_shape(other)} are incompatible")

    def merge_with(self, other: ShapeLike) -> TensorShape:
        """The shape that knows what either knows.

        Args:
          other: a TensorShape, or what makes one.

        Returns:
          A TensorShape.

        Raises:
          ValueError: the ranks or two known dimensions differ.
        """
        other_shape = as_shape(other)
        mine, theirs = self._dims, other_shape._dims
        if mine is None:
            return other_shape
        if theirs is None:
            return self
        if not self.is_compatible_with(other_shape):
            raise ValueError(f"Shapes {self} and {other_shape} are not compatible")
        return _shape_of(tuple(y if x is None else x for x, y in zip(mine, theirs, strict=True)))

    def most_specific_compatible_shape(self, other: ShapeLike) -> TensorShape:
        """The shape that knows what both agree on.

        Args:
          other: a TensorShape, or what makes one.

        Returns:
          A TensorShape with None where the dimensions differ, of unknown rank where the ranks do.
        """
        mine, theirs = self._dims, as_shape(other)._dims
        if mine is None or theirs is None or len(mine) != len(theirs):
            return _shape_of(None)
        return _shape_of(tuple(x if x == y else None for x, y in zip(mine, theirs, strict=True)))

    def concatenate(self, other: ShapeLike) -> TensorShape:
        """This shape's dimensions, then the other's; unknown rank if one's rank is unknown."""
        mine, theirs = self._dims, as_shape(other)._dims
        return _shape_of(None if mine is None or theirs is None else mine + theirs)

    def __add__(self, other: ShapeLike) -> TensorShape:
        return self.concatenate(other)

    def __radd__(self, other: ShapeLike) -> TensorShape:
        return as_shape(other).concatenate(self)

    def __concat__(self, other: ShapeLike) -> TensorShape:
        return self.concatenate(other)

    def assert_same_rank(self, other: ShapeLike) -> None:
        """Raises ValueError if both ranks are known and differ."""
        other = as_shape(other)
        if self.rank is not None and other.rank is not None and self.rank != other.rank:
            raise ValueError(f"Shapes {self} and {other} must have the same rank")

    def assert_has_rank(self, rank: int) -> None:
        """Raises ValueError if the rank is known and another."""
        if self.rank not in (None, rank):
            raise ValueError(f"Shape {self} must have rank {rank}")

    def with_rank(self, rank: int) -> TensorShape:
        """The shape with this rank: itself, or unknown dimensions where the rank is unknown.

        Raises:
          ValueError: the rank is known and another.
        """
        self.assert_has_rank(rank)
        return unknown_shape(rank) if self._dims is None else self

    def with_rank_at_least(self, rank: int) -> TensorShape:
        """The shape itself.

        Raises:
          ValueError: the rank is known and less.
        """
        if self.rank is not None and self.rank < rank:
            raise ValueError(f"Shape {self} must have rank at least {rank}")
        return self

    def with_rank_at_most(self, rank: int) -> TensorShape:
        """The shape itself.

        Raises:
          ValueError: the rank is known and greater.
        """
        if self.rank is not None and self.rank > rank:
            raise ValueError(f"Shape {self} must have rank at most {rank}")
        return self

    def __len__(self) -> int:
        if self._dims is None:
            raise ValueError("Cannot take the length of shape with unknown rank.")
        return len(self._dims)

    def __bool__(self) -> bool:
        """Whether the rank is known: a scalar's shape is true."""
        return self._dims is not None

    def __iter__(self) -> Iterator[Any]:
        if self._dims is None:
            raise ValueError("Cannot iterate over a shape with unknown rank.")
        return iter(self._dims) if _v2_behavior else map(Dimension, self._dims)

    @overload
    def __getitem__(self, key: slice) -> TensorShape: ...

    @overload
    def __getitem__(self, key: int) -> Any: ...

    def __getitem__(self, key: Any) -> Any:
        """One dimension, or the shape of a slice.

        Of an unknown rank, an item is an unknown dimension, and a slice has as many unknown
        dimensions as its bounds tell.

        Raises:
          IndexError: a known rank has no such dimension.
          ValueError: a slice of an unknown rank has a step.
        """
        if isinstance(key, slice):
            return self._slice(key)
        value = None if self._dims is None else self._dims[key]
        return value if _v2_behavior else Dimension(value)

    def _slice(self, key: slice) -> TensorShape:
        if self._dims is not None:
            return _shape_of(self._dims[key])
        if key.step is not None:
            raise ValueError("Steps are not yet handled")
        start = 0 if key.start is None else key.start
        if key.stop is None or start < 0 or key.stop < 0:
            return _shape_of(None)
        return unknown_shape(key.stop - start)

    def __eq__(self, other: object) -> bool:
        try:
            theirs = as_shape(other)._dims
        except TypeError:
            return NotImplemented
        mine = self._dims
        return mine is theirs or (mine is not None and mine == theirs and None not in mine)

    def __ne__(self, other: object) -> bool:
        try:
            theirs = as_shape(other)._dims
        except TypeError:
            return NotImplemented
        if self._dims is None or theirs is None:
            raise ValueError("The inequality of unknown TensorShapes is undefined.")
        return not self == other

    def __hash__(self) -> int:
        return hash(self._dims)

    def __repr__(self) -> str:
        return f"TensorShape({list(self) if self._dims is not None else None!r})"

    def __str__(self) -> str:
        if self._dims is None:
            return "<unknown>"
        unknown = "None" if _v2_behavior else "?"
        items = [unknown if dim is None else str(dim) for dim in self._dims]
        return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return TensorShape, (self.dims,)


def _shape_of(dims: tuple[int | None, ...] | None) -> TensorShape:
    """A TensorShape of dims known to be right: no check, no copy."""
    shape = TensorShape.__new__(TensorShape)
    shape._dims = dims
    return shape


def _dims_of_proto(proto: Any) -> tuple[int | None, ...] | None:
    """The dims of a TensorShapeProto, ours or TensorFlow's."""
    if proto.unknown_rank:
        return None
    return tuple(None if dim.size == -1 else _dimension_value(dim.size) for dim in proto.dim)


def _dims_of_iterable_or_number(dims: Any) -> tuple[int | None, ...]:
    try:
        items = iter(dims)
    except TypeError:
        return (_dimension_value(dims),)
    return tuple(map(_dimension_value, items))


def as_shape(shape: ShapeLike) -> TensorShape:
    """The argument itself if it is a TensorShape, else the TensorShape made of it."""
    return shape if isinstance(shape, TensorShape) else TensorShape(shape)


def unknown_shape(rank: int | None = None, *, ndims: int | None = None) -> TensorShape:
    """A shape of unknown dimensions.

    Args:
      rank: the number of dimensions, or None when that is unknown too.
      ndims: the older name of `rank`.

    Returns:
      A TensorShape.
    """
    if rank is None:
        rank = ndims
    return _shape_of(None if rank is None else (None,) * rank)


def scalar() -> TensorShape:
    """The shape of a scalar."""
    return _shape_of(())


def vector(length: DimensionLike) -> TensorShape:
    """The shape of a vector of this length (None if unknown)."""
    return TensorShape([length])


def matrix(rows: DimensionLike, cols: DimensionLike) -> TensorShape:
    """The shape of a matrix of these sizes (None where unknown)."""
    return TensorShape([rows, cols])


def dimension_value(dimension: Any) -> Any:
    """The int or None of a Dimension; anything else comes back as it is."""
    return dimension._value if isinstance(dimension, Dimension) else dimension


def dimension_at_index(shape: TensorShape, index: int) -> Dimension:
    """One dimension of a shape as a Dimension, unknown if the rank is.

    Args:
      shape: a TensorShape.
      index: its position, negative from the end.

    Returns:
      A Dimension, also after `enable_v2_tensorshape`.
    """
    return Dimension(None if shape._dims is None else shape._dims[index])
