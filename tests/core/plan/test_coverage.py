"""Which ops have kernels for which types: what must not fall to NumPy step by step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from core.native import host_ops, plan_of

import graphflow as tf

FLOATS = ("float32", "float64")
HALF = ("float16", *FLOATS)
INTS = ("int32", "int64")
SMALL = ("uint8", "int8", "int16", *INTS)
ALL = (*HALF, *SMALL, "bool")

Make = Callable[..., Any]
IMAGE, FILTER, VOLUME = (2, 8, 8, 3), (3, 3, 3, 4), (2, 4, 8, 8, 3)


def conv(x: Any, w: Any) -> Any:
    return tf.nn.conv2d(x, w, [1, 1, 1, 1], "SAME")


def conv3d(x: Any, w: Any) -> Any:
    return tf.nn.conv3d(x, w, [1, 1, 2, 1, 1], "SAME")


def max_pool(x: Any) -> Any:
    return tf.nn.max_pool(x, [1, 2, 2, 1], [1, 2, 2, 1], "SAME")


def pool3d(x: Any, pool: Callable[..., Any]) -> Any:
    return pool(x, [1, 2, 3, 2, 1], [1, 2, 1, 2, 1], "SAME")


def with_gradients(function: Make) -> Make:
    def both(*xs: Any) -> list[Any]:
        y = function(*xs)
        return [y, *(tf.convert_to_tensor(g) for g in tf.gradients(y, list(xs)) if g is not None)]

    return both


def batch_norm(x: Any, scale: Any, offset: Any) -> Any:
    return tf.nn.fused_batch_norm(x, scale, offset)[0]


def batch_norm_of_planes(x: Any, scale: Any, offset: Any) -> Any:
    return tf.nn.fused_batch_norm(x, scale, offset, data_format="NCHW")[0]


def sparse_loss(x: Any) -> Any:
    labels = tf.placeholder_with_default(tf.zeros([4], tf.int32), [4])
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=x)


def step_of(optimizer: Callable[[], Any]) -> Make:
    def step(x: Any) -> Any:
        v = tf.Variable(tf.zeros([4, 6], x.dtype))
        return optimizer().minimize(tf.reduce_sum(v * x))

    return step


# name: the types, the function, the shapes of its inputs
ROWS: dict[str, tuple[tuple[str, ...], Make, list[tuple[int, ...]]]] = {
    **{
        name: (HALF, getattr(tf, name), [(4, 6)])
        for name in "exp expm1 log log1p tanh sigmoid erf sin cos sqrt rsqrt floor round".split()
    },
    **{
        name: ((*HALF, *SMALL), getattr(tf, name), [(4, 6), (6,)])
        for name in "add subtract multiply maximum minimum less equal".split()
    },
    "division by constants": (
        (*HALF, *SMALL, "uint16"),
        lambda x: [f(x, tf.constant(3, x.dtype)) for f in (tf.floordiv, tf.floormod)],
        [(4, 6)],
    ),
    "pow": (HALF, tf.pow, [(4, 6), (4, 6)]),
    "cast": (ALL, lambda x: [tf.cast(x, d) for d in ALL], [(4, 6)]),
    "where": (ALL, lambda x, y: tf.where(tf.equal(x, y), x, y), [(4, 6), (4, 6)]),
    "logic": (("bool",), lambda x, y: tf.logical_not(tf.logical_and(x, y)), [(4,), (4,)]),
    "matmul": (FLOATS, with_gradients(tf.matmul), [(4, 5), (5, 6)]),
    "batch matmul": (FLOATS, with_gradients(tf.matmul), [(2, 4, 5), (2, 5, 6)]),
    "conv": (FLOATS, with_gradients(conv), [IMAGE, FILTER]),
    "conv3d": (FLOATS, with_gradients(conv3d), [VOLUME, (2, *FILTER)]),
    "pool": (FLOATS, with_gradients(max_pool), [IMAGE]),
    "max pool3d": (
        ("float32",),
        with_gradients(lambda x: pool3d(x, tf.nn.max_pool3d)),
        [VOLUME],
    ),
    "avg pool3d": (FLOATS, with_gradients(lambda x: pool3d(x, tf.nn.avg_pool3d)), [VOLUME]),
    "batch norm": (("float32",), with_gradients(batch_norm), [IMAGE, (3,), (3,)]),
    "batch norm of planes": (
        ("float32",),
        with_gradients(batch_norm_of_planes),
        [(2, 3, 8, 8), (3,), (3,)],
    ),
    "lrn": (("float32",), with_gradients(tf.nn.lrn), [IMAGE]),
    "softmax": (FLOATS, with_gradients(tf.nn.softmax), [(4, 6)]),
    "log softmax": (FLOATS, with_gradients(tf.nn.log_softmax), [(2, 4, 6)]),
    "sparse loss": (FLOATS, with_gradients(sparse_loss), [(4, 6)]),
    "reductions": (
        (*FLOATS, *INTS),
        lambda x: [f(x, [0, 2]) for f in (tf.reduce_sum, tf.reduce_max, tf.reduce_prod)],
        [(3, 4, 5)],
    ),
    "arg reductions": ((*FLOATS, *INTS), lambda x: [tf.argmax(x, 1), tf.argmin(x, 0)], [(4, 6)]),
    "cumsum": ((*FLOATS, "int32"), lambda x: tf.cumsum(x, 1), [(4, 6)]),
    "moves": (
        ALL,
        lambda x, y: [
            tf.transpose(x, [1, 0]),
            tf.concat([x, y], 1),
            tf.stack([x, y], 1),
            *tf.split(x, 2, 1),
            tf.pad(x, [[1, 1], [0, 2]]),
            tf.tile(x, [2, 3]),
            x[::2, ::-1],
            tf.reverse(x, [1]),
            tf.roll(x, [1, -2], [0, 1]),
            *tf.identity_n([x, y]),
            tf.ensure_shape(x, [None, 6]),
            tf.dynamic_stitch([[0, 2, 4, 6], [1, 3, 5, 7]], [x, y]),
        ],
        [(4, 6), (4, 6)],
    ),
    "gather": (
        ALL,
        lambda x: [tf.gather(x, tf.placeholder_with_default([0, 1], [2]), axis=a) for a in (0, 1)],
        [(4, 6)],
    ),
    "gather's gradient": (
        FLOATS,
        with_gradients(lambda x: tf.gather(x, tf.placeholder_with_default([0, 1], [2]))),
        [(4, 6)],
    ),
    "reversed sequences": (
        ALL,
        lambda x: [
            tf.reverse_sequence(x, tf.placeholder_with_default([1] * n, [n]), 1 - a, batch_axis=a)
            for a, n in enumerate((4, 6))
        ],
        [(4, 6)],
    ),
    "top k": ((*FLOATS, *INTS), lambda x: list(tf.nn.top_k(x, 3)), [(4, 6)]),
    "sort": ((*FLOATS, *INTS), lambda x: [tf.sort(x), tf.argsort(x, 0)], [(4, 6)]),
    "in top k": (
        INTS,
        lambda x, y: tf.nn.in_top_k(tf.cast(x, tf.float32), y, tf.cast(tf.size(x) // 12, x.dtype)),
        [(4, 6), (4,)],
    ),
    "segments": (
        (*FLOATS, *INTS),
        lambda x: [
            *(
                f(x, tf.placeholder_with_default([0, 0, 2, 1], [4]), 3)
                for f in (
                    tf.unsorted_segment_sum,
                    tf.unsorted_segment_prod,
                    tf.unsorted_segment_max,
                    tf.unsorted_segment_min,
                )
            ),
            tf.segment_sum(x, [0, 0, 2, 5]),
        ],
        [(4, 6)],
    ),
    "segments of chosen rows": (
        FLOATS,
        lambda x: [
            with_gradients(
                lambda x, f=f: f(
                    x,
                    tf.placeholder_with_default([3, 1, 1], [3]),
                    tf.placeholder_with_default([0, 0, 2], [3]),
                    num_segments=4,
                )
            )(x)[i]
            for f in (tf.sparse_segment_sum, tf.sparse_segment_mean, tf.sparse_segment_sqrt_n)
            for i in (0, 1)
        ],
        [(4, 6)],
    ),
    "checked numbers": (FLOATS, lambda x: tf.verify_tensor_all_finite(x, "here"), [(4, 6)]),
    "one hot": (("uint8", *INTS), lambda x: tf.one_hot(x, 5), [(4,)]),
    "draws": (
        FLOATS,
        lambda x: [
            f([9], dtype=x.dtype, seed=1)
            for f in (tf.random_uniform, tf.random_normal, tf.truncated_normal)
        ],
        [()],
    ),
    "dropout": (FLOATS, with_gradients(lambda x: tf.nn.dropout(x, keep_prob=0.5)), [(4, 6)]),
    "sgd": (FLOATS, step_of(lambda: tf.train.GradientDescentOptimizer(0.1)), [(4, 6)]),
    "momentum": (FLOATS, step_of(lambda: tf.train.MomentumOptimizer(0.1, 0.9)), [(4, 6)]),
    "adam": (FLOATS, step_of(lambda: tf.train.AdamOptimizer()), [(4, 6)]),
    "rmsprop": (FLOATS, step_of(lambda: tf.train.RMSPropOptimizer(0.1)), [(4, 6)]),
}


@pytest.mark.parametrize("row", ROWS)
def test_ops_have_kernels(row: str) -> None:
    kinds, function, shapes = ROWS[row]
    for kind in kinds:
        tf.reset_default_graph()
        xs = [tf.placeholder(kind, shape) for shape in shapes]
        made = function(*xs)
        made = made if isinstance(made, list) else [made]
        assert host_ops(plan_of(made, xs)) == [], kind
