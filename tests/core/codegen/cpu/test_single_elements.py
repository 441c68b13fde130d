"""Slices of one element: NumPy gives a copy for `x[0]`, where a lowering needs a view."""

from __future__ import annotations

import numpy as np
import pytest
from core.codegen.cpu.calls import lower_and_run


@pytest.mark.parametrize("position", [0, 1, 2])
def test_an_element_is_taken_from_its_place(position: int) -> None:
    x = np.array([5, 7, 9], np.int32)
    begin, end = np.array([position], np.int32), np.array([position + 1], np.int32)
    masks = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask")
    attrs = dict.fromkeys(masks, 0) | {"shrink_axis_mask": 1}
    one = np.array([1], np.int32)
    (got,) = lower_and_run("StridedSlice", attrs, [x, begin, end, one], [()], [x.dtype])
    assert got == x[position]
