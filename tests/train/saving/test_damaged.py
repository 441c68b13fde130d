"""Checkpoints with damage: TensorFlow's class of error, and variables that stay as they were."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import graphflow

NAMES = ("a", "b", "c")


def variables(tf: Any, value: float) -> list[Any]:
    """Three variables on two devices."""
    made = []
    for name, place in zip(NAMES, ("/cpu:0", "/cpu:1", "/cpu:0"), strict=True):
        with tf.device(place):
            made.append(tf.Variable([value] * 300, name=name))
    return made


def save(directory: Path, sharded: bool) -> str:
    """A checkpoint of threes."""
    tf = graphflow
    with tf.Graph().as_default(), tf.Session() as session:
        variables(tf, 3.0)
        session.run(tf.global_variables_initializer())
        return tf.train.Saver(sharded=sharded).save(session, directory / "model")


def restore(tf: Any, prefix: str, sharded: bool) -> tuple[Exception | None, list[Any]]:
    """The error and the values that variables with the value nine have after a restore."""
    config = tf.ConfigProto(device_count={"CPU": 2})
    with tf.Graph().as_default(), tf.Session(config=config) as session:
        made = variables(tf, 9.0)
        session.run(tf.global_variables_initializer())
        error = None
        try:
            tf.train.Saver(sharded=sharded).restore(session, prefix)
        except Exception as caught:
            error = caught
        return error, session.run(made)


def last_data_file(prefix: str) -> Path:
    return max(Path(prefix).parent.glob("*.data-*"))


def flip_data(prefix: str) -> None:
    path = last_data_file(prefix)
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)


def cut_data(prefix: str) -> None:
    path = last_data_file(prefix)
    path.write_bytes(path.read_bytes()[:-5])


def lose_data(prefix: str) -> None:
    last_data_file(prefix).unlink()


def flip_index(prefix: str) -> None:
    path = Path(prefix + ".index")
    content = bytearray(path.read_bytes())
    content[20] ^= 1
    path.write_bytes(content)


def cut_index(prefix: str) -> None:
    path = Path(prefix + ".index")
    path.write_bytes(path.read_bytes()[:-5])


def empty_index(prefix: str) -> None:
    Path(prefix + ".index").write_bytes(b"")


@pytest.mark.parametrize("sharded", [False, True])
@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (flip_data, "does not match its checksum"),
        (cut_data, "is cut off"),
        (lose_data, "model.data-0000"),
        (flip_index, "model.index"),
        (cut_index, "model.index"),
        (empty_index, "model.index"),
    ],
)
def test_damage_changes_nothing(
    damage: Callable[[str], None], words: str, sharded: bool, oracle: ModuleType, tmp_path: Path
) -> None:
    prefix = save(tmp_path, sharded)
    assert len(list(tmp_path.glob("*.data-*"))) == 1 + sharded
    damage(prefix)
    error, values = restore(graphflow, prefix, sharded)
    assert error is not None and words in str(error)
    np.testing.assert_array_equal(values, np.full((3, 300), 9.0))
    wanted, _ = restore(oracle, prefix, sharded)
    if damage is cut_data:
        # TensorFlow's class here is the one that ends training loops: nothing would be noticed
        assert isinstance(wanted, oracle.errors.OutOfRangeError)
        assert isinstance(error, graphflow.errors.DataLossError)
    else:
        assert type(error).__name__ == type(wanted).__name__


def test_shards_without_damage_are_restored(tmp_path: Path) -> None:
    error, values = restore(graphflow, save(tmp_path, sharded=True), sharded=True)
    assert error is None
    np.testing.assert_array_equal(values, np.full((3, 300), 3.0))


def test_a_missing_checkpoint_is_named(tmp_path: Path) -> None:
    save(tmp_path, sharded=False)
    error, values = restore(graphflow, str(tmp_path / "modle"), sharded=False)
    assert isinstance(error, ValueError)
    assert f"not a valid checkpoint: {tmp_path / 'modle'}" in str(error)
    np.testing.assert_array_equal(values, np.full((3, 300), 9.0))
