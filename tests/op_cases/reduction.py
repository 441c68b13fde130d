"""Rows of core/ops/reduction, reductions and scans; segments are in segment.py."""

from __future__ import annotations

import numpy as np

from . import OpCase, complexes, floats, ints

TIES = np.array([[1, 2, 2], [0, 0, 0]], np.float32)
ZEROS = np.array([[1, 0, 2], [0, 3, 0], [4, 5, 6]], np.float32)

NO_AXES = np.array([], np.int32)

CASES = [
    OpCase("Sum", lambda tf, x: tf.reduce_sum(x), [floats(2, 3)]),
    OpCase("Sum", lambda tf, x: tf.reduce_sum(x, 1), [floats(2, 3, 2)], label="axis"),
    OpCase(
        "Sum",
        lambda tf, x: tf.reduce_sum(x, [0, -1], keepdims=True, name="total"),
        [floats(2, 3, 2)],
        label="keepdims",
    ),
    OpCase("Sum", lambda tf, x: tf.reduce_sum(x), [np.float32(3)], label="scalar"),
    OpCase("Sum", lambda tf, x: tf.reduce_sum(x, 0), [floats(0, 3)], label="empty"),
    OpCase("Sum", lambda tf, x: tf.reduce_sum(x, NO_AXES), [floats(2, 3)], label="no_axis"),
    OpCase(
        "Sum",
        lambda tf, x, axes: tf.reduce_sum(x, axes),
        [floats(2, 3), np.array([1], np.int32)],
        label="axis_at_run_time",
    ),
    OpCase("Sum", lambda tf, x: tf.reduce_sum(x, 0), [complexes(3, 2)], label="complex"),
    OpCase(
        "Sum",
        lambda tf, x: tf.reduce_sum(x, 0),
        [floats(50, 2, dtype=np.float16)],
        label="half",
        numeric=False,
    ),
    OpCase(
        "Sum",
        lambda tf, x: tf.reduce_sum(x, 0),
        [ints(50, 2, low=0, high=120, dtype=np.int8)],
        label="int8",
    ),
    OpCase("Mean", lambda tf, x: tf.reduce_mean(x), [floats(2, 3)]),
    OpCase("Mean", lambda tf, x: tf.reduce_mean(x, [0, 2]), [floats(2, 3, 2)], label="axes"),
    OpCase("Mean", lambda tf, x: tf.reduce_mean(x, 1), [ints(3, 2)], label="int32"),
    OpCase("Prod", lambda tf, x: tf.reduce_prod(x), [floats(2, 3)]),
    OpCase("Prod", lambda tf, x: tf.reduce_prod(x, 1), [ZEROS], label="zeros", second_order=False),
    OpCase("Max", lambda tf, x: tf.reduce_max(x), [floats(2, 3)]),
    OpCase("Max", lambda tf, x: tf.reduce_max(x, -1), [TIES], label="ties", numeric=False),
    OpCase("Max", lambda tf, x: tf.reduce_max(x, 0), [floats(0, 2)], label="empty", numeric=False),
    OpCase("Max", lambda tf, x: tf.reduce_max(x, 0), [ints(3, 2)], label="int32"),
    OpCase("Min", lambda tf, x: tf.reduce_min(x, 0, keepdims=True), [floats(2, 3)]),
    OpCase("Min", lambda tf, x: tf.reduce_min(x, 0), [floats(0, 2)], label="empty", numeric=False),
    OpCase("All", lambda tf, x: tf.reduce_all(x > 0, 1), [floats(2, 3)]),
    OpCase("Any", lambda tf, x: tf.reduce_any(x > 0), [floats(2, 3)]),
    OpCase("EuclideanNorm", lambda tf, x: tf.math.reduce_euclidean_norm(x, 1), [floats(2, 3)]),
    OpCase("ArgMax", lambda tf, x: tf.argmax(x, 1), [floats(3, 4)]),
    OpCase("ArgMax", lambda tf, x: tf.argmax(x, 1, output_type=tf.int32), [TIES], label="ties"),
    OpCase(
        "ArgMax",
        lambda tf, x: tf.argmax(x, 1),
        [np.array([[np.nan, 1, 2], [1, np.nan, 3]], np.float32)],
        label="nan",
        grad=False,
    ),
    OpCase(
        "Mean",
        lambda tf, x: tf.reduce_mean(x),
        [np.array([200, 201, 210], np.uint8)],
        label="uint8",
    ),
    OpCase("ArgMin", lambda tf, x: tf.argmin(x), [floats(3, 4)]),
    OpCase("Cumsum", lambda tf, x: tf.cumsum(x, 1), [floats(2, 4)]),
    OpCase(
        "Cumsum",
        lambda tf, x: tf.cumsum(x, exclusive=True, reverse=True),
        [floats(4, 2)],
        label="exclusive_reverse",
    ),
    OpCase("Cumprod", lambda tf, x: tf.cumprod(x, -1), [floats(2, 4)]),
    OpCase(
        "Cumprod",
        lambda tf, x: tf.cumprod(x, exclusive=True, reverse=True),
        [floats(4, 2)],
        label="exclusive_reverse",
    ),
    OpCase("CumulativeLogsumexp", lambda tf, x: tf.math.cumulative_logsumexp(x, 1), [floats(2, 4)]),
    OpCase(
        "CumulativeLogsumexp",
        lambda tf, x: tf.math.cumulative_logsumexp(x, exclusive=True, reverse=True),
        [floats(4, 2)],
        label="exclusive_reverse",
        numeric=False,
        second_order=False,
    ),
    OpCase("Log", lambda tf, x: tf.reduce_logsumexp(x, 1), [floats(2, 3)], label="logsumexp"),
    OpCase(
        "Log",
        lambda tf, x: tf.reduce_logsumexp(x, keepdims=True),
        [floats(2, 3, low=100, high=200)],
        label="logsumexp_large",
    ),
    OpCase("Mean", lambda tf, x: tf.math.reduce_variance(x, 0), [floats(4, 2)], label="variance"),
    OpCase("Sqrt", lambda tf, x: tf.math.reduce_std(x), [floats(4, 2)], label="std"),
    OpCase("NotEqual", lambda tf, x: tf.count_nonzero(x, 1), [ZEROS], label="count_nonzero"),
]
