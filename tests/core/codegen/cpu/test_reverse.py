"""Sequences turned round and arrays rolled, against the NumPy references."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from core.codegen.cpu.calls import lower_and_run
from core.native import session
from hypothesis import given, settings
from hypothesis import strategies as st

import graphflow as tf
from graphflow.core.base import errors
from graphflow.core.graph.op_def import find_op

TYPES = [np.bool_, np.int16, np.float32, np.float64, np.complex128]


def reference(x: np.ndarray, lengths: np.ndarray, attrs: dict[str, Any]) -> np.ndarray:
    op = find_op("ReverseSequence")
    return op.reference(SimpleNamespace(name="reverse", attrs=attrs), x, lengths)


def run(x: np.ndarray, lengths: np.ndarray, attrs: dict[str, Any]) -> np.ndarray:
    (got,) = lower_and_run("ReverseSequence", attrs, [x, lengths], [x.shape], [x.dtype])
    return got


def check(x: np.ndarray, lengths: np.ndarray, seq: int, batch: int) -> None:
    attrs = {"seq_dim": seq, "batch_dim": batch}
    np.testing.assert_array_equal(run(x, lengths, attrs), reference(x, lengths, attrs))


def numbers(shape, dtype) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 100, shape).astype(dtype)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_axes(data):
    rank = data.draw(st.integers(2, 4))
    shape = [data.draw(st.sampled_from([1, 2, 3, 5, 11])) for _ in range(rank)]
    seq, batch = data.draw(st.permutations(range(rank)))[:2]
    kind = data.draw(st.sampled_from([np.int32, np.int64]))
    sizes = st.integers(0, shape[seq])
    lengths = np.array([data.draw(sizes) for _ in range(shape[batch])], kind)
    check(numbers(shape, data.draw(st.sampled_from(TYPES))), lengths, seq, batch)


@pytest.mark.parametrize("dtype", TYPES)
def test_long_rows(dtype):
    lengths = np.array([4, 0, 7], np.int64)
    check(numbers((3, 7, 300), dtype), lengths, 1, 0)
    check(numbers((7, 3, 300), dtype), lengths, 0, 1)
    check(numbers((1, 60, 5), dtype), np.array([53]), 1, 0)


@pytest.mark.parametrize("bad", [[3, -1, 9, -5, -5], [2, 8, 9, 9, 1], [-1, 0, 0, 0, 0]])
def test_lengths_outside_of_the_axis(bad):
    lengths, x = np.array(bad, np.int32), numbers((5, 7, 2), np.float32)
    attrs = {"seq_dim": 1, "batch_dim": 0}
    with pytest.raises(errors.InvalidArgumentError) as wanted:
        reference(x, lengths, attrs)
    with pytest.raises(errors.InvalidArgumentError) as got:
        run(x, lengths, attrs)
    assert str(got.value) == str(wanted.value)


def test_a_bad_length_leaves_variables_as_they_are():
    x = tf.placeholder(tf.float32, [4, 5, 3])
    lengths = tf.placeholder(tf.int32, [4])
    v = tf.Variable(tf.ones([4, 5, 3]))
    update = v.assign_add(tf.reverse_sequence(x, lengths, seq_axis=1))
    ones = np.ones((4, 5, 3), np.float32)
    with session(threads=2) as sess:
        sess.run(tf.global_variables_initializer())
        sess.run(update, {x: ones, lengths: [1, 2, 3, 5]})
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"seq_lens\(2\) > input.dims\(1"):
            sess.run(update, {x: ones, lengths: [1, 2, 6, 5]})
        np.testing.assert_array_equal(sess.run(v), 2 * ones)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_rolled(data):
    rank = data.draw(st.integers(1, 4))
    shape = [data.draw(st.sampled_from([1, 2, 3, 5, 40])) for _ in range(rank)]
    x = numbers(shape, data.draw(st.sampled_from(TYPES)))
    count = data.draw(st.integers(0, 3))
    axes = np.array([data.draw(st.integers(-rank, rank - 1)) for _ in range(count)], np.int64)
    shifts = np.array([data.draw(st.integers(-90, 90)) for _ in range(count)], np.int32)
    (got,) = lower_and_run("Roll", {}, [x, shifts, axes], [x.shape], [x.dtype])
    np.testing.assert_array_equal(got, np.roll(x, shifts.tolist(), axes.tolist()))
