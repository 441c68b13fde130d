"""Ops on readers: tested by reading files."""

from __future__ import annotations

from . import OpCase

CASES: list[OpCase] = []

_FILE = "tests/core/ops/readers/test_readers.py"
_OPS = (
    "FixedLengthRecordReader",
    "IdentityReader",
    "TFRecordReader",
    "TextLineReader",
    "WholeFileReader",
    "ReaderNumRecordsProduced",
    "ReaderNumWorkUnitsCompleted",
    "ReaderRead",
    "ReaderReadUpTo",
    "ReaderReset",
    "ReaderRestoreState",
    "ReaderSerializeState",
)

TESTED_ELSEWHERE = {f"{op_type}{suffix}": _FILE for op_type in _OPS for suffix in ("", "V2")}
