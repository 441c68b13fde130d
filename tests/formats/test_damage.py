"""Damaged files: an error of TensorFlow's classes that names the file, and bounded memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from files_of_each_kind import write_all
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

import graphflow as tf
from graphflow.formats.describe import describe
from graphflow.formats.recognize import recognize

few_examples = hypothesis.settings(max_examples=150, deadline=None, derandomize=True)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return write_all(tmp_path_factory.mktemp("whole"))


@st.composite
def damages(draw: Any) -> Any:
    """A function that cuts off, changes or repeats some bytes."""
    where = draw(st.floats(0, 1, exclude_max=True))
    kind = draw(st.sampled_from(["cut", "flip", "fill", "repeat"]))
    value = draw(st.integers(1, 255))

    def damage(data: bytes) -> bytes:
        at = int(where * len(data))
        if kind == "cut":
            return data[:at]
        if kind == "flip":
            return data[:at] + bytes([data[at] ^ value]) + data[at + 1 :]
        if kind == "fill":  # such as lengths of many gigabytes
            return data[:at] + b"\xff" * 9 + data[at + 9 :]
        return data[:at] + data[at : at + value] * 3 + data[at + value :]

    return damage


@few_examples
@given(kind=st.integers(0, 6), damage=damages())
def test_inspecting(files: dict[str, str], kind: int, damage: Any) -> None:
    path = Path(list(files.values())[kind])
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    tracemalloc.start()
    try:
        found = recognize(str(path))
        list(describe(found))
        if found.kind == "checkpoint":
            for name in found.content.get_variable_to_shape_map():
                found.content.get_tensor(name)
    except tf.errors.OpError as error:
        assert str(path).removesuffix(".index") in error.message
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        path.write_bytes(whole)
    assert peak < 64 * 2**20


@few_examples
@given(damage=damages())
def test_importing(files: dict[str, str], damage: Any) -> None:
    data = damage(Path(files["GraphDef"]).read_bytes())
    try:
        graph_def = tf.GraphDef.FromString(data)
    except DecodeError:
        return
    with tf.Graph().as_default():
        try:
            tf.import_graph_def(graph_def)
        except (ValueError, TypeError) as error:
            assert str(error)


def test_a_tensor_of_an_absurd_size() -> None:
    proto = tf.make_tensor_proto([1.0], shape=[1])
    proto.tensor_shape.dim[0].size = 1 << 40
    with pytest.raises(ValueError, match="1 values for 1099511627776 elements"):
        tf.make_ndarray(proto)


def test_messages_inside_of_each_other() -> None:
    """Deep nesting ends in an error of the parser, not of the machine."""
    data = b""
    for _ in range(2000):  # attr -> list -> func -> attr ... of a node
        length = len(data)
        varint = bytearray()
        while length > 127:
            varint.append(length & 127 | 128)
            length >>= 7
        data = b"\x2a" + bytes(varint) + bytes([length]) + data
    with pytest.raises((DecodeError, ValueError)):
        tf.import_graph_def(tf.GraphDef.FromString(b"\x0a" + data[1:]))


WRITER = """
import sys
import graphflow as tf
folder = sys.argv[1]
tf.Variable(tf.zeros([200_000]), name="v")
for number in range(50):
    tf.constant(float(number))
saver = tf.train.Saver()
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    while True:
        saver.save(session, folder + "/model")
        tf.train.write_graph(session.graph, folder, "graph.pb", as_text=False)
        print("written", flush=True)
"""


@pytest.mark.parametrize("rounds", [1, 3, 6])
def test_a_writer_that_is_killed(tmp_path: Path, rounds: int) -> None:
    """What was written last is there as a whole, however far the next writing has come."""
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        for _ in range(rounds):
            assert writer.stdout.readline() == "written\n"
        os.kill(writer.pid, signal.SIGKILL)
    reader = tf.train.load_checkpoint(str(tmp_path))
    assert reader.get_tensor("v").shape == (200_000,)
    for name in ("graph.pb", "model.meta"):
        assert len(list(describe(recognize(str(tmp_path / name))))) > 3
