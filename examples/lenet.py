"""LeNet on handwritten digits: the net of the course slides."""

from __future__ import annotations

import common

import graphflow as tf
from graphflow.viz import show_graph


def weight_variable(shape):
    initial = tf.truncated_normal(shape, stddev=0.1)
    return tf.Variable(initial, name="W")


def bias_variable(shape, value, name):
    initial = tf.constant(value, shape=shape)
    return tf.Variable(initial, name=name)


def conv2d(x, W):
    return tf.nn.conv2d(x, W, strides=[1, 1, 1, 1], padding="SAME")


def max_pool_2x2(x):
    return tf.nn.max_pool(x, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME")


def build():
    """Adds the net to the default graph."""
    x = tf.placeholder(tf.float32, shape=[None, 784], name="x")
    y_ = tf.placeholder(tf.float32, shape=[None, 10], name="y_")
    x_image = tf.reshape(x, [-1, 28, 28, 1])

    with tf.name_scope("CONV_LAYER_1"):
        W_conv1 = weight_variable([5, 5, 1, 32])
        b_conv1 = bias_variable([32], 0.1, "b")
        h_conv1 = tf.nn.relu(conv2d(x_image, W_conv1) + b_conv1)
        h_pool1 = max_pool_2x2(h_conv1)

    with tf.name_scope("CONV_LAYER_2"):
        W_conv2 = weight_variable([5, 5, 32, 64])
        b_conv2 = bias_variable([64], 0.1, "b")
        h_conv2 = tf.nn.relu(conv2d(h_pool1, W_conv2) + b_conv2)
        h_pool2 = max_pool_2x2(h_conv2)

    with tf.name_scope("FC_LAYER_1"):
        W_fc1 = weight_variable([7 * 7 * 64, 1024])
        b_fc1 = bias_variable([1024], 0.1, "b")
        h_pool2_flat = tf.reshape(h_pool2, [-1, 7 * 7 * 64])
        h_fc1 = tf.nn.relu(tf.matmul(h_pool2_flat, W_fc1) + b_fc1)

    with tf.name_scope("FC_LAYER_2"):
        W_fc2 = weight_variable([1024, 10])
        b_fc2 = bias_variable([10], 0.1, "b")
        y_conv = tf.matmul(h_fc1, W_fc2) + b_fc2

    with tf.name_scope("loss"):
        cross_entropy = tf.nn.sigmoid_cross_entropy_with_logits(labels=y_, logits=y_conv)
        loss = tf.reduce_mean(cross_entropy)

    with tf.name_scope("accuracy"):
        correct_prediction = tf.equal(tf.argmax(y_conv, 1), tf.argmax(y_, 1))
        accuracy = tf.reduce_mean(tf.cast(correct_prediction, tf.float32))

    train_step = tf.train.AdamOptimizer(1e-3).minimize(loss)
    return common.Net(x, y_, train_step, loss, accuracy)


def main():
    options = common.parse_options("lenet", __doc__)
    digits = common.read_digits(options.data, options.seed)
    tf.set_random_seed(options.seed)
    net = build()
    saver = tf.train.Saver()
    show_graph(tf.get_default_graph().as_graph_def(), path=options.graph)

    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        common.train(sess, net, digits.train, options)
        if options.save:
            saver.save(sess, options.save / "lenet.ckpt", global_step=options.steps)
        print(f"test accuracy: {common.measure_accuracy(sess, net, digits.test):.4f}")


if __name__ == "__main__":
    main()
