"""Batch norms at inference as arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from core.native import assert_same_numbers, op_names, plan_of, program_of

import graphflow as tf
from graphflow.core.passes.batch_norm import unfold_batch_norms
from graphflow.core.passes.drop_dead import drop_dead
from graphflow.core.program.program import Program, verify

RANDOM = np.random.default_rng(0)


def inputs(data_format: str = "NHWC", dtype: Any = tf.float32) -> list[Any]:
    shape = [2, 4, 5, 3] if data_format == "NHWC" else [2, 3, 4, 5]
    x = tf.placeholder(dtype, shape)
    return [x, *(tf.placeholder(tf.float32, [3]) for _ in range(4))]


def rewritten(fetches: Any, feeds: list[Any]) -> Program:
    """The program after the pass, which must not change a number."""
    before = drop_dead(program_of(fetches, feeds))
    after = unfold_batch_norms(before)
    verify(after)
    arrays = [RANDOM.random(f.shape.as_list()).astype(f.dtype.as_numpy_dtype) for f in feeds]
    assert_same_numbers(before, after, arrays, rtol=1e-5)
    return after


def normed(feeds: list[Any], data_format: str = "NHWC", **more: Any) -> Any:
    x, scale, offset, mean, variance = feeds
    return tf.nn.fused_batch_norm(
        x, scale, offset, mean, variance, is_training=False, data_format=data_format, **more
    )


@pytest.mark.parametrize("data_format", ["NHWC", "NCHW"])
@pytest.mark.parametrize("epsilon", [1e-3, 0.5])
def test_inference_is_a_factor_and_a_summand(data_format: str, epsilon: float) -> None:
    feeds = inputs(data_format)
    after = rewritten(normed(feeds, data_format, epsilon=epsilon)[0], feeds)
    names = [name for name in op_names(after) if name != "Reshape"]
    assert sorted(names) == ["AddV2", "AddV2", "Mul", "Mul", "Mul", "Rsqrt", "Sub"]
    full = [n.op.name for n in after.nodes if n.output_shapes[0] == tuple(feeds[0].shape.as_list())]
    assert full == ["_Arg", "Mul", "AddV2"]


def test_statistics_that_are_read_keep_it() -> None:
    feeds = inputs()
    y, mean, _ = normed(feeds)
    assert op_names(rewritten([y, mean], feeds)) == ["FusedBatchNormV3"]


def test_training_keeps_it() -> None:
    x, scale, offset, _, _ = inputs()
    y = tf.nn.fused_batch_norm(x, scale, offset)[0]
    assert op_names(rewritten(y, [x, scale, offset])) == ["FusedBatchNormV3"]


def test_half_precision_keeps_it() -> None:
    feeds = inputs(dtype=tf.float16)
    assert op_names(rewritten(normed(feeds)[0], feeds)) == ["FusedBatchNormV3"]


def test_its_gradient_keeps_it() -> None:
    feeds = inputs()
    y = normed(feeds)[0]
    after = rewritten([y, *tf.gradients(y * y, feeds[:3])], feeds)
    assert "FusedBatchNormGradV3" in op_names(after)


def test_factors_of_variables_are_computed_once() -> None:
    x = tf.placeholder(tf.float32, [2, 4, 5, 3])
    feeds = [x, *(tf.Variable(tf.ones([3])) for _ in range(4))]
    plan = plan_of(tf.nn.relu(normed(feeds)[0]), [x])
    assert len(plan.prologue) == 1
    (call,) = [call for step in plan.steps for group in step.groups for call in group.calls]
    assert call.kernel.name == "Mul+AddV2+Relu"
