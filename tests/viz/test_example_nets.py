"""The pictures of real nets, by the structure of their SVG."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable

import example_nets
import pytest

import graphflow as tf
from graphflow.viz import graph_def_to_dot
from graphflow.viz.render import render

pytest.importorskip("pygraphviz")
SVG = "{http://www.w3.org/2000/svg}"


class Drawn:
    """What an SVG of graphviz' shows."""

    def __init__(self, svg: bytes) -> None:
        groups = [g for g in ElementTree.fromstring(svg).iter(f"{SVG}g") if g.get("class")]
        self.titles = {
            kind: [g.find(f"{SVG}title").text for g in groups if g.get("class") == kind]
            for kind in ("node", "edge", "cluster")
        }
        self.texts = [text.text for g in groups for text in g.iter(f"{SVG}text")]


def draw(build: Callable[[], object], **options: object) -> Drawn:
    with tf.Graph().as_default() as graph:
        build()
        tf.global_variables_initializer()
    return Drawn(render(graph_def_to_dot(graph.as_graph_def(add_shapes=True), **options)))


def test_lenet() -> None:
    drawn = draw(example_nets.load("lenet").build)
    assert drawn.titles["cluster"] == [
        "cluster_CONV_LAYER_1",
        "cluster_CONV_LAYER_2",
        "cluster_FC_LAYER_1",
        "cluster_FC_LAYER_2",
        "cluster_loss",
        "cluster_accuracy",
    ]
    assert {"CONV_LAYER_1/W", "CONV_LAYER_1/Conv2D", "gradients", "Adam"} <= {*drawn.titles["node"]}
    assert "CONV_LAYER_1/Conv2D->CONV_LAYER_1/add" in drawn.titles["edge"]
    texts = " ".join(drawn.texts).replace("\xa0", " ")
    assert "?×28×28×32" in texts
    assert "832 parameters" in texts and "3,212,288 parameters" in texts


@pytest.mark.parametrize("is_training", [False, True])
def test_resnet_152_is_folded_until_it_can_be_read(is_training: bool) -> None:
    with tf.Graph().as_default() as graph:
        example_nets.load("resnet").build(152, is_training)
        tf.global_variables_initializer()
    graph_def = graph.as_graph_def(add_shapes=True)
    drawn = Drawn(render(graph_def_to_dot(graph_def)))
    assert {"block2/unit_2…unit_8", "block3/unit_2…unit_36"} <= {*drawn.titles["node"]}
    assert len(drawn.titles["node"]) < 100
    assert ("gradients" in drawn.titles["node"]) == is_training


def test_resnet_152_node_by_node_is_refused_with_advice() -> None:
    resnet = example_nets.load("resnet")
    with pytest.raises(ValueError, match="too many to lay out.*explorer=True"):
        draw(lambda: resnet.build(152), expand="*")


def test_the_nets_have_as_many_parameters_as_the_papers_say() -> None:
    resnet = example_nets.load("resnet")
    for depth, millions in ((50, 25.6), (101, 44.5), (152, 60.2)):
        with tf.Graph().as_default():
            resnet.build(depth)
            count = sum(v.shape.num_elements() for v in tf.trainable_variables())
        assert count / 1e6 == pytest.approx(millions, abs=0.1)
