"""Contender: a worker process as seen by the harness, and what else the machine did meanwhile."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

# They would slow a framework down, or have it do something else than it does by itself.
_UNSET = (
    "OPENBLAS_CORETYPE",
    "TF_ENABLE_ONEDNN_OPTS",
    "TF_XLA_FLAGS",
    "GRAPHFLOW_DEBUG",
    "GRAPHFLOW_NUM_THREADS",
    "GRAPHFLOW_WINOGRAD",
)
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_LAST_LINES = 15
_SECONDS_TO_END = 20


class ContenderError(Exception):
    """A worker process ended before it answered; says the last that it wrote."""


class Contender:
    """A framework in a process of its own, which waits unless it is asked.

    Args:
      framework: graphflow, tensorflow, pytorch or numpy.
      case_name: of a StepCase.
      threads: how many it may use.
      environ: variables set for it beside those of this process; graphflow compiles its kernels at
        the first run unless they say otherwise.
    """

    def __init__(
        self, framework: str, case_name: str, threads: int, environ: Mapping[str, str] | None = None
    ) -> None:
        self.framework = framework
        self._errors = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", framework, case_name, str(threads)],
            env=worker_environ(os.environ, threads) | dict(environ or {}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )

    def __enter__(self) -> Contender:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def ask(self, line: str) -> Any:
        """Has the worker do something and waits for it.

        Args:
          line: see `worker`.

        Raises:
          ContenderError: the process ended.
        """
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            print(line, file=self._process.stdin, flush=True)
        except BrokenPipeError:
            raise self._ended() from None
        answer = self._process.stdout.readline()
        if not answer:
            raise self._ended()
        return json.loads(answer)

    def _ended(self) -> ContenderError:
        code = self._process.wait()
        self._errors.seek(0)
        last = "".join(self._errors.readlines()[-_LAST_LINES:]).strip()
        return ContenderError(f"{self.framework} ended with code {code}:\n{last}")

    def time(self, count: int) -> tuple[list[float], float | None]:
        """Times a step a number of times.

        Returns:
          The seconds, and the share of a core that other processes used meanwhile; None where the
          system does not say.
        """
        busy, own, start = busy_seconds(), process_seconds(self._process.pid), time.perf_counter()
        seconds = self.ask(f"time {count}")
        wall = time.perf_counter() - start
        if busy is None or own is None:
            return seconds, None
        busy_now, own_now = busy_seconds(), process_seconds(self._process.pid)
        assert busy_now is not None and own_now is not None
        return seconds, max(0.0, (busy_now - busy) - (own_now - own)) / wall

    def close(self) -> None:
        """Ends the process."""
        try:
            self._process.communicate(timeout=_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
        self._errors.close()


def worker_environ(environ: Mapping[str, str], threads: int) -> dict[str, str]:
    """The environment of a worker, made from that of this process."""
    kept = {name: value for name, value in environ.items() if name not in _UNSET}
    paths = [str(ROOT), str(ROOT / "tests"), environ.get("PYTHONPATH", "")]
    return kept | {
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "GRAPHFLOW_JIT": "now",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        **dict.fromkeys(_THREADS, str(threads)),
    }


def busy_seconds() -> float | None:
    """The processor time that all processes have used, over all cores; None where unknown."""
    try:
        with open("/proc/stat") as file:
            user, nice, system, _, _, irq, softirq, steal = map(int, file.readline().split()[1:9])
    except OSError:
        return None
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def process_seconds(pid: int) -> float | None:
    """The processor time that a process has used; None where unknown."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
