"""Which nodes can fail, once their shapes are known: what waits for one must go on waiting."""

from __future__ import annotations

from ..program.program import ARG, CONSTANTS, Node

# Ops that are right for all values of their inputs; elementwise ops with a body are as well.
_TOTAL = frozenset(
    """
    AddN All Any ArgMax ArgMin AvgPool AvgPool3D AvgPool3DGrad AvgPoolGrad BatchMatMul BatchMatMulV2
    BiasAdd BiasAddGrad BroadcastGradientArgs BroadcastTo Cast ClipByValue Concat ConcatOffset
    ConcatV2 Const Conv2D Conv2DBackpropFilter Conv2DBackpropInput Conv3D Conv3DBackpropFilterV2
    Conv3DBackpropInputV2 Cumprod Cumsum DepthwiseConv2dNative DepthwiseConv2dNativeBackpropFilter
    DepthwiseConv2dNativeBackpropInput ExpandDims Fill FusedBatchNorm FusedBatchNormGrad
    FusedBatchNormGradV2 FusedBatchNormGradV3 FusedBatchNormV2 FusedBatchNormV3 Identity L2Loss LRN
    LRNGrad LogSoftmax MatMul Max MaxPool MaxPool3D MaxPool3DGrad MaxPoolGrad Mean Min NoOp OnesLike
    Pack Pad PadV2 Placeholder PreventGradient Prod Range Rank ReadVariableOp Reshape ReverseV2
    Select SelectV2 Shape ShapeN Size Slice Snapshot Softmax SoftmaxCrossEntropyWithLogits Split
    SplitV Squeeze StopGradient StridedSlice StridedSliceGrad Sum Tile Transpose Unpack VarHandleOp
    Variable VariableV2 ZerosLike
    """.split()
)


def may_fail(node: Node) -> bool:
    """Whether a node can fail for some values of its inputs."""
    if node.op in (ARG, CONSTANTS):
        return False
    if None in node.output_shapes:
        return True
    return node.op.name not in _TOTAL and not _has_body(node)


def _has_body(node: Node) -> bool:
    """Whether a node has a scalar body that is right for it; of integers, few have none."""
    op = node.op
    if op.scalar_body is None or op.scalar_when is not None and not op.scalar_when(node.attrs):
        return False
    return "i" in op.scalar_kinds or not any(dtype.is_integer for dtype in node.input_dtypes)
