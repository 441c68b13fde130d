"""Event files: TensorBoard and TensorFlow read what FileWriter writes."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import graphflow as tf


def accumulated(logdir: Path) -> Any:
    """TensorBoard's own reader, after reading."""
    from tensorboard.backend.event_processing import event_accumulator

    accumulator = event_accumulator.EventAccumulator(str(logdir))
    accumulator.Reload()
    return accumulator


def test_tensorboard_reads_it(tmp_path: Path) -> None:
    x = tf.placeholder(tf.float32, [4], name="x")
    with tf.name_scope("layer"):
        y = tf.multiply(x, 2.0, name="y")
    tf.summary.scalar("first", y[0])
    tf.summary.histogram("values", y)
    tf.summary.image("picture", tf.reshape(y, [1, 2, 2, 1]))
    tf.summary.audio("sound", tf.reshape(y, [1, 4]), 8000)
    tf.summary.text("words", tf.constant(["hello"]))
    merged = tf.summary.merge_all()
    with tf.Session() as session, tf.summary.FileWriter(tmp_path, session.graph) as writer:
        for step in range(3):
            metadata = tf.RunMetadata()
            options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
            feed = {x: [step, 1.0, 2.0, 3.0]}
            summary = session.run(merged, feed, options=options, run_metadata=metadata)
            writer.add_summary(summary, step)
        writer.add_run_metadata(metadata, "last run", 2)
        writer.add_session_log(tf.SessionLog(status=tf.SessionLog.STOP), 3)
    read = accumulated(tmp_path)
    assert [(e.step, e.value) for e in read.Scalars("first")] == [(0, 0.0), (1, 2.0), (2, 4.0)]
    (*_, last) = read.Histograms("values")
    assert (last.histogram_value.num, last.histogram_value.max) == (4, 6.0)
    assert read.Images("picture/image/0")[0].width == 2
    assert read.Audio("sound/audio/0")[0].length_frames == 4
    assert [e.step for e in read.Tensors("words")] == [0, 1, 2]
    assert read.SummaryMetadata("words").plugin_data.plugin_name == "text"
    names = {node.name: node for node in read.Graph().node}
    assert names["layer/y"].attr["_output_shapes"].list.shape[0].dim[0].size == 4
    assert read.MetaGraph().graph_def == read.Graph()
    devices = read.RunMetadata("last run").step_stats.dev_stats
    assert "layer/y" in {stats.node_name for device in devices for stats in device.node_stats}


def test_tensorflow_and_we_read_the_same(tmp_path: Path, oracle: ModuleType) -> None:
    with tf.summary.FileWriter(str(tmp_path), filename_suffix=".suffix") as writer:
        value = tf.Summary.Value(tag="t", simple_value=1.5)
        writer.add_summary(tf.Summary(value=[value]), global_step=7)
        writer.add_event(tf.Event(step=8, file_version="an event"))
    (path,) = tmp_path.iterdir()
    assert path.name.startswith("events.out.tfevents.") and path.name.endswith(".suffix")
    ours = [event.SerializeToString() for event in tf.train.summary_iterator(str(path))]
    theirs = [e.SerializeToString() for e in oracle.train.summary_iterator(str(path))]
    assert ours == theirs
    events = [tf.Event.FromString(text) for text in ours]
    assert events[0].file_version == "brain.Event:2"
    assert [event.step for event in events] == [0, 7, 8]
    assert events[1].summary.value[0].simple_value == 1.5


def test_metadata_is_written_once(tmp_path: Path) -> None:
    summary = tf.summary.text("words", tf.constant(["hello"]))
    with tf.Session() as session, tf.summary.FileWriter(tmp_path) as writer:
        for step in range(2):
            writer.add_summary(session.run(summary), step)
    (path,) = tmp_path.iterdir()
    values = [v for e in tf.train.summary_iterator(str(path)) for v in e.summary.value]
    assert [value.HasField("metadata") for value in values] == [True, False]


def test_flush_close_and_reopen(tmp_path: Path) -> None:
    writer = tf.summary.FileWriter(tmp_path)
    writer.add_event(tf.Event(step=1))
    writer.flush()
    (path,) = tmp_path.iterdir()
    assert [event.step for event in tf.train.summary_iterator(str(path))] == [0, 1]
    writer.close()
    writer.close()
    with pytest.warns(UserWarning, match="closed FileWriter"):
        writer.add_event(tf.Event(step=2))
    writer.reopen()
    writer.add_event(tf.Event(step=3))
    writer.close()
    steps = [
        [event.step for event in tf.train.summary_iterator(str(path))]
        for path in sorted(tmp_path.iterdir())
    ]
    assert steps == [[0, 1], [0, 3]]


def test_an_event_is_readable_after_a_while(tmp_path: Path) -> None:
    """The first event at once, later ones when `flush_secs` are over."""
    for seconds, count in ((1000, 1), (-1, 3)):
        logdir = tmp_path / str(seconds)
        writer = tf.summary.FileWriter(logdir, flush_secs=seconds)
        for step in (1, 2):
            writer.add_event(tf.Event(step=step))
        (path,) = logdir.iterdir()
        assert len(list(tf.train.summary_iterator(str(path)))) == count
        writer.close()


def test_graph_defs(tmp_path: Path) -> None:
    tf.constant(1.0, name="c")
    graph = tf.get_default_graph()
    with tf.summary.FileWriter(tmp_path, graph_def=graph.as_graph_def()) as writer:
        with pytest.raises(ValueError, match="not both"):
            writer.add_graph(graph, graph_def=graph)
        with pytest.raises(TypeError, match="instance of `Graph`.* not int"):
            writer.add_graph(3)
        with pytest.raises(TypeError, match="must be type MetaGraphDef"):
            writer.add_meta_graph(graph.as_graph_def())
    assert [node.name for node in accumulated(tmp_path).Graph().node] == ["c"]


def test_tags_of_runs_are_used_once(tmp_path: Path) -> None:
    with tf.summary.FileWriter(tmp_path) as writer:
        writer.add_run_metadata(tf.RunMetadata(), "tag")
        with pytest.raises(ValueError, match="already used"):
            writer.add_run_metadata(tf.RunMetadata(), "tag")


def test_cache(tmp_path: Path) -> None:
    cache = tf.summary.FileWriterCache
    writer = cache.get(str(tmp_path))
    assert cache.get(str(tmp_path)) is writer
    assert writer.get_logdir() == str(tmp_path)
    cache.clear()
    again = cache.get(str(tmp_path))
    assert again is not writer
    cache.clear()


def test_a_record_that_is_no_event(tmp_path: Path) -> None:
    path = str(tmp_path / "events")
    with tf.python_io.TFRecordWriter(path) as writer:
        writer.write(tf.Event(step=1).SerializeToString())
        writer.write(b"\xff")
    events = tf.train.summary_iterator(path)
    assert next(events).step == 1
    with pytest.raises(tf.errors.DataLossError, match=r"record 1 of .*events \(1 bytes\)"):
        next(events)
