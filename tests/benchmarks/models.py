"""The models that are timed, in the TF1 API: one text for graphflow and for TensorFlow.

Every function takes `tf`, one of the two modules, and makes variables through `Weights`, so that
both start from the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


class Weights:
    """Variables with the same initial values whatever makes them.

    Values are fed when they are initialized: constants of a hundred megabytes do not belong into a
    graph.
    """

    def __init__(self, tf: Any, seed: int = 0) -> None:
        self._tf = tf
        self._random = np.random.default_rng(seed)
        self._feeds: dict[Any, np.ndarray] = {}

    def normal(self, shape: Sequence[int], deviation: float) -> Any:
        """A variable of normal numbers."""
        value = self._random.standard_normal(shape) * deviation
        return self.of(value.astype(np.float32))

    def filled(self, shape: Sequence[int], value: float, trainable: bool = True) -> Any:
        """A variable of one number."""
        return self.of(np.full(shape, value, np.float32), trainable)

    def of(self, value: np.ndarray, trainable: bool = True) -> Any:
        """A variable with a given value."""
        return self._tf.Variable(self._fed(value), trainable=trainable, use_resource=False)

    def getter(self, deviation: float) -> Callable[..., Any]:
        """A custom getter for variable scopes: matrices of normal numbers, vectors of zeros."""

        def get(getter: Any, name: str, *args: Any, shape: Sequence[int], **kwargs: Any) -> Any:
            size = tuple(shape)
            value = self._random.standard_normal(size) * deviation * (len(size) > 1)

            def initial(*_: Any, **__: Any) -> Any:
                return self._fed(value.astype(np.float32))

            kwargs["initializer"] = initial
            return getter(name, *args, shape=shape, **kwargs)

        return get

    def _fed(self, value: np.ndarray) -> Any:
        initial = self._tf.placeholder(value.dtype, value.shape)
        self._feeds[initial] = value
        return initial

    def initialize(self, session: Any) -> None:
        """Gives all variables their values."""
        session.run(self._tf.global_variables_initializer(), self._feeds)
        self._feeds.clear()


# --- the slides' LeNet ---------------------------------------------------------------------------


def lenet(
    tf: Any, weights: Weights, x: Any, keep_prob: Any = None, batch_norm: bool = False
) -> Any:
    """The logits [batch, 10] of the slides' LeNet for images [batch, 784]."""

    def convolved(image: Any, channels: int, filters: int) -> Any:
        kernel = weights.normal([5, 5, channels, filters], 0.1)
        bias = weights.filled([filters], 0.1)
        maps = tf.nn.conv2d(image, kernel, strides=[1, 1, 1, 1], padding="SAME") + bias
        if batch_norm:
            mean, variance = tf.nn.moments(maps, [0, 1, 2])
            offset, scale = weights.filled([filters], 0.0), weights.filled([filters], 1.0)
            maps = tf.nn.batch_normalization(maps, mean, variance, offset, scale, 1e-3)
        window = [1, 2, 2, 1]
        return tf.nn.max_pool(tf.nn.relu(maps), ksize=window, strides=window, padding="SAME")

    h = convolved(tf.reshape(x, [-1, 28, 28, 1]), 1, 32)
    h = tf.reshape(convolved(h, 32, 64), [-1, 7 * 7 * 64])
    h = tf.nn.relu(
        tf.matmul(h, weights.normal([7 * 7 * 64, 1024], 0.1)) + weights.filled([1024], 0.1)
    )
    if keep_prob is not None:
        h = tf.nn.dropout(h, keep_prob=keep_prob, seed=1)
    return tf.matmul(h, weights.normal([1024, 10], 0.1)) + weights.filled([10], 0.1)


def mlp(tf: Any, weights: Weights, x: Any) -> Any:
    """The logits of a perceptron with two hidden layers of 256."""
    h = x
    for inputs, outputs in ((784, 256), (256, 256)):
        h = tf.nn.relu(
            tf.matmul(h, weights.normal([inputs, outputs], 0.05)) + weights.filled([outputs], 0.0)
        )
    return tf.matmul(h, weights.normal([256, 10], 0.05)) + weights.filled([10], 0.0)


# --- embeddings ----------------------------------------------------------------------------------


def bag_of_words(tf: Any, weights: Weights, ids: Any, words: int = 20_000, size: int = 128) -> Any:
    """The logits [batch, 10] of texts [batch, length]: the mean of their words' vectors."""
    table = weights.normal([words, size], 0.1)
    h = tf.reduce_mean(tf.nn.embedding_lookup(table, ids), axis=1)
    return tf.matmul(h, weights.normal([size, 10], 0.1)) + weights.filled([10], 0.0)


# --- LSTM ----------------------------------------------------------------------------------------


def lstm(tf: Any, weights: Weights, x: Any, units: int = 128) -> Any:
    """The logits of an LSTM that reads the rows of images [batch, 28, 28], by `tf.scan`."""
    kernel = weights.normal([28 + units, 4 * units], 0.05)
    bias = weights.filled([4 * units], 0.0)

    def step(state: Any, row: Any) -> Any:
        c, h = state
        gates = tf.matmul(tf.concat([row, h], 1), kernel) + bias
        i, j, f, o = tf.split(gates, 4, axis=1)
        c = c * tf.sigmoid(f + 1.0) + tf.sigmoid(i) * tf.tanh(j)
        return c, tf.tanh(c) * tf.sigmoid(o)

    zeros = tf.zeros([tf.shape(x)[0], units])
    _, h = tf.scan(step, tf.transpose(x, [1, 0, 2]), (zeros, zeros))
    return tf.matmul(h[-1], weights.normal([units, 10], 0.05)) + weights.filled([10], 0.0)


def dynamic_lstm(tf: Any, weights: Weights, x: Any, units: int = 128) -> Any:
    """The same net of `tf.nn.dynamic_rnn` and a BasicLSTMCell."""
    cell = tf.nn.rnn_cell.BasicLSTMCell(units)
    # The cell makes its variables itself: they are given the numbers that all start from.
    with tf.variable_scope("net", custom_getter=weights.getter(0.05)):
        outputs, _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
    kernel = weights.normal([units, 10], 0.05)
    return tf.matmul(outputs[:, -1], kernel) + weights.filled([10], 0.0)


# --- ResNets -------------------------------------------------------------------------------------

BLOCKS = {18: (2, 2, 2, 2), 50: (3, 4, 6, 3)}


class ResNet:
    """A ResNet v1 for images [batch, 224, 224, 3] (He et al. 2015), with 1000 classes."""

    def __init__(self, tf: Any, weights: Weights, depth: int, is_training: bool) -> None:
        self._tf, self._weights, self._is_training = tf, weights, is_training
        self._depth = depth

    def logits(self, images: Any) -> Any:
        """The logits [batch, 1000]."""
        tf = self._tf
        h = tf.nn.relu(self._convolved(images, 3, 64, size=7, stride=2))
        h = tf.nn.max_pool(h, [1, 3, 3, 1], [1, 2, 2, 1], "SAME")
        channels = 64
        block = self._basic if self._depth < 50 else self._bottleneck
        for stage, count in enumerate(BLOCKS[self._depth]):
            for i in range(count):
                stride = 2 if stage and not i else 1
                h, channels = block(h, channels, 64 << stage, stride)
        h = tf.reduce_mean(h, [1, 2])
        kernel = self._weights.normal([channels, 1000], 0.01)
        return tf.matmul(h, kernel) + self._weights.filled([1000], 0.0)

    def _basic(self, x: Any, channels: int, filters: int, stride: int) -> tuple[Any, int]:
        tf = self._tf
        h = tf.nn.relu(self._convolved(x, channels, filters, 3, stride))
        h = self._convolved(h, filters, filters, 3, 1)
        return tf.nn.relu(h + self._shortcut(x, channels, filters, stride)), filters

    def _bottleneck(self, x: Any, channels: int, filters: int, stride: int) -> tuple[Any, int]:
        tf = self._tf
        h = tf.nn.relu(self._convolved(x, channels, filters, 1, 1))
        h = tf.nn.relu(self._convolved(h, filters, filters, 3, stride))
        h = self._convolved(h, filters, 4 * filters, 1, 1)
        return tf.nn.relu(h + self._shortcut(x, channels, 4 * filters, stride)), 4 * filters

    def _shortcut(self, x: Any, channels: int, filters: int, stride: int) -> Any:
        if channels == filters and stride == 1:
            return x
        return self._convolved(x, channels, filters, 1, stride)

    def _convolved(self, x: Any, channels: int, filters: int, size: int, stride: int) -> Any:
        """A convolution and its batch norm."""
        tf, weights = self._tf, self._weights
        deviation = (2.0 / (size * size * channels)) ** 0.5
        kernel = weights.normal([size, size, channels, filters], deviation)
        h = tf.nn.conv2d(x, kernel, strides=[1, stride, stride, 1], padding="SAME")
        scale, offset = weights.filled([filters], 1.0), weights.filled([filters], 0.0)
        if self._is_training:
            return tf.nn.fused_batch_norm(h, scale, offset)[0]
        mean = weights.filled([filters], 0.1, trainable=False)
        variance = weights.filled([filters], 1.5, trainable=False)
        return tf.nn.fused_batch_norm(h, scale, offset, mean, variance, is_training=False)[0]
