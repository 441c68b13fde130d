"""What the rows of tests/op_cases do not show: sparse tensors, slices, bad arguments, edges."""

from __future__ import annotations

import logging
import math
from typing import Any

import numpy as np
import pytest

import graphflow as tf
from graphflow.core.ops import elementwise


def _run(fetches: Any, feeds: Any = None) -> Any:
    with tf.Session() as session:
        return session.run(fetches, feeds)


@pytest.mark.parametrize("function", [tf.abs, tf.negative, tf.square, tf.tanh, tf.sqrt, tf.sign])
def test_functions_that_keep_zero_take_sparse_tensors(function: Any) -> None:
    sparse = tf.SparseTensor([[0, 1], [1, 0]], [4.0, 9.0], [2, 2])
    result = function(sparse)
    assert isinstance(result, tf.SparseTensor)
    values, expected, indices = _run([result.values, function(sparse.values), result.indices])
    np.testing.assert_array_equal(values, expected)
    np.testing.assert_array_equal(indices, [[0, 1], [1, 0]])


def test_sums_of_many() -> None:
    x = tf.constant([1.0, 2.0])
    assert tf.add_n([x]) is x
    assert tf.add_n([x], name="copy").op.type == "Identity"
    for bad in ([], x, [x, object()]):
        with pytest.raises((ValueError, TypeError)):
            tf.add_n(bad)
    with pytest.raises(ValueError):
        tf.add_n([x, tf.constant([1.0])])
    with pytest.raises(TypeError, match="tensor_dtype is int32, but input is of type float32"):
        tf.accumulate_n([x, x], tensor_dtype=tf.int32)
    with pytest.raises(ValueError):
        tf.accumulate_n([x, x], shape=[3])
    unknown = tf.placeholder(tf.float32)
    assert tf.accumulate_n([unknown, unknown], shape=[2, 3]).shape == [2, 3]
    other = tf.placeholder(tf.float32)
    with pytest.raises(tf.errors.InvalidArgumentError, match="same size and shape"):
        _run(tf.add_n([unknown, other]), {unknown: [1.0], other: [1.0, 2.0]})


def test_scalar_mul() -> None:
    slices = tf.IndexedSlices(tf.constant([[1.0, 2.0]]), tf.constant([3]))
    scaled = tf.scalar_mul(2, slices)
    assert isinstance(scaled, tf.IndexedSlices)
    np.testing.assert_array_equal(_run(scaled.values), [[2.0, 4.0]])
    np.testing.assert_array_equal(_run((-slices).values), [[-1.0, -2.0]])
    with pytest.raises(ValueError, match="Only scalar multiply works"):
        tf.scalar_mul([1.0, 2.0], tf.constant([1.0]))


def test_casts() -> None:
    x = tf.constant([1.5])
    assert tf.cast(x, tf.float32) is x
    assert tf.to_float(x) is x
    assert tf.cast(1, tf.float64).dtype == tf.float64
    slices = tf.cast(tf.IndexedSlices(x, tf.constant([0])), tf.int32)
    assert slices.values.dtype == tf.int32
    sparse = tf.cast(tf.SparseTensor([[0]], [1.5], [2]), tf.int32)
    assert sparse.values.dtype == tf.int32
    assert tf.gradients(tf.cast(tf.cast(x, tf.int32), tf.float32), x) == [None]
    saturated = tf.saturate_cast(tf.constant([-5.0, 300.0, 7.9]), tf.uint8)
    np.testing.assert_array_equal(_run(saturated), [0, 255, 7])
    large = tf.saturate_cast(tf.constant([3e9, -3e9]), tf.int32)  # 2**31 - 1 is no float32
    np.testing.assert_array_equal(_run(large), [2**31 - 128, -(2**31)])
    with pytest.raises(tf.errors.UnimplementedError, match="Cast string to int32"):
        _run(tf.cast(tf.constant("1"), tf.int32))


def test_truncating_casts_round_toward_zero() -> None:
    values = tf.constant([1.0 + 2.0**-7.5, -1.0 - 2.0**-7.5, 3.0], tf.float32)
    truncated = elementwise.cast_op(values, DstT=tf.bfloat16, Truncate=True)
    np.testing.assert_array_equal(_run(tf.cast(truncated, tf.float32)), [1.0, -1.0, 3.0])


def test_dropping_imaginary_parts_is_said(caplog: Any) -> None:
    with caplog.at_level(logging.WARNING, logger="graphflow"):
        tf.cast(tf.constant(1j), tf.float32)
    assert "discards imaginary part" in caplog.text


def test_complex_numbers() -> None:
    with pytest.raises(TypeError, match="incorrect types"):
        tf.complex(1.0, tf.constant(1.0, tf.float64))
    x = tf.constant([1.0])
    assert tf.real(x) is x
    assert tf.conj(x) is x
    np.testing.assert_array_equal(_run(tf.imag(x)), [0.0])
    with pytest.raises(TypeError, match="Expected numeric or variant tensor"):
        tf.conj(tf.constant("a"))


def test_clip_by_value() -> None:
    slices = tf.IndexedSlices(tf.constant([-3.0, 3.0]), tf.constant([0, 1]))
    clipped = tf.clip_by_value(slices, -1.0, 1.0)
    assert isinstance(clipped, tf.IndexedSlices)
    np.testing.assert_array_equal(_run(clipped.values), [-1.0, 1.0])
    with pytest.raises(ValueError):
        tf.clip_by_value(tf.constant([1.0]), [0.0, 0.0], 1.0)
    with pytest.raises(TypeError):
        tf.clip_by_value(tf.constant([1]), 0.5, 1)


def test_clip_by_norms() -> None:
    x, zero = tf.constant([3.0, 4.0]), tf.zeros([2])
    norm = tf.global_norm([x, None, tf.constant([12.0])])
    clipped, used = tf.clip_by_global_norm([x, None], 1.0)
    assert clipped[1] is None
    gradient = tf.gradients(tf.clip_by_norm(zero, 1.0), zero)[0]
    infinite, _ = tf.clip_by_global_norm([tf.constant([math.inf])], 1.0)
    results = _run([norm, clipped[0], used, gradient, infinite[0]])
    np.testing.assert_allclose(results[0], 13.0)
    np.testing.assert_allclose(results[1], [0.6, 0.8])
    np.testing.assert_allclose(results[2], 5.0)
    np.testing.assert_allclose(results[3], [1.0, 1.0])  # no NaN at 0
    assert np.isnan(results[4]).all()
    for bad in (x, "abc"):
        with pytest.raises(TypeError, match="t_list should be a sequence"):
            tf.global_norm(bad)


def test_selection_by_rows() -> None:
    rows = tf.where(tf.constant([True, False]), tf.ones([2, 3]), tf.zeros([2, 3]))
    np.testing.assert_array_equal(_run(rows), [[1, 1, 1], [0, 0, 0]])
    with pytest.raises(ValueError):
        tf.where(tf.constant([True, False, True]), tf.ones([2, 3]), tf.zeros([2, 3]))
    with pytest.raises(ValueError):
        tf.where(tf.constant(True), tf.ones([2]), tf.zeros([3]))


def test_equal_of_incompatible_shapes() -> None:
    x, y = tf.placeholder(tf.int32), tf.placeholder(tf.int32)
    lenient = elementwise.equal_op(x, y, incompatible_shape_error=False)
    feeds = {x: [1, 2], y: [1, 2, 3]}
    assert not _run(lenient, feeds)
    with pytest.raises(tf.errors.InvalidArgumentError):
        _run(tf.equal(x, y), feeds)


def test_special_functions_at_their_edges() -> None:
    edges = tf.constant([0.0, -1.0, math.inf, -math.inf, math.nan], tf.float64)
    erf, erfc, lgamma = _run([tf.erf(edges), tf.erfc(edges), tf.lgamma(edges)])
    np.testing.assert_array_equal(erf[[0, 2, 3]], [0.0, 1.0, -1.0])
    np.testing.assert_array_equal(erfc[[0, 2, 3]], [1.0, 0.0, 2.0])
    assert all(math.isinf(v) for v in lgamma[:4])
    assert all(math.isnan(v[4]) for v in (erf, erfc, lgamma))


def test_special_functions_agree_with_the_standard_library() -> None:
    x = np.linspace(-5.9, 30.0, 400)
    erf, erfc, lgamma = _run([tf.erf(tf.constant(x)), tf.erfc(tf.constant(x)),
                              tf.lgamma(tf.constant(x))])  # fmt: skip
    np.testing.assert_allclose(erf, [math.erf(v) for v in x], rtol=5e-16)
    np.testing.assert_allclose(erfc, [math.erfc(v) for v in x], rtol=1e-14, atol=1e-300)
    np.testing.assert_allclose(lgamma, [math.lgamma(v) for v in x], rtol=1e-14, atol=1e-14)


def test_incomplete_functions_obey_their_identities() -> None:
    a = np.linspace(0.1, 40.0, 50)
    x = a * np.linspace(0.2, 3.0, 50)[::-1]
    p, q = _run([tf.igamma(a, x), tf.igammac(a, x)])
    np.testing.assert_allclose(p + q, np.ones(50), rtol=1e-15)
    at = np.linspace(0.01, 0.99, 50)
    left, right = _run([tf.betainc(a, a[::-1].copy(), at), tf.betainc(a[::-1].copy(), a, 1 - at)])
    np.testing.assert_allclose(left + right, np.ones(50), rtol=1e-13)
    whole = _run(tf.betainc(np.float64(2), np.float64(3), at))  # I_x(2, 3) in closed form
    np.testing.assert_allclose(whole, at**2 * (6 - 8 * at + 3 * at**2), rtol=1e-13)
    outside = _run([tf.igamma(-1.0, 1.0), tf.igamma(1.0, -1.0), tf.betainc(1.0, 1.0, 2.0)])
    assert np.isnan(outside).all()


def test_counting() -> None:
    numbers = tf.constant([1, 1, 2, 7])
    counts = [
        tf.bincount(numbers),
        tf.bincount(numbers, maxlength=3),
        tf.bincount(numbers[:0]),
        tf.bincount(numbers, weights=[0.5, 1.0, 2.0, 4.0]),
    ]
    results = _run(counts)
    expected: list[Any] = [[0, 2, 1, 0, 0, 0, 0, 1], [0, 2, 1], [], [0, 1.5, 2, 0, 0, 0, 0, 4]]
    for result, values in zip(results, expected, strict=True):
        np.testing.assert_array_equal(result, values)
    with pytest.raises(tf.errors.InvalidArgumentError, match="must be non-negative"):
        _run(tf.bincount(tf.constant([-1, 2])))
    with pytest.raises(tf.errors.InvalidArgumentError, match="value_range should satisfy"):
        _run(tf.histogram_fixed_width([1.0], [2.0, 1.0]))


def test_half_floats_are_rounded_once() -> None:
    x = tf.constant(np.linspace(-3, 3, 50), tf.float16)
    for function, exact in ((tf.erf, math.erf), (tf.exp, math.exp), (tf.tanh, math.tanh)):
        wanted = np.array([exact(float(v)) for v in _run(x)]).astype(np.float16)
        np.testing.assert_allclose(_run(function(x)), wanted, rtol=1e-3)
