"""ResNet-50, -101 and -152 (He et al. 2015): prints their size, draws them, runs one image."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import graphflow as tf
from graphflow.viz import explore, show_graph

BLOCKS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
CLASSES = 1000


def convolved(x, filters, size, stride, is_training):
    """A convolution and its batch normalization."""
    channels = x.shape[3].value
    deviation = (2.0 / (size * size * channels)) ** 0.5
    initializer = tf.truncated_normal_initializer(stddev=deviation)
    W = tf.get_variable("W", [size, size, channels, filters], initializer=initializer)
    h = tf.nn.conv2d(x, W, strides=[1, stride, stride, 1], padding="SAME")
    gamma = tf.get_variable("gamma", [filters], initializer=tf.ones_initializer())
    beta = tf.get_variable("beta", [filters], initializer=tf.zeros_initializer())
    if is_training:
        return tf.nn.fused_batch_norm(h, gamma, beta)[0]
    kept = {"trainable": False}
    mean = tf.get_variable("moving_mean", [filters], initializer=tf.zeros_initializer(), **kept)
    variance = tf.get_variable(
        "moving_variance", [filters], initializer=tf.ones_initializer(), **kept
    )
    return tf.nn.fused_batch_norm(h, gamma, beta, mean, variance, is_training=False)[0]


def bottleneck(x, filters, stride, is_training):
    """Three convolutions around which the input is added; its width is `4 * filters`."""
    shortcut = x
    if x.shape[3].value != 4 * filters:
        with tf.variable_scope("shortcut"):
            shortcut = convolved(x, 4 * filters, 1, stride, is_training)
    with tf.variable_scope("conv1"):
        h = tf.nn.relu(convolved(x, filters, 1, 1, is_training))
    with tf.variable_scope("conv2"):
        h = tf.nn.relu(convolved(h, filters, 3, stride, is_training))
    with tf.variable_scope("conv3"):
        h = convolved(h, 4 * filters, 1, 1, is_training)
    return tf.nn.relu(h + shortcut)


def resnet(images, depth, is_training=False):
    """Logits [batch, 1000] of images [batch, 224, 224, 3]."""
    with tf.variable_scope("conv1"):
        h = tf.nn.relu(convolved(images, 64, 7, 2, is_training))
        h = tf.nn.max_pool(h, [1, 3, 3, 1], [1, 2, 2, 1], "SAME")
    for block, units in enumerate(BLOCKS[depth], start=1):
        with tf.variable_scope(f"block{block}"):
            for unit in range(1, units + 1):
                stride = 2 if block > 1 and unit == 1 else 1
                with tf.variable_scope(f"unit_{unit}"):
                    h = bottleneck(h, 32 << block, stride, is_training)
    with tf.variable_scope("logits"):
        h = tf.reduce_mean(h, [1, 2], name="pool")
        initializer = tf.truncated_normal_initializer(stddev=0.01)
        W = tf.get_variable("W", [h.shape[1].value, CLASSES], initializer=initializer)
        b = tf.get_variable("b", [CLASSES], initializer=tf.zeros_initializer())
        return tf.matmul(h, W) + b


def build(depth, is_training=False):
    """Adds the net to the default graph; with a loss and an optimizer if it is to be trained.

    Returns:
      The placeholder of the images, and the probabilities of the classes.
    """
    images = tf.placeholder(tf.float32, [None, 224, 224, 3], name="images")
    logits = resnet(images, depth, is_training)
    probabilities = tf.nn.softmax(logits, name="probabilities")
    if is_training:
        labels = tf.placeholder(tf.int32, [None], name="labels")
        with tf.name_scope("loss"):
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
            loss = tf.reduce_mean(losses)
        tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss)
    return images, probabilities


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--depth", type=int, choices=BLOCKS, default=50)
    parser.add_argument("--train", action="store_true", help="add a loss and an optimizer")
    parser.add_argument("--graph", type=Path, default=Path("out", "resnet.svg"), metavar="FILE")
    options = parser.parse_args()
    options.graph.parent.mkdir(parents=True, exist_ok=True)

    images, probabilities = build(options.depth, options.train)
    sizes = [variable.shape.num_elements() for variable in tf.trainable_variables()]
    print(f"ResNet-{options.depth}: {sum(sizes):,} numbers in {len(sizes)} variables")
    show_graph(tf.get_default_graph(), path=options.graph)
    explore(tf.get_default_graph(), options.graph.with_suffix(".html"))

    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        noise = np.random.default_rng(0).random((1, 224, 224, 3), np.float32)
        best = sess.run(probabilities, {images: noise})[0].argmax()
    print(f"untrained, it takes noise for class {best}")


if __name__ == "__main__":
    main()
