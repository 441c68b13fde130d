"""tf.contrib.rnn: the first names of what is in tf.nn."""

from __future__ import annotations

import pytest

import graphflow as tf


@pytest.mark.parametrize(
    "name",
    "BasicLSTMCell BasicRNNCell DeviceWrapper DropoutWrapper GRUCell LSTMCell LSTMStateTuple "
    "MultiRNNCell RNNCell ResidualWrapper".split(),
)
def test_cells_are_those_of_nn(name: str) -> None:
    assert getattr(tf.contrib.rnn, name) is getattr(tf.nn.rnn_cell, name)


@pytest.mark.parametrize(
    "name", ["static_rnn", "static_bidirectional_rnn", "static_state_saving_rnn"]
)
def test_nets_are_those_of_nn(name: str) -> None:
    assert getattr(tf.contrib.rnn, name) is getattr(tf.nn, name)
