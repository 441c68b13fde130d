"""Shape rules that many ops share; each takes a ShapeContext and gives the output shapes."""

from __future__ import annotations

from collections.abc import Callable

from ..base.tensor_shape import Dimension, TensorShape
from ..graph.shape_context import ShapeContext, shape_text


def scalar_shape(context: ShapeContext) -> TensorShape:
    """Every output is a scalar."""
    return TensorShape([])


def same_as_input(context: ShapeContext) -> TensorShape:
    """One output, shaped like the first input."""
    return context.shape(0)


def same_as_input_number(index: int) -> Callable[[ShapeContext], TensorShape]:
    """One output, shaped like the input at that position."""
    return lambda context: context.shape(index)


def all_inputs_same(context: ShapeContext) -> TensorShape:
    """All inputs and the output have one shape.

    Raises:
      ValueError: two inputs differ.
    """
    shape = context.shape(0)
    for other in context.shapes[1:]:
        shape = merged_shape(shape, other)
    return shape


def each_like_its_input(context: ShapeContext) -> list[TensorShape]:
    """As many outputs as inputs, shaped alike."""
    return list(context.shapes)


def unknown(context: ShapeContext) -> list[TensorShape]:
    """Nothing is known of any output."""
    return [TensorShape(None)] * context.num_outputs


def no_outputs(context: ShapeContext) -> list[TensorShape]:
    """There is no output."""
    return []


def broadcast(context: ShapeContext) -> TensorShape:
    """The shape two inputs have together by NumPy's broadcasting rules.

    Raises:
      ValueError: they cannot be broadcast.
    """
    return broadcast_shapes(context.shape(0), context.shape(1))


def broadcast_shapes(x: TensorShape, y: TensorShape) -> TensorShape:
    """The broadcast shape, as far as the two shapes tell.

    Raises:
      ValueError: they cannot be broadcast.
    """
    if x.ndims is None or y.ndims is None:
        return TensorShape(None)
    rank = max(x.ndims, y.ndims)
    xs = [1] * (rank - x.ndims) + x.as_list()
    ys = [1] * (rank - y.ndims) + y.as_list()
    sizes: list[int | None] = []
    for a, b in zip(xs, ys, strict=True):
        if a == 1 or b == 1:
            sizes.append(b if a == 1 else a)
        elif a is None or b is None:
            sizes.append(a if b is None else b)
        elif a == b:
            sizes.append(a)
        else:
            raise ValueError(f"Dimensions must be equal, but are {a} and {b}")
    return TensorShape(sizes)


def merged_shape(x: TensorShape, y: TensorShape) -> TensorShape:
    """What two descriptions of one shape say together.

    Raises:
      ValueError: they contradict each other; in the words of TF's shape functions.
    """
    if x.ndims is None or y.ndims is None:
        return x.merge_with(y)
    if x.ndims != y.ndims:
        raise ValueError(f"Shapes must be equal rank, but are {x.ndims} and {y.ndims}")
    for axis, (a, b) in enumerate(zip(x.as_list(), y.as_list(), strict=True)):
        if a is not None and b is not None and a != b:
            given = " and ".join(shape_text(shape) for shape in (x, y))
            raise ValueError(
                f"Dimension {axis} in both shapes must be equal, but are {a} and {b}. "
                f"Shapes are {given}."
            )
    return x.merge_with(y)


def normalized_axis(axis: int, rank: int, inserting: bool = False) -> int:
    """A possibly negative axis of a tensor of that rank, counted from the front.

    Raises:
      ValueError: there is no such axis.
    """
    limit = rank + 1 if inserting else rank
    if not -limit <= axis < limit:
        raise ValueError(f"axis {axis} is out of range [-{limit}, {limit})")
    return axis + limit if axis < 0 else axis


def merged_dimension(a: Dimension | int | None, b: Dimension | int | None) -> int | None:
    """What two descriptions of one dimension say together.

    Raises:
      ValueError: they contradict each other.
    """
    return Dimension(a).merge_with(Dimension(b)).value
