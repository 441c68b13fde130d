"""What texts may get wrong, and the names under which users find the functions."""

from __future__ import annotations

import random
import re

import numpy as np
import pytest

import graphflow as tf
from graphflow.core.ops.strings.hashes import sip_hash


def _run(tensor):
    with tf.Session() as sess:
        return sess.run(tensor)


@pytest.mark.parametrize("text", ["", " ", "1e", "1_0", "+", "0x", "1f", "1.5.2", "nan1"])
def test_no_number(oracle, text):
    tensor = tf.string_to_number(["1", text], name="parse")
    message = f"could not correctly convert string: {re.escape(text)}"
    with pytest.raises(tf.errors.InvalidArgumentError, match=message) as error:
        _run(tensor)
    assert error.value.op.name == "parse"
    with oracle.Session() as sess, pytest.raises(oracle.errors.InvalidArgumentError):
        sess.run(oracle.string_to_number([text]))


@pytest.mark.parametrize("text", ["2147483648", "1.5", "99999999999999999999"])
def test_no_int32(text):
    with pytest.raises(tf.errors.InvalidArgumentError, match="could not correctly convert"):
        _run(tf.strings.to_number(text, tf.int32))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"input": 1, "scientific": True}, "scientific and shortest format not supported"),
        ({"input": True, "precision": 2}, "precision not supported for datatype bool"),
        ({"input": 1.0, "fill": "ab"}, "Fill string must be one or fewer"),
        ({"input": 1.0, "fill": "x"}, "Fill argument not supported"),
        ({"input": 1.0, "scientific": True, "shortest": True}, "Cannot select both"),
    ],
)
def test_options_of_as_string(options, message):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        _run(tf.as_string(**options))


@pytest.mark.parametrize(("position", "unit"), [(4, "BYTE"), (-4, "BYTE"), (3, "UTF8_CHAR")])
def test_substr_outside(position, unit):
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"pos {position} out of range"):
        _run(tf.substr(["abcdef", "äb"], position, 1, unit=unit))


def test_substr_shapes():
    with pytest.raises(ValueError, match="pos and len shapes must match"):
        tf.substr("abc", [1, 2], [1, 2, 3])
    with pytest.raises(ValueError, match="Dimensions must be equal"):
        tf.substr(["a", "b"], [1, 2, 3], [1, 2, 3])
    anything = tf.placeholder(tf.string)
    with tf.Session() as sess, pytest.raises(tf.errors.InvalidArgumentError, match="Incompatible"):
        sess.run(tf.substr(anything, [1, 2, 3], [1, 2, 3]), {anything: ["a", "b"]})


def test_join_of_other_shapes():
    with pytest.raises(ValueError, match="must be equal"):
        tf.string_join([["a", "b"], ["c"]])
    anything = tf.placeholder(tf.string)
    with tf.Session() as sess, pytest.raises(tf.errors.InvalidArgumentError, match="do not match"):
        sess.run(tf.string_join([anything, ["c", "d"]]), {anything: ["a"]})


def test_reduce_join_axes():
    with pytest.raises(ValueError, match="Invalid reduction dimension 2"):
        tf.reduce_join([["a"]], 2)
    with pytest.raises(tf.errors.InvalidArgumentError, match="Duplicate reduction dimension -1"):
        _run(tf.reduce_join([["a"]], [1, -1]))
    with pytest.raises(ValueError, match="Cannot specify both"):
        tf.reduce_join(["a"], axis=0, reduction_indices=0)
    anything = tf.placeholder(tf.string)
    with tf.Session() as sess:
        joined = sess.run(tf.reduce_join(anything), {anything: [["a", "b"], ["c", "d"]]})
    assert joined == b"abcd"


def test_segments_outside():
    with pytest.raises(tf.errors.InvalidArgumentError, match="not allowed to exceed"):
        _run(tf.strings.unsorted_segment_join(["a"], [1], 1))


def test_split():
    parts = _run(tf.strings.split(["a b  c", "", "d"]))
    assert parts.values.tolist() == [b"a", b"b", b"c", b"d"]
    np.testing.assert_array_equal(parts.indices, [[0, 0], [0, 1], [0, 2], [2, 0]])
    assert parts.dense_shape.tolist() == [3, 3]
    assert _run(tf.strings.split("a,b", ",")).dense_shape.tolist() == [1, 2]
    assert _run(tf.string_split(tf.constant([], tf.string))).dense_shape.tolist() == [0, 0]
    with pytest.raises(ValueError, match="no ragged tensors"):
        tf.strings.split(["a"], result_type="RaggedTensor")
    with pytest.raises(ValueError, match="must be rank 1 but is rank 2"):
        tf.string_split([["a"]])


@pytest.mark.parametrize("pattern", ["(", "*", "[z-a]", r"\pL"])
def test_no_regular_expression(pattern):
    for match in (pattern, tf.constant(pattern)):
        with pytest.raises(tf.errors.InvalidArgumentError, match="Invalid pattern"):
            _run(tf.strings.regex_full_match("a", match))


def test_rewrite_of_a_group_that_is_not_there():
    with pytest.raises(tf.errors.InvalidArgumentError, match="Invalid rewrite"):
        _run(tf.regex_replace("a", "(a)", r"\2"))


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("a$", "a\n"),
        (r"a\z", "a"),
        ("[[:^digit:]]", "a"),
        ("[]a]+", "a]"),
        ("(?i)ä", "Ä"),
        (r"[\d-]\w+\b.", "5ab."),
    ],
)
def test_expressions_are_those_of_re2(oracle, pattern, text):
    with oracle.Session() as sess:
        wanted = sess.run(oracle.strings.regex_replace(text, pattern, "x"))
    assert _run(tf.strings.regex_replace(text, pattern, "x")) == wanted


@pytest.mark.parametrize(
    ("text", "message"), [("a", "1 modulo 4"), ("ab+/", "Invalid character"), ("a=b=", "Invalid")]
)
def test_no_base64(text, message):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        _run(tf.decode_base64(text))


def test_base64_gives_all_bytes_back():
    data = [random.Random(size).randbytes(size) for size in range(40)]
    for pad in (False, True):
        assert _run(tf.decode_base64(tf.io.encode_base64(data, pad=pad))).tolist() == data


def test_hashes_of_all_lengths(oracle):
    data = [random.Random(size).randbytes(size) for size in range(200)]
    calls = [
        lambda tf: tf.strings.to_hash_bucket_fast(data, 2**63 - 1),
        lambda tf: tf.strings.to_hash_bucket_strong(data, 2**63 - 1, [2**62, -1]),
        lambda tf: tf.strings.to_hash_bucket(data, 2**63 - 1),
    ]
    for call in calls:
        with oracle.Session() as sess:
            wanted = sess.run(call(oracle))
        np.testing.assert_array_equal(_run(call(tf)), wanted)


def test_sip_hash_of_its_paper():
    key = int.from_bytes(bytes(range(8)), "little"), int.from_bytes(bytes(range(8, 16)), "little")
    assert sip_hash(key, bytes(range(15))) == 0xA129CA6149BE45E5


def test_keys_of_other_lengths():
    with pytest.raises(tf.errors.InvalidArgumentError, match="Key must have 2 elements"):
        _run(tf.string_to_hash_bucket_strong("a", 2, [1]))
