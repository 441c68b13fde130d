"""tf.contrib.predictor: SavedModels as functions, TensorFlow's and our own."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import graphflow as tf

SHARED_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def save(framework: Any, folder: Path) -> None:
    """Y = 3 x, with a second signature and a second graph."""
    with framework.Graph().as_default(), framework.Session() as session:
        x = framework.placeholder(framework.float32, [None], name="x")
        a = framework.get_variable("a", initializer=3.0)
        y = framework.multiply(a, x, name="y")
        bias = framework.placeholder_with_default(0.0, [], name="bias")
        z = framework.add(y, bias, name="z")
        session.run(framework.global_variables_initializer())
        define = framework.saved_model.predict_signature_def
        builder = framework.saved_model.Builder(str(folder))
        builder.add_meta_graph_and_variables(
            session,
            ["serve"],
            {
                "serving_default": define({"x": x}, {"y": y}),
                "default_input_alternative:moved": define({"x": x, "bias": bias}, {"z": z}),
            },
        )
        builder.add_meta_graph(["serve", "gpu"], {"serving_default": define({"in": x}, {"out": y})})
        builder.save()


@pytest.fixture(params=["ours", "TensorFlow's"])
def model(request: pytest.FixtureRequest, tmp_path: Path, oracle: ModuleType) -> Path:
    save(tf if request.param == "ours" else oracle, tmp_path / "model")
    return tmp_path / "model"


def test_signatures(model: Path) -> None:
    predict = tf.contrib.predictor.from_saved_model(str(model))
    np.testing.assert_array_equal(predict({"x": [1.0, 2.0]})["y"], [3.0, 6.0])
    assert predict.graph is predict.session.graph is not tf.get_default_graph()
    assert predict.feed_tensors["x"].name == "x:0"
    assert predict.fetch_tensors["y"].name == "y:0"
    assert repr(predict).startswith("SavedModelPredictor with feed tensors {'x': <tf.Tensor 'x:0'")

    moved = tf.contrib.predictor.from_saved_model(model, signature_def_key="moved")
    assert moved({"x": [1.0], "bias": 1.0})["z"].tolist() == [4.0]
    assert moved({"x": [1.0], "bias": None})["z"].tolist() == [3.0]


def test_other_ways_to_say_what_to_compute(model: Path) -> None:
    graph = tf.Graph()
    tagged = tf.contrib.predictor.from_saved_model(model, tags="serve,gpu", graph=graph)
    assert tagged.graph is graph
    assert tagged({"in": [2.0]})["out"].tolist() == [6.0]
    named = tf.contrib.predictor.from_saved_model(
        model, input_names={"a": "x:0"}, output_names={"b": "y:0", "c": "z:0"}
    )
    assert {key: value.tolist() for key, value in named({"a": [1.0]}).items()} == {
        "b": [3.0],
        "c": [3.0],
    }
    signature = tf.saved_model.predict_signature_def(
        {"a": graph.get_tensor_by_name("x:0")}, {"b": graph.get_tensor_by_name("z:0")}
    )
    given = tf.contrib.predictor.from_saved_model(model, signature_def=signature)
    assert given({"a": [1.0]})["b"].tolist() == [3.0]


def test_refusals(model: Path, tmp_path: Path) -> None:
    from_saved_model = tf.contrib.predictor.from_saved_model
    with pytest.raises(ValueError, match="both be specified or both be unspecified"):
        from_saved_model(model, input_names={"x": "x:0"})
    with pytest.raises(ValueError, match="at most one of signature_def_key"):
        from_saved_model(
            model, "serving_default", input_names={"x": "x:0"}, output_names={"y": "y:0"}
        )
    with pytest.raises(ValueError, match=r'key "none"\. Available .*serving_default'):
        from_saved_model(model, signature_def_key="none")
    with pytest.raises(RuntimeError, match="'train'"):
        from_saved_model(model, tags="train")
    with pytest.raises(OSError, match="does not exist"):
        from_saved_model(tmp_path)
    with pytest.raises(ValueError, match=r"unexpected keys in input_dict: \{'w'\}"):
        from_saved_model(model)({"w": 1.0})


def test_a_model_of_tf_1() -> None:
    folder = SHARED_DATA / "tf1_saved_model" / "half_plus_two"
    if not folder.exists():
        pytest.skip(f"{folder} is not there")
    predict = tf.contrib.predictor.from_saved_model(
        folder, input_names={"x": "x:0"}, output_names={"y": "y:0"}
    )
    assert predict({"x": [[1.0], [4.0]]})["y"].tolist() == [[2.5], [4.0]]
