"""Bytes as tensors: what rows of the table of ops do not show."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from typing import Any

import pytest

import graphflow as tf


def run(tensor: Any) -> Any:
    with tf.Session() as session:
        return session.run(tensor)


@pytest.mark.parametrize(
    ("kind", "compress"), [("ZLIB", zlib.compress), ("GZIP", gzip.compress), ("", bytes)]
)
def test_decode_compressed(kind: str, compress: Callable[[bytes], bytes]) -> None:
    texts = [[b"", b"abc" * 100], [b"x", b"y"]]
    compressed = tf.constant([[compress(text) for text in row] for row in texts])
    assert run(tf.decode_compressed(compressed, kind)).tolist() == texts


def test_decode_compressed_refuses() -> None:
    with pytest.raises(tf.errors.DataLossError, match="No GZIP data"):
        run(tf.decode_compressed([b"nothing"], "GZIP"))
    with pytest.raises(tf.errors.InvalidArgumentError, match="No compression of type 'LZW'"):
        run(tf.decode_compressed([b"nothing"], "LZW"))


def test_decode_raw_refuses() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"same size.*\[1, 2\]"):
        run(tf.decode_raw([b"a", b"bc"], tf.uint8))
    with pytest.raises(tf.errors.InvalidArgumentError, match="length 3 that is not a multiple"):
        run(tf.decode_raw([b"abc"], tf.int16))
    with pytest.raises(ValueError, match="out_type"):
        tf.decode_raw([b"abc"])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"1,2,3", "Expect 2 fields but have 3 in record 0"),
        (b"x,2", "Field 0 in record 0 is not a valid int32: x"),
        (b"1_0,2", "not a valid int32: 1_0"),
        (b"99999999999,2", "not a valid int32"),
        (b"1,", "Field 1 in record 0 is required but missing"),
        (b'1,"2', "Quoted field has to end with quote"),
        (b'1,"2"3', "escaped by another quote"),
        (b'1,2"', "Unquoted fields cannot have quotes"),
        (b"1,2\n", "Unquoted fields cannot have quotes/CRLFs"),
    ],
)
def test_decode_csv_refuses(line: bytes, message: str) -> None:
    no_default = tf.constant([], tf.float32)
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        run(tf.decode_csv([line], [[0], no_default]))


def test_parse_tensor_refuses() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="Could not parse"):
        run(tf.parse_tensor(b"\xff", tf.float32))
    with pytest.raises(tf.errors.InvalidArgumentError, match="Type mismatch.*float32.*int32"):
        run(tf.parse_tensor(tf.serialize_tensor([1.0]), tf.int32))
