"""What is drawn of a graph, before any layout: boxes, what they say, arrows between them."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from graph_defs import constant, graph_def, node, variable

import graphflow.viz.picture as picture_module
from graphflow.viz.folding import MAX_BOXES, Choices
from graphflow.viz.picture import Box, Picture, make_picture, shape_text, split_long_arrows


def picture(*nodes: Any, **choices: Any) -> Picture:
    return make_picture(graph_def(*nodes), 32, Choices(**choices))


def names(drawn: Picture) -> list[str]:
    return [box.name for box in drawn.boxes]


def lines_of(drawn: Picture, name: str) -> tuple[str, ...]:
    return next(box.lines for box in drawn.boxes if box.name == name)


def arrows(drawn: Picture) -> list[str]:
    """`a -> b: label` for tensors, `a ..> b` for control, `a --> b` for gradients."""
    return [
        f"{arrow.tail} --> {arrow.head}"
        if arrow.is_gradient
        else f"{arrow.tail} ..> {arrow.head}"
        if arrow.is_control
        else f"{arrow.tail} -> {arrow.head}: {arrow.label}"
        for arrow in drawn.arrows
    ]


def test_boxes_and_shapes_on_arrows() -> None:
    drawn = picture(
        node("x", "Placeholder", shapes=[[None, 28, 28, 1]]),
        node("a/split", "Split", "x", shapes=[[3], [4], None]),
        node("a/y", "AddV2", "a/split:1", "a/split:1", "^x"),
        node("z", "Add", "a/split:2", "a/y"),
    )
    assert [(box.name, box.title, box.scope, box.kind) for box in drawn.boxes] == [
        ("x", "x", "", "input"),
        ("a/split", "split", "a", "shape"),
        ("a/y", "y", "a", "arithmetic"),
        ("z", "z", "", "arithmetic"),
    ]
    assert arrows(drawn) == [
        "x -> a/split: ?×28×28×1",
        "a/split -> a/y: 4",
        "x ..> a/y",
        "a/split -> z: ",
        "a/y -> z: ",
    ]


def test_tensors_that_go_the_same_way_share_an_arrow() -> None:
    drawn = picture(
        node("s", "Split", shapes=[[1], [2]]), node("t", "ConcatV2", "s", "s:1", "s", "^s")
    )
    assert arrows(drawn) == ["s -> t: 2 tensors"]


def test_a_variable_takes_its_initializer_its_read_and_its_slots() -> None:
    drawn = picture(
        constant("mean", 0.0),
        node("noise", "TruncatedNormal", "mean"),
        node("noise/scaled", "Mul", "noise", "mean"),
        *variable("layer/W", [5, 3], "noise/scaled"),
        constant("layer/W/Adam/Initializer/zeros", [0.0]),
        *variable("layer/W/Adam", [5, 3], "layer/W/Adam/Initializer/zeros"),
        node("x", "Placeholder"),
        node("y", "MatMul", "x", "layer/W/read"),
        node("init", "NoOp", "^layer/W/Assign", "^layer/W/Adam/Assign"),
    )
    assert names(drawn) == ["layer/W", "x", "y", "init"]
    assert lines_of(drawn, "layer/W") == ("5×3 float32",)
    assert arrows(drawn) == ["x -> y: ", "layer/W -> y: 5×3"]


def test_a_value_that_the_net_uses_too_is_drawn() -> None:
    drawn = picture(
        node("x", "RandomUniform"), *variable("v", [], "x"), node("y", "Add", "x", "v/read")
    )
    assert names(drawn) == ["x", "v", "y"]


def test_an_initial_value_that_is_fed_is_drawn() -> None:
    drawn = picture(node("x", "Placeholder"), *variable("v", [], "x"))
    assert names(drawn) == ["x", "v"]


def test_a_resource_variable_takes_its_reads() -> None:
    drawn = picture(
        node("v", "VarHandleOp"),
        node("v/Read/ReadVariableOp", "ReadVariableOp", "v"),
        node("MatMul/ReadVariableOp", "ReadVariableOp", "v", shapes=[[2, 2]]),
        node("x", "Placeholder"),
        node("MatMul", "MatMul", "x", "MatMul/ReadVariableOp"),
    )
    assert names(drawn) == ["v", "x", "MatMul"]
    assert arrows(drawn) == ["x -> MatMul: ", "v -> MatMul: 2×2"]


def test_small_constants_stand_in_the_op_that_takes_them() -> None:
    drawn = picture(
        node("x", "Placeholder"),
        constant("y/shape", [-1, 784], np.int32),
        node("y", "Reshape", "x", "y/shape"),
        constant("Const_1", [0, 1], np.int32),
        node("Mean", "Mean", "y", "Const_1"),
    )
    assert names(drawn) == ["x", "y", "Mean"]
    assert lines_of(drawn, "y") == ("Reshape", "shape = [-1, 784]")
    assert lines_of(drawn, "Mean") == ("[0, 1]",)


@pytest.mark.parametrize(
    "nodes",
    [
        [constant("two", 2.0), node("y", "Add", "two", "two:0")],
        [constant("Const", 2.0), node("y", "Neg", "Const"), node("z", "Exp", "Const")],
        [constant("Const", range(9)), node("y", "Neg", "Const")],
    ],
    ids=["named by the user", "used twice", "large"],
)
def test_other_constants_are_drawn(nodes: list[Any]) -> None:
    assert [box.kind for box in picture(*nodes).boxes][0] == "constant"


def test_gradients_optimizer_and_saver_are_a_box_each() -> None:
    drawn = picture(
        constant("zero", 0.0),
        *variable("W", [], "zero"),
        node("loss/Mean", "Mean", "W/read", shapes=[[]]),
        node("gradients/grad_ys_0", "Const"),
        node("gradients/Fill", "Fill", "gradients/grad_ys_0"),
        node("gradients/loss/Mean_grad/Tile", "Tile", "gradients/Fill", "W/read"),
        constant("one", 1.0),
        *variable("beta1_power", [], "one"),
        node("learning_rate", "Placeholder", shapes=[[]]),
        node(
            "train/Adam/update_W/ApplyAdam",
            "ApplyAdam",
            "W",
            "beta1_power/read",
            "learning_rate",
            "gradients/loss/Mean_grad/Tile",
        ),
        node("train/Adam", "NoOp", "^train/Adam/update_W/ApplyAdam"),
        node("save/SaveV2", "SaveV2", "W", "beta1_power"),
    )
    assert [(b.name, b.kind) for b in drawn.boxes if b.kind == "training"] == [
        ("gradients", "training"),
        ("train/Adam", "training"),
        ("save", "training"),
    ]
    assert "beta1_power" not in names(drawn)
    assert arrows(drawn) == [
        "W -> loss/Mean: scalar",
        "learning_rate -> train/Adam: scalar",
        "gradients -> train/Adam: ",
        "loss/Mean --> gradients",
    ]


def test_one_call_of_the_library_is_one_box() -> None:
    drawn = picture(
        node("x", "Placeholder"),
        node("dropout/noise", "RandomUniform"),
        node("dropout/mul", "Mul", "x", "dropout/noise"),
        node("loss/logistic_loss/zeros", "ZerosLike", "dropout/mul"),
        node("loss/logistic_loss", "Add", "loss/logistic_loss/zeros", "dropout/mul"),
        node("mine/inner", "Neg", "loss/logistic_loss"),
    )
    assert names(drawn) == ["x", "dropout", "loss/logistic_loss", "mine/inner"]
    assert [box.is_scope for box in drawn.boxes] == [False, True, True, False]
    assert lines_of(drawn, "dropout") == ("2 ops",)


def test_a_scope_of_one_op_tells_its_type() -> None:
    drawn = picture(node("cond/If", "If"))
    assert drawn.boxes == (Box("cond", "control flow", "cond", ("If",), "", "cond/If (If)", False),)


def test_a_scope_with_an_input_in_it_is_more_than_a_call() -> None:
    drawn = picture(node("dropout/keep_prob", "Placeholder"), node("dropout/x", "Neg"))
    assert names(drawn) == ["dropout/keep_prob", "dropout/x"]


NESTED = (
    node("a/b/c/x", "Neg"),
    node("a/b/y", "Neg", "a/b/c/x"),
    node("a/z", "Neg", "a/b/y"),
    node("dropout/w", "Neg", "a/z"),
    node("v", "Neg", "dropout/w"),
)


@pytest.mark.parametrize(
    ("choices", "boxes"),
    [
        ({}, ["a/b/c/x", "a/b/y", "a/z", "dropout", "v"]),
        ({"depth": 2}, ["a/b/c", "a/b/y", "a/z", "dropout", "v"]),
        ({"depth": 1}, ["a/b", "a/z", "dropout", "v"]),
        ({"depth": 0}, ["a", "dropout", "v"]),
        ({"depth": 0, "expand": ("a/b",)}, ["a/b/c", "a/b/y", "a/z", "dropout", "v"]),
        ({"depth": 0, "expand": ("*",)}, ["a/b/c/x", "a/b/y", "a/z", "dropout/w", "v"]),
        ({"expand": ("drop*",)}, ["a/b/c/x", "a/b/y", "a/z", "dropout/w", "v"]),
        ({"collapse": ("a/?",)}, ["a/b", "a/z", "dropout", "v"]),
        ({"collapse": ("a",), "expand": ("a/b",)}, ["a", "dropout", "v"]),
    ],
)
def test_depth_expand_and_collapse(choices: dict[str, Any], boxes: list[str]) -> None:
    assert names(picture(*NESTED, **choices)) == boxes


def test_expanding_a_variable_shows_what_it_is_made_of() -> None:
    drawn = picture(*variable("v", [2], "zero"), constant("zero", 0.0), expand=("v",))
    assert names(drawn) == ["v", "v/Assign", "v/read", "zero"]


def test_a_large_graph_is_folded_until_it_can_be_read() -> None:
    drawn = picture(*(node(f"a{i % 10}/b{i % 100}/n{i}") for i in range(2000)))
    assert len(drawn.boxes) == 100 <= MAX_BOXES
    assert drawn.boxes[0].name == "a0/b0"


def test_what_a_broken_graph_lacks_is_drawn_as_missing() -> None:
    drawn = picture(node("x", "Neg", "nowhere/y:3"))
    assert [(box.name, box.kind) for box in drawn.boxes] == [
        ("x", "arithmetic"),
        ("nowhere/y", "missing"),
    ]


def test_a_cycle_is_drawn() -> None:
    drawn = picture(node("a", "Merge", "b"), node("b", "NextIteration", "a"))
    assert arrows(drawn) == ["b -> a: ", "a -> b: "]


def test_long_arrows_are_split_off_beyond_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = picture(
        node("w", "Placeholder"),
        node("a", "Merge", "w", "d"),  # a cycle has no ranks to lead over
        node("d", "NextIteration", "a"),
        node("b", "Mul", "a", "w"),
        node("c", "Mul", "b", "w"),
    )
    monkeypatch.setattr(picture_module, "MAX_SPAN", 6)
    drawn_arrows, references = split_long_arrows(drawn)
    assert [(arrow.tail, arrow.head) for arrow in references] == [("w", "c")]
    assert len(drawn_arrows) == len(drawn.arrows) - 1
    monkeypatch.setattr(picture_module, "MAX_SPAN", 8)
    assert split_long_arrows(drawn)[1] == []


def test_settings_of_convolution_and_pooling() -> None:
    def layer(op: str, data_format: str, **sizes: list[int]) -> Any:
        result = node(op, op)
        result.attr["padding"].s = b"SAME"
        result.attr["data_format"].s = data_format.encode()
        for key, value in sizes.items():
            result.attr[key].list.i[:] = value
        return result

    drawn = picture(
        layer("Conv2D", "NHWC", strides=[1, 1, 1, 1]),
        layer("MaxPool", "NCHW", ksize=[1, 1, 2, 3], strides=[1, 1, 2, 2]),
    )
    assert lines_of(drawn, "Conv2D") == ("SAME",)
    assert lines_of(drawn, "MaxPool") == ("2×3, stride 2×2, SAME",)


@pytest.mark.parametrize(
    ("name", "op", "said"),
    [
        ("add_1", "AddV2", ()),
        ("Conv2D", "Conv2D", ()),
        ("Relu6_3", "Relu6", ()),
        ("TopKV2", "TopKV2", ()),
        ("y", "Softmax", ("Softmax",)),
    ],
)
def test_the_op_type_is_told_where_the_name_does_not(
    name: str, op: str, said: tuple[str, ...]
) -> None:
    assert lines_of(picture(node(name, op)), name) == said


@pytest.mark.parametrize(
    ("shape", "text"), [(None, ""), ((), "scalar"), ((None,), "?"), ((0, None, 3), "0×?×3")]
)
def test_shape_text(shape: Any, text: str) -> None:
    assert shape_text(shape) == text


def test_an_empty_graph() -> None:
    assert picture() == Picture((), ())


def test_tensorflows_own_graph_def(oracle: ModuleType) -> None:
    with oracle.Graph().as_default() as graph:
        x = oracle.placeholder(oracle.float32, [None, 4], name="x")
        with oracle.name_scope("layer"):
            weights = oracle.Variable(oracle.truncated_normal([4, 2]), name="W")
            y = oracle.nn.relu(oracle.matmul(x, weights))
        loss = oracle.reduce_mean(oracle.nn.softmax_cross_entropy_with_logits_v2(y, y), name="loss")
        oracle.train.AdamOptimizer().minimize(loss)
        oracle.global_variables_initializer()
    drawn = make_picture(graph.as_graph_def(add_shapes=True), 32, Choices())
    assert names(drawn) == [
        "x",
        "layer/W",
        "layer/MatMul",
        "layer/Relu",
        "softmax_cross_entropy_with_logits",
        "loss",
        "gradients",
        "Adam",
        "init",
    ]
    assert "loss --> gradients" in arrows(drawn)
    assert "layer/MatMul -> layer/Relu: ?×2" in arrows(drawn)


def chain_of_equal_scopes(*names: str) -> list[Any]:
    ends = ["x", *(f"{name}/b" for name in names)]
    scopes = [
        [node(f"{name}/a", "Exp", before), node(f"{name}/b", "Neg", f"{name}/a")]
        for before, name in zip(ends, names)
    ]
    return [node("x", "Placeholder"), *(n for scope in scopes for n in scope)]


@pytest.mark.parametrize(
    ("scopes", "boxes"),
    [
        (["u_1", "u_2", "u_3"], ["u_1…u_3"]),
        (["u", "u_1", "u_2"], ["u…u_2"]),
        (["conv3_1", "conv3_2", "conv3_3"], ["conv3_1…conv3_3"]),
        (["u_1", "u_2"], ["u_1/a", "u_1/b", "u_2/a", "u_2/b"]),
        (["u_1", "u_2", "u_4"], ["u_1/a", "u_1/b", "u_2/a", "u_2/b", "u_4/a", "u_4/b"]),
    ],
)
def test_a_series_is_three_or_more_in_a_row(scopes: list[str], boxes: list[str]) -> None:
    assert names(picture(*chain_of_equal_scopes(*scopes)))[1:] == boxes


def test_bare_ops_are_never_stacked() -> None:
    ops = [node("x"), *(node(f"Relu_{i}", "Relu", f"Relu_{i - 1}") for i in range(1, 7))]
    assert len(picture(*ops).boxes) == 8  # with what Relu_1 reads
    scoped = [node(f"s_{i}/Relu", "Relu", f"s_{i - 1}/Relu") for i in range(1, 7)]
    assert len(picture(*scoped).boxes) == 7


@pytest.mark.parametrize(("other", "stacks"), [("x", 1), ("around", 0)])
def test_a_series_around_which_something_leads_is_not_stacked(other: str, stacks: int) -> None:
    nodes = chain_of_equal_scopes("u_1", "u_2", "u_3")
    for second_input, first in zip(("x", "x", other), nodes[1::2]):
        first.input.append(second_input)
    nodes.insert(3, node("around", "Neg", "u_1/b"))
    assert [box.stacked for box in picture(*nodes).boxes].count(3) == stacks


def test_a_series_is_opened_by_expand_and_by_depth() -> None:
    nodes = chain_of_equal_scopes("u_1", "u_2", "u_3")
    assert not any(box.stacked > 1 for box in picture(*nodes, expand=("u_2",)).boxes)
    assert not any(box.stacked > 1 for box in picture(*nodes, expand=("u_1…u_3",)).boxes)
    assert len(picture(*nodes, depth=1).boxes) == 7
    assert picture(*nodes, depth=0).boxes[1].stacked == 3


def test_layers_of_different_width_are_alike_but_no_series() -> None:
    layers = [
        n
        for i, width in enumerate((8, 8, 9), start=1)
        for n in [
            *variable(f"l_{i}/W", [8, width], "zero"),
            node(f"l_{i}/y", "MatMul", f"l_{i - 1}/y", f"l_{i}/W/read"),
        ]
    ]
    drawn = picture(*layers, depth=0)
    assert [box.group for box in drawn.boxes[:3]] == [0, 0, 0]
    assert [box.stacked for box in drawn.boxes[:3]] == [1, 1, 1]


def test_parameters_are_what_the_net_learns() -> None:
    whole = variable("a/count", [5], "zero")
    whole[0].attr["dtype"].type = 9  # int64
    drawn = picture(
        constant("zero", 0.0),
        *variable("a/W", [3, 4], "zero"),
        *variable("a/W/Momentum", [3, 4], "zero"),
        *variable("a/b/moving_mean", [4], "zero"),
        *variable("a/b/beta", [4], "zero"),
        *whole,
    )
    assert drawn.parameters == {"": 16, "a": 16, "a/b": 4}
