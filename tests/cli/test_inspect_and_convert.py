"""`graphflow inspect` and `graphflow convert`."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import onnxruntime
import pytest
from files_of_each_kind import write_all

import graphflow as tf
from graphflow.cli.main import main

SHARED_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"

# Words that the description of each kind has.
WORDS = {
    "checkpoint": ["1 tensors, 2 elements, 8 bytes", "v float32 [2, 1] 8 bytes"],
    "MetaGraphDef": [
        "collections: summaries, trainable_variables, variables",
        "x float32 [?, 2]",
    ],
    "SavedModel": ["graph 0, tags: serve", "signature 'serving_default'", "x:0 float32 [?, 2]"],
    "event file": ["4 events, steps 0 to 3", "summary 1", "size 1 values"],
    "GraphDef": ["producer 38", "MatMul 1", "ops that graphflow does not have: none"],
    "GraphDef as text": ["v float32 [2, 1]"],
    "TFRecord file": ["1 records", "n int64 x 2"],
}


def test_inspect(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for kind, path in write_all(tmp_path).items():
        assert main(["inspect", path]) == 0
        shown = capsys.readouterr().out
        assert kind.removesuffix(" as text") in shown.splitlines()[0]
        for words in WORDS[kind]:
            assert words in " ".join(shown.split())


def test_inspect_tells_missing_ops(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    graph_def = tf.GraphDef()
    for name, op in (("a", "NoOp"), ("b", "Rare"), ("c", "Rare")):
        graph_def.node.add(name=name, op=op)
    (tmp_path / "graph.pb").write_bytes(graph_def.SerializeToString())
    assert main(["inspect", str(tmp_path / "graph.pb")]) == 0
    assert "ops that graphflow does not have: Rare 2\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    "name", ["tf1_checkpoint", "tf1_checkpoint/dnn.ckpt-100.meta", "tf1_saved_model/half_plus_two"]
)
def test_files_of_tf_1(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = SHARED_DATA / name
    if not path.exists():
        pytest.skip(f"{path} is not there")
    assert main(["inspect", str(path)]) == 0
    assert len(capsys.readouterr().out.splitlines()) > 10


def test_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = write_all(tmp_path)
    for arguments, words in (
        (["inspect", str(tmp_path / "none")], "graphflow inspect: "),
        (["convert", str(tmp_path / "none"), "new.pb"], "no such file or checkpoint"),
        (["convert", files["GraphDef"], "new.npz"], "no way from a GraphDef to new.npz"),
        (["convert", files["checkpoint"], "new.pb"], "with --outputs only"),
        (["convert", files["GraphDef"], "new.pb", "--outputs", "y"], "no values for variables"),
        (["convert", files["GraphDef"], "new.onnx", "--outputs", "y"], "freeze the graph"),
        (["convert", files["checkpoint"], "new.onnx"], "with --outputs only"),
        (["convert", files["event file"], "new.onnx"], "event file becomes an ONNX model with"),
        (["convert", files["SavedModel"], "new.pb", "--outputs", "z"], "z"),
    ):
        assert main(arguments) == 1
        said = capsys.readouterr().err
        assert words in said and arguments[1] in said


def test_a_damaged_graph(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    graph_def = tf.GraphDef()
    graph_def.node.add(name="x", op="Placeholder").attr["dtype"].type = 33
    damaged = tmp_path / "damaged.pb"
    damaged.write_bytes(graph_def.SerializeToString())
    assert main(["convert", str(damaged), str(tmp_path / "new.onnx"), "--outputs", "x"]) == 1
    assert f"{damaged}: Cannot convert value 33" in capsys.readouterr().err


def test_graphs(tmp_path: Path) -> None:
    files = write_all(tmp_path)
    text, binary, meta = (str(tmp_path / name) for name in ("t.pbtxt", "b.pb", "m.pb"))
    assert main(["convert", files["GraphDef"], text]) == 0
    assert main(["convert", text, binary]) == 0
    assert main(["convert", files["MetaGraphDef"], meta]) == 0
    original = tf.GraphDef.FromString(Path(files["GraphDef"]).read_bytes())
    assert tf.GraphDef.FromString(Path(binary).read_bytes()) == original
    assert "y" in {node.name for node in tf.GraphDef.FromString(Path(meta).read_bytes()).node}


@pytest.mark.parametrize("kind", ["checkpoint", "SavedModel"])
def test_frozen(tmp_path: Path, oracle: ModuleType, kind: str) -> None:
    files = write_all(tmp_path)
    frozen = tmp_path / "frozen.pb"
    assert main(["convert", files[kind], str(frozen), "--outputs", "y"]) == 0
    for framework in (tf, oracle):
        graph_def = framework.GraphDef.FromString(frozen.read_bytes())
        assert not {node.op for node in graph_def.node} & {"VariableV2", "VarHandleOp"}
        with framework.Graph().as_default(), framework.Session() as session:
            framework.import_graph_def(graph_def, name="")
            assert session.run("y:0", {"x:0": [[3.0, 4.0]]}).tolist() == [[11.0]]


def computed(path: Path, feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
    """What onnxruntime computes by a model."""
    return list(onnxruntime.InferenceSession(path).run(None, feeds))


@pytest.mark.parametrize("kind", ["checkpoint", "SavedModel"])
def test_onnx(tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    files = write_all(tmp_path)
    frozen, model = tmp_path / "frozen.pb", tmp_path / "model.onnx"
    outputs = [] if kind == "SavedModel" else ["--outputs", "y"]
    assert main(["convert", files[kind], str(model), *outputs]) == 0
    shown = capsys.readouterr().out
    assert shown == f"{model}: the same in onnxruntime and graphflow within 0.0e+00\n"
    assert main(["convert", files[kind], str(frozen), "--outputs", "y"]) == 0
    assert main(["convert", str(frozen), str(tmp_path / "again.onnx")]) == 0
    assert (tmp_path / "again.onnx").read_bytes() == model.read_bytes()
    (y,) = computed(model, {"x:0": np.array([[3.0, 4.0]], np.float32)})
    assert y.tolist() == [[11.0]]


def test_onnx_with_inputs_and_constants(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    x = tf.placeholder(tf.float32, name="x")
    p = tf.placeholder(tf.bool, name="p")
    tf.reshape(tf.cond(p, lambda: x * 2.0, lambda: tf.matrix_inverse(x)), [3, -1], name="y")
    graph = tf.train.write_graph(tf.get_default_graph(), str(tmp_path), "graph.pb", as_text=False)
    model = tmp_path / "model.onnx"
    assert main(["convert", graph, str(model)]) == 1
    said = capsys.readouterr().err
    assert "'MatrixInverse' (1 node, 'cond/MatrixInverse')" in said
    assert "'x:0' (Placeholder): its rank is not known: give its shape" in said
    assert not model.exists()
    settled = ["convert", graph, str(model), "--inputs", "x[?, 1],", "--set", "p=True"]
    assert main(settled) == 0
    assert "not compared: the graph does not run on made-up inputs" in capsys.readouterr().out
    np.savez(tmp_path / "feeds.npz", x=np.ones([6, 1], np.float32))
    assert main([*settled, "--check-with", str(tmp_path / "feeds.npz")]) == 0
    assert "the same in onnxruntime and graphflow" in capsys.readouterr().out
    (y,) = computed(model, {"x:0": np.ones([3, 1], np.float32)})
    assert y.tolist() == [[2.0]] * 3
    for arguments in (["--inputs", "x[a]"], ["--set", "p"]):
        with pytest.raises(SystemExit):
            main(["convert", graph, str(model), *arguments])


def test_onnx_of_files_of_tf_1(tmp_path: Path) -> None:
    if not SHARED_DATA.exists():
        pytest.skip(f"{SHARED_DATA} is not there")
    net = str(SHARED_DATA / "tf1_checkpoint" / "dnn.ckpt-100")
    line = str(SHARED_DATA / "tf1_saved_model" / "half_plus_two")
    model = tmp_path / "model.onnx"
    inputs = ["--inputs", "Placeholder[?,2]"]
    assert main(["convert", net, str(model), "--outputs", "output/MatMul", *inputs]) == 0
    assert computed(model, {"Placeholder:0": np.ones([4, 2], np.float32)})[0].shape == (4, 3)
    assert main(["convert", line, str(model), "--outputs", "y", "--inputs", "x"]) == 0
    assert computed(model, {"x:0": np.array([[4.0]], np.float32)})[0].tolist() == [[4.0]]


def test_tensors(tmp_path: Path) -> None:
    with tf.Session() as session:
        tf.Variable([[1.5, 2.5]], name="scope/a")
        tf.Variable([True, False, True], name="b")
        tf.Variable(np.int64(7), name="c")
        session.run(tf.global_variables_initializer())
        prefix = str(tf.train.Saver().save(session, tmp_path / "model"))
    npz, safetensors = str(tmp_path / "t.npz"), str(tmp_path / "t.safetensors")
    assert main(["convert", prefix, npz]) == 0
    assert main(["convert", prefix, safetensors]) == 0
    with np.load(npz) as arrays:
        assert sorted(arrays) == ["b", "c", "scope/a"]
        assert arrays["scope/a"].tolist() == [[1.5, 2.5]]
    data = Path(safetensors).read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    assert length % 8 == 0
    header, body = json.loads(data[8 : 8 + length]), data[8 + length :]
    assert header["c"] == {"dtype": "I64", "shape": [], "data_offsets": [3, 11]}
    begin, end = header["scope/a"]["data_offsets"]
    assert np.frombuffer(body[begin:end], "<f4").tolist() == [1.5, 2.5]
    assert end == len(body)


@pytest.mark.parametrize("name", ["t.npz", "t.safetensors"])
def test_strings_are_refused(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with tf.Session() as session:
        tf.Variable("text", name="words")
        session.run(tf.global_variables_initializer())
        prefix = str(tf.train.Saver().save(session, tmp_path / "model"))
    assert main(["convert", prefix, str(tmp_path / name)]) == 1
    assert "cannot hold 'words', whose type is string" in capsys.readouterr().err
    assert not (tmp_path / name).exists()


def test_a_reader_that_has_read_enough_is_no_error(tmp_path: Path) -> None:
    path = write_all(tmp_path)["GraphDef"]
    program = subprocess.Popen(
        [sys.executable, "-m", "graphflow.cli", "inspect", path],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    program.stdout.close()
    assert program.stderr.read() == b""
    assert program.wait() == 0
    program.stderr.close()
