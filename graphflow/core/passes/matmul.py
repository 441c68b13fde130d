"""Products of matrices with what follows them.

    Relu(MatMul(a, b) + bias)  ->  _FusedMatMul(a, b, bias, activation="Relu")
    MatMul(a, b) + bias        ->  _FusedMatMul(a, b, bias)

The kernel adds the bias while a block of the product is still in the cache.
"""

from __future__ import annotations

from ..base import dtypes
from ..ops.linalg.fused_matmul import fused_matmul_op
from ..program.program import Program, Value
from .rewriter import Rewriter

_ADDITIONS = ("Add", "AddV2", "BiasAdd")


def fuse_matmuls(program: Program) -> Program:
    """Adds biases, and relus after them, to the products that they follow."""
    rewriter = Rewriter(program)
    for index, node in enumerate(program.nodes):
        if node.op.name in _ADDITIONS:
            _fuse_bias(rewriter, index)
    for index in range(len(program.nodes)):
        if rewriter.nodes[index].op.name == "Relu":
            _fuse_relu(rewriter, index)
    return rewriter.finished()


def _fuse_bias(rewriter: Rewriter, index: int) -> None:
    addition = rewriter.nodes[index]
    for at in (0, 1):
        product = rewriter.input(addition, at)
        bias = rewriter.input(addition, 1 - at)
        node = rewriter.producer(product)
        if node.op.name != "MatMul" or not rewriter.has_one_reader(product):
            continue
        shape = rewriter.shape(product)
        if shape is None or rewriter.shape(bias) != shape[1:]:
            continue
        if node.output_dtypes[0] not in (dtypes.float32, dtypes.float64):
            continue
        attrs = {name: node.attrs[name] for name in ("transpose_a", "transpose_b", "T")}
        inputs = [rewriter.input(node, 0), rewriter.input(node, 1), bias]
        fused = rewriter.add(
            index,
            fused_matmul_op,
            inputs,
            {**attrs, "activation": ""},
            addition.output_shapes,
            addition.output_dtypes,
        )
        rewriter.replace(Value(index, 0), fused)
        return


def _fuse_relu(rewriter: Rewriter, index: int) -> None:
    relu = rewriter.nodes[index]
    product = rewriter.input(relu, 0)
    node = rewriter.producer(product)
    if node.op is not fused_matmul_op or node.attrs["activation"]:
        return
    if not rewriter.has_one_reader(product):
        return
    inputs = [rewriter.current(value) for value in node.inputs]
    attrs = {**node.attrs, "activation": "Relu"}
    fused = rewriter.add(
        index, fused_matmul_op, inputs, attrs, relu.output_shapes, relu.output_dtypes
    )
    rewriter.replace(Value(index, 0), fused)
