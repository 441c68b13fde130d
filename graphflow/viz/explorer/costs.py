"""How many floating point operations a node takes, as far as shapes tell."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from ..graph_nodes import Node, Shape, Source

_Rule = Callable[[Node, list[Shape], Shape], int]

_FREE = frozenset(
    {
        "Const",
        "Identity",
        "Reshape",
        "Shape",
        "Placeholder",
        "VariableV2",
        "Variable",
        "VarHandleOp",
    }
    | {"ReadVariableOp", "NoOp", "Squeeze", "ExpandDims", "StopGradient", "ZerosLike", "Fill"}
    | {"Pack", "ConcatV2", "StridedSlice", "Slice", "Transpose", "Pad", "GatherV2", "Cast"}
)


def count_flops(node: Node, shapes: Mapping[Source, Shape]) -> int | None:
    """Multiplications and additions of one run, for one example where the batch is open.

    Returns:
      The number; 0 for what only moves data; None where it is not known.
    """
    if node.op in _FREE:
        return 0
    output = shapes.get(Source(node.name, 0))
    inputs = [shapes.get(source) for source in node.inputs]
    rule = _RULES.get(node.op)
    if rule is not None:
        return rule(node, inputs, output) if inputs and None not in (inputs[0], output) else None
    if node.op in _ONE_PER_ELEMENT and output is not None:
        return elements(output)
    return None


def elements(shape: Shape) -> int:
    """The number of elements, an open dimension counted as 1."""
    return math.prod(1 if size is None else size for size in shape or ())


def _matrix_product(node: Node, inputs: list[Shape], output: Shape) -> int:
    key = next((k for k in ("transpose_a", "adj_x") if k in node.attr), None)
    transposed = key is not None and node.attr[key].b
    inner = (inputs[0] or (1, 1))[-2 if transposed else -1]
    return 2 * elements(output) * (inner or 1)


def _convolution(node: Node, inputs: list[Shape], output: Shape) -> int:
    """2 for each weight of a filter, at each output; the filter is the second input."""
    kernel = inputs[1] if len(inputs) > 1 else None
    if kernel is None:
        return 0
    return 2 * elements(output) * elements(kernel[:-1])


def _depthwise(node: Node, inputs: list[Shape], output: Shape) -> int:
    kernel = inputs[1] if len(inputs) > 1 else None
    return 2 * elements(output) * elements(kernel[:2]) if kernel else 0


def _pooling(node: Node, inputs: list[Shape], output: Shape) -> int:
    window = math.prod(node.attr["ksize"].list.i) if "ksize" in node.attr else 1
    return elements(output) * window


def _per_input(node: Node, inputs: list[Shape], output: Shape) -> int:
    return elements(inputs[0])


def _normalization(node: Node, inputs: list[Shape], output: Shape) -> int:
    return 4 * elements(output)  # subtract, scale, multiply, add


_RULES: dict[str, _Rule] = {
    **dict.fromkeys(("MatMul", "BatchMatMul", "BatchMatMulV2"), _matrix_product),
    **dict.fromkeys(("Conv2D", "Conv3D"), _convolution),
    "DepthwiseConv2dNative": _depthwise,
    **dict.fromkeys(("MaxPool", "AvgPool", "MaxPool3D", "AvgPool3D"), _pooling),
    **dict.fromkeys(
        ("Sum", "Mean", "Max", "Min", "Prod", "ArgMax", "ArgMin", "L2Loss"), _per_input
    ),
    **dict.fromkeys(("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"), _normalization),
}
_ONE_PER_ELEMENT = frozenset(
    "Add AddV2 Sub Mul Div RealDiv Maximum Minimum Pow Neg Abs Square Sqrt Rsqrt Exp Log Log1p Relu"
    " Relu6 Elu Selu LeakyRelu Sigmoid Tanh Softplus Softsign BiasAdd Greater Less Equal Floor"
    " SquaredDifference Select Softmax LogSoftmax".split()
)
