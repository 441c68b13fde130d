"""Arguments of layers with windows: what is taken, and what is said about the rest."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import graphflow as tf
from graphflow.layers import windows


@pytest.mark.parametrize(
    ("value", "expected"),
    [(3, (3, 3)), (np.int64(3), (3, 3)), ([2, 1], (2, 1)), ((tf.Dimension(2), 1), (2, 1))],
)
def test_per_axis(value: Any, expected: tuple[int, ...]) -> None:
    assert windows.per_axis(value, 2, "strides") == expected


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "Received: None"),
        ((1, 2, 3), r"Received: \(1, 2, 3\), which has 3 elements"),
        ((1, "x"), "with the element 'x' of type str"),
        ((1, 2.5), "with the element 2.5 of type float"),
    ],
)
def test_per_axis_says_what_is_wrong(value: Any, said: str) -> None:
    with pytest.raises(ValueError, match=f"`strides` argument must be .* 2 integers. .*{said}"):
        windows.per_axis(value, 2, "strides")


def test_padding() -> None:
    assert windows.padding_of("SAME") == "same"
    assert windows.padding_of("Causal", causal=True) == "causal"
    with pytest.raises(ValueError, match="only supported for `Conv1D`"):
        windows.padding_of("causal")
    for wrong in ("full", None, [[0, 0]]):
        with pytest.raises(ValueError, match='`padding` argument must be one of "valid" or "same"'):
            windows.padding_of(wrong)


def test_data_format() -> None:
    assert windows.data_format_of(None) == "channels_last"
    assert windows.data_format_of("Channels_First") == "channels_first"
    with pytest.raises(ValueError, match="`data_format` argument .* Received: 'NHWC'"):
        windows.data_format_of("NHWC")
