"""Nets of cells against TensorFlow's: names, values and gradients from the same weights."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from recurrent_nets import BATCH, DEPTH, TIME, UNITS, assert_same, computed, sequences

import graphflow
from graphflow.core.plan.plan import HostStep
from graphflow.core.program.build import build_program
from graphflow.core.runtime.make_native import plan_program
from graphflow.nn.recurrent.dynamic import most_unrolled

tf = graphflow
# TensorFlow says of its cells and nets that they are deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:.*is deprecated:UserWarning")


def gru(tf: Any, units: int = UNITS) -> Any:
    return tf.nn.rnn_cell.GRUCell(units)


def lstm(tf: Any, units: int = UNITS) -> Any:
    return tf.nn.rnn_cell.LSTMCell(units)


def lengths(tf: Any) -> Any:
    return tf.placeholder(tf.int32, [None], name="lengths")


def plain(tf: Any) -> Any:
    return tf.nn.dynamic_rnn(lstm(tf), sequences(tf), dtype=tf.float32)


def unknown_sizes(tf: Any) -> Any:
    return tf.nn.dynamic_rnn(lstm(tf), sequences(tf, None, None), dtype=tf.float32)


def with_lengths(tf: Any) -> Any:
    return tf.nn.dynamic_rnn(lstm(tf), sequences(tf), sequence_length=lengths(tf), dtype=tf.float32)


def unknown_sizes_with_lengths(tf: Any) -> Any:
    inputs = sequences(tf, None, None)
    return tf.nn.dynamic_rnn(gru(tf), inputs, sequence_length=lengths(tf), dtype=tf.float32)


def time_major(tf: Any) -> Any:
    inputs = tf.transpose(sequences(tf), [1, 0, 2])
    state = gru(tf).zero_state(BATCH, tf.float32) + 0.5
    return tf.nn.dynamic_rnn(
        gru(tf), inputs, lengths(tf), initial_state=state, time_major=True, scope="mine"
    )


def two_nets_that_share(tf: Any) -> Any:
    cell, inputs = gru(tf), sequences(tf)
    first = tf.nn.dynamic_rnn(cell, inputs, dtype=tf.float32)
    with tf.variable_scope("again"):
        return first, tf.nn.dynamic_rnn(cell, inputs[:, 2:], dtype=tf.float32)


def shared_by_scope(tf: Any) -> Any:
    nets, inputs = [], sequences(tf)
    for _ in range(2):
        with tf.variable_scope("shared", reuse=tf.AUTO_REUSE):
            nets.append(tf.nn.dynamic_rnn(gru(tf), inputs, dtype=tf.float32))
    return nets


def layers(tf: Any) -> Any:
    cells = tf.nn.rnn_cell.MultiRNNCell([lstm(tf, 4), lstm(tf, 5)])
    return tf.nn.dynamic_rnn(cells, sequences(tf), lengths(tf), dtype=tf.float32)


def images(tf: Any) -> Any:
    """Inputs and states of more than one dimension, nested."""

    class Cell(tf.nn.rnn_cell.RNNCell):
        @property
        def state_size(self) -> Any:
            return (tf.TensorShape([2, DEPTH]), DEPTH)

        @property
        def output_size(self) -> Any:
            return {"pairs": tf.TensorShape([2, DEPTH]), "sum": DEPTH}

        def call(self, inputs: Any, state: Any) -> Any:
            pairs, single = inputs
            weights = tf.get_variable("w", [DEPTH])
            total = state[1] * weights + single
            pairs = state[0] + pairs * tf.expand_dims(total, 1)
            return {"pairs": pairs, "sum": total}, (pairs, total)

    inputs = sequences(tf)
    nested = (tf.stack([inputs, -inputs], 2), inputs)
    return tf.nn.dynamic_rnn(Cell(), nested, lengths(tf), dtype=tf.float32)


def both_directions(tf: Any) -> Any:
    return tf.nn.bidirectional_dynamic_rnn(gru(tf), lstm(tf), sequences(tf), dtype=tf.float32)


def both_directions_with_lengths(tf: Any) -> Any:
    return tf.nn.bidirectional_dynamic_rnn(
        lstm(tf), gru(tf, 4), sequences(tf), lengths(tf), dtype=tf.float32
    )


def steps(tf: Any) -> Any:
    return tf.nn.static_rnn(gru(tf), tf.unstack(sequences(tf), axis=1), dtype=tf.float32)


def steps_with_lengths(tf: Any) -> Any:
    return tf.nn.static_rnn(
        lstm(tf),
        tf.unstack(sequences(tf, batch=None), axis=1),
        dtype=tf.float32,
        sequence_length=lengths(tf),
    )


def steps_in_both_directions(tf: Any) -> Any:
    return tf.nn.static_bidirectional_rnn(
        gru(tf),
        lstm(tf, 4),
        tf.unstack(sequences(tf), axis=1),
        dtype=tf.float32,
        sequence_length=lengths(tf),
    )


def raw(tf: Any) -> Any:
    array = tf.TensorArray(tf.float32, TIME, clear_after_read=False)
    array = array.unstack(tf.transpose(sequences(tf), [1, 0, 2]))
    ends = lengths(tf)
    cell = lstm(tf)

    def loop(time: Any, output: Any, state: Any, loop_state: Any) -> Any:
        finished = time >= ends
        following = array.read(tf.minimum(time, TIME - 1))
        if output is None:
            return finished, following, cell.zero_state(BATCH, tf.float32), None, tf.constant(1.0)
        return finished, following, state, output, loop_state * 1.5

    outputs, state, loop_state = tf.nn.raw_rnn(cell, loop)
    return outputs.stack(), state, loop_state


def raw_with_other_outputs(tf: Any) -> Any:
    inputs = sequences(tf)
    cell = gru(tf)

    def loop(time: Any, output: Any, state: Any, loop_state: Any) -> Any:
        finished = tf.fill([BATCH], time >= 3)
        if output is None:
            emit = (tf.zeros([2]), tf.zeros([], tf.int32))
            return finished, inputs[:, 0], cell.zero_state(BATCH, tf.float32), emit, None
        return finished, inputs[:, 1], state, (output[:, :2], tf.fill([BATCH], time)), None

    (pairs, times), state, loop_state = tf.nn.raw_rnn(cell, loop)
    assert loop_state is None
    return pairs.stack(), times.stack(), state


NETS = [
    plain,
    unknown_sizes,
    with_lengths,
    unknown_sizes_with_lengths,
    time_major,
    two_nets_that_share,
    shared_by_scope,
    layers,
    images,
    both_directions,
    both_directions_with_lengths,
    steps,
    steps_with_lengths,
    steps_in_both_directions,
    raw,
    raw_with_other_outputs,
]


@pytest.mark.parametrize("make", NETS, ids=lambda make: make.__name__)
def test_net_is_tensorflows(oracle: ModuleType, make: Any) -> None:
    assert_same(computed(tf, make), computed(oracle, make))


@pytest.mark.parametrize("make", [plain, with_lengths, unknown_sizes_with_lengths, raw])
def test_plans_compute_the_same(monkeypatch: pytest.MonkeyPatch, make: Any) -> None:
    interpreted = computed(tf, make)
    monkeypatch.setenv("GRAPHFLOW_JIT", "now")
    assert_same(computed(tf, make), interpreted)


def host_ops(targets: Any, fed: dict[Any, tuple[int, ...]]) -> list[str]:
    """The types of the nodes of a plan that run in Python."""
    program = build_program([], targets, list(fed))
    plan = plan_program(program, list(fed.values()))
    return [step.node.op.name for step in plan.steps if isinstance(step, HostStep)]


def training(outputs: Any) -> list[Any]:
    loss = tf.reduce_mean(tf.square(outputs[:, -1]))
    return [tf.train.GradientDescentOptimizer(0.1).minimize(loss)]


def test_training_over_a_known_number_of_steps_is_planned_as_a_whole() -> None:
    inputs = sequences(tf, None, None)
    outputs, _ = tf.nn.dynamic_rnn(lstm(tf), inputs, dtype=tf.float32)
    assert host_ops(training(outputs), {inputs: (BATCH, TIME, DEPTH)}) == []


@pytest.mark.parametrize("time", [None, TIME])
def test_so_is_training_with_lengths(time: int | None) -> None:
    inputs, ends = sequences(tf, time, None), lengths(tf)
    outputs, _ = tf.nn.dynamic_rnn(lstm(tf), inputs, ends, dtype=tf.float32)
    fed = {inputs: (BATCH, TIME, DEPTH), ends: (BATCH,)}
    assert host_ops(training(outputs), fed) == ["Assert"]


@pytest.mark.parametrize(
    ("units", "limit"), [(8, 256), (128, 256), (256, 128), (512, 64), (4096, 64)]
)
def test_the_larger_a_cell_the_fewer_steps_are_made_in_any_case(units: int, limit: int) -> None:
    assert most_unrolled(tf.nn.rnn_cell.BasicLSTMCell(units)) == limit


def test_long_inputs_are_read_to_the_end_of_the_longest_sequence() -> None:
    """A loop, whose steps are as many as they have to be."""
    count = tf.Variable(0, trainable=False)

    class Counting(tf.nn.rnn_cell.GRUCell):
        def call(self, inputs: Any, state: Any) -> Any:
            with tf.control_dependencies([count.assign_add(1)]):
                return super().call(tf.identity(inputs), state)

    inputs, ends = sequences(tf, None), lengths(tf)
    outputs, _ = tf.nn.dynamic_rnn(Counting(UNITS), inputs, ends, dtype=tf.float32)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        feeds = {inputs: np.ones((BATCH, 300, DEPTH)), ends: [7, 3, 2, 0]}
        made = session.run(outputs, feeds)
        assert session.run(count) == 7
    assert made.shape == (BATCH, 300, UNITS)
    assert not made[0, 7:].any() and not made[3].any() and made[0, :7].all()


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: tf.nn.dynamic_rnn(3, sequences(tf)), TypeError, "is not an RNNCell"),
        (lambda: tf.nn.dynamic_rnn(gru(tf), sequences(tf)), ValueError, "you must give a dtype"),
        (
            lambda: tf.nn.dynamic_rnn(gru(tf), sequences(tf), [[1]], dtype=tf.float32),
            ValueError,
            "must be a vector of length batch_size",
        ),
        (
            lambda: tf.nn.dynamic_rnn(
                gru(tf), tf.placeholder(tf.float32, [2, 3, None]), dtype=tf.float32
            ),
            ValueError,
            "Input size",
        ),
        (
            lambda: tf.nn.dynamic_rnn(
                gru(tf), (tf.zeros([2, 3, 4]), tf.zeros([2, 4, 4])), dtype=tf.float32
            ),
            ValueError,
            "Time steps is not the same",
        ),
        (lambda: tf.nn.static_rnn(gru(tf), []), ValueError, "must not be empty"),
        (lambda: tf.nn.static_rnn(gru(tf), tf.zeros([2, 3])), TypeError, "must be a sequence"),
        (
            lambda: tf.nn.static_rnn(gru(tf), [tf.zeros([2, 3])]),
            ValueError,
            "dtype must be specified",
        ),
        (lambda: tf.nn.raw_rnn(gru(tf), 3), TypeError, "must be a callable"),
        (
            lambda: tf.nn.static_state_saving_rnn(gru(tf), [tf.zeros([2, 3])], None, ("a", "b")),
            ValueError,
            "same type as cell.state_size",
        ),
    ],
)
def test_what_is_refused(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()


def test_as_many_lengths_as_sequences_are_asked_for() -> None:
    inputs, ends = sequences(tf, batch=None), lengths(tf)
    outputs, _ = tf.nn.dynamic_rnn(gru(tf), inputs, ends, dtype=tf.float32)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        feeds = {inputs: np.ones((BATCH, TIME, DEPTH)), ends: [1]}
        with pytest.raises(tf.errors.InvalidArgumentError, match="Expected shape for Tensor"):
            session.run(outputs, feeds)


def test_states_are_saved_between_runs() -> None:
    class Saver:
        def __init__(self) -> None:
            self._kept = tf.Variable(tf.zeros([BATCH, UNITS]), trainable=False)

        def state(self, name: str) -> Any:
            assert name == "h"
            return tf.identity(self._kept)

        def save_state(self, name: str, value: Any) -> Any:
            return self._kept.assign(value)

    inputs = tf.ones([BATCH, DEPTH])
    outputs, state = tf.nn.static_state_saving_rnn(gru(tf), [inputs] * 2, Saver(), "h")
    tf.get_variable_scope().reuse_variables()
    expected, _ = tf.nn.static_rnn(gru(tf), [inputs] * 4, dtype=tf.float32)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        wanted = session.run(expected)
        np.testing.assert_allclose(session.run(outputs)[-1], wanted[1], rtol=1e-6)
        np.testing.assert_allclose(session.run(state), wanted[3], rtol=1e-6)
