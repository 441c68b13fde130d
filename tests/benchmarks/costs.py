"""What the steps of the models cost at least: floating-point operations and bytes, by kind of op.

Counted in the training graphs themselves. An op's bytes are those of its tensors, each read or
written once; elementwise ops are taken as part of the convolution or product beside them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import graphflow as tf

from .models import ResNet, Weights, lenet

FLOPS_PER_CORE = 225e9  # measured: fused multiply-adds of 16 float32 on one AVX-512 core
BYTES_PER_SECOND = 65e9  # measured: Adam's update on two cores

_KINDS = {
    "Conv2D": "convolution",
    "Conv2DBackpropInput": "its gradient for the input",
    "Conv2DBackpropFilter": "its gradient for the filter",
    "MatMul": "matrix products",
}


@dataclass
class Cost:
    """Operations, floating-point operations and bytes."""

    count: int = 0
    flops: int = 0
    bytes: int = 0

    def __iadd__(self, other: Cost) -> Cost:
        self.count += other.count
        self.flops += other.flops
        self.bytes += other.bytes
        return self

    def seconds(self, cores: int) -> float:
        """How long it takes at least, with arithmetic and memory at work at the same time."""
        return max(self.flops / (FLOPS_PER_CORE * cores), self.bytes / BYTES_PER_SECOND)


def _size(tensor: Any) -> int:
    return math.prod(tensor.shape.as_list())


def _op_cost(op: Any) -> Cost:
    """What one convolution or product costs."""
    match op.type:
        case "MatMul":
            results = op.outputs[0]
            summed = op.inputs[0].shape.as_list()[0 if op.get_attr("transpose_a") else 1]
        case "Conv2D":
            results, summed = op.outputs[0], _window(op.inputs[1])
        case "Conv2DBackpropInput":
            results, summed = op.inputs[2], _window(op.inputs[1])
        case _:
            results, summed = op.inputs[2], _window(op.outputs[0])
    # Beside arrays of floats a gradient takes the shape of its result.
    arrays = [t for t in (*op.inputs, *op.outputs) if t.dtype == tf.float32]
    return Cost(1, 2 * _size(results) * summed, 4 * sum(map(_size, arrays)))


def _window(kernel: Any) -> int:
    """How many products a convolution sums for each of its results."""
    height, width, channels, _ = kernel.shape.as_list()
    return height * width * channels


def _needed(target: Any) -> set[Any]:
    """The operations whose results a target is made of.

    Order alone is no need: the gradient of the first layer for the images, which TensorFlow has
    others wait for, is not counted.
    """
    needed, waiting = set(), [target]
    while waiting:
        op = waiting.pop()
        if op not in needed:
            needed.add(op)
            waiting += [tensor.op for tensor in op.inputs] or op.control_inputs
    return needed


def training_costs(train: Any, accesses_per_parameter: int) -> dict[str, Cost]:
    """The cost of a training step by kind of op.

    Args:
      train: the operation that runs it, in a graph with all shapes known.
      accesses_per_parameter: how often the optimizer reads or writes a number for each parameter.
    """
    costs = {kind: Cost() for kind in _KINDS.values()}
    for op in _needed(train):
        if op.type in _KINDS:
            costs[_KINDS[op.type]] += _op_cost(op)
    parameters = train.graph.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES)
    count = sum(_size(variable) for variable in parameters)
    costs["the optimizer's update"] = Cost(len(parameters), 0, 4 * accesses_per_parameter * count)
    return costs


def lenet_step() -> dict[str, Cost]:
    """LeNet's training step, batch 100, Adam."""
    with tf.Graph().as_default():
        x, y = tf.zeros([100, 784]), tf.zeros([100, 10])
        logits = lenet(tf, Weights(tf), x)
        loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=logits))
        train = tf.train.AdamOptimizer().minimize(loss)
    return training_costs(train, accesses_per_parameter=6)  # a parameter and its two moments


def resnet50_step() -> dict[str, Cost]:
    """ResNet-50's training step, batch 8, momentum."""
    with tf.Graph().as_default():
        x, y = tf.zeros([8, 224, 224, 3]), tf.zeros([8], tf.int64)
        logits = ResNet(tf, Weights(tf), 50, is_training=True).logits(x)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
        train = tf.train.MomentumOptimizer(1e-4, 0.9).minimize(tf.reduce_mean(losses))
    return training_costs(train, accesses_per_parameter=4)  # a parameter and its momentum


_STEPS: dict[str, Callable[[], dict[str, Cost]]] = {
    "LeNet training step, batch 100, Adam": lenet_step,
    "ResNet-50 training step, batch 8, momentum": resnet50_step,
}


def cost_tables() -> str:
    """The costs of the steps as Markdown, with the least time that each line takes."""
    return "\n\n".join(_table(title, costs()) for title, costs in _STEPS.items())


def _table(title: str, costs: dict[str, Cost]) -> str:
    total = Cost()
    for cost in costs.values():
        total += cost
    lines = [
        f"| {title} | ops | GFLOP | MB | least, one core | two cores |",
        "|---|---|---|---|---|---|",
    ]
    for kind, cost in [*costs.items(), ("all", total)]:
        parts = costs.values() if cost is total else [cost]
        least = [sum(part.seconds(cores) for part in parts) for cores in (1, 2)]
        times = " | ".join(f"{seconds * 1e3:.3g} ms" for seconds in least)
        lines.append(
            f"| {kind} | {cost.count} | {cost.flops / 1e9:.4g} | {cost.bytes / 1e6:.4g} | {times} |"
        )
    return "\n".join(lines)
