"""The five run-time dependencies are enough: nothing needs an extra nobody asked for."""

from __future__ import annotations

import subprocess
import sys

EXTRAS = (
    "matplotlib",
    "ml_dtypes",
    "onnx",
    "onnxruntime",
    "pygraphviz",
    "scipy",
    "sklearn",
    "tensorflow",
    "tqdm",
)
SCRIPT = f"""
import sys
for name in {EXTRAS!r}:
    sys.modules[name] = None  # importing it raises ImportError
import numpy as np
import graphflow as tf

x = tf.placeholder(tf.float32, [None, 8, 8, 1])
w = tf.Variable(tf.truncated_normal([3, 3, 1, 4], stddev=0.1, seed=1))
h = tf.nn.max_pool(tf.nn.relu(tf.nn.conv2d(x, w, [1, 1, 1, 1], "SAME")), 2, 2, "SAME")
y = tf.matmul(tf.reshape(h, [-1, 64]), tf.Variable(tf.zeros([64, 3])))
loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(
    labels=tf.zeros([5], tf.int32), logits=tf.nn.dropout(y, 0.5, seed=2)))
train = tf.train.AdamOptimizer(0.01).minimize(loss)
accuracy = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(y, 1), 0), tf.float16))
product = tf.einsum("ij,jk->ik", y, tf.ones([3, 2]))
norm = tf.norm(tf.matrix_inverse(tf.eye(3))) + tf.reduce_sum(product)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    images = np.ones((5, 8, 8, 1), np.float32)
    for _ in range(5):
        sess.run([train, accuracy, norm], {{x: images}})
    tf.train.Saver().save(sess, sys.argv[1])
    tf.train.Saver().restore(sess, sys.argv[1])
tf.get_default_graph().as_graph_def()
"""


def test_a_net_trains_and_saves_without_any_extra(tmp_path):
    command = [sys.executable, "-W", "error", "-c", SCRIPT, str(tmp_path / "net")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
