"""Summaries: serialized messages, which are compared as messages, not as bytes."""

from __future__ import annotations

from . import OpCase, floats, raw, strings

_TESTS = "tests/core/ops/summary/test_summaries.py"


def _scalars(tf, tags, values):
    return raw(tf, "ScalarSummary", tags=tags, values=values)


CASES = [OpCase("ScalarSummary", _scalars, [strings("a", "b"), floats(2)], grad=False)]

TESTED_ELSEWHERE = {
    "AudioSummary": _TESTS,
    "AudioSummaryV2": _TESTS,
    "HistogramSummary": _TESTS,
    "ImageSummary": _TESTS,
    "MergeSummary": _TESTS,
    "TensorSummary": _TESTS,
    "TensorSummaryV2": _TESTS,
}
