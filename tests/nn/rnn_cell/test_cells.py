"""Cells against TensorFlow's: variables, values and gradients from the same weights."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from recurrent_nets import BATCH, DEPTH, UNITS, assert_same, computed, dynamic, sequences

import graphflow

tf = graphflow
# TensorFlow says of its cells that they are deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:.*is deprecated:UserWarning")


def lstm(**options: Any) -> Any:
    return lambda tf: tf.nn.rnn_cell.LSTMCell(UNITS, **options)


CELLS = {
    "basic": lambda tf: tf.nn.rnn_cell.BasicRNNCell(UNITS),
    "basic_relu": lambda tf: tf.nn.rnn_cell.BasicRNNCell(UNITS, activation="relu"),
    "gru": lambda tf: tf.nn.rnn_cell.GRUCell(UNITS),
    "gru_initializers": lambda tf: tf.nn.rnn_cell.GRUCell(
        UNITS,
        kernel_initializer=tf.zeros_initializer(),
        bias_initializer=tf.constant_initializer(0.5),
        activation=tf.nn.softsign,
    ),
    "basic_lstm": lambda tf: tf.nn.rnn_cell.BasicLSTMCell(UNITS, forget_bias=0.5),
    "basic_lstm_joined": lambda tf: tf.nn.rnn_cell.BasicLSTMCell(UNITS, state_is_tuple=False),
    "lstm": lstm(),
    "lstm_named": lstm(name="mine", activation=lambda x: x / 2),
    "lstm_peepholes": lstm(use_peepholes=True, cell_clip=0.3),
    "lstm_projection": lstm(num_proj=4, proj_clip=0.2, use_peepholes=True),
    "lstm_projection_joined": lstm(num_proj=4, state_is_tuple=False),
    "lstm_shards": lstm(num_unit_shards=2, num_proj=4, num_proj_shards=2),
    "multi": lambda tf: tf.nn.rnn_cell.MultiRNNCell(
        [tf.nn.rnn_cell.LSTMCell(4), tf.nn.rnn_cell.GRUCell(5)]
    ),
    "multi_joined": lambda tf: tf.nn.rnn_cell.MultiRNNCell(
        [tf.nn.rnn_cell.GRUCell(4), tf.nn.rnn_cell.GRUCell(5)], state_is_tuple=False
    ),
    "residual": lambda tf: tf.nn.rnn_cell.ResidualWrapper(tf.nn.rnn_cell.GRUCell(DEPTH)),
    "residual_fn": lambda tf: tf.nn.rnn_cell.ResidualWrapper(
        tf.nn.rnn_cell.GRUCell(DEPTH), residual_fn=lambda i, o: i * 2 - o
    ),
    "device": lambda tf: tf.nn.rnn_cell.DeviceWrapper(tf.nn.rnn_cell.GRUCell(UNITS), "/cpu:0"),
    "dropout_variational": lambda tf: tf.nn.rnn_cell.DropoutWrapper(
        tf.nn.rnn_cell.LSTMCell(UNITS),
        input_keep_prob=0.7,
        output_keep_prob=0.6,
        state_keep_prob=0.5,
        variational_recurrent=True,
        input_size=DEPTH,
        dtype=tf.float32,
        seed=5,
    ),
}


@pytest.mark.parametrize("name", CELLS)
def test_cell_is_tensorflows(oracle: ModuleType, name: str) -> None:
    make = dynamic(CELLS[name])
    assert_same(computed(tf, make), computed(oracle, make))


def test_dropout_of_each_step_is_tensorflows(oracle: ModuleType) -> None:
    """The seeds of each place are TensorFlow's, and so are the numbers, step by step."""

    def make(tf: Any) -> Any:
        cell = tf.nn.rnn_cell.DropoutWrapper(
            tf.nn.rnn_cell.GRUCell(UNITS), 0.7, output_keep_prob=0.6, state_keep_prob=0.5, seed=9
        )
        state, outputs = cell.zero_state(BATCH, tf.float32), []
        for time in range(3):
            output, state = cell(sequences(tf)[:, time] if not time else outputs[-1], state)
            outputs.append(output[:, :DEPTH])
        return outputs, state

    assert_same(computed(tf, make), computed(oracle, make))


def test_what_a_cell_tells_of_itself() -> None:
    cell = tf.nn.rnn_cell.LSTMCell(UNITS, num_proj=4)
    assert cell.state_size == tf.nn.rnn_cell.LSTMStateTuple(c=UNITS, h=4)
    assert (cell.output_size, cell.dtype, cell.built) == (4, None, False)
    zeros = cell.zero_state(BATCH, tf.float32)
    assert [t.shape.as_list() for t in zeros] == [[BATCH, UNITS], [BATCH, 4]]
    assert zeros.c.op.name.startswith("LSTMCellZeroState/")
    cell(tf.zeros([BATCH, DEPTH]), zeros)
    assert [v.op.name for v in cell.trainable_variables] == [
        "lstm_cell/kernel",
        "lstm_cell/bias",
        "lstm_cell/projection/kernel",
    ]
    assert cell.dtype == "float32"


def test_variables_made_while_calling_are_the_cells() -> None:
    class Own(tf.nn.rnn_cell.RNNCell):
        @property
        def state_size(self) -> int:
            return UNITS

        output_size = state_size

        def call(self, inputs: Any, state: Any) -> Any:
            fixed = tf.get_variable("fixed", [UNITS], trainable=False)
            weights = tf.get_variable("w", [DEPTH, UNITS])
            output = tf.matmul(inputs, weights) + state + fixed
            return output, output

    cell = Own()
    state = cell.zero_state(BATCH, tf.float32)
    for _ in range(2):
        _, state = cell(tf.zeros([BATCH, DEPTH]), state)
    assert [v.op.name for v in cell.trainable_weights] == ["own/w"]
    assert [v.op.name for v in cell.non_trainable_weights] == ["own/fixed"]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: tf.nn.rnn_cell.MultiRNNCell([]), ValueError, "at least one cell"),
        (lambda: tf.nn.rnn_cell.MultiRNNCell(lstm()(tf)), TypeError, "must be a list or tuple"),
        (
            lambda: tf.nn.rnn_cell.MultiRNNCell([lstm()(tf)], state_is_tuple=False),
            ValueError,
            "Some cells return tuples of states",
        ),
        (lambda: tf.nn.rnn_cell.ResidualWrapper(3), TypeError, "is not an RNNCell"),
        (lambda: tf.nn.rnn_cell.GRUCell(3, dtype=tf.int32), ValueError, "only supports floating"),
        (lambda: tf.nn.rnn_cell.GRUCell(3, activation="no"), ValueError, "Unknown activation"),
        (
            lambda: tf.nn.rnn_cell.DropoutWrapper(lstm()(tf), 1.5),
            ValueError,
            "input_keep_prob must be between 0 and 1",
        ),
        (
            lambda: tf.nn.rnn_cell.DropoutWrapper(lstm()(tf), variational_recurrent=True),
            ValueError,
            "dtype must be provided",
        ),
        (
            lambda: lstm()(tf)(tf.zeros([2, 3, 4]), lstm()(tf).zero_state(2, tf.float32)),
            ValueError,
            "expected ndim=2, found ndim=3",
        ),
        (
            lambda: lstm()(tf)(
                tf.placeholder(tf.float32, [2, None]), lstm()(tf).zero_state(2, tf.float32)
            ),
            ValueError,
            r"inputs.shape\[-1\] to be known",
        ),
        (lambda: lstm()(tf).get_initial_state(), ValueError, "cannot be None"),
        (
            lambda: lstm()(tf).get_initial_state(tf.zeros([2, 3]), batch_size=4),
            ValueError,
            "batch size from input tensor is different",
        ),
    ],
)
def test_what_is_refused(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()


def test_state_tuples_of_two_types_have_none() -> None:
    state = tf.nn.rnn_cell.LSTMStateTuple(tf.zeros([1]), tf.zeros([1], tf.float64))
    with pytest.raises(TypeError, match="Inconsistent internal state"):
        _ = state.dtype


@pytest.mark.parametrize("name", ["basic", "gru", "basic_lstm", "lstm_projection"])
def test_a_configuration_makes_the_cell_again(name: str) -> None:
    cell = CELLS[name](tf)
    config = cell.get_config()
    again = type(cell).from_config(config)
    assert again.get_config() == config
    assert again.state_size == cell.state_size


def test_initializers_are_written_down_in_configurations() -> None:
    config = lstm(initializer=tf.constant_initializer(0.25))(tf).get_config()
    cell = tf.nn.rnn_cell.LSTMCell.from_config(config)
    cell(tf.zeros([1, 2]), cell.zero_state(1, tf.float32))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        np.testing.assert_array_equal(session.run(cell.trainable_weights[0]), 0.25)
