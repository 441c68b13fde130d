"""The cell of a variable."""

from __future__ import annotations

import numpy as np
import pytest

from graphflow.core.base import dtypes
from graphflow.core.base.ref import Ref
from graphflow.core.base.tensor_shape import TensorShape


def test_ref_shows_its_state() -> None:
    cell = Ref("w", dtypes.float32, TensorShape([2, None]))
    assert cell.value is None
    assert repr(cell) == "Ref('w', float32, (2, ?), uninitialized)"
    cell.value = np.zeros((2, 3), np.float32)
    assert repr(cell) == "Ref('w', float32, (2, ?), initialized)"


def test_ref_takes_no_other_attribute() -> None:
    with pytest.raises(AttributeError):
        Ref("w", dtypes.float32, TensorShape([])).extra = 1  # type: ignore[attr-defined]
