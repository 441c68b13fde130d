"""How many kernels models need: their sizes are arguments, so that depth costs no compiling."""

from __future__ import annotations

from typing import Any

import pytest
from benchmarks import models
from core.native import host_ops, plan_of

import graphflow as tf
from graphflow.core.plan.plan import Plan


class Shapes:
    """In place of `models.Weights`: variables whose values nobody needs."""

    def normal(self, shape: Any, deviation: float) -> Any:
        return self._variable(shape, True)

    def filled(self, shape: Any, value: float, trainable: bool = True) -> Any:
        return self._variable(shape, trainable)

    def _variable(self, shape: Any, trainable: bool) -> Any:
        return tf.Variable(tf.placeholder(tf.float32, shape), trainable, use_resource=False)


def resnet_plan(depth: int, is_training: bool) -> Plan:
    tf.reset_default_graph()
    x = tf.placeholder(tf.float32, [2, 64, 64, 3])
    logits = models.ResNet(tf, Shapes(), depth, is_training).logits(x)
    if not is_training:
        return plan_of(logits, [x])
    labels = tf.placeholder(tf.int32, [2])
    loss = tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    )
    step = tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss)
    return plan_of([loss, step], [x, labels])


@pytest.mark.parametrize("is_training", [False, True], ids=["inference", "training"])
def test_a_deeper_resnet_needs_hardly_more_kernels(monkeypatch, is_training: bool) -> None:
    monkeypatch.setitem(models.BLOCKS, 152, (3, 8, 36, 3))
    if is_training:  # as deep a training step takes long to build
        monkeypatch.setitem(models.BLOCKS, 50, (2, 2, 2, 2))
        monkeypatch.setitem(models.BLOCKS, 152, (3, 3, 4, 3))
    shallow, deep = resnet_plan(50, is_training), resnet_plan(152, is_training)
    assert len(deep.calls) > 1.5 * len(shallow.calls)
    assert host_ops(shallow) == host_ops(deep) == []
    kernels = [{call.kernel for call in plan.calls} for plan in (shallow, deep)]
    assert len(kernels[1] - kernels[0]) <= 3
    assert len(kernels[0]) <= 60, len(kernels[0])
