"""DynamicStitch against the NumPy reference."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from core.codegen.cpu.calls import lower_and_run
from hypothesis import given, settings
from hypothesis import strategies as st

from graphflow.core.graph.op_def import find_op
from graphflow.core.ops.lowering import NoKernel


@pytest.mark.parametrize("op_type", ["DynamicStitch", "ParallelDynamicStitch"])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_rows_in_their_places(op_type, data):
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    rest = data.draw(st.sampled_from([(), (3,), (2, 40), (0,)]))
    shapes = data.draw(st.lists(st.sampled_from([(), (0,), (1,), (4,), (2, 3)]), min_size=1))
    dtype = data.draw(st.sampled_from([np.bool_, np.float16, np.float32, np.complex128]))
    indices = [rng.integers(0, 9, shape).astype(np.int32) for shape in shapes]
    values = [rng.integers(0, 100, (*shape, *rest)).astype(dtype) for shape in shapes]
    node = SimpleNamespace(name="stitch", attrs={})
    want = find_op(op_type).reference(node, *indices, *values)
    (got,) = lower_and_run(op_type, {}, [*indices, *values], [want.shape], [want.dtype])
    np.testing.assert_array_equal(got, want)


def test_what_is_wrong_is_left_to_the_reference():
    one = np.ones(2, np.float32)
    for indices, values in (([0, -1], one), ([0, 1], np.ones((3, 1), np.float32))):
        with pytest.raises(NoKernel):
            inputs = [np.array(indices, np.int32), values]
            lower_and_run("DynamicStitch", {}, inputs, [(2,)], [np.float32])
