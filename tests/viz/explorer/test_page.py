"""The explorer page in headless Chromium: LeNet and ResNet-152, opened, searched, saved."""

from __future__ import annotations

import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from graph_defs import constant, graph_def, node

import graphflow as tf
from graphflow.protos import config_pb2, run_metadata_pb2
from graphflow.viz import check_health, explore

OpenPage = Callable[[Path], Any]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def lenet(open_page: OpenPage, pages: Path) -> Any:
    return open_page(pages / "lenet.html")


@pytest.fixture
def resnet(open_page: OpenPage, pages: Path) -> Any:
    return open_page(pages / "resnet152.html")


# --- LeNet ---------------------------------------------------------------------------------------


def test_it_opens_at_the_top_scopes(lenet: Any) -> None:
    assert set(lenet.boxes()) >= {"x", "y_", "CONV_LAYER_1", "CONV_LAYER_2", "FC_LAYER_1", "loss"}
    assert lenet.open_scopes() == []
    assert "CONV_LAYER_1 → CONV_LAYER_2" in lenet.arrows()


def test_training_stands_aside(lenet: Any) -> None:
    apart = {"gradients", "Adam", "save", "init", "beta1_power", "beta2_power"}
    assert apart <= set(lenet.boxes())
    assert not any(name in arrow.split(" → ") for name in apart for arrow in lenet.arrows())


def test_a_click_opens_a_scope_in_place_and_its_sign_closes_it(lenet: Any) -> None:
    lenet.click("CONV_LAYER_1")
    assert lenet.open_scopes() == ["CONV_LAYER_1"]
    assert {"CONV_LAYER_1/W", "CONV_LAYER_1/Conv2D", "CONV_LAYER_2"} <= set(lenet.boxes())
    assert "CONV_LAYER_1/W → CONV_LAYER_1/Conv2D" in lenet.arrows()
    assert "CONV_LAYER_1/MaxPool → CONV_LAYER_2" in lenet.arrows()
    outer = lenet.box("CONV_LAYER_1", "scope").rect
    inner = lenet.box("CONV_LAYER_1/Conv2D").rect
    assert outer["x"] < inner["x"] < inner["x"] + inner["width"] < outer["x"] + outer["width"]
    assert outer["y"] < inner["y"] < inner["y"] + inner["height"] < outer["y"] + outer["height"]
    lenet.box("CONV_LAYER_1", "close").click()
    assert lenet.open_scopes() == []


def test_boxes_do_not_overlap_and_arrows_lead_down(lenet: Any) -> None:
    for name in ("CONV_LAYER_1", "FC_LAYER_1", "loss"):
        lenet.run(f"graphflowExplorer.view.open.add('{name}')")
    lenet.run("graphflowExplorer.update()")
    overlaps = lenet.run("""
        const boxes = [...graphflowExplorer.scene.boxes.values()].filter((box) => !box.isOpen);
        const isApart = (a, b) => a.x + a.w <= b.x || b.x + b.w <= a.x
            || a.y + a.h <= b.y || b.y + b.h <= a.y;
        return boxes.flatMap((a, i) => boxes.slice(i + 1)
            .filter((b) => !isApart(a, b)).map((b) => a.id + ' over ' + b.id));""")
    assert overlaps == []
    rising = lenet.run("""
        return graphflowExplorer.scene.arrows.filter((arrow) =>
            arrow.points.some(([, y], i) => i && y < arrow.points[i - 1][1] - 0.1)
        ).map((arrow) => arrow.key);""")
    assert rising == []


def test_the_card_tells_what_is_known(lenet: Any) -> None:
    lenet.click("CONV_LAYER_1")
    assert "Parameters 832" in lenet.card()
    lenet.click("CONV_LAYER_1/Conv2D")
    card = lenet.card()
    assert "Type Conv2D" in card
    assert "?×28×28×32 float32" in card
    assert "lenet_dropout.py:" in card
    assert "tf.nn.conv2d(x, W" in card
    assert "strides 1, 1, 1, 1" in card
    assert "FLOPs 1.25 M for one example" in card  # 2 · 28 · 28 · 32 · 5 · 5
    assert "CONV_LAYER_1/W/read:0" in card
    lenet.press("f")
    lenet.shift_click("FC_LAYER_1")
    assert "Parameters 3,212,288" in lenet.card()
    assert lenet.open_scopes() == ["CONV_LAYER_1"]


def test_looking_inside_and_back_by_the_breadcrumb(lenet: Any) -> None:
    lenet.shift_click("FC_LAYER_2")
    lenet.press_button("Look inside")
    assert all(name.startswith("FC_LAYER_2/") for name in lenet.boxes())
    stubs = lenet.driver.find_elements("css selector", "#stage .stub")
    assert [stub.get_attribute("data-id") for stub in stubs] == ["Drop_out2"]
    lenet.press_button("lenet")
    assert "CONV_LAYER_1" in lenet.boxes()


def test_search_by_name_and_by_regular_expression(lenet: Any) -> None:
    assert "CONV_LAYER_2/Conv2D" in lenet.search("conv2d")
    found = lenet.search("/^FC_LAYER_\\d/MatMul$/")
    assert found == ["FC_LAYER_1/MatMul", "FC_LAYER_2/MatMul"]
    lenet.found()[1].click()
    assert lenet.open_scopes() == ["FC_LAYER_2"]
    assert "Type MatMul" in lenet.card()
    assert lenet.search("/(unfinished/") == []
    assert "wrong" in lenet.driver.find_element("id", "search").get_attribute("class")
    assert lenet.search("no such name") == []


def test_what_a_node_is_computed_from_is_highlighted_up_to_the_feeds(lenet: Any) -> None:
    def lit() -> set[str]:
        return {
            box.get_attribute("data-id")
            for box in lenet.driver.find_elements("css selector", "#stage .box.lit")
        }

    lenet.shift_click("CONV_LAYER_2")
    lenet.press_button("Inputs")
    assert lit() == {"x", "Reshape", "CONV_LAYER_1", "CONV_LAYER_2"}
    lenet.press_button("Outputs")
    assert {"CONV_LAYER_2", "FC_LAYER_1", "FC_LAYER_2", "loss", "accuracy"} <= lit()
    assert "x" not in lit()
    lenet.press("\ue00c")  # Escape
    assert lit() == set()


def test_hide_and_move_aside(lenet: Any) -> None:
    lenet.shift_click("accuracy")
    lenet.press_button("Hide")
    assert "accuracy" not in lenet.boxes()
    lenet.press_button("Unhide")
    lenet.shift_click("loss")
    lenet.press_button("Move aside")
    assert "loss" in lenet.boxes()
    assert not any(arrow.endswith("→ loss") for arrow in lenet.arrows())
    lenet.press_button("Move back")
    assert "y_ → loss" in lenet.arrows()


def test_the_keyboard_is_enough(lenet: Any) -> None:
    down, enter = "\ue015", "\ue007"
    lenet.press(down)  # selects the topmost
    lenet.run("graphflowExplorer.select(graphflowExplorer.model.byId.get('x'))")
    lenet.press(down, down)  # x, Reshape, CONV_LAYER_1
    assert lenet.card().startswith("CONV_LAYER_1")
    lenet.press(enter)
    assert lenet.open_scopes() == ["CONV_LAYER_1"]
    lenet.press(enter)
    assert lenet.open_scopes() == []
    lenet.press("d")
    assert "CONV_LAYER_1/Conv2D" in lenet.boxes()
    lenet.press("\ue003")  # Backspace
    assert "CONV_LAYER_2" in lenet.boxes()
    lenet.press("/")
    lenet.press("Drop")
    assert lenet.found()
    lenet.press("\ue00c")
    assert not lenet.found()
    lenet.press("h")
    assert "CONV_LAYER_1" not in lenet.boxes()


def test_the_view_is_saved_as_svg(lenet: Any) -> None:
    lenet.click("CONV_LAYER_1")
    lenet.press_button("Save SVG")
    saved = lenet.driver.downloads / "lenet.svg"
    deadline = time.monotonic() + 10
    while not saved.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    root = ElementTree.parse(saved).getroot()
    assert root.tag == f"{SVG}svg"
    groups = {
        g.get("data-id"): g.get("class").split()[0]
        for g in root.iter(f"{SVG}g")
        if g.get("data-id")
    }
    assert groups["CONV_LAYER_1"] == "scope"
    assert groups["CONV_LAYER_1/Conv2D"] == "box"
    texts = {text.text for text in root.iter(f"{SVG}text")}
    assert {"Conv2D", "5×5×1×32 float32", "?×14×14×32"} <= texts
    assert len([g for g in root.iter(f"{SVG}g") if "arrow" in (g.get("class") or "")]) > 10


def test_light_and_dark(lenet: Any) -> None:
    before = lenet.fill("x")
    lenet.press("t")
    assert lenet.fill("x") != before
    assert "#171c21" in lenet.run("return graphflowExplorer.svgText()")
    lenet.press("t")
    assert lenet.fill("x") == before


def test_fit_and_the_map(lenet: Any) -> None:
    fitted = lenet.run("graphflowExplorer.camera.fit(); return graphflowExplorer.camera.scale")
    lenet.press("+", "+")
    assert lenet.run("return graphflowExplorer.camera.scale") == pytest.approx(fitted * 1.25**2)
    lenet.press("f")
    assert lenet.run("return graphflowExplorer.camera.scale") == fitted
    lenet.run("graphflowExplorer.camera.pin(0, 0, [5000, 5000])")
    lenet.driver.find_element("id", "map").click()
    x, width = lenet.run("const { x, size } = graphflowExplorer.camera; return [x, size.width]")
    assert 0 < x < width / 2  # the middle of the graph is in the middle


# --- ResNet-152, with its training: ten thousand nodes -------------------------------------------


def test_resnet_opens_and_expands(resnet: Any) -> None:
    assert resnet.run("return graphflowExplorer.model.nodes.length") > 10_000
    assert {"images", "block1", "block4", "logits"} <= set(resnet.boxes())
    resnet.click("block3")
    assert "block3/unit_2…unit_36" in resnet.boxes()
    resnet.click("block3/unit_2…unit_36")
    assert sum(name.startswith("block3/unit_2…unit_36/unit_") for name in resnet.boxes()) == 35
    # What is laid out and drawn is what is open, not the ten thousand.
    assert resnet.run("return document.querySelectorAll('#stage *').length") < 2000


def test_resnet_search_select_and_export(resnet: Any) -> None:
    found = resnet.search("/block3/unit_17/conv2/Conv2D$/")
    assert found == ["block3/unit_17/conv2/Conv2D"]
    resnet.found()[0].click()
    assert "Type Conv2D" in resnet.card()
    assert "resnet.py:" in resnet.card()
    assert "block3/unit_2…unit_36/unit_17/conv2" in resnet.open_scopes()
    root = ElementTree.fromstring(resnet.run("return graphflowExplorer.svgText()").encode())
    drawn = {g.get("data-id") for g in root.iter(f"{SVG}g")}
    assert "block3/unit_2…unit_36/unit_17/conv2/Conv2D" in drawn


def test_equal_blocks_have_equal_colours(resnet: Any) -> None:
    resnet.click("block1")
    fills = [resnet.fill(f"block1/unit_{i}") for i in (1, 2, 3)]
    assert fills[1] == fills[2] != fills[0]


def test_more_boxes_than_can_be_drawn_are_refused(resnet: Any) -> None:
    resnet.run("""
        const { model, view } = graphflowExplorer;
        let count = 20;
        for (const tree of model.byId.values()) {
          if (!tree.isScope || tree.isApart || count > 1400) continue;
          view.open.add(tree.id);
          count += tree.children.length;
        }
        graphflowExplorer.update();""")
    resnet.run("""
        const { model, scene } = graphflowExplorer;
        for (const box of [...scene.boxes.values()]) {
          if (box.tree.isScope && !box.isOpen) graphflowExplorer.toggle(box.tree);
        }""")
    assert "more than 1500 boxes" in resnet.driver.find_element("id", "toast").text
    assert resnet.run("return graphflowExplorer.scene.boxes.size") <= 1600


# --- costs, health, and unusual graphs -----------------------------------------------------------


def test_colours_by_time_memory_health_and_device(open_page: OpenPage, tmp_path: Path) -> None:
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None], name="x")
        with tf.device("/cpu:0"):
            bad = tf.log(x, name="bad")
        good = tf.exp(x, name="good")
        tf.negative(x, name="unused")
    metadata = run_metadata_pb2.RunMetadata()
    with tf.Session(graph=graph) as session:
        feed = {x: np.float32([-1.0, 0.0, 1.0])}
        health = check_health(session, [bad, good], feed)
        options = config_pb2.RunOptions(trace_level=config_pb2.RunOptions.FULL_TRACE)
        session.run([bad, good], feed, options=options, run_metadata=metadata)
    for device in metadata.step_stats.dev_stats:
        for stats in device.node_stats:
            is_good = stats.node_name == "good"
            stats.all_end_rel_micros = 900 if is_good else 9
            del stats.output[:]
            described = stats.output.add().tensor_description.allocation_description
            described.allocated_bytes = 10 if is_good else 1000
    explore(graph, tmp_path / "g.html", run_metadata=metadata, health=health)
    page = open_page(tmp_path / "g.html")
    structure = page.fill("good")
    page.color_by("time")
    assert len({page.fill("good"), page.fill("bad"), page.fill("unused")}) == 3
    slow = page.fill("good")
    page.color_by("memory")
    assert page.fill("bad") == slow
    page.color_by("health")
    assert page.fill("bad") != page.fill("good")
    page.click("bad")
    assert "1 NaN, 1 Inf of 3 values" in page.card()
    assert "Time 9 µs" in page.card()
    assert "Memory 1.00 kB" in page.card()
    page.color_by("device")
    assert page.fill("bad") != page.fill("good")
    page.color_by("structure")
    assert page.fill("good") == structure


def test_a_flat_graph_of_ten_thousand_nodes(open_page: OpenPage, tmp_path: Path) -> None:
    chain = [node(f"n{i}", "Neg", f"n{i - 1}") for i in range(1, 10_000)]
    explore(graph_def(node("n0", "Placeholder"), *chain), tmp_path / "flat.html")
    page = open_page(tmp_path / "flat.html")
    assert len(page.boxes()) <= 120
    page.search("/^n7777$/")
    page.found()[0].click()
    assert "Type Neg" in page.card()


def test_cycles_and_missing_nodes_are_drawn(open_page: OpenPage, tmp_path: Path) -> None:
    nodes = graph_def(
        node("loop/Merge", "Merge", "loop/Next", "start"),
        node("loop/Next", "NextIteration", "loop/Merge"),
        node("loop/Exit", "Neg", "loop/Merge", "^loop/Next", "nowhere:3"),
        node("self", "Neg", "self"),
        node("start", "Placeholder"),
    )
    explore(nodes, tmp_path / "g.html")
    page = open_page(tmp_path / "g.html")
    if "loop" in page.boxes():
        page.click("loop")
    assert "loop/Next → loop/Merge" in page.arrows()
    page.click("loop/Exit")
    assert "not in the graph" in page.card()


def test_names_are_text_and_no_markup(open_page: OpenPage, tmp_path: Path) -> None:
    names = [
        "</script><script>alert(1)</script>",
        "<b>&amp;</b>",
        'say "no"',
        "多層",
        "a//b",
        "$title",
    ]
    explore(
        graph_def(*(node(name, "Neg") for name in names)), tmp_path / "g.html", title="<i>t</i>"
    )
    page = open_page(tmp_path / "g.html")
    assert page.run("return graphflowExplorer.model.nodes.map((n) => n.name)") == names
    assert page.run("return document.querySelectorAll('#stage b, #crumbs i').length") == 0


def test_an_empty_graph(open_page: OpenPage, tmp_path: Path) -> None:
    explore(graph_def(), tmp_path / "g.html")
    assert open_page(tmp_path / "g.html").boxes() == []


def test_constants_and_variables_hold_their_parts(open_page: OpenPage, tmp_path: Path) -> None:
    nodes = graph_def(
        node("x", "Placeholder"),
        constant("y/shape", [-1, 784], np.int32),
        node("y", "Reshape", "x", "y/shape"),
    )
    explore(nodes, tmp_path / "g.html")
    page = open_page(tmp_path / "g.html")
    assert page.boxes() == ["x", "y"]
    page.click("y")
    assert sorted(page.boxes()) == ["x", "y/.y", "y/shape"]


def test_labels_of_crossing_arrows_stand_apart(open_page: OpenPage, tmp_path: Path) -> None:
    with tf.Graph().as_default() as graph:
        a, b = (tf.placeholder(tf.float32, [2, 10], name=name) for name in "ab")
        for name in ("one", "two"):
            with tf.name_scope(name):
                tf.nn.relu(tf.add(a, b))
    explore(graph, tmp_path / "g.html")
    page = open_page(tmp_path / "g.html")
    texts = page.driver.find_elements("css selector", "#stage .arrow text")
    assert len(texts) == 4
    rectangles = [text.rect for text in texts]
    for i, p in enumerate(rectangles):
        for q in rectangles[:i]:
            is_beside = p["x"] > q["x"] + q["width"] - 1 or q["x"] > p["x"] + p["width"] - 1
            assert is_beside or abs(p["y"] - q["y"]) > p["height"] - 4


def test_titles_of_open_scopes_are_over_the_arrows(lenet: Any) -> None:
    lenet.click("CONV_LAYER_1")
    groups = lenet.driver.find_elements("css selector", "#stage g.arrow, #stage g.titles")
    assert "titles" in groups[-1].get_attribute("class")
    assert groups[-1].text.startswith("CONV_LAYER_1")


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("sized(999)", "999 B"),
        ("sized(999960)", "1,000 kB"),
        ("sized(13.9e6)", "13.9 MB"),
        ("counted(1234)", "1,234"),
        ("counted(999.9e6)", "1,000 M"),
        ("timed(12)", "12 µs"),
        ("timed(2140)", "2.14 ms"),
    ],
)
def test_amounts_in_words(lenet: Any, call: str, text: str) -> None:
    assert lenet.run(f"return {call}") == text
