"""The messages of graphflow/protos against TensorFlow's: same fields, same bytes, same text."""

from __future__ import annotations

import hashlib
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from google.protobuf import descriptor_pool, text_format
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message

import graphflow.protos

PROTOS = Path(graphflow.protos.__file__).parent
SOURCES = sorted(PROTOS.glob("*.proto"))

# Fields of TF 1.14 that TF 2 has dropped.
DROPPED_IN_TF2 = {
    "graphflow.TrackableObjectGraph.TrackableObject.SerializedTensor.optional_restore"
}
# TF 2 has renamed the oneof that tells an absent length from zero; a oneof's name is not stored.
RENAMED_ONEOFS = {"has_length": "has_length_hack"}


def module_of(source: Path) -> ModuleType:
    return importlib.import_module(f"graphflow.protos.{source.stem}_pb2")


def nested(message: Descriptor) -> Iterator[Descriptor]:
    yield message
    for inner in message.nested_types:
        yield from nested(inner)


def our_messages() -> list[Descriptor]:
    files = [module_of(source).DESCRIPTOR for source in SOURCES]
    return [m for file in files for top in file.message_types_by_name.values() for m in nested(top)]


def our_enums() -> list[EnumDescriptor]:
    files = [module_of(source).DESCRIPTOR for source in SOURCES]
    top = [enum for file in files for enum in file.enum_types_by_name.values()]
    return top + [enum for message in our_messages() for enum in message.enum_types]


def theirs(full_name: str) -> str:
    return full_name.replace("graphflow.", "tensorflow.", 1)


def wire(field: FieldDescriptor) -> tuple[Any, ...]:
    """What decides a field's bytes and text; the types that it names in TensorFlow's package."""
    named = field.message_type or field.enum_type
    oneof = field.containing_oneof and field.containing_oneof.name
    return (
        field.name,
        field.number,
        field.type,
        field.is_repeated,
        field.is_repeated and field.is_packed,
        theirs(named.full_name) if named else None,
        RENAMED_ONEOFS.get(oneof, oneof),
    )


@pytest.fixture(scope="module")
def tf_pool(tf: ModuleType) -> descriptor_pool.DescriptorPool:
    """TensorFlow's messages, those that its start does not load included."""
    names = ("core.framework.reader_base", "core.protobuf.tensor_bundle")
    for name in (*names, "core.util.saved_tensor_slice"):
        importlib.import_module(f"tensorflow.{name}_pb2")
    importlib.import_module("tensorflow.python.checkpoint.checkpoint_management")
    return descriptor_pool.Default()


@pytest.mark.parametrize("message", our_messages(), ids=lambda message: message.full_name)
def test_message_is_tensorflows(
    message: Descriptor, tf_pool: descriptor_pool.DescriptorPool
) -> None:
    other = tf_pool.FindMessageTypeByName(theirs(message.full_name))
    for field in message.fields:
        if field.full_name not in DROPPED_IN_TF2:
            assert wire(field) == wire(other.fields_by_name[field.name])


@pytest.mark.parametrize("enum", our_enums(), ids=lambda enum: enum.full_name)
def test_enum_is_tensorflows(enum: EnumDescriptor, tf_pool: descriptor_pool.DescriptorPool) -> None:
    other = tf_pool.FindEnumTypeByName(theirs(enum.full_name))
    numbers = {value.name: value.number for value in other.values}
    for value in enum.values:
        assert numbers[value.name] == value.number


def assert_same(theirs: Message, ours: Message) -> None:
    """`ours` is parsed from `theirs`: same text, same bytes, and the text parses back."""
    data = theirs.SerializeToString(deterministic=True)
    ours.ParseFromString(data)
    assert ours.SerializeToString(deterministic=True) == data
    text = text_format.MessageToString(theirs)
    assert text_format.MessageToString(ours) == text
    assert text_format.Parse(text, type(ours)()) == ours


def test_graph_def(tf: ModuleType) -> None:
    from graphflow.protos import graph_pb2, meta_graph_pb2

    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 3], name="x")
        w = tf.get_variable("w", [3, 2], initializer=tf.zeros_initializer())
        tf.constant([b"caf\xc3\xa9", b"\x00\xff"], name="strings")
        tf.constant([[1.5, float("nan")], [-0.0, float("inf")]], name="floats")
        with tf.control_dependencies([tf.no_op(name="first")]):
            loss = tf.reduce_sum(tf.cond(tf.constant(True), lambda: x @ w, lambda: x @ (w + 1.0)))
        tf.train.AdamOptimizer().minimize(loss)
        tf.while_loop(lambda i: i < 3, lambda i: i + 1, [0])
        assert_same(graph.as_graph_def(), graph_pb2.GraphDef())
        meta_graph = tf.train.export_meta_graph(saver_def=tf.train.Saver().as_saver_def())
        assert_same(meta_graph, meta_graph_pb2.MetaGraphDef())


def test_config(tf: ModuleType) -> None:
    from graphflow.protos import config_pb2

    config = tf.ConfigProto(
        device_count={"GPU": 0, "CPU": 2}, allow_soft_placement=True, log_device_placement=True
    )
    config.gpu_options.allow_growth = True
    config.gpu_options.per_process_gpu_memory_fraction = 0.4
    config.graph_options.optimizer_options.opt_level = tf.OptimizerOptions.L0
    config.graph_options.rewrite_options.constant_folding = 2
    assert_same(config, config_pb2.ConfigProto())
    assert_same(
        tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE, timeout_in_ms=7),
        config_pb2.RunOptions(),
    )
    cluster = tf.train.ClusterSpec({"ps": ["a:1"], "worker": {1: "b:2"}}).as_cluster_def()
    assert_same(cluster, config_pb2.ClusterDef())


def test_run_metadata(tf: ModuleType) -> None:
    from graphflow.protos import run_metadata_pb2

    with tf.Graph().as_default(), tf.Session() as session:
        metadata = tf.RunMetadata()
        options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
        session.run(tf.ones([2]) + 1.0, options=options, run_metadata=metadata)
    metadata.ClearField("session_metadata")  # of TF 2
    assert metadata.step_stats.dev_stats
    assert_same(metadata, run_metadata_pb2.RunMetadata())


def test_example(tf: ModuleType) -> None:
    from graphflow.protos import example_pb2

    features = {
        "name": tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"x", b"\xff"])),
        "ids": tf.train.Feature(int64_list=tf.train.Int64List(value=[-1, 2**62])),
        "w": tf.train.Feature(float_list=tf.train.FloatList(value=[0.1, 1e30])),
        "none": tf.train.Feature(),
    }
    context = tf.train.Features(feature=features)
    assert_same(tf.train.Example(features=context), example_pb2.Example())
    steps = tf.train.FeatureLists(
        feature_list={"steps": tf.train.FeatureList(feature=list(features.values()))}
    )
    sequence = tf.train.SequenceExample(context=context, feature_lists=steps)
    assert_same(sequence, example_pb2.SequenceExample())


def test_event(tf: ModuleType) -> None:
    from graphflow.protos import event_pb2

    summary = tf.Summary(value=[tf.Summary.Value(tag="loss", simple_value=0.25)])
    summary.value.add(tag="h").histo.CopyFrom(
        tf.HistogramProto(min=-1, max=2, num=3, sum=4, bucket_limit=[0, 2], bucket=[1, 2])
    )
    assert_same(tf.Event(wall_time=1.5, step=3, summary=summary), event_pb2.Event())
    log = tf.SessionLog(status=tf.SessionLog.CHECKPOINT, checkpoint_path="/m", msg="saved")
    assert_same(tf.Event(session_log=log), event_pb2.Event())


def test_files_of_tf1(tf: ModuleType, shared_data: Path) -> None:
    from graphflow.protos import meta_graph_pb2

    meta_graph = tf.MetaGraphDef.FromString(
        (shared_data / "tf1_checkpoint/dnn.ckpt-100.meta").read_bytes()
    )
    assert_same(meta_graph, meta_graph_pb2.MetaGraphDef())
    data = (shared_data / "tf1_saved_model/half_plus_two/saved_model.pb").read_bytes()
    saved_model = meta_graph_pb2.SavedModel.FromString(data)
    assert "serve" in saved_model.meta_graphs[0].meta_info_def.tags


def test_unknown_fields_survive(tf: ModuleType) -> None:
    from graphflow.protos import graph_pb2

    theirs = tf.GraphDef()
    theirs.debug_info.files.append("train.py")
    ours = graph_pb2.GraphDef.FromString(theirs.SerializeToString())
    assert not hasattr(ours, "debug_info")
    assert tf.GraphDef.FromString(ours.SerializeToString()) == theirs


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_module_was_made_from_its_source(source: Path) -> None:
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    seal = source.with_name(f"{source.stem}_pb2.py").read_text().splitlines()[-1]
    assert seal == f"# source sha256: {digest}", "run tools/make_protos.py"


def test_importing_the_package_loads_no_protobuf() -> None:
    program = "import sys, graphflow.protos; sys.exit('google.protobuf' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)
