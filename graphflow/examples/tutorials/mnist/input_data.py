"""MNIST as TF1's tutorials read it: four IDX files in, three shuffled data sets out."""

# ruff: noqa: NPY002 (NumPy's global generator: TF1's batches for a seed come from it)

from __future__ import annotations

import gzip
import hashlib
import http.client
import os
import urllib.request
import zlib
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from ....core.base import dtypes
from ....core.graph.stacks import get_default_graph
from ....core.ops.random.seeds import derive_seeds

DEFAULT_SOURCE_URL = "https://storage.googleapis.com/cvdf-datasets/mnist/"
TRAIN_IMAGES = "train-images-idx3-ubyte.gz"
TRAIN_LABELS = "train-labels-idx1-ubyte.gz"
TEST_IMAGES = "t10k-images-idx3-ubyte.gz"
TEST_LABELS = "t10k-labels-idx1-ubyte.gz"

# SHA-256 of what DEFAULT_SOURCE_URL serves. Other sources (Fashion-MNIST) have files of their own.
CHECKSUMS = {
    TRAIN_IMAGES: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    TRAIN_LABELS: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    TEST_IMAGES: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    TEST_LABELS: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}

_IMAGES_MAGIC = 2051  # unsigned bytes, three dimensions
_LABELS_MAGIC = 2049  # unsigned bytes, one dimension
_GZIP_MAGIC = b"\x1f\x8b"
_DOWNLOAD_TIMEOUT_SECONDS = 60


def extract_images(f: BinaryIO) -> np.ndarray:
    """Reads an IDX file of images.

    Args:
      f: a binary file, gzip or plain (TF1 takes gzip only).

    Returns:
      uint8 [images, rows, columns, 1].

    Raises:
      ValueError: the magic number is not 2051, or the file is cut short.
    """
    (count, rows, columns), pixels = _read_idx(f, "image", _IMAGES_MAGIC, sizes=3)
    return pixels.reshape(count, rows, columns, 1)


def extract_labels(f: BinaryIO, one_hot: bool = False, num_classes: int = 10) -> np.ndarray:
    """Reads an IDX file of labels.

    Args:
      f: a binary file, gzip or plain (TF1 takes gzip only).
      one_hot: whether to return a row of zeros and a one for each label.
      num_classes: the length of such a row.

    Returns:
      uint8 [labels], or float64 [labels, num_classes].

    Raises:
      ValueError: the magic number is not 2049, or the file is cut short.
    """
    _, labels = _read_idx(f, "label", _LABELS_MAGIC, sizes=1)
    return dense_to_one_hot(labels, num_classes) if one_hot else labels


def _read_idx(f: BinaryIO, kind: str, magic: int, sizes: int) -> tuple[list[int], np.ndarray]:
    """The sizes in the header of an IDX file, and its bytes after the header."""
    name = getattr(f, "name", "a stream")
    print("Extracting", name)  # noqa: T201 (as TF1 does)
    content = _decompressed(f.read(), name)
    header_bytes = 4 * (1 + sizes)
    found = int.from_bytes(content[:4], "big")
    if len(content) >= 4 and found != magic:
        raise ValueError(f"Invalid magic number {found} in MNIST {kind} file: {name}")
    if len(content) < header_bytes:
        raise ValueError(f"MNIST {kind} file {name} ends inside its header of {header_bytes} bytes")
    shape = np.frombuffer(content, ">u4", count=sizes, offset=4).tolist()
    expected = int(np.prod(shape))
    if len(content) < header_bytes + expected:
        raise ValueError(
            f"MNIST {kind} file {name} is cut short: its header announces {expected} bytes of "
            f"data (shape {shape}), {len(content) - header_bytes} follow"
        )
    return shape, np.frombuffer(content, np.uint8, count=expected, offset=header_bytes)


def _decompressed(content: bytes, name: str) -> bytes:
    if not content.startswith(_GZIP_MAGIC):
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"MNIST file {name} is a damaged gzip file: {error}") from error


def dense_to_one_hot(labels_dense: np.ndarray, num_classes: int) -> np.ndarray:
    """Labels [n] as float64 rows [n, num_classes] with a one in each."""
    one_hot = np.zeros((labels_dense.shape[0], num_classes))
    one_hot[np.arange(labels_dense.shape[0]), labels_dense.ravel()] = 1
    return one_hot


class DataSet:
    """Images with their labels, handed out in batches.

    Shuffling draws from NumPy's global generator, which making a DataSet seeds: that is what TF1
    does, so batches are TF1's for the same seed, and so is `np.random` afterwards.

    Args:
      images: uint8 [n, rows, columns, depth].
      labels: [n] or [n, classes].
      fake_data: hold no data; `next_batch(fake_data=True)` invents some.
      one_hot: used with `fake_data` only.
      dtype: `tf.float32` scales pixels to [0, 1], `tf.uint8` leaves them alone.
      reshape: flatten images to [n, rows * columns]; the depth must be 1.
      seed: of the shuffling; default: the default graph's seed, or none.

    Raises:
      TypeError: `dtype` is neither of the two.
    """

    def __init__(
        self,
        images: Any,
        labels: Any,
        fake_data: bool = False,
        one_hot: bool = False,
        dtype: Any = dtypes.float32,
        reshape: bool = True,
        seed: int | None = None,
    ) -> None:
        graph = get_default_graph()
        graph_seed, op_seed = derive_seeds(graph.seed, seed, graph.version)
        np.random.seed(graph_seed if seed is None else op_seed)
        dtype = dtypes.as_dtype(dtype).base_dtype
        if dtype not in (dtypes.uint8, dtypes.float32):
            raise TypeError(f"Invalid image dtype {dtype!r}, expected uint8 or float32")
        if fake_data:
            self._num_examples = 10000
            self.one_hot = one_hot
        else:
            assert images.shape[0] == labels.shape[0], (
                f"images.shape: {images.shape} labels.shape: {labels.shape}"
            )
            self._num_examples = images.shape[0]
            images = _converted(images, dtype, reshape)
        self._images = images
        self._labels = labels
        self._epochs_completed = 0
        self._index_in_epoch = 0

    @property
    def images(self) -> np.ndarray:
        return self._images

    @property
    def labels(self) -> np.ndarray:
        return self._labels

    @property
    def num_examples(self) -> int:
        return self._num_examples

    @property
    def epochs_completed(self) -> int:
        return self._epochs_completed

    def next_batch(
        self, batch_size: int, fake_data: bool = False, shuffle: bool = True
    ) -> tuple[Any, Any]:
        """The next examples; at an epoch's end its rest is joined with the next epoch's start.

        Args:
          batch_size: how many.
          fake_data: return lists of 784 ones and of zero labels instead.
          shuffle: whether to shuffle before the first epoch and at the start of each later one.

        Returns:
          (images, labels), each with `batch_size` rows.
        """
        if fake_data:
            return self._fake_batch(batch_size)
        start = self._index_in_epoch
        if shuffle and start == 0 and self._epochs_completed == 0:
            self._shuffle()
        end = start + batch_size
        if end <= self._num_examples:
            self._index_in_epoch = end
            return self._images[start:end], self._labels[start:end]

        rest_images, rest_labels = self._images[start:], self._labels[start:]
        self._epochs_completed += 1
        if shuffle:
            self._shuffle()
        self._index_in_epoch = end = batch_size - len(rest_images)
        return (
            np.concatenate((rest_images, self._images[:end])),
            np.concatenate((rest_labels, self._labels[:end])),
        )

    def _shuffle(self) -> None:
        order = np.arange(self._num_examples)
        np.random.shuffle(order)
        self._images = self._images[order]
        self._labels = self._labels[order]

    def _fake_batch(self, batch_size: int) -> tuple[list[Any], list[Any]]:
        image = [1] * 784
        label = [1] + [0] * 9 if self.one_hot else 0
        return [image] * batch_size, [label] * batch_size


def _converted(images: np.ndarray, dtype: dtypes.DType, reshape: bool) -> np.ndarray:
    if reshape:
        assert images.shape[3] == 1, f"images of depth {images.shape[3]} cannot be flattened"
        images = images.reshape(images.shape[0], images.shape[1] * images.shape[2])
    if dtype == dtypes.float32:
        images = np.multiply(images.astype(np.float32), 1.0 / 255.0)
    return images


class Datasets(NamedTuple):
    """What `read_data_sets` returns."""

    train: DataSet
    validation: DataSet
    test: DataSet


def read_data_sets(
    train_dir: str | os.PathLike[str],
    fake_data: bool = False,
    one_hot: bool = False,
    dtype: Any = dtypes.float32,
    reshape: bool = True,
    validation_size: int = 5000,
    seed: int | None = None,
    source_url: str = DEFAULT_SOURCE_URL,
) -> Datasets:
    """Reads MNIST from a directory; files that it lacks are downloaded into it.

    Args:
      train_dir: the directory of the four IDX files, gzip or plain (TF1 takes gzip only).
      fake_data: read nothing; see `DataSet`.
      one_hot: labels as rows of ten.
      dtype: `tf.float32` for pixels in [0, 1], `tf.uint8` for [0, 255].
      reshape: images as rows of 784, else [28, 28, 1].
      validation_size: how many of the training examples, from the front, are for validation.
      seed: of each data set's shuffling.
      source_url: where the files are, with a slash at its end.

    Returns:
      The named tuple (train, validation, test) of `DataSet`.

    Raises:
      ValueError: a file is damaged, or `validation_size` is more than there is.
      OSError: a file is missing and could not be downloaded, or a download has not the known
        checksum.
    """
    if fake_data:
        train, validation, test = (
            DataSet([], [], fake_data=True, one_hot=one_hot, dtype=dtype, seed=seed)
            for _ in Datasets._fields
        )
        return Datasets(train, validation, test)

    source_url = source_url or DEFAULT_SOURCE_URL
    paths = {name: _find_or_download(name, train_dir, source_url) for name in CHECKSUMS}
    with open(paths[TRAIN_IMAGES], "rb") as f:
        train_images = extract_images(f)
    with open(paths[TRAIN_LABELS], "rb") as f:
        train_labels = extract_labels(f, one_hot=one_hot)
    with open(paths[TEST_IMAGES], "rb") as f:
        test_images = extract_images(f)
    with open(paths[TEST_LABELS], "rb") as f:
        test_labels = extract_labels(f, one_hot=one_hot)

    if not 0 <= validation_size <= len(train_images):
        raise ValueError(
            f"Validation size should be between 0 and {len(train_images)}. "
            f"Received: {validation_size}."
        )

    def data_set(images: np.ndarray, labels: np.ndarray) -> DataSet:
        return DataSet(images, labels, dtype=dtype, reshape=reshape, seed=seed)

    return Datasets(
        train=data_set(train_images[validation_size:], train_labels[validation_size:]),
        validation=data_set(train_images[:validation_size], train_labels[:validation_size]),
        test=data_set(test_images, test_labels),
    )


def find_file(name: str, directory: str | os.PathLike[str]) -> str | None:
    """The path of `name` (of a gzip file) in the directory, or of the plain file; None for neither.

    Args:
      name: such as `TRAIN_IMAGES`.
      directory: where to look; it need not exist.
    """
    for candidate in (name, name.removesuffix(".gz")):
        path = os.path.join(directory, candidate)
        if os.path.exists(path):
            return path
    return None


def maybe_download(filename: str, work_directory: str | os.PathLike[str], source_url: str) -> str:
    """Downloads a file into a directory unless it is there.

    The file appears under its name only when it is whole; what `DEFAULT_SOURCE_URL` serves is
    checked against the known SHA-256.

    Args:
      filename: its name in the directory.
      work_directory: made if need be.
      source_url: the URL of the file.

    Returns:
      The path of the file.

    Raises:
      OSError: it cannot be downloaded, or is not the file it should be.
    """
    path = os.path.join(work_directory, filename)
    if os.path.exists(path):
        return path
    content = _download(filename, work_directory, source_url)
    if source_url.startswith(DEFAULT_SOURCE_URL) and filename in CHECKSUMS:
        _verify(content, filename, source_url)
    os.makedirs(work_directory, exist_ok=True)
    _write_whole(path, content)
    print("Successfully downloaded", filename, len(content), "bytes.")  # noqa: T201 (as TF1 does)
    return path


def _find_or_download(name: str, directory: str | os.PathLike[str], source_url: str) -> str:
    return find_file(name, directory) or maybe_download(name, directory, source_url + name)


def _download(filename: str, directory: str | os.PathLike[str], url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=_DOWNLOAD_TIMEOUT_SECONDS) as response:
            return response.read()
    except (OSError, http.client.HTTPException) as error:
        missing = [name for name in CHECKSUMS if find_file(name, directory) is None]
        raise FileNotFoundError(
            f"{filename} is not in {os.fspath(directory)!r} and could not be downloaded from "
            f"{url} ({error}). Put these files there, gzip as named or unpacked without the "
            f"suffix .gz: {', '.join(missing or [filename])}"
        ) from error


def _verify(content: bytes, filename: str, url: str) -> None:
    digest = hashlib.sha256(content).hexdigest()
    if digest != CHECKSUMS[filename]:
        raise OSError(
            f"what {url} sent ({len(content)} bytes) is not {filename}: its SHA-256 is {digest}, "
            f"expected {CHECKSUMS[filename]}; nothing was written"
        )


def _write_whole(path: str, content: bytes) -> None:
    """Writes to a temporary name and renames: a reader sees the whole file or none."""
    part = f"{path}.{os.getpid()}.part"
    try:
        Path(part).write_bytes(content)
        os.replace(part, path)
    finally:
        Path(part).unlink(missing_ok=True)
