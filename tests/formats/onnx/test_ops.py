"""Each op of the table: the rows of `op_cases` made of it, run by graphflow and onnxruntime."""

from __future__ import annotations

import op_cases
import pytest
from op_cases import OpCase

import graphflow as tf
from graphflow.formats.onnx import check_onnx, to_onnx
from graphflow.formats.onnx.table import EMITTERS

ELSEWHERE = {"If", "Print"}  # in the other tests here

# Rows that ONNX has no way for, with a part of what is said.
REFUSED = {
    "Einsum-ellipsis": "ellipsis",
    "Einsum-ellipsis_in_one": "ellipsis",
    "GatherV2-batch": "with 1 dimensions in common",
    "MirrorPad-symmetric": "without the edge",
    "Sum-axis_at_run_time": "rank is not known",
    "ZerosLike-string": "no numbers",
}
# Rows whose types ONNX' own ops do not take, which its checker says.
MALFORMED = {
    "Add-string",
    "Equal-string",
    "Mean-uint8",
    "RandomStandardNormal-bfloat16",
    "RandomUniform-bfloat16",
    "Sum-int8",
}
# Rows that onnxruntime has no kernels for, or that its Python cannot take.
NOT_RUN = {"Cast-float32-bfloat16", "Erfc-double"}
# TensorFlow takes the first NaN for the largest number, onnxruntime does not.
DIFFERENT = {"ArgMax-nan"}


class Built:
    """A row as a GraphDef, with values for its inputs."""

    def __init__(self, case: OpCase, has_sizes: bool) -> None:
        with tf.Graph().as_default() as graph:
            inputs = []
            for i, array in enumerate(case.arrays):
                dtype = tf.string if array.dtype == object else tf.as_dtype(array.dtype)
                shape = array.shape if has_sizes else [None] * array.ndim
                inputs.append(tf.placeholder(dtype, shape, name=f"input_{i}"))
            results = case.build(tf, *inputs)
            results = list(results) if isinstance(results, list | tuple) else [results]
            self.outputs = [tf.identity(t, f"result_{i}").name for i, t in enumerate(results)]
            self.ops = {op.type for op in graph.get_operations()}
            self.is_complex = any(
                t.dtype.is_complex for op in graph.get_operations() for t in op.outputs
            )
            self.inputs = [tensor.name for tensor in inputs]
            self.feeds = dict(zip(self.inputs, case.arrays, strict=True))
            self.graph_def = graph.as_graph_def()

    def check(self) -> str:
        model = to_onnx(self.graph_def, self.outputs, self.inputs)
        assert [info.name for info in model.graph.input] == self.inputs
        assert [info.name for info in model.graph.output] == self.outputs
        return check_onnx(model, self.graph_def, self.outputs, feeds=self.feeds)


def rows() -> list[OpCase]:
    """The rows that are made of ops in the table."""
    known = {*EMITTERS, "Placeholder", "Const", "If"}
    return [case for case in op_cases.load()[0] if Built(case, has_sizes=True).ops <= known]


ROWS = rows()
IDS = [case.id for case in ROWS]


def test_every_op_of_the_table_has_a_row() -> None:
    shown: set[str] = set()
    for case in ROWS:
        if case.id not in REFUSED:
            shown |= Built(case, has_sizes=True).ops
    assert EMITTERS.keys() - shown - ELSEWHERE == set()
    assert {*REFUSED, *MALFORMED, *NOT_RUN, *DIFFERENT} <= set(IDS)


@pytest.mark.parametrize("case", ROWS, ids=IDS)
def test_row(case: OpCase) -> None:
    built = Built(case, has_sizes=True)
    if case.id in REFUSED:
        refused(built, REFUSED[case.id])
    elif built.is_complex:
        refused(built, "no complex arithmetic")
    elif case.id in MALFORMED:
        with pytest.raises(tf.errors.DataLossError, match="malformed: .*unsupported type"):
            built.check()
    elif case.id in DIFFERENT:
        with pytest.raises(tf.errors.DataLossError, match="differs by"):
            built.check()
    else:
        same(case, built)


@pytest.mark.parametrize("case", ROWS, ids=IDS)
def test_row_without_sizes(case: OpCase) -> None:
    """What is known is how many dimensions there are; where ONNX wants more, that is said."""
    if case.id in REFUSED or case.id in MALFORMED or case.id in DIFFERENT:
        return
    built = Built(case, has_sizes=False)
    if built.is_complex:
        return
    try:
        same(case, built)
    except tf.errors.UnimplementedError as error:
        assert "known" in error.message


def refused(built: Built, words: str) -> None:
    with pytest.raises(tf.errors.UnimplementedError) as error:
        built.check()
    assert words in error.value.message


def same(case: OpCase, built: Built) -> None:
    found = built.check()
    is_random = any(op.startswith("Random") for op in built.ops)
    if is_random:
        wanted = "not compared: it draws random numbers"
    elif case.id in NOT_RUN:
        wanted = "not compared: onnxruntime does not run it"
    else:
        wanted = "the same in onnxruntime and graphflow"
    assert found.startswith(wanted), found
