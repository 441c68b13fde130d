"""Vector generators and compiler made to believe in a CPU with narrower registers.

What is compiled for it runs here too, as long as this CPU has AVX2.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from graphflow.core.codegen.cpu import compiler, elementwise, emit, target, vector_math

NARROW = {
    "avx2": target.Target("haswell", "+avx2,+fma,+bmi,+bmi2,+f16c,+popcnt,+sse4.2", 32, 6, 2),
    "sse": target.Target("nehalem", "+sse4.2,+popcnt", 16, 6, 2),
}
TARGETS = ["host", *NARROW]


@contextmanager
def vectors_of(name: str) -> Iterator[None]:
    """Lets elementwise kernels be made for the host, `avx2` or `sse`."""
    if name == "host":
        yield
        return
    if platform.machine() not in ("x86_64", "AMD64") or target.host_target().vector_bytes < 32:
        pytest.skip("needs a CPU with AVX2")
    narrow = NARROW[name]
    with pytest.MonkeyPatch.context() as patch:
        for module in (compiler, elementwise, vector_math):
            patch.setattr(module, "host_target", lambda: narrow)
        patch.setattr(emit, "_HAS_HALF", "+f16c" in narrow.features)
        yield
