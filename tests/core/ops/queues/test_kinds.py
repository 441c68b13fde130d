"""The four kinds of queues: their order, their nodes, and what they refuse; against TensorFlow."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from waiting_runs import LIMIT, Runs

import graphflow as tf


def build_everything(tf: Any) -> None:
    """One of each node, with names by default and names given."""
    fifo = tf.FIFOQueue(10, [tf.float32, tf.string], shapes=[[2], []])
    tf.FIFOQueue(-1, "int32", names="n", shared_name="shared", name="given")
    tf.RandomShuffleQueue(10, 4, tf.int64, shapes=[[]], seed=7, name="scope/shuffle")
    padding = tf.PaddingFIFOQueue(3, [tf.float32, tf.int32], [[None, 2], [None]])
    priority = tf.PriorityQueue(5, [tf.string], shapes=[[]])
    fifo.enqueue([[1.0, 2.0], "a"])
    fifo.enqueue_many([[[1.0, 2.0]], ["a"]], name="put")
    priority.enqueue((1, "a"))
    for queue in (fifo, padding, priority):
        queue.dequeue()
        queue.dequeue_many(2)
        queue.dequeue_up_to(2, name="up_to")
        queue.size()
        queue.is_closed()
        queue.close()
        queue.close(cancel_pending_enqueues=True, name="cancel")
    tf.QueueBase.from_list(0, [fifo, fifo]).dequeue()


def test_nodes_are_those_of_tensorflow(oracle: ModuleType, oracle_graph: Any) -> None:
    build_everything(oracle)
    build_everything(tf)
    theirs, ours = oracle_graph.as_graph_def(), tf.get_default_graph().as_graph_def()
    kept = {node.name: node for node in theirs.node}
    for node in ours.node:
        other = kept.pop(node.name)
        assert (node.op, list(node.input)) == (other.op, list(other.input))
        for key in ("component_types", "shapes", "capacity", "shared_name", "seed", "seed2"):
            assert str(node.attr[key]) == str(other.attr[key]), (node.name, key)
    assert not kept


def test_shapes_are_those_of_tensorflow(oracle: ModuleType, oracle_graph: Any) -> None:
    build_everything(oracle)
    build_everything(tf)
    for op in tf.get_default_graph().get_operations():
        other = oracle_graph.get_operation_by_name(op.name)
        assert [str(t.shape) for t in op.outputs] == [str(t.shape) for t in other.outputs], op.name


@pytest.mark.parametrize("seeds", [(None, 5), (3, None), (3, 5)])
def test_shuffled_order_is_that_of_tensorflow(
    oracle: ModuleType, oracle_graph: Any, seeds: tuple[int | None, int | None]
) -> None:
    def taken(tf: Any) -> list[Any]:
        tf.set_random_seed(seeds[0])
        # of TF 2 only queues with a shared name count the nodes as in TF 1
        queue = tf.RandomShuffleQueue(
            50, 5, tf.int32, shapes=[[]], seed=seeds[1], shared_name="shared"
        )
        put, one, several = queue.enqueue_many([tf.range(20)]), queue.dequeue(), queue.dequeue_many
        batch, rest, close = several(6), queue.dequeue_up_to(9), queue.close()
        with tf.Session() as session:
            session.run(put)
            parts = [session.run(one), *session.run(batch)]
            session.run(put)
            parts += [session.run(one) for _ in range(8)]
            session.run(close)
            return [*parts, *session.run(batch), *session.run(rest), session.run(one)]

    assert taken(tf) == taken(oracle)


def test_without_seeds_the_order_differs() -> None:
    queues = [tf.RandomShuffleQueue(100, 0, tf.int32, shapes=[[]]) for _ in range(2)]
    with tf.Session() as session:
        session.run([queue.enqueue_many([tf.range(100)]) for queue in queues])
        first, second = (list(session.run(queue.dequeue_many(100))) for queue in queues)
    assert first != second
    assert sorted(first) == sorted(second) == list(range(100))


def test_a_shuffled_queue_keeps_enough_to_choose_from(runs: Runs) -> None:
    queue = tf.RandomShuffleQueue(10, 2, tf.int32, shapes=[[]], seed=1)
    runs.session.run(queue.enqueue_many([[1, 2, 3]]))
    taken = [runs.session.run(queue.dequeue())]
    waiting = runs.start_waiting(queue.dequeue(), queue)
    runs.session.run(queue.enqueue([4]))
    taken.append(waiting.result(LIMIT))
    waiting = runs.start_waiting(queue.dequeue_many(2), queue)
    runs.session.run(queue.close())
    taken += list(waiting.result(LIMIT))
    assert sorted(taken) == [1, 2, 3, 4]


def test_padding(runs: Runs) -> None:
    queue = tf.PaddingFIFOQueue(10, [tf.int32, tf.string], [[None, 2], [None]])
    runs.session.run(queue.enqueue(([[1, 2]], ["a", "b"])))
    runs.session.run(queue.enqueue((np.zeros((0, 2), np.int32), ["c"])))
    runs.session.run(queue.enqueue(([[3, 4], [5, 6]], np.zeros(0, object).astype(str))))
    numbers, words = runs.session.run(queue.dequeue_many(3))
    np.testing.assert_array_equal(numbers, [[[1, 2], [0, 0]], [[0, 0], [0, 0]], [[3, 4], [5, 6]]])
    assert words.tolist() == [[b"a", b"b"], [b"c", b""], [b"", b""]]
    numbers, words = runs.session.run(queue.dequeue_many(0))
    assert numbers.shape == (0, 0, 2) and words.shape == (0, 0)
    with pytest.raises(
        tf.errors.InvalidArgumentError,
        match=r"Shape mismatch in tuple component 0. Expected \[\?,2\], got \[1,3\]",
    ):
        x = tf.placeholder(tf.int32)
        runs.session.run(queue.enqueue((x, ["a"])), {x: [[1, 2, 3]]})


def test_priorities(runs: Runs) -> None:
    queue = tf.PriorityQueue(10, [tf.string, tf.float32], shapes=[[], [2]])
    numbers = np.arange(8, dtype=np.float32).reshape(4, 2)
    runs.session.run(queue.enqueue_many([[5, -1, 5, 2], ["a", "b", "c", "d"], numbers]))
    priority, word, _ = runs.session.run(queue.dequeue())
    assert (priority, word) == (-1, b"b")
    waiting = runs.start_waiting(queue.dequeue_many(4), queue)
    assert runs.session.run(queue.size()) == 3  # it waits until it can have the four smallest
    runs.session.run(queue.enqueue([1, "e", [0.0, 0.0]]))
    priorities, words, rows = waiting.result(LIMIT)
    assert priorities.tolist() == [1, 2, 5, 5]
    assert words.tolist() == [b"e", b"d", b"a", b"c"]
    np.testing.assert_array_equal(rows[1:], numbers[[3, 0, 2]])


def test_elements_with_names(runs: Runs) -> None:
    queue = tf.FIFOQueue(4, [tf.int32, tf.string], shapes=[[], []], names=["i", "s"])
    runs.session.run(queue.enqueue({"s": "a", "i": 1}))
    runs.session.run(queue.enqueue_many({"i": [2, 3], "s": ["b", "c"]}))
    assert runs.session.run(queue.dequeue()) == {"i": 1, "s": b"a"}
    batch = runs.session.run(queue.dequeue_many(2))
    assert batch["i"].tolist() == [2, 3]
    with pytest.raises(ValueError, match="must enqueue a dictionary"):
        queue.enqueue([1, "a"])
    with pytest.raises(ValueError, match="do not match names"):
        queue.enqueue({"i": 1, "t": "a"})
    with pytest.raises(ValueError, match="must have names"):
        tf.FIFOQueue(4, tf.int32).enqueue({"i": 1})


def test_a_queue_chosen_in_the_run(runs: Runs) -> None:
    queues = [tf.FIFOQueue(4, tf.int32, shapes=[[]]) for _ in range(3)]
    index = tf.placeholder(tf.int32, [])
    chosen = tf.QueueBase.from_list(index, queues)
    put, size = chosen.enqueue([7]), [queue.size() for queue in queues]
    runs.session.run(put, {index: 2})
    assert runs.session.run(size) == [0, 0, 1]
    assert runs.session.run(chosen.dequeue(), {index: 2}) == 7
    with pytest.raises(tf.errors.InvalidArgumentError, match="is not in"):
        runs.session.run(put, {index: 3})
    with pytest.raises(TypeError, match="component dtypes"):
        tf.QueueBase.from_list(0, [queues[0], tf.FIFOQueue(1, tf.float32)])
    with pytest.raises(TypeError, match="A list of queues expected"):
        tf.QueueBase.from_list(0, queues[0])


# --- sharing -------------------------------------------------------------------------------------


def test_nodes_of_one_shared_name_are_one_queue_in_a_session(runs: Runs) -> None:
    a, b = (tf.FIFOQueue(4, tf.int32, shared_name="s") for _ in range(2))
    with tf.container("other"):
        c = tf.FIFOQueue(4, tf.int32, shared_name="s")
    alone = tf.FIFOQueue(4, tf.int32, name="s")
    runs.session.run(a.enqueue([1]))
    sizes = [queue.size() for queue in (a, b, c, alone)]
    assert runs.session.run(sizes) == [1, 1, 0, 0]
    with tf.Session() as another:
        assert another.run(sizes) == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: tf.FIFOQueue(5, tf.int32, [[2]], shared_name="s"), "capacity 4 but .* 5"),
        (lambda: tf.FIFOQueue(4, tf.float32, [[2]], shared_name="s"), "component types int32 but"),
        (lambda: tf.FIFOQueue(4, tf.int32, [[3]], shared_name="s"), r"shapes \[\[2\]\] but .*3"),
        (lambda: tf.FIFOQueue(4, tf.int32, shared_name="s"), r"shapes \[\[2\]\] but .*\[\]"),
        (lambda: tf.PaddingFIFOQueue(4, tf.int32, [[2]], shared_name="s"), "Expected FIFOQueue"),
    ],
)
def test_nodes_that_share_a_queue_must_agree(make: Any, message: str) -> None:
    shared = tf.FIFOQueue(4, tf.int32, [[2]], shared_name="s")
    other = make()
    with tf.Session() as session:
        session.run(shared.size())
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            session.run(other.size())


def test_shuffled_queues_that_share_must_agree() -> None:
    def make(least: int, seed: int) -> Any:
        return tf.RandomShuffleQueue(4, least, tf.int32, seed=seed, shared_name="s")

    first, same, least, seed = make(1, 2), make(1, 2), make(2, 2), make(1, 3)
    with tf.Session() as session:
        session.run([first.size(), same.size()])
        with pytest.raises(tf.errors.InvalidArgumentError, match="min_after_dequeue 1 but"):
            session.run(least.size())
        with pytest.raises(tf.errors.InvalidArgumentError, match="seeds"):
            session.run(seed.size())


def test_reserved_names() -> None:
    with (
        tf.Session() as session,
        pytest.raises(tf.errors.InvalidArgumentError, match="cannot start with '_'"),
    ):
        session.run(tf.FIFOQueue(4, tf.int32, shared_name="_s").size())


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda tf: tf.FIFOQueue(1, [tf.int32], shapes=[[None]]), ValueError, "fully defined"),
        (lambda tf: tf.FIFOQueue(1, tf.int32, shapes=[[], []]), ValueError, "same length"),
        (lambda tf: tf.FIFOQueue(1, tf.int32, names=["a", "b"]), ValueError, "same length"),
        (lambda tf: tf.FIFOQueue(1, tf.int32, shapes=3), TypeError, "must be a TensorShape"),
        (lambda tf: tf.PaddingFIFOQueue(1, tf.int32, None), ValueError, "list of shapes must be"),
        (lambda tf: tf.PaddingFIFOQueue(1, tf.int32, [[], []]), ValueError, "for all components"),
        (lambda tf: tf.FIFOQueue(1, tf.int32, [[2]]).enqueue([[1]]), ValueError, "incompatible"),
        (lambda tf: tf.FIFOQueue(1, tf.int32).enqueue_many([1]), ValueError, "at least"),
        (
            lambda tf: tf.FIFOQueue(1, [tf.int32] * 2).enqueue_many([[1], [1, 2]]),
            ValueError,
            "not compatible|must be equal",
        ),
        (lambda tf: tf.FIFOQueue(1, tf.int32).enqueue(tf.constant(1.0)), ValueError, "dtype"),
    ],
)
def test_refused_while_the_graph_is_built(
    oracle: ModuleType, oracle_graph: Any, build: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        build(oracle)
    with pytest.raises(error, match=message):
        build(tf)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda q, tf: q.dequeue_many(2), "require the components to have specified shapes"),
        (lambda q, tf: q.dequeue_up_to(tf.constant(1) - 2), "requested -1 < 0 elements"),
        (
            lambda q, tf: tf.QueueBase([tf.int32], None, None, q.queue_ref).enqueue([1]),
            "Signature mismatch, have: resource, int32-> expected: resource, float->",
        ),
        (
            lambda q, tf: tf.QueueBase([tf.int32], None, None, q.queue_ref).dequeue(),
            "Signature mismatch, have: resource->int32 expected: resource->float",
        ),
        (
            lambda q, tf: tf.QueueBase([tf.int32], [[]], None, q.queue_ref).dequeue_many(1),
            "Signature mismatch, have: resource, int32->int32 expected: resource, int32->float",
        ),
    ],
)
def test_refused_in_the_run(
    oracle: ModuleType, oracle_graph: Any, build: Any, message: str
) -> None:
    for module in (oracle, tf):
        op = build(module.FIFOQueue(4, module.float32), module)
        with (
            module.Session() as session,
            pytest.raises(module.errors.InvalidArgumentError) as caught,
        ):
            session.run(op)
        assert message in str(caught.value)


def test_rows_that_do_not_fit_are_refused_in_the_run(runs: Runs) -> None:
    x, y = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
    shaped = tf.FIFOQueue(4, [tf.float32] * 2, shapes=[[2], []])
    free = tf.FIFOQueue(4, [tf.float32] * 2)
    for queue, first, second, message in (
        (shaped, [[1.0]], [1.0], r"component 0. Expected \[1,2\], got \[1,1\]"),
        (shaped, [[1.0, 2.0]], [1.0, 2.0], r"component 1. Expected \[1\], got \[2\]"),
        (free, [1.0], [1.0, 2.0], "Component 1 has 2, and should have 1"),
        (free, 1.0, [1.0], "Component 0 is a scalar"),
    ):
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            runs.session.run(queue.enqueue_many([x, y]), {x: first, y: second})
        assert runs.session.run(queue.size()) == 0
