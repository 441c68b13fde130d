"""Recurrent nets in the TF1 API, one text for graphflow and TensorFlow, and what they compute."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

BATCH, TIME, DEPTH, UNITS = 4, 5, 3, 6
LENGTHS = np.array([5, 2, 4, 1], np.int32)

Make = Callable[[Any], Any]  # tf -> a nesting of tensors


@dataclass(frozen=True)
class Computed:
    """What a net computes with given weights.

    Attributes:
      variables: the names and shapes of its variables.
      values: what it gives out, flat.
      gradients: of a sum over that, to the variables and to the inputs.
    """

    variables: list[tuple[str, tuple[int, ...]]]
    values: list[np.ndarray]
    gradients: list[np.ndarray]


def sequences(tf: Any, time: int | None = TIME, batch: int | None = BATCH) -> Any:
    """A placeholder `inputs` [batch, time, depth]."""
    return tf.placeholder(tf.float32, [batch, time, DEPTH], name="inputs")


def computed(tf: Any, make: Make) -> Computed:
    """Builds a net in a new graph and runs it; the weights are numbers drawn by name and shape.

    The net may use placeholders named `inputs`, floats, and `lengths`, ints.
    """
    with tf.Graph().as_default() as graph, tf.Session() as session:
        tf.set_random_seed(7)
        made = [tensor for tensor in tf.nest.flatten(make(tf)) if tensor is not None]
        variables = tf.global_variables()
        feeds = {}
        for op in graph.get_operations():
            if op.type == "Placeholder" and op.name == "inputs":
                feeds[op.outputs[0]] = _numbers("inputs", (BATCH, TIME, DEPTH))
            elif op.type == "Placeholder" and op.name == "lengths":
                feeds[op.outputs[0]] = LENGTHS
        weights = {}
        for variable in variables:
            shape = tuple(variable.shape.as_list())
            weights[variable] = _numbers(variable.op.name, shape)
        inputs = [tensor for tensor in feeds if tensor.dtype == tf.float32]
        total = tf.add_n([tf.reduce_sum(tf.sin(tf.cast(t, tf.float32))) for t in made])
        slopes = tf.gradients(total, [*variables, *inputs])
        session.run(tf.global_variables_initializer())
        for variable, value in weights.items():
            variable.load(value, session)
        values, found = session.run(
            [made, [tf.convert_to_tensor(slope) for slope in slopes if slope is not None]], feeds
        )
    names = [(v.name, tuple(v.shape.as_list())) for v in variables]
    return Computed(names, values, found)


def _numbers(name: str, shape: tuple[int, ...]) -> np.ndarray:
    seed = sum(map(ord, name)) * 31 + len(shape)
    return np.random.RandomState(seed).uniform(-0.7, 0.7, shape).astype(np.float32)


def assert_same(ours: Computed, theirs: Computed) -> None:
    """Compares names and numbers."""
    assert ours.variables == theirs.variables
    for found, expected in (
        (ours.values, theirs.values),
        (ours.gradients, theirs.gradients),
    ):
        assert len(found) == len(expected)
        for value, wanted in zip(found, expected, strict=True):
            np.testing.assert_allclose(value, wanted, rtol=2e-4, atol=2e-6)


def dynamic(make_cell: Make, **options: Any) -> Make:
    """`dynamic_rnn` of a cell over `sequences`."""

    def make(tf: Any) -> Any:
        return tf.nn.dynamic_rnn(make_cell(tf), sequences(tf), dtype=tf.float32, **options)

    return make
