"""The machine that code is made for: its vector registers, and the tiles that fit them.

                       vectors   tile (rows x vectors)  accumulators + operands
    AVX-512            16 x f32  14 x 2                 28 + 2 + 1 of 32 registers
    AVX2 and FMA        8 x f32   6 x 2                 12 + 2 + 1 of 16
    NEON, SSE           4 x f32   6 x 2                 12 + 2 + 1 of 16 (NEON: 32)

`NUMBA_CPU_NAME` and `NUMBA_CPU_FEATURES`, set together, restrict the target, as they do Numba.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Target:
    """What the generators need to know of a CPU.

    Attributes:
      cpu: LLVM's name of it.
      features: LLVM's feature string, `"+avx2,+fma,-avx512f"`.
      vector_bytes: the width of a vector register.
      tile_rows: the rows of a register tile.
      tile_vectors: its vectors across.
    """

    cpu: str
    features: str
    vector_bytes: int
    tile_rows: int
    tile_vectors: int

    def width(self, itemsize: int) -> int:
        """How many elements of a size a vector holds."""
        return self.vector_bytes // itemsize


@cache
def host_target() -> Target:
    """The CPU of this process, as far as the environment lets it be used."""
    cpu, features = _host_cpu()
    has = {name[1:] for name in features.split(",") if name.startswith("+")}
    if "avx512f" in has and "prefer-256-bit" not in has:
        return Target(cpu, features, 64, 14, 2)
    if "avx2" in has and "fma" in has:
        return Target(cpu, features, 32, 6, 2)
    return Target(cpu, features, 16, 6, 2)


def _host_cpu() -> tuple[str, str]:
    name = os.environ.get("NUMBA_CPU_NAME")
    if name is not None:
        return name, os.environ.get("NUMBA_CPU_FEATURES", "")
    import llvmlite.binding as llvm

    return llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
