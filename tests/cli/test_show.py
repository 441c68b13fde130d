"""`graphflow show`: graphs of files and of scripts."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import graphflow as tf
from graphflow.cli.main import main
from graphflow.core.files.record import RecordWriter
from graphflow.protos import event_pb2, meta_graph_pb2

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture(autouse=True)
def working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def small_graph() -> tf.Graph:
    with tf.Graph().as_default() as graph:
        tf.negative(tf.placeholder(tf.float32, [None, 7], name="x"), name="layer/y")
    return graph


def write(kind: str, folder: Path) -> Path:
    """A file of that kind with the small graph."""
    graph_def = small_graph().as_graph_def()
    meta_graph = meta_graph_pb2.MetaGraphDef(graph_def=graph_def)
    path = folder / kind
    if kind == "graph.pb":
        path.write_bytes(graph_def.SerializeToString())
    elif kind == "graph.pbtxt":
        path.write_text(str(graph_def))
    elif kind == "meta.pbtxt":
        path.write_text(str(meta_graph))
    elif kind == "net.ckpt-3.meta":
        path.write_bytes(meta_graph.SerializeToString())
    elif kind == "saved_model.pb":
        saved = meta_graph_pb2.SavedModel(saved_model_schema_version=1, meta_graphs=[meta_graph])
        path.write_bytes(saved.SerializeToString())
    else:
        with RecordWriter(str(path)) as writer:
            event = event_pb2.Event(graph_def=graph_def.SerializeToString())
            writer.write(event.SerializeToString())
    return path


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        ("graph.pb", "graph.pb"),
        ("graph.pbtxt", "graph.pbtxt"),
        ("meta.pbtxt", "meta.pbtxt"),
        ("net.ckpt-3.meta", "net.ckpt-3.meta"),
        ("net.ckpt-3.meta", "net.ckpt-3"),
        ("net.ckpt-3.meta", "net.ckpt-3.index"),
        ("net.ckpt-3.meta", "."),
        ("saved_model.pb", "."),
        ("events.out.tfevents.1.host", "events.out.tfevents.1.host"),
    ],
)
def test_files(kind: str, named: str, tmp_path: Path) -> None:
    write(kind, tmp_path)
    assert main(["show", named, "-o", "out.dot"]) == 0
    source = (tmp_path / "out.dot").read_text()
    assert '"x" -> "layer/y"' in source


@pytest.mark.parametrize("suffix", [".svg", ".pdf", ".png", ".dot", ".html"])
def test_outputs(suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write("graph.pb", tmp_path)
    assert main(["show", "graph.pb", "-o", f"net{suffix}"]) == 0
    assert (tmp_path / f"net{suffix}").stat().st_size > 200
    assert capsys.readouterr().out == f"graph written to {tmp_path / f'net{suffix}'}\n"


def test_the_output_is_named_after_the_source(tmp_path: Path) -> None:
    write("graph.pb", tmp_path)
    assert main(["show", "graph.pb", "--theme", "dark", "--depth", "0"]) == 0
    assert "#171c21" in (tmp_path / "graph.svg").read_text()


SCRIPT = """
import sys
import graphflow as tf
import beside

x = tf.placeholder(tf.float32, [None, int(sys.argv[1])], name="x")
if __name__ == "__main__":
    tf.identity(x, name=beside.NAME)
    try:
        with tf.Session() as sess:
            print(sess.run(tf.global_variables_initializer()))
    except Exception:
        pass
    open("it_went_on", "w")
"""


def test_a_script_runs_until_it_runs_a_session(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/net.py").write_text(SCRIPT)
    (tmp_path / "scripts/beside.py").write_text("NAME = 'named_beside'")
    before = sys.argv, sys.path, tf.Session.run
    with tf.Graph().as_default():
        assert main(["show", "scripts/net.py", "-o", "net.dot", "--args", "11"]) == 0
    assert (sys.argv, sys.path, tf.Session.run) == before
    source = (tmp_path / "net.dot").read_text()
    assert '"x" -> "named_beside"' in source
    assert "?×11" in source
    assert not (tmp_path / "it_went_on").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.pb"], "there is no file nowhere.pb, nowhere.pb.meta"),
        (["broken.pb"], "there is no graph in broken.pb"),
        (["empty.py"], "empty.py has built no graph"),
        (["graph.pb", "-o", "net.jpeg"], "end it in .svg, .png, .pdf, .dot"),
    ],
)
def test_what_cannot_be_shown(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write("graph.pb", tmp_path)
    (tmp_path / "broken.pb").write_bytes(b"\xff\xff no graph")
    (tmp_path / "empty.py").write_text("")
    assert main(["show", *arguments]) == 1
    assert said in capsys.readouterr().err
    assert not list(tmp_path.glob("*.svg"))
