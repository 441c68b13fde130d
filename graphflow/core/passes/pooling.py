"""Max pooling with what stands around it.

    y = MaxPool(x), dx = MaxPoolGrad(x, y, dy)   ->  y, mask = _MaxPoolWithMask(x)
                                                     dx = _MaxPoolGradFromMask(mask, dy)
    ReluGrad(_MaxPoolGradFromMask(mask, dy), r)  ->  _MaxPoolGradFromMask(mask, ReluGrad(dy, y))
        where y, mask = _MaxPoolWithMask(r): the gradient goes to elements where r = y only
    MaxPool(Relu(x))   ->  Relu(MaxPool(x))          both grow with x: the maximum stays where it is
    MaxPool(x + bias)  ->  MaxPool(x) + bias         a bias per channel is the same in all a window
    Sum(_MaxPoolGradFromMask(mask, dy), [0, 1, 2])  ->  Sum(dy, [0, 1, 2])
        each dy goes to one element; so does BiasAddGrad

What comes after a pool works on a quarter of the elements, and a training step keeps a byte for
each maximum in place of the whole image.
"""

from __future__ import annotations

import math
from typing import Any

from ..base import dtypes
from ..graph.op_def import find_op
from ..ops.nn.masked_pooling import max_pool_grad_from_mask_op, max_pool_with_mask_op
from ..program.program import Node, Program, Value
from .rewriter import Rewriter

_POOL_ATTRS = ("ksize", "strides", "padding", "data_format", "T")
_ADDITIONS = ("Add", "AddV2", "BiasAdd")
_MAX_WINDOW = 255  # a mask's byte counts the elements of a window


def pool_with_masks(program: Program) -> Program:
    """Lets the gradients of max pools use masks, and moves what is monotonic behind the pools."""
    rewriter = Rewriter(program)
    for index in range(len(program.nodes)):
        if rewriter.nodes[index].op.name == "MaxPool":
            _use_mask(rewriter, index)
    for index in range(len(program.nodes)):
        if rewriter.nodes[index].op.name in ("ReluGrad", "Sum", "BiasAddGrad"):
            _move_before_unpooling(rewriter, index)
    for index, node in enumerate(list(rewriter.nodes)):
        if node.op in (find_op("MaxPool"), max_pool_with_mask_op):
            _move_behind_pool(rewriter, index)
    return rewriter.finished()


def _use_mask(rewriter: Rewriter, index: int) -> None:
    """Replaces a pool whose gradient is taken, and its gradients."""
    pool = rewriter.nodes[index]
    x, y = rewriter.input(pool, 0), Value(index, 0)
    grads = [i for i in rewriter.readers(y) if _is_gradient(rewriter, i, x, y)]
    window = pool.attrs["ksize"]
    if not grads or pool.attrs["T"] not in (dtypes.float32, dtypes.float64):
        return
    if not _is_spatial(pool) or math.prod(int(size) for size in window) > _MAX_WINDOW:
        return
    input_shape = rewriter.shape(x)
    if input_shape is None or len(input_shape) != 4:
        return
    attrs = {name: pool.attrs[name] for name in _POOL_ATTRS}
    shape, dtype = pool.output_shapes[0], pool.output_dtypes[0]
    pooled = rewriter.add(
        index, max_pool_with_mask_op, [x], attrs, (shape, shape), (dtype, dtypes.uint8)
    )
    mask = Value(pooled.node, 1)
    for grad in grads:
        node = rewriter.nodes[grad]
        dx = rewriter.add(
            grad,
            max_pool_grad_from_mask_op,
            [mask, rewriter.input(node, 2)],
            {"input_shape": input_shape, **attrs},
            (input_shape,),
            (dtype,),
        )
        rewriter.replace(Value(grad, 0), dx)
    rewriter.replace(y, pooled)


def _is_spatial(pool: Node) -> bool:
    """Whether a pool's windows lie within a channel of an image."""
    channel = 3 if pool.attrs["data_format"] == "NHWC" else 1
    return all(int(pool.attrs["ksize"][axis]) == 1 for axis in (0, channel))


def _is_gradient(rewriter: Rewriter, index: int, x: Value, y: Value) -> bool:
    """Whether a node is the gradient of the pool from x to y."""
    node = rewriter.nodes[index]
    if node.op.name != "MaxPoolGrad":
        return False
    return rewriter.input(node, 0) == x and rewriter.input(node, 1) == y


def _move_before_unpooling(rewriter: Rewriter, index: int) -> None:
    """Applies the gradient of a relu, or a sum over images, to pooled gradients."""
    node = rewriter.nodes[index]
    unpooled = rewriter.input(node, 0)
    unpooling = rewriter.producer(unpooled)
    if unpooling.op is not max_pool_grad_from_mask_op:
        return
    mask, dy = (rewriter.input(unpooling, i) for i in (0, 1))
    pool = rewriter.producer(mask)
    if node.op.name == "ReluGrad":
        if rewriter.input(node, 1) != rewriter.input(pool, 0):
            return
        shape, dtype = rewriter.shape(dy), node.output_dtypes[0]
        masked = rewriter.add(
            index, node.op, [dy, Value(mask.node, 0)], node.attrs, (shape,), (dtype,)
        )
        dx = rewriter.add(
            index,
            max_pool_grad_from_mask_op,
            [mask, masked],
            unpooling.attrs,
            unpooling.output_shapes,
            (dtype,),
        )
        rewriter.replace(Value(index, 0), dx)
    elif _sums_per_channel(rewriter, node, unpooling):
        others = [rewriter.input(node, i) for i in range(1, len(node.inputs))]
        total = rewriter.add(
            index, node.op, [dy, *others], node.attrs, node.output_shapes, node.output_dtypes
        )
        rewriter.replace(Value(index, 0), total)


def _sums_per_channel(rewriter: Rewriter, node: Node, unpooling: Node) -> bool:
    """Whether a node sums images over everything but channels."""
    data_format = unpooling.attrs["data_format"]
    if node.op.name == "BiasAddGrad":
        return bool(node.attrs["data_format"] == data_format)
    axes = rewriter.constant(rewriter.input(node, 1))
    channel = 3 if data_format == "NHWC" else 1
    wanted = [axis for axis in range(4) if axis != channel]
    return axes is not None and sorted(int(a) % 4 for a in axes.reshape(-1)) == wanted


def _move_behind_pool(rewriter: Rewriter, index: int) -> None:
    """Takes relus and biases, innermost last, from before a pool to behind it."""
    if rewriter.is_dead(index):
        return
    pool = rewriter.nodes[index]
    steps = []
    x = rewriter.input(pool, 0)
    while rewriter.has_one_reader(x) and (step := _monotonic(rewriter, x, index)) is not None:
        steps.append(step)
        x = rewriter.input(rewriter.producer(x), step[1])
    if not steps:
        return
    y = rewriter.add(index, pool.op, [x], pool.attrs, pool.output_shapes, pool.output_dtypes)
    masks = Value(index, 1), Value(y.node, 1)
    for node, at in reversed(steps):
        inputs = [rewriter.current(v) for v in node.inputs]
        inputs[at] = y
        dtype = node.output_dtypes[0]
        y = rewriter.add(index, node.op, inputs, node.attrs, (pool.output_shapes[0],), (dtype,))
    if pool.op is max_pool_with_mask_op:
        rewriter.replace(*masks)
    rewriter.replace(Value(index, 0), y)


def _monotonic(rewriter: Rewriter, value: Value, pool: int) -> tuple[Node, int] | None:
    """The node behind a value, and which of its inputs it grows with; None if it is another."""
    node = rewriter.producer(value)
    if node.op.name == "Relu" and _is_relu_gradient_masked(rewriter, pool):
        return node, 0
    # A sum of integers that overflows is smaller than its summands.
    if node.op.name in _ADDITIONS and node.output_dtypes[0].is_floating:
        for at in (0, 1):
            bias = rewriter.shape(rewriter.input(node, 1 - at))
            image = rewriter.shape(rewriter.input(node, at))
            if image == node.output_shapes[0] and _is_per_channel(node, bias, rewriter, pool):
                return node, at
    return None


def _is_per_channel(node: Node, bias: Any, rewriter: Rewriter, pool: int) -> bool:
    """Whether a bias is the same all over a window."""
    if bias is None or not _is_spatial(rewriter.nodes[pool]):
        return False
    channels_first = rewriter.nodes[pool].attrs["data_format"] == "NCHW"
    if node.op.name == "BiasAdd":
        return bool((node.attrs["data_format"] == "NCHW") == channels_first)
    padded = (1,) * (4 - len(bias)) + tuple(bias)
    spatial = padded[2:] if channels_first else padded[1:3]
    return len(bias) <= 4 and all(size == 1 for size in spatial)


def _is_relu_gradient_masked(rewriter: Rewriter, pool: int) -> bool:
    """Whether gradients reach the pool only where its output is above 0.

    Where all of a window is below 0, its maximum after the relu is the first element, before it
    another one; it does not matter when no gradient comes back.
    """
    if rewriter.nodes[pool].op is not max_pool_with_mask_op:
        return True
    for reader in rewriter.readers(Value(pool, 1)):
        gradient = rewriter.producer(rewriter.input(rewriter.nodes[reader], 1))
        if gradient.op.name != "ReluGrad":
            return False
        if rewriter.input(gradient, 1) != Value(pool, 0):
            return False
    return True
