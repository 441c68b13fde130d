"""Rows of core/ops/array."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import OpCase, complexes, floats, ints, raw, strings

_X = floats(2, 3, 4)
_M = floats(3, 4)
_V = floats(5)
_IMAGES = floats(2, 4, 4, 2)
_BOOLS = np.array([[True, False, True], [False, False, True]])
_STRINGS = strings("a", "b", "c")

_NO_GRAD: dict[str, Any] = {"grad": False}
_REAL_ONLY: dict[str, Any] = {"numeric": False}
_V2_DIAGONALS = "TensorFlow 2.x makes the V3 ops, which take an alignment"


def _tf(function: str, *args: Any, **kwargs: Any) -> Any:
    """A build that calls `tf.function(x, *args, **kwargs)`; `function` may be dotted."""

    def build(tf: Any, *xs: Any) -> Any:
        found = tf
        for name in function.split("."):
            found = getattr(found, name)
        return found(*xs, *args, **kwargs)

    return build


_SHAPES = [
    OpCase("Shape", lambda tf, x: raw(tf, "Shape", input=x), [_X], grad=False),
    OpCase("ShapeN", lambda tf, x, y: tf.shape_n([x, y], tf.int64), [_X, _M], grad=False),
    OpCase("Size", lambda tf, x: raw(tf, "Size", input=x), [_X], grad=False),
    OpCase("Rank", lambda tf, x: raw(tf, "Rank", input=x), [_X], grad=False),
    OpCase("BroadcastGradientArgs",
           lambda tf, x, y: list(raw(tf, "BroadcastGradientArgs", s0=x, s1=y)),
           [np.int32([2, 3, 1]), np.int32([3, 5])], grad=False),
    OpCase("BroadcastArgs", _tf("broadcast_dynamic_shape"),
           [np.int32([2, 3, 1]), np.int32([3, 5])], grad=False),
    OpCase("BroadcastTo", _tf("broadcast_to", [2, 3, 4]), [_M]),
    OpCase("EnsureShape", _tf("ensure_shape", [None, 4]), [_M]),
    OpCase("UnravelIndex", _tf("unravel_index", np.int32([2, 6])), [np.int32([3, 7, 11])],
           grad=False),
    OpCase("Reshape", _tf("reshape", [4, -1]), [_X]),
    OpCase("Reshape", _tf("reshape", [3, 1]), [_STRINGS], label="string", **_NO_GRAD),
    OpCase("Squeeze", _tf("squeeze", axis=[0, -1]), [floats(1, 3, 1)]),
    OpCase("ExpandDims", _tf("expand_dims", -2), [_M]),
    OpCase("Bitcast", _tf("bitcast", "int16"), [_M], grad=False),
    OpCase("Bitcast", _tf("bitcast", "float64"), [floats(3, 2)], grad=False, label="wider"),
]  # fmt: skip

_FILLING = [
    OpCase("Const", lambda tf: tf.constant([[1.5, 2.5]])),
    OpCase("Fill", _tf("fill", 2.5), [np.int32([2, 3])], grad=False),
    OpCase("Fill", lambda tf, x: tf.fill([2, 3], x), [np.float32(1.5)], label="grad"),
    OpCase("ZerosLike", lambda tf, x: raw(tf, "ZerosLike", x=x), [_M], grad=False),
    OpCase("ZerosLike", lambda tf, x: raw(tf, "ZerosLike", x=x), [_STRINGS], label="string",
           **_NO_GRAD),
    OpCase("OnesLike", lambda tf, x: raw(tf, "OnesLike", x=x), [ints(2, 3)], grad=False),
    OpCase("Range", lambda tf, x: tf.range(x, 1, -3), [np.int32(11)], grad=False),
    OpCase("Range", lambda tf, x: tf.range(0.0, x, 0.3), [np.float32(1.2)], grad=False,
           label="float"),
    OpCase("LinSpace", lambda tf, x: raw(tf, "LinSpace", start=x, stop=2.0, num=7),
           [np.float32(-1.0)], grad=False),
    OpCase("OneHot", _tf("one_hot", 4, 2.0, -1.0, axis=0), [np.int32([[0, 2], [5, -1]])],
           grad=False),
    OpCase(("Identity",), _tf("identity"), [_M]),
    OpCase("IdentityN", lambda tf, x, y: tf.identity_n([x, y]), [_M, _V]),
    OpCase("StopGradient", _tf("stop_gradient"), [_M], grad=False),
    OpCase("PreventGradient", lambda tf, x: raw(tf, "PreventGradient", input=x), [_M],
           grad=False),
    OpCase("GuaranteeConst", _tf("guarantee_const"), [_M], grad=False),
    OpCase("CheckNumerics", _tf("check_numerics", "bad"), [_M]),
    OpCase("PlaceholderWithDefault", _tf("placeholder_with_default", [3, None]), [_M]),
]  # fmt: skip

_JOINING = [
    OpCase("ConcatV2", lambda tf, x, y: tf.concat([x, y], -1), [floats(2, 3), floats(2, 1)]),
    OpCase("ConcatV2", lambda tf, *xs: tf.concat(xs, 0), [floats(1, 2)] * 17, label="many",
           numeric=False, second_order=False),
    OpCase("Concat", lambda tf, x, y: raw(tf, "Concat", concat_dim=1, values=[x, y]),
           [floats(2, 3), floats(2, 1)]),
    OpCase("ConcatOffset", lambda tf, x, y: raw(tf, "ConcatOffset", concat_dim=1, shape=[x, y]),
           [np.int32([2, 3]), np.int32([2, 5])], grad=False),
    OpCase("Pack", lambda tf, x, y: tf.stack([x, y], axis=1), [floats(2, 3), floats(2, 3)]),
    OpCase("Pack", lambda tf, x: tf.convert_to_tensor([[x, 1.0], [2.0, x]]), [np.float32(3.0)],
           label="nested lists"),
    OpCase("ParallelConcat", lambda tf, x, y: tf.parallel_stack([x, y]), [_V, _V], grad=False,
           unknown_dims=False),
    OpCase("Split", lambda tf, x: tf.split(x, 2, axis=2), [_X]),
    OpCase("SplitV", lambda tf, x: tf.split(x, [1, -1, 2], axis=-1), [_X]),
    OpCase("Unpack", lambda tf, x: tf.unstack(x, 3, axis=1), [_X]),
    OpCase("Pad", _tf("pad", [[1, 0], [2, 1]]), [_M]),
    OpCase("PadV2", _tf("pad", [[1, 0], [2, 1]], constant_values=1.5), [_M]),
    OpCase(("MirrorPad", "MirrorPadGrad"), _tf("pad", [[1, 0], [2, 3]], "REFLECT"), [_M]),
    OpCase("MirrorPad", _tf("pad", [[1, 3], [2, 4]], "SYMMETRIC"), [_M], label="symmetric"),
    OpCase("Tile", _tf("tile", [2, 3]), [_M]),
]  # fmt: skip

_CUTTING = [
    OpCase("Slice", _tf("slice", [0, 1, 0], [1, -1, 2]), [_X]),
    OpCase(("StridedSlice", "StridedSliceGrad"), lambda tf, x: x[:, ::-2, None, ..., 1], [_X]),
    OpCase("StridedSlice", lambda tf, x, i: x[i, i:, -3:3], [_X, np.int32(1)], label="tensor",
           graph_differs="TensorFlow 2.x packs the strides of tensor positions as well"),
    OpCase("StridedSlice", lambda tf, x: x[5:1:-2, :0], [floats(6, 2)], label="empty"),
    OpCase("GatherV2", _tf("gather", [[2, 0], [1, 2]]), [_M], second_order=False),
    OpCase("GatherV2", _tf("gather", [[2, 0], [1, 2]], axis=1), [_X], label="axis"),
    OpCase("GatherV2", _tf("gather", [[2, 0], [1, 2]], axis=2, batch_dims=1), [_X],
           label="batch"),
    OpCase("Gather", lambda tf, x: raw(tf, "Gather", params=x, indices=[2, 0, 2]), [_M],
           second_order=False),
    OpCase("GatherNd", _tf("gather_nd", [[1, 2], [0, 0]]), [_X]),
    OpCase("GatherNd", _tf("gather_nd", [[[2], [0]], [[1], [1]]], batch_dims=1), [_X],
           label="batch", graph_differs="batch numbers are made of fewer nodes"),
    OpCase("ScatterNd", lambda tf, x: tf.scatter_nd([[1], [3], [1]], x, [5, 4]), [_M]),
    OpCase("ScatterNdNonAliasingAdd",
           lambda tf, x, y: raw(tf, "ScatterNdNonAliasingAdd", input=x, indices=[[2], [2]],
                                updates=y), [_M, floats(2, 4)]),
    OpCase("TensorScatterUpdate",
           lambda tf, x, y: tf.tensor_scatter_update(x, [[2], [0]], y), [_M, floats(2, 4)]),
    OpCase("TensorScatterAdd",
           lambda tf, x, y: tf.tensor_scatter_add(x, [[2], [2]], y), [_M, floats(2, 4)]),
    OpCase("TensorScatterSub",
           lambda tf, x, y: tf.tensor_scatter_sub(x, [[2], [2]], y), [_M, floats(2, 4)]),
    OpCase("DynamicPartition", _tf("dynamic_partition", [1, 0, 1], 2), [_M], second_order=False),
    OpCase("DynamicStitch", lambda tf, x, y: tf.dynamic_stitch([[0, 3], [2, 1]], [x, y]),
           [floats(2, 3), floats(2, 3)]),
    OpCase("DynamicStitch", lambda tf, x, y: tf.dynamic_stitch([1, [0]], [x, y]),
           [np.array(b"a", object), strings("b")], grad=False, label="strings"),
    OpCase("ParallelDynamicStitch",
           lambda tf, x, y: raw(tf, "ParallelDynamicStitch", indices=[[0, 3], [2, 1]],
                                data=[x, y]), [floats(2, 3), floats(2, 3)]),
    OpCase("Where", _tf("where"), [_BOOLS], grad=False),
    OpCase("Where", _tf("where"), [np.float32([[0, 2], [np.nan, 0]])], grad=False,
           label="float"),
    OpCase("GatherV2", lambda tf, x: tf.boolean_mask(x, [True, False, True], axis=1), [_X],
           label="boolean_mask", unknown_dims=False, second_order=False),
]  # fmt: skip

_MOVING = [
    OpCase("Transpose", _tf("transpose", [2, 0, 1]), [_X]),
    OpCase("ConjugateTranspose", _tf("transpose", conjugate=True), [complexes(2, 3)],
           **_REAL_ONLY),
    OpCase("InvertPermutation", _tf("invert_permutation"), [np.int32([2, 0, 1])], grad=False),
    OpCase("ReverseV2", _tf("reverse", [0, -1]), [_X]),
    OpCase("ReverseSequence", _tf("reverse_sequence", [2, 4, 1], 1, 0), [_M]),
    OpCase("Roll", _tf("roll", [1, -2], [0, 1]), [_M]),
    OpCase(("SpaceToBatchND", "BatchToSpaceND"),
           lambda tf, x: raw(tf, "SpaceToBatchND", input=x, block_shape=[2, 2],
                             paddings=[[0, 2], [1, 1]]), [_IMAGES]),
    OpCase("BatchToSpaceND",
           lambda tf, x: raw(tf, "BatchToSpaceND", input=x, block_shape=[2, 2],
                             crops=[[0, 1], [1, 0]]), [floats(4, 2, 3, 1)]),
    OpCase("SpaceToBatch",
           lambda tf, x: raw(tf, "SpaceToBatch", input=x, paddings=[[0, 2], [1, 1]],
                             block_size=2), [_IMAGES]),
    OpCase("BatchToSpace",
           lambda tf, x: raw(tf, "BatchToSpace", input=x, crops=[[0, 1], [1, 0]], block_size=2),
           [floats(4, 2, 3, 1)]),
    OpCase("SpaceToDepth", _tf("space_to_depth", 2), [_IMAGES]),
    OpCase("DepthToSpace", _tf("depth_to_space", 2), [floats(1, 2, 3, 8)]),
    OpCase("ExtractImagePatches",
           _tf("extract_image_patches", [1, 2, 3, 1], [1, 2, 1, 1], [1, 1, 2, 1], "SAME"),
           [floats(2, 5, 6, 2)]),
    OpCase("ExtractVolumePatches",
           _tf("extract_volume_patches", [1, 2, 1, 3, 1], [1, 1, 2, 2, 1], "SAME"),
           [floats(1, 3, 3, 4, 2)]),
]  # fmt: skip

_DIAGONALS = [
    OpCase("MatrixDiag", lambda tf, x: raw(tf, "MatrixDiag", diagonal=x), [_M]),
    OpCase("MatrixDiagPart", lambda tf, x: raw(tf, "MatrixDiagPart", input=x), [_X]),
    OpCase("MatrixSetDiag", lambda tf, x, y: raw(tf, "MatrixSetDiag", input=x, diagonal=y),
           [_X, floats(2, 3)]),
    OpCase("MatrixDiagV2",
           lambda tf, x: raw(tf, "MatrixDiagV2", diagonal=x, k=[-1, 1], num_rows=3, num_cols=4,
                             padding_value=0.5), [floats(2, 3, 3)], grad=False),
    OpCase("MatrixDiagPartV2",
           lambda tf, x: raw(tf, "MatrixDiagPartV2", input=x, k=[-1, 2], padding_value=0.5),
           [_X], grad=False),
    OpCase("MatrixSetDiagV2",
           lambda tf, x, y: raw(tf, "MatrixSetDiagV2", input=x, diagonal=y, k=1),
           [_X, floats(2, 3)], grad=False),
    OpCase("MatrixDiagPartV2", _tf("matrix_diag_part", k=-1), [_X],
           label="function", graph_differs=_V2_DIAGONALS),
    OpCase("MatrixBandPart", _tf("matrix_band_part", 1, 0), [_X]),
    OpCase("Diag", _tf("diag"), [floats(2, 3)]),
    OpCase("DiagPart", _tf("diag_part"), [floats(2, 3, 2, 3)]),
]  # fmt: skip

_ORDER = [
    OpCase("TopKV2", lambda tf, x: list(tf.nn.top_k(x, 2)), [floats(3, 5)], second_order=False),
    OpCase("TopKV2", lambda tf, x: tf.sort(x, axis=0), [floats(4, 3)], label="sort",
           graph_differs="signs are reversed by fewer nodes"),
    OpCase("InTopKV2", lambda tf, x: tf.nn.in_top_k(x, [0, 4, 9], 2), [floats(3, 5)],
           grad=False),
    OpCase("InTopK", lambda tf, x: raw(tf, "InTopK", predictions=x, targets=[0, 4, 9], k=2),
           [floats(3, 5)], grad=False),
    OpCase("LowerBound",
           lambda tf, x: raw(tf, "LowerBound", sorted_inputs=[[1.0, 2.0, 2.0, 5.0]], values=x),
           [np.float32([[0.5, 2.0, 9.0]])], grad=False),
    OpCase("UpperBound",
           lambda tf, x: raw(tf, "UpperBound", sorted_inputs=[[1.0, 2.0, 2.0, 5.0]], values=x),
           [np.float32([[0.5, 2.0, 9.0]])], grad=False),
    OpCase("Unique", lambda tf, x: list(tf.unique(x)), [np.int32([4, 1, 4, 0, 1])], grad=False),
    OpCase("Unique", lambda tf, x: list(tf.unique(x, tf.int64)), [strings("b", "a", "b")],
           label="string", **_NO_GRAD),
    OpCase("UniqueWithCounts", lambda tf, x: list(tf.unique_with_counts(x)),
           [np.float32([4, 1, 4, np.nan, np.nan])], grad=False),
    OpCase("EditDistance",
           lambda tf, x: tf.edit_distance(
               tf.SparseTensor([[0, 0], [0, 1], [1, 0]], x, [3, 2]),
               tf.SparseTensor([[0, 0], [2, 0], [2, 1]], [5, 1, 1], [3, 2])),
           [np.int32([4, 5, 6])], grad=False),
    OpCase("ListDiff", lambda tf, x: list(tf.setdiff1d(x, [1, 7])), [np.int32([4, 1, 4, 7])],
           grad=False),
]  # fmt: skip

CASES = [
    *_SHAPES,
    *_FILLING,
    *_JOINING,
    *_CUTTING,
    *_MOVING,
    *_DIAGONALS,
    *_ORDER,
]

TESTED_ELSEWHERE = {
    "Placeholder": "tests/core/ops/array/test_placeholder.py",
    "StridedSliceAssign": "tests/core/ops/array/test_strided_slice.py",
}
