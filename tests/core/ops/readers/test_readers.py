"""Readers: records, keys, counts and states, against TensorFlow."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from waiting_runs import LIMIT, Runs

import graphflow
from graphflow.core.ops.queues import fake_queue_op

TEXTS = {
    "ends": b"one\ntwo\n\nfour\r\n",
    "no end": b"one\r\n\r\nlast",
    "empty": b"",
    "return": b"a\rb\n\r",
}
BYTES = {
    "full": bytes(range(40, 63)),
    "short": b"ab",
    "empty": b"",
    "exact": bytes(range(100, 118)),
}


@pytest.fixture
def files(tmp_path: Path) -> Callable[[dict[str, bytes]], list[str]]:
    def write(contents: dict[str, bytes]) -> list[str]:
        for name, data in contents.items():
            (tmp_path / name).write_bytes(data)
        return [str(tmp_path / name) for name in contents]

    return write


def filled(tf: ModuleType, session: Any, works: list[Any]) -> Any:
    """A closed queue of strings."""
    queue = tf.FIFOQueue(99, tf.string, shapes=[[]])
    session.run(queue.enqueue_many([works]))
    session.run(queue.close())
    return queue


def history(tf: ModuleType, works: list[Any], make: Callable[[Any], Any]) -> list[Any]:
    """All that a reader gives for some work units, by one, and how it counts; then by three."""
    happened: list[Any] = []
    with tf.Graph().as_default(), tf.Session() as session:
        reader = make(tf)
        counts = [reader.num_records_produced(), reader.num_work_units_completed()]
        single = reader.read(filled(tf, session, works))
        several = reader.read_up_to(filled(tf, session, works), 3)
        for fetches in (single, several):
            ends = 0
            while not ends:
                try:
                    values = session.run(list(fetches))
                    happened.append([list(v) if isinstance(v, np.ndarray) else v for v in values])
                except tf.errors.OpError as error:
                    happened.append(type(error).__name__)
                    ends = isinstance(error, tf.errors.OutOfRangeError)
                    ends = ends and "insufficient" in str(error)
                happened.append([int(v) for v in session.run(counts)])
                assert len(happened) < 400
            session.run(reader.reset())
    return happened


def check(oracle: ModuleType, works: list[Any], make: Callable[[Any], Any]) -> list[Any]:
    ours = history(graphflow, works, make)
    assert ours == history(oracle, works, make)
    return ours


def test_works_themselves(oracle: ModuleType) -> None:
    ours = check(oracle, ["a", "b", "c", "d"], lambda tf: tf.IdentityReader("name"))
    assert ours[:2] == [[b"a", b"a"], [1, 1]]


def test_whole_files(oracle: ModuleType, files: Any) -> None:
    names = files(TEXTS)
    ours = check(oracle, names, lambda tf: tf.WholeFileReader())
    assert ours[0] == [names[0].encode(), TEXTS["ends"]]


@pytest.mark.parametrize("skipped", [None, 1, 3])
def test_lines(oracle: ModuleType, files: Any, skipped: int | None) -> None:
    names = files(TEXTS)
    ours = check(oracle, names, lambda tf: tf.TextLineReader(skip_header_lines=skipped))
    number = 1 + (skipped or 0)
    line = [b"one", b"two", b"", b"four"][number - 1]
    assert ours[0] == [f"{names[0]}:{number}".encode(), line]


@pytest.mark.parametrize(
    "arguments",
    [
        {"record_bytes": 5},
        {"record_bytes": 6, "header_bytes": 2, "footer_bytes": 3},
        {"record_bytes": 4, "hop_bytes": 2},
        {"record_bytes": 4, "hop_bytes": 7, "footer_bytes": 1},
        {"record_bytes": 4, "hop_bytes": 3, "header_bytes": 3, "footer_bytes": 5},
    ],
)
@pytest.mark.parametrize("encoding", ["", "ZLIB", "GZIP"])
def test_records_of_one_length(
    oracle: ModuleType, files: Any, arguments: dict[str, Any], encoding: str
) -> None:
    encode: Any = {"": bytes, "ZLIB": zlib.compress, "GZIP": gzip.compress}[encoding]
    # a header that is cut off is an error of each kind of stream in its own words
    kept = [name for name in BYTES if len(BYTES[name]) >= arguments.get("header_bytes", 0)]
    names = files({name: encode(BYTES[name]) for name in kept})
    check(oracle, names, lambda tf: tf.FixedLengthRecordReader(encoding=encoding, **arguments))


@pytest.mark.parametrize("compression", ["", "ZLIB", "GZIP"])
def test_tf_records(oracle: ModuleType, tmp_path: Path, compression: str) -> None:
    tf = graphflow
    options = tf.python_io.TFRecordOptions(compression)
    names = []
    for number, count in enumerate((3, 0, 5)):
        names.append(str(tmp_path / f"{number}.tfrecord"))
        with tf.python_io.TFRecordWriter(names[-1], options) as writer:
            for record in range(count):
                writer.write(bytes([97 + number]) * record)
    ours = check(
        oracle,
        names,
        lambda tf: tf.TFRecordReader(
            options=tf.python_io.TFRecordOptions(
                {
                    "": tf.python_io.TFRecordCompressionType.NONE,
                    "ZLIB": tf.python_io.TFRecordCompressionType.ZLIB,
                    "GZIP": tf.python_io.TFRecordCompressionType.GZIP,
                }[compression]
            )
        ),
    )
    assert ours[2] == [f"{names[0]}:16".encode(), b"a"]


def test_files_that_are_not_there(oracle: ModuleType, files: Any, tmp_path: Path) -> None:
    (name,) = files({"there": b"a\n"})
    works = [str(tmp_path / "none"), name]
    for make in (
        lambda tf: tf.TextLineReader(),
        lambda tf: tf.FixedLengthRecordReader(1),
        lambda tf: tf.TFRecordReader(),
    ):
        ours = history(graphflow, works[:1], make)
        assert ours[0] == "NotFoundError"
        assert ours == history(oracle, works[:1], make)
    check(oracle, works, lambda tf: tf.TextLineReader())


def test_a_damaged_file_stays_damaged(files: Any) -> None:
    tf = graphflow
    (name,) = files({"damaged": b"no records at all, but long enough for one"})
    with tf.Session() as session:
        reader = tf.TFRecordReader()
        read = reader.read(filled(tf, session, [name, name]), name="next")
        for _ in range(2):
            with pytest.raises(tf.errors.DataLossError) as caught:
                session.run(read)
            assert caught.value.op.name == "next"
        session.run(reader.reset())
        assert session.run(reader.num_work_units_completed()) == 0


def test_a_header_that_is_cut_off(files: Any) -> None:
    tf = graphflow
    (name,) = files({"short": b"ab"})
    with tf.Session() as session:
        read = tf.FixedLengthRecordReader(1, header_bytes=3).read(filled(tf, session, [name]))
        with pytest.raises(tf.errors.OutOfRangeError, match="reached end of file"):
            session.run(read)


def test_bytes_that_cannot_be_decompressed(files: Any) -> None:
    tf = graphflow
    names = files({"bad": b"not compressed"})
    for encoding in ("ZLIB", "GZIP"):
        with tf.Session() as session:
            reader = tf.FixedLengthRecordReader(1, encoding=encoding)
            read = reader.read(filled(tf, session, names))
            with pytest.raises(tf.errors.OpError):
                session.run(read)


@pytest.mark.parametrize("kind", ["WholeFileReader", "IdentityReader"])
def test_states(oracle: ModuleType, files: Any, kind: str) -> None:
    names = files(TEXTS)
    states = []
    for tf in (graphflow, oracle):
        with tf.Graph().as_default(), tf.Session() as session:
            reader = getattr(tf, kind)()
            assert reader.supports_serialize
            read, state = reader.read(filled(tf, session, names)), reader.serialize_state()
            session.run(read)
            session.run(read)
            saved = session.run(state)
            states.append(saved)
            session.run(read)
            session.run(reader.restore_state(saved))
            assert session.run(reader.num_records_produced()) == 2
            for bad in (saved[1:], saved[:-1], b"BOGUS" + saved[5:]):
                with pytest.raises(tf.errors.InvalidArgumentError):
                    session.run(reader.restore_state(bad))
            assert session.run(reader.num_records_produced()) == 0
            with pytest.raises(ValueError, match="rank 0"):
                reader.restore_state([saved])
    assert states[0] == states[1]


def test_states_that_make_no_sense() -> None:
    from graphflow.protos.reader_base_pb2 import ReaderBaseState

    tf = graphflow
    reader = tf.IdentityReader()
    with tf.Session() as session:
        for counts, message in (
            ({"work_started": -1}, "Unexpected negative value"),
            ({"work_started": 2, "work_finished": 1}, "Inconsistent work started vs. finished"),
        ):
            state = ReaderBaseState(**counts).SerializeToString()
            with pytest.raises(tf.errors.InvalidArgumentError, match=message):
                session.run(reader.restore_state(state))
        for reader in (tf.TextLineReader(), tf.FixedLengthRecordReader(1), tf.TFRecordReader()):
            assert not reader.supports_serialize
            with pytest.raises(tf.errors.UnimplementedError, match="Reader SerializeState"):
                session.run(reader.serialize_state())
            with pytest.raises(tf.errors.UnimplementedError, match="Reader RestoreState"):
                session.run(reader.restore_state(""))


def build_everything(tf: Any) -> None:
    queue = tf.FIFOQueue(9, tf.string, shapes=[[]])
    for reader in (
        tf.IdentityReader(),
        tf.WholeFileReader("named"),
        tf.TextLineReader(2),
        tf.TFRecordReader(),
        tf.FixedLengthRecordReader(4, 1, 2, 3, encoding="ZLIB"),
    ):
        reader.read(queue)
        reader.read_up_to(queue.queue_ref, 5, name="up_to")
        reader.num_records_produced()
        reader.num_work_units_completed()
        reader.serialize_state()
        reader.restore_state("")
        reader.reset()


def test_nodes_are_those_of_tensorflow(oracle: ModuleType, oracle_graph: Any) -> None:
    build_everything(oracle)
    build_everything(graphflow)
    graph = graphflow.get_default_graph()
    nodes = [
        {
            node.name: (node.op, list(node.input), sorted(map(str, node.attr.items())))
            for node in g.as_graph_def().node
            if "Const" not in node.op
        }
        for g in (graph, oracle_graph)
    ]
    for name, (op, inputs, _) in nodes[0].items():
        assert (op, inputs) == nodes[1].pop(name)[:2]
        shapes = [str(t.shape) for t in oracle_graph.get_operation_by_name(name).outputs]
        assert [str(t.shape) for t in graph.get_operation_by_name(name).outputs] == shapes
    assert not nodes[1]


def test_readers_of_old_graphs(files: Any) -> None:
    tf = graphflow
    (name,) = files({"lines": b"a\nb\n"})
    with tf.Graph().as_default() as graph:
        build_everything(tf)
        graph_def = graph.as_graph_def()
    for node in graph_def.node:
        node.op = node.op.removesuffix("V2")
        if node.op == "FixedLengthRecordReader":
            del node.attr["encoding"]
    tf.import_graph_def(graph_def, name="")
    graph = tf.get_default_graph()
    reader = tf.ReaderBase(graph.get_tensor_by_name("TextLineReaderV2:0"))
    queue = tf.QueueBase([tf.string], [[]], None, graph.get_tensor_by_name("fifo_queue:0"))
    of_today = tf.FIFOQueue(9, tf.string, shapes=[[]])
    read, again = reader.read(queue), reader.read(of_today)
    assert read[0].op.type == "ReaderRead" and again[0].op.inputs[1].op.type == "FakeQueue"
    with tf.Session() as session:
        session.run([queue.enqueue([name]), of_today.enqueue([name])])
        session.run(reader.reset())
        whole = tf.ReaderBase(graph.get_tensor_by_name("named:0"))
        assert session.run(whole.read(queue))[1] == b"a\nb\n"
        assert session.run(whole.read_up_to(of_today, 4))[1].tolist() == [b"a\nb\n"]
        assert session.run(whole.num_records_produced()) == 2
        assert session.run(whole.num_work_units_completed()) == 2
        session.run(whole.restore_state(session.run(whole.serialize_state())))
    assert fake_queue_op.name == "FakeQueue"


def test_a_reader_waits_for_work(runs: Runs, files: Any) -> None:
    tf = graphflow
    (name,) = files({"lines": b"a\nb\n"})
    queue = tf.FIFOQueue(9, tf.string, shapes=[[]])
    reader = tf.TextLineReader()
    read = reader.read(queue)
    first = runs.start_waiting(read, queue)
    second = runs.start(read)
    assert runs.session.run(reader.num_records_produced()) == 0
    runs.session.run(queue.enqueue([name]))
    assert {future.result(LIMIT)[1] for future in (first, second)} == {b"a", b"b"}
    waiting, turn = runs.start_waiting(read, queue), runs.start(read)
    runs.session.close()
    for future in (waiting, turn):
        with pytest.raises((tf.errors.CancelledError, RuntimeError)):  # closed before its turn
            future.result(LIMIT)


def test_a_run_may_put_in_the_work_that_it_reads(runs: Runs) -> None:
    tf = graphflow
    queue = tf.FIFOQueue(9, tf.string, shapes=[[]])
    reader = tf.IdentityReader()
    reads = [reader.read(queue)[1], reader.read(queue)[1]]
    put = queue.enqueue_many([["a", "b"]])
    for _ in range(2):
        assert sorted(runs.session.run([*reads, put])[:2]) == [b"a", b"b"]


@pytest.mark.parametrize(
    ("types", "element", "message"),
    [
        (["string", "string"], ["a", "b"], "Expected single component queue"),
        (["int32"], [1], "Expected queue with single string component"),
        (["string"], [["a", "b"]], "Expected to dequeue a one-element string tensor"),
    ],
)
def test_queues_of_other_things(types: Any, element: Any, message: str) -> None:
    tf = graphflow
    queue = tf.FIFOQueue(9, types)
    with tf.Session() as session:
        session.run(queue.enqueue(element))
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            session.run(tf.IdentityReader().read(queue))
        with pytest.raises(tf.errors.InvalidArgumentError, match="access a reader by the handle"):
            session.run(tf.ReaderBase(queue.queue_ref).num_records_produced())


def test_wrong_lengths() -> None:
    tf = graphflow
    with tf.Session() as session:
        for reader, message in (
            (tf.TextLineReader(skip_header_lines=-1), "skip_header_lines must be >= 0 not -1"),
            (tf.FixedLengthRecordReader(4, hop_bytes=-2), "hop_bytes must be >= 0 not -2"),
        ):
            with pytest.raises(tf.errors.InvalidArgumentError, match=message):
                session.run(reader.reset())
