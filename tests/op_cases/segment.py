"""Rows of core/ops/reduction: sums and other reductions over segments."""

from __future__ import annotations

import numpy as np

from . import OpCase, floats, ints

SORTED = np.array([0, 0, 2, 2], np.int32)
ANY_ORDER = np.array([2, 0, 2, -1], np.int32)
INDICES = np.array([0, 3, 1, 3], np.int32)
ZEROS = np.array([[1, 0], [2, 3], [0, 0], [5, 6]], np.float32)
BY_COUNT = "a known shape is one constant here"


def sorted_case(op: str, function: str, **options: object) -> OpCase:
    return OpCase(
        op, lambda tf, x, ids: getattr(tf, function)(x, ids), [floats(4, 2), SORTED], **options
    )


def unsorted_case(op: str, function: str, **options: object) -> OpCase:
    return OpCase(
        op,
        lambda tf, x, ids: getattr(tf, function)(x, ids, 3),
        [floats(4, 2), ANY_ORDER],
        **options,
    )


def sparse_case(op: str, function: str) -> OpCase:
    return OpCase(
        (op, op + "Grad"),
        lambda tf, x, indices, ids: getattr(tf, function)(x, indices, ids),
        [floats(4, 2), INDICES, SORTED],
        second_order=False,
    )


def counted_sparse_case(op: str, function: str) -> OpCase:
    return OpCase(
        op,
        lambda tf, x, indices, ids: getattr(tf, function)(x, indices, ids, num_segments=4),
        [floats(4, 2), INDICES, SORTED],
        second_order=False,
    )


CASES = [
    sorted_case("SegmentSum", "segment_sum"),
    sorted_case("SegmentMean", "segment_mean"),
    sorted_case("SegmentProd", "segment_prod"),
    sorted_case("SegmentMax", "segment_max"),
    sorted_case("SegmentMin", "segment_min"),
    OpCase(
        "SegmentProd",
        lambda tf, x, ids: tf.segment_prod(x, ids),
        [ZEROS, SORTED],
        label="zeros",
        second_order=False,
    ),
    OpCase("SegmentSum", lambda tf, x: tf.segment_sum(x, [0, 1, 1]), [ints(3)], label="int32"),
    OpCase("SegmentMean", lambda tf, x: tf.segment_mean(x, [0, 0, 0]), [ints(3)], label="int32"),
    unsorted_case("UnsortedSegmentSum", "unsorted_segment_sum"),
    unsorted_case("UnsortedSegmentProd", "unsorted_segment_prod"),
    unsorted_case("UnsortedSegmentMax", "unsorted_segment_max", numeric=False),
    unsorted_case("UnsortedSegmentMin", "unsorted_segment_min", numeric=False),
    unsorted_case(
        "UnsortedSegmentSum", "unsorted_segment_mean", label="mean", graph_differs=BY_COUNT
    ),
    unsorted_case(
        "UnsortedSegmentSum", "unsorted_segment_sqrt_n", label="sqrt_n", graph_differs=BY_COUNT
    ),
    OpCase(
        "UnsortedSegmentSum",
        lambda tf, x, ids: tf.unsorted_segment_sum(x, ids, 4),
        [floats(2, 3, 2), np.array([[0, 1, 0], [3, 3, -1]], np.int64)],
        label="ids_of_rank_2",
    ),
    OpCase(
        "UnsortedSegmentProd",
        lambda tf, x: tf.unsorted_segment_prod(x, [1, 1, 0, 1], 2),
        [ZEROS],
        label="zeros",
        second_order=False,
    ),
    sparse_case("SparseSegmentSum", "sparse_segment_sum"),
    sparse_case("SparseSegmentMean", "sparse_segment_mean"),
    sparse_case("SparseSegmentSqrtN", "sparse_segment_sqrt_n"),
    counted_sparse_case("SparseSegmentSumWithNumSegments", "sparse_segment_sum"),
    counted_sparse_case("SparseSegmentMeanWithNumSegments", "sparse_segment_mean"),
    counted_sparse_case("SparseSegmentSqrtNWithNumSegments", "sparse_segment_sqrt_n"),
]
