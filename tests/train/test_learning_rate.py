"""Learning rates and moving averages against TensorFlow's."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import graphflow

_RATES: dict[str, Callable[[ModuleType, Any], Any]] = {
    "exponential": lambda tf, step: tf.train.exponential_decay(0.1, step, 3, 0.9),
    "staircase": lambda tf, step: tf.train.exponential_decay(0.1, step, 3, 0.9, staircase=True),
    "natural": lambda tf, step: tf.train.natural_exp_decay(0.1, step, 3, 0.9),
    "inverse": lambda tf, step: tf.train.inverse_time_decay(0.1, step, 3, 0.9, True),
    "polynomial": lambda tf, step: tf.train.polynomial_decay(0.1, step, 6, power=2.0),
    "cycle": lambda tf, step: tf.train.polynomial_decay(0.1, step, 4, cycle=True),
    "piecewise": lambda tf, step: tf.train.piecewise_constant(step, [3, 6], [1.0, 0.5, 0.1]),
    "cosine": lambda tf, step: tf.train.cosine_decay(0.1, step, 7, 0.1),
    "restarts": lambda tf, step: tf.train.cosine_decay_restarts(0.1, step, 3, m_mul=0.9),
    "equal_restarts": lambda tf, step: tf.train.cosine_decay_restarts(0.1, step, 3, t_mul=1.0),
    "linear_cosine": lambda tf, step: tf.train.linear_cosine_decay(0.1, step, 7),
    "noisy": lambda tf, step: tf.train.noisy_linear_cosine_decay(
        0.1, step, 7, initial_variance=1e-12
    ),
}


@pytest.mark.parametrize("name", _RATES)
def test_learning_rates(name: str, oracle: ModuleType) -> None:
    def rates(tf: ModuleType) -> list[float]:
        with tf.Graph().as_default(), tf.Session() as session:
            step = tf.placeholder(tf.int32, [])
            rate = _RATES[name](tf, step)
            return [session.run(rate, {step: number}) for number in range(9)]

    np.testing.assert_allclose(rates(graphflow), rates(oracle), rtol=1e-5, atol=1e-7)


def test_arguments_of_learning_rates() -> None:
    tf = graphflow
    with pytest.raises(ValueError, match="global_step is required for exponential_decay"):
        tf.train.exponential_decay(0.1, None, 3, 0.9)
    with pytest.raises(ValueError, match="same dtype as x"):
        tf.train.piecewise_constant(tf.constant(1), [1.5], [1.0, 2.0])
    with pytest.raises(ValueError, match="elements all with the same dtype"):
        tf.train.piecewise_constant(tf.constant(1), [1], [1.0, 2])
    with pytest.raises(ValueError, match="1 less than the length of values"):
        tf.train.piecewise_constant(tf.constant(1), [1], [1.0])


@pytest.mark.parametrize("arguments", [{}, {"zero_debias": True}, {"num_updates": 3}], ids=str)
def test_moving_averages(arguments: dict[str, Any], oracle: ModuleType) -> None:
    def averages(tf: ModuleType) -> Any:
        with tf.Graph().as_default(), tf.Session() as session:
            v = tf.Variable([1.0, 2.0], name="v")
            y = tf.placeholder_with_default([3.0, 4.0], [2], name="x") * 2.0
            ema = tf.train.ExponentialMovingAverage(0.9, **arguments)
            update = ema.apply([v, y])
            assert ema.average(v) is not None
            session.run(tf.global_variables_initializer())
            for _ in range(3):
                session.run(v.assign_add([1.0, 1.0]))
                session.run(update)
            names = [v.name for v in tf.global_variables()], sorted(ema.variables_to_restore())
            return session.run([ema.average(v), ema.average(y)]), names

    ours, theirs = averages(graphflow), averages(oracle)
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-6)
    assert ours[1] == theirs[1]


def test_global_steps() -> None:
    tf = graphflow
    assert tf.train.get_global_step() is None
    step = tf.train.create_global_step()
    assert (step.name, step.dtype.base_dtype) == ("global_step:0", tf.int64)
    assert tf.train.get_or_create_global_step() is step
    with pytest.raises(ValueError, match='"global_step" already exists'):
        tf.train.create_global_step()
    with pytest.raises(TypeError, match="does not have integer type"):
        tf.train.assert_global_step(tf.Variable(1.0))
    with pytest.raises(TypeError, match="is not scalar"):
        tf.train.assert_global_step(tf.Variable([1]))
