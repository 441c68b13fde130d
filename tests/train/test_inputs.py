"""Input producers and `batch`: the graphs of TensorFlow, and what comes out of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from waiting_runs import LIMIT

import graphflow


def build_everything(tf: Any) -> None:
    """One of each function, with what scripts can see of names."""
    tf.set_random_seed(1)
    strings = tf.train.string_input_producer(["a", "b"], num_epochs=2, seed=3)
    text = strings.dequeue()
    i, x = tf.train.slice_input_producer([[1, 2, 3], [4.0, 5.0, 6.0]], shuffle=False)
    tf.train.range_input_producer(5, num_epochs=1)
    tf.train.input_producer([[1.0, 2.0]], name="mine", summary_name="full")
    tf.train.limit_epochs(x, 3)
    tf.train.batch([i, x], 2)
    tf.train.batch({"x": x, "s": text}, 2, num_threads=3, allow_smaller_final_batch=True, name="n")
    tf.train.batch_join([[i, x], [i, x]], 2, dynamic_pad=True)
    tf.train.shuffle_batch([i], 2, 32, 10, seed=5)
    tf.train.shuffle_batch_join([[i], [i]], 2, 32, 10)
    tf.train.maybe_batch([tf.range(3)], [True, False, True], 2, enqueue_many=True)
    sparse = tf.SparseTensor([[0]], [1.0], [3])
    tf.train.batch([sparse, i], 2)
    tf.train.batch_join([[sparse, i], [sparse, i]], 2)
    tf.train.match_filenames_once("/tmp/*.txt")


def test_graphs_are_those_of_tensorflow(oracle: ModuleType, oracle_graph: Any) -> None:
    build_everything(oracle)
    build_everything(graphflow)
    graph = graphflow.get_default_graph()
    nodes = [
        {node.name: (node.op, list(node.input)) for node in g.as_graph_def().node}
        for g in (graph, oracle_graph)
    ]
    assert nodes[0] == nodes[1]
    for op in graph.get_operations():
        shapes = [str(t.shape) for t in oracle_graph.get_operation_by_name(op.name).outputs]
        assert [str(t.shape) for t in op.outputs] == shapes, op.name
    for key in ("queue_runners", "summaries", "local_variables"):
        ours, theirs = (g.get_collection(key) for g in (graph, oracle_graph))
        assert [item.name for item in ours] == [item.name for item in theirs]


@contextmanager
def running(tf: ModuleType) -> Iterator[Any]:
    """A session in which the queues are filled."""
    with tf.Session() as session:
        session.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
        coordinator = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(session, coordinator)
        try:
            yield session
        finally:
            coordinator.request_stop()
            coordinator.join(threads, stop_grace_period_secs=LIMIT)


def all_of(tf: ModuleType, fetches: Any) -> list[Any]:
    """What comes until the input is used up."""
    taken = []
    with running(tf) as session, pytest.raises(tf.errors.OutOfRangeError):
        while True:
            taken.append(session.run(fetches))
    return taken


# --- producers -----------------------------------------------------------------------------------


def test_epochs_in_order() -> None:
    tf = graphflow
    strings = tf.train.string_input_producer(["a", "b"], num_epochs=3, shuffle=False)
    assert all_of(tf, strings.dequeue()) == [b"a", b"b"] * 3


def test_shuffled_epochs_are_those_of_tensorflow(oracle: ModuleType, oracle_graph: Any) -> None:
    taken = []
    for tf in (graphflow, oracle):
        queue = tf.train.range_input_producer(6, num_epochs=4, seed=7)
        taken.append([int(v) for v in all_of(tf, queue.dequeue())])
    assert taken[0] == taken[1]
    for epoch in np.reshape(taken[0], (4, 6)):
        assert sorted(epoch) == list(range(6))


def test_rows_of_several_tensors_belong_together() -> None:
    tf = graphflow
    i, x = tf.train.slice_input_producer([[1, 2, 3], [[4.0], [5.0], [6.0]]], num_epochs=2)
    assert x.shape.as_list() == [1]
    taken = all_of(tf, [i, x])
    assert sorted(int(a) for a, _ in taken) == [1, 1, 2, 2, 3, 3]
    assert all(b == [a + 3.0] for a, b in taken)


def test_producers_refuse() -> None:
    tf = graphflow
    with pytest.raises(ValueError, match="requires a non-null input tensor"):
        tf.train.string_input_producer([])
    with pytest.raises(ValueError, match="fully defined shape"):
        tf.train.input_producer(tf.placeholder(tf.float32, [3, None]))
    with pytest.raises(ValueError, match="num_epochs must be > 0 not 0"):
        tf.train.limit_epochs(tf.constant(1), 0)
    with pytest.raises(ValueError, match="at least one tensor"):
        tf.train.slice_input_producer([])
    empty = tf.train.string_input_producer(tf.constant([], tf.string))
    with (
        pytest.raises(tf.errors.InvalidArgumentError, match="non-null input tensor"),
        running(tf) as session,
    ):
        session.run(empty.dequeue())


def test_filenames_are_matched_once(tmp_path: Path) -> None:
    tf = graphflow
    (tmp_path / "a.txt").touch()
    names = tf.train.match_filenames_once([str(tmp_path / "*.txt"), str(tmp_path / "*.none")])
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        (tmp_path / "b.txt").touch()
        assert session.run(names).tolist() == [str(tmp_path / "a.txt").encode()]


# --- batches -------------------------------------------------------------------------------------


def counted(tf: ModuleType, limit: int) -> Any:
    return tf.train.range_input_producer(limit, num_epochs=1, shuffle=False).dequeue()


@pytest.mark.parametrize("may_be_smaller", [False, True])
def test_batches_of_a_dict(may_be_smaller: bool) -> None:
    tf = graphflow
    i = counted(tf, 7)
    batch = tf.train.batch(
        {"n": i, "s": tf.gather(list("abcdefg"), i)}, 3, allow_smaller_final_batch=may_be_smaller
    )
    assert batch["n"].shape.as_list() == [None if may_be_smaller else 3]
    taken = all_of(tf, batch)
    assert [len(part["n"]) for part in taken] == ([3, 3, 1] if may_be_smaller else [3, 3])
    assert taken[1]["n"].tolist() == [3, 4, 5]
    assert taken[1]["s"].tolist() == [b"d", b"e", b"f"]


def test_rows_as_elements() -> None:
    tf = graphflow
    rows = tf.train.input_producer([[1, 2], [3, 4], [5, 6]], num_epochs=1, shuffle=False)
    batch = tf.train.batch([rows.dequeue()], 3, enqueue_many=True)
    assert batch.shape.as_list() == [3]
    assert [part.tolist() for part in all_of(tf, batch)] == [[1, 2, 3], [4, 5, 6]]


def test_sizes_that_differ_are_padded() -> None:
    tf = graphflow
    batch = tf.train.batch([tf.range(counted(tf, 4))], 4, dynamic_pad=True)
    assert batch.shape.as_list() == [4, None]
    (only,) = all_of(tf, batch)
    assert only.tolist() == [[0, 0, 0], [0, 0, 0], [0, 1, 0], [0, 1, 2]]


def test_several_threads_lose_nothing() -> None:
    tf = graphflow
    batch = tf.train.batch([counted(tf, 60)], 6, num_threads=4)
    assert sorted(np.concatenate(all_of(tf, batch))) == list(range(60))


def test_lists_are_joined() -> None:
    tf = graphflow
    lists = [[counted(tf, 20), "first"], [counted(tf, 10) + 100, "second"]]
    numbers, names = tf.train.batch_join(lists, 5)
    taken = all_of(tf, [numbers, names])
    pairs = [(int(n), s) for part in taken for n, s in zip(*part, strict=True)]
    assert [n for n, s in pairs if s == b"first"] == list(range(20))
    assert [n for n, s in pairs if s == b"second"] == list(range(100, 110))


def test_shuffled_batches_are_those_of_tensorflow(oracle: ModuleType, oracle_graph: Any) -> None:
    taken = []
    for tf in (graphflow, oracle):
        queue = tf.train.range_input_producer(40, num_epochs=1, shuffle=False, capacity=50)
        # all of them at once, so that the order in which threads run does not matter
        batch = tf.train.shuffle_batch(
            [queue.dequeue_many(40)], 8, 100, 39, seed=4, enqueue_many=True
        )
        with running(tf) as session:
            taken.append(np.concatenate([session.run(batch) for _ in range(5)]).tolist())
    assert taken[0] == taken[1]
    assert sorted(taken[0]) == list(range(40)) and taken[0] != list(range(40))


def test_joined_and_shuffled() -> None:
    tf = graphflow
    batch = tf.train.shuffle_batch_join([{"x": counted(tf, 20)}, {"x": counted(tf, 20)}], 8, 20, 9)
    taken = np.concatenate([part["x"] for part in all_of(tf, batch)])
    assert sorted(taken) == sorted([*range(20), *range(20)])


@pytest.mark.parametrize("shuffled", [False, True])
def test_only_what_is_to_be_kept(shuffled: bool) -> None:
    tf = graphflow
    i = counted(tf, 20)
    keep = tf.equal(i % 2, 0)
    if shuffled:
        batch = tf.train.maybe_shuffle_batch([i], 5, 20, 3, keep)
        joined = tf.train.maybe_shuffle_batch_join([[counted(tf, 6)]], 3, 20, 1, False)
    else:
        batch = tf.train.maybe_batch([i], keep, 5)
        joined = tf.train.maybe_batch_join([[counted(tf, 6)]], False, 3)
    assert sorted(np.concatenate(all_of(tf, batch))) == list(range(0, 20, 2))
    assert joined.op.type == "QueueDequeueManyV2"


def test_rows_to_be_kept() -> None:
    tf = graphflow
    rows = tf.train.input_producer(np.arange(12).reshape(3, 4), num_epochs=1, shuffle=False)
    batch = tf.train.maybe_batch([rows.dequeue()], [True, False, False, True], 3, enqueue_many=True)
    assert [part.tolist() for part in all_of(tf, batch)] == [[0, 3, 4], [7, 8, 11]]


def sparse_of(tf: ModuleType, i: Any) -> Any:
    """[i]: i, in a vector of length i + 1."""
    wide = tf.to_int64(i)
    return tf.SparseTensor(tf.reshape(wide, [1, 1]), tf.reshape(i, [1]), tf.reshape(wide + 1, [1]))


def check_sparse(value: Any, numbers: list[int]) -> None:
    assert value.indices.tolist() == [[row, n] for row, n in enumerate(numbers)]
    assert value.values.tolist() == numbers
    assert value.dense_shape.tolist() == [len(numbers), max(numbers) + 1]


@pytest.mark.parametrize("how", ["batch", "kept", "join"])
def test_sparse_tensors_are_batched(how: str) -> None:
    tf = graphflow
    i = counted(tf, 8)
    sparse = sparse_of(tf, i)
    if how == "batch":
        batch = tf.train.batch([sparse, i], 4)
    elif how == "join":
        batch = tf.train.batch_join([[sparse, i]], 4)
    else:
        batch = tf.train.maybe_batch([sparse, i], tf.equal(i % 2, 1), 2)
    taken = all_of(tf, batch)
    assert [len(numbers) for _, numbers in taken] == [2, 2] if how == "kept" else [4, 4]
    for value, numbers in taken:
        check_sparse(value, numbers.tolist())


@pytest.mark.parametrize("keep", [True, [True, False, True]])
def test_rows_of_sparse_tensors_are_batched(keep: Any) -> None:
    tf = graphflow
    sparse = tf.SparseTensor([[0, 1], [1, 0], [2, 2]], ["a", "b", "c"], [3, 4])
    once = tf.train.limit_epochs(tf.constant([0, 1, 2]), 1)
    batch = tf.train.maybe_batch([sparse, once], keep, 2, enqueue_many=True)
    ((value, numbers),) = all_of(tf, batch)
    second = 1 if keep is True else 2
    assert numbers.tolist() == [0, second]
    assert value.indices.tolist() == [[0, 1], [1, [None, 0, 2][second]]]
    assert value.values.tolist() == [b"a", [b"", b"b", b"c"][second]]
    assert value.dense_shape.tolist() == [2, 4]


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda tf, x: tf.train.batch([], 2), ValueError, "at least one tensor"),
        (lambda tf, x: tf.train.batch_join([], 2), ValueError, "at least one set of tensors"),
        (lambda tf, x: tf.train.batch([x], 2), ValueError, "Cannot infer Tensor's rank"),
        (lambda tf, x: tf.train.batch([x[:1]], 2, shapes=[[None]]), ValueError, "fully defined"),
        (lambda tf, x: tf.train.batch_join([{"a": 1}, {"b": 1}], 2), ValueError, "the same keys"),
        (lambda tf, x: tf.train.batch_join([[1], [1.0]], 2), TypeError, "types to be consistent"),
        (lambda tf, x: tf.train.shuffle_batch([1], 2, 3, 3), ValueError, "must be bigger than"),
        (lambda tf, x: tf.train.maybe_batch([1], [True], 2), ValueError, "cannot be a vector"),
        (lambda tf, x: tf.train.maybe_batch([1], [[True]], 2), ValueError, "0 or 1 dimensions"),
        (
            lambda tf, x: tf.train.maybe_batch([1], tf.equal(x, 1.0), 2),
            ValueError,
            "must be known at graph construction",
        ),
    ],
)
def test_batches_refuse(
    oracle: ModuleType, oracle_graph: Any, build: Any, error: type[Exception], message: str
) -> None:
    for tf in (oracle, graphflow):
        with pytest.raises(error, match=message):
            build(tf, tf.placeholder(tf.float32))
