"""InputSpec: what it refuses, in TensorFlow's words."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

import graphflow

tf = graphflow

REFUSED = [
    ({"ndim": 3}, [2, 3]),
    ({"min_ndim": 3}, [2, 3]),
    ({"max_ndim": 1}, [2, 3]),
    ({"dtype": "float64"}, [2, 3]),
    ({"axes": {-1: 4}}, [2, 3]),
    ({"shape": (None, 4)}, [2, 3]),
]
TAKEN = [
    ({}, None),
    ({"ndim": 2, "min_ndim": 1, "max_ndim": 2}, [2, 3]),
    ({"axes": {-1: 3, 0: None}}, [None, 3]),
    ({"shape": (None, 3), "dtype": "float32"}, [2, None]),
]


def refusal(tf: Any, spec: dict[str, Any], shape: Any) -> str | None:
    """What a layer with the spec says of an input of that shape."""
    with tf.Graph().as_default():
        layer = tf.layers.Layer(name="checked")
        layer.input_spec = tf.layers.InputSpec(**spec)
        try:
            layer(tf.placeholder(tf.float32, shape))
        except ValueError as error:
            return str(error)
    return None


@pytest.mark.parametrize(("spec", "shape"), REFUSED)
def test_refused(oracle: ModuleType, spec: dict[str, Any], shape: Any) -> None:
    ours, theirs = refusal(tf, spec, shape), refusal(oracle, spec, shape)
    assert ours is not None and theirs is not None
    # later versions put the name in quotation marks
    assert ours.split(" incompatible")[0] == theirs.replace('"', "").split(" incompatible")[0]


def test_a_rank_that_is_asked_for_must_be_known() -> None:
    """As in TF 1.14; later versions let it pass."""
    message = "is incompatible with the layer: its rank is undefined"
    assert message in str(refusal(tf, {"ndim": 2}, None))


@pytest.mark.parametrize(("spec", "shape"), TAKEN)
def test_taken(spec: dict[str, Any], shape: Any) -> None:
    assert refusal(tf, spec, shape) is None


def test_one_spec_for_each_input() -> None:
    layer = tf.layers.Layer()
    layer.input_spec = [tf.layers.InputSpec(ndim=1), None]
    layer([tf.ones([1]), tf.ones([1, 1])])
    with pytest.raises(ValueError, match="expects 2 inputs, but it received 1"):
        layer(tf.ones([1]))


def test_repr_tells_what_is_asked_for() -> None:
    assert repr(tf.layers.InputSpec(ndim=2, axes={-1: 3})) == "InputSpec(ndim=2, axes={-1: 3})"
