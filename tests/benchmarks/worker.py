"""One framework in a process of its own: `python -m benchmarks.worker FRAMEWORK CASE THREADS`.

It answers each line on its standard input with one line of JSON: `steps N` runs N steps and says
their numbers; `time N` the seconds of a step, N times; `memory` the process's peak in bytes.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

from .cases import CASES, StepCase, Work

_TF_MODULES = {"graphflow": "graphflow", "tensorflow": "tensorflow.compat.v1"}


def make_work(framework: str, case_name: str, threads: int) -> tuple[StepCase, Work]:
    """Imports a framework and builds what it does for a case.

    Args:
      framework: graphflow, tensorflow, pytorch, or numpy for the copy that a case is compared with.
      case_name: of a StepCase.
      threads: how many it may use.
    """
    case = CASES[case_name]
    assert isinstance(case, StepCase), case_name
    if framework == "numpy":
        assert case.make_copy is not None, case_name
        return case, case.make_copy()
    if framework == "pytorch":
        from .torch_cases import TORCH_CASES, set_threads

        set_threads(threads)
        return case, TORCH_CASES[case_name]()
    os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")  # the cells of TF1 are in it
    tf = importlib.import_module(_TF_MODULES[framework])
    if framework == "tensorflow":
        tf.disable_v2_behavior()
    config = tf.ConfigProto(
        intra_op_parallelism_threads=threads, inter_op_parallelism_threads=threads
    )
    return case, case.make(tf, config)


def answer(line: str, case: StepCase, work: Work) -> Any:
    """Does what a line asks for."""
    command, *arguments = line.split()
    match command:
        case "steps":
            return [work.number(work.step()) for _ in range(int(arguments[0]))]
        case "time":
            return [_seconds(case, work) for _ in range(int(arguments[0]))]
        case "memory":
            return peak_memory()
    raise ValueError(f"not understood: {line!r}")


def _seconds(case: StepCase, work: Work) -> float:
    """The time of one step, over as many as are timed together."""
    step = work.step
    start = time.perf_counter()
    for _ in range(case.calls):
        step()
    return (time.perf_counter() - start) / case.calls


def peak_memory() -> int:
    """The most bytes that this process had in memory at once."""
    status = Path("/proc/self/status")
    if (
        status.exists()
    ):  # what getrusage says on Linux includes the process that this one was made from
        lines = status.read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def keep_to_cores(threads: int) -> None:
    """Leaves the process as many cores as threads, so that no framework's helpers get another."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])


def main() -> None:
    framework, case_name, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a framework prints does not belong among the answers
    keep_to_cores(threads)
    case, work = make_work(framework, case_name, threads)
    for line in sys.stdin:
        print(json.dumps(answer(line, case, work)), file=answers, flush=True)


if __name__ == "__main__":
    main()
