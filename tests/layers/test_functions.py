"""Layers as functions: their arguments are the class's."""

from __future__ import annotations

import inspect

import pytest

import graphflow as tf


def test_the_arguments_are_those_of_the_class() -> None:
    of_class = list(inspect.signature(tf.layers.Conv2D).parameters)
    assert of_class[-1] == "kwargs"
    of_function = list(inspect.signature(tf.layers.conv2d).parameters)
    assert of_function == ["inputs", *of_class[:-1], "reuse"]
    assert "reuse" not in inspect.signature(tf.layers.max_pooling2d).parameters
    assert tf.layers.conv2d.__name__ == "conv2d"


def test_wrong_arguments_name_the_function() -> None:
    with pytest.raises(TypeError, match=r"conv2d\(\) missing a required argument: 'filters'"):
        tf.layers.conv2d(tf.zeros([1, 4, 4, 1]))
    with pytest.raises(TypeError, match=r"max_pooling2d\(\) got an unexpected .* 'reuse'"):
        tf.layers.max_pooling2d(tf.zeros([1, 4, 4, 1]), 2, 2, reuse=True)


def test_the_arguments_are_described() -> None:
    text = tf.layers.conv2d.__doc__ or ""
    for argument in inspect.signature(tf.layers.conv2d).parameters:
        assert f"\n  {argument}: " in text
    assert "kwargs" not in text
    assert "\nReturns:\n" in text
    assert "\nRaises:\n" in text
