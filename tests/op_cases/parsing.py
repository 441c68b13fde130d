"""Rows for ops that make tensors of bytes; those on messages are tested with functions."""

from __future__ import annotations

import numpy as np

from . import OpCase, floats, raw, strings

_MESSAGES = "tests/core/ops/parsing/test_parse.py"

_PADDED = strings("ab", "abcdefgh", "")
_LINES = strings('1,2.5,a,"x,y"', ',-1e3,b,""', '7,,"""c""",')
_INDICES = np.array([[1, 0], [0, 2], [1, 2], [0, 0]], np.int64)


def _big_endian(tf, x):
    return tf.decode_raw(x, tf.int32, little_endian=False)


def _csv(tf, x):
    return tf.decode_csv(x, [[4], [0.5], [""], ["none"]])


def _selected(tf, x):
    return tf.decode_csv(x, [[""], [1.5]], na_value="a", use_quote_delim=True, select_cols=[0, 1])


def _reorder(tf, x):
    shape = np.array([2, 3], np.int64)
    return raw(tf, "SparseReorder", input_indices=_INDICES, input_values=x, input_shape=shape)[1]


def _padded(tf, x):
    return raw(tf, "DecodePaddedRaw", input_bytes=x, fixed_length=4, out_type=tf.uint16)


CASES = [
    OpCase("DecodeRaw", lambda tf, x: tf.decode_raw(x, tf.uint8), [strings("abc", "def")]),
    OpCase("DecodeRaw", _big_endian, [strings("abcdefgh", "ijklmnop")], label="big-endian"),
    OpCase("DecodeRaw", lambda tf, x: tf.decode_raw(x, tf.half), [strings("")], label="empty"),
    OpCase("DecodePaddedRaw", _padded, [_PADDED]),
    OpCase("DecodeCSV", _csv, [_LINES]),
    OpCase("DecodeCSV", _selected, [strings("a,2,3", "b,,1")], label="columns"),
    OpCase("SerializeTensor", lambda tf, x: tf.serialize_tensor(x), [floats(2, 3)]),
    OpCase(
        "ParseTensor",
        lambda tf, x: tf.parse_tensor(tf.serialize_tensor(x), tf.float32),
        [floats(2, 3)],
        grad=False,
    ),
    OpCase("SparseReorder", _reorder, [floats(4)]),
]

TESTED_ELSEWHERE = {
    "DecodeCompressed": "tests/core/ops/parsing/test_raw.py",
    "ParseExample": _MESSAGES,
    "ParseSingleExample": _MESSAGES,
    "ParseSequenceExample": _MESSAGES,
    "ParseSingleSequenceExample": _MESSAGES,
}
