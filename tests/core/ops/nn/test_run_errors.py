"""What only a run can find wrong with shapes: TF's error class, and what was got and expected."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from op_cases import raw

import graphflow as tf

_ONES = [1, 1, 1, 1]


def _ones(*shape: int) -> np.ndarray:
    return np.ones(shape, np.float32)


def _conv(x: Any, w: Any) -> Any:
    return tf.nn.conv2d(x, w, _ONES, "SAME")


def _conv3d(x: Any, w: Any) -> Any:
    return tf.nn.conv3d(x, w, [1, *_ONES], "SAME")


def _depthwise(x: Any, w: Any) -> Any:
    return tf.nn.depthwise_conv2d(x, w, _ONES, "SAME")


def _transpose(x: Any, w: Any) -> Any:
    return tf.nn.conv2d_transpose(x, w, [1, 8, 8, 3], 2)


def _dilation(x: Any, w: Any) -> Any:
    return tf.nn.dilation2d(x, w, _ONES, _ONES, "VALID")


def _pool(x: Any) -> Any:
    return tf.nn.max_pool(x, 2, 2, "VALID")


def _pool_depth(x: Any) -> Any:
    return tf.nn.max_pool(x, [1, 1, 1, 3], [1, 1, 1, 3], "VALID")


def _argmax(x: Any) -> Any:
    return tf.nn.max_pool_with_argmax(x, 2, 2, "SAME")


def _normalise(x: Any, scale: Any) -> Any:
    return tf.nn.fused_batch_norm(x, scale, scale)


def _cross_entropy(x: Any, y: Any) -> Any:
    return raw(tf, "SoftmaxCrossEntropyWithLogits", features=x, labels=y)


@pytest.mark.parametrize(
    ("build", "arrays", "text"),
    [
        (_conv, [_ones(4, 4, 2), _ones(2, 2, 2, 3)], "input must be 4-dimensional, got shape [4, "),
        (_conv, [_ones(1, 4, 4, 2), _ones(2, 2, 3)], "filter must be 4-dimensional, got shape [2"),
        (_conv, [_ones(1, 4, 4, 3), _ones(2, 2, 2, 3)], "divisible by filter depth: 3 vs 2"),
        (_conv3d, [_ones(1, 4, 4, 3), _ones(2, 2, 2, 3, 3)], "input must be 5-dimensional"),
        (_conv3d, [_ones(1, 4, 4, 4, 3), _ones(2, 2, 2, 2, 3)], "must be filter depth: 3 vs 2"),
        (_depthwise, [_ones(1, 4, 4, 3), _ones(2, 2, 2, 3)], "the same depth: 3 vs 2"),
        (_depthwise, [_ones(1, 4, 4, 3), _ones(2, 2, 3)], "filter must be 4-dimensional"),
        (_transpose, [_ones(1, 4, 4, 5), _ones(2, 2, 3, 2)], "has 5 channels, but the filter giv"),
        (_dilation, [_ones(1, 4, 4, 2), _ones(2, 2, 3)], "the same depth: 2 vs 3"),
        (_dilation, [_ones(4, 4, 2), _ones(2, 2, 2)], "input must be 4-dimensional"),
        (_dilation, [_ones(1, 4, 4, 2), _ones(5, 2, 2)], "by subtracting 5 from 4"),
        (_pool, [_ones(4, 4, 2)], "tensor_in must be 4-dimensional, got shape [4, 4, 2]"),
        (_pool, [_ones(1, 1, 4, 2)], "by subtracting 2 from 1"),
        (_pool_depth, [_ones(4, 4, 3)], "tensor_in must be 4-dimensional"),
        (_argmax, [_ones(4, 4, 2)], "tensor_in must be 4-dimensional"),
        (tf.nn.bias_add, [_ones(2, 3), _ones(4)], "biases as the channel dimension of the input"),
        (tf.nn.bias_add, [_ones(3), _ones(3)], "at least 2D and biases must be 1D, got shapes [3]"),
        (_normalise, [_ones(2, 3), _ones(3)], "input must be 4-dimensional, got shape [2, 3]"),
        (_normalise, [_ones(1, 2, 2, 3), _ones(3, 1)], "scale must be 1-dimensional"),
        (tf.nn.lrn, [_ones(2, 3)], "must be 4-dimensional, got shape [2, 3]"),
        (tf.nn.softmax, [_ones()], "logits must have >= 1 dimension"),
        (tf.nn.log_softmax, [_ones()], "logits must have >= 1 dimension"),
        (_cross_entropy, [_ones(3), _ones(3)], "must be 2-dimensional, got shape [3]"),
        (_cross_entropy, [_ones(2, 3), _ones(2, 4)], "[2,3]"),
    ],
)
def test_shapes_are_checked(build: Any, arrays: list[np.ndarray], text: str) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        fed = [tf.placeholder(tf.float32) for _ in arrays]
        result = build(*fed)
        with pytest.raises(tf.errors.InvalidArgumentError) as caught:
            session.run(result, dict(zip(fed, arrays, strict=True)))
    assert text in str(caught.value)
    assert caught.value.op is not None
    assert f"node {caught.value.op.name}" in str(caught.value)
