"""The kernels of local response normalisation against the NumPy references."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from core.codegen.cpu.calls import lower_and_run

from graphflow.core.graph.op_def import find_op


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (1, 1, 1, 1), (3, 2, 2, 16), (1, 3, 3, 70)])
@pytest.mark.parametrize("radius", [0, 1, 5, 40])
@pytest.mark.parametrize("beta", [0.5, 0.75, 1.3])
def test_lrn_and_its_gradient(shape, radius, beta):
    rng = np.random.default_rng(0)
    x, dy = rng.normal(size=(2, *shape)).astype(np.float32)
    attrs = {"depth_radius": radius, "bias": 1.5, "alpha": 0.3, "beta": beta}
    node = SimpleNamespace(name="LRN", attrs=attrs)
    want = find_op("LRN").reference(node, x).astype(np.float32)
    (y,) = lower_and_run("LRN", attrs, [x], [shape], [np.float32])
    np.testing.assert_allclose(y, want, rtol=3e-6, atol=1e-7)
    want = find_op("LRNGrad").reference(node, dy, x, y)
    (dx,) = lower_and_run("LRNGrad", attrs, [dy, x, y], [shape], [np.float32])
    np.testing.assert_allclose(dx, want, rtol=1e-5, atol=3e-6)


def test_missing_values_reach_their_neighbours_only():
    x = np.ones((1, 1, 2, 40), np.float32)
    x[0, 0, 0, 20] = np.nan
    attrs = {"depth_radius": 2, "bias": 1.0, "alpha": 1.0, "beta": 0.5}
    (y,) = lower_and_run("LRN", attrs, [x], [x.shape], [np.float32])
    assert np.isnan(y[0, 0, 0, 18:23]).all()
    assert np.isfinite(y[0, 0, 0, :18]).all() and np.isfinite(y[0, 0, 0, 23:]).all()
    assert np.isfinite(y[0, 0, 1]).all()
