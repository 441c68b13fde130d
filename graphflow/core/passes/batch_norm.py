"""Batch normalisation at inference is a factor and a summand per channel.

    FusedBatchNorm(x, scale, offset, mean, variance, is_training=False)
        ->  x * factor + (offset - mean * factor)    factor = scale * Rsqrt(variance + epsilon)

Factor and summand depend on variables alone: a plan computes them once, and the rest joins the
elementwise kernel behind the convolution.
"""

from __future__ import annotations

import numpy as np

from ..base import dtypes
from ..graph.op_def import OpDef, find_op
from ..program.program import Program, Value
from .rewriter import Rewriter

_OPS = ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")


def unfold_batch_norms(program: Program) -> Program:
    """Writes batch norms at inference as arithmetic."""
    rewriter = Rewriter(program)
    for index, node in enumerate(program.nodes):
        if node.op.name in _OPS and not node.attrs["is_training"]:
            _unfold(rewriter, index)
    return rewriter.finished()


def _unfold(rewriter: Rewriter, index: int) -> None:
    node = rewriter.nodes[index]
    if node.output_dtypes[0] != dtypes.float32 or len(node.output_shapes[0] or ()) != 4:
        return
    if any(rewriter.is_read(Value(index, i)) for i in range(1, len(node.output_dtypes))):
        return
    x, scale, offset, mean, variance = (rewriter.input(node, i) for i in range(5))
    channels = rewriter.shape(scale)
    assert channels is not None and node.output_shapes[0] is not None

    def add(name: str, *inputs: Value) -> Value:
        return rewriter.add(index, _op(name), inputs, _TYPED, (channels,), (dtypes.float32,))

    epsilon = rewriter.add_constant(index, np.float32(node.attrs["epsilon"]), dtypes.float32)
    factor = add("Mul", scale, add("Rsqrt", add("AddV2", variance, epsilon)))
    summand = add("Sub", offset, add("Mul", mean, factor))
    if node.attrs["data_format"] == "NCHW":
        factor, summand = (_along_rows(rewriter, index, v) for v in (factor, summand))
    full, kinds = node.output_shapes[:1], node.output_dtypes[:1]
    scaled = rewriter.add(index, _op("Mul"), [x, factor], _TYPED, full, kinds)
    y = rewriter.add(index, _op("AddV2"), [scaled, summand], _TYPED, full, kinds)
    rewriter.replace(Value(index, 0), y)


_TYPED = {"T": dtypes.float32}


def _along_rows(rewriter: Rewriter, index: int, vector: Value) -> Value:
    """[C] as [C, 1, 1]."""
    (channels,) = rewriter.shape(vector) or (0,)
    shape = (channels, 1, 1)
    sizes = rewriter.add_constant(index, np.array(shape, np.int32), dtypes.int32)
    attrs = {**_TYPED, "Tshape": dtypes.int32}
    return rewriter.add(index, _op("Reshape"), [vector, sizes], attrs, (shape,), (dtypes.float32,))


def _op(name: str) -> OpDef:
    op = find_op(name)
    assert op is not None
    return op
