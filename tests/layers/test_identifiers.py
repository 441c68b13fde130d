"""Activations and initializers by name."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest

import graphflow as tf
from graphflow.layers.identifiers import (
    _ACTIVATIONS,
    _INITIALIZERS,
    activation_name,
    activation_of,
    initializer_config,
    initializer_of,
)


@pytest.mark.parametrize("name", _ACTIVATIONS)
def test_activation_is_tensorflows(oracle: ModuleType, name: str) -> None:
    x = np.linspace(-4, 4, 12, dtype=np.float32).reshape(3, 4)
    with tf.Session() as session:
        ours = session.run(activation_of(name)(tf.constant(x)))
    with oracle.Graph().as_default(), oracle.Session() as session:
        theirs = session.run(oracle.keras.activations.get(name)(oracle.constant(x)))
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
    assert activation_name(activation_of(name)) == name


def test_functions_are_taken_as_they_are() -> None:
    def own(x: object) -> object:
        return x

    assert activation_of(own) is own
    assert activation_name(own) == "own"
    assert activation_of(None)(3) == 3
    with pytest.raises(TypeError, match="Could not interpret"):
        activation_of(3)


@pytest.mark.parametrize("name", sorted(_INITIALIZERS))
def test_initializer_by_name(name: str) -> None:
    with tf.Session() as session:
        made = initializer_of(name)
        assert session.run(made([2, 2], dtype=tf.float32)).shape == (2, 2)


def test_initializer_from_its_configuration() -> None:
    config = initializer_config(tf.constant_initializer(0.5))
    with tf.Session() as session:
        assert session.run(initializer_of(config)([1])) == 0.5
    assert initializer_of(None) is None
    with pytest.raises(ValueError, match="Could not interpret initializer"):
        initializer_of("no such")
