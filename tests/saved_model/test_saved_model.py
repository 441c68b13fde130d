"""SavedModels: TensorFlow loads what we save, and the other way round."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import graphflow

SHARED_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def save_line(tf: Any, folder: Path) -> None:
    """Y = a x + b, with an asset that the main op reads into a variable."""
    asset = folder.parent / f"{folder.name}.txt"
    asset.write_text("what the file says")
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None], name="x")
        a = tf.get_variable("a", initializer=2.0)
        b = tf.Variable(1.0, name="b", use_resource=True)
        y = tf.add(a * x, b, name="y")
        path = tf.constant(str(asset), name="path")
        text = tf.Variable("", name="text", trainable=False, collections=["local_variables"])
        main_op = tf.group(tf.assign(text, tf.read_file(path)), name="main")
        tf.add_to_collection(tf.GraphKeys.ASSET_FILEPATHS, path)
        session.run(tf.global_variables_initializer())
        session.run(a.assign(3.0))
        tf.saved_model.simple_save(session, str(folder), {"x": x}, {"y": y}, main_op)
    asset.unlink()  # the copy is what counts


def loaded_line(tf: Any, folder: Path, scope: str | None = None) -> tuple[Any, Any]:
    """What the signature computes for 1 and 2, and what the main op has read."""
    with tf.Graph().as_default() as graph, tf.Session() as session:
        meta_graph = tf.saved_model.loader.load(session, ["serve"], str(folder), import_scope=scope)
        signature = meta_graph.signature_def["serving_default"]
        assert signature.method_name == "tensorflow/serving/predict"
        x, y = (
            tf.saved_model.get_tensor_from_tensor_info(info, graph, scope)
            for info in (signature.inputs["x"], signature.outputs["y"])
        )
        text = graph.get_tensor_by_name(f"{scope}/text:0" if scope else "text:0")
        return session.run([y, text], {x: [1.0, 2.0]})


@pytest.mark.parametrize("scope", [None, "scope"])
@pytest.mark.parametrize("direction", ["ours", "to TensorFlow", "from TensorFlow"])
def test_simple_save(tmp_path: Path, oracle: ModuleType, direction: str, scope: str | None) -> None:
    save_line(oracle if direction == "from TensorFlow" else graphflow, tmp_path / "model")
    reader = oracle if direction == "to TensorFlow" else graphflow
    y, text = loaded_line(reader, tmp_path / "model", scope)
    assert y.tolist() == [4.0, 7.0]
    assert text == b"what the file says"
    assert sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()) == [
        "model/assets/model.txt",
        "model/saved_model.pb",
        "model/variables/variables.data-00000-of-00001",
        "model/variables/variables.index",
    ]


def test_a_model_of_tf_1() -> None:
    """Half of x plus two, which TensorFlow 1 wrote."""
    folder = SHARED_DATA / "tf1_saved_model" / "half_plus_two"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    assert graphflow.saved_model.maybe_saved_model_directory(folder)
    example = graphflow.train.Example()
    example.features.feature["x"].float_list.value.append(5.0)
    fed = {"tf_example": [example.SerializeToString()], "x": [[5.0]], "x2": [[7.0]]}
    with graphflow.Session() as session:
        meta_graph = graphflow.saved_model.loader.load(session, ["serve"], folder)
        results = {}
        for key, signature in meta_graph.signature_def.items():
            feeds = {
                info.name: fed[info.name.partition(":")[0]] for info in signature.inputs.values()
            }
            for name, info in signature.outputs.items():
                results[key, name] = session.run(info.name, feeds)
    assert results["regress_x_to_y", "outputs"].tolist() == [[4.5]]
    assert results["serving_default", "y"].tolist() == [[4.5]]


SCRIPT_OF_TF_2 = """
import sys
import tensorflow as tf

class Model(tf.Module):
    def __init__(self):
        self.w = tf.Variable([[1.0, 2.0]])
        self.count = tf.Variable(0)

    @tf.function(input_signature=[tf.TensorSpec([None, 1], tf.float32)])
    def __call__(self, x):
        y = tf.matmul(x, self.w)
        while tf.reduce_sum(y) < 20.0:
            y = y * 2.0
        if y[0, 0] > 8.0:
            y = -y
        return {"y": y, "count": self.count.assign_add(1)}

model = Model()
tf.saved_model.save(model, sys.argv[1])
"""


def test_a_model_of_tf_2(tmp_path: Path) -> None:
    """Functions that call functions, with branches, loops and variables; restored by one too."""
    folder, script = str(tmp_path / "model"), tmp_path / "script.py"
    script.write_text(SCRIPT_OF_TF_2)  # TensorFlow reads branches and loops from the file
    subprocess.run([sys.executable, str(script), folder], check=True, capture_output=True)
    predict = graphflow.contrib.predictor.from_saved_model(folder)
    for count, (x, y) in enumerate([(1.0, [8.0, 16.0]), (3.0, [-12.0, -24.0])], start=1):
        given = predict({"x": [[x]]})
        assert (given["y"].tolist(), given["count"]) == ([y], count)
    assert "DisableCopyOnRead" in {op.type for op in predict.graph.get_operations()}


def test_two_graphs(tmp_path: Path, oracle: ModuleType) -> None:
    """One set of variables; the second graph has a signature and a node of its own."""
    tf = graphflow
    builder = tf.saved_model.builder.SavedModelBuilder(str(tmp_path / "model"))
    with pytest.raises(AssertionError, match="not been saved yet"):
        builder.add_meta_graph(["second"])
    with tf.Graph().as_default(), tf.Session() as session:
        tf.get_variable("v", initializer=[1.0, 2.0])
        session.run(tf.global_variables_initializer())
        builder.add_meta_graph_and_variables(session, ["first", "cpu"])
        with pytest.raises(AssertionError, match="already been saved"):
            builder.add_meta_graph_and_variables(session, ["again"])
    with tf.Graph().as_default():
        v = tf.get_variable("v", [2])
        twice = tf.multiply(v, 2.0, name="twice")
        signature = tf.saved_model.signature_def_utils.predict_signature_def({"v": v}, {"t": twice})
        builder.add_meta_graph(["second"], {"double": signature}, strip_default_attrs=True)
    assert builder.save(as_text=True) == str(tmp_path / "model/saved_model.pbtxt").encode()
    for framework in (tf, oracle):
        with framework.Graph().as_default(), framework.Session() as session:
            framework.saved_model.load(session, {"second"}, str(tmp_path / "model"))
            assert session.run("twice:0").tolist() == [2.0, 4.0]
        with framework.Graph().as_default(), framework.Session() as session:
            framework.saved_model.load(session, ["cpu", "first"], str(tmp_path / "model"))
            assert session.run("v:0").tolist() == [1.0, 2.0]
    with tf.Session() as session, pytest.raises(RuntimeError, match=r"'cpu'.*\['second'\]"):
        tf.saved_model.load(session, ["cpu"], str(tmp_path / "model"))


def test_no_variables(tmp_path: Path, oracle: ModuleType) -> None:
    x = graphflow.placeholder(graphflow.float32, [], name="x")
    y = graphflow.square(x, name="y")
    with graphflow.Session() as session:
        graphflow.saved_model.simple_save(session, tmp_path / "model", {"x": x}, {"y": y})
    for framework in (graphflow, oracle):
        with framework.Graph().as_default(), framework.Session() as session:
            framework.saved_model.load(session, ["serve"], str(tmp_path / "model"))
            assert session.run("y:0", {"x:0": 3.0}) == 9.0


def test_assets_of_one_name(tmp_path: Path) -> None:
    """Equal files become one, others get numbers."""
    tf = graphflow
    paths = []
    for number, text in enumerate(["a", "b", "a"]):
        path = tmp_path / str(number) / "words.txt"
        path.parent.mkdir()
        path.write_text(text)
        paths.append(tf.constant(str(path)))
    builder = tf.saved_model.Builder(tmp_path / "model")
    with tf.Session() as session:
        builder.add_meta_graph_and_variables(session, [], assets_collection=paths)
    copies = {path.name: path.read_text() for path in (tmp_path / "model/assets").iterdir()}
    assert copies == {"words.txt": "a", "words.txt_1": "b"}


def test_builder_refuses(tmp_path: Path) -> None:
    tf = graphflow
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(AssertionError, match="isn't empty.*full"):
        tf.saved_model.Builder(tmp_path / "full")
    builder = tf.saved_model.Builder(tmp_path / "model")
    x = tf.placeholder(tf.string, [], name="x")
    incomplete = tf.saved_model.build_signature_def({"x": tf.TensorInfo(name="x:0")})
    signature = tf.saved_model.predict_signature_def({"x": x}, {"x": x})
    with tf.Session() as session:
        for error, words, options in (
            (AssertionError, "'x' of 'key' has not", {"signature_def_map": {"key": incomplete}}),
            (KeyError, "reserved", {"signature_def_map": {"__saved_model_init_op": signature}}),
            (TypeError, "main_op needs to be an Operation", {"main_op": x}),
            (ValueError, "Invalid asset filepath", {"assets_collection": [x]}),
        ):
            with pytest.raises(error, match=words):
                builder.add_meta_graph_and_variables(session, ["serve"], **options)


def test_what_is_no_saved_model(tmp_path: Path) -> None:
    load = graphflow.saved_model.load
    assert not graphflow.saved_model.contains_saved_model(tmp_path)
    with graphflow.Session() as session:
        with pytest.raises(OSError, match="does not exist at"):
            load(session, ["serve"], tmp_path)
        (tmp_path / "saved_model.pbtxt").write_text("meta_graphs { unknown: 3 }")
        with pytest.raises(OSError, match=r"Cannot parse file .*saved_model.pbtxt .*unknown"):
            load(session, ["serve"], tmp_path)
        (tmp_path / "saved_model.pb").write_bytes(b"\xff\xff")
        with pytest.raises(OSError, match=r"Cannot parse file .*saved_model.pb \(2 bytes\)"):
            load(session, ["serve"], tmp_path)


def test_tensor_infos(oracle: ModuleType) -> None:
    messages = []
    for tf in (graphflow, oracle):
        with tf.Graph().as_default() as graph:
            dense = tf.placeholder(tf.int64, [None, 3], name="dense")
            sparse = tf.sparse_placeholder(tf.float32, [4, 5], name="sparse")
            infos = [tf.saved_model.utils.build_tensor_info(t) for t in (dense, sparse)]
            found = [tf.saved_model.utils.get_tensor_from_tensor_info(i, graph) for i in infos]
            assert found[0] is dense
            assert found[1].values is sparse.values
            messages.append([graphflow.TensorInfo.FromString(i.SerializeToString()) for i in infos])
    assert messages[0] == messages[1]
    with pytest.raises(ValueError, match=r"Invalid TensorInfo.encoding: None"):
        graphflow.saved_model.get_tensor_from_tensor_info(graphflow.TensorInfo())


def test_signatures() -> None:
    tf, utils = graphflow, graphflow.saved_model.signature_def_utils
    text, number = tf.placeholder(tf.string, [None]), tf.placeholder(tf.float32, [None])
    for signature in (
        utils.regression_signature_def(text, number),
        utils.classification_signature_def(text, text, number),
        utils.classification_signature_def(text, None, number),
        utils.predict_signature_def({"n": number}, {"t": text}),
    ):
        assert utils.is_valid_signature(signature)
        changed = type(signature)()
        changed.CopyFrom(signature)
        changed.ClearField("outputs")
        assert not utils.is_valid_signature(changed)
    assert not utils.is_valid_signature(None)
    assert not utils.is_valid_signature(utils.build_signature_def(method_name="other"))
    for function, arguments, words in (
        (utils.regression_signature_def, (None, number), "examples cannot be None"),
        (utils.regression_signature_def, (number, number), "must be a string Tensor"),
        (utils.regression_signature_def, (text, text), "must be a float Tensor"),
        (utils.classification_signature_def, (text, None, None), "cannot both be None"),
        (utils.predict_signature_def, ({}, {"t": text}), "inputs cannot be None or empty"),
    ):
        with pytest.raises(ValueError, match=words):
            function(*arguments)


def test_main_ops() -> None:
    tf = graphflow
    v = tf.get_variable("v", initializer=2.0)
    local = tf.Variable(3.0, collections=[tf.GraphKeys.LOCAL_VARIABLES])
    restoring = tf.saved_model.main_op.main_op_with_restore(v.assign(local + 2.0).op)
    with tf.Session() as session:
        session.run(tf.saved_model.main_op.main_op())
        assert session.run([v, local]) == [2.0, 3.0]
        session.run(restoring)
        assert session.run([v, local]) == [5.0, 3.0]
