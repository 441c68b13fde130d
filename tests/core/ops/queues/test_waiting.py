"""Enqueues that wait for room, dequeues that wait for elements, and what ends the waiting."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from waiting_runs import LIMIT, Runs

import graphflow as tf


def fifo(capacity: int = 2, **arguments: Any) -> Any:
    return tf.FIFOQueue(capacity, tf.float32, shapes=[[]], name="q", **arguments)


def test_elements_come_out_as_they_went_in(runs: Runs) -> None:
    queue = fifo(10)
    runs.session.run([queue.enqueue([1.0])])
    runs.session.run(queue.enqueue_many([[2.0, 3.0, 4.0]]))
    assert runs.session.run(queue.size()) == 4
    assert runs.session.run(queue.dequeue()) == 1.0
    np.testing.assert_array_equal(runs.session.run(queue.dequeue_many(2)), [2.0, 3.0])
    assert runs.session.run(queue.size()).dtype == np.int32


def test_a_fed_array_may_be_changed_afterwards(runs: Runs) -> None:
    queue = tf.FIFOQueue(4, tf.float32)
    fed = np.ones(3, np.float32)
    x = tf.placeholder(tf.float32, [3])
    put, put_rows = queue.enqueue(x), queue.enqueue_many([x])
    for op in (put, put_rows):
        runs.session.run(op, {x: fed})
        fed[:] = 7.0
    np.testing.assert_array_equal(runs.session.run(queue.dequeue()), np.ones(3))
    assert runs.session.run(queue.dequeue()) == 7.0


def test_a_variable_that_is_enqueued_and_then_changed(runs: Runs) -> None:
    queue = tf.FIFOQueue(4, tf.float32, shapes=[[40]])
    v = tf.Variable(tf.ones([40]))
    runs.session.run(v.initializer)
    runs.session.run(queue.enqueue(v))
    runs.session.run(v.assign_add(tf.ones([40])))
    np.testing.assert_array_equal(runs.session.run(queue.dequeue()), np.ones(40))


def test_a_dequeue_waits_for_an_enqueue(runs: Runs) -> None:
    queue = fifo()
    taken = runs.start_waiting(queue.dequeue(), queue)
    runs.session.run(queue.enqueue([5.0]))
    assert taken.result(LIMIT) == 5.0


def test_an_enqueue_waits_for_room(runs: Runs) -> None:
    queue = fifo(2)
    runs.session.run(queue.enqueue_many([[1.0, 2.0]]))
    put = runs.start_waiting(queue.enqueue([3.0]), queue)
    assert runs.session.run(queue.size()) == 2
    assert runs.session.run(queue.dequeue()) == 1.0
    assert put.result(LIMIT) is None
    np.testing.assert_array_equal(runs.session.run(queue.dequeue_many(2)), [2.0, 3.0])


def test_more_rows_than_there_is_room_for_go_in_as_others_come_out(runs: Runs) -> None:
    queue = fifo(2)
    put = runs.start_waiting(queue.enqueue_many([np.arange(9, dtype=np.float32)]), queue)
    np.testing.assert_array_equal(runs.session.run(queue.dequeue_many(9)), np.arange(9))
    put.result(LIMIT)


def test_requests_are_served_in_the_order_in_which_they_came(runs: Runs) -> None:
    queue = fifo(10)
    first = runs.start_waiting(queue.dequeue_many(3), queue)
    second = runs.start_waiting(queue.dequeue(), queue)
    runs.session.run(queue.enqueue_many([[1.0, 2.0]]))
    assert not second.done()
    runs.session.run(queue.enqueue_many([[3.0, 4.0]]))
    np.testing.assert_array_equal(first.result(LIMIT), [1.0, 2.0, 3.0])
    assert second.result(LIMIT) == 4.0


def test_many_threads_get_every_element_once(runs: Runs) -> None:
    queue = fifo(3)
    put = queue.enqueue_many([np.arange(25, dtype=np.float32)])
    take = queue.dequeue_many(20)
    futures = [runs.start(put) for _ in range(4)]
    taken = np.concatenate([runs.session.run(take) for _ in range(5)])
    for future in futures:
        future.result(LIMIT)
    np.testing.assert_array_equal(np.sort(taken), np.repeat(np.arange(25), 4))


# --- closing -------------------------------------------------------------------------------------


def test_a_closed_queue_gives_what_is_left(runs: Runs) -> None:
    queue = fifo(5)
    runs.session.run(queue.enqueue_many([[1.0, 2.0, 3.0]]))
    assert not runs.session.run(queue.is_closed())
    runs.session.run(queue.close())
    assert runs.session.run(queue.is_closed())
    assert runs.session.run(queue.dequeue()) == 1.0
    with pytest.raises(tf.errors.OutOfRangeError, match=r"requested 3, current size 2\)"):
        runs.session.run(queue.dequeue_many(3))
    np.testing.assert_array_equal(runs.session.run(queue.dequeue_up_to(3)), [2.0, 3.0])
    with pytest.raises(tf.errors.OutOfRangeError) as caught:
        runs.session.run(queue.dequeue(name="take"))
    assert caught.value.op.name == "take"
    assert caught.value.message == (
        "FIFOQueue '_0_q' is closed and has insufficient elements (requested 1, current size 0)"
    )
    assert "queue.dequeue(name=" in str(caught.value)
    with pytest.raises(tf.errors.OutOfRangeError, match="insufficient"):
        runs.session.run(queue.dequeue_up_to(3))
    with pytest.raises(tf.errors.CancelledError, match="FIFOQueue '_0_q' is closed"):
        runs.session.run(queue.enqueue([1.0]))
    with pytest.raises(tf.errors.CancelledError, match="Queue '_0_q' is already closed"):
        runs.session.run(queue.close())


def test_closing_ends_the_waiting_for_elements(runs: Runs) -> None:
    queue = fifo(10)
    several = runs.start_waiting(queue.dequeue_many(3), queue)
    some = runs.start_waiting(queue.dequeue_up_to(3), queue)
    one = runs.start_waiting(queue.dequeue(), queue)
    runs.session.run(queue.enqueue_many([[1.0, 2.0]]))
    runs.session.run(queue.close())
    with pytest.raises(tf.errors.OutOfRangeError, match="requested 1, current size 0"):
        several.result(LIMIT)  # had taken two, which it gave back
    np.testing.assert_array_equal(some.result(LIMIT), [1.0, 2.0])
    with pytest.raises(tf.errors.OutOfRangeError):
        one.result(LIMIT)


def test_closing_waits_for_enqueues_before_it(runs: Runs) -> None:
    queue = fifo(1)
    runs.session.run(queue.enqueue([1.0]))
    put = runs.start_waiting(queue.enqueue([2.0]), queue)
    closing = runs.start_waiting(queue.close(), queue)
    late = runs.start_waiting(queue.enqueue([3.0]), queue)
    assert not runs.session.run(queue.is_closed())
    np.testing.assert_array_equal(runs.session.run(queue.dequeue_many(2)), [1.0, 2.0])
    put.result(LIMIT)
    closing.result(LIMIT)
    with pytest.raises(tf.errors.CancelledError, match="is closed"):
        late.result(LIMIT)


def test_closing_may_cancel_enqueues(runs: Runs) -> None:
    queue = fifo(2)
    runs.session.run(queue.enqueue([1.0]))
    put = runs.start_waiting(queue.enqueue_many([[2.0, 3.0, 4.0]], name="put"), queue)
    runs.session.run(queue.close(cancel_pending_enqueues=True))
    with pytest.raises(tf.errors.CancelledError, match="Enqueue operation was cancelled") as caught:
        put.result(LIMIT)
    assert caught.value.op.name == "put"
    np.testing.assert_array_equal(runs.session.run(queue.dequeue_many(2)), [1.0, 2.0])


def test_closing_the_session_cancels_what_waits(runs: Runs) -> None:
    empty, full = fifo(), fifo(1)
    runs.session.run(full.enqueue([1.0]))
    waiting = [
        runs.start_waiting(empty.dequeue(), empty),
        runs.start_waiting(empty.dequeue_many(4), empty),
        runs.start_waiting(full.enqueue([1.0]), full),
        runs.start_waiting(full.enqueue_many([[1.0]]), full),
    ]
    runs.session.close()
    for future in waiting:
        with pytest.raises(tf.errors.CancelledError, match="queue operation was cancelled"):
            future.result(LIMIT)


def test_a_run_waits_no_longer_than_it_may(runs: Runs) -> None:
    queue = fifo()
    take = queue.dequeue_many(2)
    runs.session.run(queue.enqueue([1.0]))
    with pytest.raises(tf.errors.DeadlineExceededError):
        runs.session.run(take, options=tf.RunOptions(timeout_in_ms=1))
    runs.session.run(queue.enqueue([2.0]))
    np.testing.assert_array_equal(runs.session.run(take), [1.0, 2.0])


# --- beside other things -------------------------------------------------------------------------


def test_a_run_that_waits_keeps_no_variable_from_others(runs: Runs) -> None:
    queue = tf.FIFOQueue(2, tf.float32, shapes=[[64]])
    v = tf.Variable(tf.zeros([64]))
    noise = tf.random_uniform([64], seed=1)
    step = v.assign_add(queue.dequeue() + 0.0 * noise)
    other = v.assign_add(tf.ones([64]) + 0.0 * noise)
    runs.session.run(v.initializer)
    waiting = runs.start_waiting(step, queue)
    runs.session.run(other)
    runs.session.run(queue.enqueue([tf.fill([64], 5.0)]))
    waiting.result(LIMIT)
    np.testing.assert_array_equal(runs.session.run(v), np.full(64, 6.0))


def test_a_loop_that_waits_keeps_no_variable_from_others(runs: Runs) -> None:
    queue = fifo(10)
    v = tf.Variable(0.0)
    total = tf.while_loop(
        lambda i, s: i < 3, lambda i, s: (i + 1, s + queue.dequeue()), [0, tf.constant(0.0)]
    )[1]
    step = v.assign_add(total)
    runs.session.run(v.initializer)
    waiting = runs.start_waiting(step, queue)
    runs.session.run(v.assign_add(100.0))
    runs.session.run(queue.enqueue_many([[1.0, 2.0, 3.0]]))
    waiting.result(LIMIT)
    assert runs.session.run(v) == 106.0


def test_random_numbers_drawn_while_another_run_waits_are_others(runs: Runs) -> None:
    queue = fifo(1)
    put = queue.enqueue(tf.random_uniform([], seed=3))
    runs.session.run(put)
    waiting = [runs.start_waiting(put, queue) for _ in range(3)]
    taken = [runs.session.run(queue.dequeue()) for _ in range(4)]
    for future in waiting:
        future.result(LIMIT)
    assert len(set(taken)) == 4


def test_a_function_of_the_users_may_wait_for_another_run(runs: Runs) -> None:
    v = tf.Variable(tf.zeros([64]))
    entered, released = threading.Event(), threading.Event()

    def wait() -> Any:
        entered.set()
        assert released.wait(LIMIT)
        return np.float32(1.0)

    waits = tf.py_func(wait, [], tf.float32)
    waits.set_shape([])
    step = v.assign_add(tf.fill([64], waits))
    runs.session.run(v.initializer)
    waiting = runs.start(step)
    assert entered.wait(LIMIT)
    runs.session.run(v.assign_add(tf.ones([64])))
    released.set()
    waiting.result(LIMIT)
    np.testing.assert_array_equal(runs.session.run(v), np.full(64, 2.0))


def test_branches_enqueue(runs: Runs) -> None:
    queue = fifo(4)
    keep = tf.placeholder(tf.bool, [])
    put = tf.cond(keep, lambda: queue.enqueue([1.0]), tf.no_op)
    for value in (True, False, True):
        runs.session.run(put, {keep: value})
    assert runs.session.run(queue.size()) == 2


def test_the_rest_of_a_run_knows_the_shape_of_a_batch() -> None:
    queue = tf.FIFOQueue(4, [tf.float32, tf.int32], shapes=[[2], []])
    batch, labels = queue.dequeue_many(3)
    assert batch.shape.as_list() == [3, 2] and labels.shape.as_list() == [3]
    n = tf.placeholder(tf.int32, [])
    assert queue.dequeue_many(n)[0].shape.as_list() == [None, 2]
    assert queue.dequeue_up_to(3)[0].shape.as_list() == [None, 2]
    assert queue.dequeue()[0].shape.as_list() == [2]


# --- in one run ----------------------------------------------------------------------------------


def test_a_run_may_take_what_it_puts_in(runs: Runs) -> None:
    queue = fifo(1)
    take = queue.dequeue()
    put = queue.enqueue(tf.fill([], 2.0) * 3.0)
    for _ in range(3):
        assert runs.session.run([take + 1.0, put])[0] == 7.0
    runs.session.run(queue.enqueue([1.0]))
    assert runs.session.run([take, put])[0] == 1.0  # there is room only when one has been taken
    assert runs.session.run(queue.size()) == 1


def test_a_run_may_put_in_more_than_there_is_room_for(runs: Runs) -> None:
    queue = fifo(2)
    put = queue.enqueue_many([np.arange(7, dtype=np.float32)])
    take, rest = queue.dequeue_many(4), queue.dequeue_up_to(3)
    values = runs.session.run([put, take, rest])
    assert sorted(np.concatenate(values[1:])) == list(range(7))


def test_what_comes_after_a_dequeue_waits_for_it(runs: Runs) -> None:
    first, second = fifo(2), tf.FIFOQueue(2, tf.float32, shapes=[[]])
    taken = first.dequeue()
    with tf.control_dependencies([second.enqueue(taken * 2.0)]):
        size = second.size()
        again = second.dequeue()
    put = first.enqueue([4.0])
    assert runs.session.run([again, put, size])[0] == 8.0


def test_a_variable_is_put_in_as_it_is_after_an_update(runs: Runs) -> None:
    queue = fifo(1)
    v = tf.Variable(1.0)
    runs.session.run(v.initializer)
    take = queue.dequeue()
    with tf.control_dependencies([v.assign_add(4.0)]):
        put = queue.enqueue(v)
    assert runs.session.run([take, put])[0] == 5.0


def test_an_error_ends_the_waiting_of_others_in_its_run(runs: Runs) -> None:
    empty, closed = fifo(), tf.FIFOQueue(2, tf.float32, shapes=[[]])
    runs.session.run(closed.close())
    with pytest.raises(tf.errors.CancelledError, match="is closed"):
        runs.session.run([empty.dequeue(), closed.enqueue([1.0])])
    runs.session.run(empty.enqueue_many([[1.0, 2.0]]))
    assert runs.session.run(empty.size()) == 2  # nobody waits for it any more
    fails = tf.Assert(tf.equal(tf.placeholder_with_default(1, []), 2), ["no"])
    runs.session.run(empty.dequeue_many(2))
    with tf.control_dependencies([fails]):
        put = empty.enqueue([1.0])
    with pytest.raises(tf.errors.InvalidArgumentError, match="no"):
        runs.session.run([empty.dequeue(), put])


def test_a_run_that_waits_for_several_things_ends_as_others_do(runs: Runs) -> None:
    a, b = fifo(), tf.FIFOQueue(2, tf.float32, shapes=[[]])
    take = [a.dequeue(), b.dequeue_many(2)]
    runs.session.run(b.enqueue([1.0]))
    with pytest.raises(tf.errors.DeadlineExceededError):
        runs.session.run(take, options=tf.RunOptions(timeout_in_ms=1))
    assert runs.session.run(b.size()) == 1
    waiting = runs.start_waiting(take, b)
    runs.session.run(a.enqueue([5.0]))
    assert not waiting.done()
    runs.session.run(b.enqueue([2.0]))
    values = waiting.result(LIMIT)
    assert values[0] == 5.0
    np.testing.assert_array_equal(values[1], [1.0, 2.0])
    waiting = runs.start_waiting(take, b)
    runs.session.close()
    with pytest.raises(tf.errors.CancelledError, match="Dequeue operation was cancelled") as caught:
        waiting.result(LIMIT)
    assert caught.value.op in {take[0].op, take[1].op}


def test_profiled_runs_that_wait_together() -> None:
    queue = fifo()
    metadata = tf.RunMetadata()
    options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
    take, put = queue.dequeue(), queue.enqueue([1.0])
    with tf.Session() as session:
        session.run([take, put], options=options, run_metadata=metadata)
    timed = {s.node_name for d in metadata.step_stats.dev_stats for s in d.node_stats}
    assert {take.op.name, put.name} <= timed
