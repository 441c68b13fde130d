"""Reductions: over channels or over whole images they take these in either order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...core.base import dtypes
from ...core.graph.operation import Operation
from ...core.graph.tensor import Tensor
from .elementwise import bool_as_int, int_as_bool
from .writer import ChannelsFirst, RefusedError, Result, Writer, place_in_first

Emitter = Callable[[Writer, Operation], Result]


def in_either_order(
    to: Writer, x: Tensor, axes: Sequence[int], keeps: bool
) -> tuple[str, list[int], Callable[[str], Result]]:
    """A value of which some dimensions go, or are left with the size 1.

    Args:
      to: the writer.
      x: the tensor.
      axes: the dimensions.
      keeps: whether they are left.

    Returns:
      The name of the value, its dimensions in that value's order, and what a result is wrapped in.
    """
    rank = x.shape.ndims
    if rank is not None and to.is_channels_first(x):
        gone = {axis % rank for axis in axes}
        # What is left has the same order when channels are gone, or all that is before them.
        if keeps or rank - 1 in gone or gone.issuperset(range(1, rank - 1)):
            placed = [place_in_first(axis, rank) for axis in gone]
            return to.channels_first(x), sorted(placed), ChannelsFirst if keeps else str
    return to.value(x), [int(axis) for axis in axes], str


def reduce(op_type: str) -> Emitter:
    """A row for a reduction."""

    def emitter(to: Writer, op: Operation) -> Result:
        x, axes = op.inputs
        keeps = op.node_attrs["keep_dims"]
        array = to.known(axes)
        is_bool = x.dtype.base_dtype.is_bool
        if array is None:
            name, places, in_order = to.value(x), to.int64(axes), str
        else:
            name, places, in_order = in_either_order(to, x, array.ravel().tolist(), keeps)
        name = bool_as_int(to, name) if is_bool else name
        # Without this, no axes would mean all of them.
        result = to.node(op_type, name, places, keepdims=int(keeps), noop_with_empty_axes=1)
        return in_order(int_as_bool(to, result) if is_bool else result)

    return emitter


def l2_loss(to: Writer, op: Operation) -> Result:
    x = op.inputs[0]
    total = to.node("ReduceSumSquare", to.value(x), keepdims=0)
    return to.node("Mul", total, to.scalar(0.5, x))


def arg_extreme(op_type: str) -> Emitter:
    """A row for ArgMax or ArgMin; of equal elements the first one counts in both."""

    def emitter(to: Writer, op: Operation) -> Result:
        x, axis = op.inputs
        place = to.known(axis)
        if place is None:
            raise RefusedError("its axis is not known")
        name, (where,), in_order = in_either_order(to, x, [int(place)], keeps=False)
        result = to.node(op_type, name, axis=where, keepdims=0)
        return in_order(to.cast(result, dtypes.int64, op.outputs[0].dtype))

    return emitter


def softmax(op_type: str) -> Emitter:
    """A row for Softmax or LogSoftmax, over the last dimension."""

    def emitter(to: Writer, op: Operation) -> Result:
        name, (axis,), in_order = in_either_order(to, op.inputs[0], [-1], keeps=True)
        return in_order(to.node(op_type, name, axis=axis))

    return emitter


def cumulative_sum(to: Writer, op: Operation) -> Result:
    x, axis = op.inputs
    exclusive, backwards = (int(op.node_attrs[name]) for name in ("exclusive", "reverse"))
    return to.node("CumSum", to.value(x), to.value(axis), exclusive=exclusive, reverse=backwards)


def top_k(to: Writer, op: Operation) -> list[Result]:
    x, k = op.inputs
    count = to.node("Reshape", to.int64(k), [1])
    values, places = to.node("TopK", to.value(x), count, outputs=2, sorted=1)
    return [values, to.cast(places, dtypes.int64, op.outputs[1].dtype)]
