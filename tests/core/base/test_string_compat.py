"""Strings, paths, scalar types and the forward-compatibility calendar."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from graphflow.core.base import compat


@pytest.mark.parametrize("value", ["é", "é".encode(), bytearray(b"abc")], ids=repr)
def test_conversions_are_tensorflows(oracle: ModuleType, value: Any) -> None:
    assert compat.as_bytes(value) == oracle.compat.as_bytes(value)
    assert compat.as_text(value) == bytes(compat.as_bytes(value)).decode()
    assert compat.as_str is compat.as_text
    assert compat.as_str_any(value) == oracle.compat.as_str_any(value)
    assert type(compat.as_bytes(value)) is bytes


def test_other_encodings() -> None:
    assert compat.as_bytes("é", "latin-1") == b"\xe9"
    assert compat.as_text(b"\xe9", encoding="latin-1") == "é"


@pytest.mark.parametrize("convert", [compat.as_bytes, compat.as_text])
def test_no_string(convert: Any) -> None:
    with pytest.raises(TypeError, match="Expected binary or unicode string, got 3"):
        convert(3)


def test_any_value_as_text() -> None:
    assert compat.as_str_any(3.5) == "3.5"


def test_paths() -> None:
    assert compat.path_to_str(Path("a") / "b") == str(Path("a") / "b")
    assert compat.path_to_str("a/b") == "a/b"
    assert compat.path_to_str(None) is None


def test_scalar_types(oracle: ModuleType) -> None:
    scalars = (3, 3.5, 3j, True, np.int8(3), np.float16(3), np.complex64(3), "3", b"3")
    for name in ("integral_types", "real_types", "complex_types", "bytes_or_text_types"):
        ours, theirs = getattr(compat, name), getattr(oracle.compat, name)
        assert [isinstance(x, ours) for x in scalars] == [isinstance(x, theirs) for x in scalars]


def test_forward_compatibility() -> None:
    assert compat.forward_compatible(2019, 6, 1)
    assert not compat.forward_compatible(2019, 8, 1)
    with compat.forward_compatibility_horizon(2020, 1, 1):
        assert compat.forward_compatible(2019, 8, 1)
    assert not compat.forward_compatible(2019, 8, 1)
