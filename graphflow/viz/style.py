"""Which kind of thing an op is, and the colour of each kind."""

from __future__ import annotations

import re
from typing import NamedTuple


class Look(NamedTuple):
    """Fill and border of a box, and graphviz' shape for it."""

    fill: str
    border: str
    shape: str = "box"


# In the order of the legend.
LOOKS = {
    "input": Look("#ffe3bf", "#c77700", "ellipse"),
    "variable": Look("#cfe3fb", "#2f6fb3", "cylinder"),
    "constant": Look("#f1f1f1", "#8a8a8a", "note"),
    "matrix product": Look("#cfeacb", "#3b8636"),
    "pooling": Look("#bfe8e2", "#1f8072"),
    "activation": Look("#fff1a8", "#a98a00"),
    "normalization": Look("#f8d7e8", "#b04a80"),
    "arithmetic": Look("#ffffff", "#6b6b6b"),
    "reduction": Look("#f9d3cd", "#b4483a"),
    "shape": Look("#e9e4dc", "#857558"),
    "random": Look("#e3f0b4", "#74891d"),
    "control flow": Look("#ddd6f3", "#6752a8"),
    "files and summaries": Look("#dfe7ea", "#5a7480"),
    "training": Look("#ead9f2", "#84549c"),
    "scope": Look("#eef3f7", "#6d8499"),
    "missing": Look("#ffffff", "#d02020"),
}

_PATTERNS = (
    ("input", r"Placeholder.*|.*Iterator.*|.*QueueV?2?|QueueDequeue.*|.*Dataset.*|.*Reader.*"),
    ("variable", r"Variable|VariableV2|VarHandleOp|ReadVariableOp"),
    ("constant", r"Const|HostConst"),
    (
        "matrix product",
        r"MatMul|(Sparse|Batch)MatMul.*|Einsum|.*Conv[23]D.*|DepthwiseConv.*|Dilation2D.*",
    ),
    ("pooling", r"(Max|Avg|FractionalMax|FractionalAvg)Pool.*"),
    (
        "activation",
        r"(Relu|Relu6|Elu|Selu|LeakyRelu|Softplus|Softsign|Sigmoid|Tanh|Softmax|LogSoftmax)(Grad)?",
    ),
    ("normalization", r"FusedBatchNorm.*|BatchNormWithGlobal.*|LRN|LRNGrad|L2Normalize"),
    (
        "reduction",
        r"Sum|Mean|Prod|Max|Min|All|Any|ArgMax|ArgMin|L2Loss|.*CrossEntropyWithLogits"
        r"|(Unsorted|Sparse)?Segment.*|InTopK.*|TopK.*",
    ),
    (
        "shape",
        r"Reshape|Squeeze|ExpandDims|Transpose|Concat.*|Split.*|Pack|Unpack|Slice|StridedSlice.*"
        r"|Pad|PadV2|MirrorPad.*|Tile|Gather.*|Scatter.*|OneHot|Fill|Shape|ShapeN|Size|Rank|Range"
        r"|ZerosLike|OnesLike|Identity|IdentityN|Cast|Broadcast.*|Reverse.*|SpaceTo.*|DepthTo.*"
        r"|StopGradient",
    ),
    ("random", r"Random.*|StatelessRandom.*|TruncatedNormal|Multinomial|ParameterizedTruncated.*"),
    (
        "control flow",
        r"If|While|Stateless(If|While)|(Ref)?(Switch|Merge|Enter|Exit|NextIteration|Select)"
        r"|LoopCond|NoOp|Assert|Print.*|TensorArray.*|Stack.*|PartitionedCall.*",
    ),
    ("files and summaries", r"Save.*|Restore.*|.*Summary.*|ReadFile|WriteFile|.*ShardedFilename"),
    ("training", r"(Resource)?(Sparse)?Apply.*|Assign.*|CountUpTo"),
)
_KINDS = tuple((kind, re.compile(pattern)) for kind, pattern in _PATTERNS)


def kind_of(op: str) -> str:
    """The kind of an op type; what is not listed is arithmetic."""
    return next((kind for kind, pattern in _KINDS if pattern.fullmatch(op)), "arithmetic")
