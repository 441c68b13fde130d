"""What the numbers were measured on: the processor, and the versions of what ran."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

# The ones that kernels are chosen by; a processor says a hundred.
_FEATURES = ("sse4_2", "avx", "avx2", "fma", "avx512f", "avx512_vnni", "amx_tile", "asimd", "sve")
_PACKAGES = {"tensorflow": ("tensorflow", "tensorflow_cpu"), "pytorch": ("torch",)}


def describe_machine() -> dict[str, Any]:
    """The processor's name, its cores, its vector features, and the system."""
    said = _cpuinfo()
    flags = (said.get("flags") or said.get("Features") or "").split()
    return {
        "cpu": said.get("model name") or platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "features": [name for name in _FEATURES if name in flags],
        "system": f"{platform.system()} {platform.release()}",
    }


def _cpuinfo() -> dict[str, str]:
    """What Linux says of the first core."""
    try:
        first, _, _ = Path("/proc/cpuinfo").read_text().partition("\n\n")
    except OSError:
        return {}
    pairs = (line.partition(":") for line in first.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}


def describe_versions(peers: Sequence[str]) -> dict[str, str]:
    """The versions of Python, of what graphflow runs on, and of its peers where installed."""
    versions = {"python": platform.python_version()}
    for name in ("graphflow", "numpy", "numba", "llvmlite"):
        versions[name] = metadata.version(name)
    for peer in peers:
        for package in _PACKAGES[peer]:
            try:
                versions[peer] = metadata.version(package)
            except metadata.PackageNotFoundError:
                continue
    return versions
