"""tf.python_io; the format itself is tested in tests/core/files/test_record.py."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

import graphflow as tf

KINDS = tf.python_io.TFRecordCompressionType


@pytest.mark.parametrize("options", [None, "GZIP", KINDS.ZLIB, tf.io.TFRecordOptions("GZIP")])
def test_both_ways(tmp_path: Path, oracle: ModuleType, options: object) -> None:
    kind = tf.io.TFRecordOptions.get_compression_type_string(options)
    records = [b"first", b"", b"x" * 10_000]
    ours, theirs = str(tmp_path / "ours"), str(tmp_path / "theirs")
    with tf.python_io.TFRecordWriter(ours, options) as writer:
        writer.write("first")  # text is bytes
        writer.write(b"")
        writer.flush()
        writer.write(records[2])
    with oracle.python_io.TFRecordWriter(theirs, kind) as writer:
        for record in records:
            writer.write(record)
    assert list(oracle.python_io.tf_record_iterator(ours, kind)) == records
    assert list(tf.python_io.tf_record_iterator(theirs, options)) == records


def test_options_reach_zlib(tmp_path: Path) -> None:
    sizes = []
    for level in (0, 9):
        path = tmp_path / str(level)
        options = tf.io.TFRecordOptions("ZLIB", compression_level=level, window_bits=12)
        with tf.io.TFRecordWriter(path, options) as writer:
            writer.write(b"x" * 10_000)
        sizes.append(path.stat().st_size)
        assert list(tf.io.tf_record_iterator(path, "ZLIB")) == [b"x" * 10_000]
    assert sizes[0] > 10_000 > 10 * sizes[1]


def test_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match='Not a valid compression_type: "LZW"'):
        tf.io.TFRecordOptions("LZW")
    with pytest.raises(tf.errors.NotFoundError):
        next(tf.python_io.tf_record_iterator(str(tmp_path / "none")))
    with pytest.raises(tf.errors.NotFoundError):
        tf.python_io.TFRecordWriter(str(tmp_path / "no" / "folder"))
