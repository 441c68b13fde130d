"""Compiling in processes of their own: what comes back, and what happens when nothing does."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphflow.core.codegen.cpu import cache, library, workers
from graphflow.core.codegen.cpu.library import PLAN_KERNELS, RESET, Kernel, is_ready


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache; this process forgets what it has loaded."""
    monkeypatch.setenv("GRAPHFLOW_CACHE", str(tmp_path))
    monkeypatch.setattr(library, "_addresses", {})
    yield tmp_path
    cache._drop_unread.cache_clear()
    assert workers._running == []


@pytest.fixture
def compiled_here(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the kernels that this process compiles."""
    names: list[str] = []
    compile_kernel = library._compile

    def compiling(kernel: Kernel) -> bytes:
        names.append(kernel.name)
        return compile_kernel(kernel)

    monkeypatch.setattr(library, "_compile", compiling)
    return names


def test_workers_fill_the_cache(folder: Path, compiled_here: list[str]) -> None:
    done: list[str] = []
    workers.compile_missing(PLAN_KERNELS, 2, lambda kernel: done.append(kernel.name))
    assert sorted(done) == sorted(kernel.name for kernel in PLAN_KERNELS)
    assert all(is_ready(kernel) for kernel in PLAN_KERNELS)
    assert all(library.kernel_address(kernel) for kernel in PLAN_KERNELS)
    assert compiled_here == []


def test_few_kernels_are_not_worth_a_worker(folder: Path, monkeypatch) -> None:
    monkeypatch.setattr(workers, "_start", None)
    workers.compile_missing(PLAN_KERNELS[:3], 2)
    generated = [Kernel(f"generated {i}", f"source {i}") for i in range(10)]
    workers.compile_missing(generated, 2)


def test_what_is_in_the_cache_is_not_asked_for(folder: Path, monkeypatch) -> None:
    workers.compile_missing(PLAN_KERNELS, 1)
    monkeypatch.setattr(workers, "_start", None)
    workers.compile_missing(PLAN_KERNELS, 1)


@pytest.mark.parametrize("executable", ["", "/nowhere/python", "/bin/false", sys.executable + "!"])
def test_without_workers_a_program_compiles_itself(
    folder: Path, monkeypatch, compiled_here: list[str], executable: str
) -> None:
    monkeypatch.setattr(sys, "executable", executable)
    workers.compile_missing(PLAN_KERNELS, 2)
    assert not is_ready(RESET)
    assert library.kernel_address(RESET)
    assert compiled_here == [RESET.name]


def test_a_worker_that_ends_leaves_the_rest_to_the_program(folder: Path) -> None:
    unknown = Kernel("no_module.no_function")
    done: list[str] = []
    workers.compile_missing(
        [RESET, unknown, *PLAN_KERNELS[1:]], 1, lambda kernel: done.append(kernel.name)
    )
    assert done == [RESET.name]


def test_workers_are_stopped_at_once(folder: Path, monkeypatch) -> None:
    start, started = workers._start, threading.Event()

    def starting() -> subprocess.Popen[bytes]:
        worker = start()
        started.set()
        return worker

    monkeypatch.setattr(workers, "_start", starting)
    compiling = threading.Thread(target=workers.compile_missing, args=(PLAN_KERNELS, 1))
    compiling.start()
    assert started.wait(60)
    workers.stop()
    compiling.join()
    assert not all(is_ready(kernel) for kernel in PLAN_KERNELS)


def is_running(pid: int) -> bool:
    """Whether there is a process, other than one that has ended and waits to be forgotten."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_a_program_that_ends_does_not_wait_for_its_workers(folder: Path) -> None:
    program = (
        "import os, threading\n"
        "from graphflow.core.codegen.cpu import workers\n"
        "from graphflow.core.codegen.cpu.library import PLAN_KERNELS\n"
        "from graphflow.core.runtime import background\n"
        "background.in_background(lambda: workers.compile_missing(PLAN_KERNELS, 1))\n"
        "while not workers._running: pass\n"
        "print(workers._running[0].pid)\n"
    )
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stderr == ""
    assert not is_running(int(done.stdout))
    assert list(folder.glob("*.o")) == []
