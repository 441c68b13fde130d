"""Max pools with masks, and what is moved behind them: the program's ops, and its numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from core.native import assert_same_numbers, op_names, program_of

import graphflow as tf
from graphflow.core.passes.drop_dead import drop_dead
from graphflow.core.passes.pooling import pool_with_masks
from graphflow.core.program.program import Program, verify

RANDOM = np.random.default_rng(0)
WINDOW: dict[str, Any] = {"ksize": [1, 3, 3, 1], "strides": [1, 2, 2, 1], "padding": "SAME"}


def numbers(*shape: int) -> np.ndarray:
    """Different numbers, of both signs: no maximum is there twice."""
    count = int(np.prod(shape))
    return (RANDOM.permutation(count) - count / 2.0).reshape(shape).astype(np.float32)


def rewritten(fetches: Any, *feeds: Any) -> tuple[Program, Program]:
    """The program before and after the pass."""
    before = drop_dead(program_of(fetches, feeds))
    after = pool_with_masks(before)
    verify(after)
    return before, after


@pytest.fixture
def x() -> Any:
    return tf.placeholder(tf.float32, [2, 7, 8, 3])


X = numbers(2, 7, 8, 3)


def test_a_gradient_uses_a_mask(x) -> None:
    y = tf.nn.max_pool(x, **WINDOW)
    before, after = rewritten([y, tf.gradients(y * y, x)[0]], x)
    assert op_names(before).count("MaxPoolGrad") == 1
    assert "MaxPool" not in op_names(after) and "MaxPoolGrad" not in op_names(after)
    assert op_names(after).count("_MaxPoolWithMask") == 1
    assert op_names(after).count("_MaxPoolGradFromMask") == 1
    assert_same_numbers(before, after, [X])


def test_channels_first(x) -> None:
    image = tf.placeholder(tf.float32, [2, 3, 7, 8])
    biased = tf.nn.bias_add(image, tf.constant([1.0, -2.0, 3.0]), data_format="NCHW")
    y = tf.nn.max_pool(tf.nn.relu(biased), [1, 1, 3, 3], [1, 1, 2, 2], "SAME", data_format="NCHW")
    before, after = rewritten(y, image)
    assert op_names(after) == ["MaxPool", "BiasAdd", "Relu"]
    assert_same_numbers(before, after, [numbers(2, 3, 7, 8)])


def test_a_bias_for_channels_last_before_a_pool_of_channels_first() -> None:
    image = tf.placeholder(tf.float32, [2, 3, 7, 8])
    along_rows = image + tf.constant(np.arange(8.0), tf.float32)
    y = tf.nn.max_pool(along_rows, [1, 1, 3, 3], [1, 1, 2, 2], "SAME", data_format="NCHW")
    before, after = rewritten(y, image)
    assert op_names(after) == ["AddV2", "MaxPool"]
    assert_same_numbers(before, after, [numbers(2, 3, 7, 8)])


def test_a_pool_without_gradient_stays(x) -> None:
    before, after = rewritten(tf.nn.max_pool(x, **WINDOW), x)
    assert op_names(after) == ["MaxPool"]


def test_a_window_of_more_elements_than_a_byte_counts(x) -> None:
    image = tf.placeholder(tf.float32, [1, 20, 20, 1])
    y = tf.nn.max_pool(image, [1, 16, 16, 1], [1, 1, 1, 1], "VALID")
    before, after = rewritten(tf.gradients(y, image)[0], image)
    assert "MaxPoolGrad" in op_names(after)
    assert_same_numbers(before, after, [numbers(1, 20, 20, 1)])


def test_types_without_a_mask() -> None:
    image = tf.placeholder(tf.float16, [1, 4, 4, 1])
    y = tf.nn.max_pool(image, [1, 2, 2, 1], [1, 2, 2, 1], "VALID")
    _, after = rewritten(tf.gradients(y, image)[0], image)
    assert "MaxPoolGrad" in op_names(after)


def test_a_gradient_that_belongs_to_another_pool(x) -> None:
    """MaxPoolGrad's second input is asked for, not trusted."""
    y = tf.nn.max_pool(x, **WINDOW)
    dy = tf.placeholder(tf.float32, y.shape)
    attrs = {**WINDOW, "data_format": "NHWC", "T": tf.float32}
    other = tf.get_default_graph().create_op(
        "MaxPoolGrad", [x, y + 0.0, dy], [tf.float32], attrs=attrs
    )
    _, after = rewritten([y, other.outputs[0]], x, dy)
    assert "MaxPoolGrad" in op_names(after)


def trained(x: Any, y: Any, *wanted: Any) -> list[Any]:
    """The gradients of a loss that is not the same everywhere."""
    weights = tf.constant(numbers(*y.shape.as_list()))
    return tf.gradients(tf.reduce_sum(y * weights), [x, *wanted])


def test_bias_and_relu_go_behind_and_their_gradients_before(x) -> None:
    bias = tf.placeholder(tf.float32, [3])
    y = tf.nn.max_pool(tf.nn.relu(x + bias), **WINDOW)
    before, after = rewritten([y, *trained(x, y, bias)], x, bias)
    names = op_names(after)
    assert names[:3] == ["_MaxPoolWithMask", "AddV2", "Relu"]
    assert names.index("ReluGrad") < names.index("_MaxPoolGradFromMask")
    # The sum of the bias' gradient is over pooled images.
    (total,) = [n for n in after.nodes if n.op.name == "Sum" and n.output_shapes[0] == (3,)]
    assert after.nodes[total.inputs[0].node].op.name == "ReluGrad"
    assert_same_numbers(before, after, [X, np.array([1.0, -2.0, 0.5], np.float32)])


def test_bias_add_and_its_gradient(x) -> None:
    bias = tf.placeholder(tf.float32, [3])
    y = tf.nn.max_pool(tf.nn.bias_add(x, bias), **WINDOW)
    before, after = rewritten([y, *trained(x, y, bias)], x, bias)
    assert op_names(after)[:2] == ["_MaxPoolWithMask", "BiasAdd"]
    (total,) = [n for n in after.nodes if n.op.name == "BiasAddGrad"]
    assert after.nodes[total.inputs[0].node].op.name != "_MaxPoolGradFromMask"
    assert_same_numbers(before, after, [X, np.array([1.0, -2.0, 0.5], np.float32)])


def test_a_relu_that_is_fetched_stays_before(x) -> None:
    h = tf.nn.relu(x)
    before, after = rewritten([tf.nn.max_pool(h, **WINDOW), h], x)
    assert op_names(after) == ["Relu", "MaxPool"]


def test_a_relu_that_is_read_twice_stays_before(x) -> None:
    h = tf.nn.relu(x)
    before, after = rewritten([tf.nn.max_pool(h, **WINDOW), tf.exp(h)], x)
    assert op_names(after)[:2] == ["Relu", "MaxPool"]
    assert_same_numbers(before, after, [X / 100])


def test_a_relu_whose_gradient_is_not_masked_stays_before(x) -> None:
    """Where a window is negative all over, the first zero gets the gradient, not the maximum."""
    h = tf.nn.relu(x)
    y = tf.nn.max_pool(h, **WINDOW)
    before, after = rewritten([y, *tf.gradients(y, h)], x)
    names = op_names(after)
    assert names.index("Relu") < names.index("_MaxPoolWithMask")
    assert_same_numbers(before, after, [-np.abs(X) - 1])


@pytest.mark.parametrize("shape", [(7, 8, 3), (2, 7, 8, 3), (8, 3), (7, 1, 1), (2, 7, 8, 1)])
def test_what_differs_within_a_window_is_added_before(x, shape) -> None:
    added = tf.placeholder(tf.float32, shape)
    before, after = rewritten(tf.nn.max_pool(x + added, **WINDOW), x, added)
    assert op_names(after) == ["AddV2", "MaxPool"]
    assert_same_numbers(before, after, [X, numbers(*shape)])


@pytest.mark.parametrize("shape", [(3,), (1, 3), (1, 1, 3), (1,), (), (2, 1, 1, 3), (2, 1, 1, 1)])
@pytest.mark.parametrize("first", [True, False])
def test_what_is_the_same_within_a_window_is_added_behind(x, shape, first) -> None:
    added = tf.placeholder(tf.float32, shape)
    total = x + added if first else added + x
    before, after = rewritten(tf.nn.max_pool(total, **WINDOW), x, added)
    assert op_names(after) == ["MaxPool", "AddV2"]
    assert_same_numbers(before, after, [X, numbers(*shape)])


def test_a_sum_over_other_axes_waits_for_the_unpooling(x) -> None:
    y = tf.nn.max_pool(x, **WINDOW)
    (dx,) = trained(x, y)
    before, after = rewritten([tf.reduce_sum(dx, [1, 2]), tf.reduce_sum(dx, [0, 1, 2])], x)
    sums = [n for n in after.nodes if n.op.name == "Sum" and n.output_shapes[0] in ((3,), (2, 3))]
    sources = {n.output_shapes[0]: after.nodes[n.inputs[0].node].op.name for n in sums}
    assert sources[2, 3] == "_MaxPoolGradFromMask"
    assert sources[(3,)] != "_MaxPoolGradFromMask"
    assert_same_numbers(before, after, [X], rtol=1e-5)


def test_a_relus_gradient_at_other_features_waits_for_the_unpooling(x) -> None:
    other = tf.placeholder(tf.float32, x.shape)
    y = tf.nn.max_pool(x, **WINDOW)
    (dx,) = trained(x, y)
    masked = tf.get_default_graph().create_op("ReluGrad", [dx, other], attrs={"T": tf.float32})
    before, after = rewritten(masked.outputs[0], x, other)
    assert op_names(after)[-2:] == ["_MaxPoolGradFromMask", "ReluGrad"]
    assert_same_numbers(before, after, [X, numbers(2, 7, 8, 3)])


def test_integers_that_overflow_are_added_before() -> None:
    """A sum of integers does not always grow with them."""
    image = tf.placeholder(tf.int32, [1, 2, 2, 1])
    y = tf.nn.max_pool(image + tf.constant([1]), [1, 2, 2, 1], [1, 2, 2, 1], "VALID")
    before, after = rewritten(y, image)
    assert op_names(after) == ["AddV2", "MaxPool"]
    array = np.array([np.iinfo(np.int32).max, 1, 2, 3], np.int32).reshape(1, 2, 2, 1)
    assert_same_numbers(before, after, [array])


def test_a_window_over_channels() -> None:
    """There a bias per channel is not the same all over a window, and nor is a sum."""
    image, bias = tf.placeholder(tf.float32, [1, 2, 2, 4]), tf.placeholder(tf.float32, [4])
    y = tf.nn.max_pool(image + bias, [1, 1, 1, 2], [1, 1, 1, 2], "VALID")
    before, after = rewritten(y, image, bias)
    assert op_names(after) == ["AddV2", "MaxPool"]
    assert_same_numbers(
        before, after, [numbers(1, 2, 2, 4), np.array([0.0, 50.0, -50.0, 1.0], np.float32)]
    )
    _, after = rewritten(tf.gradients(y, image), image, bias)
    assert "_MaxPoolWithMask" not in op_names(after)
