"""Which kind of thing an op is, and the colour of each kind."""

from __future__ import annotations

import re
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Theme:
    """The colours of a picture.

    Attributes:
      background: of the page; None leaves it transparent.
      text: of boxes and scopes.
      line: of arrows and what is written on them.
      reference: of arrows along which a variable is changed.
      scope_border: around open scopes.
      scope_fills: of open scopes, from the outside in.
      alike: fills of equal blocks, a colour for each group.
      looks: kind -> fill, border and shape of its boxes.
    """

    background: str | None
    text: str
    line: str
    reference: str
    scope_border: str
    scope_fills: tuple[str, ...]
    alike: tuple[str, ...]
    looks: dict[str, Look]


_LIGHT = Theme(
    background=None,
    text="#1f2a33",
    line="#5b6b7a",
    reference="#d9730d",
    scope_border="#b9c6d2",
    scope_fills=("#f7f9fb", "#eef2f6", "#e5ebf1"),
    alike=("#dcebf7", "#fbe6d4", "#dff0dc", "#f5dfea", "#ece4f6", "#f6f0cf", "#d8efef", "#f0e2d8"),
    looks=LOOKS,
)


def mixed(color: str, other: str, share: float) -> str:
    """`#rrggbb` with a share of another colour."""
    channels = (
        round(int(color[i : i + 2], 16) * (1 - share) + int(other[i : i + 2], 16) * share)
        for i in (1, 3, 5)
    )
    return "#" + "".join(f"{channel:02x}" for channel in channels)


_NIGHT = "#171c21"

_DARK = Theme(
    background=_NIGHT,
    text="#e8eef3",
    line="#93a4b3",
    reference="#f0a050",
    scope_border="#45535f",
    scope_fills=("#1e252b", "#252d35", "#2c363f"),
    # The light fills are too pale to be told apart once darkened: their colour is drawn out first.
    alike=("#1f3a52", "#523a21", "#26482a", "#4d2a3d", "#3a2d55", "#4a431c", "#1c4747", "#4a3426"),
    looks={
        kind: Look(
            mixed(look.border, _NIGHT, 0.68), mixed(look.border, "#ffffff", 0.25), look.shape
        )
        for kind, look in LOOKS.items()
    },
)

THEMES = {"light": _LIGHT, "dark": _DARK}


def kind_of(op: str) -> str:
    """The kind of an op type; what is not listed is arithmetic."""
    return next((kind for kind, pattern in _KINDS if pattern.fullmatch(op)), "arithmetic")
