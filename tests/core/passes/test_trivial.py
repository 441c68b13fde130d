"""Nodes that only reshape, for the shapes at hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from core.native import assert_same_numbers, op_names, program_of

import graphflow as tf
from graphflow.core.passes.drop_dead import drop_dead
from graphflow.core.passes.trivial import drop_trivial
from graphflow.core.program.program import verify


def ops_after(fetch: Any, x: Any) -> list[str]:
    """The ops after the pass, which must not change a number."""
    before = drop_dead(program_of(fetch, [x]))
    after = drop_trivial(before)
    verify(after)
    size = int(np.prod(x.shape.as_list()))
    array = np.arange(size, dtype=x.dtype.as_numpy_dtype).reshape(x.shape.as_list())
    assert_same_numbers(before, after, [array])
    return op_names(drop_dead(after))


VIEWS = {
    "sum over nothing": ([2, 3], lambda x: tf.reduce_sum(x, [])),
    "mean over one": ([5, 1], lambda x: tf.reduce_mean(x, [1])),
    "max, kept": ([1, 5], lambda x: tf.reduce_max(x, [0], keepdims=True)),
    "min": ([1, 1], tf.reduce_min),
    "product": ([1, 4], lambda x: tf.reduce_prod(x, 0)),
    "tile of one": ([2, 3], lambda x: tf.tile(x, [1, 1])),
    "no padding": ([2, 3], lambda x: tf.pad(x, [[0, 0], [0, 0]])),
    "no broadcast": ([2, 3], lambda x: tf.broadcast_to(x, [2, 3])),
    "all of it": ([2, 3], lambda x: tf.slice(x, [0, 0], [2, -1])),
    "of the shape it must have": ([2, 3], lambda x: tf.ensure_shape(x, [None, 3])),
    "identities": ([2, 3], lambda x: tf.identity_n([x, -x])[0]),
    "transposed row": ([1, 7], tf.transpose),
    "transposed ones": ([2, 1, 3, 1], lambda x: tf.transpose(x, [1, 0, 3, 2])),
}
OTHERS = {
    "sum": ([2, 3], lambda x: tf.reduce_sum(x, [0]), "Sum"),
    "mean of nothing": ([0, 3], lambda x: tf.reduce_mean(x, [0]), "Mean"),
    "sum that keeps no element": ([0, 3], lambda x: tf.reduce_sum(x, [1]), "Sum"),
    "tile": ([2, 3], lambda x: tf.tile(x, [1, 2]), "Tile"),
    "padding of nothing": ([0, 3], lambda x: tf.pad(x, [[0, 1], [0, 0]]), "Pad"),
    "broadcast": ([1, 3], lambda x: tf.broadcast_to(x, [2, 3]), "BroadcastTo"),
    "transposed": ([2, 3], tf.transpose, "Transpose"),
    "transposed without elements": ([0, 3], tf.transpose, "Transpose"),
    "reversed": ([2, 3], lambda x: tf.reverse(x, [0]), "ReverseV2"),
    "cumsum": ([2, 3], tf.cumsum, "Cumsum"),
}


@pytest.mark.parametrize("dtype", [tf.float32, tf.int64])
@pytest.mark.parametrize("case", VIEWS)
def test_what_only_reshapes_becomes_a_reshape(case: str, dtype: Any) -> None:
    shape, function = VIEWS[case]
    x = tf.placeholder(dtype, shape)
    assert ops_after(function(x), x) == ["Reshape"]


@pytest.mark.parametrize("case", OTHERS)
def test_what_computes_stays(case: str) -> None:
    shape, function, name = OTHERS[case]
    x = tf.placeholder(tf.float32, shape)
    assert ops_after(function(x), x) == [name]


def test_a_permutation_that_is_not_known_stays() -> None:
    x, order = tf.placeholder(tf.float32, [1, 7]), tf.placeholder(tf.int32, [2])
    program = drop_trivial(drop_dead(program_of(tf.transpose(x, order), [x, order])))
    assert op_names(program) == ["Transpose"]


def test_readers_of_the_node_and_results_read_the_view() -> None:
    x = tf.placeholder(tf.float32, [3, 1])
    flat = tf.reduce_sum(x, 1)
    before = drop_dead(program_of([flat, flat * 2.0, flat + flat], [x]))
    after = drop_trivial(before)
    verify(after)
    assert op_names(after) == ["Reshape", "Mul", "AddV2"]
    assert_same_numbers(before, after, [np.ones((3, 1), np.float32)])


def test_a_shape_that_does_not_fit_stays_to_be_refused() -> None:
    x = tf.placeholder(tf.float32, [None, 3])
    before = program_of(tf.ensure_shape(x, [4, 3]), [x], [(2, 3)])
    assert op_names(drop_trivial(drop_dead(before))) == ["EnsureShape"]


def test_identities_of_what_nobody_reads_are_not_computed() -> None:
    x = tf.placeholder(tf.float32, [2, 3])
    before = drop_dead(program_of(tf.identity_n([tf.exp(x), x, -x])[1], [x]))
    assert op_names(before) == ["Exp", "Neg", "IdentityN"]
    assert op_names(drop_trivial(before)) == ["Reshape"]
