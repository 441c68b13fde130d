"""Shapes, and values moved without being changed."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...core.base import dtypes
from ...core.graph.constant_value import constant_value_as_shape
from ...core.graph.operation import Operation
from ...core.graph.tensor import Tensor
from .reductions import in_either_order
from .writer import ChannelsFirst, RefusedError, Result, Writer, place_in_first, to_last


def same(to: Writer, op: Operation) -> list[Result]:
    """A row for what hands on its inputs."""
    return list(op.inputs[: len(op.outputs)])


# --- shapes ---------------------------------------------------------------------------------------


def shape(to: Writer, op: Operation) -> list[Result]:
    """Shape and ShapeN."""
    return [
        to.cast(to.node("Shape", to.value(x)), dtypes.int64, result.dtype)
        for x, result in zip(op.inputs, op.outputs)
    ]


def size(to: Writer, op: Operation) -> Result:
    return to.cast(to.node("Size", to.value(op.inputs[0])), dtypes.int64, op.outputs[0].dtype)


def rank(to: Writer, op: Operation) -> Result:
    count = to.node("Size", to.node("Shape", to.value(op.inputs[0])))
    return to.cast(count, dtypes.int64, dtypes.int32)


def reshape(to: Writer, op: Operation) -> Result:
    x, sizes = op.inputs
    name = to.value(x)
    known = _shape_with_one_unknown(to, sizes)
    if known is None:
        return to.node("Reshape", name, to.int64(sizes), allowzero=1)
    return to.node("Reshape", name, known, allowzero=1 if 0 in known else None)


def _shape_with_one_unknown(to: Writer, sizes: Tensor) -> list[int] | None:
    """A shape of which at most one size is not known, with -1 for that one."""
    array = to.known(sizes)
    if array is not None:
        return [int(size) for size in array]
    partly = constant_value_as_shape(sizes)
    if partly.ndims is None:
        return None
    listed = partly.as_list()
    # Beside a size of 0, -1 could be anything.
    if listed.count(None) > 1 or 0 in listed:
        return None
    return [-1 if size is None else size for size in listed]


def expand_dims(to: Writer, op: Operation) -> Result:
    x, axis = op.inputs
    return to.node("Unsqueeze", to.value(x), to.node("Reshape", to.int64(axis), [1]))


def squeeze(to: Writer, op: Operation) -> Result:
    x = op.inputs[0]
    axes = list(op.node_attrs["squeeze_dims"])
    if not axes:
        if x.shape.ndims is None:
            return to.node("Squeeze", to.value(x))
        if None in x.shape.as_list():
            raise RefusedError("which sizes of its input are 1 is not known")
        axes = [axis for axis, size in enumerate(x.shape.as_list()) if size == 1]
    name, places, in_order = in_either_order(to, x, axes, keeps=False)
    return in_order(to.node("Squeeze", name, places))


def broadcast_to(to: Writer, op: Operation) -> Result:
    x, sizes = op.inputs
    return to.node("Expand", to.value(x), to.int64(sizes))


def fill(to: Writer, op: Operation) -> Result:
    sizes, value = op.inputs
    return to.node("Expand", to.value(value), to.int64(sizes))


def number_range(to: Writer, op: Operation) -> Result:
    return to.node("Range", *map(to.value, op.inputs))


# --- joined and taken apart -----------------------------------------------------------------------


def _axis(to: Writer, tensor: Tensor) -> int:
    array = to.known(tensor)
    if array is None:
        raise RefusedError(f"its axis '{tensor.name}' is not known")
    return int(array)


def concat(to: Writer, op: Operation) -> Result:
    """Concat and ConcatV2, whose axis comes first or last."""
    *parts, axis_tensor = op.inputs if op.type == "ConcatV2" else [*op.inputs[1:], op.inputs[0]]
    axis = _axis(to, axis_tensor)
    ranks = {part.shape.ndims for part in parts}
    if len(ranks) == 1 and None not in ranks and any(map(to.is_channels_first, parts)):
        names = [to.channels_first(part) for part in parts]
        (count,) = ranks
        return ChannelsFirst(to.node("Concat", *names, axis=place_in_first(axis, count)))
    return to.node("Concat", *map(to.value, parts), axis=axis)


def pack(to: Writer, op: Operation) -> Result:
    axis = op.node_attrs["axis"]
    rows = [to.node("Unsqueeze", to.value(part), [axis]) for part in op.inputs]
    return to.node("Concat", *rows, axis=axis)


def unpack(to: Writer, op: Operation) -> list[Result]:
    axis, count = op.node_attrs["axis"], op.node_attrs["num"]
    if count == 0:
        return []
    rows = _split(to, to.value(op.inputs[0]), axis, [1] * count)
    return [to.node("Squeeze", row, [axis]) for row in rows]


def split(to: Writer, op: Operation) -> list[Result]:
    """Split and SplitV, which tells the sizes of its parts."""
    axis_tensor, x = (op.inputs[0], op.inputs[1]) if op.type == "Split" else op.inputs[::-2]
    axis = _axis(to, axis_tensor)
    name, in_order = to.value, str
    if x.shape.ndims is not None and to.is_channels_first(x):
        name, in_order = to.channels_first, ChannelsFirst
        place = place_in_first(axis, x.shape.ndims)
    else:
        place = axis
    count = len(op.outputs)
    if count == 1:
        return [x]
    if op.type == "Split":
        parts = to.node("Split", name(x), outputs=count, axis=place, num_outputs=count)
        return [in_order(part) for part in parts]
    sizes = to.known(op.inputs[1])
    if sizes is None:
        return [
            in_order(part) for part in _split(to, name(x), place, to.int64(op.inputs[1]), count)
        ]
    listed = sizes.tolist()
    if -1 in listed:
        total = x.shape.as_list()[axis] if x.shape.ndims is not None else None
        if total is None:
            raise RefusedError("how long its input is is not known")
        listed[listed.index(-1)] = total - sum(listed) - 1
    return [in_order(part) for part in _split(to, name(x), place, listed)]


def _split(to: Writer, name: str, axis: int, sizes: Any, count: int | None = None) -> list[str]:
    count = len(sizes) if count is None else count
    if count == 1:
        return [to.node("Identity", name)]
    return list(to.node("Split", name, sizes, outputs=count, axis=axis))


# --- moved ----------------------------------------------------------------------------------------


def transpose(to: Writer, op: Operation) -> Result:
    x, perm_tensor = op.inputs
    array = to.known(perm_tensor)
    if array is None:
        raise RefusedError("its permutation is not known")
    perm = [int(place) for place in array]
    if to.is_channels_first(x):
        combined = [to_last(len(perm))[place] for place in perm]
        name = to.channels_first(x)
        if combined == sorted(combined):
            return to.node("Identity", name)
        return to.node("Transpose", name, perm=combined)
    return to.transposed(x, perm)


def tile(to: Writer, op: Operation) -> Result:
    x, multiples = op.inputs
    return to.node("Tile", to.value(x), to.int64(multiples))


def pad(to: Writer, op: Operation) -> Result:
    """Pad and PadV2, and MirrorPad that does not repeat the edge."""
    x, margins = op.inputs[:2]
    mode = "constant"
    if op.type == "MirrorPad":
        if op.node_attrs["mode"] != "REFLECT":
            raise RefusedError("ONNX mirrors without the edge only")
        mode = "reflect"
    value = [to.value(op.inputs[2])] if op.type == "PadV2" else []
    array = to.known(margins)
    if array is None:
        pads = to.node("Reshape", to.node("Transpose", to.int64(margins), perm=[1, 0]), [-1])
        return to.node("Pad", to.value(x), pads, *value, mode=mode)
    if to.is_channels_first(x):
        order = [0, len(array) - 1, *range(1, len(array) - 1)]
        pads = array[order].T.ravel().astype(np.int64)
        return ChannelsFirst(to.node("Pad", to.channels_first(x), pads, *value, mode=mode))
    return to.node("Pad", to.value(x), array.T.ravel().astype(np.int64), *value, mode=mode)


def reverse(to: Writer, op: Operation) -> Result:
    x, axes = op.inputs
    places = to.known(axes)
    if places is None:
        raise RefusedError("its axes are not known")
    count = len(places)
    if count == 0:
        return x
    lowest = np.iinfo(np.int64).min
    steps = [-1] * count
    return to.node("Slice", to.value(x), steps, [lowest] * count, places.astype(np.int64), steps)


def reverse_sequence(to: Writer, op: Operation) -> Result:
    time, batch = op.node_attrs["seq_dim"], op.node_attrs["batch_dim"]
    if {time, batch} != {0, 1}:
        raise RefusedError(f"its axes are {batch} and {time}; ONNX wants the first two")
    x, lengths = op.inputs
    name = to.value(x)
    return to.node("ReverseSequence", name, to.int64(lengths), batch_axis=batch, time_axis=time)


# --- looked up ------------------------------------------------------------------------------------


def gather(to: Writer, op: Operation) -> Result:
    """Gather, GatherV2; with examples in common, GatherND of one place each."""
    params, indices = op.inputs[:2]
    axis = _axis(to, op.inputs[2]) if op.type == "GatherV2" else 0
    common = op.node_attrs.get("batch_dims", 0)
    if common < 0 and indices.shape.ndims is not None:
        common += indices.shape.ndims
    if common == 0:
        return to.node("Gather", to.value(params), to.value(indices), axis=axis)
    if axis != common:
        raise RefusedError(f"it gathers along axis {axis} with {common} dimensions in common")
    places = to.node("Unsqueeze", to.int64(indices), [-1])
    return to.node("GatherND", to.value(params), places, batch_dims=common)


def gather_nd(to: Writer, op: Operation) -> Result:
    params, indices = op.inputs
    return to.node("GatherND", to.value(params), to.int64(indices))


def one_hot(to: Writer, op: Operation) -> Result:
    """Compares with each class: ONNX' own op takes -1 as the last class, TensorFlow's as none."""
    indices, depth, on, off = op.inputs
    axis = op.node_attrs["axis"]
    if axis != -1 and indices.shape.ndims is None:
        raise RefusedError("the rank of its indices is not known")
    behind = 0 if axis == -1 else indices.shape.ndims - axis
    count = to.known(depth)
    if count is not None:
        classes = to.constant(np.arange(int(count), dtype=np.int64).reshape(-1, *[1] * behind))
    else:
        numbers = to.node("Range", np.int64(0), to.int64(depth), np.int64(1))
        classes = to.node("Reshape", numbers, [-1, *[1] * behind])
    is_on = to.node("Equal", to.node("Unsqueeze", to.int64(indices), [axis]), classes)
    return to.node("Where", is_on, to.value(on), to.value(off))


def where(to: Writer, op: Operation) -> Result:
    """The places of what is not zero, one in each row."""
    x = op.inputs[0]
    return to.node("Transpose", to.node("NonZero", to.value(x)), perm=[1, 0])


# --- blocks ---------------------------------------------------------------------------------------


def _known_blocks(to: Writer, op: Operation) -> tuple[list[int], list[list[int]], list[int | None]]:
    """The blocks, what is added or cut off at both ends of dimensions, and the input's shape."""
    x, blocks, margins = op.inputs
    arrays = to.known(blocks), to.known(margins)
    if arrays[0] is None or arrays[1] is None:
        raise RefusedError("its blocks are not known")
    sizes = x.shape.as_list() if x.shape.ndims is not None else [None, None]
    if None in sizes[1:]:
        raise RefusedError("the size of its images is not known")
    return arrays[0].tolist(), arrays[1].tolist(), sizes


def space_to_batch(to: Writer, op: Operation) -> Result:
    """[batch, height, width, ...] to [bh, bw, batch, height / bh, width / bw, ...]."""
    blocks, margins, sizes = _known_blocks(to, op)
    count, rest = len(blocks), sizes[len(blocks) + 1 :]
    padded = np.zeros((len(sizes), 2), np.int64)
    padded[1 : count + 1] = margins
    name = to.node("Pad", to.value(op.inputs[0]), padded.T.ravel())
    lengths = [(size + sum(pair)) // b for size, pair, b in zip(sizes[1:], margins, blocks)]
    apart = [size for pair in zip(lengths, blocks) for size in pair]
    name = to.node("Reshape", name, [-1, *apart, *rest])
    inner, outer = range(2, 2 * count + 2, 2), range(1, 2 * count + 1, 2)
    behind = range(2 * count + 1, 2 * count + 1 + len(rest))
    name = to.node("Transpose", name, perm=[*inner, 0, *outer, *behind])
    return to.node("Reshape", name, [-1, *lengths, *rest])


def batch_to_space(to: Writer, op: Operation) -> Result:
    """[bh, bw, batch, height, width, ...] to [batch, height * bh, width * bw, ...]."""
    blocks, crops, sizes = _known_blocks(to, op)
    count, rest = len(blocks), sizes[len(blocks) + 1 :]
    name = to.node("Reshape", to.value(op.inputs[0]), [*blocks, -1, *sizes[1:]])
    pairs = [place for i in range(count) for place in (count + 1 + i, i)]
    behind = range(2 * count + 1, 2 * count + 1 + len(rest))
    name = to.node("Transpose", name, perm=[count, *pairs, *behind])
    lengths = [size * block for size, block in zip(sizes[1:], blocks)]
    name = to.node("Reshape", name, [-1, *lengths, *rest])
    starts = [before for before, _ in crops]
    ends = [length - after for length, (_, after) in zip(lengths, crops)]
    return to.node("Slice", name, starts, ends, list(range(1, count + 1)))
