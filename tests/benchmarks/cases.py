"""The cases: what is run, and what is to be reached.

What a case runs is built by a function of `tf` and a session's config, so that it is one text for
graphflow and for TensorFlow. Floors and aims are meant for two AVX-512 cores.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from .models import ResNet, Weights, bag_of_words, dynamic_lstm, lenet, lstm, mlp


class Measure(Enum):
    """What a case's value says."""

    SPEEDUP = "the peer's time over graphflow's"
    SECONDS = "graphflow's time"
    COPY_SHARE = "the time of a copy of as many bytes over graphflow's"
    MEMORY = "graphflow's peak memory over the peer's"

    def text(self, value: float) -> str:
        """A value as it stands in a table."""
        match self:
            case Measure.SPEEDUP:
                return f"{value:.2f}x"
            case Measure.SECONDS:
                return seconds_text(value)
        return f"{value:.2f}"


def seconds_text(seconds: float) -> str:
    """A time in the unit that suits it, with three digits."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} us"


@dataclass(frozen=True)
class Work:
    """What one framework does for a case.

    Attributes:
      step: is timed; returns what it computed.
      number: makes of that the one number by which frameworks are compared.
    """

    step: Callable[[], Any]
    number: Callable[[Any], float]


Make = Callable[[Any, Any], Work]


@dataclass(frozen=True)
class Case:
    """One line of the table.

    Attributes:
      title: what it says there.
      floor, aim: the values to be reached; smaller is better where the aim is below the floor.
      measure: what the values say.
    """

    title: str
    floor: float
    aim: float
    measure: Measure

    def reached(self, value: float) -> str:
        """How a value stands to floor and aim: `aim`, `floor` or `below`."""
        sign = 1.0 if self.aim > self.floor else -1.0
        for name, goal in (("aim", self.aim), ("floor", self.floor)):
            if sign * value >= sign * goal:
                return name
        return "below"


@dataclass(frozen=True)
class StepCase(Case):
    """Repeated steps are timed.

    Attributes:
      make: `(tf, config) -> Work`.
      calls: steps that are timed together.
      threads: overrides the number of threads asked for.
      tolerance: how much the numbers of two frameworks may differ, relatively.
      make_copy: the copy of as many bytes, where that is the measure.
    """

    make: Make
    calls: int = 1
    threads: int | None = None
    tolerance: float = 1e-3
    make_copy: Callable[[], Work] | None = None


@dataclass(frozen=True)
class StartCase(Case):
    """The time from the start of a process to the result of its first step.

    Attributes:
      of: the StepCase that is started.
      is_warm: whether the kernel cache holds all that it needs; else it is empty.
    """

    of: str
    is_warm: bool


@dataclass(frozen=True)
class MemoryCase(Case):
    """The peak memory of a process.

    Attributes:
      of: the StepCase that the process runs.
    """

    of: str


def _mean_magnitude(result: np.ndarray) -> float:
    return float(np.abs(result).mean())


def _loss(result: list[Any]) -> float:
    return float(result[1])


def digits(batch: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Images [batch, 784] and their labels, one-hot [batch, 10]."""
    random = np.random.default_rng(seed)
    images = random.random((batch, 784), np.float32)
    return images, np.eye(10, dtype=np.float32)[random.integers(0, 10, batch)]


def _trainer(tf: Any, config: Any, weights: Weights, loss: Any, train: Any, feeds: Any) -> Work:
    session = tf.Session(config=config)
    weights.initialize(session)
    fetches = [train, loss]
    return Work(lambda: session.run(fetches, feeds), _loss)


def _lenet_training(dropout: bool = False, batch_norm: bool = False) -> Make:
    def make(tf: Any, config: Any) -> Work:
        weights = Weights(tf)
        x = tf.placeholder(tf.float32, [None, 784])
        y = tf.placeholder(tf.float32, [None, 10])
        keep_prob = tf.placeholder(tf.float32) if dropout else None
        logits = lenet(tf, weights, x, keep_prob, batch_norm)
        loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=logits))
        train = tf.train.AdamOptimizer(1e-4).minimize(loss)
        images, labels = digits(100)
        feeds = {x: images, y: labels}
        if dropout:
            feeds[keep_prob] = 0.5
        return _trainer(tf, config, weights, loss, train, feeds)

    return make


def _lenet_inference(tf: Any, config: Any) -> Work:
    weights = Weights(tf)
    x = tf.placeholder(tf.float32, [None, 784])
    logits = lenet(tf, weights, x)
    session = tf.Session(config=config)
    weights.initialize(session)
    images, _ = digits(100)
    return Work(lambda: session.run(logits, {x: images}), _mean_magnitude)


def _mlp_training(tf: Any, config: Any) -> Work:
    weights = Weights(tf)
    x = tf.placeholder(tf.float32, [None, 784])
    y = tf.placeholder(tf.float32, [None, 10])
    logits = mlp(tf, weights, x)
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=y, logits=logits))
    train = tf.train.AdamOptimizer(1e-3).minimize(loss)
    images, labels = digits(128)
    return _trainer(tf, config, weights, loss, train, {x: images, y: labels})


def _lstm_training(net: Callable[..., Any]) -> Make:
    def make(tf: Any, config: Any) -> Work:
        weights = Weights(tf)
        x = tf.placeholder(tf.float32, [None, 28, 28])
        y = tf.placeholder(tf.float32, [None, 10])
        logits = net(tf, weights, x)
        loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=y, logits=logits))
        train = tf.train.AdamOptimizer(1e-3).minimize(loss)
        images, labels = digits(128)
        feeds = {x: images.reshape(128, 28, 28), y: labels}
        return _trainer(tf, config, weights, loss, train, feeds)

    return make


def _embedding_training(make_optimizer: Callable[[Any], Any]) -> Make:
    def make(tf: Any, config: Any) -> Work:
        weights = Weights(tf)
        ids = tf.placeholder(tf.int32, [None, 20])
        y = tf.placeholder(tf.float32, [None, 10])
        logits = bag_of_words(tf, weights, ids)
        loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=y, logits=logits))
        train = make_optimizer(tf.train).minimize(loss)
        random = np.random.default_rng(1)
        words = (20_000 * random.random((256, 20)) ** 3).astype(np.int32)  # some are frequent
        _, labels = digits(256)
        return _trainer(tf, config, weights, loss, train, {ids: words, y: labels})

    return make


def photographs(batch: int) -> np.ndarray:
    """Images [batch, 224, 224, 3]."""
    return np.random.default_rng(2).random((batch, 224, 224, 3), np.float32)


def _resnet_inference(depth: int, batch: int) -> Make:
    def make(tf: Any, config: Any) -> Work:
        weights = Weights(tf)
        x = tf.placeholder(tf.float32, [None, 224, 224, 3])
        logits = ResNet(tf, weights, depth, is_training=False).logits(x)
        session = tf.Session(config=config)
        weights.initialize(session)
        images = photographs(batch)
        return Work(lambda: session.run(logits, {x: images}), _mean_magnitude)

    return make


def _resnet_training(depth: int, batch: int) -> Make:
    def make(tf: Any, config: Any) -> Work:
        weights = Weights(tf)
        x = tf.placeholder(tf.float32, [None, 224, 224, 3])
        y = tf.placeholder(tf.int64, [None])
        logits = ResNet(tf, weights, depth, is_training=True).logits(x)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
        loss = tf.reduce_mean(losses)
        train = tf.train.MomentumOptimizer(1e-4, 0.9).minimize(loss)
        feeds = {x: photographs(batch), y: np.arange(batch, dtype=np.int64)}
        return _trainer(tf, config, weights, loss, train, feeds)

    return make


def _tiny(is_callable: bool) -> Make:
    def make(tf: Any, config: Any) -> Work:
        a = tf.placeholder(tf.float32, [])
        b = a * 2.0 + 1.0
        session = tf.Session(config=config)
        if is_callable:
            run = session.make_callable(b, [a])
            return Work(lambda: run(3.0), float)
        return Work(lambda: session.run(b, {a: 3.0}), float)

    return make


def _chain_values() -> np.ndarray:
    return np.random.default_rng(3).random(1 << 20, np.float32)


def _chain(tf: Any, config: Any) -> Work:
    """Eight elementwise ops from one variable to another: nothing is fed or fetched."""
    weights = Weights(tf)
    x, y = weights.of(_chain_values()), weights.filled([1 << 20], 0.0)
    h = tf.nn.relu(x * 1.5 - 0.5) + 0.25
    h = tf.maximum(tf.square(h) * 0.5 + x, 0.1)
    update = tf.assign(y, h).op
    session = tf.Session(config=config)
    weights.initialize(session)
    run = session.make_callable(update)
    return Work(run, lambda _: _mean_magnitude(session.run(y)))


def _chain_copy() -> Work:
    source = _chain_values()
    target = np.empty_like(source)
    return Work(lambda: np.copyto(target, source), lambda _: _mean_magnitude(target))


def _steps(title: str, make: Make, floor: float, aim: float, **options: Any) -> StepCase:
    return StepCase(title, floor, aim, options.pop("measure", Measure.SPEEDUP), make, **options)


CASES: dict[str, Case] = {
    "lenet_train": _steps("LeNet training step, batch 100, Adam", _lenet_training(), 1.5, 2.2),
    "lenet_train_dropout": _steps("the same with dropout", _lenet_training(dropout=True), 1.5, 2.2),
    "lenet_train_batch_norm": _steps(
        "the same with batch norm", _lenet_training(batch_norm=True), 1.5, 2.2
    ),
    "lenet_infer": _steps("LeNet inference, batch 100", _lenet_inference, 1.4, 2.1),
    "lenet_train_one_core": _steps(
        "LeNet training step on one core", _lenet_training(), 1.3, 1.9, threads=1
    ),
    "resnet18_infer_1": _steps("ResNet-18 inference, batch 1", _resnet_inference(18, 1), 1.0, 1.5),
    "resnet18_infer_8": _steps("ResNet-18 inference, batch 8", _resnet_inference(18, 8), 1.0, 1.5),
    "resnet50_infer_1": _steps("ResNet-50 inference, batch 1", _resnet_inference(50, 1), 1.0, 1.5),
    "resnet50_infer_8": _steps("ResNet-50 inference, batch 8", _resnet_inference(50, 8), 1.0, 1.5),
    "resnet18_train": _steps(
        "ResNet-18 training step, batch 8, momentum", _resnet_training(18, 8), 1.0, 1.4
    ),
    "resnet50_train": _steps(
        "ResNet-50 training step, batch 8, momentum", _resnet_training(50, 8), 1.0, 1.4
    ),
    "mlp_train": _steps("MLP 784-256-256-10, batch 128, Adam", _mlp_training, 1.3, 2.0, calls=10),
    "embedding_adam": _steps(
        "embedding 20,000x128, 256 texts of 20 words, Adam",
        _embedding_training(lambda train: train.AdamOptimizer(1e-3)),
        1.0,
        2.0,
        calls=10,
    ),
    "embedding_adagrad": _steps(
        "the same with Adagrad",
        _embedding_training(lambda train: train.AdagradOptimizer(0.1)),
        1.0,
        2.0,
        calls=10,
    ),
    "lstm_train": _steps("LSTM, 28 steps, 128 units, batch 128", _lstm_training(lstm), 1.5, 3.0),
    "dynamic_rnn_train": _steps(
        "the same by `dynamic_rnn` and BasicLSTMCell", _lstm_training(dynamic_lstm), 1.5, 3.0
    ),
    "run_tiny": _steps(
        "`sess.run` of a*2+1, a fed scalar",
        _tiny(False),
        10e-6,
        5e-6,
        calls=1000,
        measure=Measure.SECONDS,
    ),
    "call_tiny": _steps(
        "the same through `make_callable`",
        _tiny(True),
        3e-6,
        1e-6,
        calls=1000,
        measure=Measure.SECONDS,
    ),
    "chain": _steps(
        "8 elementwise ops over 1 M elements: share of a copy's bandwidth",
        _chain,
        0.7,
        0.9,
        calls=10,
        measure=Measure.COPY_SHARE,
        make_copy=_chain_copy,
    ),
    "start_cold": StartCase(
        "import, build, first LeNet step in a new process, empty cache",
        2.5,
        1.2,
        Measure.SECONDS,
        "lenet_train",
        is_warm=False,
    ),
    "start_warm": StartCase(
        "the same with a warm cache", 1.0, 0.6, Measure.SECONDS, "lenet_train", is_warm=True
    ),
    "lenet_memory": MemoryCase(
        "peak memory of LeNet training", 1.0, 0.6, Measure.MEMORY, "lenet_train"
    ),
    "resnet50_memory": MemoryCase(
        "peak memory of ResNet-50 training", 1.0, 0.6, Measure.MEMORY, "resnet50_train"
    ),
}
