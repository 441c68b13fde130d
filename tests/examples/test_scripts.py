"""The examples as programs, and what they share."""

from __future__ import annotations

import argparse
import gzip
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from graphflow.examples.tutorials.mnist import input_data

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
COUNT = 9000  # of made-up digits: enough to cut the t10k pair


@pytest.fixture
def common(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """examples/common.py, imported as the scripts import it, in an empty directory."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    monkeypatch.delitem(sys.modules, "common", raising=False)
    monkeypatch.chdir(tmp_path)
    import common

    return common


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(url: str, timeout: float) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(input_data.urllib.request, "urlopen", refuse)


def write_t10k(directory: Path, prefix: str = "t10k", count: int = COUNT) -> Path:
    """A pair of IDX files whose image i has i % 251 in its first pixel, and the label i % 10."""
    directory.mkdir(parents=True, exist_ok=True)
    images = np.zeros((count, 28, 28), np.uint8)
    images[:, 0, 0] = np.arange(count) % 251
    labels = (np.arange(count) % 10).astype(np.uint8)
    header = b"".join(number.to_bytes(4, "big") for number in (2051, count, 28, 28))
    content = {f"{prefix}-images-idx3-ubyte.gz": header + images.tobytes()}
    header = b"".join(number.to_bytes(4, "big") for number in (2049, count))
    content[f"{prefix}-labels-idx1-ubyte.gz"] = header + labels.tobytes()
    for name, data in content.items():
        (directory / name).write_bytes(gzip.compress(data, compresslevel=1))
    return directory


def test_the_t10k_pair_alone_is_cut(common: ModuleType, tmp_path: Path) -> None:
    digits = common.read_digits(write_t10k(tmp_path / "mnist"), seed=0)
    assert (digits.train.num_examples, digits.test.num_examples) == (8000, 1000)
    assert digits.test.images.shape == (1000, 784)
    np.testing.assert_array_equal(digits.test.labels[:3].argmax(1), [0, 1, 2])
    np.testing.assert_allclose(digits.test.images[5, 0] * 255, 8005 % 251, rtol=1e-6)


def test_all_four_files_are_read_as_tf1_reads_them(common: ModuleType, tmp_path: Path) -> None:
    write_t10k(tmp_path / "mnist", count=100)
    write_t10k(tmp_path / "mnist", prefix="train", count=6000)
    digits = common.read_digits(tmp_path / "mnist", seed=0)
    assert (digits.train.num_examples, digits.test.num_examples) == (1000, 100)


@pytest.mark.parametrize("directory", ["MNIST_data", "data/mnist"])
def test_the_usual_places_are_looked_at(common: ModuleType, directory: str) -> None:
    write_t10k(Path(directory))
    assert common.read_digits(None, seed=0).test.num_examples == 1000


def test_without_files_or_network_the_bundled_digits_are_announced(
    common: ModuleType, no_network: None, capsys: pytest.CaptureFixture[str]
) -> None:
    digits = common.read_digits(None, seed=0)
    assert "NOT MNIST" in capsys.readouterr().err
    assert (digits.train.num_examples, digits.test.num_examples) == (1500, 297)
    image = digits.test.images[0].reshape(28, 28)
    assert image.max() == 1.0
    assert not image[:2].any() and not image[:, -2:].any()
    # The bundled digits are in [0, 16], nine pixels of ours for each of theirs.
    from sklearn.datasets import load_digits

    np.testing.assert_allclose(image[3:27:3, 3:27:3], load_digits().images[1500] / 16, atol=1 / 255)
    assert digits.test.labels[0].argmax() == load_digits().target[1500]


def test_a_directory_that_was_asked_for_must_have_the_files(
    common: ModuleType, no_network: None, tmp_path: Path
) -> None:
    with pytest.raises(FileNotFoundError, match="train-images-idx3-ubyte.gz is not in"):
        common.read_digits(tmp_path / "nowhere", seed=0)


def test_without_scikit_learn_the_way_out_is_told(
    common: ModuleType, no_network: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(SystemExit, match=r"(?s)Put these files there.*graphflow\[examples\]"):
        common.read_digits(None, seed=0)


def test_progress_without_tqdm(
    common: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    for step, report in enumerate(common.progress(45)):
        report(step / 10)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["step 2/45: loss 0.1000", "step 4/45: loss 0.3000"]
    assert lines[-1] == "step 45/45: loss 4.4000"
    assert len(lines) == 23


def test_progress_with_a_bar(common: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    for report in common.progress(3):
        report(0.25)
    assert "loss=0.2500" in capsys.readouterr().err


def test_accuracy_is_the_mean_over_batches_of_all_sizes(common: ModuleType) -> None:
    images = np.zeros((700, 1, 1, 1), np.uint8)
    digits = input_data.DataSet(images, np.arange(700))
    net = common.Net("x", "y_", None, None, "accuracy", in_testing={"keep_prob": 1.0})
    fed = []

    def run(fetch: str, feed_dict: dict) -> float:
        assert fetch == "accuracy"
        assert feed_dict["keep_prob"] == 1.0
        fed.append(len(feed_dict["x"]))
        return (feed_dict["y_"] < 350).mean()

    assert common.measure_accuracy(SimpleNamespace(run=run), net, digits) == pytest.approx(0.5)
    assert fed == [500, 200]


def test_options(common: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    line = "lenet.py --steps 7 --batch-size 3 --data d --seed 5 --save s/t --graph g/net.pdf"
    monkeypatch.setattr(sys, "argv", line.split())
    assert common.parse_options("lenet", "A net.") == argparse.Namespace(
        steps=7,
        batch_size=3,
        data=Path("d"),
        seed=5,
        save=Path("s/t"),
        graph=Path("g/net.pdf"),
    )
    assert Path("s/t").is_dir() and Path("g").is_dir()


@pytest.mark.parametrize("name", ["lenet", "lenet_dropout", "lenet_batch_norm"])
def test_a_script_trains_draws_saves_and_tells_its_accuracy(name: str, tmp_path: Path) -> None:
    write_t10k(tmp_path / "data/mnist", count=8050)
    command = [sys.executable, str(EXAMPLES / f"{name}.py"), "--steps", "2", "--save", "saved"]
    environment = os.environ | {"PYTHONPATH": str(EXAMPLES.parent)}
    done = subprocess.run(
        [*command, "--batch-size", "5"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"test accuracy: [01]\.\d{4}", done.stdout.splitlines()[-1])
    svg = (tmp_path / "out" / f"{name}.svg").read_text()
    assert all(scope in svg for scope in ("CONV_LAYER_1", "CONV_LAYER_2", "FC_LAYER_1", "loss"))
    assert "?×28×28×32" in svg
    assert (tmp_path / "saved" / f"{name}.ckpt-2.index").exists()
    assert (tmp_path / "saved" / "checkpoint").exists()
