"""QueueRunner: its threads, how they end, and its way through MetaGraphDefs."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from waiting_runs import LIMIT, until

import graphflow


def join(threads: Any) -> None:
    for thread in threads:
        thread.join(LIMIT)
        assert not thread.is_alive(), thread.name


def counting(tf: ModuleType, limit: int, capacity: int = 3) -> tuple[Any, Any]:
    """A queue that one thread fills with 1 .. limit."""
    count = tf.Variable(0, name="count", trainable=False)
    queue = tf.FIFOQueue(capacity, tf.int32, shapes=[[]], name="numbers")
    put = queue.enqueue(count.count_up_to(limit))
    return queue, tf.train.QueueRunner(queue, [put])


@pytest.mark.parametrize("with_coordinator", [False, True])
def test_a_queue_is_filled_and_closed(with_coordinator: bool) -> None:
    tf = graphflow
    queue, runner = counting(tf, 10)
    take = queue.dequeue()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        coordinator = tf.train.Coordinator() if with_coordinator else None
        threads = runner.create_threads(session, coordinator, start=True)
        assert len(threads) == 2 if with_coordinator else 1
        assert threads[0].name == f"QueueRunnerThread-numbers-{runner.enqueue_ops[0].name}"
        assert [session.run(take) for _ in range(10)] == list(range(10))
        with pytest.raises(tf.errors.OutOfRangeError, match="is closed and has insufficient"):
            session.run(take)
        if coordinator is not None:
            coordinator.request_stop()
        join(threads)
        assert runner.exceptions_raised == []


def test_a_stop_cancels_the_threads() -> None:
    tf = graphflow
    queue, runner = counting(tf, 1000)
    tf.train.add_queue_runner(runner)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        coordinator = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(coord=coordinator)
        assert runner.create_threads(session) == []  # they run already
        until(lambda: session.run(queue.size()) == 3)
        coordinator.request_stop()
        coordinator.join(threads, stop_grace_period_secs=LIMIT)
        assert session.run(queue.is_closed())


def test_several_threads_close_the_queue_when_the_last_has_ended() -> None:
    tf = graphflow
    queue = tf.FIFOQueue(100, tf.int32, shapes=[[]])
    puts = []
    for limit in (3, 5):
        count = tf.Variable(0)
        puts.append(queue.enqueue(count.count_up_to(limit)))
    runner = tf.train.QueueRunner(queue, puts)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        join(runner.create_threads(session, start=True))
        assert session.run(queue.is_closed())
        assert sorted(session.run(queue.dequeue_many(8))) == [0, 0, 1, 1, 2, 2, 3, 4]


def test_errors_go_to_the_coordinator() -> None:
    tf = graphflow
    queue = tf.FIFOQueue(10, tf.int32)
    bad = queue.enqueue(tf.gather([1, 2], tf.placeholder_with_default(7, [])))
    runner = tf.train.QueueRunner(queue, [bad])
    with tf.Session() as session:
        coordinator = tf.train.Coordinator()
        threads = runner.create_threads(session, coordinator, start=True)
        with pytest.raises(tf.errors.InvalidArgumentError, match="is not in"):
            coordinator.join(threads)
        assert session.run(queue.is_closed())
        assert runner.exceptions_raised == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_errors_without_a_coordinator_are_kept() -> None:
    tf = graphflow
    queue = tf.FIFOQueue(10, tf.int32)
    bad = queue.enqueue(tf.gather([1, 2], tf.placeholder_with_default(7, [])))
    runner = tf.train.QueueRunner(queue, [bad])
    with tf.Session() as session:
        join(runner.create_threads(session, start=True))
        (error,) = runner.exceptions_raised
        assert isinstance(error, tf.errors.InvalidArgumentError)


def test_errors_that_mean_the_end() -> None:
    tf = graphflow
    queue = tf.FIFOQueue(10, tf.int32)
    bad = queue.enqueue(tf.gather([1, 2], tf.placeholder_with_default(7, [])))
    types = (tf.errors.OutOfRangeError, tf.errors.InvalidArgumentError)
    runner = tf.train.QueueRunner(queue, [bad], queue_closed_exception_types=types)
    with tf.Session() as session:
        join(runner.create_threads(session, start=True))
        assert session.run(queue.is_closed()) and runner.exceptions_raised == []
    codes = [tf.errors.OUT_OF_RANGE, tf.errors.INVALID_ARGUMENT]
    assert list(runner.to_proto().queue_closed_exception_types) == codes


def test_closing_the_session_ends_the_threads() -> None:
    tf = graphflow
    _, runner = counting(tf, 1000)
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    coordinator = tf.train.Coordinator()
    threads = runner.create_threads(session, coordinator, start=True)
    session.close()
    with pytest.raises((tf.errors.CancelledError, RuntimeError)):
        coordinator.join(threads)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({}, ValueError, "Must provide queue and enqueue_ops"),
        ({"queue_closed_exception_types": (ValueError,)}, TypeError, "tuple of tf.error types"),
        ({"queue_closed_exception_types": ()}, TypeError, "tuple of tf.error types"),
    ],
)
def test_wrong_arguments(arguments: Any, error: type[Exception], message: str) -> None:
    tf = graphflow
    queue = tf.FIFOQueue(10, tf.int32)
    more = {"queue": queue, "enqueue_ops": [queue.enqueue([1])]} if arguments else {}
    with pytest.raises(error, match=message):
        tf.train.QueueRunner(**arguments, **more)


def test_start_needs_a_session(caplog: pytest.LogCaptureFixture) -> None:
    tf = graphflow
    with pytest.raises(ValueError, match="No default session"):
        tf.train.start_queue_runners()
    with pytest.raises(TypeError, match=r"must be a `tf.Session`"):
        tf.train.start_queue_runners("session")
    with tf.Session():
        assert tf.train.start_queue_runners() == []
    assert "no queue runners were defined" in caplog.text


# --- MetaGraphDefs -------------------------------------------------------------------------------


def export(tf: ModuleType, path: Path) -> None:
    with tf.Graph().as_default(), tf.device("/device:CPU:0"):
        strings = tf.train.string_input_producer(["a", "b", "c"], num_epochs=2, shuffle=False)
        batch = tf.train.batch([tf.identity(strings.dequeue())], 2, name="batches")
        assert batch.op.name == "batches"
        tf.train.export_meta_graph(str(path))


def read(tf: ModuleType, path: Path, scope: str) -> list[bytes]:
    prefix = f"{scope}/" if scope else ""
    with tf.Graph().as_default() as graph, tf.Session() as session:
        tf.train.import_meta_graph(str(path), clear_devices=True, import_scope=scope or None)
        names = [runner.name for runner in graph.get_collection(tf.GraphKeys.QUEUE_RUNNERS)]
        assert names == [f"{prefix}input_producer", f"{prefix}batches/fifo_queue"]
        assert all(op.device == "" for op in graph.get_operations())
        session.run(tf.local_variables_initializer())
        coordinator = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(session, coordinator)
        taken: list[bytes] = []
        with pytest.raises(tf.errors.OutOfRangeError):
            while True:
                taken += session.run(f"{prefix}batches:0").tolist()
        coordinator.request_stop()
        coordinator.join(threads)
    return taken


@pytest.mark.parametrize("scope", ["", "copy"])
def test_queue_runners_travel_in_meta_graphs(
    oracle: ModuleType, tmp_path: Path, scope: str
) -> None:
    for writer in (graphflow, oracle):
        export(writer, tmp_path / "m.meta")
        for reader in (graphflow, oracle):
            assert read(reader, tmp_path / "m.meta", scope) == [b"a", b"b", b"c"] * 2


def test_protos_are_those_of_tensorflow(oracle: ModuleType) -> None:
    protos = []
    for tf in (graphflow, oracle):
        with tf.Graph().as_default(), tf.name_scope("scope"):
            _, runner = counting(tf, 5)
            protos.append(str(runner.to_proto()))
            protos.append(str(runner.to_proto(export_scope="scope")))
            assert runner.to_proto(export_scope="other") is None
            again = tf.train.QueueRunner.from_proto(runner.to_proto())
            assert again.queue is runner.queue.queue_ref.op
            assert again.enqueue_ops == runner.enqueue_ops
            assert again.close_op is runner.close_op and again.cancel_op is runner.cancel_op
            with pytest.raises(ValueError, match="mutually exclusive"):
                tf.train.QueueRunner(queue=runner.queue, queue_runner_def=runner.to_proto())
    assert protos[:2] == protos[2:]


def test_training_from_a_queue_by_native_plans() -> None:
    tf = graphflow
    config = tf.ConfigProto()
    config.graph_options.optimizer_options.global_jit_level = 2
    data = np.arange(40, dtype=np.float32).reshape(20, 2)
    rows = tf.train.input_producer(data, shuffle=False, num_epochs=3).dequeue()
    noisy = rows + 0.0 * tf.random_normal([2], seed=1)
    batch = tf.train.batch([noisy], 4, num_threads=2, capacity=8)
    weights = tf.Variable(tf.zeros([2]))
    step = weights.assign_add(tf.reduce_sum(batch, 0))
    steps = 0
    with tf.Session(config=config) as session:
        session.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
        coordinator = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(session, coordinator)
        with pytest.raises(tf.errors.OutOfRangeError):
            while True:
                session.run(step)
                steps += 1
        coordinator.request_stop()
        coordinator.join(threads)
        assert steps == 15
        np.testing.assert_allclose(session.run(weights), 3 * data.sum(0))
