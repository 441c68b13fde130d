"""The cross entropies: unusual shapes, types and numbers, second gradients, errors."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from op_cases import raw

import graphflow as tf

_RANDOM = np.random.default_rng(0)


def _on_both(oracle: ModuleType, build: Any, *arrays: np.ndarray) -> tuple[Any, Any]:
    """The values of `build(tf, *placeholders)` on graphflow and on TensorFlow."""
    values = []
    for framework in tf, oracle:
        with framework.Graph().as_default(), framework.Session() as session:
            fed = [framework.placeholder(framework.as_dtype(a.dtype), a.shape) for a in arrays]
            tensors = build(framework, *fed)
            values.append(session.run(tensors, dict(zip(fed, arrays, strict=True))))
    return values[0], values[1]


def _assert_close(pair: tuple[Any, Any], rtol: float = 1e-5, atol: float = 1e-6) -> None:
    for mine, theirs in zip(*pair, strict=True):
        assert mine.dtype == theirs.dtype
        assert mine.shape == theirs.shape
        np.testing.assert_allclose(mine, theirs, rtol, atol)


def _probabilities(shape: Any, axis: int = -1) -> np.ndarray:
    values = _RANDOM.uniform(0.1, 1, size=shape)
    return (values / values.sum(axis, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize(
    ("shape", "axis"),
    [((4,), -1), ((0, 3), -1), ((2, 1), -1), ((2, 3, 4), 1), ((2, 3, 4), 0), ((2, 0, 4, 3), 2)],
)
def test_dense_labels_of_many_shapes(oracle: ModuleType, shape: Any, axis: int) -> None:
    logits = _RANDOM.normal(size=shape).astype(np.float32)
    labels = _probabilities(shape, axis) if logits.size else logits

    def build(tf: ModuleType, logits: Any, labels: Any) -> Any:
        loss = tf.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits, axis=axis)
        return [loss, *tf.gradients(loss, [logits, labels])]

    _assert_close(_on_both(oracle, build, logits, labels))


@pytest.mark.parametrize(
    ("shape", "labels_shape"), [((2, 3), (1, 3)), ((1, 3), (2, 3)), ((2, 1), (1, 4))]
)
def test_the_op_broadcasts(oracle: ModuleType, shape: Any, labels_shape: Any) -> None:
    def build(tf: ModuleType, features: Any, labels: Any) -> Any:
        op = "SoftmaxCrossEntropyWithLogits"
        return list(raw(tf, op, features=features, labels=labels))

    features = _RANDOM.normal(size=shape).astype(np.float32)
    _assert_close(_on_both(oracle, build, features, _probabilities(labels_shape)))


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_types(oracle: ModuleType, dtype: Any) -> None:
    def build(tf: ModuleType, logits: Any, labels: Any) -> Any:
        return [
            tf.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits),
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[1, 0], logits=logits),
            tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits),
        ]

    logits = _RANDOM.normal(size=(2, 3)).astype(dtype)
    rtol = 2e-3 if dtype is np.float16 else 1e-12
    _assert_close(_on_both(oracle, build, logits, _probabilities((2, 3)).astype(dtype)), rtol)


def test_second_gradients(oracle: ModuleType) -> None:
    """To the logits, by way of the kernel's own gradient."""

    def build(tf: ModuleType, logits: Any, labels: Any, weights: Any) -> Any:
        loss = tf.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits)
        first = tf.gradients(loss * weights[:, 0], [logits, labels])
        return tf.gradients([f * weights for f in first], [logits, labels])

    arrays = _RANDOM.normal(size=(2, 3, 4)).astype(np.float32)
    _assert_close(_on_both(oracle, build, arrays[0], _probabilities((3, 4)), arrays[1]))


def test_no_gradient_flows_to_the_labels_of_the_first_version() -> None:
    logits, labels = tf.ones([2, 3]), tf.ones([2, 3])
    loss = tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    gradients = tf.gradients(loss, [logits, labels])
    assert gradients[0] is not None
    assert gradients[1] is None


def test_a_dimension_is_an_axis_and_may_be_negative() -> None:
    logits = _RANDOM.normal(size=(3, 2))
    labels = _probabilities((3, 2), 0).astype(np.float64)
    with tf.Session() as session:
        old = tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits, dim=0)
        for axis in 0, -2:
            new = tf.nn.softmax_cross_entropy_with_logits_v2(labels, logits, axis=axis)
            np.testing.assert_array_equal(*session.run([old, new]))


def test_logits_beyond_what_exp_can_hold() -> None:
    logits = np.float32([[1000, 0, -1000], [-1e30, 0, 1e30]])
    with tf.Session() as session:
        dense = tf.nn.softmax_cross_entropy_with_logits_v2(
            labels=np.float32([[1, 0, 0], [0, 1, 0]]), logits=logits
        )
        sparse = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[0, 1], logits=logits)
        sigmoid = tf.nn.sigmoid_cross_entropy_with_logits(
            labels=np.float32([[1, 0, 0]]), logits=logits[:1]
        )
        values = session.run([dense, sparse, sigmoid])
    np.testing.assert_allclose(values[0], [0, 1e30])
    np.testing.assert_allclose(values[1], [0, 1e30])
    np.testing.assert_allclose(values[2], [[0, np.log(2), 0]], rtol=1e-6)


# --- sparse labels ------------------------------------------------------------------------------


@pytest.mark.parametrize("label_type", [np.int32, np.int64])
@pytest.mark.parametrize("shape", [(5,), (2, 5), (2, 3, 5), (0, 5)])
def test_class_numbers_of_many_shapes(oracle: ModuleType, shape: Any, label_type: Any) -> None:
    logits = _RANDOM.normal(size=shape).astype(np.float32)
    labels = _RANDOM.integers(0, 5, size=shape[:-1]).astype(label_type)

    def build(tf: ModuleType, logits: Any, labels: Any) -> Any:
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
        return [loss, tf.gradients(loss, logits)[0]]

    _assert_close(_on_both(oracle, build, logits, labels))


def test_second_gradient_of_class_numbers() -> None:
    """TF 1.14 refuses it; here it is that of dense labels with a one in their place."""
    logits = tf.constant(_RANDOM.normal(size=(2, 3)))
    sparse = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[2, 0], logits=logits)
    dense = tf.nn.softmax_cross_entropy_with_logits_v2(
        labels=tf.one_hot([2, 0], 3, dtype=tf.float64), logits=logits
    )
    hessians = [tf.hessians(tf.reduce_sum(loss), logits)[0] for loss in (sparse, dense)]
    with tf.Session() as session:
        np.testing.assert_allclose(*session.run(hessians), rtol=1e-12)


@pytest.mark.parametrize("label", [-1, 3])
def test_a_label_out_of_range_fails_in_the_run(label: int) -> None:
    labels = tf.placeholder(tf.int64, [2])
    loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=tf.zeros([2, 3]))
    message = rf"label value of {label} which is outside the valid range of \[0, 3\)"
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match=message):
        session.run(loss, {labels: [0, label]})


def test_shapes_that_only_the_run_knows_are_checked() -> None:
    logits, labels = tf.placeholder(tf.float32), tf.placeholder(tf.int32)
    op = raw(tf, "SparseSoftmaxCrossEntropyWithLogits", features=logits, labels=labels)
    with tf.Session() as session:
        for shape, label, text in [
            ([2, 3], [0, 1, 2], "same first dimension, got logits shape"),
            ([2, 3], [[0], [1]], "labels must be 1-D, but got shape"),
            ([2, 0], [0, 0], "Must have at least one class"),
        ]:
            with pytest.raises(tf.errors.InvalidArgumentError, match=text):
                session.run(op.loss, {logits: np.zeros(shape), labels: label})


# --- errors while building ----------------------------------------------------------------------


def _losses(tf: ModuleType) -> dict[str, Any]:
    return {
        "dense": tf.nn.softmax_cross_entropy_with_logits_v2,
        "first": tf.nn.softmax_cross_entropy_with_logits,
        "sparse": tf.nn.sparse_softmax_cross_entropy_with_logits,
        "sigmoid": tf.nn.sigmoid_cross_entropy_with_logits,
    }


@pytest.mark.parametrize(
    ("name", "labels", "logits", "text"),
    [
        ("sparse", np.zeros([2, 2], int), np.ones([2, 3]), "Rank mismatch: Rank of labels"),
        ("sparse", np.zeros([2], int), np.ones([3, 3]), "Shape mismatch: The shape of labels"),
        ("sparse", np.int64(0), np.float64(1), "Logits cannot be scalars"),
        ("sigmoid", np.ones([2, 1]), np.ones([1, 2]), "must have the same shape"),
        ("first", None, np.ones([2, 2]), "Both labels and logits must be provided"),
        ("dense", np.ones([2, 3]), np.ones([2, 4]), "Dimensions must be equal, but are 4 and 3"),
    ],
)
def test_errors_while_building(name: str, labels: Any, logits: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        _losses(tf)[name](labels=labels, logits=logits)


def test_arguments_must_be_named() -> None:
    for name in "first", "sparse", "sigmoid":
        with pytest.raises(ValueError, match="with named arguments"):
            _losses(tf)[name](np.ones([2, 2]), np.ones([2, 2]))


def test_the_op_takes_matrices() -> None:
    op = "SoftmaxCrossEntropyWithLogits"
    for shape in [3], [2, 2, 2]:
        with pytest.raises(ValueError, match=f"rank 2 but is rank {len(shape)}"):
            raw(tf, op, features=tf.zeros(shape), labels=tf.zeros(shape))


def test_positive_examples_can_count_more(oracle: ModuleType) -> None:
    def build(tf: ModuleType, logits: Any, targets: Any) -> Any:
        loss = tf.nn.weighted_cross_entropy_with_logits(targets, logits, 2.5)
        return [loss, tf.gradients(loss, logits)[0]]

    logits = _RANDOM.normal(size=(3, 2)).astype(np.float32) * 20
    _assert_close(_on_both(oracle, build, logits, _probabilities((3, 2))))
