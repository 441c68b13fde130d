"""One small file of each kind."""

from __future__ import annotations

from pathlib import Path

import graphflow as tf
from graphflow.train import Example, Feature, Int64List


def write_all(folder: Path) -> dict[str, str]:
    """Writes them, and gives their paths by kinds."""
    with tf.Graph().as_default() as graph, tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 2], name="x")
        v = tf.get_variable("v", initializer=[[1.0], [2.0]])
        y = tf.matmul(x, v, name="y")
        tf.summary.scalar("size", tf.reduce_sum(v))
        session.run(tf.global_variables_initializer())
        prefix = tf.train.Saver().save(session, folder / "checkpoint" / "model")
        model = folder / "model"
        tf.saved_model.simple_save(session, model, {"x": x}, {"y": y})
        writer = tf.summary.FileWriter(folder / "events", graph)
        writer.add_summary(session.run(tf.summary.merge_all()), 3)
        writer.close()
        binary = tf.train.write_graph(graph, str(folder), "graph.pb", as_text=False)
        text = tf.train.write_graph(graph, str(folder), "graph.pbtxt")
    records = str(folder / "records")
    with tf.python_io.TFRecordWriter(records) as records_writer:
        example = Example()
        example.features.feature["n"].CopyFrom(Feature(int64_list=Int64List(value=[1, 2])))
        records_writer.write(example.SerializeToString())
    (events,) = (folder / "events").iterdir()
    return {
        "checkpoint": str(prefix) + ".index",
        "MetaGraphDef": str(prefix) + ".meta",
        "SavedModel": str(model / "saved_model.pb"),
        "event file": str(events),
        "GraphDef": binary,
        "GraphDef as text": text,
        "TFRecord file": records,
    }
