"""Ops on checkpoints: tested by saving and restoring."""

from __future__ import annotations

from . import OpCase

CASES: list[OpCase] = []

TESTED_ELSEWHERE = {
    "SaveV2": "tests/train/test_saver.py",
    "RestoreV2": "tests/train/test_saver.py",
    "MergeV2Checkpoints": "tests/train/test_saver.py",
    "ShardedFilename": "tests/train/test_saver.py",
    "ShardedFilespec": "tests/core/ops/files/test_checkpoint.py",
    "ReadFile": "tests/core/ops/files/test_whole_files.py",
    "WriteFile": "tests/core/ops/files/test_whole_files.py",
    "MatchingFiles": "tests/core/ops/files/test_whole_files.py",
}
