"""Products with a bias and a relu."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from core.native import assert_same_numbers, op_names, program_of

import graphflow as tf
from graphflow.core.passes.drop_dead import drop_dead
from graphflow.core.passes.matmul import fuse_matmuls
from graphflow.core.program.program import Program, verify

RANDOM = np.random.default_rng(0)
A, B, BIAS = (RANDOM.standard_normal(s).astype(np.float32) for s in ((4, 5), (5, 6), 6))


def rewritten(fetches: Any, *feeds: Any) -> Program:
    """The program after the pass, which must not change a number."""
    before = drop_dead(program_of(fetches, feeds))
    after = fuse_matmuls(before)
    verify(after)
    arrays = [RANDOM.standard_normal(x.shape.as_list()) for x in feeds]
    arrays = [a.astype(x.dtype.as_numpy_dtype) for a, x in zip(arrays, feeds, strict=True)]
    assert_same_numbers(before, after, arrays, rtol=1e-2 if arrays[0].itemsize == 2 else 1e-5)
    return after


def operands(dtype: Any = tf.float32) -> tuple[Any, Any, Any]:
    return tuple(tf.placeholder(dtype, shape) for shape in ([4, 5], [5, 6], [6]))


@pytest.mark.parametrize("dtype", [tf.float32, tf.float64])
@pytest.mark.parametrize("how", ["product first", "bias first", "bias_add", "xw_plus_b"])
def test_a_bias_joins_the_product(how: str, dtype: Any) -> None:
    a, b, bias = operands(dtype)
    y = {
        "product first": lambda: tf.matmul(a, b) + bias,
        "bias first": lambda: bias + tf.matmul(a, b),
        "bias_add": lambda: tf.nn.bias_add(tf.matmul(a, b), bias),
        "xw_plus_b": lambda: tf.nn.xw_plus_b(a, b, bias),
    }[how]()
    after = rewritten(y, a, b, bias)
    assert op_names(after) == ["_FusedMatMul"]
    assert after.nodes[-1].attrs["activation"] == ""


@pytest.mark.parametrize("transpose_a", [False, True])
@pytest.mark.parametrize("transpose_b", [False, True])
def test_a_relu_joins_as_well(transpose_a: bool, transpose_b: bool) -> None:
    a = tf.placeholder(tf.float32, [5, 4] if transpose_a else [4, 5])
    b = tf.placeholder(tf.float32, [6, 5] if transpose_b else [5, 6])
    bias = tf.placeholder(tf.float32, [6])
    product = tf.matmul(a, b, transpose_a=transpose_a, transpose_b=transpose_b)
    after = rewritten(tf.nn.relu(product + bias, name="last"), a, b, bias)
    assert op_names(after) == ["_FusedMatMul"]
    assert after.nodes[-1].attrs["activation"] == "Relu"
    assert after.nodes[-1].name == "last"


def test_what_is_fetched_is_computed() -> None:
    a, b, bias = operands()
    product = tf.matmul(a, b)
    total = product + bias
    assert op_names(rewritten([product, total], a, b, bias)) == ["MatMul", "AddV2"]
    assert op_names(rewritten([total, tf.nn.relu(total)], a, b, bias)) == ["_FusedMatMul", "Relu"]


def test_what_is_read_twice_is_computed() -> None:
    a, b, bias = operands()
    product = tf.matmul(a, b)
    assert op_names(rewritten((product + bias) * product, a, b, bias)) == ["MatMul", "AddV2", "Mul"]
    total = tf.matmul(a, b) + bias
    after = rewritten(tf.nn.relu(total) + total, a, b, bias)
    assert op_names(after) == ["_FusedMatMul", "Relu", "AddV2"]


@pytest.mark.parametrize("shape", [[4, 6], [1, 6], [4, 1], [1], []])
def test_what_is_no_bias_per_column_is_added_by_itself(shape: list[int]) -> None:
    a, b, _ = operands()
    other = tf.placeholder(tf.float32, shape)
    assert op_names(rewritten(tf.matmul(a, b) + other, a, b, other)) == ["MatMul", "AddV2"]


def test_a_square_product_that_is_added_to_itself_or_another() -> None:
    a = tf.placeholder(tf.float32, [4, 4])
    product = tf.matmul(a, a)
    assert op_names(rewritten(product + product, a)) == ["MatMul", "AddV2"]
    assert op_names(rewritten(tf.matmul(a, a) + tf.matmul(a, a + 1.0), a)).count("MatMul") == 2


@pytest.mark.parametrize("dtype", [tf.float16, tf.int32])
def test_types_that_kernels_do_not_multiply(dtype: Any) -> None:
    a, b, bias = operands(dtype)
    assert op_names(rewritten(tf.matmul(a, b) + bias, a, b, bias)) == ["MatMul", "AddV2"]


def test_a_bias_that_is_made_after_the_product() -> None:
    """The fused node stands where the sum stood: all that it reads is there."""
    a, b, bias = operands()
    product = tf.matmul(a, b)
    late = tf.exp(bias)
    assert op_names(rewritten(product + late, a, b, bias)) == ["Exp", "_FusedMatMul"]
