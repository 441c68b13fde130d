"""`read_data_sets` against what TF1 does: files, errors, batches for a seed, downloads."""

# ruff: noqa: NPY002 (TF1 shuffles with NumPy's global generator)

from __future__ import annotations

import gzip
import hashlib
import io
import urllib.error
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import graphflow as tf
from graphflow.core.base import dtypes
from graphflow.examples.tutorials.mnist import input_data

TRAIN, TEST = 60, 20
FILES = tuple(input_data.CHECKSUMS)


def idx(magic: int, *sizes: int, data: np.ndarray) -> bytes:
    header = b"".join(number.to_bytes(4, "big") for number in (magic, *sizes))
    return header + data.astype(np.uint8).tobytes()


def images_file(images: np.ndarray) -> bytes:
    return idx(2051, *images.shape[:3], data=images)


def labels_file(labels: np.ndarray) -> bytes:
    return idx(2049, len(labels), data=labels)


def made_up(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    return generator.integers(0, 256, (count, 28, 28, 1)), generator.integers(0, 10, count)


@pytest.fixture(scope="module")
def contents() -> dict[str, bytes]:
    """The four files, unpacked."""
    (train_images, train_labels), (test_images, test_labels) = made_up(TRAIN, 1), made_up(TEST, 2)
    return {
        input_data.TRAIN_IMAGES: images_file(train_images),
        input_data.TRAIN_LABELS: labels_file(train_labels),
        input_data.TEST_IMAGES: images_file(test_images),
        input_data.TEST_LABELS: labels_file(test_labels),
    }


@pytest.fixture
def directory(tmp_path: Path, contents: dict[str, bytes]) -> Path:
    for name, content in contents.items():
        (tmp_path / name).write_bytes(gzip.compress(content))
    return tmp_path


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(url: str, timeout: float) -> None:
        raise urllib.error.URLError("no route to host")

    monkeypatch.setattr(input_data.urllib.request, "urlopen", refuse)


def serve(monkeypatch: pytest.MonkeyPatch, answer: Callable[[str], bytes]) -> None:
    def urlopen(url: str, timeout: float) -> io.BytesIO:
        return io.BytesIO(answer(url))

    monkeypatch.setattr(input_data.urllib.request, "urlopen", urlopen)


def test_the_three_parts(directory: Path) -> None:
    data = input_data.read_data_sets(str(directory), validation_size=15)
    images, labels = made_up(TRAIN, 1)
    pixels = np.multiply(images.reshape(TRAIN, 784).astype(np.float32), 1.0 / 255.0)
    assert data._fields == ("train", "validation", "test")
    assert [part.num_examples for part in data] == [45, 15, 20]
    np.testing.assert_array_equal(data.validation.images, pixels[:15])
    np.testing.assert_array_equal(data.validation.labels, labels[:15])
    np.testing.assert_array_equal(data.train.images, pixels[15:])
    np.testing.assert_array_equal(data.train.labels, labels[15:])
    assert data.train.images.dtype == np.float32
    assert data.train.labels.dtype == np.uint8


def test_plain_files_are_read_too(tmp_path: Path, contents: dict[str, bytes]) -> None:
    for name, content in contents.items():
        (tmp_path / name.removesuffix(".gz")).write_bytes(content)
    data = input_data.read_data_sets(tmp_path, validation_size=0)
    assert [part.num_examples for part in data] == [60, 0, 20]


def test_options(directory: Path) -> None:
    data = input_data.read_data_sets(
        directory, one_hot=True, dtype=dtypes.uint8, reshape=False, validation_size=10
    )
    images, labels = made_up(TEST, 2)
    assert data.test.images.dtype == np.uint8
    np.testing.assert_array_equal(data.test.images, images)
    assert data.test.labels.dtype == np.float64
    np.testing.assert_array_equal(data.test.labels, np.eye(10)[labels])


@pytest.mark.parametrize("size", [-1, 61])
def test_bad_validation_size(directory: Path, size: int) -> None:
    with pytest.raises(ValueError) as caught:
        input_data.read_data_sets(directory, validation_size=size)
    assert str(caught.value) == (f"Validation size should be between 0 and 60. Received: {size}.")


def test_bad_dtype(directory: Path) -> None:
    with pytest.raises(TypeError, match="Invalid image dtype tf.int32, expected uint8 or float32"):
        input_data.read_data_sets(directory, dtype=dtypes.int32, validation_size=0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (idx(2049, 3, data=np.arange(3)), "Invalid magic number 2049 in MNIST image file: name"),
        (b"", "MNIST image file name ends inside its header of 16 bytes"),
        (idx(2051, 2, 28, data=np.empty(0)), "ends inside its header of 16 bytes"),
        (
            idx(2051, 2, 28, 28, data=np.zeros(100)),
            r"announces 1568 bytes of data \(shape \[2, 28, 28\]\), 100 follow",
        ),
        (
            gzip.compress(idx(2051, 1, 28, 28, data=np.zeros(784)), mtime=0)[:-9],
            "MNIST file name is a damaged gzip file",
        ),
    ],
)
def test_damaged_images(content: bytes, message: str) -> None:
    stream = io.BytesIO(content)
    stream.name = "name"
    with pytest.raises(ValueError, match=message):
        input_data.extract_images(stream)


def test_labels_with_the_magic_of_images() -> None:
    with pytest.raises(ValueError, match="Invalid magic number 2051 in MNIST label file"):
        input_data.extract_labels(io.BytesIO(images_file(np.zeros((1, 28, 28, 1)))))


def test_labels_of_many_classes() -> None:
    labels = input_data.extract_labels(io.BytesIO(labels_file(np.array([2, 0]))), True, 3)
    assert labels.tolist() == [[0, 0, 1], [1, 0, 0]]


def numbered(count: int, seed: int | None = 0) -> input_data.DataSet:
    """A DataSet whose example i is the image [i] with the label i."""
    images = np.arange(count, dtype=np.uint8).reshape(count, 1, 1, 1)
    return input_data.DataSet(images, np.arange(count), dtype=dtypes.uint8, seed=seed)


def labels_of_batches(data: input_data.DataSet, *sizes: int, shuffle: bool = True) -> list[list]:
    batches = [data.next_batch(size, shuffle=shuffle) for size in sizes]
    for images, labels in batches:
        np.testing.assert_array_equal(images[:, 0], labels)
    return [labels.tolist() for _, labels in batches]


def test_batches_in_order() -> None:
    data = numbered(10)
    assert labels_of_batches(data, 4, 6, shuffle=False) == [[0, 1, 2, 3], [4, 5, 6, 7, 8, 9]]
    assert data.epochs_completed == 0
    assert labels_of_batches(data, 3, shuffle=False) == [[0, 1, 2]]
    assert data.epochs_completed == 1


def test_an_epochs_rest_is_joined_with_the_next_epoch() -> None:
    data = numbered(10)
    assert labels_of_batches(data, 7, 7, shuffle=False) == [[*range(7)], [7, 8, 9, 0, 1, 2, 3]]
    assert data.epochs_completed == 1
    assert labels_of_batches(data, 6, shuffle=False) == [[4, 5, 6, 7, 8, 9]]


def test_every_epoch_has_every_example() -> None:
    data = numbered(10)
    drawn = sum(labels_of_batches(data, 7, 7, 7, 7, 7, 5), [])
    for epoch in range(4):
        assert sorted(drawn[10 * epoch : 10 * epoch + 10]) == [*range(10)]


def test_batches_for_a_seed_are_those_of_tf1() -> None:
    np.random.seed(7)
    first, second = np.random.permutation(10), np.random.permutation(10)
    assert labels_of_batches(numbered(10, seed=7), 6, 6) == [
        first[:6].tolist(),
        [*first[6:].tolist(), *first[second[:2]].tolist()],
    ]


def test_the_graphs_seed_is_used_when_there_is_no_other() -> None:
    tf.get_default_graph().seed = 7
    np.random.seed(7)
    order = np.random.permutation(10).tolist()
    assert labels_of_batches(numbered(10, seed=None), 10) == [order]


def test_fake_data() -> None:
    data = input_data.read_data_sets("nowhere", fake_data=True, one_hot=True)
    images, labels = data.train.next_batch(3, fake_data=True)
    assert data.test.num_examples == 10000
    assert images == [[1] * 784] * 3
    assert labels == [[1] + [0] * 9] * 3


def test_without_network_the_missing_files_are_named(directory: Path) -> None:
    (directory / input_data.TRAIN_LABELS).unlink()
    (directory / input_data.TEST_LABELS).unlink()
    with pytest.raises(FileNotFoundError) as caught:
        input_data.read_data_sets(directory)
    message = str(caught.value)
    assert message.startswith(f"{input_data.TRAIN_LABELS} is not in {str(directory)!r}")
    assert "no route to host" in message
    assert message.endswith(f": {input_data.TRAIN_LABELS}, {input_data.TEST_LABELS}")


def test_download(
    tmp_path: Path, contents: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    archives = {name: gzip.compress(content) for name, content in contents.items()}
    sums = {name: hashlib.sha256(archive).hexdigest() for name, archive in archives.items()}
    monkeypatch.setattr(input_data, "CHECKSUMS", sums)
    serve(monkeypatch, lambda url: archives[url.removeprefix(input_data.DEFAULT_SOURCE_URL)])
    data = input_data.read_data_sets(tmp_path / "new", validation_size=0, source_url="")
    assert [part.num_examples for part in data] == [60, 0, 20]
    assert {path.name: path.read_bytes() for path in (tmp_path / "new").iterdir()} == archives


def test_a_download_with_another_checksum_is_not_kept(
    tmp_path: Path, contents: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(monkeypatch, lambda url: b"<html>Sign in to this hotel's network</html>")
    with pytest.raises(OSError, match="its SHA-256 is .* expected 440fcabf"):
        input_data.read_data_sets(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_files_of_another_source_have_no_known_checksum(
    tmp_path: Path, contents: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(monkeypatch, lambda url: contents[url.rpartition("/")[2]])
    data = input_data.read_data_sets(
        tmp_path, validation_size=0, source_url="http://example.com/fashion/"
    )
    assert data.train.num_examples == TRAIN


def test_a_write_that_fails_leaves_nothing(
    tmp_path: Path, contents: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: str, target: str) -> None:
        raise OSError("no space left")

    serve(monkeypatch, lambda url: contents[url.rpartition("/")[2]])
    monkeypatch.setattr(input_data.os, "replace", full)
    with pytest.raises(OSError, match="no space left"):
        input_data.maybe_download(FILES[0], tmp_path, "http://example.com/" + FILES[0])
    assert list(tmp_path.iterdir()) == []


def test_real_digits_have_the_known_checksum() -> None:
    mnist = Path(__file__).resolve().parents[3] / "shared/data/mnist"
    if not mnist.exists():
        pytest.skip("../shared/data/mnist is not here")
    for name in (input_data.TEST_IMAGES, input_data.TEST_LABELS):
        assert hashlib.sha256((mnist / name).read_bytes()).hexdigest() == input_data.CHECKSUMS[name]
    with open(mnist / input_data.TEST_LABELS, "rb") as f:
        assert np.bincount(input_data.extract_labels(f)).tolist() == [
            980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009,
        ]  # fmt: skip
