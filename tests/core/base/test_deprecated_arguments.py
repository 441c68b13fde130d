"""Arguments with two names."""

from __future__ import annotations

import logging

import pytest

from graphflow.core.base.deprecation import deprecated_argument_lookup


def test_either_name() -> None:
    assert deprecated_argument_lookup("axis", 1, "dim", None) == 1
    assert deprecated_argument_lookup("axis", None, "dim", 2) == 2
    assert deprecated_argument_lookup("axis", None, "dim", None) is None
    assert deprecated_argument_lookup("keepdims", None, "keep_dims", False) is False


def test_both_names() -> None:
    with pytest.raises(ValueError, match="Cannot specify both 'dim' and 'axis'"):
        deprecated_argument_lookup("axis", 1, "dim", 1)


def test_old_name_is_noted_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="graphflow"):
        deprecated_argument_lookup("new_for_test", None, "old_for_test", 1)
        deprecated_argument_lookup("new_for_test", None, "old_for_test", 1)
    assert caplog.messages == ["argument 'old_for_test' is the old name of 'new_for_test'"]
