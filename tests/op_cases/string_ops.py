"""Rows for ops on texts."""

from __future__ import annotations

import numpy as np

from . import OpCase, complexes, floats, ints, raw, strings

_WORDS = strings("Hello World", " two\t", "", "äÖ ü€", "a,b,,c", "0x1F")
_NUMBERS = strings(
    "1", " -2.5e3 ", ".5", "1.", "+7", "InF", "nan", "1e400", "0x1f", "0x1.8p3", "-0"
)
_INTEGERS = strings("1", " -25 ", "+4", "2147483647", "-2147483648", "007")
_LONG = strings(*["ab€" * n for n in (0, 1, 2, 3, 4, 6, 8, 11, 13, 14, 20, 26, 40, 55)])
_POINTS = np.array([0.0, -1.5, 1e-7, 123456.789, np.inf, -np.inf, np.nan, 3e30], np.float32)
_GRID = strings(*"abcdef").reshape(3, 2)


def _to_number(name):
    return lambda tf, x: tf.string_to_number(x, getattr(tf, name))


def _as_string(**options):
    return lambda tf, x: tf.as_string(x, **options)


def _substr(pos, length, **options):
    return lambda tf, x: tf.strings.substr(x, pos, length, **options)


def _reduce_join(**options):
    return lambda tf, x: tf.reduce_join(x, **options)


def _split(**options):
    def build(tf, x):
        sparse = tf.string_split(x, **options)
        return [sparse.indices, sparse.values, sparse.dense_shape]

    return build


def _split_v2(sep="", maxsplit=-1):
    # `tf.strings.split` of later TensorFlows goes through ragged tensors
    return lambda tf, x: list(raw(tf, "StringSplitV2", input=x, sep=sep, maxsplit=maxsplit))


def _match(pattern):
    return lambda tf, x: tf.strings.regex_full_match(x, pattern)


def _replace(pattern, rewrite, **options):
    return lambda tf, x: tf.regex_replace(x, pattern, rewrite, **options)


def _fast(tf, x):
    return tf.string_to_hash_bucket_fast(x, 2**62)


def _strong(tf, x):
    return tf.string_to_hash_bucket_strong(x, 2**62 - 1, [123, -456])


CASES = [
    OpCase("StringLower", lambda tf, x: tf.strings.lower(x), [_WORDS]),
    OpCase("StringLower", lambda tf, x: tf.strings.lower(x, "utf-8"), [_WORDS], label="utf-8"),
    OpCase("StringUpper", lambda tf, x: tf.strings.upper(x), [_WORDS]),
    OpCase("StringUpper", lambda tf, x: tf.strings.upper(x, "utf-8"), [_WORDS], label="utf-8"),
    OpCase("StringStrip", lambda tf, x: tf.string_strip(x), [_WORDS]),
    OpCase("StringLength", lambda tf, x: tf.strings.length(x), [_WORDS]),
    OpCase(
        "StringLength",
        lambda tf, x: tf.strings.length(x, unit="UTF8_CHAR"),
        [_WORDS],
        label="characters",
    ),
    OpCase("StringToNumber", _to_number("float32"), [_NUMBERS]),
    OpCase("StringToNumber", _to_number("float64"), [_NUMBERS], label="double"),
    OpCase("StringToNumber", _to_number("int32"), [_INTEGERS], label="int32"),
    OpCase("StringToNumber", _to_number("int64"), [_INTEGERS], label="int64"),
    OpCase("AsString", _as_string(), [floats(2, 3)], grad=False),
    OpCase("AsString", _as_string(), [_POINTS], grad=False, label="any float"),
    OpCase("AsString", _as_string(scientific=True), [_POINTS], grad=False, label="scientific"),
    OpCase("AsString", _as_string(shortest=True), [_POINTS], grad=False, label="shortest"),
    OpCase(
        "AsString",
        _as_string(width=9, fill="0", precision=2),
        [_POINTS],
        grad=False,
        label="zeros",
    ),
    OpCase("AsString", _as_string(width=6, fill="-"), [ints(4)], label="left"),
    OpCase("AsString", _as_string(width=6, fill="+"), [ints(4, dtype=np.int8)], label="signs"),
    OpCase("AsString", _as_string(width=6), [np.array([True, False])], label="bool"),
    OpCase("AsString", _as_string(precision=1), [complexes(3)], grad=False, label="complex"),
    OpCase("Substr", _substr(1, 3), [strings("abcdef", "xyz", "ä€")]),
    OpCase("Substr", _substr(-2, 1, unit="UTF8_CHAR"), [strings("abcdef", "ä€ü")], label="utf-8"),
    OpCase("Substr", _substr([[0], [1]], [[2], [-1]]), [strings("abc", "def")], label="broadcast"),
    OpCase("StringJoin", lambda tf, x: tf.string_join([x, "-", x], "."), [_WORDS]),
    OpCase("ReduceJoin", _reduce_join(), [_GRID], unknown_dims=False),
    OpCase("ReduceJoin", _reduce_join(axis=-1, separator=", "), [_GRID], label="rows"),
    OpCase("ReduceJoin", _reduce_join(axis=[0, 1], keep_dims=False), [_GRID], label="columns"),
    OpCase("ReduceJoin", _reduce_join(axis=[1, 0], keepdims=True), [_GRID], label="kept"),
    OpCase("ReduceJoin", _reduce_join(axis=[]), [_GRID], label="no axis"),
    OpCase(
        "UnsortedSegmentJoin",
        lambda tf, x: tf.strings.unsorted_segment_join(x, [2, 0, 2], 4, ":"),
        [_GRID],
    ),
    OpCase("StringSplit", _split(), [_WORDS]),
    OpCase("StringSplit", _split(delimiter=",]^ "), [_WORDS], label="set"),
    OpCase("StringSplit", _split(sep=",", skip_empty=False), [_WORDS], label="empty parts"),
    OpCase("StringSplit", _split(sep=""), [_WORDS], label="bytes"),
    OpCase("StringSplitV2", _split_v2(), [_WORDS]),
    OpCase("StringSplitV2", _split_v2(sep=",b,"), [_WORDS], label="separator"),
    OpCase("StringSplitV2", _split_v2(sep=",", maxsplit=1), [_WORDS], label="once"),
    OpCase("StringSplitV2", _split_v2(maxsplit=1), [_WORDS], label="white space once"),
    OpCase("RegexFullMatch", lambda tf, x: _match(tf.constant("[A-z ]*"))(tf, x), [_WORDS]),
    OpCase("StaticRegexFullMatch", _match("^s3://.*"), [strings("s3://x", "a s3://x", "")]),
    OpCase(
        "StaticRegexFullMatch",
        _match("[[:alpha:]€]..$"),
        [strings("a€b", "€ü\n", "€üx")],
        label="text",
    ),
    OpCase(
        "RegexReplace", lambda tf, x: _replace(tf.constant("l+"), tf.constant("L"))(tf, x), [_WORDS]
    ),
    OpCase("StaticRegexReplace", _replace("([a-o])(.)", r"<\2\1\0\\>"), [_WORDS]),
    OpCase("StaticRegexReplace", _replace("x*", "-"), [strings("abxd", "", "xx")], label="empty"),
    OpCase("StaticRegexReplace", _replace(".", "_", replace_global=False), [_WORDS], label="first"),
    OpCase("StringToHashBucketFast", _fast, [_LONG]),
    OpCase("StringToHashBucketStrong", _strong, [_LONG]),
    OpCase("StringToHashBucket", lambda tf, x: tf.string_to_hash_bucket(x, 2**62), [_LONG]),
    OpCase("EncodeBase64", lambda tf, x: tf.encode_base64(x), [_WORDS]),
    OpCase("EncodeBase64", lambda tf, x: tf.encode_base64(x, pad=True), [_WORDS], label="padded"),
    OpCase("DecodeBase64", lambda tf, x: tf.decode_base64(x), [strings("YQ", "YWI=", "_-8", "")]),
]
