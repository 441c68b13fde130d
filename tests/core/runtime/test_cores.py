"""How many cores a process may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from graphflow.core.runtime import cores


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Control groups on a machine with 8 cores; the process is in /work/job."""
    own = tmp_path / "own"
    own.write_text("1:cpu:/elsewhere\n0::/work/job\n")
    monkeypatch.setattr(cores, "_OWN_CGROUP", own)
    monkeypatch.setattr(cores, "_CGROUPS", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    (tmp_path / "work" / "job").mkdir(parents=True)
    (tmp_path / "cpu").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({}, 8),
        ({"work/job/cpu.max": "max 100000\n"}, 8),
        ({"work/job/cpu.max": "300000 100000\n"}, 3),
        ({"work/job/cpu.max": "250000 100000\n"}, 3),
        ({"work/job/cpu.max": "5000 100000\n"}, 1),
        ({"work/job/cpu.max": "1600000 100000\n"}, 8),
        ({"work/cpu.max": "200000 100000\n", "work/job/cpu.max": "max 100000\n"}, 2),
        ({"work/cpu.max": "200000 100000\n", "cpu.max": "400000 100000\n"}, 2),
        ({"cpu.max": "400000 100000\n"}, 4),
        ({"cpu.max": "nonsense\n"}, 8),
        ({"cpu/cpu.cfs_quota_us": "200000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 2),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 8),
    ],
)
def test_limits_of_control_groups(groups: Path, files: dict[str, str], wanted: int) -> None:
    for name, text in files.items():
        (groups / name).write_text(text)
    assert cores.available_cores() == wanted


def test_without_control_groups_it_is_the_affinity_mask(groups: Path, monkeypatch) -> None:
    monkeypatch.setattr(cores, "_OWN_CGROUP", groups / "missing")
    assert cores.available_cores() == 8
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5})
    assert cores.available_cores() == 2
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert cores.available_cores() == 1
