"""The cases: what is run, and what the issue of its speed asks for.

A case is a function of `tf` and a session's config that returns `step`, to be called as often as it
is timed; a step returns a number (a loss) by which frameworks are compared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .models import ResNet, Weights, lenet, lstm, mlp

Step = Callable[[], float]
Make = Callable[[Any, Any], Step]


@dataclass(frozen=True)
class Case:
    """One line of the table.

    Attributes:
      title: what it says there.
      make: `(tf, config) -> step`.
      floor, aim: TensorFlow's time over ours that is to be reached.
      calls: steps that are timed together.
      threads: overrides the number of threads asked for.
      tolerance: how much the numbers of two frameworks may differ, relatively.
    """

    title: str
    make: Make
    floor: float
    aim: float
    calls: int = 1
    threads: int | None = None
    tolerance: float = 1e-3


def _digits(batch: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    images = random.random((batch, 784), np.float32)
    return images, np.eye(10, dtype=np.float32)[random.integers(0, 10, batch)]


def _trainer(tf: Any, config: Any, weights: Weights, loss: Any, train: Any, feeds: Any) -> Step:
    session = tf.Session(config=config)
    weights.initialize(session)
    fetches = [train, loss]
    return lambda: float(session.run(fetches, feeds)[1])


def _lenet_training(dropout: bool = False, batch_norm: bool = False) -> Make:
    def make(tf: Any, config: Any) -> Step:
        weights = Weights(tf)
        x = tf.placeholder(tf.float32, [None, 784])
        y = tf.placeholder(tf.float32, [None, 10])
        keep_prob = tf.placeholder(tf.float32) if dropout else None
        logits = lenet(tf, weights, x, keep_prob, batch_norm)
        loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=logits))
        train = tf.train.AdamOptimizer(1e-4).minimize(loss)
        images, labels = _digits(100)
        feeds = {x: images, y: labels}
        if dropout:
            feeds[keep_prob] = 0.5
        return _trainer(tf, config, weights, loss, train, feeds)

    return make


def _lenet_inference(tf: Any, config: Any) -> Step:
    weights = Weights(tf)
    x = tf.placeholder(tf.float32, [None, 784])
    logits = lenet(tf, weights, x)
    session = tf.Session(config=config)
    weights.initialize(session)
    images, _ = _digits(100)
    return lambda: float(np.abs(session.run(logits, {x: images})).mean())


def _mlp_training(tf: Any, config: Any) -> Step:
    weights = Weights(tf)
    x = tf.placeholder(tf.float32, [None, 784])
    y = tf.placeholder(tf.float32, [None, 10])
    logits = mlp(tf, weights, x)
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=y, logits=logits))
    train = tf.train.AdamOptimizer(1e-3).minimize(loss)
    images, labels = _digits(128)
    return _trainer(tf, config, weights, loss, train, {x: images, y: labels})


def _lstm_training(tf: Any, config: Any) -> Step:
    weights = Weights(tf)
    x = tf.placeholder(tf.float32, [None, 28, 28])
    y = tf.placeholder(tf.float32, [None, 10])
    logits = lstm(tf, weights, x)
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=y, logits=logits))
    train = tf.train.AdamOptimizer(1e-3).minimize(loss)
    images, labels = _digits(128)
    feeds = {x: images.reshape(128, 28, 28), y: labels}
    return _trainer(tf, config, weights, loss, train, feeds)


def _photographs(batch: int) -> np.ndarray:
    return np.random.default_rng(2).random((batch, 224, 224, 3), np.float32)


def _resnet_inference(depth: int, batch: int) -> Make:
    def make(tf: Any, config: Any) -> Step:
        weights = Weights(tf)
        x = tf.placeholder(tf.float32, [None, 224, 224, 3])
        logits = ResNet(tf, weights, depth, is_training=False).logits(x)
        session = tf.Session(config=config)
        weights.initialize(session)
        images = _photographs(batch)
        return lambda: float(np.abs(session.run(logits, {x: images})).mean())

    return make


def _resnet_training(depth: int, batch: int) -> Make:
    def make(tf: Any, config: Any) -> Step:
        weights = Weights(tf)
        x = tf.placeholder(tf.float32, [None, 224, 224, 3])
        y = tf.placeholder(tf.int64, [None])
        logits = ResNet(tf, weights, depth, is_training=True).logits(x)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
        loss = tf.reduce_mean(losses)
        train = tf.train.MomentumOptimizer(1e-4, 0.9).minimize(loss)
        feeds = {x: _photographs(batch), y: np.arange(batch, dtype=np.int64)}
        return _trainer(tf, config, weights, loss, train, feeds)

    return make


def _tiny(is_callable: bool) -> Make:
    def make(tf: Any, config: Any) -> Step:
        a = tf.placeholder(tf.float32, [])
        b = a * 2.0 + 1.0
        session = tf.Session(config=config)
        if is_callable:
            run = session.make_callable(b, [a])
            return lambda: float(run(3.0))
        return lambda: float(session.run(b, {a: 3.0}))

    return make


def _chain(tf: Any, config: Any) -> Step:
    """Eight elementwise ops over a million elements, reduced only by the comparison."""
    x = tf.placeholder(tf.float32, [1 << 20])
    y = tf.nn.relu(x * 1.5 + 0.5) - 0.25
    y = tf.square(y) * 0.5 + x
    y = tf.maximum(y, 0.1) * 0.9
    session = tf.Session(config=config)
    run = session.make_callable(y.op, [x])
    values = np.random.default_rng(3).random(1 << 20, np.float32)

    def step() -> float:
        run(values)
        return 0.0

    return step


CASES = {
    "lenet_train": Case("LeNet training step, batch 100, Adam", _lenet_training(), 1.5, 2.2),
    "lenet_train_dropout": Case(
        "the same with dropout", _lenet_training(dropout=True), 1.5, 2.2, tolerance=0.5
    ),
    "lenet_train_batch_norm": Case(
        "the same with batch norm", _lenet_training(batch_norm=True), 1.5, 2.2
    ),
    "lenet_infer": Case("LeNet inference, batch 100", _lenet_inference, 1.4, 2.1),
    "lenet_train_one_core": Case(
        "LeNet training step on one core", _lenet_training(), 1.3, 1.9, threads=1
    ),
    "resnet18_infer_1": Case("ResNet-18 inference, batch 1", _resnet_inference(18, 1), 1.0, 1.5),
    "resnet18_infer_8": Case("ResNet-18 inference, batch 8", _resnet_inference(18, 8), 1.0, 1.5),
    "resnet50_infer_1": Case("ResNet-50 inference, batch 1", _resnet_inference(50, 1), 1.0, 1.5),
    "resnet50_infer_8": Case("ResNet-50 inference, batch 8", _resnet_inference(50, 8), 1.0, 1.5),
    "resnet18_train": Case(
        "ResNet-18 training step, batch 8, momentum", _resnet_training(18, 8), 1.0, 1.4
    ),
    "resnet50_train": Case(
        "ResNet-50 training step, batch 8, momentum", _resnet_training(50, 8), 1.0, 1.4
    ),
    "mlp_train": Case("MLP 784-256-256-10, batch 128, Adam", _mlp_training, 1.3, 2.0, calls=10),
    "lstm_train": Case("LSTM, 28 steps, 128 units, batch 128", _lstm_training, 1.5, 3.0),
    "run_tiny": Case("`sess.run` of a*2+1, fed a scalar", _tiny(False), 12.0, 24.0, calls=1000),
    "call_tiny": Case("the same through `make_callable`", _tiny(True), 40.0, 120.0, calls=1000),
    "chain": Case("8 elementwise ops over 1 M elements", _chain, 1.0, 2.0, calls=10),
}
