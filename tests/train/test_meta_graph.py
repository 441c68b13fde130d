"""MetaGraphDefs: exported, imported again, by TensorFlow too, and in scopes."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import graphflow


def _build(tf: ModuleType) -> Any:
    x = tf.placeholder(tf.float32, [], name="x")
    w = tf.Variable(3.0, name="w")
    r = tf.get_variable("r", initializer=4.0, use_resource=True, trainable=False)
    y = tf.multiply(x * w, r, name="y")
    tf.train.get_or_create_global_step()
    for key, value in {"ints": 3, "floats": 0.5, "texts": "a", "results": y, "own": w}.items():
        tf.add_to_collection(key, value)
    saver = tf.train.Saver()
    tf.add_to_collection(tf.GraphKeys.SAVERS, saver)
    return saver


def _export(tf: ModuleType, path: Path, **arguments: Any) -> str:
    with tf.Graph().as_default(), tf.Session() as session:
        saver = _build(tf)
        session.run(tf.global_variables_initializer())
        prefix = str(saver.save(session, str(path / "m")))
        saver.export_meta_graph(prefix + ".meta", **arguments)
    return prefix


def _import(tf: ModuleType, prefix: str) -> Any:
    with tf.Graph().as_default() as graph, tf.Session() as session:
        tf.train.import_meta_graph(prefix + ".meta").restore(session, prefix)
        held = {k: graph.get_collection(k) for k in ("ints", "floats", "texts")}
        held["results"] = [t.name for t in graph.get_collection("results")]
        held["own"] = [t.name for t in graph.get_collection("own")]
        held["all"] = sorted(v.name for v in tf.global_variables())
        held["trainable"] = [v.name for v in tf.trainable_variables()]
        held["savers"] = len(graph.get_collection(tf.GraphKeys.SAVERS))
        held["value"] = session.run("y:0", {"x:0": 2.0})
        return held


@pytest.mark.parametrize("as_text", [False, True], ids=["binary", "text"])
def test_between_both(as_text: bool, oracle: ModuleType, tmp_path: Path) -> None:
    results = []
    for writer, reader in (
        (graphflow, graphflow),
        (graphflow, oracle),
        (oracle, graphflow),
        (oracle, oracle),
    ):
        folder = tmp_path / f"{writer.__name__}-{reader.__name__}"
        folder.mkdir()
        results.append(_import(reader, _export(writer, folder, as_text=as_text)))
    assert results[0]["value"] == 24.0
    assert results == [results[-1]] * 4


def test_a_scope_with_inputs_from_outside() -> None:
    tf = graphflow
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [], name="x")
        with tf.variable_scope("net"):
            w = tf.get_variable("w", initializer=2.0)
            tf.multiply(x, w, name="y")
        proto = tf.train.export_meta_graph(export_scope="net")
    with pytest.raises(ValueError, match=r"unbound inputs: \$unbound_inputs_x"):
        tf.train.import_meta_graph(proto)
    one = tf.constant(5.0)
    tf.train.import_meta_graph(proto, import_scope="copy", input_map={"$unbound_inputs_x": one})
    assert [v.name for v in tf.global_variables()] == ["copy/w:0"]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run("copy/y:0") == 10.0


def test_what_is_left_out() -> None:
    tf = graphflow
    with tf.Graph().as_default(), tf.device("/cpu:0"):
        w = tf.Variable(1.0, name="w")
        first, second = tf.train.Saver([w], name="one"), tf.train.Saver([w], name="two")
        for saver in (first, second):
            tf.add_to_collection(tf.GraphKeys.SAVERS, saver)
        proto = second.export_meta_graph(
            clear_devices=True, clear_extraneous_savers=True, strip_default_attrs=True
        )
    names = [node.name for node in proto.graph_def.node]
    assert not any(name.startswith("one/") for name in names)
    assert not any(node.device for node in proto.graph_def.node)
    (saver,) = proto.collection_def["savers"].bytes_list.value
    assert b"two/" in saver
    (assign,) = (node for node in proto.graph_def.node if node.name == "w/Assign")
    assert "use_locking" not in assign.attr
    assert proto.meta_info_def.stripped_default_attrs


def test_a_damaged_collection() -> None:
    graphflow.get_variable("v", [])
    meta_graph = graphflow.train.export_meta_graph()
    meta_graph.collection_def["variables"].bytes_list.value[0] = b"\x0a\x7f"
    with graphflow.Graph().as_default():
        with pytest.raises(graphflow.errors.DataLossError, match="collection 'variables' of the"):
            graphflow.train.import_meta_graph(meta_graph)


def test_files_that_hold_none(tmp_path: Path) -> None:
    tf = graphflow
    with pytest.raises(OSError, match="does not exist"):
        tf.train.import_meta_graph(str(tmp_path / "none"))
    (tmp_path / "bad").write_text("nothing of the kind {")
    with pytest.raises(OSError, match="Cannot parse file"):
        tf.train.import_meta_graph(str(tmp_path / "bad"))
    assert tf.train.import_meta_graph(tf.MetaGraphDef()) is None
