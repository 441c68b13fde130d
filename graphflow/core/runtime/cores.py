"""How many cores this process may use: in a container or batch job fewer than the machine has."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

_CGROUPS = Path("/sys/fs/cgroup")
_OWN_CGROUP = Path("/proc/self/cgroup")


def available_cores() -> int:
    """The cores that the operating system gives this process.

    Those of its affinity mask; of these no more than the CPU time that its control groups (Linux
    `cgroup`, by which containers are limited) let it have: threads beyond that would be stopped in
    the middle of their work.
    """
    cores = os.cpu_count() or 1
    with suppress(AttributeError, OSError):
        cores = len(os.sched_getaffinity(0))
    return max(1, min([cores, *map(math.ceil, _quotas())]))


def _quotas() -> Iterator[float]:
    """Limits of CPU time, in cores: of the process's control groups, from its own to the root."""
    own = PurePosixPath("/")
    with suppress(OSError, IndexError):
        lines = _OWN_CGROUP.read_text().splitlines()
        own = PurePosixPath([line[3:] for line in lines if line.startswith("0::")][0])
    for group in (own, *own.parents):
        with suppress(OSError, ValueError, ZeroDivisionError):  # no such file; or "max", no limit
            quota, period = (_CGROUPS / group.relative_to("/") / "cpu.max").read_text().split()
            yield int(quota) / int(period)
    with suppress(OSError, ValueError, ZeroDivisionError):  # cgroup version 1
        quota, period = (
            (_CGROUPS / "cpu" / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period")
        )
        if int(quota) > 0:
            yield int(quota) / int(period)
