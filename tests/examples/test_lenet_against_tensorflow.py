"""The slides' scripts, the same text, on graphflow and on TensorFlow."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import graphflow
from graphflow.examples.tutorials.mnist import input_data

_REPOSITORY = Path(__file__).parents[2]
_EXAMPLES = _REPOSITORY / "examples"
_MNIST = _REPOSITORY.parent / "shared" / "data" / "mnist"
_STEPS = 50


def _script(name, tf):
    """The script's namespace with `tf` in place of the module that it imports."""
    path = _EXAMPLES / f"{name}.py"
    text = path.read_text().replace("import graphflow as tf\n", "")
    namespace = {"tf": tf, "__name__": name}
    exec(compile(text, path, "exec"), namespace)
    return namespace


@pytest.fixture(autouse=True)
def _examples_on_path(monkeypatch):
    monkeypatch.syspath_prepend(str(_EXAMPLES))
    yield
    sys.modules.pop("common", None)


def _batches(size):
    """Real digits where they lie beside the repository, else made-up ones."""
    if _MNIST.is_dir():
        with open(_MNIST / "t10k-images-idx3-ubyte.gz", "rb") as f:
            images = input_data.extract_images(f)[:2000].reshape(2000, 784) / np.float32(255)
        with open(_MNIST / "t10k-labels-idx1-ubyte.gz", "rb") as f:
            labels = input_data.extract_labels(f, one_hot=True)[:2000]
    else:
        rng = np.random.default_rng(0)
        images = rng.random((2000, 784), dtype=np.float32)
        labels = np.eye(10)[rng.integers(0, 10, 2000)]
    return [
        (images[i : i + size].astype(np.float32), labels[i : i + size].astype(np.float32))
        for i in range(0, _STEPS * size, size)
    ]


def _losses(tf, name, start, batches, fed):
    with tf.Graph().as_default(), tf.Session() as sess:
        net = _script(name, tf)["build"]()
        sess.run(tf.global_variables_initializer())
        for variable in tf.trainable_variables():
            variable.load(start[variable.name], sess)
        losses = []
        for images, labels in batches:
            feed = {net.x: images, net.y_: labels, **getattr(net, fed)}
            losses.append(sess.run([net.loss, net.train_step], feed)[0])
    return losses


@pytest.mark.parametrize(
    ("name", "fed", "steps", "tolerance"),
    [
        ("lenet", "in_training", 50, 1e-4),
        ("lenet_dropout", "in_testing", 10, 1e-4),  # TensorFlow 2 draws other masks than 1.14
        # Gradients that are zero but for rounding: Adam makes them as large as all others.
        ("lenet_batch_norm", "in_training", 10, 1e-2),
    ],
)
def test_adam_steps_lose_alike(oracle, name, fed, steps, tolerance):
    with graphflow.Graph().as_default(), graphflow.Session() as sess:
        graphflow.set_random_seed(3)
        _script(name, graphflow)["build"]()
        sess.run(graphflow.global_variables_initializer())
        start = {v.name: sess.run(v) for v in graphflow.trainable_variables()}
    batches = _batches(20)[:steps]
    ours = _losses(graphflow, name, start, batches, fed)
    theirs = _losses(oracle, name, start, batches, fed)
    assert ours[-1] < ours[0] / 2
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-5)
    np.testing.assert_allclose(ours, theirs, rtol=tolerance)


@pytest.mark.parametrize("name", ["lenet", "lenet_dropout"])
def test_the_forward_graph_is_tensorflows(oracle, name):
    """The same node names and op types, in the same order, up to the accuracy."""
    graphs = []
    for tf in (graphflow, oracle):
        with tf.Graph().as_default() as graph:
            _script(name, tf)["build"]()
            nodes = [(op.name, op.type) for op in graph.get_operations()]
        last = max(i for i, (node, _) in enumerate(nodes) if node.startswith("accuracy/"))
        graphs.append(nodes[: last + 1])
    assert graphs[0] == graphs[1]
    assert len(graphs[0]) > 90
