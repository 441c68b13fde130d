"""What the examples share, so that each shows its net: options, digits, the training loop."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from graphflow.examples.tutorials.mnist import input_data

MNIST_DIRECTORIES = (Path("MNIST_data"), Path("data/mnist"))
TRAIN_FILES = (input_data.TRAIN_IMAGES, input_data.TRAIN_LABELS)
TEST_FILES = (input_data.TEST_IMAGES, input_data.TEST_LABELS)
TRAINED_ON_OF_10000 = 8000
TRAINED_ON_OF_BUNDLED = 1500
TEST_BATCH = 500


class Net(NamedTuple):
    """The ends of a net that training and testing hold it by."""

    x: Any
    y_: Any
    train_step: Any
    loss: Any
    accuracy: Any
    in_training: dict[Any, Any] = {}
    in_testing: dict[Any, Any] = {}


class Digits(NamedTuple):
    """Images [n, 784] with labels [n, 10], in two parts."""

    train: input_data.DataSet
    test: input_data.DataSet


def parse_options(name: str, description: str) -> argparse.Namespace:
    """The command line; makes the directories that will be written to."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=640, help="training steps")
    parser.add_argument("--batch-size", type=int, default=100, help="examples in a step")
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="MNIST's IDX files; with the t10k pair alone, its first 8,000 digits are trained on "
        "(default: MNIST_data, data/mnist, a download, or scikit-learn's small digits)",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the weights and the batches")
    parser.add_argument("--save", type=Path, metavar="DIR", help="where to save the variables")
    parser.add_argument(
        "--graph",
        type=Path,
        metavar="FILE",
        default=Path("out", f"{name}.svg"),
        help="the picture of the graph: .svg, .png, .pdf or .dot",
    )
    options = parser.parse_args()
    options.graph.parent.mkdir(parents=True, exist_ok=True)
    if options.save:
        options.save.mkdir(parents=True, exist_ok=True)
    return options


def read_digits(directory: Path | None, seed: int) -> Digits:
    """MNIST from the directory, or from the usual places, else scikit-learn's bundled digits.

    Raises:
      OSError: files are missing in the directory that was asked for, and cannot be downloaded.
      SystemExit: there is no MNIST, no network, and no scikit-learn.
    """
    if directory is not None:
        return read_mnist(directory, seed)
    for usual in MNIST_DIRECTORIES:
        if has_files(usual, TEST_FILES):
            return read_mnist(usual, seed)
    try:
        return read_mnist(MNIST_DIRECTORIES[0], seed)
    except OSError as error:
        return read_bundled_digits(seed, because=str(error))


def read_mnist(directory: Path, seed: int) -> Digits:
    """MNIST; its t10k pair alone is cut into 8,000 digits to train on and 2,000 to test on."""
    if has_files(directory, TEST_FILES) and not has_files(directory, TRAIN_FILES):
        print(f"{directory} has only MNIST's 10,000 test digits:")
        images, labels = (input_data.find_file(name, directory) for name in TEST_FILES)
        with open(images, "rb") as f:
            pixels = input_data.extract_images(f)
        with open(labels, "rb") as f:
            answers = input_data.extract_labels(f, one_hot=True)
        return cut(pixels, answers, TRAINED_ON_OF_10000, seed)
    data = input_data.read_data_sets(directory, one_hot=True, seed=seed)
    return Digits(data.train, data.test)


def has_files(directory: Path, names: Iterable[str]) -> bool:
    return all(input_data.find_file(name, directory) for name in names)


def read_bundled_digits(seed: int, because: str) -> Digits:
    """scikit-learn's 1,797 digits of 8x8 pixels, each pixel three wide, with an edge of two."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        sys.exit(
            f"There are no digits to train on. {because}\n"
            "Or install scikit-learn, which bundles small ones: pip install 'graphflow[examples]'"
        )
    print(
        "*** NOT MNIST: training on scikit-learn's 1,797 digits of 8x8 pixels, scaled to 28x28 ***"
        f"\n*** {because}",
        file=sys.stderr,
    )
    bundled = load_digits()
    large = np.kron(bundled.images * (255 / 16), np.ones((1, 3, 3)))
    pixels = np.pad(large, ((0, 0), (2, 2), (2, 2))).astype(np.uint8)[..., np.newaxis]
    labels = input_data.dense_to_one_hot(bundled.target, 10)
    return cut(pixels, labels, TRAINED_ON_OF_BUNDLED, seed)


def cut(pixels: np.ndarray, labels: np.ndarray, trained_on: int, seed: int) -> Digits:
    """The first digits to train on, the others to test on."""
    print(f"{trained_on} digits to train on, {len(pixels) - trained_on} to test on")
    return Digits(
        input_data.DataSet(pixels[:trained_on], labels[:trained_on], seed=seed),
        input_data.DataSet(pixels[trained_on:], labels[trained_on:], seed=seed),
    )


def train(session: Any, net: Net, digits: input_data.DataSet, options: argparse.Namespace) -> None:
    """Runs the training step on batches of digits and shows how the loss falls."""
    for report in progress(options.steps):
        images, labels = digits.next_batch(options.batch_size)
        feed = {net.x: images, net.y_: labels, **net.in_training}
        _, loss = session.run([net.train_step, net.loss], feed_dict=feed)
        report(loss)


def progress(steps: int) -> Iterator[Callable[[float], None]]:
    """Yields, for each step, the function that reports its loss: to a bar, or in lines."""
    try:
        from tqdm import tqdm
    except ImportError:
        for step in range(1, steps + 1):
            yield partial(print_loss, step, steps)
        return
    with tqdm(range(steps), unit="step") as bar:
        for _ in bar:
            yield lambda loss: bar.set_postfix(loss=f"{loss:.4f}", refresh=False)


def print_loss(step: int, steps: int, loss: float) -> None:
    """A line for each twentieth of the way."""
    if step % max(1, steps // 20) == 0 or step == steps:
        print(f"step {step}/{steps}: loss {loss:.4f}", flush=True)


def measure_accuracy(session: Any, net: Net, digits: input_data.DataSet) -> float:
    """The share of digits that are told right, measured a batch at a time."""
    right = 0.0
    for start in range(0, digits.num_examples, TEST_BATCH):
        images = digits.images[start : start + TEST_BATCH]
        labels = digits.labels[start : start + TEST_BATCH]
        feed = {net.x: images, net.y_: labels, **net.in_testing}
        right += session.run(net.accuracy, feed_dict=feed) * len(images)
    return right / digits.num_examples
