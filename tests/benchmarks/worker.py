"""One framework in a process of its own: `worker.py FRAMEWORK CASE THREADS`, driven by lines.

It answers each line on its standard input with one line of JSON: `steps N` runs N steps and says
what they returned; `time N` says the seconds of each of N timed calls; `memory` the peak in bytes.
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

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))


def load(framework: str) -> Any:
    """The module that plays `tf`."""
    if framework == "graphflow":
        os.environ.setdefault("GRAPHFLOW_JIT", "now")
        return importlib.import_module("graphflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    tf = importlib.import_module("tensorflow.compat.v1")
    tf.disable_v2_behavior()
    return tf


def main() -> None:
    framework, case_name, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a framework prints does not belong among the answers
    tf = load(framework)
    from tests.benchmarks.cases import CASES

    case = CASES[case_name]
    config = tf.ConfigProto(
        intra_op_parallelism_threads=threads, inter_op_parallelism_threads=threads
    )
    step = case.make(tf, config)
    for line in sys.stdin:
        command, *arguments = line.split()
        answer: Any
        if command == "steps":
            answer = [step() for _ in range(int(arguments[0]))]
        elif command == "time":
            answer = []
            for _ in range(int(arguments[0])):
                start = time.perf_counter()
                for _ in range(case.calls):
                    step()
                answer.append((time.perf_counter() - start) / case.calls)
        else:
            answer = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
